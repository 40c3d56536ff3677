internal import Synchronization

/// The connections to one source that may be open at once, whoever extracts from it.
package final class SourceSlots: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    package init(_ count: Int) { state = Mutex(State(free: max(1, count))) }

    /// Waits until at least one connection is free, and takes up to `wanted` of them.
    func take(upTo wanted: Int) async -> Int {
        while true {
            let taken = state.withLock { state in
                let taken = min(state.free, max(1, wanted))
                state.free -= taken
                return taken
            }
            if taken > 0 { return taken }
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    guard state.free == 0 else { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isFree { continuation.resume() }
            }
        }
    }

    /// Gives connections back.
    func giveBack(_ count: Int) {
        let waiting = state.withLock { state in
            state.free += count
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
