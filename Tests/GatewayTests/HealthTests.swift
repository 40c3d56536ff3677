import LakeModel
import Metadata
import Orchestrator
import Project
import Testing

@testable import Gateway

@Suite struct `Health and figures` {
    private struct Mistake: Diagnostic {
        var code: String { "project.syntax" }
        var problem: String { "broken" }
        var remedy: String { "mend it" }
        var place: Place? { Place(file: "lake.yaml", line: 7) }
    }

    @Test func `tell whether the service can be sent work, and why not`() async throws {
        try await withGateway { served in
            #expect(try await served.ask("GET", "/health/live", token: nil).json.at("status") == "live")
            #expect(try await served.ask("GET", "/health/ready", token: nil).json.at("status") == "ready")
            served.host.change { $0.condition = HostCondition(.starting("The lake is being opened.")) }
            let starting = try await served.ask("GET", "/health/ready", token: nil)
            #expect(starting.status == 503)
            #expect(try starting.json.at("reason") == "The lake is being opened.")
            served.host.change { $0.condition = HostCondition(.draining) }
            #expect(try await served.ask("GET", "/health/ready", token: nil).json.at("status") == "draining")
            served.host.change { $0.condition = HostCondition(.serving, projectMistakes: [Mistake()]) }
            let broken = try await served.ask("GET", "/health/ready", token: nil)
            #expect(broken.status == 200)
            #expect(try broken.json.at("project_mistakes.0.place") == "lake.yaml:7:1")
            #expect(try await served.ask("GET", "/health/live", token: nil).status == 200)
        }
    }

    @Test func `say that the metadata cannot be asked`() async throws {
        try await withGateway { served in
            let store = try #require(served.lake.metadata as? SQLiteMetadataStore)
            try store.close()
            let answer = try await served.ask("GET", "/health/ready", token: nil)
            #expect(answer.status == 503)
            #expect(try answer.json.at("status") == "unavailable")
            #expect(try await served.ask("GET", "/health/live", token: nil).status == 200)
            let page = try await served.ask("GET", "/metrics").text
            #expect(page.contains("\ntarn_metadata_up 0\n") && page.contains("process_resident_memory_bytes"))
            #expect(try await served.ask("GET", "/api/v1/runs").status >= 500)
        }
    }

    @Test func `are 503 while no lake is open`() async throws {
        try await withGateway { served in
            served.host.change { $0.lake = nil }
            #expect(try await served.ask("GET", "/health/ready", token: nil).status == 503)
            let refused = try await served.ask("GET", "/api/v1/runs")
            #expect(refused.status == 503)
            #expect(try refused.json.at("code") == "gateway.not-ready")
            #expect(try await served.ask("GET", "/metrics").status == 200)
        }
    }

    @Test func `are in the text format of Prometheus`() async throws {
        try await withGateway { served in
            try await served.launch(#"{"selection": "bronze_app.customer"}"#)
            try await served.work()
            try await served.launch()
            let pause = try await served.ask("POST", "/api/v1/schedules/night/pause")
            #expect(pause.status == 200)
            let answer = try await served.ask("GET", "/metrics", token: Served.read)
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n").map(String.init)
            for line in [
                "tarn_build_info{version=\"9.9.9\",host=\"test-host\"} 1", "tarn_ready 1",
                "tarn_runs_open{state=\"queued\"} 1", "tarn_runs_open{state=\"running\"} 0",
                "tarn_runs_ended_last_day{state=\"succeeded\"} 1", "tarn_steps{state=\"ready\"} 1",
                "tarn_steps{state=\"blocked\"} 2", "tarn_steps{state=\"running\"} 0", "tarn_queue_depth 3",
                "tarn_assets 3", "tarn_schedule_paused{schedule=\"night\"} 1",
                "tarn_claims_total 42",
                "tarn_asset_age_max_seconds{asset=\"bronze_app.customer\"} 93600", "tarn_metadata_up 1",
            ] { #expect(lines.contains(line), "\(line)") }
            #expect(lines.contains { $0.hasPrefix("tarn_asset_age_seconds{asset=\"bronze_app.customer\"} ") })
            #expect(!lines.contains { $0.hasPrefix("tarn_asset_age_seconds{asset=\"gold") })
            // Every line is a sample, or a comment before its family; no family is there twice.
            let sample = /^[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? -?[0-9.e+-]+$/
            for line in lines where !line.hasPrefix("#") {
                #expect(line.firstMatch(of: sample) != nil, "\(line)")
            }
            let families = lines.filter { $0.hasPrefix("# TYPE ") }
            #expect(Set(families).count == families.count && families.count > 20)
        }
    }

    @Test func `escape what names hold, and write whole numbers as such`() {
        var page = Exposition()
        page.add("a", .gauge, "Help.", [([("n", "x\"y\\z\nw")], 1.5), ([], 2)])
        page.add("none", .counter, "Nothing.", [])
        #expect(page.text == "# HELP a Help.\n# TYPE a gauge\na{n=\"x\\\"y\\\\z\\nw\"} 1.5\na 2\n")
    }
}
