package import LakeModel
internal import LakeSQL
internal import Transform

/// What a plan would do to the columns of models, and which models would no longer bind: found by binding
/// them all in the order of building, before anything runs.
package struct PlanForecast: Sendable {
    /// Of models that would be built, and whose columns change or whose SQL does not bind.
    package let models: [AssetKey: Model]

    package struct Model: Sendable {
        /// Compared with what is published; empty if nothing is.
        package let changes: [SchemaChange]
        /// Why it would not be built.
        package let failure: (any Diagnostic)?
        /// Models made from it that would no longer bind.
        package let breaks: [Broken]
    }

    package struct Broken: Sendable {
        package let model: AssetKey
        package let failure: any Diagnostic
    }

    /// An unchanged lake is forecast without starting DuckDB.
    package static func make(of plan: RunPlan, in lake: Lake) async throws -> PlanForecast {
        let graph = lake.graph
        var building: Set<AssetKey> = []
        for step in plan.steps where graph.models[step.asset] != nil {
            if case .build = step.decision { building.insert(step.asset) }
        }
        guard !building.isEmpty else { return PlanForecast(models: [:]) }
        let bound = try await Binding(lake).result(of: graph.assets.downstream(of: building))
        let failures = Dictionary(bound.failures.map { ($0.model, $0.failure) }) { first, _ in first }
        let states = try await lake.states(of: building.sorted())
        var changes: [AssetKey: [SchemaChange]] = [:]
        for key in building {
            guard let columns = bound.columns[key], let published = states[key]?.schema,
                !(failures[key] is ModelFailure)
            else { continue }
            changes[key] = SchemaDrift.changes(from: published, to: columns)
        }
        var models: [AssetKey: Model] = [:]
        for key in building {
            let own = changes[key] ?? []
            let below = own.isEmpty ? [] : graph.assets.downstream(of: [key]).subtracting([key])
            let breaks = bound.failures.filter { below.contains($0.model) }.map {
                Broken(model: $0.model, failure: $0.failure)
            }
            guard !own.isEmpty || failures[key] != nil else { continue }
            models[key] = Model(changes: own, failure: failures[key], breaks: breaks)
        }
        return PlanForecast(models: models)
    }
}
