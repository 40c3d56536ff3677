internal import Extraction
internal import LakeModel
internal import LakeStore
internal import Metadata
internal import Synchronization

/// The right to work on one step, as the code that does the work sees it.
final class StepLease: Sendable {
    let claim: Claim
    let watch: StepWatch
    /// Rung when the work is to stop.
    let stopped = Bell()
    private let state: Mutex<(attempt: Attempt, isOurs: Bool)>
    private let said = Mutex<[String]>([])
    private let mayCommit: @Sendable (StepID) async -> Bool

    init(_ claim: Claim, mayCommit: @escaping @Sendable (StepID) async -> Bool) {
        self.claim = claim
        watch = StepWatch(claim.step.asset, partitions: claim.partitionSelection)
        state = Mutex((claim.attempt, true))
        self.mayCommit = mayCommit
    }

    var step: StepID { claim.step }
    var attempt: Attempt { state.withLock { $0.attempt } }

    /// Under which name the work is written. An attempt after a lost one has its own: whoever was lost may
    /// wake up and write on.
    var writer: RunID { claim.step.run.writer(afterLost: claim.lost) }

    /// The epoch turned out to be older than the lake's.
    func raise(to attempt: Attempt) { state.withLock { $0.attempt = attempt } }

    /// Says something about the work that stands beside its end.
    func remark(_ text: String) { said.withLock { $0.append(text) } }
    var remarks: [String] { said.withLock { $0 } }

    func lose() { state.withLock { $0.isOurs = false } }

    /// - Throws: ``LeaseLost`` if somebody else has the step, or may have it.
    func confirm() async throws {
        let isOurs = state.withLock { $0.isOurs }
        let holds = await mayCommit(step)
        guard isOurs, holds else {
            throw LeaseLost(
                asset: step.asset, run: step.run, epoch: attempt.epoch,
                reason: "the lease has run out, or was taken over")
        }
    }

    /// A number that changes while the work moves.
    var progress: UInt64 {
        var hasher = Hasher()
        hasher.combine(watch.extraction.rows)
        hasher.combine(watch.extraction.bytes)
        hasher.combine(watch.rowsProcessed)
        // Who waits on purpose does not stand still.
        if watch.extraction.waiting != nil { hasher.combine(Lake.now().microseconds) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
