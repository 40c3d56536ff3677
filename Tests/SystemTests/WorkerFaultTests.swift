import Foundation
import Glibc
import TarnTesting
import Testing

extension SystemTests {
    /// Three workers and two schedulers over PostgreSQL, with everything happening to them that does.
    @Suite struct `Several nodes` {
        private static let tables = 110
        private static let silver = 60
        private static let gold = 30

        /// 200 assets: tables of 400 rows, read slowly enough that faults meet them.
        private static func write(_ lake: Lake) async throws {
            try FileManager.default.createDirectory(
                atPath: lake.path("databases"), withIntermediateDirectories: true)
            try lake.write(
                """
                name: nodes
                store: lake
                environments:
                  local:
                    connections:
                      files: { kind: sqlite, path: "databases/{database}.db" }
                      meta:
                        kind: postgres
                        host: 127.0.0.1
                        port: "${META_PORT}"
                        user: "${META_USER}"
                        password: "${META_PASSWORD}"
                metadata: { connection: meta, database: postgres, schema: nodes }
                leases: { ttl: 5s, stall: 60s }
                workers: { slots: 3, grace: 2s }
                serve: { listen: "127.0.0.1:0" }
                retry: { attempts: 8, backoff: 1s, backoff_max: 4s }

                """, to: "lake.yaml")
            var source = """
                connection: files
                database: shop
                connections: 4
                pace: { rows_per_second: 500 }
                tables:

                """
            var sql = ""
            for number in 0..<tables {
                source += "  t\(number): {}\n"
                sql += """
                    CREATE TABLE t\(number) (id INTEGER PRIMARY KEY, value INTEGER);
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
                    INSERT INTO t\(number) SELECT i, i * \(number + 1) FROM n;

                    """
            }
            for folder in ["sources", "models/silver", "models/gold"] {
                try FileManager.default.createDirectory(
                    atPath: lake.path(folder), withIntermediateDirectories: true)
            }
            try lake.write(source, to: "sources/shop.yaml")
            for number in 0..<silver {
                try lake.write(
                    """
                    /*---
                    description: Two tables.
                    columns: { id: { checks: [not_null] } }
                    ---*/
                    SELECT a.id, a.value + b.value AS value
                    FROM bronze_shop.t\(number) AS a JOIN bronze_shop.t\(tables - 1 - number) AS b USING (id)
                    """, to: "models/silver/s\(number).sql")
            }
            for number in 0..<gold {
                try lake.write(
                    """
                    /*---
                    description: A sum.
                    ---*/
                    SELECT sum(a.value + b.value)::BIGINT AS value
                    FROM silver.s\(number) AS a JOIN silver.s\(silver - 1 - number) AS b USING (id)
                    """, to: "models/gold/g\(number).sql")
            }
            try FileManager.default.createDirectory(
                atPath: lake.path("lake"), withIntermediateDirectories: true)
            try await lake.changeShop(sql)
        }

        @Test func `are killed, stopped and cut off at random, and build everything exactly once in effect`()
            async throws
        {
            let server = try await PostgreSQLServer.another()
            defer { server.stop() }
            try await Lake.inEmptyFolder { lake in
                var lake = lake
                let settings = server.administrator
                lake.environment = [
                    "META_PORT": "\(settings.port)", "META_USER": settings.user,
                    "META_PASSWORD": settings.password,
                ]
                try await Self.write(lake)
                let run = try await lake.succeeds("run", "--detach").output.trimmingCharacters(
                    in: .whitespacesAndNewlines)
                var storm = Storm(lake, server, seed: ServerSeed.next())
                try await storm.rage(until: run)
                try await Self.expectAllIsBuilt(lake, run, storm.story)
            }
        }

        private static func expectAllIsBuilt(_ lake: Lake, _ run: String, _ story: String) async throws {
            let report = try await lake.succeeds("status", run, "--json").json()
            let failed = try report.get("newest").list("steps").filter { $0.has("failure") }.map {
                "\(try $0.text("asset")) after \(try $0.number("attempts")): \(try $0.get("failure"))"
            }
            #expect(try report.get("newest").text("state") == "succeeded", "\(failed) \(story)")
            try await lake.expectBronzeEquals(.sqlite(folder: lake.path("databases")), tables: tables)
            // Of each gold table the value follows from the sources alone.
            let sums = (0..<gold).map { "SELECT value FROM gold.g\($0)" }.joined(separator: " UNION ALL ")
            let expected = (0..<gold).map { number -> String in
                let other = silver - 1 - number
                let factor = [number, tables - 1 - number, other, tables - 1 - other].reduce(0) {
                    $0 + $1 + 1
                }
                return "\(factor * 400 * 401 / 2)"
            }
            #expect(try await lake.rows(sums).sorted() == expected.sorted(), "\(story)")
            let runs = try await lake.succeeds("runs", "--json").json().list("runs")
            #expect(runs.count == 1, "\(runs)")
            try await lake.succeeds("housekeep")
            try await lake.expectStoreIsClean()
        }
    }
}

