/// Whether a failed attempt is repeated, and when.
package struct RetryPolicy: Hashable, Sendable, Codable {
    /// Attempts in all, the first included.
    package var attemptsMax: Int
    /// Before the second attempt; doubled for every further one.
    package var backoff: Duration
    package var backoffMax: Duration
    /// The share of a wait by which it is lengthened at random, so that what failed together does not come
    /// back together.
    package var jitter: Double

    package init(
        attemptsMax: Int = 3, backoff: Duration = .seconds(1), backoffMax: Duration = .seconds(900),
        jitter: Double = 0.25
    ) {
        self.attemptsMax = attemptsMax
        self.backoff = backoff
        self.backoffMax = backoffMax
        self.jitter = jitter
    }

    /// How long to wait before the attempt after number `attempt`; `nil` if there is none.
    /// - Parameter random: From 0 to 1.
    package func delay(after attempt: Int, _ category: FailureCategory, random: Double) -> Duration? {
        guard attempt < attemptsMax(of: category) else { return nil }
        if category == .lost { return .zero }
        let doubled = backoff.seconds * Double(1 << min(attempt - 1, 30))
        return .seconds(min(doubled, backoffMax.seconds) * (1 + jitter * min(max(random, 0), 1)))
    }

    /// What passes by itself is tried to the end. A credential may have been renewed meanwhile, and memory
    /// may have been another step's: both once more. Nothing else gets better by being repeated.
    private func attemptsMax(of category: FailureCategory) -> Int {
        switch category {
        case .transient, .lost: attemptsMax
        case .authExpired, .outOfMemory: min(attemptsMax, 2)
        case .badQuery, .badData, .badConfig, .cancelled: 1
        }
    }
}
