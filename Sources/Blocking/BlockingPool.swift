import Dispatch
import Synchronization

/// One bounded pool of threads on which calls may block.
///
/// DuckDB, libmariadb, SQLite and file system calls wait inside C. On Swift's cooperative threads, of which there
/// are as many as cores, a few of them would stop everything else, so they run here.
///
/// A pool never runs more than ``threadsMax`` bodies at once; the others wait in the order of their arrival. A
/// body must not wait for another body of the same pool.
package final class BlockingPool: Sendable {
    /// The process's own pool. Sixteen threads: more than a night's concurrent steps on the machines Tarn is
    /// made for, few enough that their stacks do not matter.
    package static let shared = BlockingPool(threadsMax: 16)

    package let threadsMax: Int
    private let queue = DispatchQueue(label: "tarn.blocking", attributes: .concurrent)
    private let state = Mutex(State())

    private struct State {
        var running = 0
        var waiting: [Work] = []
        var head = 0

        mutating func next() -> Work? {
            guard head < waiting.count else { return nil }
            defer {
                head += 1
                if head > 64, head * 2 > waiting.count {
                    waiting.removeFirst(head)
                    head = 0
                }
            }
            return waiting[head]
        }
    }

    private typealias Work = @Sendable () -> Void

    package init(threadsMax: Int) {
        precondition(threadsMax > 0, "A pool without threads would never run anything.")
        self.threadsMax = threadsMax
    }

    /// Runs `body` on one of the pool's threads and returns what it returns.
    ///
    /// `onCancel` runs at once, on an arbitrary thread, when the waiting task is cancelled; it is there to stop
    /// the C call (`duckdb_interrupt`). `body` still runs to its end, so what it holds is released by itself.
    /// A task that is cancelled before its turn never starts `body`.
    /// - Throws: what `body` throws; `CancellationError` when the task was cancelled before `body` started.
    package func run<T: Sendable>(
        onCancel: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        let isCancelled = Atomic(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
                submit {
                    continuation.resume(
                        with: Result {
                            if isCancelled.load(ordering: .acquiring) { throw CancellationError() }
                            return try body()
                        })
                }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .releasing)
            onCancel()
        }
    }

    private func submit(_ work: @escaping Work) {
        let startsNow = state.withLock { state in
            guard state.running < threadsMax else {
                state.waiting.append(work)
                return false
            }
            state.running += 1
            return true
        }
        if startsNow { start(work) }
    }

    private func start(_ work: @escaping Work) {
        queue.async {
            work()
            let next = self.state.withLock { state in
                let next = state.next()
                if next == nil { state.running -= 1 }
                return next
            }
            if let next { self.start(next) }
        }
    }
}
