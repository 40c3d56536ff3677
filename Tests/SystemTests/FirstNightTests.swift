import Foundation
import Testing

extension SystemTests {
    @Suite struct `The first night` {
        @Test func `ends with every table built and equal to its source`() async throws {
            try await Lake.telecom(scale: 0.001) { lake in
                let night = try await lake.succeeds("run")
                #expect(night.output.contains("succeeded"))
                let states = try await lake.statesOfNewestRun()
                #expect(states.count == 95)
                #expect(states.filter { $0.value != "succeeded" } == [:])
                try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                try await lake.expectStoreIsClean()
                let reconciled = try await lake.succeeds("reconcile", "--json").json().list()
                #expect(reconciled.count == 62)
                for record in reconciled {
                    #expect(try record.text("verdict") == "passed")
                    #expect(try record.number("drift") == 0)
                }
            }
        }

        @Test func `is not repeated when nothing has changed, and says why`() async throws {
            try await Lake.telecom { lake in
                try await lake.succeeds("run")
                let before = try lake.bytes(below: "lake")
                let again = try await lake.succeeds("run")
                // A partition is a step of its own, and how many there are is up to the data.
                #expect(again.all.contains(" steps skipped: nothing that they are made from has changed"))
                let run = try await lake.succeeds("run", "--json").json()
                for step in try run.list("steps") {
                    #expect(try step.text("state") == "skipped")
                    #expect(try step.text("reason").hasPrefix("unchanged since run "))
                }
                #expect(try lake.bytes(below: "lake") == before)
            }
        }

        @Test func `followed by a day of business rebuilds what that day touched and nothing else`()
            async throws
        {
            try await Lake.telecom { lake in
                try lake.live(in: Lake.yesterday)
                try await lake.succeeds("run")
                let sealed = try lake.bytes(below: "lake/bronze")
                // As the days go by, so does the business.
                try lake.live(in: Lake.today)
                try await lake.succeeds("demo", "generate", "--scale", "0.0005", "--advance-days", "1")
                let plan = try await lake.succeeds("plan", "--json").json().list()
                let planned = Set(
                    try plan.filter { try $0.text("action") == "build" }.map { try $0.text("asset") })
                try await lake.succeeds("run")
                let states = try await lake.statesOfNewestRun()
                let built = Set(states.filter { $0.value == "succeeded" }.keys)
                #expect(built.contains("bronze_v3_invoice.invoice"))
                #expect(built.contains("silver.fact_invoice"))
                #expect(built.contains("gold.revenue_by_month"))
                // Tables of codes do not change from day to day, nor what is made from them alone.
                #expect(states["bronze_v3_usage.charge_type"] == "skipped")
                #expect(states["silver.dim_charge_type"] == "skipped")
                #expect(
                    built.isSubset(of: planned), "built without being planned: \(built.subtracting(planned))")
                let after = try lake.bytes(below: "lake/bronze")
                #expect(after.filter { sealed[$0.key] != nil } == sealed, "a partition of yesterday changed")
                #expect(after.count > sealed.count)
                try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")))
                try await lake.succeeds("reconcile")
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `gives the same rows from MariaDB`() async throws {
            try await SystemTestServer.withoutDatabases { databases in
                try await Lake.telecom(environment: databases.environment) { lake in
                    try await lake.succeeds("run")
                    try await lake.expectBronzeEquals(databases)
                    try await lake.succeeds("demo", "generate", "--scale", "0.0005", "--advance-days", "1")
                    try await lake.succeeds("run")
                    try await lake.expectBronzeEquals(databases)
                    try await lake.succeeds("reconcile")
                    try await lake.expectStoreIsClean()
                    try expectNoSecret(databases.environment["MYSQL_PASSWORD"] ?? "", in: lake)
                }
            }
        }
    }

    @Suite struct `Answers in JSON` {
        @Test func `have the keys that the manual names`() async throws {
            try await Lake.shop { lake in
                let run = try await lake.succeeds("run", "--json").json()
                #expect(run.keys == ["run", "selection", "state", "started_at", "finished_at", "steps"])
                for step in try run.list("steps") {
                    #expect(
                        step.keys.isSuperset(of: ["asset", "state", "attempts", "seconds", "rows", "bytes"]))
                }
                let validation = try await lake.succeeds("validate", "--json").json()
                #expect(try validation.get("is_valid").bool == true)
                #expect(try validation.list("mistakes").isEmpty)

                let assets = try await lake.succeeds("assets", "--json").json().list()
                #expect(
                    try assets.map { try $0.text("asset") } == [
                        "bronze_shop.country", "bronze_shop.customer", "silver.customer",
                        "gold.customers_by_country",
                    ])
                for asset in assets {
                    #expect(
                        asset.keys.isSuperset(of: [
                            "asset", "layer", "tags", "inputs", "rows", "bytes", "files", "run",
                            "published_at", "version",
                        ]))
                }
                let shown = try await lake.succeeds("assets", "show", "silver.customer", "--json").json()
                #expect(shown.keys == ["asset", "columns", "readers", "checks", "conversions"])
                #expect(try shown.list("columns").map { try $0.text("name") } == ["id", "name", "country"])
                #expect(try shown.list("readers").compactMap(\.string) == ["gold.customers_by_country"])
                for check in try shown.list("checks") {
                    #expect(check.keys == ["check", "severity", "failures"])
                }

                for step in try await lake.succeeds("plan", "--json").json().list() {
                    #expect(step.keys == ["asset", "action", "reasons"])
                }
                let status = try await lake.succeeds("status", "--json").json()
                #expect(status.keys == ["runs", "newest"])
                for run in try status.list("runs") {
                    #expect(run.keys == ["run", "state", "selection", "started_at", "finished_at"])
                }
                for record in try await lake.succeeds("reconcile", "--json").json().list() {
                    #expect(
                        record.keys == [
                            "asset", "compared_at", "source_rows", "bronze_rows", "drift", "tolerance",
                            "verdict", "detail",
                        ])
                }
                let rows = try await lake.succeeds(
                    "sql", "--json", "SELECT id, name FROM silver.customer ORDER BY id")
                #expect(try rows.json().list().map { try $0.text("name") } == ["Ada", "Bob", "Cyd"])
                let housekeeping = try await lake.succeeds("housekeep", "--json").json()
                #expect(
                    housekeeping.keys == [
                        "removed", "repaired", "abandoned_writes", "problems", "events_forgotten",
                        "runs_forgotten",
                    ])
            }
        }

        @Test func `name the failure of a step and what it blocked`() async throws {
            try await Lake.shop { lake in
                try await lake.changeShop("DROP TABLE country")
                let ended = try await lake.tarn("run", "--json")
                #expect(ended.code == 1)
                let steps = try ended.json().list("steps")
                let failed = try #require(try steps.first { try $0.text("state") == "failed" })
                #expect(try failed.text("asset") == "bronze_shop.country")
                #expect(try failed.get("failure").keys == ["code", "category", "problem", "remedy"])
                #expect(try steps.filter { try $0.text("state") == "blocked" }.count == 2)
            }
        }
    }
}

/// Expects that `secret` is in no file of the lake's folder.
func expectNoSecret(_ secret: String, in lake: Lake, sourceLocation: SourceLocation = #_sourceLocation) throws
{
    try #require(secret.count > 8, sourceLocation: sourceLocation)
    for (file, bytes) in try lake.bytes(below: ".") {
        #expect(
            bytes.range(of: Data(secret.utf8)) == nil, "the password is in \(file)",
            sourceLocation: sourceLocation)
    }
}
