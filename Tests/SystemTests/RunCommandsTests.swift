import Foundation
import Testing

extension SystemTests {
    @Suite struct `The history of runs` {
        @Test func `is listed by condition, told in order, and what failed is built again`() async throws {
            try await Lake.shop { lake in
                try lake.edit(
                    "models/silver/customer.sql", "c.name,",
                    "c.name, 1 / (c.id - c.id) AS x, error('no') AS y,")
                let failed = try await lake.tarn("run", "--tag", "night")
                #expect(failed.code == 1)
                let runs = try await lake.succeeds("runs", "--state", "failed", "--tag", "night", "--json")
                    .json()
                    .list("runs")
                #expect(runs.count == 1)
                let run = try runs[0].text("run")
                #expect(try await lake.succeeds("runs", "--tag", "day", "--json").json().list("runs").isEmpty)
                #expect(try await lake.succeeds("runs", "--asset", "silver.customer").output.contains(run))
                let log = try await lake.succeeds("logs", run).output
                let words = [
                    "run created", "run started", "step started", "step failed", "step blocked",
                    "run finished",
                ]
                var rest = log[...]
                for word in words {
                    let found = try #require(rest.firstRange(of: word), "\(word) in \(log)")
                    rest = rest[found.upperBound...]
                }
                let lines = try await lake.succeeds("logs", "--asset", "silver.customer", "--json").output
                    .split(separator: "\n")
                #expect(
                    lines.allSatisfy { $0.hasPrefix("{") && $0.contains("\"asset\":\"silver.customer\"") })
                #expect(lines.contains { $0.contains("step_failed") })
                try lake.edit(
                    "models/silver/customer.sql", "c.name, 1 / (c.id - c.id) AS x, error('no') AS y,",
                    "c.name,")
                let again = try await lake.succeeds("run", "--rerun", run, "--json").json()
                #expect(
                    try again.list("steps").map { try $0.text("asset") } == [
                        "silver.customer", "gold.customers_by_country",
                    ])
                #expect(
                    try await lake.succeeds("run", "--rerun", again.text("run")).output.contains(
                        "nothing to build"))
                #expect(try await lake.tarn("runs", "--state", "asleep").code == 2)
                #expect(
                    try await lake.tarn("logs", "20200101T000000Z-000000").errors.contains(
                        "[metadata.unknown-run]"))
                #expect(try await lake.succeeds("cancel", run).output.contains("is over: failed"))
            }
        }

        @Test func `is followed while it grows, and a run is ended from elsewhere`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                try lake.write(
                    "/*---\ndescription: More pairs than anybody can wait for.\n---*/\n"
                        + "SELECT sum(a.range * b.range) AS total FROM range(10000000) AS a, range(10000000) AS b\n",
                    to: "models/silver/endless.sql")
                let run = try lake.start(["run", "endless"])
                var id = ""
                while id.isEmpty {
                    let running = try await lake.succeeds("runs", "--state", "running", "--json").json().list(
                        "runs")
                    id = try running.first?.text("run") ?? ""
                }
                let follower = try lake.start(["logs", id, "--follow"])
                try await awaiting("the step has started") { follower.outputSoFar.contains("step started") }
                #expect(
                    try await lake.succeeds("cancel", id).output.contains("being cancelled; 1 of its steps"))
                let ended = try await run.end()
                #expect(ended.code == 130, "\(ended.all)")
                let followed = try await follower.end()
                #expect(followed.code == 0)
                #expect(followed.output.contains("run cancel requested"))
                #expect(followed.output.contains("step cancelled"))
                #expect(
                    try await lake.succeeds("runs", "--json", "--limit", "1").json().list("runs")[0].text(
                        "state") == "cancelled")
            }
        }
    }
}
