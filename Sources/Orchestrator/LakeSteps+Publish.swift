internal import LakeModel
internal import LakeStore
internal import Metadata
internal import Project
internal import Transform

extension LakeSteps {
    /// Makes the tables of a group visible together. All of them were built, or are unchanged.
    func publishGroup(_ lease: StepLease, _ began: ContinuousClock.Instant) async throws -> StepWork {
        let asset = lease.step.asset
        guard let group = lake.graph.models[asset]?.definition.group,
            let assets = lake.graph.groups[group]
        else { throw MissingInput(asset: asset, input: asset) }
        observer.observe(.stepStarted(asset, [.publication(group)], watch: lease.watch), of: lease.step)
        let shown = try await GroupPublish(lake.store, now: Lake.now).publish(
            group, assets, run: lease.step.run, confirmLease: lease.confirm)
        let remark =
            "\(assets.count) tables of the group '\(group)' "
            + (shown == nil ? "are as they were" : "became visible")
        let rows = shown?.tables.reduce(0) { $0 + $1.rows } ?? 0
        let bytes = shown?.tables.reduce(ByteCount(0)) { $0 + $1.bytes } ?? ByteCount(0)
        let outcome = StepOutcome.succeeded(rows: rows, bytes: bytes)
        return StepWork(
            outcome: outcome,
            end: StepEnd(outcome: outcome, elapsed: .now - began, task: .publish, remarks: [remark]))
    }
}
