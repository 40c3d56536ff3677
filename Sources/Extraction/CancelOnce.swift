internal import Synchronization

/// Hands a cancellation to a call that may not have begun yet.
final class CancelOnce: Sendable {
    private let state = Mutex((isCancelled: false, action: (@Sendable () -> Void)?.none))

    func cancel() {
        let action = state.withLock { state in
            state.isCancelled = true
            return state.action
        }
        action?()
    }

    /// `action` is called when the cancellation comes, or at once if it has come.
    func arm(_ action: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            state.action = action
            return state.isCancelled
        }
        if isCancelled { action() }
    }

    /// - Throws: `CancellationError` if the cancellation has come.
    func check() throws {
        if state.withLock({ $0.isCancelled }) { throw CancellationError() }
    }

    func disarm() { state.withLock { $0.action = nil } }
}
