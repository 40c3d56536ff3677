import Dispatch
import MySQL
import Synchronization

/// Calls `cancel()` on a thread of its own, as somebody who is not the connection's user does.
final class CancellingThread: Sendable {
    private let finished = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Void, any Error>>(.success(()))

    init(_ canceller: Canceller) {
        DispatchQueue.global().async {
            let outcome = Result { try canceller.cancel() }
            self.outcome.withLock { $0 = outcome.mapError { $0 } }
            self.finished.signal()
        }
    }

    func join() throws {
        finished.wait()
        try outcome.withLock { $0 }.get()
    }
}
