import Foundation
import LakeModel
import Metadata
import Orchestrator
import Project
import Testing

@testable import Gateway

@Suite struct `Hostile requests` {
    @Test func `with bodies without end are refused before they are read`() async throws {
        try await withGateway { served in
            let told = try served.connect()
            try await told.send(
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
            let refused = try await told.answer()
            #expect(refused.status == 413 && refused.headers["connection"] == "close")
            let chunked = try served.connect()
            try await chunked.send(
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
            var sent = 0
            while sent < 400, (try? await chunked.send(chunk)) != nil { sent += 1 }
            #expect(sent < 400)
            let answer = await chunked.rest()
            #expect(answer.contains("413") || answer.isEmpty)
            let broken = try served.connect()
            try await broken.send(
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")
            let said = await broken.rest()
            #expect(said.isEmpty || said.hasPrefix("HTTP/1.1 400"), "\(said)")
            // Who may not ask does not get his body read either.
            let stranger = try served.connect()
            try await stranger.send(
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
            #expect(try await stranger.answer().status == 401)
            #expect(try await served.ask("GET", "/health/ready").status == 200)
        }
    }

    @Test func `that trickle are cut off, whether head, body or answer is slow`() async throws {
        try await withGateway(options: {
            $0.idleTimeout = .milliseconds(700)
            $0.transferTimeout = .milliseconds(700)
        }) { served in
            let head = try served.connect()
            try await head.send("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            #expect(await head.rest() == "")
            let body = try served.connect()
            try await body.send(
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
            #expect(await body.rest() == "")
            let idle = try served.connect()
            try await idle.send(Served.request("GET", "/health/live"))
            #expect(try await idle.answer().status == 200)
            #expect(await idle.rest() == "")
        }
    }

    private static let lines = [
        "GET / HTTP/1.1", "GET /api/v1/../../etc/passwd HTTP/1.1", "GET /api/v1/runs/..%2f..%2fetc HTTP/1.1",
        "GET /api/v1/runs/%00 HTTP/1.1", "GET /api/v1/runs/%ff%fe HTTP/1.1", "GET /api/v1/runs/%zz HTTP/1.1",
        "GET //health/live HTTP/1.1", "GET /api/v1/runs/ HTTP/1.1", "GET /api/v1/runs?limit=%ff HTTP/1.1",
        "GET /api/v1/runs?limit=1&limit=2 HTTP/1.1", "GET /api/v1/runs?limit=0 HTTP/1.1",
        "GET /api/v1/runs?limit=99999999999999999999 HTTP/1.1", "GET /api/v1/runs?state=done HTTP/1.1",
        "GET /api/v1/runs?cursor=x HTTP/1.1", "GET /api/v1/runs?since=yesterday HTTP/1.1",
        "GET /api/v1/runs?unknown=1 HTTP/1.1", "GET /api/v1/assets/silver.x%0aHTTP HTTP/1.1",
        "GET /api/v1/runs/r/events/stream?after=-1 HTTP/1.1", "GET http://x:y:z/ HTTP/1.1",
        "OPTIONS * HTTP/1.1", "GET /api/v1/runs?cursor=9999999999999999999.r HTTP/1.1",
    ]

    @Test func `for what is not there, with tricks in their address, get a problem and nothing else`()
        async throws
    {
        try await withGateway { served in
            for line in Self.lines {
                let connection = try served.connect()
                try await connection.send(
                    "\(line)\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n\r\n")
                let answer = try await connection.answer()
                #expect((400...499).contains(answer.status), "\(line): \(answer.status)")
                if answer.body.isEmpty { continue }
                let problem = try answer.json
                #expect(
                    problem.at("code") != nil && problem.at("remedy") != nil && problem.at("detail") != nil,
                    "\(line)")
                #expect(!answer.text.contains("\n") && !answer.text.contains("/tmp/"))
            }
        }
    }

    @Test func `that are no HTTP, or have too many or too long headers, end the connection only`()
        async throws
    {
        try await withGateway { served in
            for text in [
                "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}\r\n\r\n", "SSH-2.0-x\r\n\r\n",
                "GET\r\n\r\n",
                "GET /health/live HTTP/9.9\r\n\r\n",
                "GET /health/live HTTP/1.1\r\n" + String(repeating: "X-A: b\r\n", count: 5_000) + "\r\n",
                "GET /health/live HTTP/1.1\r\nX-A: " + String(repeating: "b", count: 100_000) + "\r\n\r\n",
                "GET /" + String(repeating: "a", count: 200_000) + " HTTP/1.1\r\n\r\n",
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            ] {
                let connection = try served.connect()
                // It may be cut off while it still sends.
                try? await connection.send(text)
                let answer = await connection.rest()
                #expect(
                    answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"),
                    "\(text.prefix(20)): \(answer.prefix(40))")
            }
            #expect(try await served.ask("GET", "/health/live").status == 200)
        }
    }

    @Test func `of the wrong method, type or address are told so`() async throws {
        try await withGateway { served in
            let method = try await served.ask("DELETE", "/api/v1/runs")
            #expect(method.status == 405 && method.headers["allow"] == "GET, HEAD, POST")
            #expect(try await served.ask("PUT", "/health/live").status == 405)
            #expect(try await served.ask("GET", "/api/v1/nothing").status == 404)
            let type = try await served.ask(
                "POST", "/api/v1/runs", headers: ["Content-Type": "text/plain", "Content-Length": "0"])
            #expect(type.status == 400)
            let connection = try served.connect()
            try await connection.send(
                "POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n"
                    + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")
            #expect(try await connection.answer().status == 415)
            let head = try await served.ask("HEAD", "/health/live")
            #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] != nil)
            let utf8 = try served.connect()
            try await utf8.send(
                Array(
                    ("POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Served.operate)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 4\r\n\r\n").utf8) + [
                        0x7B, 0xFF, 0xFE, 0x7D,
                    ])
            let refused = try await utf8.answer()
            #expect(refused.status == 400)
            #expect(try refused.json.at("detail")?.contains("not UTF-8") == true)
        }
    }

    @Test func `over one connection are answered one after the other`() async throws {
        try await withGateway { served in
            let connection = try served.connect()
            let three =
                Served.request("GET", "/health/live") + Served.request("GET", "/api/v1/nothing")
                + Served.request("POST", "/api/v1/runs", json: #"{"selection": "*"}"#)
            try await connection.send(three)
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await connection.answer().status) }
            #expect(statuses == [200, 404, 201])
        }
    }

    @Test func `of a thousand idle connections leave room when they have been idle long enough`() async throws
    {
        try await withGateway(options: {
            $0.connectionsMax = 200
            $0.idleTimeout = .milliseconds(500)
        }) { served in
            let idle = try (0..<450).map { _ in try served.connect() }
            // It waits until others have been closed, and is answered then.
            let answer = try await served.ask("GET", "/health/live")
            #expect(answer.status == 200)
            withExtendedLifetime(idle) {}
        }
    }
}
