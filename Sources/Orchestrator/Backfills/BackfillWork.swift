package import LakeModel
internal import Metadata

/// Works on one backfill in this process, to its end.
///
/// Its runs are bound to the process. If that dies, they are lost, and whoever goes on with the backfill
/// begins their chunks again. If the task is cancelled, the backfill pauses.
package struct BackfillWork: Sendable {
    package let lake: Lake
    package let id: BackfillID
    package let options: RunOptions
    package let observer: any RunObserver

    package init(_ lake: Lake, _ id: BackfillID, options: RunOptions, observer: any RunObserver) {
        self.lake = lake
        self.id = id
        self.options = options
        self.observer = observer
    }

    private enum Event: Sendable {
        case runEnded
        case timePassed
    }

    /// - Returns: The backfill at its end, or when somebody has paused it.
    /// - Throws: ``BackfillRefusal``; `CancellationError` after it was paused.
    package func run() async throws -> Backfill {
        let process = try ProcessTable.current()
        let backfills = Backfills(lake, boundTo: process, leaseFor: options.worker.leaseFor)
        try await Housekeeping(lake).clearAfterDeadRuns(seenFrom: process, now: Lake.now())
        var begun: Set<RunID> = []
        do {
            return try await withThrowingTaskGroup(of: Event.self) { group in
                var (running, isTimed) = (0, false)
                while true {
                    let now = Lake.now()
                    let advance = try await backfills.advance(id, at: now)
                    for run in advance.started {
                        begun.insert(run)
                        running += 1
                        group.addTask { try await work(on: run) }
                    }
                    guard let backfill = try await lake.metadata.backfill(id) else {
                        throw BackfillRefusal(name: nil, kind: .unknown(id))
                    }
                    if running == 0, backfill.state != .running {
                        group.cancelAll()
                        return backfill
                    }
                    if !isTimed {
                        isTimed = true
                        // Others may work on it, too, or pause it.
                        let wake = min(advance.wakesAt ?? now + .seconds(1), now + .seconds(1))
                        group.addTask {
                            try await Task.sleep(for: max(wake - Lake.now(), .milliseconds(10)))
                            return .timePassed
                        }
                    }
                    switch try await group.next() {
                    case .runEnded: running -= 1
                    case .timePassed, nil: isTimed = false
                    }
                }
            }
        } catch  where Task.isCancelled {
            try await backfills.handBack(id, begun, at: Lake.now())
            throw CancellationError()
        }
    }

    private func work(on run: RunID) async throws -> Event {
        let steps = try await lake.metadata.run(run)?.steps.map(\.step.asset) ?? []
        _ = try await BoundRun(lake: lake, options: options, observer: observer).work(on: run, steps: steps)
        return .runEnded
    }
}
