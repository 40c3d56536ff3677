import Foundation
import Glibc
import TarnTesting
import Testing

extension SystemTests {
    /// Rules 1 to 4, from outside: the process dies at moments drawn by lot, and is not waited upon by
    /// anybody.
    @Suite struct `A run killed at any moment` {
        static let killsPerBatch = 14

        @Test(arguments: SourceSystem.allCases, [1, 2])
        func `leaves whole tables, and the next run leaves nothing behind`(
            system: SourceSystem, batch: UInt64
        ) async throws {
            switch system {
            case .sqlite:
                try await Lake.telecom {
                    try await killAgainAndAgain($0, .sqlite(folder: $0.path("databases")), batch)
                }
            case .mariaDB:
                try await SystemTestServer.withoutDatabases { databases in
                    try await Lake.telecom(environment: databases.environment) {
                        try await killAgainAndAgain($0, databases, batch)
                    }
                }
            }
        }

        @Test func `in ADLS leaves whole tables, too`() async throws {
            try await Lake.telecom {
                try await $0.inServedStore {
                    try await killAgainAndAgain($0, .sqlite(folder: $0.path("databases")), 3)
                }
            }
        }

        private func killAgainAndAgain(_ lake: Lake, _ databases: SourceDatabases, _ batch: UInt64)
            async throws
        {
            let given = ProcessInfo.processInfo.environment["TARN_TEST_SEED"].flatMap { UInt64($0) }
            let seed = given ?? UInt64.random(in: 0...999_999)
            print("kills, batch \(batch): TARN_TEST_SEED=\(seed)")
            var lot = SeededGenerator(seed: seed &+ batch)
            try lake.live(in: Lake.yesterday)
            try await lake.succeeds("run")
            let sealed = try lake.bytes(below: "lake/bronze")
            try lake.live(in: Lake.today)
            // Every later run replaces what is there, at the full length of a night.
            let night = try await lake.succeeds("run", "--full-refresh").seconds

            var kills = 0
            for attempt in 0..<(3 * Self.killsPerBatch) where kills < Self.killsPerBatch {
                if attempt % 5 == 4 {
                    try await lake.succeeds("demo", "generate", "--scale", "0.0005", "--advance-days", "1")
                }
                let program = try lake.start(
                    ["run"] + (attempt % 5 == 4 ? [] : ["--full-refresh"])
                        + ["--parallel", "\(Int.random(in: 1...6, using: &lot))"])
                try await pass(seconds: Double.random(in: 0...night, using: &lot))
                program.send(SIGKILL)
                if try await program.end().code == 128 + SIGKILL { kills += 1 }
            }
            #expect(kills == Self.killsPerBatch, "seed \(seed)")

            // Whoever reads now sees whole tables.
            #expect(try await lake.refinedRows().count == 33, "seed \(seed)")
            let night2 = try await lake.tarn("run")
            #expect(night2.code == 0, "seed \(seed): \(night2.all)")
            try await lake.expectBronzeEquals(databases)
            try await lake.expectStoreIsClean()
            let after = try lake.bytes(below: "lake/bronze") { sealed[$0] != nil }
            #expect(after == sealed, "seed \(seed): a partition of yesterday changed")
            let states = try await lake.succeeds("status", "--json", "--limit", "100").json().list("runs")
                .map { try $0.text("state") }
            #expect(!states.contains("running"), "seed \(seed)")
            #expect(states.contains("lost"), "seed \(seed)")
            #expect(try await lake.tarn("reconcile").code == 0, "seed \(seed)")
            // What was rebuilt after the kills is what a lake without kills would have.
            let rows = try await lake.refinedRows()
            try await lake.succeeds("run", "--full-refresh")
            #expect(try await lake.refinedRows() == rows, "seed \(seed)")
        }
    }
}