/// Where a test's lot begins: `TARN_TEST_SEED`, or another one each time.
private enum ServerSeed {
    static func next() -> UInt64 {
        ProcessInfo.processInfo.environment["TARN_TEST_SEED"].flatMap { UInt64($0) }
            ?? .random(in: 0..<1_000_000)
    }
}

/// Nodes, and what happens to them.
private struct Storm {
    private struct Running {
        let program: Program
        let proxy: Proxy
        let kind: String
    }

    private let lake: Lake
    private let server: PostgreSQLServer
    private var lot: SeededGenerator
    private var nodes: [Running] = []
    /// Nodes that hang or are cut off, and until when.
    private var ill: [Int: ContinuousClock.Instant] = [:]
    private(set) var story: String

    init(_ lake: Lake, _ server: PostgreSQLServer, seed: UInt64) {
        self.lake = lake
        self.server = server
        lot = SeededGenerator(seed: seed)
        story = "seed \(seed)"
    }

    private mutating func tell(_ what: String) { story += "; \(what)" }

    private func start(_ kind: String) async throws -> Running {
        let proxy = try await Proxy(to: Int(server.administrator.port))
        var lake = lake
        lake.environment["META_PORT"] = "\(proxy.port)"
        return Running(program: try lake.start([kind, "--log", "json"]), proxy: proxy, kind: kind)
    }

    /// Until the run is over, at most for two minutes; the last of it without faults.
    mutating func rage(until run: String) async throws {
        for kind in ["serve", "serve", "worker", "worker", "worker"] {
            nodes.append(try await start(kind))
        }
        let began = ContinuousClock.now
        var faults = 0
        while true {
            let status = try await lake.tarn("status", run, "--json")
            if status.code == 0 || status.code == 1,
                let state = try? status.json().get("newest").text("state"),
                ["succeeded", "failed", "lost", "cancelled"].contains(state)
            {
                break
            }
            guard ContinuousClock.now - began < .seconds(150) else { throw SetupFailed("no end: \(story)") }
            for (victim, until) in ill where ContinuousClock.now > until { mend(victim) }
            if faults < 16 {
                faults += 1
                try await strike()
            }
            try await pass(seconds: Double.random(in: 0.2..<1.5, using: &lot))
        }
        tell("\(faults) faults in \(ContinuousClock.now - began)")
        #expect(faults >= 8, "\(story)")
        for victim in nodes.indices { mend(victim) }
        for node in nodes {
            node.program.send(SIGTERM)
            let ended = try await node.program.end()
            #expect(ended.code == 0, "\(story): \(ended.all)")
            try await node.proxy.end()
        }
        print("storm: \(story)")
    }

    private mutating func mend(_ victim: Int) {
        nodes[victim].proxy.mend()
        nodes[victim].program.send(SIGCONT)
        ill[victim] = nil
    }

    private mutating func strike() async throws {
        let victim = Int.random(in: 0..<nodes.count, using: &lot)
        mend(victim)
        let node = nodes[victim]
        let healthyAt = ContinuousClock.now + .seconds(Double.random(in: 1..<12, using: &lot))
        switch Int.random(in: 0..<8, using: &lot) {
        case 0...2:
            tell("\(node.kind) \(victim) is killed")
            node.program.send(SIGKILL)
            _ = try await node.program.end()
            try await node.proxy.end()
            nodes[victim] = try await start(node.kind)
        case 3...4:
            tell("\(node.kind) \(victim) hangs")
            node.program.send(SIGSTOP)
            ill[victim] = healthyAt
        case 5...6:
            tell("\(node.kind) \(victim) is cut off")
            node.proxy.cut()
            ill[victim] = healthyAt
        default:
            tell("PostgreSQL restarts")
            try await server.restart()
        }
    }
}
