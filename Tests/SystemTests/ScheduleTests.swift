import Foundation
import Testing

extension SystemTests {
    @Suite struct `What starts by itself` {
        private static let schedules = """
            schedules:
              night: { run: "source:shop", cron: 30 1 * * *, timezone: Europe/London, window: 01:00-03:00 }
              half: { run: "gold.*", cron: "*/30 1 * * *", timezone: Australia/Lord_Howe, paused: true }
              chores: { do: [housekeeping, reconcile], cron: "@daily" }
            sensors:
              customers: { materialized: silver.customer, run: "gold.*" }

            """

        private static func write(_ text: String, in lake: Lake) throws {
            try FileManager.default.createDirectory(
                atPath: lake.path("schedules"), withIntermediateDirectories: true)
            try lake.write(text, to: "schedules/all.yaml")
        }

        @Test func `is previewed with what clock changes do to it`() async throws {
            try await Lake.shop { lake in
                try Self.write(Self.schedules, in: lake)
                let text = try await lake.succeeds(
                    "schedule", "preview", "night", "--from", "2026-10-24", "--days", "2")
                let lines = text.output.split(separator: "\n").map(String.init)
                #expect(lines.count == 5, "\(text.output)")
                #expect(lines[1].contains("Sat 2026-10-24 01:30") && lines[1].contains("2026-10-24 00:30:00"))
                #expect(lines[2].contains("Sun 2026-10-25 01:30") && lines[2].contains("2026-10-25 00:30:00"))
                #expect(lines[2].hasSuffix("a day of 25h; the first of two such times"))
                #expect(lines[3] == "2026-10-25: clocks in Europe/London go back from 02:00 to 01:00")
                #expect(lines[4] == "2 firings of 1 schedule in 2 days")

                let gap = try await lake.succeeds(
                    "schedule", "preview", "night", "--from", "2026-03-29", "--days", "1", "--json")
                let firing = try #require(try gap.json().list().first)
                #expect(try firing.text("nominal") == "2026-03-29T01:00:00Z")
                #expect(try firing.text("local_time") == "2026-03-29 02:00:00")
                #expect(try firing.text("starts_before") == "2026-03-29T02:00:00Z")
                #expect(try firing.text("clock_change") == "for 01:30, which the clocks skip")
                #expect(try firing.number("day_hours") == 23 && firing.number("assets") == 2)
                #expect(try firing.text("key") == "schedule/night/2026-03-29T01:00:00Z")
            }
        }

        @Test func `is listed`() async throws {
            try await Lake.shop { lake in
                let none = try await lake.succeeds("schedule", "list")
                #expect(none.output.contains("Nothing starts by itself"))
                try Self.write(Self.schedules, in: lake)
                let answer = try await lake.succeeds("schedule", "list", "--json").json()
                let schedules = try answer.list("schedules")
                #expect(try schedules.map { try $0.text("schedule") } == ["chores", "half", "night"])
                #expect(try schedules[1].get("is_paused").bool == true && !schedules[1].has("next_firing"))
                #expect(!schedules[0].has("assets"))
                #expect(try schedules[0].text("runs") == "housekeeping, reconcile")
                #expect(try answer.list("sensors").count == 1)
                let text = try await lake.succeeds("schedule")
                #expect(text.output.contains("paused") && text.output.contains("any of silver.customer"))
            }
        }

        @Test func `that selects nothing is a mistake with its place`() async throws {
            try await Lake.shop { lake in
                try Self.write(
                    "schedules:\n  a: { run: silver.custmer, cron: '@daily' }\n  b: { run: gold.*, exclude: layer:gold, cron: '@daily' }\n",
                    in: lake)
                let ended = try await lake.tarn("validate")
                #expect(ended.code == 2)
                #expect(ended.errors.contains("--> schedules/all.yaml:2:13"), "\(ended.all)")
                #expect(ended.errors.contains("Did you mean 'silver.customer'?"), "\(ended.all)")
                try lake.edit("schedules/all.yaml", "silver.custmer", "silver.customer")
                let empty = try await lake.tarn("validate")
                #expect(empty.code == 2)
                #expect(empty.errors.contains("--> schedules/all.yaml:3:3"), "\(empty.all)")
                #expect(empty.errors.contains("[project.empty-selection]"))
            }
        }
    }
}
