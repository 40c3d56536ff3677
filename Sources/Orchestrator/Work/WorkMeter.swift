internal import Synchronization

/// Counts what a worker does, for who watches the service.
package final class WorkMeter: Sendable {
    private let state = Mutex(WorkCounts())

    package init() {}

    package var counts: WorkCounts { state.withLock { $0 } }

    func count(_ change: (inout WorkCounts) -> Void) { state.withLock { change(&$0) } }
}

/// What a worker has done since it began.
package struct WorkCounts: Hashable, Sendable {
    package var claimRequests: Int64 = 0
    package var claimed: Int64 = 0
    package var renewed: Int64 = 0
    package var lost: Int64 = 0
    package var reclaimed: Int64 = 0
    package var ended: Int64 = 0

    package init() {}
}
