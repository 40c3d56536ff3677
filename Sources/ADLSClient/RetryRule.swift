/// Why a request is worth repeating.
package enum RetryCause: Hashable, Sendable, CaseIterable {
    /// 503: the service asks for less. It has done nothing.
    case busy
    /// 429, which Azure's token endpoints answer. Nothing was done.
    case throttled
    /// 500, 502 or 504: whether it was done is not known.
    case serverFailed
    /// 408, or no answer in time.
    case timedOut
    /// No connection came about; nothing was sent.
    case unreachable
    /// The connection ended before the answer.
    case connectionLost
    /// The answer began, but its body is shorter than it says.
    case truncated
    /// The body is not what its checksum says.
    case damaged

    /// Whether the service may have done what was asked although no answer says so.
    package var mayHaveHappened: Bool {
        switch self {
        case .busy, .throttled, .unreachable: false
        case .serverFailed, .timedOut, .connectionLost, .truncated, .damaged: true
        }
    }

    /// `nil` of a status that stays what it is, however often one asks.
    package init?(status: Int) {
        switch status {
        case 408: self = .timedOut
        case 429: self = .throttled
        case 503: self = .busy
        case 500, 502, 504: self = .serverFailed
        default: return nil
        }
    }
}

/// How often and after which waits a request is repeated: exponential backoff with full jitter, so that many
/// clients that were refused together do not come back together.
package struct RetryRule: Hashable, Sendable {
    package var attemptsMax = 8
    /// No attempt begins later than this after the first one began.
    package var timeMax = Duration.seconds(180)
    /// The upper bound of the first wait; each further one is twice as long.
    package var firstDelay = Duration.milliseconds(200)
    package var delayMax = Duration.seconds(20)

    package init() {}

    /// The wait before the next attempt; `nil` if there is to be none.
    ///
    /// - Parameters:
    ///   - attempts: How many were made, from 1.
    ///   - elapsed: Since the first one began.
    ///   - retryAfter: What the service asked for; it is waited for in full, and some jitter is added.
    ///   - random: In 0..<1.
    package func delay(
        after cause: RetryCause, attempts: Int, elapsed: Duration, retryAfter: Duration? = nil, random: Double
    ) -> Duration? {
        guard attempts < attemptsMax else { return nil }
        let doublings = min(attempts - 1, 30)
        var bound = min(delayMax, firstDelay * (1 << doublings))
        // A service that is overloaded is given more time than a connection that broke.
        if cause == .busy || cause == .throttled { bound = min(delayMax, bound * 2) }
        let delay = (retryAfter ?? .zero) + bound * random
        return elapsed + delay <= timeMax ? delay : nil
    }
}
