internal import Synchronization

/// Lets one task wait until another one rings. A ring that nobody heard is heard by the next who waits.
final class Bell: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    func ring() {
        let waiter = state.withLock { state in
            let waiter = state.waiter
            state.waiter = nil
            state.isRung = waiter == nil
            return waiter
        }
        waiter?.resume()
    }

    /// Ends at a ring, whether or not the task is cancelled.
    func waitForRing() async { await wait { false } }

    private func wait(orFor isCancelled: () -> Bool) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isRung || isCancelled() {
                    state.isRung = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Ends at a ring, or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await wait { Task.isCancelled }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiter
                state.waiter = nil
                return waiter
            }
            waiter?.resume()
        }
    }

    /// The same, at most for `duration`.
    func wait(atMost duration: Duration) async {
        guard duration > .zero else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            // Its end ends the wait, early or not.
            group.addTask { try? await Task.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
