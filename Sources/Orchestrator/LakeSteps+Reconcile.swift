internal import LakeModel
internal import Metadata
internal import Project
internal import Transform

extension LakeSteps {
    /// Compares a table with its source, as a step of its own.
    func reconcile(_ lease: StepLease, _ began: ContinuousClock.Instant) async throws -> StepWork {
        let asset = lease.step.asset
        guard let table = lake.graph.tables[asset] else { throw MissingInput(asset: asset, input: asset) }
        if lease.claim.mustFence { try await shutOutOthers(lease) }
        observer.observe(.stepStarted(asset, [.comparison], watch: lease.watch), of: lease.step)
        let record = try await Reconciler(lake).compared(asset, table)
        var outcome = StepOutcome.succeeded(rows: record.lake ?? 0, bytes: ByteCount(0))
        var remarks: [String] = []
        switch (record.verdict, table.definition.reconciling) {
        case (.passed, _): break
        case (_, .warn), (_, .off): remarks = [record.detail]
        case (.failed, .gate):
            outcome = .failed(
                StepFailure(
                    code: "reconcile.drift", problem: record.detail,
                    remedy:
                        "See docs/operations.md#reconciliation; what is made from it waits for a run in which it agrees.",
                    category: .badData))
        case (_, .gate):
            outcome = .failed(
                StepFailure(
                    code: "reconcile.unknown", problem: record.detail,
                    remedy: "What is made from it is not built before the source can be asked.",
                    category: .transient))
        }
        var work = StepWork(
            outcome: outcome,
            changes: [
                .reconciled([record]),
                .eventsAppended([
                    RunEvent.Draft(lease.step, at: record.comparedAt, kind: .reconciled, text: record.detail)
                ]),
            ], end: StepEnd(outcome: outcome, elapsed: .now - began, task: .reconcile, remarks: remarks))
        if case .failed(let failure) = outcome,
            let delay = delay(after: lease.attempt.number, failure.category)
        {
            work.outcome = .retrying(failure)
            work.retryAt = Lake.now() + delay
            work.end.outcome = work.outcome
        }
        return work
    }
}
