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
        package internal(set) var columns: [AssetKey: [ColumnSchema]] = [:]
        /// In the order of building.
        package internal(set) var failures: [(model: AssetKey, failure: any Diagnostic)] = []
    }

    /// What is wrong with columns and types, in the order of building.
    package func mistakes() async throws -> [any Diagnostic] { try await result().failures.map(\.failure) }

    /// Binds models in the order of building.
    ///
    /// A model is known by what its own SQL gives; if that fails, by what is published of it. Models that
    /// depend on bronze which was never extracted are left out: nothing is known of its columns.
    ///
    /// - Parameter wanted: Others are known by what is published of them; `nil` binds all.
    package func result(of wanted: Set<AssetKey>? = nil) async throws -> Result {
        let models = lake.graph.models
        let needed = wanted.map { Array(lake.graph.assets.upstream(of: $0, depth: 1)) }
        let order =
            needed.map { needed in lake.graph.assets.order.filter(Set(needed).contains) }
            ?? lake.graph.assets.order
        let states = try await lake.states(
            of: order, history: Set(order.compactMap { models[$0] }.flatMap(\.historyInputs)))
        let published = try await lake.publicManifests(of: order)
        // A database of its own: names of tables mean other things in it than in the lake's.
        let database = try await BlockingPool.shared.run {
            try Database(configuration: [
                "threads": "1", "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            ])
        }
        return try await database.withConnection { connection in
            let bound = BoundModels(on: connection)
            var result = Result()
            for key in order {
                if let model = models[key], wanted?.contains(key) ?? true,
                    model.inputs.allSatisfy({ bound.columns[$0] != nil })
                {
                    do {
                        try bound.bind(model)
                        if let manifest = published[key], let columns = bound.columns[key],
                            let change = model.breakingChange(of: manifest, by: columns)
                        {
                            result.failures.append((key, change))
                        }
                        continue
                    } catch let failure as ModelFailure {
                        result.failures.append((key, failure))
                    }
                }
                if let state = states[key] { try bound.define(state) }
            }
            result.columns = bound.columns
            return result
        }
    }
}

extension Lake {
    /// What is published of the public ones among `keys`.
    fileprivate func publicManifests(of keys: [AssetKey]) async throws -> [AssetKey: TableManifest] {
        var published: [AssetKey: TableManifest] = [:]
        for key in keys where graph.models[key]?.definition.access == .public {
            published[key] = try await manifests.manifest(of: key)?.manifest
        }
        return published
    }
}
