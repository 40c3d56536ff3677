import Blocking
import Foundation
import Glibc
import TarnTesting
import Testing

/// Workers, leases and fences on a virtual clock, with everything going wrong that can.
///
/// `TARN_TEST_SEED` replays one night, `TARN_SIMULATED_NIGHTS` says how many there are.
@Suite struct `A hundred thousand simulated nights` {
    private static let nights = environment("TARN_SIMULATED_NIGHTS").map { Int($0) } ?? 100_000
    private static let seed = environment("TARN_TEST_SEED")

    private static func environment(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func `end with every run over, every step done once, and nothing published by who was overtaken`()
        async throws
    {
        if let seed = Self.seed {
            var night = SimulatedNight(seed: seed)
            _ = try night.run()
            return
        }
        let total = try await apart {
            var total = SimulatedNight.Report()
            for seed in 0..<Self.nights {
                var night = SimulatedNight(seed: UInt64(seed))
                total.add(try night.run())
            }
            return total
        }
        print("simulated: \(total)")
        // A simulation in which nothing goes wrong proves nothing.
        #expect(total.steps > Self.nights * 3)
        #expect(total.takeovers > Self.nights / 10)
        #expect(total.refusedPublications > Self.nights / 1_000)
        #expect(total.lostSteps > 0)
    }

    @Test(arguments: NightPlan.Sabotage.allCases.filter { $0 != .none })
    func `find what is missing when a part of the protocol is left out`(sabotage: NightPlan.Sabotage)
        async throws
    {
        try await apart { try notice(sabotage) }
    }

    private func notice(_ sabotage: NightPlan.Sabotage) throws {
        for seed in 0..<UInt64(20_000) {
            var night = SimulatedNight(seed: seed, sabotage: sabotage)
            do {
                _ = try night.run()
            } catch let violation as SimulatedNight.Violation {
                print("without \(sabotage): \(violation)")
                // The same seed fails in the same way.
                var again = SimulatedNight(seed: seed, sabotage: sabotage)
                let repeated = #expect(throws: SimulatedNight.Violation.self) { try again.run() }
                #expect(repeated?.description == violation.description)
                return
            }
        }
        Issue.record("20,000 nights without \(sabotage) and nothing was noticed")
    }
}

/// Runs `body` on a thread of its own that comes after all others: minutes of computing on Swift's own
/// threads would leave every other test's leases to run out.
private func apart<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await simulating.run {
        // On Linux a priority is that of the calling thread: setpriority(2), "C library/kernel differences".
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        return try body()
    }
}

private let simulating = BlockingPool(threadsMax: 1)

extension SimulatedNight.Report {
    fileprivate mutating func add(_ other: Self) {
        events += other.events
        steps += other.steps
        takeovers += other.takeovers
        refusedPublications += other.refusedPublications
        lostSteps += other.lostSteps
    }
}
