internal import Glibc
internal import Synchronization

/// One bounded pool of threads on which calls may block.
///
/// DuckDB, libmariadb, SQLite and file system calls wait inside C. On Swift's cooperative threads, of which
/// there are as many as cores, a few of them would stop everything else, so they run here. The threads are
/// the pool's own: Dispatch would take its workers from those that run Swift's tasks, and two busy bodies
/// on two cores would keep every timer and every cancellation waiting.
///
/// A pool never runs more than ``threadsMax`` bodies at once; the others wait in the order of their
/// arrival. A body must not wait for another body of the same pool.
package final class BlockingPool: Sendable {
    /// The process's own pool. Sixteen threads: more than a night's concurrent steps on the machines Tarn is
    /// made for, few enough that their stacks do not matter.
    package static let shared = BlockingPool(threadsMax: 16)

    package let threadsMax: Int
    private let queue = WorkQueue()

    package init(threadsMax: Int) {
        precondition(threadsMax > 0, "A pool without threads would never run anything.")
        self.threadsMax = threadsMax
    }

    deinit { queue.close() }

    /// Runs `body` on one of the pool's threads and returns what it returns.
    ///
    /// `onCancel` runs at once, on an arbitrary thread, when the waiting task is cancelled; it is there to
    /// stop the C call (`duckdb_interrupt`). `body` still runs to its end, so what it holds is released by
    /// itself. A task that is cancelled before its turn never starts `body`.
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

    /// The same for what must be done although the waiting task may have been cancelled.
    package func runToEnd<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
            submit { continuation.resume(with: Result { try body() }) }
        }
    }

    private func submit(_ work: @escaping WorkQueue.Work) {
        guard queue.add(work, threadsMax: threadsMax) else { return }
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(queue).toOpaque()
        let outcome = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<WorkQueue>.fromOpaque(argument).takeRetainedValue().serve()
                return nil
            }, argument)
        // Without a thread the work would wait for ever.
        precondition(outcome == 0, "The operating system refuses another thread (\(outcome)).")
        pthread_detach(thread)
    }
}

/// Work that waits for a thread, and the threads that wait for work.
///
/// Sendable without the compiler's proof: every access to its state holds `lock`.
private final class WorkQueue: @unchecked Sendable {
    typealias Work = @Sendable () -> Void

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Work?] = []
    private var head = 0
    private var threads = 0
    private var idle = 0
    private var isClosed = false

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(lock)
        arrived.deallocate()
        lock.deallocate()
    }

    /// - Returns: Whether the caller must start another thread, which then is counted already.
    func add(_ work: @escaping Work, threadsMax: Int) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        waiting.append(work)
        // Threads that were woken but have not run yet still count as idle: compare with all that waits.
        if idle >= waiting.count - head {
            pthread_cond_signal(arrived)
            return false
        }
        guard threads < threadsMax else { return false }
        threads += 1
        return true
    }

    /// One thread's life: it runs what waits, until the pool is gone.
    func serve() {
        while let work = next() { work() }
    }

    func close() {
        pthread_mutex_lock(lock)
        isClosed = true
        pthread_cond_broadcast(arrived)
        pthread_mutex_unlock(lock)
    }

    private func next() -> Work? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while head == waiting.count {
            if isClosed { return nil }
            idle += 1
            pthread_cond_wait(arrived, lock)
            idle -= 1
        }
        let work = waiting[head]
        // What a body holds, such as a file or a buffer, goes when it is done.
        waiting[head] = nil
        head += 1
        if head > 64, head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return work
    }
}
