import LakeModel
import Project
import Testing

@Suite struct `The key serve` {
    private func files(_ serve: String, variables: [String: String] = [:]) -> LakeFiles {
        var files = LakeFiles(variables: variables)
        files.files["lake.yaml"]? += "\n\(serve)\n"
        return files
    }

    @Test func `may be left out: only this machine reaches it, and nobody may anything`() throws {
        let serve = try #require(try LakeFiles().load().definition?.serve)
        #expect(serve == ServeDefinition())
        #expect(
            serve.listen.description == "127.0.0.1:8080" && serve.listen.isLoopback && serve.anonymous == nil)
    }

    @Test func `says where it listens and who may ask`() throws {
        let loaded = try files(
            """
            serve:
              listen: "[::]:9000"
              tokens:
                - { name: ci, token: "${CI}", role: operate }
                - { name: grafana, token: "${GRAFANA}" }
                - { name: later, token: "${UNSET}" }
              tokens_file: secrets/tokens
            """, variables: ["CI": "ci-secret", "GRAFANA": "grafana-secret"]
        ).load()
        #expect(loaded.mistakes.map(\.description) == [])
        let serve = try #require(loaded.definition?.serve)
        #expect(serve.listen == ListenAddress(host: "::", port: 9_000) && !serve.listen.isLoopback)
        #expect(serve.tokens.map(\.name) == ["ci", "grafana", "later"])
        #expect(serve.tokens.map(\.role) == [.operate, .read, .read])
        // Who only runs something by hand need not have the tokens.
        #expect(serve.tokens.map { $0.token?.reveal() } == ["ci-secret", "grafana-secret", nil])
        #expect(serve.tokensFile?.hasSuffix("/secrets/tokens") == true)
        #expect(!"\(serve)".contains("ci-secret"))
    }

    static let wrong: [(text: String, problem: String, code: String)] = [
        (
            "serve: { listen: 8080 }",
            "expected an address and port such as 127.0.0.1:8080, found the number 8080.", "wrong-type"
        ),
        (
            "serve: { listen: \"::1:80\" }",
            "expected an address and port such as 127.0.0.1:8080, found '::1:80'.", "wrong-type"
        ),
        (
            "serve: { listen: localhost:99999 }",
            "expected an address and port such as 127.0.0.1:8080, found 'localhost:99999'.", "wrong-type"
        ),
        (
            "serve: { listen: 0.0.0.0:80 }",
            "others than this machine reach 0.0.0.0:80, and there are no tokens.", "conflict"
        ),
        (
            "serve: { listen: 10.1.2.3:80, tokens_file: t, anonymous: read }",
            "'anonymous' opens 10.1.2.3:80 to everybody who can reach this machine.", "conflict"
        ),
        ("serve: { anonymous: all }", "expected one of read, operate, found 'all'.", "bad-value"),
        (
            "serve: { tokens: [{ name: a, token: abc-secret }] }",
            "a token stands in the file, or nothing does.", "secret-in-file"
        ),
        ("serve: { tokens: [{ name: a }] }", "a token needs the key 'token'.", "missing-key"),
        (
            "serve: { tokens: [{ name: a, token: \"${X}\" }, { name: a, token: \"${Y}\" }] }",
            "the token 'a' is there twice: first at", "duplicate"
        ),
        ("serve: { token: x }", "unknown key 'token': did you mean 'tokens'?", "unknown-key"),
        ("serve: 8080", "expected the keys of serve, found the number 8080.", "wrong-type"),
    ]

    /// The same for the JSON Schema.
    static var ofServe: [WrongFile] {
        wrong.map { .lake($0.text, "\($0.problem) [project.\($0.code)]") }
    }

    @Test(arguments: wrong)
    func `is refused with its place if it is wrong`(text: String, problem: String, code: String) throws {
        let found = try files(text).mistakes()
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.contains(problem) == true, "\(found)")
        #expect(found.first?.hasSuffix("[project.\(code)]") == true, "\(found)")
        #expect(!"\(found)".contains("abc-secret"))
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("[::1]:1", true), ("localhost:1", true),
        ("0.0.0.0:1", false), ("127.0.0.1.nip.io:1", false), ("[::]:1", false), ("lake:1", false),
        ("127.0.0.256:1", false),
    ])
    func `knows whether others reach an address`(text: String, isLoopback: Bool) throws {
        #expect(try #require(ListenAddress(text)).isLoopback == isLoopback)
        #expect(ListenAddress(text)?.description == text)
    }

    @Test(arguments: ["", ":", "a:", ":1", "a:-1", "a:1x", "a b:1", "[a]:1", "a:65536", "a/b:1", "[::1:1"])
    func `takes nothing else for an address`(text: String) { #expect(ListenAddress(text) == nil) }
}
