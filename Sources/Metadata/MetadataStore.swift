package import LakeModel

/// What Tarn remembers of its work: runs, steps, attempts, events, materializations, reconciliations, and
/// facts that were worth deriving once.
///
/// It is never the truth about the data: that is what the manifests in the lake say. A lost database costs
/// the history, not a row.
///
/// A write is carried out even if the task that asks for it was cancelled, because what happened must be
/// recorded. A read ends with `CancellationError` when its task is cancelled. Every call throws the
/// failures of `MetadataFailures.swift`. Every conformance passes `MetadataConformance`; add a behaviour
/// there before relying on it.
package protocol MetadataStore: BackfillStore {
    /// Carries out all changes, in their order, or none of them.
    /// - Throws: ``StepRefusal``, ``RunRefusal``, ``UnknownRun``, ``UnknownStep`` or ``OfficeLost`` if one of
    ///   them is not allowed.
    func commit(_ changes: [MetadataChange]) async throws

    /// Creates a run with its steps, which wait.
    ///
    /// A run without steps succeeds at once. Every run ends by itself in the transaction in which its last
    /// step does.
    /// - Returns: The run; an earlier one if the idempotency key is known.
    /// - Throws: ``RunRefusal`` if the id is taken, ``UnknownStep`` if a step waits for one that is not
    ///   planned.
    func createRun(_ run: NewRun, steps: [PlannedStep], leaseFor: Duration) async throws -> RunID

    /// Leases steps that may start: waiting, with all inputs built, due, of an asset on which nobody works,
    /// and with room in their pools. Higher priorities come first, then earlier runs, then the order of the
    /// plan.
    ///
    /// Each is a new attempt under a new epoch of its asset; epochs of one asset only grow, over all runs and
    /// nodes. A finished attempt's epoch is never given again.
    func claim(_ request: ClaimRequest) async throws -> [Claim]

    /// Gives an attempt an epoch that is greater than `published`: this database may be younger than the
    /// lake.
    func raise(_ attempt: Attempt, beyond published: LeaseEpoch) async throws -> Attempt

    /// Prolongs leases, and the runs that are bound to this process. One that has expired but was not
    /// reclaimed is still held.
    /// - Returns: An answer for each of `leases`; a run that is over is missing from `runs`.
    func renew(
        _ leases: [LeaseRenewal], runs: [RunID], by owner: WorkerID, for duration: Duration, at now: Timestamp
    ) async throws -> (leases: [LeaseAnswer], runs: Set<RunID>)

    /// Takes steps from workers whose lease has expired or whose process is gone, so that somebody else can
    /// have them. A step whose attempts were lost ``MetadataLimits/lostAttemptsMax`` times is lost for good.
    /// A run that is bound to a process ends with it.
    /// - Parameter isAlive: A pure judgement such as ``ProcessIdentity/isAlive(seenFrom:startTicksOf:)``.
    func reclaim(
        at now: Timestamp, isAlive: @escaping @Sendable (ProcessIdentity) -> Bool
    ) async throws -> [Reclaimed]

    /// Cancels the steps of a run that wait; who works on one of the others is told at the next renewal.
    /// - Returns: Whether the run was not over yet.
    func cancel(_ run: RunID, at now: Timestamp) async throws -> Bool

    /// Where a run is: cheap, for who waits for its end.
    /// - Throws: ``UnknownRun``.
    func pulse(of run: RunID) async throws -> RunPulse

    /// Tells that a process works. What was not seen for a day is forgotten by compaction.
    func registerNode(_ node: NodeRecord) async throws

    func nodes() async throws -> [NodeRecord]

    /// Takes or keeps an office that one process has at a time, such as the scheduler's.
    /// - Returns: The epoch of the holder; `nil` while somebody else has it.
    func lead(_ office: String, as owner: WorkerID, for duration: Duration, at now: Timestamp) async throws
        -> LeaseEpoch?

    /// Gives an office up, if it is ours.
    func resign(_ office: String, as owner: WorkerID) async throws

    /// What every trigger remembers, by kind and name.
    func triggers() async throws -> [TriggerRecord]

    /// Which triggers somebody has paused, or let go although the project pauses them.
    func pauses() async throws -> [TriggerPause]

    /// - Parameter isPaused: `nil` is as the project says.
    func pause(_ trigger: TriggerID, _ isPaused: Bool?, at now: Timestamp) async throws

    /// Waits until somebody has changed something, as far as the database can tell; otherwise for `patience`.
    func awaitChange(atMost patience: Duration) async

    /// The newest first.
    func runs(_ filter: RunFilter) async throws -> [RunSummary]

    /// `nil` if there is no such run.
    func run(_ id: RunID) async throws -> RunReport?

    /// The first `limit` events of a run that have a greater number than `sequence`, in order.
    func events(of run: RunID, after sequence: Int64, limit: Int) async throws -> [RunEvent]

    /// How far runs are: all that are not over, those that were created at `since` or later, and those of
    /// `runs` that are known; the oldest first.
    func activity(since: Timestamp, of runs: [RunID]) async throws -> [RunActivity]

    /// What waits and what is worked on at `now`, and how runs that were created since `endedSince` have
    /// ended.
    func workload(at now: Timestamp, endedSince: Timestamp) async throws -> Workload

    /// When each asset was last published, or found to be what it would be built as.
    func lastProofs() async throws -> [AssetKey: Timestamp]

    /// The newest materialization of every asset that was ever published.
    func latestMaterializations() async throws -> [AssetKey: Materialization]

    /// The newest `limit` materializations of one asset, the newest first.
    func materializations(of asset: AssetKey, limit: Int) async throws -> [Materialization]

    /// What is known of every partition of an asset that was ever built.
    /// - Parameter keys: Only of these; `nil` of all.
    func partitionBuilds(
        of asset: AssetKey, among keys: [PartitionKey]?
    ) async throws -> [PartitionKey: PartitionBuild]

    /// The newest `limit` steps of partitions of an asset that run or have built nothing, those of the newest
    /// runs first.
    func partitionAttempts(of asset: AssetKey, limit: Int) async throws -> [PartitionAttempt]

    /// When each asset was last found to be unchanged.
    func latestVerifications() async throws -> [AssetKey: Verification]

    /// The newest comparison of every asset and measure.
    func latestReconciliations() async throws -> [ReconciliationRecord]

    /// The newest `limit` comparisons of one asset, the newest first.
    func reconciliations(of asset: AssetKey, limit: Int) async throws -> [ReconciliationRecord]

    /// The values of those `keys` that are known.
    func facts(_ namespace: FactNamespace, keys: [String]) async throws -> [String: String]

    /// Remembers derived facts in one transaction; a known key gets the new value.
    func storeFacts(_ namespace: FactNamespace, _ values: [String: String], at now: Timestamp) async throws

    /// Deletes what is too old. Runs that are not finished, the newest materialization and the newest
    /// comparisons of each asset stay.
    func compact(_ retention: Retention, now: Timestamp) async throws -> Compaction
}

