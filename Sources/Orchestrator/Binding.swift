internal import Blocking
internal import DuckDB
package import LakeModel
internal import LakeSQL
internal import Transform

/// Checks the SQL of all models against the tables as they are, without running it.
package struct Binding: Sendable {
    private let lake: Lake

    package init(_ lake: Lake) { self.lake = lake }

    /// What is wrong with columns and types, in the order of building.
    ///
    /// A table that was never built is known by what its own SQL would give. Models that depend on bronze
    /// which was never extracted are left out: nothing is known of its columns.
    package func mistakes() async throws -> [any Diagnostic] {
        let order = lake.graph.assets.order
        let states = try await lake.states(
            of: order, history: Set(lake.graph.models.values.flatMap(\.historyInputs)))
        let session = try await BlockingPool.shared.run { try lake.session() }
        let models = lake.graph.models
        return try await session.database.withConnection { connection in
            var known = Set(states.keys)
            try session.define(Array(states.values), on: connection)
            var mistakes: [any Diagnostic] = []
            for key in order {
                guard let model = models[key], model.inputs.allSatisfy(known.contains) else { continue }
                do {
                    try model.bind(on: connection)
                    known.insert(key)
                } catch let failure as ModelFailure {
                    mistakes.append(failure)
                }
            }
            return mistakes
        }
    }
}
