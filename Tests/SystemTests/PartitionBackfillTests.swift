import Foundation
import Glibc
import TarnTesting
import Testing

extension SystemTests {
    /// Partitions that are built bit by bit, by processes that may end at any moment.
    @Suite struct `A backfill of partitions` {
        private static let days = 40
        private static let rowsPerDay = 50

        private static let rows: String = {
            var sql = "CREATE TABLE phone_call (id INTEGER PRIMARY KEY, began DATETIME, seconds INTEGER);"
            for day in 0..<days {
                let values = (0..<rowsPerDay).map { row -> String in
                    let clock = String(
                        format: "2026-%02d-%02d 12:00:%02d", 1 + day / 28, 1 + day % 28, row)
                    return "(\(day * rowsPerDay + row), '\(clock)', \(row * 7))"
                }
                sql += "INSERT INTO phone_call VALUES \(values.joined(separator: ","));"
            }
            return sql
        }()

        private func withCalls<T>(_ system: SourceSystem, _ body: (Lake) async throws -> T) async throws -> T
        {
            try await Lake.shop(in: system) { lake in
                try await lake.changeShop(Self.rows)
                try lake.edit(
                    "sources/shop.yaml", "tables:\n",
                    "tables:\n  phone_call: { key: [id], partitions: { by: daily, column: began, start: 2026-01-01 } }\n"
                )
                try lake.write(
                    """
                    /*---
                    description: Calls by day.
                    partitions: { by: daily, column: day }
                    ---*/
                    SELECT CAST(began AS DATE) AS day, id, seconds FROM bronze_shop.phone_call
                    """, to: "models/silver/phone_call.sql")
                try lake.write(
                    try lake.text("lake.yaml") + """
                        backfills:
                          calls:
                            run: [bronze_shop.phone_call, silver.phone_call]
                            partitions: 2026-01-01..2026-02-12
                            chunk: 2
                            runs_max: 2

                        """, to: "lake.yaml")
                return try await body(lake)
            }
        }

        private func state(_ lake: Lake) async throws -> String {
            try await lake.succeeds("backfill", "show", "calls", "--json").json().get("backfill").text(
                "state")
        }

        @Test(arguments: SourceSystem.allCases)
        func `that is killed again and again builds every partition, once in effect`(system: SourceSystem)
            async throws
        {
            let given = ProcessInfo.processInfo.environment["TARN_TEST_SEED"].flatMap { UInt64($0) }
            let seed = given ?? UInt64.random(in: 0...999_999)
            print("backfill of partitions: TARN_TEST_SEED=\(seed)")
            var lot = SeededGenerator(seed: seed)
            try await withCalls(system) { lake in
                let created = try await lake.succeeds("backfill", "create", "calls").output
                #expect(
                    created.contains("43 partitions of bronze_shop.phone_call in 22 chunks"), "\(created)")
                #expect(
                    try await lake.tarn("backfill", "create", "calls").errors.contains("[backfill.exists]"))
                var kills = 0
                for attempt in 0..<60 where kills < 12 {
                    let program = try lake.start(["backfill", "run", "calls"])
                    // Sometimes two work on it.
                    let other = attempt % 4 == 3 ? try lake.start(["backfill", "run", "calls"]) : nil
                    try await pass(seconds: Double.random(in: 0...0.6, using: &lot))
                    let signal = attempt % 5 == 4 ? SIGINT : SIGKILL
                    program.send(signal)
                    let ended = try await program.end()
                    if ended.code == 128 + SIGKILL { kills += 1 }
                    other?.send(SIGKILL)
                    _ = try await other?.end()
                    let state = try await state(lake)
                    if state == "succeeded" { break }
                    // What was lost thrice needs somebody who says that it was not its fault.
                    if state == "failed" { try await lake.succeeds("backfill", "retry", "calls") }
                }
                #expect(kills >= 3, "seed \(seed)")
                var last = try await lake.tarn("backfill", "run", "calls")
                if last.code != 0, try await state(lake) == "failed" {
                    try await lake.succeeds("backfill", "retry", "calls")
                    last = try await lake.tarn("backfill", "run", "calls")
                }
                #expect(last.code == 0, "seed \(seed): \(last.all)")
                #expect(try await state(lake) == "succeeded")
                let partitions = try await lake.succeeds(
                    "partitions", "silver.phone_call", "--partition", "2026-01-01..2026-02-12", "--json"
                ).json()
                #expect(try partitions.get("counts").number("built") == 43, "seed \(seed)")
                let expected = "\(Self.days * Self.rowsPerDay),\(Self.days * Self.rowsPerDay)"
                for table in ["bronze_shop.phone_call", "silver.phone_call"] {
                    let sql = "SELECT count(*), count(DISTINCT id) FROM \(table)"
                    #expect(
                        try await lake.succeeds("sql", "--format", "csv", sql).output.contains(expected),
                        "seed \(seed)")
                }
                let runs = try await lake.succeeds(
                    "runs", "--trigger", "backfill", "--limit", "1000", "--json"
                )
                .json().list("runs").map { try $0.text("state") }
                #expect(!runs.contains("running") && runs.contains("succeeded"), "seed \(seed)")
                try await lake.succeeds("housekeep")
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `is listed, shown, paused, resumed and cancelled, and tells what failed`() async throws {
            try await withCalls(.sqlite) { lake in
                let answer = try await lake.succeeds(
                    "backfill", "create", "phone_call", "--partition", "2026-01-01..2026-01-10", "--chunk",
                    "5",
                    "--hours", "00:00-24:00", "--order", "oldest", "--rate", "100000", "--name", "january",
                    "--tag", "slow", "--priority", "-50", "--json"
                ).json()
                #expect(try answer.text("state") == "running" && answer.number("partitions") == 10)
                #expect(try await lake.succeeds("backfill", "pause", "january").output.contains("is paused"))
                #expect(try await lake.succeeds("backfill").output.contains("paused"))
                #expect(try await lake.succeeds("backfill", "resume", "january").output.contains("goes on"))
                try lake.edit("models/silver/phone_call.sql", "id, seconds", "id, error('no') AS seconds")
                let failed = try await lake.tarn("backfill", "run", "january")
                #expect(failed.code == 1 && failed.output.contains("failed"), "\(failed.all)")
                let shown = try await lake.succeeds("backfill", "show", "january").output
                #expect(
                    shown.contains("2026-01-01..2026-01-05") && shown.contains("silver.phone_call of"),
                    "\(shown)")
                #expect(
                    try await lake.succeeds("partitions", "silver.phone_call", "--status", "failed").output
                        .contains("2026-01-01..2026-01-10"))
                try lake.edit("models/silver/phone_call.sql", "error('no') AS seconds", "seconds")
                #expect(
                    try await lake.succeeds("backfill", "retry", "january").output.contains("2 chunks again"))
                try await lake.succeeds("backfill", "run", "january")
                #expect(
                    try await lake.succeeds("assets", "show", "silver.phone_call").output.contains("10 built")
                )
                let second = try await lake.succeeds("backfill", "create", "calls").output
                #expect(second.contains("33 partitions"), "\(second)")
                #expect(
                    try await lake.succeeds("backfill", "cancel", "calls").output.contains("is cancelled"))
                #expect(try await lake.succeeds("backfill", "list", "--open").output.contains("no backfill"))
                #expect(try await lake.tarn("backfill", "show", "nothing").code == 2)
                #expect(try await lake.tarn("backfill", "create", "silver.phone_call").code == 2)
                #expect(try await lake.tarn("run", "phone_call", "--partition", "yesterday").code == 2)
            }
        }
    }
}
