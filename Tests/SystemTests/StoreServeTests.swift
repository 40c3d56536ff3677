import Foundation
import Glibc
import Testing

extension SystemTests {
    @Suite struct `A folder that is served as a store` {
        /// Serves `data` in the lake's folder, and lends its address.
        private static func serve(
            _ lake: Lake, _ more: [String] = []
        ) async throws -> (program: Program, endpoint: String, key: String) {
            try FileManager.default.createDirectory(
                atPath: lake.path("data"), withIntermediateDirectories: true)
            let program = try lake.start(
                ["store", "serve", "data", "--port", "0", "--account", "acct", "--log", "json"] + more)
            var endpoint = ""
            try await awaitingAnswer("it listens") {
                for line in program.errorsSoFar.split(separator: "\n") where line.contains("\"listening\"") {
                    endpoint = try JSON(Data(line.utf8)).text("endpoint")
                }
                return !endpoint.isEmpty
            }
            let key = try lake.text("data/.tarn-store/key").trimmingCharacters(in: .whitespacesAndNewlines)
            return (program, endpoint, key)
        }

        private static var clients: String {
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "StoreClients").path
        }

        /// Runs groups of cases of `clients.py` against a served folder.
        /// - Returns: the cases that succeeded, by group.
        private static func run(
            _ groups: [String], _ lake: Lake, _ endpoint: String, _ key: String, more: [String: String] = [:],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> [String: Set<String>] {
            let environment = ProcessInfo.processInfo.environment.merging(more) { $1 }
            let setup = try await Program(["\(clients)/setup"], in: lake.folder, environment: environment)
                .end()
            try #require(setup.code == 0, "\(setup.all)", sourceLocation: sourceLocation)
            let python = setup.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let ended = try await Program(
                [
                    python, "\(clients)/clients.py", "--endpoint", endpoint, "--account", "acct", "--key",
                    key,
                    "--folder", lake.path("data"),
                ] + groups, in: lake.folder, environment: environment
            ).end()
            #expect(ended.code == 0, "\(ended.errors.suffix(2_000))", sourceLocation: sourceLocation)
            var succeeded: [String: Set<String>] = [:]
            for line in ended.lines {
                let said = try JSON(Data(line.utf8))
                let (group, name) = (try said.text("group"), try said.text("case"))
                if try said.get("ok").bool == true {
                    succeeded[group, default: []].insert(name)
                } else {
                    Issue.record(
                        "\(group): \(name): \(try said.text("error"))", sourceLocation: sourceLocation)
                }
            }
            return succeeded
        }

        /// How many cases each group has: a client that does not start must not look like one that succeeds.
        private static let counts = [
            "datalake": 18, "blob": 9, "adlfs": 2, "pyarrow": 5, "duckdb": 2, "delta": 2, "rclone": 1,
        ]

        @Test(arguments: [["datalake"], ["blob", "adlfs"], ["pyarrow", "duckdb"], ["delta", "rclone"]])
        func `is written and read by clients that others wrote`(groups: [String]) async throws {
            try await Lake.inEmptyFolder { lake in
                let (serving, endpoint, key) = try await Self.serve(lake)
                let succeeded = try await Self.run(groups, lake, endpoint, key)
                for group in groups {
                    #expect(succeeded[group]?.count == Self.counts[group], "\(group): \(succeeded)")
                }
                serving.send(SIGTERM)
                let ended = try await serving.end()
                #expect(ended.code == 0, "\(ended.all)")
                #expect(!ended.errors.contains(key), "the key is in the log")
                // What is left besides the key is nothing: neither staged nor forgotten files.
                let left = try lake.files(below: "data").filter {
                    !["key", "lock", "leases"].contains($0.split(separator: "/").last.map(String.init))
                }
                #expect(left == [])
                // 300 MB and lists of 20,000 files went through it.
                #expect(ended.peakKilobytes < 200_000, "\(ended.peakKilobytes) kB")
            }
        }

        @Test(.enabled(if: SmallDisk.canMount, "mounting a tmpfs needs root"))
        func `refuses what its disk does not hold, and keeps the rest`() async throws {
            try await Lake.inEmptyFolder { lake in
                try FileManager.default.createDirectory(
                    atPath: lake.path("data"), withIntermediateDirectories: true)
                try await SmallDisk.with(at: lake.path("data")) { disk in
                    try await disk.resize(to: 20_000_000)
                    let (serving, endpoint, key) = try await Self.serve(lake)
                    #expect(try await Self.run(["full"], lake, endpoint, key)["full"]?.count == 1)
                    serving.send(SIGTERM)
                    #expect(try await serving.end().code == 0)
                }
            }
        }

        /// The files below `data/lake` that are not one byte 2,000,000 times, nor empty.
        private static func halves(_ lake: Lake) throws -> [String] {
            try lake.files(below: "data/lake").filter { file in
                let path = lake.path("data/lake/\(file)")
                // It may have been replaced or moved between its listing and its reading.
                guard let bytes = FileManager.default.contents(atPath: path), let first = bytes.first else {
                    return false
                }
                return bytes.count != 2_000_000 || bytes.contains { $0 != first }
            }
        }

        @Test func `shows no half file, however often it is killed`() async throws {
            try await Lake.inEmptyFolder { lake in
                try FileManager.default.createDirectory(
                    atPath: lake.path("data/lake"), withIntermediateDirectories: true)
                let environment = ProcessInfo.processInfo.environment
                let setup = try await Program(
                    ["\(Self.clients)/setup"], in: lake.folder, environment: environment
                )
                .end()
                try #require(setup.code == 0, "\(setup.all)")
                let python = setup.output.trimmingCharacters(in: .whitespacesAndNewlines)
                var seen = 0
                for round in 0..<6 {
                    let (serving, endpoint, key) = try await Self.serve(lake)
                    let writer = try Program(
                        [python, "\(Self.clients)/writer.py", endpoint, "acct", key], in: lake.folder,
                        environment: environment)
                    // While it writes, readers see whole files, too.
                    try await awaitingAnswer("it writes") {
                        let halves = try Self.halves(lake)
                        #expect(halves == [], "round \(round)")
                        seen = try lake.files(below: "data/lake").count
                        return seen > 4
                    }
                    try await pass(seconds: Double.random(in: 0..<0.6))
                    serving.send(SIGKILL)
                    _ = try await serving.end()
                    writer.send(SIGKILL)
                    _ = try await writer.end()
                    #expect(try Self.halves(lake) == [], "round \(round)")
                }
                let (serving, _, _) = try await Self.serve(lake)
                #expect(try lake.files(below: "data/.tarn-store/staging") == [])
                #expect(try lake.files(below: "data/.tarn-store/trash") == [])
                serving.send(SIGTERM)
                #expect(try await serving.end().code == 0)
                #expect(try Self.halves(lake) == [])
            }
        }

        @Test func `speaks https to clients that trust its certificate`() async throws {
            try await Lake.inEmptyFolder { lake in
                _ = try await Program.output(
                    [
                        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                        lake.path("key.pem"), "-out", lake.path("cert.pem"),
                    ])
                let (serving, endpoint, key) = try await Self.serve(
                    lake, ["--tls-cert", lake.path("cert.pem"), "--tls-key", lake.path("key.pem")])
                #expect(endpoint.hasPrefix("https://"))
                let trust = [
                    "REQUESTS_CA_BUNDLE": lake.path("cert.pem"), "SSL_CERT_FILE": lake.path("cert.pem"),
                    "CURL_CA_BUNDLE": lake.path("cert.pem"),
                ]
                let succeeded = try await Self.run(["blob", "pyarrow"], lake, endpoint, key, more: trust)
                #expect(succeeded["blob"]?.count == Self.counts["blob"])
                #expect(succeeded["pyarrow"]?.count == Self.counts["pyarrow"])
                serving.send(SIGTERM)
                #expect(try await serving.end().code == 0)
            }
        }

        @Test func `keeps its key, tells it to its owner only, and is served once`() async throws {
            try await Lake.inEmptyFolder { lake in
                let (serving, _, key) = try await Self.serve(lake)
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: lake.path("data/.tarn-store/key"))
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                let shown = try await lake.succeeds(
                    "store", "serve", "data", "--account", "acct", "--show-connection")
                #expect(
                    shown.lines == [
                        "DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=\(key);"
                            + "BlobEndpoint=http://127.0.0.1:10000/acct;DfsEndpoint=http://127.0.0.1:10000/acct"
                    ])
                let second = try await lake.tarn("store", "serve", "data", "--port", "0")
                #expect(second.code == 1 && second.errors.contains("server.served-already"), "\(second.all)")
                serving.send(SIGINT)
                #expect(try await serving.end().code == 0)
                for (arguments, code, error) in [
                    (["none"], Int32(1), "server.no-folder"),
                    (["data", "--account", "A"], 1, "server.bad-account"),
                    (["data", "--key-file", "lake.yaml"], 1, "server.key-unreadable"),
                    (["data", "--tls-cert", "x.pem", "--tls-key", "y.pem"], 1, "server.bad-certificate"),
                    (["data", "--tls-cert", "x.pem"], 2, "--tls-cert and --tls-key go together"),
                    (["data", "--emulator", "--host", "0.0.0.0"], 2, "--emulator is for this machine only"),
                    (["data", "--host", "192.0.2.1", "--port", "0"], 1, "server.cannot-listen"),
                ] {
                    let ended = try await lake.tarn(["store", "serve"] + arguments)
                    #expect(ended.code == code && ended.errors.contains(error), "\(arguments): \(ended.all)")
                }
            }
        }
    }
}
