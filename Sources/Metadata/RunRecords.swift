package import LakeModel

/// A run as it begins.
package struct NewRun: Hashable, Sendable {
    package let id: RunID
    /// The selection as it was written.
    package let selection: String
    package let trigger: RunTrigger
    package let process: ProcessIdentity
    package let startedAt: Timestamp

    package init(
        id: RunID, selection: String, trigger: RunTrigger, process: ProcessIdentity, startedAt: Timestamp
    ) {
        self.id = id
        self.selection = boundedText(selection, bytesMax: 4_000)
        self.trigger = trigger
        self.process = process
        self.startedAt = startedAt
    }
}

/// The end of a step, or of an attempt that will be repeated.
package struct StepCompletion: Hashable, Sendable {
    package let step: StepID
    package let outcome: StepOutcome
    /// Of the attempt that ends; `nil` for a step that was never tried.
    package let epoch: LeaseEpoch?
    package let finishedAt: Timestamp

    package init(
        _ step: StepID, _ outcome: StepOutcome, under epoch: LeaseEpoch? = nil, at finishedAt: Timestamp
    ) {
        self.step = step
        self.outcome = outcome
        self.epoch = epoch
        self.finishedAt = finishedAt
    }
}

/// The right to try a step once: its number counts the step's attempts from 1, its epoch goes into the
/// commit.
package struct Attempt: Hashable, Sendable {
    package let step: StepID
    package let number: Int
    package let epoch: LeaseEpoch

    package init(step: StepID, number: Int, epoch: LeaseEpoch) {
        self.step = step
        self.number = number
        self.epoch = epoch
    }

    /// Its end with `outcome`.
    package func finished(_ outcome: StepOutcome, at now: Timestamp) -> StepCompletion {
        StepCompletion(step, outcome, under: epoch, at: now)
    }
}

/// A run with the count of its steps in each state.
package struct RunSummary: Hashable, Sendable {
    package let id: RunID
    package let selection: String
    package let trigger: RunTrigger
    package let process: ProcessIdentity
    package let state: RunState
    package let startedAt: Timestamp
    package let finishedAt: Timestamp?
    package let steps: [StepState: Int]
    /// Events that were not kept because the run had more than ``MetadataLimits/eventsPerRunMax``.
    package let eventsSuppressed: Int64

    /// How long it took, or has taken until `now`.
    package func elapsed(at now: Timestamp) -> Duration { (finishedAt ?? now) - startedAt }
}

/// Everything that is known of one run, without its events.
package struct RunReport: Hashable, Sendable {
    package let summary: RunSummary
    /// In the order in which they were planned.
    package let steps: [StepRecord]
}

/// A step with its attempts.
package struct StepRecord: Hashable, Sendable {
    package let step: StepID
    package let state: StepState
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
    /// What it published.
    package let rows: Int64?
    package let bytes: ByteCount?
    /// Why it was skipped.
    package let skipReason: String?
    /// What kept it from being tried.
    package let blockedBy: AssetKey?
    /// Of the last attempt, if that failed.
    package let failure: StepFailure?
    package let attempts: [AttemptRecord]
}

/// One attempt of a step.
package struct AttemptRecord: Hashable, Sendable {
    package let number: Int
    package let epoch: LeaseEpoch
    package let state: StepState
    package let startedAt: Timestamp
    package let finishedAt: Timestamp?
    package let failure: StepFailure?
    package let rows: Int64?
    package let bytes: ByteCount?
}

/// Which runs are listed.
package struct RunFilter: Hashable, Sendable {
    /// Only runs in one of these states; all if empty.
    package var states: Set<RunState>
    /// Only runs with a step of this asset.
    package var asset: AssetKey?
    package var trigger: RunTrigger?
    /// Only runs that started at this time or later.
    package var since: Timestamp?
    /// Only runs that started before: the start of the last run of a page gives the next page.
    package var before: Timestamp?
    package let limit: Int

    /// - Parameter limit: From 1 to ``MetadataLimits/rowsPerQueryMax``; what is outside is moved to the
    ///   nearer end.
    package init(
        states: Set<RunState> = [], asset: AssetKey? = nil, trigger: RunTrigger? = nil,
        since: Timestamp? = nil,
        before: Timestamp? = nil, limit: Int = 20
    ) {
        self.states = states
        self.asset = asset
        self.trigger = trigger
        self.since = since
        self.before = before
        self.limit = MetadataLimits.bounded(limit)
    }
}

/// What no caller can exceed.
package enum MetadataLimits {
    package static let rowsPerQueryMax = 10_000
    /// Of one run; later ones are counted, not kept. The end of the run is always kept.
    package static let eventsPerRunMax: Int64 = 10_000

    static func bounded(_ limit: Int) -> Int { min(max(limit, 1), rowsPerQueryMax) }
}
