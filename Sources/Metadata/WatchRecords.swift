package import LakeModel

/// How far a run is, for who watches many.
package struct RunActivity: Hashable, Sendable {
    package let run: RunID
    package let createdAt: Timestamp
    package let state: RunState
    /// The number of its newest event.
    package let newestEvent: Int64

    package init(run: RunID, createdAt: Timestamp, state: RunState, newestEvent: Int64) {
        self.run = run
        self.createdAt = createdAt
        self.state = state
        self.newestEvent = newestEvent
    }
}

/// What waits and what is worked on, without a look at what is long over.
package struct Workload: Hashable, Sendable {
    package var queuedRuns = 0
    package var runningRuns = 0
    package var runningSteps = 0
    /// Steps that may start as soon as a worker and their pools have room.
    package var readySteps = 0
    /// Steps that will be tried again later.
    package var delayedSteps = 0
    /// Steps that wait for others.
    package var blockedSteps = 0
    /// Since when the ready step that waits longest may start.
    package var oldestReady: Timestamp?
    /// Runs that were created not before the given instant and are over.
    package var endedRuns: [RunState: Int] = [:]

    package init() {}
}

/// Where a run stands in the list of all, the newest first.
package struct RunPosition: Hashable, Sendable {
    package let createdAt: Timestamp
    package let run: RunID

    package init(createdAt: Timestamp, run: RunID) {
        self.createdAt = createdAt
        self.run = run
    }
}
