internal import Glibc
internal import Synchronization

/// A call that blocks, on a thread of its own beside a caller that blocks, too.
///
/// For the one call that has to go on while its caller waits inside C: a body of ``BlockingPool`` must not
/// wait for another body of that pool. Whoever starts it waits for it.
package final class SideThread<Value: Sendable>: Sendable {
    private let work: Work
    private let thread: pthread_t

    /// What both threads hold.
    private final class Work: Sendable {
        let body: @Sendable () throws -> Value
        let outcome = Mutex<Result<Value, any Error>?>(nil)

        init(_ body: @escaping @Sendable () throws -> Value) { self.body = body }

        func run() {
            let result = Result { try body() }
            outcome.withLock { $0 = result }
        }
    }

    /// Starts `body` at once.
    package init(_ body: @escaping @Sendable () throws -> Value) {
        let work = Work(body)
        // A closure for C has no generic parameters, so the work travels as one that has none.
        let start: @Sendable () -> Void = { work.run() }
        let argument = Unmanaged.passRetained(Start(start)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        // Without a thread the caller would wait for ever.
        precondition(code == 0, "The operating system refuses another thread (\(code)).")
        self.work = work
        self.thread = thread
    }

    /// Waits for the end of the call, once, and returns what it returned.
    /// - Throws: what it threw.
    package func join() throws -> Value {
        pthread_join(thread, nil)
        guard let outcome = work.outcome.withLock({ $0 }) else {
            preconditionFailure("A thread ended before its work.")
        }
        return try outcome.get()
    }
}

private final class Start: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
