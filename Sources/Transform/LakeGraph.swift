internal import Blocking
package import LakeModel
package import LakeSQL
package import Project

/// A lake with what its models read: every asset, in building order.
package struct LakeGraph: Sendable {
    package let definition: LakeDefinition
    package let assets: AssetGraph
    package let models: [AssetKey: Model]
    package let tables: [AssetKey: Table]
    package let partitions: LakePartitions

    /// A silver or gold table with what its SQL reads.
    package struct Model: Sendable {
        package let definition: ModelDefinition
        /// What the SQL reads: the rows are a function of these.
        package let inputs: [AssetKey]
        /// Those of its inputs of which it reads every partition (`__all`).
        package let historyInputs: Set<AssetKey>
        /// The names that its SQL reads, as it spells them: with `__all` if it reads every partition.
        package let reads: [AssetKey]
        /// What only its checks look at. It is built before, too, or the audit could not run.
        package let auditInputs: [AssetKey]
        /// Digest of everything that decides the rows and whether they are published: the syntax tree, the
        /// checks, the declared columns and the materialization. Descriptions and owners do not count.
        package let codeHash: String
        /// The models whose SQL reads it.
        package fileprivate(set) var readers: [AssetKey] = []

        /// Whether changes of its inputs say which of its partitions must be built.
        package var followsChanges: Bool { definition.inputs.contains { $0.column != nil } }
    }

    /// A bronze table with its source.
    package struct Table: Sendable {
        package let source: SourceDefinition
        package let definition: TableDefinition
    }

    /// The tables that are published together, by the names of groups.
    package var groups: [String: [AssetKey]] {
        Dictionary(grouping: models.values.filter { $0.definition.group != nil }) {
            $0.definition.group ?? ""
        }.mapValues { $0.map(\.definition.key).sorted() }
    }

    /// The graph of `loaded`, or every mistake of its files and its SQL together.
    /// - Parameter now: Decides which partitions exist.
    /// - Throws: ``Diagnostics`` with all mistakes.
    package static func analyze(
        _ loaded: LoadedLake, with analyzer: StatementAnalyzer, at now: Timestamp = .init(microseconds: 0)
    ) async throws -> LakeGraph {
        var mistakes = loaded.mistakes
        guard let definition = loaded.definition else { throw Diagnostics(mistakes) }
        var tables: [AssetKey: Table] = [:]
        for source in definition.sources {
            for table in source.tables {
                tables[.bronze(source.name, table.name)] = Table(source: source, definition: table)
            }
        }
        let analyses = try await analyzer.analyze(definition.models.map(\.sql))
        var models: [AssetKey: Model] = [:]
        let read = mapOnAllProcessors(Array(zip(definition.models, analyses))) { model, analysis in
            Model.read(model, analysis, loaded, definition)
        }
        for (model, found) in read {
            mistakes += found
            if let model { models[model.definition.key] = model }
        }
        for (key, model) in models.sorted(by: { $0.key < $1.key }) {
            for input in model.inputs { models[input]?.readers.append(key) }
        }
        let nodes =
            tables.map { AssetGraph.Node(key: $0.key, tags: Set($0.value.definition.tags)) }
            + models.map {
                AssetGraph.Node(
                    key: $0.key, tags: Set($0.value.definition.tags),
                    inputs: Set($0.value.inputs + $0.value.auditInputs))
            }
        do {
            let assets = try AssetGraph(nodes)
            let partitions = LakePartitions(
                assets.order, models: models, tables: tables, mistakes: &mistakes)
            if mistakes.isEmpty {
                mistakes += IdleTrigger.all(in: definition, assets)
                mistakes += partitions.mistakes(of: definition.backfills, assets, at: now)
            }
            guard mistakes.isEmpty else { throw Diagnostics(mistakes) }
            return LakeGraph(
                definition: definition, assets: assets, models: models, tables: tables,
                partitions: partitions)
        } catch let cycle as AssetCycle {
            let place = cycle.path.first.flatMap { models[$0]?.definition.sqlPlace }
            throw Diagnostics(mistakes + [AssetCycle(path: cycle.path, place: place)])
        }
    }

    fileprivate static func codeHash(of model: ModelDefinition, _ analysis: StatementAnalysis) -> String {
        var parts = [analysis.digest, model.materialization.rule]
        if !model.layout.sort.isEmpty { parts.append("sorted by \(model.layout.sort.map(quotedIdentifier))") }
        if let group = model.group { parts.append("together \(group)") }
        if model.isStrict { parts.append("strict") }
        if let rows = model.layout.rowGroup { parts.append("row groups of \(rows)") }
        for check in model.checks {
            var rule = "\(check.name) \(check.severity.rawValue)"
            if case .acceptedValues(_, let values) = check.rule {
                rule += values.map(quotedLiteral).joined(separator: ",")
            }
            parts.append(rule)
        }
        if let partitions = model.partitions {
            // Where it begins, ends and which keys it has changes no partition that is there.
            parts.append("\(partitions.scheme.rule) \(partitions.columns.map(quotedIdentifier))")
        }
        for column in model.columns { parts.append("\(quotedIdentifier(column.name)) \(column.type ?? "")") }
        return hexadecimalDigest(of: parts.joined(separator: "\n"))
    }
}

extension LakeGraph.Model {
    /// What is known of a model from its own files, and what is wrong in it.
    fileprivate static func read(
        _ model: ModelDefinition, _ analysis: Result<StatementAnalysis, StatementMistake>,
        _ loaded: LoadedLake, _ definition: LakeDefinition
    ) -> (LakeGraph.Model?, mistakes: [any Diagnostic]) {
        switch analysis {
        case .failure(let mistake): return (nil, [SQLMistake(mistake, in: model)])
        case .success(let analysis):
            let reading = ModelInputs(of: model, analysis: analysis, loaded: loaded, definition: definition)
            let read = LakeGraph.Model(
                definition: model, inputs: reading.inputs, historyInputs: reading.historyInputs,
                reads: reading.reads,
                auditInputs: Set(model.checks.compactMap(\.otherAsset))
                    .subtracting(reading.inputs + [model.key]).sorted(),
                codeHash: LakeGraph.codeHash(of: model, analysis))
            return (read, reading.mistakes)
        }
    }
}
