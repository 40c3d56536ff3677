import LakeModel
import Metadata
import Orchestrator
import Testing

@testable import Gateway

@Suite struct `The runs of the API` {
    @Test func `are launched, worked on by any worker, and shown with steps, attempts and events`()
        async throws
    {
        try await withGateway { served in
            let launched = try await served.ask(
                "POST", "/api/v1/runs",
                json: #"{"selection": ["+gold.names"], "tags": ["a"], "priority": 7, "force": true}"#)
            #expect(launched.status == 201)
            let json = try launched.json
            let run = try #require(json.at("run"))
            #expect(launched.headers["location"] == "/api/v1/runs/\(run)")
            #expect(json.at("state") == "queued" && json.at("trigger") == "api" && json.at("priority") == "7")
            #expect(json.at("is_forced") == "true" && json.at("steps.waiting") == "3")
            try await served.work()
            let details = try await served.ask("GET", "/api/v1/runs/\(run)").json
            #expect(details.at("run.state") == "succeeded")
            #expect(
                details.list("steps").map { $0.at("asset") } == [
                    "bronze_app.customer", "silver.dim_customer", "gold.names",
                ])
            #expect(details.at("steps.2.rows") == "1" && details.at("steps.2.attempts.0.number") == "1")
            let events = try await served.ask("GET", "/api/v1/runs/\(run)/events?limit=2").json
            #expect(events.list("events").map { $0.at("number") } == ["1", "2"])
            #expect(events.at("last_number") == "2" && events.at("state") == "succeeded")
            let more = try await served.ask("GET", "/api/v1/runs/\(run)/events?after=2").json.list("events")
            #expect(more.first?.at("number") == "3" && more.last?.at("kind") == "run_finished")
            let logs = try await served.ask("GET", "/api/v1/runs/\(run)/logs?asset=gold.names").text
            #expect(logs.contains("step_succeeded  gold.names") && !logs.contains("dim_customer:"))
        }
    }

