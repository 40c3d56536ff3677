import ADLSClient
import Testing

@Suite struct `A retry rule` {
    private let rule = RetryRule()

    private func delay(
        _ cause: RetryCause, attempts: Int = 1, elapsed: Duration = .zero, retryAfter: Duration? = nil,
        random: Double = 0.999
    ) -> Duration? {
        rule.delay(
            after: cause, attempts: attempts, elapsed: elapsed, retryAfter: retryAfter, random: random)
    }

    @Test func `waits up to twice as long each time, within its bound`() throws {
        var bounds: [Duration] = []
        for attempts in 1..<rule.attemptsMax {
            bounds.append(try #require(delay(.connectionLost, attempts: attempts, random: 1)))
        }
        let expected = [200, 400, 800, 1_600, 3_200, 6_400, 12_800].map { Duration.milliseconds($0) }
        #expect(bounds == expected)
        var patient = rule
        patient.attemptsMax = 100
        let late = patient.delay(after: .busy, attempts: 90, elapsed: .zero, random: 1)
        #expect(late == patient.delayMax)
    }

    @Test func `spreads clients over the whole wait`() {
        #expect(delay(.serverFailed, attempts: 3, random: 0) == .zero)
        #expect(delay(.serverFailed, attempts: 3, random: 0.5) == .milliseconds(400))
    }

    @Test func `gives a service that is overloaded more time`() throws {
        let busy = try #require(delay(.busy, random: 1))
        let lost = try #require(delay(.connectionLost, random: 1))
        #expect(busy == lost * 2)
    }

    @Test func `waits as long as the service asks, and some more`() throws {
        let asked = try #require(delay(.throttled, retryAfter: .seconds(7), random: 0.5))
        #expect(asked > .seconds(7) && asked < .seconds(8))
        #expect(delay(.throttled, retryAfter: rule.timeMax * 2) == nil)
    }

    @Test(arguments: RetryCause.allCases)
    func `ends after so many attempts, and after so long`(cause: RetryCause) {
        #expect(delay(cause, attempts: rule.attemptsMax - 1) != nil)
        #expect(delay(cause, attempts: rule.attemptsMax) == nil)
        #expect(delay(cause, elapsed: rule.timeMax) == nil)
    }

    @Test func `repeats what may pass, and nothing else`() {
        let passing = (100..<600).filter { RetryCause(status: $0) != nil }
        #expect(passing == [408, 429, 500, 502, 503, 504])
    }

    @Test func `knows what the service cannot have done`() {
        let surely = RetryCause.allCases.filter { !$0.mayHaveHappened }
        #expect(surely == [.busy, .throttled, .unreachable])
    }
}
