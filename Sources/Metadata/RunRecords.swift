package import LakeModel

/// A run as it begins.
package struct NewRun: Hashable, Sendable {
    package let id: RunID
    /// The selection as it was written.
    package let selection: String
    package let trigger: RunTrigger
    /// The only process that works on it; `nil` lets every worker.
    package let process: ProcessIdentity?
    package let createdAt: Timestamp
    package let settings: RunSettings
    /// Runs of a higher one come first.
    package let priority: Int
    package let tags: [String]
    /// A second run with the same key is not created.
    package let idempotencyKey: String?

    package init(
        id: RunID, selection: String, trigger: RunTrigger, process: ProcessIdentity? = nil,
        createdAt: Timestamp, settings: RunSettings = RunSettings(), priority: Int = 0, tags: [String] = [],
        idempotencyKey: String? = nil
    ) {
        self.id = id
        self.selection = boundedText(selection, bytesMax: 4_000)
        self.trigger = trigger
        self.process = process
        self.createdAt = createdAt
        self.settings = settings
        self.priority = priority
        self.tags = tags
        self.idempotencyKey = idempotencyKey.map { boundedText($0, bytesMax: 500) }
    }
}

/// The end of a step, or of an attempt that will be repeated.
package struct StepCompletion: Hashable, Sendable {
    package let step: StepID
    package let outcome: StepOutcome
    /// Of the attempt that ends; `nil` for a step that was never tried.
    package let epoch: LeaseEpoch?
    package let finishedAt: Timestamp
    /// Before which a step that is ``StepOutcome/retrying(_:)`` is not tried again.
    package let retryAt: Timestamp

    package init(
        _ step: StepID, _ outcome: StepOutcome, under epoch: LeaseEpoch? = nil, at finishedAt: Timestamp,
        retryAt: Timestamp? = nil
    ) {
        self.step = step
        self.outcome = outcome
        self.epoch = epoch
        self.finishedAt = finishedAt
        self.retryAt = retryAt ?? finishedAt
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
    package func finished(
        _ outcome: StepOutcome, at now: Timestamp, retryAt: Timestamp? = nil
    ) -> StepCompletion {
        StepCompletion(step, outcome, under: epoch, at: now, retryAt: retryAt)
    }
}

/// A run with the count of its steps in each state.
package struct RunSummary: Hashable, Sendable {
    package let id: RunID
    package let selection: String
    package let trigger: RunTrigger
    /// The only process that works on it; `nil` if every worker may.
    package let process: ProcessIdentity?
    package let state: RunState
    package let createdAt: Timestamp
    /// When its first attempt began.
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
    package let settings: RunSettings
    package let priority: Int
    package let tags: [String]
    package let isCancelRequested: Bool
    package let steps: [StepState: Int]
    /// Events that were not kept because the run had more than ``MetadataLimits/eventsPerRunMax``.
    package let eventsSuppressed: Int64

    /// How long it took, or has taken until `now`.
    package func elapsed(at now: Timestamp) -> Duration { (finishedAt ?? now) - (startedAt ?? createdAt) }
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
    /// Which partitions it builds, as written after `--partition`; `nil` of an asset without partitions.
    package let partitions: String?
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
    /// Who works on it now.
    package let lease: LeaseRecord?
    /// Before which it is not tried; `nil` while it waits for inputs, and once it was tried.
    package let readyAt: Timestamp?

    /// `gold.revenue of 2026-11-01..2026-11-10`.
    package var name: String { partitions.map { "\(step.asset) of \($0)" } ?? step.asset.description }
}

/// Who works on a step, until when unless that is renewed, and how far the work was at the last renewal.
package struct LeaseRecord: Hashable, Sendable {
    package let owner: WorkerID
    package let expiresAt: Timestamp
    package let rowsDone: Int64
    package let bytesDone: Int64
}

/// One attempt of a step.
package struct AttemptRecord: Hashable, Sendable {
    package let number: Int
    package let epoch: LeaseEpoch
    package let owner: WorkerID?
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
    /// Only runs with this tag.
    package var tag: String?
    /// Only runs that were created at this time or later.
    package var since: Timestamp?
    /// Only runs that were created before: the creation of the last run of a page gives the next page.
    package var before: Timestamp?
    /// Only runs that come after this one in the list: the last run of a page gives the next page, also
    /// where several were created at the same instant.
    package var after: RunPosition?
    package let limit: Int

    /// - Parameter limit: From 1 to ``MetadataLimits/rowsPerQueryMax``; what is outside is moved to the
    ///   nearer end.
    package init(
        states: Set<RunState> = [], asset: AssetKey? = nil, trigger: RunTrigger? = nil,
        tag: String? = nil, since: Timestamp? = nil, before: Timestamp? = nil,
        after: RunPosition? = nil, limit: Int = 20
    ) {
        self.states = states
        self.asset = asset
        self.trigger = trigger
        self.tag = tag
        self.since = since
        self.before = before
        self.after = after
        self.limit = MetadataLimits.bounded(limit)
    }
}

/// What no caller can exceed.
package enum MetadataLimits {
    package static let rowsPerQueryMax = 10_000
    /// Of one step; whoever works on it dies or hangs so reliably that it is the step's fault.
    package static let lostAttemptsMax = 3
    /// Of one run; later ones are counted, not kept. The end of the run is always kept.
    package static let eventsPerRunMax: Int64 = 10_000

    static func bounded(_ limit: Int) -> Int { min(max(limit, 1), rowsPerQueryMax) }
}
