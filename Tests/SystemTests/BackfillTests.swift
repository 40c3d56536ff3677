import Foundation
import Glibc
import TarnTesting
import Testing

extension SystemTests {
    /// A table that is read day by day, by a process that may end at any moment.
    @Suite struct `A backfill in pieces` {
        private static let days = 40
        private static let rowsPerDay = 250

        /// One table with a row for every second after noon, of 40 days.
        private static let rows: String = {
            var sql = "CREATE TABLE phone_call (id INTEGER PRIMARY KEY, at DATETIME, seconds INTEGER);"
            for day in 0..<days {
                let values = (0..<rowsPerDay).map { row -> String in
                    let (month, dayOfMonth) = (1 + day / 28, 1 + day % 28)
                    let clock = String(
                        format: "2026-%02d-%02d 12:%02d:%02d", month, dayOfMonth, row / 60, row % 60)
                    return "(\(day * rowsPerDay + row), '\(clock)', \(row * 7 % 1_000))"
                }
                sql += "INSERT INTO phone_call VALUES \(values.joined(separator: ","));"
            }
            return sql
        }()

        private func withBackfill<T>(
            _ system: SourceSystem, pace: String, _ body: (Lake) async throws -> T
        ) async throws -> T {
            try await Lake.shop(in: system) { lake in
                try await lake.changeShop(Self.rows)
                try lake.edit(
                    "sources/shop.yaml", "tables:\n",
                    "\(pace)\ntables:\n  phone_call: { mode: incremental, cursor: at, chunk: 1d, checksum: true }\n"
                )
                return try await body(lake)
            }
        }

        private let all = "SELECT count(*), count(DISTINCT id), sum(seconds) FROM bronze_shop.phone_call__all"

        private var whole: String {
            let rows = Self.days * Self.rowsPerDay
            let seconds = (0..<Self.rowsPerDay).reduce(0) { $0 + $1 * 7 % 1_000 } * Self.days
            return "\(rows),\(rows),\(seconds)"
        }

        /// No session of ours may outlive the process.
        private func expectNobodyAtTheServer(_ lake: Lake) async throws {
            guard let server = lake.server else { return }
            var left: [String] = []
            for _ in 0..<50 {
                left = try await SourceDatabases.mariaDB(server).rows(
                    "SELECT id, info FROM processlist WHERE db = 'shop'", in: "information_schema")
                if left.isEmpty { break }
                try await pass(seconds: 0.1)
            }
            #expect(left == [])
        }

        @Test(arguments: SourceSystem.allCases)
        func `that is killed again and again goes on where it stopped`(system: SourceSystem) async throws {
            let given = ProcessInfo.processInfo.environment["TARN_TEST_SEED"].flatMap { UInt64($0) }
            let seed = given ?? UInt64.random(in: 0...999_999)
            print("backfill: TARN_TEST_SEED=\(seed)")
            var lot = SeededGenerator(seed: seed)
            try await withBackfill(system, pace: "pace: { rows_per_second: 2000 }") { lake in
                var (kept, kills) = (0, 0)
                for _ in 0..<7 {
                    let program = try lake.start(["run", "bronze_shop.phone_call"])
                    try await pass(seconds: Double.random(in: 0.2...1.5, using: &lot))
                    program.send(SIGKILL)
                    if try await program.end().code == 128 + SIGKILL { kills += 1 }
                    try await expectNobodyAtTheServer(lake)
                    // What was committed is whole days, and there is never less of it, nor anything twice.
                    let now = try await lake.tarn("sql", "--format", "csv", all)
                    guard now.code == 0, let line = now.lines.last else {
                        #expect(kept == 0, "seed \(seed): \(now.all)")
                        continue
                    }
                    let counts = line.split(separator: ",").compactMap { Int($0) }
                    try #require(counts.count == 3, "\(now.all)")
                    #expect(
                        counts[0] == counts[1] && counts[0] % Self.rowsPerDay == 0, "seed \(seed): \(line)")
                    #expect(counts[0] >= kept, "seed \(seed)")
                    kept = counts[0]
                }
                #expect(kills >= 3 && kept > 0, "seed \(seed)")
                // What was moved and not committed when it was killed is no piece.
                let manifests = try lake.bytes(below: "lake/bronze") { $0.hasSuffix("_manifest.json") }.values
                    .map { String(decoding: $0, as: UTF8.self) }
                let before = try lake.bytes(below: "lake/bronze") { file in
                    file.hasSuffix(".parquet")
                        && manifests.contains { $0.contains(file.split(separator: "/").last ?? "-") }
                }
                try await lake.succeeds("run")
                #expect(try await lake.rows(all) == [whole], "seed \(seed)")
                // A piece that was committed was not read again.
                let after = try lake.bytes(below: "lake/bronze") { before[$0] != nil }
                #expect(after == before, "seed \(seed)")
                try await lake.expectStoreIsClean()
                #expect(try await lake.tarn("reconcile").code == 0)
                try await expectNobodyAtTheServer(lake)
            }
        }