extension MetadataStore {
    package func partitionBuilds(of asset: AssetKey) async throws -> [PartitionKey: PartitionBuild] {
        try await partitionBuilds(of: asset, among: nil)
    }

    package func createRun(_ run: NewRun, steps: [PlannedStep] = []) async throws -> RunID {
        try await createRun(run, steps: steps, leaseFor: .seconds(60))
    }

    /// Ends several steps in one transaction.
    package func finish(steps: [StepCompletion]) async throws {
        try await commit([.stepsFinished(steps)])
    }

    package func append(_ events: [RunEvent.Draft]) async throws {
        try await commit([.eventsAppended(events)])
    }

    /// Deletes events older than `age`, with the other ages of ``Retention``.
    package func compact(keepingEventsFor age: Duration, now: Timestamp) async throws -> Compaction {
        var retention = Retention()
        retention.events = age
        return try await compact(retention, now: now)
    }
}

/// One change of the metadata; several are one transaction.
package enum MetadataChange: Hashable, Sendable {
    /// The end of steps or of their attempts. What waits for them may start, or is blocked; a run whose last
    /// step ends is over. The same end twice is one: a lost answer may be asked for again.
    case stepsFinished([StepCompletion])
    case eventsAppended([RunEvent.Draft])
    case materialized([Materialization])
    case verified([Verification])
    case reconciled([ReconciliationRecord])
    /// Nothing of it happens unless the office is still held under this epoch.
    case officeHeld(String, LeaseEpoch)
    /// As ``MetadataStore/createRun(_:steps:leaseFor:)`` does it; nothing happens if the idempotency key is
    /// known.
    case runCreated(NewRun, steps: [PlannedStep])
    case triggersRemembered([TriggerRecord])
    /// Partitions that were built, or found to be what a build would give.
    case partitionsBuilt([PartitionBuild])
}

/// How long things are kept.
package struct Retention: Hashable, Sendable {
    package var events: Duration
    /// Runs with their steps, attempts and events; also materializations and comparisons that are not the
    /// newest.
    package var runs: Duration
    /// Facts that were not stored again since. They are derived again when they are needed.
    package var facts: Duration

    package init(
        events: Duration = .seconds(90 * 86_400), runs: Duration = .seconds(400 * 86_400),
        facts: Duration = .seconds(90 * 86_400)
    ) {
        self.events = events
        self.runs = runs
        self.facts = facts
    }
}

/// How many rows of each kind were deleted.
package struct Compaction: Hashable, Sendable {
    package var events = 0
    package var runs = 0
    package var materializations = 0
    package var reconciliations = 0
    package var facts = 0
    package var backfills = 0
}

/// Which derived facts; each namespace has its own keys. The name ends in a version when the meaning changes.
package struct FactNamespace: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }
}
