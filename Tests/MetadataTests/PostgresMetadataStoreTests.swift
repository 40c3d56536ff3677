import Blocking
import LakeModel
import Postgres
import TarnTesting
import Testing

@testable import Metadata

@Suite struct `Metadata in PostgreSQL` {
    @Test(arguments: MetadataConformance.claims)
    func `keeps what every store promises`(claim: MetadataConformance.Claim) async throws {
        try await withPostgresStore { try await claim.body($0) }
    }

    @Test func `is made once when several nodes open it at once`() async throws {
        try await PostgreSQLServer.shared().withDatabase { settings in
            let stores = try await withThrowingTaskGroup(of: PostgresMetadataStore.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await .open(PostgresSettings(settings), schema: "Lake 1", now: noon) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (number, store) in stores.enumerated() {
                _ = try await store.createRun(.sample("r\(number)"))
            }
            #expect(try await stores[0].runs(RunFilter()).count == 6)
            for store in stores { store.close() }
        }
    }

    @Test func `gives every step to one node, however many ask at once`() async throws {
        try await PostgreSQLServer.shared().withDatabase { settings in
            let nodes = try await withThrowingTaskGroup(of: PostgresMetadataStore.self) { group in
                for _ in 0..<3 { group.addTask { try await .open(PostgresSettings(settings), now: noon) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let id = try runID("r1")
            let steps = try (0..<60).map { StepID(run: id, asset: try assetKey("silver.t\($0)")) }
            _ = try await nodes[0].createRun(
                .sample(pid: nil), steps: steps.map { PlannedStep($0, pools: [PoolUse(pool: "p")]) })
            let claimed = try await withThrowingTaskGroup(of: [StepID].self) { group in
                for (number, node) in nodes.enumerated() {
                    for slot in 0..<3 {
                        group.addTask {
                            var mine: [StepID] = []
                            while try await node.pulse(of: id).state != .succeeded {
                                let claims = try await node.claim(
                                    ClaimRequest(
                                        owner: WorkerID("w\(number)-\(slot)"), stepsMax: 2, pools: ["p": 4],
                                        leaseFor: .seconds(60), now: noon))
                                let inUse = try await node.run(id)?.steps.count { $0.state == .running }
                                #expect(inUse ?? 0 <= 4)
                                mine += claims.map(\.step)
                                try await node.finish(
                                    steps: claims.map { $0.attempt.finished(.skipped("done"), at: noon) })
                            }
                            return mine
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.sorted() == steps.sorted())
            for node in nodes { node.close() }
        }
    }

    @Test func `calls who waits, at once`() async throws {
        try await PostgreSQLServer.shared().withDatabase { settings in
            let (one, other) = try await (
                PostgresMetadataStore.open(PostgresSettings(settings), now: noon),
                PostgresMetadataStore.open(PostgresSettings(settings), now: noon)
            )
            // The first call only begins to listen.
            await one.awaitChange(atMost: .seconds(60))
            let clock = ContinuousClock()
            let began = clock.now
            async let waiting: Void = one.awaitChange(atMost: .seconds(60))
            try await Task.sleep(for: .milliseconds(100))
            _ = try await other.createRun(.sample())
            await waiting
            #expect(clock.now - began < .seconds(20))
            one.close()
            other.close()
        }
    }

    @Test func `calls all who wait, however patient each of them is`() async throws {
        try await PostgreSQLServer.shared().withDatabase { settings in
            let (one, other) = try await (
                PostgresMetadataStore.open(PostgresSettings(settings), now: noon),
                PostgresMetadataStore.open(PostgresSettings(settings), now: noon)
            )
            await one.awaitChange(atMost: .seconds(60))
            let clock = ContinuousClock()
            let began = clock.now
            // The first listens; who has less patience is not kept waiting by him, the others are called.
            async let first: Void = one.awaitChange(atMost: .seconds(60))
            try await Task.sleep(for: .milliseconds(100))
            await one.awaitChange(atMost: .milliseconds(200))
            #expect(clock.now - began < .seconds(20))
            async let second: Void = one.awaitChange(atMost: .seconds(60))
            async let third: Void = one.awaitChange(atMost: .seconds(60))
            try await Task.sleep(for: .milliseconds(100))
            _ = try await other.createRun(.sample())
            _ = await (first, second, third)
            #expect(clock.now - began < .seconds(20))
            // Who listened with little patience hands over to who waits longer.
            let again = clock.now
            async let short: Void = one.awaitChange(atMost: .milliseconds(300))
            try await Task.sleep(for: .milliseconds(100))
            async let long: Void = one.awaitChange(atMost: .seconds(60))
            await short
            try await Task.sleep(for: .milliseconds(200))
            _ = try await other.createRun(.sample("r2"))
            await long
            #expect(clock.now - again < .seconds(20))
            one.close()
            other.close()
        }
    }

    @Test func `survives a restart of the server`() async throws {
        let server = try await PostgreSQLServer.another()
        let store = try await PostgresMetadataStore.open(PostgresSettings(server.administrator), now: noon)
        _ = try await store.createRun(.sample())
        // The server ends all sessions, as a restart does.
        try await BlockingPool.shared.run {
            let other = try PostgresConnection(PostgresSettings(server.administrator))
            defer { other.close() }
            _ = try other.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tarn metadata'"
            )
        }
        #expect(try await store.runs(RunFilter()).count == 1)
        server.kill()
        // Its sessions end a moment after it.
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, (try? await store.runs(RunFilter())) != nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        let failure = await #expect(throws: MetadataUnreachable.self) { try await store.runs(RunFilter()) }
        #expect(failure?.isTransient == true)
        store.close()
        server.stop()
    }

    @Test(arguments: 0..<6)
    func `does what the model of the queue does`(seed: UInt64) async throws {
        try await withPostgresStore { store in
            var lot = SeededGenerator(seed: seed)
            try await `The model of the queue`().compare(with: store, steps: 60, &lot, seed: seed)
        }
    }
}

func withPostgresStore<T: Sendable>(_ body: (PostgresMetadataStore) async throws -> T) async throws -> T {
    try await PostgreSQLServer.shared().withDatabase { settings in
        let store = try await PostgresMetadataStore.open(PostgresSettings(settings), now: noon)
        defer { store.close() }
        return try await body(store)
    }
}

extension PostgresSettings {
    init(_ settings: PostgreSQLServer.Settings) {
        self.init(
            host: settings.host, port: settings.port, user: settings.user, password: settings.password,
            database: settings.database)
    }
}
