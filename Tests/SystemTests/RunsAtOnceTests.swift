import Foundation
import Glibc
import Testing

extension SystemTests {
    @Suite struct `Two runs at once` {
        @Test func `both complete, and nothing is built by two at one time`() async throws {
            try await Lake.telecom { lake in
                let first = try lake.start(["run", "--full-refresh"])
                try await awaiting("a step is done") { first.outputSoFar.contains("✓") }
                let second = try await lake.tarn("run", "--full-refresh")
                #expect(second.code == 0, "\(second.all)")
                let ended = try await first.end()
                #expect(ended.code == 0, "\(ended.all)")
                try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                try await lake.succeeds("housekeep")
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `one that hangs loses its steps to the next, and can publish nothing when it wakes`()
            async throws
        {
            try await Lake.telecom { lake in
                let first = try lake.start(["run"])
                try await awaiting("a step is done") { first.outputSoFar.contains("✓") }
                first.send(SIGSTOP)
                let status = try await lake.tarn("status", "--json")
                #expect(try status.json().get("newest").text("state") == "running")
                // Who is stopped in the middle of a write keeps its lock, which nobody can take away.
                while true {
                    let errors = try await lake.tarn("housekeep").errors
                    guard ["metadata.busy", "store.locked"].contains(where: errors.contains) else { break }
                    first.send(SIGCONT)
                    try await pass(seconds: 0.01)
                    first.send(SIGSTOP)
                }
                // It waits for what the first one holds, until the leases run out.
                let second = try await lake.tarn("run")
                #expect(second.code == 0, "\(second.all)")
                let published = try lake.bytes(below: "lake") { $0.hasSuffix("_manifest.json") }
                first.send(SIGCONT)
                let ended = try await first.end()
                #expect(ended.code == 1, "\(ended.all)")
                #expect(ended.output.contains("lost"), "\(ended.all)")
                #expect(try lake.bytes(below: "lake") { $0.hasSuffix("_manifest.json") } == published)
                try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                try await lake.succeeds("housekeep")
                try await lake.expectStoreIsClean()
            }
        }
    }

    @Suite struct `Ctrl-C` {
        @Test(arguments: [SIGINT, SIGTERM])
        func `stops a run within three seconds and publishes nothing by halves`(signal: Int32) async throws {
            try await Lake.telecom { lake in
                let run = try lake.start(["run", "--parallel", "2"])
                try await awaiting("a step is done") { run.outputSoFar.contains("✓") }
                run.send(signal)
                let asked = ContinuousClock.now
                let ended = try await run.end()
                #expect(ContinuousClock.now - asked < .seconds(20))
                #expect(ended.code == 130, "\(ended.all)")
                let newest = try await lake.succeeds("status", "--json").json().get("newest")
                #expect(try newest.text("state") == "cancelled")
                #expect(try newest.list("steps").allSatisfy { try $0.text("state") != "failed" })
                try await lake.succeeds("run")
                try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `reaches a statement that would run for hours`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let before = try lake.bytes(below: "lake/silver")
                try lake.write(
                    "/*---\ndescription: More pairs than anybody can wait for.\n---*/\n"
                        + "SELECT sum(a.range * b.range) AS total FROM range(10000000) AS a, range(10000000) AS b\n",
                    to: "models/silver/endless.sql")
                let run = try lake.start(["run"])
                var isRunning = false
                while !isRunning {
                    let newest = try await lake.succeeds("status", "--json").json().get("newest")
                    isRunning = try newest.list("steps").contains {
                        try $0.text("asset") == "silver.endless" && $0.text("state") == "running"
                    }
                }
                run.send(SIGINT)
                let asked = ContinuousClock.now
                #expect(try await run.end().code == 130)
                #expect(ContinuousClock.now - asked < .seconds(20))
                #expect(try lake.bytes(below: "lake/silver") == before)
                try FileManager.default.removeItem(atPath: lake.path("models/silver/endless.sql"))
                try await lake.succeeds("run")
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `stops a query`() async throws {
            try await Lake.shop { lake in
                let query = try lake.start(
                    [
                        "sql",
                        "SELECT 1 AS begun; SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b",
                    ])
                try await awaiting("the first result") { query.outputSoFar.contains("begun") }
                query.send(SIGINT)
                let asked = ContinuousClock.now
                #expect(try await query.end().code == 130)
                #expect(ContinuousClock.now - asked < .seconds(20))
            }
        }
    }
}
