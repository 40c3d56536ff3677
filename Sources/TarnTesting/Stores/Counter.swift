import Synchronization

/// Counts to a limit, for streams of known length.
final class Counter: Sendable {
    private let count = Mutex(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The next number from 1 on, or `nil` beyond the limit.
    func next() -> Int? {
        count.withLock { count in
            guard count < limit else { return nil }
            count += 1
            return count
        }
    }
}
