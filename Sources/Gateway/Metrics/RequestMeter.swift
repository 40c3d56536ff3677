internal import Synchronization

/// Counts what was answered.
final class RequestMeter: Sendable {
    private let state = Mutex(Counts())

    struct Counts: Sendable {
        /// By the hundreds of the status: 2 is success.
        var answers: [Int: Int64] = [:]
        var seconds = 0.0
    }

    func answered(_ status: Int, in duration: Duration) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        state.withLock {
            $0.answers[status / 100, default: 0] += 1
            $0.seconds += seconds
        }
    }

    var counts: Counts { state.withLock { $0 } }
}
