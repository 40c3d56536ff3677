internal import Blocking
internal import DuckDB
package import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Project
internal import Transform

/// Checks the SQL of models against the columns that their inputs will have, without running it.
package struct Binding: Sendable {
    private let lake: Lake

    package init(_ lake: Lake) { self.lake = lake }

    /// What became of each model.
    package struct Result: Sendable {
        /// Of all assets of which it is known, in the types of Parquet.
        package let columns: [AssetKey: [ColumnSchema]]
        /// In the order of building.
        package let failures: [(model: AssetKey, failure: any Diagnostic)]
    }

    /// What is wrong with columns and types, in the order of building.
    package func mistakes() async throws -> [any Diagnostic] {
        let order = lake.graph.assets.order
        return try await bind(order, knowing: [:], on: try await database()).failures.map(\.failure)
    }

    /// Binds the models `start`, and those that read columns which are thereby others than published.
    package func consequences(of start: Set<AssetKey>) async throws -> Result {
        let graph = lake.graph
        let database = try await database()
        var columns: [AssetKey: [ColumnSchema]] = [:]
        var failures: [AssetKey: any Diagnostic] = [:]
        var wave = start
        while !wave.isEmpty {
            let order = graph.assets.order.filter(wave.contains)
            let bound = try await bind(order, knowing: columns, on: database)
            for key in order { failures[key] = nil }
            for failure in bound.failures { failures[failure.model] = failure.failure }
            columns.merge(bound.columns) { $1 }
            let published = try await lake.states(of: order)
            // What was never published has no readers that could break.
            let changed = order.filter { key in
                guard let before = published[key]?.schema, let now = bound.columns[key] else { return false }
                return before != now
            }
            // Readers in the same wave were bound after what they read.
            wave = Set(changed.flatMap { graph.models[$0]?.readers ?? [] }).subtracting(wave)
        }
        return Result(
            columns: columns,
            failures: graph.assets.order.compactMap { key in failures[key].map { (key, $0) } })
    }

    /// A database of its own: names of tables mean other things in it than in the lake's.
    private func database() async throws -> Database {
        try await BlockingPool.shared.run {
            try Database(configuration: [
                "threads": "1", "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            ])
        }
    }

    /// Binds the models among `keys`, which are in the order of building.
    ///
    /// A model is known by what its own SQL gives; if that fails, by what is published of it. Models that
    /// depend on bronze which was never extracted are left out: nothing is known of its columns.
    ///
    /// - Parameter known: Columns that were found out before on the same database.
    private func bind(
        _ keys: [AssetKey], knowing known: [AssetKey: [ColumnSchema]], on database: Database
    ) async throws -> Result {
        let models = lake.graph.models
        let binding = Set(keys)
        let inputs = Set(keys.flatMap { models[$0]?.inputs ?? [] }).subtracting(binding)
        let order = inputs.filter { known[$0] == nil }.sorted() + keys
        let states = try await lake.states(
            of: order, history: Set(keys.compactMap { models[$0] }.flatMap(\.historyInputs)))
        let published = try await lake.manifests.manifests(
            of: keys.filter { models[$0]?.definition.access == .public })
        return try await database.withConnection { connection in
            let bound = BoundModels(on: connection, knowing: known)
            var failures: [(model: AssetKey, failure: any Diagnostic)] = []
            for key in order {
                if binding.contains(key), let model = models[key],
                    model.inputs.allSatisfy({ bound.columns[$0] != nil })
                {
                    do {
                        try bound.bind(model)
                        if let manifest = published[key], let columns = bound.columns[key],
                            let change = model.breakingChange(of: manifest, by: columns)
                        {
                            failures.append((key, change))
                        }
                        continue
                    } catch let failure as ModelFailure {
                        failures.append((key, failure))
                    }
                }
                if let state = states[key] { try bound.define(state) }
            }
            return Result(columns: bound.columns, failures: failures)
        }
    }
}
