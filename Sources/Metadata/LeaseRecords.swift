package import LakeModel

/// What a worker asks for when it has room.
package struct ClaimRequest: Hashable, Sendable {
    package let owner: WorkerID
    /// Only steps of this run, which may be bound to a process; `nil`: of all runs that are bound to none.
    package let run: RunID?
    /// How many steps at most.
    package let stepsMax: Int
    /// How many units each pool has; a pool that is not named has no limit.
    package let pools: [String: Int]
    package let leaseFor: Duration
    package let now: Timestamp

    package init(
        owner: WorkerID, run: RunID? = nil, stepsMax: Int, pools: [String: Int] = [:], leaseFor: Duration,
        now: Timestamp
    ) {
        self.owner = owner
        self.run = run
        self.stepsMax = stepsMax
        self.pools = pools
        self.leaseFor = leaseFor
        self.now = now
    }
}

/// A step that is ours for a while.
package struct Claim: Hashable, Sendable {
    package let attempt: Attempt
    package let expiresAt: Timestamp
    /// Whether somebody who held the asset before may still work on it, in this run or in another: the new
    /// holder fences it before it works.
    package let mustFence: Bool
    /// How many attempts of the step were lost. Whoever made them may write on under their names, so that
    /// the next one has a name of its own.
    package let lost: Int
    package let settings: RunSettings
    /// Which partitions are built; `nil` of an asset without partitions.
    package let partitions: StepPartitions?

    package init(
        attempt: Attempt, expiresAt: Timestamp, mustFence: Bool, lost: Int, settings: RunSettings,
        partitions: StepPartitions? = nil
    ) {
        self.attempt = attempt
        self.expiresAt = expiresAt
        self.mustFence = mustFence
        self.lost = lost
        self.settings = settings
        self.partitions = partitions
    }

    /// As it is written after `--partition`.
    package var partitionSelection: String? { partitions?.selection ?? step.partition?.text }

    package var step: StepID { attempt.step }
    package var epoch: LeaseEpoch { attempt.epoch }
}

/// A lease that its holder wants to keep.
package struct LeaseRenewal: Hashable, Sendable {
    package let step: StepID
    package let epoch: LeaseEpoch
    /// How far the work is.
    package let rowsDone: Int64
    package let bytesDone: Int64

    package init(step: StepID, epoch: LeaseEpoch, rowsDone: Int64 = 0, bytesDone: Int64 = 0) {
        self.step = step
        self.epoch = epoch
        self.rowsDone = rowsDone
        self.bytesDone = bytesDone
    }
}

/// What has become of a lease that was to be renewed.
package enum LeaseAnswer: Hashable, Sendable {
    case held(until: Timestamp)
    /// It is held, but somebody wants the run to end.
    case cancelled(until: Timestamp)
    /// Somebody else has the step, or it is over.
    case lost
}

/// A step, or a whole run, that was taken from somebody who does not answer.
package struct Reclaimed: Hashable, Sendable, Comparable {
    package let step: StepID
    /// `nil` if nobody had begun with it.
    package let owner: WorkerID?
    /// What it is now: `waiting` for another attempt, `cancelled`, or `lost`.
    package let state: StepState

    package init(step: StepID, owner: WorkerID?, state: StepState) {
        self.step = step
        self.owner = owner
        self.state = state
    }

    package static func < (left: Reclaimed, right: Reclaimed) -> Bool { left.step < right.step }
}

/// Where a run is.
package struct RunPulse: Hashable, Sendable {
    package let state: RunState
    /// Steps that are not final.
    package let openSteps: Int
    /// The number of its newest event.
    package let newestEvent: Int64

    package init(state: RunState, openSteps: Int, newestEvent: Int64) {
        self.state = state
        self.openSteps = openSteps
        self.newestEvent = newestEvent
    }
}

/// A process that works, or did.
package struct NodeRecord: Hashable, Sendable {
    package let worker: WorkerID
    package let process: ProcessIdentity
    /// `serve`, `worker` or `run`.
    package let kind: String
    package let slots: Int
    package let startedAt: Timestamp
    package let seenAt: Timestamp

    package init(
        worker: WorkerID, process: ProcessIdentity, kind: String, slots: Int, startedAt: Timestamp,
        seenAt: Timestamp
    ) {
        self.worker = worker
        self.process = process
        self.kind = kind
        self.slots = slots
        self.startedAt = startedAt
        self.seenAt = seenAt
    }
}
