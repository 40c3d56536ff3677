import LakeModel
import Orchestrator
import SQLite
import TarnTesting
import Testing

@testable import Gateway

extension Served {
    /// Gives the lake a table of five days.
    func divide() async throws {
        try SQLiteConnection(path: "\(small.folder.path)/app.db", access: .create).execute(
            """
            CREATE TABLE visit (id INTEGER PRIMARY KEY, day DATE);
            INSERT INTO visit VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, '2024-01-02')
            """)
        try small.write(
            """
            connection: files
            tables:
              customer:
              visit:
                partitions: { by: daily, column: day, start: 2024-01-01, end: 2024-01-06 }
            """, to: "sources/app.yaml")
        let reloaded = try await ask("POST", "/api/v1/reload")
        #expect(reloaded.status == 200, "\(reloaded.text)")
        #expect(try reloaded.json.at("assets") == "4")
    }

    /// Creates a backfill of these days, and tells its id.
    func backfill(_ name: String, _ more: String = "") async throws -> String {
        let answer = try await ask(
            "POST", "/api/v1/backfills",
            json: #"{"selection": "bronze_app.visit", "partition": "all", "name": "\#(name)"\#(more)}"#)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json.at("backfill"))
    }
}

@Suite struct `Backfills in the API` {
    @Test func `are created, listed, paused, resumed and ended`() async throws {
        try await withGateway { served in
            try await served.divide()
            let id = try await served.backfill("visits", #", "chunk": 2, "order": "oldest", "hours": "20:00-06:00""#)
            let shown = try await served.ask("GET", "/api/v1/backfills/\(id)").json
            #expect(shown.at("backfill.partitions") == "5" && shown.at("backfill.chunk") == "2")
            #expect(shown.at("backfill.order") == "oldest" && shown.at("backfill.hours") == "20:00-06:00", "\(shown)")
            #expect(shown.at("partitions") == "2024-01-01..2024-01-05")
            for (verb, state) in [("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")] {
                let changed = try await served.ask("POST", "/api/v1/backfills/visits/\(verb)")
                #expect(changed.status == 200, "\(changed.text)")
                #expect(try changed.json.at("state") == state)
            }
            _ = try await served.backfill("visits")
            let open = try await served.ask("GET", "/api/v1/backfills?open=true").json
            #expect(open.list("backfills").count == 1)
            #expect(try await served.ask("GET", "/api/v1/backfills").json.list("backfills").count == 2)
        }
    }

    @Test func `are refused with what is wrong`() async throws {
        try await withGateway { served in
            try await served.divide()
            _ = try await served.backfill("visits")
            let all = #""selection": "bronze_app.visit", "partition": "all""#
            for (body, status, code) in [
                (#"{"selection": "nights"}"#, 422, "backfill.unknown-name"),
                (#"{\#(all), "name": "visits"}"#, 409, "backfill.exists"),
                (#"{\#(all), "chunk": 0}"#, 422, "gateway.bad-member"),
                (#"{\#(all), "hours": "soon"}"#, 422, "gateway.bad-member"),
                (#"{\#(all), "chunks": 1}"#, 422, "gateway.bad-member"),
                (#"{"selection": "bronze_app.visit", "partition": "yesterday"}"#, 422, "partition.selection"),
                (#"{"selection": "bronze_app.customer", "partition": "all"}"#, 422, "partition.none"),
            ] {
                let answer = try await served.ask("POST", "/api/v1/backfills", json: body)
                #expect(answer.status == status, "\(body): \(answer.text)")
                #expect(try answer.json.at("code") == code, "\(body)")
            }
            #expect(try await served.ask("GET", "/api/v1/backfills/nothing").status == 404)
            #expect(try await served.ask("POST", "/api/v1/backfills/visits/pause", token: "a-read-token-of-1").status == 401)
        }
    }
}
