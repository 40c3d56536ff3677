internal import FoundationEssentials
package import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Project
internal import Transform

/// Traces the columns of a lake's models.
///
/// What the columns of bronze are stands in the manifests; those of models come from binding their SQL, in
/// the order of building. Answers are kept as facts under a digest of the SQL and the inputs' columns, so
/// that of an unchanged lake no SQL is parsed again.
package struct LakeLineage: Sendable {
    private let lake: Lake

    package init(_ lake: Lake) { self.lake = lake }

    /// The lineage of `assets` and of everything that they are made from; without `assets` that of all.
    package func graph(of assets: Set<AssetKey>? = nil) async throws -> LineageGraph {
        let wanted = assets.map { $0.union(lake.graph.assets.upstream(of: $0)) }
        let order = lake.graph.assets.order.filter { wanted?.contains($0) ?? true }
        let bronze = try await lake.states(of: order.filter { $0.layer == .bronze }).mapValues(\.schema)
        var columns: [AssetKey: [ColumnSchema]] = bronze
        var models: [AssetKey: StatementLineage] = [:]
        let analyzer = LineageAnalyzer(cache: LineageFacts(metadata: lake.metadata))
        for key in order {
            guard let model = lake.graph.models[key] else { continue }
            let inputs = try await inputs(of: model, columns: columns)
            let lineage = try await lineage(of: model.definition, inputs, analyzer)
            models[key] = lineage
            columns[key] =
                lineage.columns.isEmpty
                ? nil : TableSelect.stored(lineage.schema, of: model.definition.materialization)
        }
        return LineageGraph(models: models, bronze: bronze)
    }

    private func lineage(
        of model: ModelDefinition, _ inputs: [LineageInput], _ analyzer: LineageAnalyzer
    ) async throws -> StatementLineage {
        let lineage = try await analyzer.lineage(of: LineageRequest(sql: model.sql, inputs: inputs))
        guard case .history = model.materialization, !lineage.columns.isEmpty else { return lineage }
        // The table is made of the SELECT's rows by a statement of Tarn's own, which is traced just the same.
        let versions = TableSelect(model, columns: lineage.schema).rows
        return try await analyzer.lineage(of: LineageRequest(sql: versions, inputs: inputs))
    }

    private func inputs(
        of model: LakeGraph.Model, columns: [AssetKey: [ColumnSchema]]
    ) async throws -> [LineageInput] {
        var inputs: [LineageInput] = []
        for key in model.inputs {
            inputs.append(LineageInput(key, columns: columns[key]))
            if model.historyInputs.contains(key) {
                inputs.append(
                    LineageInput(key, table: "\(key.table)__all", columns: try await history(of: key)))
            }
        }
        return inputs
    }

    /// The columns of `…__all`: those of all days, and the day.
    private func history(of key: AssetKey) async throws -> [ColumnSchema]? {
        guard case .bronze(let source, let table) = key else { return nil }
        let manifests = try await lake.manifests.manifests(of: source, table)
        guard !manifests.isEmpty else { return nil }
        var whole = StoredSchema(columns: [])
        var texts: Set<String> = []
        for manifest in manifests {
            let (next, conflicts) = whole.adding(manifest.tableSchema)
            texts.formUnion(conflicts.map { $0.column.lowercased() })
            whole = next
        }
        return whole.columns.map {
            texts.contains($0.name.lowercased()) ? ColumnSchema(name: $0.name, type: "VARCHAR") : $0
        } + [ColumnSchema(name: "ingestion_date", type: "DATE")]
    }
}

/// Remembers lineage as facts of the metadata.
private struct LineageFacts: LineageCache {
    let metadata: any MetadataStore
    private static let namespace = FactNamespace("column-lineage-1")

    func lineage(_ digest: String) async throws -> StatementLineage? {
        // What cannot be read any more is traced again.
        try await metadata.facts(LineageFacts.namespace, keys: [digest])[digest].flatMap {
            try? JSONDecoder().decode(StatementLineage.self, from: Data($0.utf8))
        }
    }

    func remember(_ lineage: StatementLineage, _ digest: String) async throws {
        let json = String(decoding: try JSONEncoder().encode(lineage), as: UTF8.self)
        try await metadata.storeFacts(LineageFacts.namespace, [digest: json], at: Lake.now())
    }
}
