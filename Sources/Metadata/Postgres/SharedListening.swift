internal import Synchronization

/// Lets several tasks wait for one call of the database: one of them listens, the others wait for him.
final class SharedListening: Sendable {
    private let state = Mutex(State())

    private struct State {
        /// Counts what was heard.
        var calls = 0
        var isListening = false
        var newestWaiter = 0
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private enum Turn {
        case over
        case listen
        case wait(Int, AsyncStream<Void>)
    }

    /// Ends when a call is heard, after `patience`, or when the task is cancelled.
    /// - Parameter listen: Listens for so long; whether it was called.
    func wait(
        atMost patience: Duration, listen: @Sendable (Duration) async -> Bool
    ) async {
        let deadline = ContinuousClock.now + patience
        let before = state.withLock { $0.calls }
        while !Task.isCancelled, ContinuousClock.now < deadline {
            switch turn(since: before) {
            case .over: return
            case .listen:
                let isCalled = await listen(deadline - .now)
                ended(isCalled: isCalled)
                // Whether it was called or its time is over.
                return
            case .wait(let waiter, let ring):
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { for await _ in ring { return } }
                    group.addTask { try? await Task.sleep(until: deadline) }
                    await group.next()
                    group.cancelAll()
                }
                state.withLock { $0.waiters[waiter] = nil }
            }
        }
    }

    private func turn(since before: Int) -> Turn {
        state.withLock { state in
            if state.calls != before { return .over }
            guard state.isListening else {
                state.isListening = true
                return .listen
            }
            state.newestWaiter += 1
            let (ring, continuation) = AsyncStream.makeStream(
                of: Void.self, bufferingPolicy: .bufferingNewest(1))
            state.waiters[state.newestWaiter] = continuation
            return .wait(state.newestWaiter, ring)
        }
    }

    /// Who waits has heard it too, or one of them listens from now on.
    private func ended(isCalled: Bool) {
        let waiters = state.withLock { state in
            state.isListening = false
            if isCalled { state.calls += 1 }
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.yield() }
    }
}
