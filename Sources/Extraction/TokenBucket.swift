internal import Synchronization

/// So many rows per second, over all threads that read.
///
/// Each chunk is paid for after it was read, by waiting as long as it may take. What was not used by slow
/// reading may be made up for within a second, and no more.
final class TokenBucket: Sendable {
    private let perSecond: Int
    private let paidUntil: Mutex<ContinuousClock.Instant>

    init(perSecond: Int, now: ContinuousClock.Instant = .now) {
        self.perSecond = max(1, perSecond)
        paidUntil = Mutex(now)
    }

    /// Takes `rows`, which were read.
    /// - Returns: Until when no more may be read.
    func take(_ rows: Int, now: ContinuousClock.Instant = .now) -> ContinuousClock.Instant {
        let cost = Duration.seconds(Double(rows) / Double(perSecond))
        return paidUntil.withLock { paid in
            paid = max(paid, now - .seconds(1)) + cost
            return paid
        }
    }
}
