package import LakeModel
internal import LakeSQL
internal import Transform

/// What a plan would do to the columns of models, and which models would no longer bind: found by binding
/// them in the order of building, before anything runs.
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

    /// Binding a model takes about a millisecond. Of more models than these only those with other SQL are
    /// bound, and those that read what they change; `tarn validate` binds all.
    private static let boundMax = 500

    /// An unchanged lake is forecast without starting DuckDB.
    package static func make(of plan: RunPlan, in lake: Lake) async throws -> PlanForecast {
        let graph = lake.graph
        var building: Set<AssetKey> = []
        var changed: Set<AssetKey> = []
        for step in plan.steps where graph.models[step.asset] != nil {
            guard case .build(let reasons) = step.decision else { continue }
            building.insert(step.asset)
            if reasons.contains(.codeChanged) { changed.insert(step.asset) }
        }
        let start = building.count <= boundMax ? building : changed
        guard !start.isEmpty else { return PlanForecast(models: [:]) }
        let bound = try await Binding(lake).consequences(of: start)
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
