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
package protocol MetadataStore: Sendable {
    /// Carries out all changes, in their order, or none of them.
    /// - Throws: ``StepRefusal``, ``RunRefusal``, ``UnknownRun`` or ``UnknownStep`` if one of them is not
    ///   allowed.
    func commit(_ changes: [MetadataChange]) async throws

    /// Begins the next attempt of a waiting step under a new epoch of its asset.
    ///
    /// Epochs of one asset only grow, over all runs and processes.
    /// - Parameter published: The epoch of the manifest that is current: the new one is greater, even if this
    ///   database is younger than the lake.
    func startAttempt(of step: StepID, after published: LeaseEpoch?, at now: Timestamp) async throws
        -> Attempt

    /// Declares runs lost whose process is gone, with all of their steps that are not final.
    /// - Parameter isAlive: A pure judgement such as ``ProcessIdentity/isAlive(seenFrom:startTicksOf:)``.
    /// - Returns: The runs that were declared lost now.
    func reclaimLostRuns(
        at now: Timestamp, isAlive: @escaping @Sendable (ProcessIdentity) -> Bool
    ) async throws -> [RunID]

    /// The newest first.
    func runs(_ filter: RunFilter) async throws -> [RunSummary]

    /// `nil` if there is no such run.
    func run(_ id: RunID) async throws -> RunReport?

    /// The first `limit` events of a run that have a greater number than `sequence`, in order.
    func events(of run: RunID, after sequence: Int64, limit: Int) async throws -> [RunEvent]

    /// The newest materialization of every asset that was ever published.
    func latestMaterializations() async throws -> [AssetKey: Materialization]

    /// The newest `limit` materializations of one asset, the newest first.
    func materializations(of asset: AssetKey, limit: Int) async throws -> [Materialization]

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
    /// Creates a run with its waiting steps, in one transaction.
    package func createRun(_ run: NewRun, steps: [StepID] = []) async throws {
        try await commit([.runCreated(run), .stepsPlanned(steps)])
    }

    package func startAttempt(of step: StepID, at now: Timestamp) async throws -> Attempt {
        try await startAttempt(of: step, after: nil, at: now)
    }

    /// Ends several steps in one transaction.
    package func finish(steps: [StepCompletion]) async throws {
        try await commit([.stepsFinished(steps)])
    }

    package func append(_ events: [RunEvent.Draft]) async throws {
        try await commit([.eventsAppended(events)])
    }

    package func finishRun(_ run: RunID, as state: RunState, at now: Timestamp) async throws {
        try await commit([.runFinished(run, state, at: now)])
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
    case runCreated(NewRun)
    /// The steps wait; their order is the order in which reports list them.
    case stepsPlanned([StepID])
    case stepsFinished([StepCompletion])
    case eventsAppended([RunEvent.Draft])
    case materialized([Materialization])
    case verified([Verification])
    case reconciled([ReconciliationRecord])
    /// Ends a run. One that was cancelled or lost takes its unfinished steps with it; any other must have
    /// none.
    case runFinished(RunID, RunState, at: Timestamp)
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
}

/// Which derived facts; each namespace has its own keys. The name ends in a version when the meaning changes.
package struct FactNamespace: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }
}
