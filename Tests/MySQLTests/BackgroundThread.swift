import Dispatch
import Synchronization

/// Runs something that waits while the test does something else.
final class BackgroundThread: Sendable {
    private let finished = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Void, any Error>>(.success(()))

    init(_ body: @escaping @Sendable () throws -> Void) {
        DispatchQueue.global().async {
            let outcome = Result { try body() }
            self.outcome.withLock { $0 = outcome }
            self.finished.signal()
        }
    }

    func join() throws {
        finished.wait()
        try outcome.withLock { $0 }.get()
    }
}
