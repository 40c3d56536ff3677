internal import Synchronization

/// Lets many use the engine at once, or one alone: what ran out of memory beside others may not by itself.
///
/// Whoever comes first is first: one that wants to be alone is not kept waiting by those who come after it.
final class EngineGate: Sendable {
    private let state = Mutex(State())

    private struct State {
        var users = 0
        var isTaken = false
        var queue: [Waiter] = []
        var last = 0

        func isFree(for alone: Bool) -> Bool { !isTaken && (!alone || users == 0) }

        mutating func take(_ alone: Bool) {
            if alone { isTaken = true } else { users += 1 }
        }

        /// Takes those out of the queue who may go in.
        mutating func admitted() -> [Waiter] {
            var admitted: [Waiter] = []
            while let next = queue.first, isFree(for: next.isAlone) {
                queue.removeFirst()
                take(next.isAlone)
                admitted.append(next)
            }
            return admitted
        }
    }

    private struct Waiter {
        let number: Int
        let isAlone: Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// Runs `body` when the engine is free for it.
    ///
    /// - Parameter alone: Whether nobody else may use the engine meanwhile.
    /// - Throws: `CancellationError` if the task is cancelled while it waits; what `body` throws.
    func use<T: Sendable>(alone: Bool, _ body: () async throws -> T) async throws -> T {
        guard await enter(alone) else { throw CancellationError() }
        defer {
            let admitted = state.withLock { state in
                if alone { state.isTaken = false } else { state.users -= 1 }
                return state.admitted()
            }
            for waiter in admitted { waiter.continuation.resume(returning: true) }
        }
        return try await body()
    }

    private func enter(_ alone: Bool) async -> Bool {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isIn: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.queue.isEmpty, state.isFree(for: alone) {
                        state.take(alone)
                        return true
                    }
                    state.queue.append(Waiter(number: number, isAlone: alone, continuation: continuation))
                    return nil
                }
                if let isIn { continuation.resume(returning: isIn) }
            }
        } onCancel: {
            let (left, admitted) = state.withLock { state -> (Waiter?, [Waiter]) in
                guard let index = state.queue.firstIndex(where: { $0.number == number }) else {
                    return (nil, [])
                }
                return (state.queue.remove(at: index), state.admitted())
            }
            left?.continuation.resume(returning: false)
            for waiter in admitted { waiter.continuation.resume(returning: true) }
        }
    }
}
