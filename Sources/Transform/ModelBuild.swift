internal import Blocking
package import DuckDB
package import LakeModel
package import LakeSQL
package import LakeStore
internal import Project

/// Builds one silver or gold table: write, audit, publish.
///
/// The rows go to staging by one COPY, the audit looks at what was written, and only then the manifest is
/// flipped. A failure at any point leaves the published table as it was.
package struct ModelBuild: Sendable {
    package let model: LakeGraph.Model
    /// What is read, in the state in which it is read.
    package let inputs: [AssetState]
    package let session: LakeSession
    package let store: SealingStore
    /// Whether all of it is built even if only changes could be.
    package let isWhole: Bool
    package let now: @Sendable () -> Timestamp

    package init(
        _ model: LakeGraph.Model, inputs: [AssetState], session: LakeSession, store: SealingStore,
        isWhole: Bool = false, now: @escaping @Sendable () -> Timestamp
    ) {
        self.model = model
        self.inputs = inputs
        self.session = session
        self.store = store
        self.isWhole = isWhole
        self.now = now
    }

    /// Runs the model's checks on rows that are not published yet.
    package typealias Auditor = @Sendable (Connection, AuditScope) throws -> [CheckResult]

    /// The engine that builds, as manifests name it.
    package static let engine = "duckdb \(Database.libraryVersion)"

    /// What the rows are a pure function of, digested.
    package var version: String {
        let read = inputs.map { "\($0.key) \($0.version)" }.sorted()
        return hexadecimalDigest(of: ([model.codeHash, ModelBuild.engine] + read).joined(separator: "\n"))
    }

    /// - Parameters:
    ///   - confirmLease: Throws if the step is no longer ours; called right before the manifest is replaced.
    ///   - audit: Runs the model's checks on the staged rows, which are the file.
    ///   - watch: Is handed the means to ask how far the statement is, before it starts.
    /// - Throws: ``ModelFailure`` with the place in the model's SQL; what the commit throws.
    package func run(
        _ run: RunID, epoch: LeaseEpoch, watch: @escaping @Sendable (Interrupter) -> Void,
        confirmLease: () async throws -> Void = {}, audit: @escaping Auditor
    ) async throws -> TableManifest {
        let step = Step(run: run, epoch: epoch, watch: watch, audit: audit)
        try await store.prepare(inputs)
        switch model.definition.materialization {
        case .view: return try await publishView(step, confirmLease)
        case .incremental(let rules) where !isWhole:
            if let increment = try await increment(rules, step) {
                return try await TablePublish(store, group: model.definition.group, now: now).publish(
                    increment, confirmLease: confirmLease)
            }
        case .full, .incremental, .history: break
        }
        let key = model.definition.key
        let began = ContinuousClock.now
        let path = try await stagingPath(LakeLayout.staged(key, of: run))
        let published = try await model.published(in: store)
        let written: (rows: Int64, schema: [ColumnSchema]?) = try await withConnection { connection in
            watch(connection.interrupter)
            try session.define(inputs, on: connection)
            let bound = try model.requireDeclaredColumns(on: connection)
            return (try write(bound.select, to: path, on: connection), ModelBuild.storedSchema(bound.columns))
        }
        // The commit needs the bytes on disk; they get there while the audit computes.
        async let settled: Void = Staging(store).settle(key, of: run)
        let audited = try await audited(path, schema: written.schema, step)
        let breaking = try model.keepContract(with: published, columns: audited.schema, by: run)
        try await settled
        let table = staged(
            step, rows: written.rows, version: version, schema: audited.schema, checks: audited.checks,
            began: began, breaking: breaking)
        return try await TablePublish(store, group: model.definition.group, now: now).publish(
            table, confirmLease: confirmLease)
    }

    /// What is in a staged file, as far as it is not known, and what its checks say.
    private func audited(
        _ path: String, schema: [ColumnSchema]?, _ step: Step
    ) async throws -> (schema: [ColumnSchema], checks: [CheckResult]) {
        try await withConnection { connection in
            step.watch(connection.interrupter)
            let scope = AuditScope(file: path)
            return (
                try schema ?? ModelBuild.schema(of: "FROM \(scope.relation)", on: connection),
                try step.audit(connection, scope)
            )
        }
    }

    /// The columns of a file of these columns, if Parquet keeps all of their types; otherwise the file is to
    /// be asked.
    private static func storedSchema(_ columns: [ResultColumn]) -> [ColumnSchema]? {
        // Columns of one name get others in the file.
        guard Set(columns.map { $0.name.lowercased() }).count == columns.count else { return nil }
        var schema: [ColumnSchema] = []
        for column in columns {
            switch column.type {
            case .boolean, .tinyint, .smallint, .integer, .bigint, .utinyint, .usmallint, .uinteger, .ubigint,
                .hugeint, .uhugeint, .float, .double, .decimal, .varchar, .date, .timestamp, .timestampTZ:
                schema.append(ColumnSchema(name: column.name, type: column.type.inParquet.description))
            default: return nil
            }
        }
        return schema
    }

    /// What every way of building needs to know of the attempt.
    struct Step: Sendable {
        let run: RunID
        let epoch: LeaseEpoch
        let watch: @Sendable (Interrupter) -> Void
        let audit: Auditor
    }

    func staged(
        _ step: Step, rows: Int64, version: String, schema: [ColumnSchema], checks: [CheckResult],
        began: ContinuousClock.Instant, breaking: TableManifest.Breaking? = nil
    ) -> StagedTable {
        StagedTable(
            asset: model.definition.key, run: step.run, epoch: step.epoch, rows: rows, version: version,
            codeHash: model.codeHash, engine: ModelBuild.engine, inputs: inputs.map(recorded),
            schema: schema, checks: checks, seconds: (ContinuousClock.now - began).seconds,
            breaking: breaking)
    }

    /// What the manifest says of an input; of one whose changes are followed, its files.
    private func recorded(_ input: AssetState) -> TableManifest.Input {
        var files: [String]?
        if case .incremental(let rules) = model.definition.materialization,
            rules.inputs.contains(where: { $0.asset == input.key })
        {
            files = input.paths.map(\.text)
        }
        return TableManifest.Input(asset: input.key, version: input.version, files: files)
    }

    func stagingPath(_ path: LakePath) async throws -> String {
        guard let local = try await store.localPath(forWriting: path) else {
            throw ModelFailure(store: model.definition.key)
        }
        return local
    }

    func withConnection<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T)
        async throws -> T
    {
        try await session.database.withConnection { connection in
            do {
                return try body(connection)
            } catch let error as DuckDBError {
                throw error.isInterrupt ? CancellationError() : ModelFailure(error, in: model.definition)
            }
        }
    }

    private func write(_ select: TableSelect, to path: String, on connection: Connection) throws -> Int64 {
        let result = try connection.query(select.copy(to: path))
        return result.rows.first?.first?.integer ?? 0
    }

    static func schema(of relation: String, on connection: Connection) throws -> [ColumnSchema] {
        try connection.prepare(relation).columns.map {
            ColumnSchema(name: $0.name, type: $0.type.description)
        }
    }
}

extension LakeGraph.Model {
    /// A declared column is a promise to the model's readers: it is there, of its type.
    ///
    /// - Returns: The columns of the table's rows, before they are stored.
    @discardableResult
    func requireDeclaredColumns(
        on connection: Connection
    ) throws -> (select: TableSelect, columns: [ResultColumn]) {
        let select = try TableSelect(definition, on: connection)
        let columns = try select.columnsOfRows(on: connection)
        for column in definition.columns {
            guard let actual = columns.first(where: { $0.name.lowercased() == column.name.lowercased() })
            else {
                throw ModelFailure(missing: column, of: definition, actual: columns.map(\.name))
            }
            // Spelt as DuckDB spells it, which need not be asked then.
            guard let type = column.type, type.uppercased() != actual.type.description else { continue }
            let expected = try connection.prepare("SELECT CAST(NULL AS \(type))").columns.first?.type
            if let expected, expected != actual.type {
                throw ModelFailure(
                    type: expected.description, of: column, model: definition, actual: actual.type.description
                )
            }
        }
        return (select, columns)
    }
}
