import Foundation
import HTTPTypes
import LakeModel
import Project
import TarnTesting
import Testing

@testable import Gateway

@Suite struct `Access to the API` {
    private static let place = Place(file: "lake.yaml", line: 3)
    private static let loopback = ListenAddress(host: "127.0.0.1", port: 0)

    private static func token(_ name: String, _ text: String?, _ role: AccessRole = .read)
        -> ServeDefinition.Token
    {
        .init(name: name, token: text.map { Secret($0) }, role: role, place: place)
    }

    @Test func `needs a token that is known, and its role must be enough`() async throws {
        try await withGateway { served in
            for token in [
                nil, "", "wrong", Served.operate + "x", String(Served.operate.dropLast()),
                Served.read.uppercased(),
            ] {
                let refused = try await served.ask("GET", "/api/v1/runs", token: token)
                #expect(
                    refused.status == 401 && refused.headers["www-authenticate"] == "Bearer realm=\"tarn\"")
                #expect(!refused.text.contains(token ?? "no token") || (token ?? "").isEmpty)
            }
            let basic = try await served.ask(
                "GET", "/api/v1/runs", token: nil, headers: ["Authorization": "Basic \(Served.operate)"])
            #expect(basic.status == 401)
            let spelled = try await served.ask(
                "GET", "/api/v1/runs", token: nil, headers: ["authorization": "bEaReR  \(Served.read)"])
            #expect(spelled.status == 200)
            let forbidden = try await served.ask(
                "POST", "/api/v1/runs", token: Served.read, json: #"{"selection": "*"}"#)
            #expect(forbidden.status == 403)
            #expect(try forbidden.json.at("detail") == "The token 'eyes' may read, not operate.")
            #expect(try await served.ask("GET", "/metrics", token: nil).status == 401)
            #expect(try await served.ask("GET", "/health/ready", token: nil).status == 200)
            #expect(try await served.ask("GET", "/api/v1/openapi.json", token: nil).status == 200)
        }
    }

    @Test func `holds for every route that is not about health or the document`() async throws {
        try await withGateway { served in
            for route in RouteTable.all.routes {
                let path = route.path.replacing("{run}", with: "r").replacing("{asset}", with: "gold.names")
                    .replacing("{schedule}", with: "night").replacing("{sensor}", with: "dims")
                let bare = try await served.ask(route.method.rawValue, path, token: nil)
                #expect((bare.status == 401) == (route.role != nil), "\(path)")
                guard route.role == .operate else { continue }
                let weak = try await served.ask(route.method.rawValue, path, token: Served.read)
                #expect(weak.status == 403, "\(path)")
            }
            #expect(
                RouteTable.all.routes.filter { $0.role == nil }.map(\.path).sorted() == [
                    "/api/v1/openapi.json", "/health/live", "/health/ready",
                ])
            #expect(RouteTable.all.routes.allSatisfy { $0.method == .get || $0.role == .operate })
        }
    }

    @Test func `without tokens is for this machine, if that was said`() async throws {
        try await withGateway(ServeDefinition(listen: Self.loopback)) { served in
            let refused = try await served.ask("GET", "/api/v1/runs", token: nil)
            #expect(refused.status == 401)
            #expect(try refused.json.at("remedy")?.contains("serve") == true)
        }
        try await withGateway(ServeDefinition(listen: Self.loopback, anonymous: .operate)) { served in
            #expect(try await served.ask("GET", "/api/v1/runs", token: nil).status == 200)
            let launched = try await served.ask(
                "POST", "/api/v1/runs", token: nil, json: #"{"selection": "*"}"#)
            #expect(launched.status == 201)
            #expect(try await served.ask("GET", "/api/v1/runs", token: "some-other-0123456789").status == 401)
            let page = "Origin: https://evil.example"
            for line in [page, "Host: evil.example", "Host: evil.example:80"] {
                let connection = try served.connect()
                let host = line.hasPrefix("Host") ? line : "Host: 127.0.0.1\r\n\(line)"
                try await connection.send("POST /api/v1/runs/r/cancel HTTP/1.1\r\n\(host)\r\n\r\n")
                let answer = try await connection.answer()
                #expect(answer.status == 403, "\(line)")
                #expect(try answer.json.at("code") == "gateway.foreign-page")
            }
            let own = try await served.ask(
                "GET", "/api/v1/runs", token: nil, headers: ["Origin": "http://127.0.0.1"])
            #expect(own.status == 200)
        }
        try await withGateway(ServeDefinition(listen: Self.loopback, anonymous: .read)) { served in
            let refused = try await served.ask("POST", "/api/v1/runs", token: nil, json: "{}")
            #expect(refused.status == 403)
        }
    }

    @Test func `is never open to others without tokens`() throws {
        for host in ["0.0.0.0", "::", "10.0.0.1", "lake.example", "127.0.0.1.example"] {
            let address = ListenAddress(host: host, port: 80)
            #expect(throws: OpenToAll.self, "\(host)") { try Access(ServeDefinition(listen: address)) }
            #expect(throws: OpenToAll.self, "\(host)") {
                try Access(
                    ServeDefinition(
                        listen: address, tokens: [Self.token("a", "0123456789abcdef")], anonymous: .read))
            }
            _ = try Access(ServeDefinition(listen: address, tokens: [Self.token("a", "0123456789abcdef")]))
        }
    }

    @Test func `tells everything that is wrong with its tokens, and never what they are`() throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/tokens"
        try Data(
            "# who\nread grafana file-token-0123456789\n\noperate only-two\nwrite x y\nread short abc\n".utf8
        )
        .write(to: URL(filePath: file))
        let serve = ServeDefinition(
            tokens: [
                Self.token("unset", nil), Self.token("empty", ""), Self.token("tiny", "short-secret"),
                Self.token("a", "same-0123456789abc"), Self.token("b", "same-0123456789abc"),
            ], tokensFile: file)
        let mistakes = try #require(throws: Diagnostics.self) { try Access(serve) }
        #expect(
            Set(mistakes.all.map(\.code)) == [
                "gateway.token-unset", "gateway.short-token", "gateway.token-twice", "gateway.bad-token-line",
            ])
        #expect(mistakes.all.count == 6)
        for secret in ["short-secret", "same-0123456789abc", "abc", "only-two"] where secret != "abc" {
            #expect(!"\(mistakes)".contains(secret))
        }
        #expect(throws: Diagnostics.self) { try Access(ServeDefinition(tokensFile: "\(folder.path)/none")) }
        try Data("read grafana file-token-0123456789\r\noperate me other-token-0123456789\n".utf8)
            .write(to: URL(filePath: file))
        let access = try Access(ServeDefinition(tokensFile: file))
        let caller = try access.caller(
            [.authorization: "Bearer other-token-0123456789"], authority: nil, needs: .operate)
        #expect(caller == .init(name: "me", role: .operate))
        #expect(!"\(access)".contains("token-0123456789"))
    }
}
