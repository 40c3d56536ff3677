internal import LakeModel
internal import Metadata
internal import Orchestrator

/// What scrapes and probes are told of the metadata: read at most every few seconds, however many ask.
actor FigureCache {
    private let ageMax: Duration
    private var load: Kept<Workload>?
    private var proofs: Kept<[AssetKey: Timestamp]>?
    private var triggers: Kept<TriggerPast>?

    private struct Kept<Value: Sendable>: Sendable {
        let value: Value
        let at: ContinuousClock.Instant
    }

    init(ageMax: Duration) { self.ageMax = ageMax }

    func load(_ context: GatewayContext) async throws -> Workload {
        if let load, isFresh(load) { return load.value }
        let now = Lake.now()
        let value = try await context.lake().metadata.workload(at: now, endedSince: now - .seconds(86_400))
        load = Kept(value: value, at: .now)
        return value
    }

    func proofs(_ context: GatewayContext) async throws -> [AssetKey: Timestamp] {
        if let proofs, isFresh(proofs) { return proofs.value }
        let value = try await context.lake().metadata.lastProofs()
        proofs = Kept(value: value, at: .now)
        return value
    }

    func triggers(_ context: GatewayContext) async throws -> TriggerPast {
        if let triggers, isFresh(triggers) { return triggers.value }
        let value = try await TriggerPast(context.lake().metadata)
        triggers = Kept(value: value, at: .now)
        return value
    }

    private func isFresh<Value>(_ kept: Kept<Value>) -> Bool { .now - kept.at < ageMax }
}