    @Test func `with an idempotency key are launched once, whoever asks how often at once`() async throws {
        try await withGateway { served in
            let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await served.ask(
                            "POST", "/api/v1/runs", json: #"{"selection": "*"}"#,
                            headers: ["Idempotency-Key": "k1"])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == [200, 200, 200, 200, 200, 201])
            #expect(Set(try answers.map { try $0.json.at("run") }).count == 1)
            // A key of a client's can never be the key of a firing.
            try await served.launch(key: "schedule/night/2026-11-24T01:30:00Z")
            let firing = NewRun(
                id: try #require(RunID("r1")), selection: "*", trigger: .schedule,
                createdAt: Timestamp(microseconds: 1), idempotencyKey: "schedule/night/2026-11-24T01:30:00Z")
            #expect(try await served.lake.metadata.createRun(firing).text == "r1")
            let long = try await served.ask(
                "POST", "/api/v1/runs", json: #"{"selection": "*"}"#,
                headers: ["Idempotency-Key": String(repeating: "k", count: 201)])
            #expect(long.status == 400)
        }
    }

    @Test func `are listed in pages that lose and repeat none, also where many began at one instant`()
        async throws
    {
        try await withGateway { served in
            for number in 0..<25 {
                let at = Timestamp(microseconds: 1_000_000 * Int64(number / 10))
                let id = try #require(RunID("r\(number < 10 ? "0" : "")\(number)"))
                _ = try await served.lake.metadata.createRun(
                    NewRun(
                        id: id, selection: "*", trigger: .manual, createdAt: at,
                        tags: number % 2 == 0 ? ["even"] : []))
            }
            var (seen, cursor): ([String], String?) = ([], nil)
            repeat {
                let more = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await served.ask("GET", "/api/v1/runs?limit=4\(more)").json
                seen += page.list("runs").compactMap { $0.at("run") }
                cursor = page.at("next_cursor")
            } while cursor != nil
            #expect(seen.count == 25 && Set(seen).count == 25)
            #expect(seen.first == "r24" && seen.last == "r00")
            let even = try await served.ask(
                "GET", "/api/v1/runs?tag=even&state=succeeded,failed&since=1970-01-01T00:00:02Z"
            ).json
            #expect(even.list("runs").compactMap { $0.at("run") } == ["r24", "r22", "r20"])
            #expect(try await served.ask("GET", "/api/v1/runs?trigger=api").json.list("runs").isEmpty)
            let launched = try await served.launch(#"{"selection": "silver.dim_customer"}"#)
            let ofAsset = try await served.ask("GET", "/api/v1/runs?asset=silver.dim_customer").json
            #expect(ofAsset.list("runs").compactMap { $0.at("run") } == [launched])
        }
    }

    @Test func `are cancelled, and what they left is built by a rerun`() async throws {
        try await withGateway { served in
            let run = try await served.launch()
            let cancelled = try await served.ask("POST", "/api/v1/runs/\(run)/cancel").json
            #expect(cancelled.at("is_cancelled") == "true" && cancelled.at("state") == "cancelled")
            let again = try await served.ask("POST", "/api/v1/runs/\(run)/cancel").json
            #expect(again.at("is_cancelled") == "false")
            let rerun = try await served.ask("POST", "/api/v1/runs/\(run)/rerun")
            #expect(rerun.status == 201)
            #expect(try rerun.json.at("steps.waiting") == "3")
            let fresh = try #require(try rerun.json.at("run"))
            let early = try await served.ask("POST", "/api/v1/runs/\(fresh)/rerun")
            #expect(early.status == 409)
            try await served.work()
            let refused = try await served.ask("POST", "/api/v1/runs/\(fresh)/rerun")
            #expect(refused.status == 409)
            #expect(try refused.json.at("code") == "gateway.nothing-to-rerun")
        }
    }

    @Test func `that cannot be are refused with code, problem, remedy and the names of the members`()
        async throws
    {
        try await withGateway { served in
            func refusal(_ body: String) async throws -> (Int, JSON) {
                let answer = try await served.ask("POST", "/api/v1/runs", json: body)
                #expect(answer.headers["content-type"] == "application/problem+json")
                return (answer.status, try answer.json)
            }
            let (status, unknown) = try await refusal(
                #"{"selection": "*", "ful_refresh": true, "priority": 101, "tags": [1]}"#)
            #expect(status == 422 && unknown.at("code") == "gateway.bad-member")
            #expect(
                unknown.list("fields").compactMap { $0.at("name") } == ["tags", "priority", "ful_refresh"])
            #expect(
                unknown.list("fields").last?.at("problem")
                    == "There is no such member. Did you mean 'full_refresh'?")
            let (_, none) = try await refusal("{}")
            #expect(none.at("fields.0.name") == "selection")
            let (wrong, mistake) = try await refusal(#"{"selection": "silver.dim_custome"}"#)
            #expect(wrong == 422 && mistake.at("code") == "selection.mistake")
            let (whole, unpartitioned) = try await refusal(#"{"selection": "*", "partition": "2026-11-22"}"#)
            #expect(whole == 422 && unpartitioned.at("code") == "partition.none")
            #expect(mistake.at("remedy")?.contains("silver.dim_customer") == true)
            for body in ["", "[]", "{", "\u{FEFF}nonsense", String(repeating: "[", count: 5_000)] {
                #expect(try await refusal(body).0 == 400, "\(body.prefix(10))")
            }
            let missing = try await served.ask("GET", "/api/v1/runs/20200101T000000Z-aaaaaa")
            #expect(missing.status == 404)
            #expect(try missing.json.at("code") == "metadata.unknown-run")
            #expect(try await served.lake.metadata.runs(RunFilter()).isEmpty)
        }
    }

    @Test func `are not begun while the service drains`() async throws {
        try await withGateway { served in
            served.host.change { $0.condition = HostCondition(.draining) }
            let refused = try await served.ask("POST", "/api/v1/runs", json: #"{"selection": "*"}"#)
            #expect(refused.status == 503 && refused.headers["retry-after"] != nil)
            #expect(try refused.json.at("code") == "gateway.draining")
            #expect(try await served.ask("GET", "/api/v1/runs").status == 200)
        }
    }
}
