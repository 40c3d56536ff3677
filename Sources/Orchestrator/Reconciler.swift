internal import Blocking
internal import DuckDB
internal import Extraction
package import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Project
internal import Transform

/// Compares bronze with its sources, now: `COUNT(*)` there, the current rows here.
package struct Reconciler: Sendable {
    private let lake: Lake

    package init(_ lake: Lake) { self.lake = lake }

    /// One comparison for every selected bronze table, in the order of names; tables of other layers are
    /// left out.
    ///
    /// Each is kept as JSON in the lake and in the metadata.
    package func run(_ selection: Selection) async throws -> [ReconciliationRecord] {
        let selected = try lake.graph.resolve(selection)
        let tables = lake.graph.tables.filter { selected.contains($0.key) }.sorted { $0.key < $1.key }
        var records: [ReconciliationRecord] = []
        try await withThrowingTaskGroup(of: ReconciliationRecord.self) { group in
            for (index, (key, table)) in tables.enumerated() {
                if index >= 4, let record = try await group.next() { records.append(record) }
                group.addTask { try await compare(key, table) }
            }
            for try await record in group { records.append(record) }
        }
        records.sort { $0.asset < $1.asset }
        for record in records { try await keep(record) }
        try await lake.metadata.commit([.reconciled(records)])
        return records
    }

    /// One comparison as a step of a run. It is kept in the lake; the caller records it in the metadata.
    func compared(
        _ key: AssetKey, _ table: LakeGraph.Table
    ) async throws -> ReconciliationRecord {
        let record = try await compare(key, table)
        try await keep(record)
        return record
    }

    private func compare(_ key: AssetKey, _ table: LakeGraph.Table) async throws -> ReconciliationRecord {
        let tolerance = table.definition.tolerance ?? lake.definition.tolerance
        do {
            guard let state = try await lake.state(of: key) else {
                return unknown(key, tolerance, "It was never extracted: tarn run \(key)")
            }
            let session = try await BlockingPool.shared.run { try lake.session() }
            let sourceRows = try await BlockingPool.shared.run {
                let connector = SourceConnector(table.source, engine: session.database)
                guard let scheme = table.definition.partitions?.scheme else {
                    return try connector.countRows(of: table.definition)
                }
                // What was never read is not missing: `tarn partitions` tells of it.
                return try connector.countRows(
                    of: table.definition, in: PartitionSet(scheme, keys: state.partitions.keys.sorted()))
            }
            let bronzeRows = try await session.database.withConnection { connection in
                // Lines that are in the quarantine are accounted for, too.
                let parts = [state.select, state.selectBad].compactMap { $0 }.map {
                    "(SELECT count(*) FROM (\($0)))"
                }
                return try connection.query("SELECT \(parts.joined(separator: " + "))").rows.first?.first?
                    .integer ?? 0
            }
            return .ofRowCounts(
                asset: key, run: state.run, comparedAt: Lake.now(), sourceRows: sourceRows,
                bronzeRows: bronzeRows,
                tolerance: tolerance)
        } catch let failure as any Diagnostic {
            return unknown(key, tolerance, failure.problem)
        } catch let failure as DuckDBError where !failure.isInterrupt {
            return unknown(key, tolerance, EngineFailure(failure, asset: key).problem)
        }
    }

    private func unknown(_ key: AssetKey, _ tolerance: Double, _ reason: String) -> ReconciliationRecord {
        ReconciliationRecord(
            asset: key, run: nil, comparedAt: Lake.now(), measure: .rowCount, source: nil, lake: nil,
            tolerance: tolerance, drift: nil, verdict: .unknown, detail: reason)
    }

    private func keep(_ record: ReconciliationRecord) async throws {
        guard case .bronze(let source, let table) = record.asset else { return }
        let path = LakeLayout.reconciliation(source, table, on: lake.store.today())
        _ = try await lake.store.write(.bytes(try StoredJSON.encode(record)), to: path, .unconditionally)
    }
}
