import LakeModel
import Orchestrator
import SQLite
import TarnTesting
import Testing

@testable import Gateway

@Suite struct `Partitions in the API` {
    @Test func `are launched by name, shown in ranges, and built again by a rerun`() async throws {
        try await withGateway { served in
            try await served.divide()
            let before = try await served.ask("GET", "/api/v1/assets/bronze_app.visit/partitions").json
            #expect(before.at("parts.0.partitions") == "2024-01-01..2024-01-05")
            #expect(before.at("counts.missing") == "5")
            let body = #"{"selection": "bronze_app.visit", "partition": "2024-01-01..2024-01-03"}"#
            let launched = try await served.ask("POST", "/api/v1/runs", json: body)
            #expect(launched.status == 201, "\(launched.text)")
            let run = try #require(try launched.json.at("run"))
            _ = try await served.ask("POST", "/api/v1/runs/\(run)/cancel")
            let rerun = try await served.ask("POST", "/api/v1/runs/\(run)/rerun")
            #expect(rerun.status == 201, "\(rerun.text)")
            try await served.work()
            let after = try await served.ask("GET", "/api/v1/assets/bronze_app.visit/partitions").json
            #expect(
                after.list("parts").compactMap { $0.at("partitions") } == [
                    "2024-01-01..2024-01-03", "2024-01-04..2024-01-05",
                ])
            #expect(after.list("parts").compactMap { $0.at("status") } == ["built", "missing"])
            let again = try #require(try rerun.json.at("run"))
            let steps = try await served.ask("GET", "/api/v1/runs/\(again)").json.list("steps")
            #expect(steps.compactMap { $0.at("partitions") } == ["2024-01-01..2024-01-03"])
            let refused = try await served.ask(
                "POST", "/api/v1/runs", json: #"{"selection": "bronze_app.visit", "partition": "yesterday"}"#)
            #expect(refused.status == 422)
            #expect(try refused.json.at("code")?.hasPrefix("partition.") == true)
        }
    }

    @Test func `of a project with mistakes are those of the one before, and the mistakes are told`()
        async throws
    {
        try await withGateway { served in
            try served.small.write("connection: file\ntables:\n  customer:\n", to: "sources/app.yaml")
            let refused = try await served.ask("POST", "/api/v1/reload")
            #expect(refused.status == 409)
            let problem = try refused.json
            #expect(problem.at("code") == "project.unknown-connection")
            #expect(problem.at("mistakes.0.place") == "sources/app.yaml:1:13")
            let ready = try await served.ask("GET", "/health/ready")
            #expect(ready.status == 200)
            #expect(try ready.json.at("project_mistakes.0.code") == "project.unknown-connection")
            #expect(try await served.ask("GET", "/api/v1/assets").json.list("assets").count == 3)
        }
    }
}