        @Test(arguments: SourceSystem.allCases)
        func `outside of its hours is skipped with what is made from it, and says when it goes on`(
            system: SourceSystem
        ) async throws {
            let minute = Int(Date().timeIntervalSince1970 / 60) % 1_440
            func clock(_ hours: Int) -> String {
                let then = (minute + hours * 60) % 1_440
                return String(format: "%02d:%02d", then / 60, then % 60)
            }
            let hours = (clock(2), clock(3))
            try await withBackfill(system, pace: "pace: { hours: \(hours.0)-\(hours.1) }") { lake in
                let ended = try await lake.succeeds("run")
                let text = "outside of its hours (\(hours.0)–\(hours.1)); goes on at "
                #expect(ended.output.contains(text), "\(ended.all)")
                #expect(ended.output.contains(" has not been read yet"), "\(ended.all)")
                let states = try await lake.statesOfNewestRun()
                #expect(Set(states.values) == ["skipped"], "\(states)")
                #expect(try lake.files(below: "lake/bronze") == [])

                // In its hours it is read; after them what is there is used.
                try lake.edit("sources/shop.yaml", "\(hours.0)-\(hours.1)", "00:00-24:00")
                try await lake.succeeds("run")
                #expect(try await lake.rows(all) == [whole])
                try lake.edit("sources/shop.yaml", "00:00-24:00", "\(hours.0)-\(hours.1)")
                try await lake.changeShop(
                    "UPDATE customer SET name = 'Eve', updated_at = '2026-02-01 10:00:00'")
                let skipped = try await lake.succeeds("run")
                #expect(skipped.output.contains(text), "\(skipped.all)")
                let rows = try await lake.rows("SELECT DISTINCT name FROM silver.customer ORDER BY 1")
                #expect(rows == ["Ada", "Bob", "Cyd"])
            }
        }

        @Test(.enabled(if: SmallDisk.canMount, "mounting a tmpfs needs root"))
        func `on a disk that fills up keeps the pieces that it has, and goes on when there is room`()
            async throws
        {
            try await withBackfill(.sqlite, pace: "") { lake in
                try await SmallDisk.with(at: lake.path("lake")) { disk in
                    try await disk.resize(to: try disk.bytesUsed() + 300_000)
                    let full = try await lake.tarn("run", "bronze_shop.phone_call")
                    #expect(full.code == 1)
                    #expect(full.all.contains("[store.disk-full]"), "\(full.all)")
                    try await disk.resize(to: 64_000_000)
                    let counts = try #require(try await lake.rows(all).first).split(separator: ",")
                    let kept = try #require(counts.first.flatMap { Int($0) })
                    #expect(kept > 0 && kept < Self.days * Self.rowsPerDay && kept % Self.rowsPerDay == 0)
                    let before = try lake.bytes(below: "lake/bronze") { $0.hasSuffix(".parquet") }
                    try await lake.succeeds("run")
                    #expect(try await lake.rows(all) == [whole])
                    let after = try lake.bytes(below: "lake/bronze") { before[$0] != nil }
                    #expect(after.filter { before[$0.key] == $0.value }.count >= kept / Self.rowsPerDay)
                    try await lake.expectStoreIsClean()
                }
            }
        }
    }
}
