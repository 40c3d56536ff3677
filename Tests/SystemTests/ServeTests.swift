import Foundation
import Glibc
import Testing

extension SystemTests {
    @Suite struct `A lake that is served` {
        /// Gold has to be young; whatever is new in silver is counted again; what is slow waits for somebody.
        private static let triggers = """
            sensors:
              customers: { materialized: silver.customer, interval: 1s, run: "gold.*" }
            workers: { grace: 1s }
            leases: { ttl: 5s }
            serve: { listen: "127.0.0.1:0" }

            """

        private static func prepare(_ lake: Lake, more: String = "") throws {
            try lake.write(try lake.text("lake.yaml") + triggers + more, to: "lake.yaml")
            try lake.edit(
                "models/silver/customer.sql", "description: Customers",
                "freshness: { max_age: 24h }\ndescription: Customers")
        }

        /// The state of the first run of an asset.
        private static func state(_ lake: Lake, of asset: String) async throws -> String {
            let runs = try await lake.succeeds("runs", "--asset", asset, "--json").json().list("runs")
            return try runs.last?.text("state") ?? "none"
        }

        private static func serve(_ lake: Lake) async throws -> Program {
            let serving = try lake.start(["serve", "--log", "json"])
            try await awaitingAnswer("it serves") { serving.errorsSoFar.contains("\"message\":\"serving\"") }
            return serving
        }

        @Test func `builds what has to be fresh, fires its sensors, and ends when it is told to`()
            async throws
        {
            try await Lake.shop { lake in
                try Self.prepare(lake)
                let serving = try await Self.serve(lake)
                try await awaitingAnswer("silver is fresh") {
                    try await Self.state(lake, of: "silver.customer") == "succeeded"
                }
                try await lake.changeShop(
                    "INSERT INTO customer VALUES (4, 'Dot', 'IE', '2026-01-04 10:00:00')")
                try await lake.succeeds("run", "+silver.customer")
                try await awaitingAnswer("gold has four customers") {
                    try await Self.state(lake, of: "gold.customers_by_country") == "succeeded"
                }
                #expect(
                    try await lake.rows(
                        "SELECT sum(customers)::INT FROM gold.customers_by_country") == ["4"])
                let list = try await lake.succeeds("schedule", "list", "--json").json()
                let sensor = try #require(try list.list("sensors").first)
                #expect(try sensor.get("past").text("remark").contains("silver.customer"))
                let began = ContinuousClock.now
                serving.send(SIGTERM)
                let ended = try await serving.end()
                #expect(ended.code == 0, "\(ended.all)")
                #expect(ContinuousClock.now - began < .seconds(10))
                // Every line is an object.
                for line in ended.errors.split(separator: "\n") {
                    _ = try JSON(Data(line.utf8))
                }
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `hands back what is not done in its grace, and goes on with it when it is back`()
            async throws
        {
            try await Lake.shop { lake in
                try Self.prepare(lake)
                let fast = "SELECT country, count(*) AS customers FROM silver.customer GROUP BY country"
                // Minutes of work.
                let slow =
                    "SELECT country, count(*) AS customers FROM silver.customer, range(300000000000) GROUP BY country"
                try lake.edit("models/gold/customers_by_country.sql", fast, slow)
                try lake.edit(
                    "models/gold/customers_by_country.sql", "description: How many",
                    "freshness: { max_age: 24h }\ndescription: How many")
                let first = try await Self.serve(lake)
                try await awaitingAnswer("gold is being built") {
                    first.errorsSoFar.contains(#""asset":"gold.customers_by_country""#)
                }
                first.send(SIGTERM)
                let ended = try await first.end()
                #expect(ended.code == 0, "\(ended.all)")
                #expect(ended.errors.contains("run.handed-back"), "\(ended.errors)")
                let state = try await Self.state(lake, of: "gold.customers_by_country")
                #expect(state == "running", "\(ended.errors)")
                try lake.edit("models/gold/customers_by_country.sql", slow, fast)
                let second = try await Self.serve(lake)
                try await awaitingAnswer("gold is built") {
                    try await Self.state(lake, of: "gold.customers_by_country") == "succeeded"
                }
                second.send(SIGINT)
                #expect(try await second.end().code == 0)
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `takes its files anew on SIGHUP, and goes on as it was when they are wrong`() async throws
        {
            try await Lake.shop { lake in
                try Self.prepare(lake)
                let serving = try await Self.serve(lake)
                try await awaitingAnswer("silver is fresh") {
                    try await Self.state(lake, of: "silver.customer") == "succeeded"
                }
                let good = try lake.text("lake.yaml")
                try lake.write(
                    good + "schedules: { x: { cron: nonsense, run: silver.* } }\n", to: "lake.yaml")
                serving.send(SIGHUP)
                try await awaitingAnswer("it says what is wrong") {
                    serving.errorsSoFar.contains("project.bad-cron")
                }
                try lake.write(
                    good.replacingOccurrences(
                        of: "sensors:",
                        with:
                            "sensors:\n  other: { materialized: bronze_shop.country, interval: 1s, run: country }"
                    ),
                    to: "lake.yaml")
                serving.send(SIGHUP)
                try await awaitingAnswer("the files were read again") {
                    serving.errorsSoFar.contains("were read again")
                }
                try await awaitingAnswer("the new sensor has looked") {
                    try await lake.succeeds("schedule", "list", "--json").json().list("sensors")
                        .contains { try $0.text("sensor") == "other" && $0.get("past").has("remark") }
                }
                serving.send(SIGTERM)
                #expect(try await serving.end().code == 0)
            }
        }

        @Test func `is taken over by another process when the first is killed`() async throws {
            try await Lake.shop { lake in
                try Self.prepare(lake)
                let first = try await Self.serve(lake)
                try await awaitingAnswer("silver is fresh") {
                    try await Self.state(lake, of: "silver.customer") == "succeeded"
                }
                let second = try await Self.serve(lake)
                first.send(SIGKILL)
                _ = try await first.end()
                let began = ContinuousClock.now
                try await awaitingAnswer("the other one is the scheduler") {
                    second.errorsSoFar.contains("this process is the scheduler now")
                }
                #expect(ContinuousClock.now - began < .seconds(15))
                try await lake.changeShop(
                    "INSERT INTO customer VALUES (4, 'Dot', 'IE', '2026-01-04 10:00:00')")
                try await lake.succeeds("run", "+silver.customer")
                try await awaitingAnswer("the sensor has fired") {
                    try await Self.state(lake, of: "gold.customers_by_country") == "succeeded"
                }
                second.send(SIGTERM)
                #expect(try await second.end().code == 0)
            }
        }

        @Test func `starts nothing of what is paused`() async throws {
            try await Lake.shop { lake in
                try Self.prepare(lake)
                try await lake.succeeds("schedule", "pause", "silver.customer")
                try await lake.succeeds("schedule", "pause", "customers")
                let typo = try await lake.tarn("schedule", "pause", "customer")
                #expect(typo.code == 2 && typo.errors.contains("'customers'"), "\(typo.all)")
                let serving = try await Self.serve(lake)
                try await pass(seconds: 4)
                #expect(try await lake.succeeds("runs", "--json").json().list("runs").isEmpty)
                let listed = try await lake.succeeds("schedule", "list").output
                #expect(listed.contains("paused"), "\(listed)")
                try await lake.succeeds("schedule", "resume", "silver.customer")
                try await awaitingAnswer("silver is built after all") {
                    try await Self.state(lake, of: "silver.customer") == "succeeded"
                }
                serving.send(SIGTERM)
                #expect(try await serving.end().code == 0)
            }
        }
    }
}
