import Blocking
import LakeModel
import LakeStore
import Metadata
import MySQL
import Orchestrator
import TarnTesting
import Testing

@Suite struct `A run` {
    private static let everything = [
        "bronze_app.customer", "bronze_shop.invoice", "bronze_shop.item", "silver.dim_customer",
        "silver.fact_invoice",
        "gold.revenue",
    ]

    @Test func `builds inputs before what is made from them, and then skips everything with a reason`()
        async throws
    {
        let lake = try LittleLake()
        let watching = Watching()
        let first = try await lake.run(observer: watching)
        #expect(first.summary.state == .succeeded)
        #expect(first.states == Self.everything.map { "\($0) succeeded" })
        let finished = watching.finished.map(\.description)
        for (input, reader) in [
            ("bronze_app.customer", "silver.dim_customer"), ("silver.dim_customer", "silver.fact_invoice"),
            ("bronze_shop.invoice", "silver.fact_invoice"), ("silver.fact_invoice", "gold.revenue"),
        ] {
            #expect(try #require(finished.firstIndex(of: input)) < #require(finished.firstIndex(of: reader)))
        }
        #expect(
            try await lake.query("FROM gold.revenue ORDER BY name", "gold.revenue") == [
                "Ann|10.50", "Bob|5.00",
            ])
        let second = try await lake.run()
        #expect(second.states == Self.everything.map { "\($0) skipped" })
        #expect(try second.step("gold.revenue").skipReason == "unchanged since run \(first.summary.id)")
    }

    @Test func `builds only what changed and what is made from it`() async throws {
        let lake = try LittleLake()
        try await lake.run()
        try lake.execute("INSERT INTO invoice VALUES (3, 1, 1.25, '2024-01-02 10:00:00')", in: "shop")
        let report = try await lake.run()
        #expect(
            report.states == [
                "bronze_app.customer skipped", "bronze_shop.invoice succeeded", "bronze_shop.item skipped",
                "silver.dim_customer skipped", "silver.fact_invoice succeeded", "gold.revenue succeeded",
            ])
        #expect(try report.step("bronze_shop.item").skipReason == "no new rows at the source")
        #expect(
            try await lake.query("FROM gold.revenue ORDER BY name", "gold.revenue") == [
                "Ann|11.75", "Bob|5.00",
            ])
        try lake.write(
            "-- a comment\nselect NAME, sum(amount) AS amount FROM silver.fact_invoice GROUP BY name",
            to: "models/gold/revenue.sql")
        #expect(try await lake.run("layer:gold").states == ["gold.revenue succeeded"])
        try lake.write(
            "-- another\nselect NAME,sum(amount) AS amount FROM silver.fact_invoice GROUP BY name",
            to: "models/gold/revenue.sql")
        #expect(try await lake.run("layer:gold").states == ["gold.revenue skipped"])
    }

    @Test func `blocks what is made from a failed step, and nothing else`() async throws {
        let lake = try LittleLake()
        try lake.execute(
            "DROP TABLE customer; CREATE TABLE customer (id INT, name TEXT); INSERT INTO customer VALUES (1, 'a'), (1, 'b')",
            in: "app")
        let report = try await lake.run()
        #expect(report.summary.state == .failed)
        #expect(
            report.states == [
                "bronze_app.customer succeeded", "bronze_shop.invoice succeeded",
                "bronze_shop.item succeeded",
                "silver.dim_customer failed", "silver.fact_invoice blocked", "gold.revenue blocked",
            ])
        let failure = try #require(try report.step("silver.dim_customer").failure)
        #expect(failure.code == "publish.blocked" && failure.problem.contains("unique(id) (1 rows)"))
        #expect(try report.step("gold.revenue").blockedBy?.description == "silver.dim_customer")
        #expect(try await lake.open().state(of: try key("silver.dim_customer")) == nil)
    }

    @Test func `says what is missing when an input was never built`() async throws {
        let report = try await LittleLake().run("gold.revenue")
        #expect(try report.step("gold.revenue").failure?.code == "run.missing-input")
        #expect(report.summary.state == .failed)
    }

    @Test func `tries again when a failure may pass by itself`() async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            let database = settings.database ?? ""
            let user = "one_\(database)".prefix(32)
            try await execute(
                [
                    "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)",
                    "CREATE USER '\(user)'@'%' IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 1",
                    "GRANT SELECT ON \(database).* TO '\(user)'@'%'",
                ], settings)
            var narrow = settings
            (narrow.user, narrow.password) = (String(user), "secret")
            // The account's only connection is taken, until the first attempt has failed.
            let holder = try await Holder(narrow)
            let little = try LittleLake([
                "lake.yaml": """
                name: little
                store: store
                environments:
                  local:
                    connections:
                      files: { kind: sqlite, path: "{database}.db" }
                      server: { kind: mysql, host: 127.0.0.1, port: \(settings.port), user: \(user), password: "${PASSWORD}" }
                """,
                "sources/far.yaml": "connection: server\ndatabase: \(database)\ntables:\n  t:\n",
            ])
            let lake = try await Lake.open(folder: little.folder.path, variables: ["PASSWORD": "secret"])
            var options = RunOptions()
            options.retry = RetryPolicy(
                attemptsMax: 30, backoff: .milliseconds(1), backoffMax: .milliseconds(50))
            let selection = try Selection(["bronze_far.t"])
            async let running = LakeRun(
                lake, RunScope(selection), options: options, observer: Watching()
            ).run()
            var isReleased = false
            while !isReleased {
                let newest = try await lake.metadata.runs(RunFilter(limit: 1)).first
                if let newest, let step = try await lake.metadata.run(newest.id)?.steps.first,
                    step.attempts.first?.state == .failed
                {
                    try await holder.release()
                    isReleased = true
                }
            }
            let step = try await running.step("bronze_far.t")
            #expect(step.state == .succeeded && step.attempts.count > 1)
            #expect(step.attempts.first?.failure?.code == "source.interrupted")
            #expect(step.attempts.map(\.epoch) == step.attempts.map(\.epoch).sorted())
        }
    }

    private func execute(_ statements: [String], _ settings: MySQLSettings) async throws {
        try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            defer { connection.close() }
            for statement in statements { _ = try connection.execute(statement) }
        }
    }

    @Test func `beside another one builds what that one does not hold, and waits for the rest`() async throws
    {
        let little = try LittleLake()
        let lake = try await little.open()
        let other = try #require(RunID("20240101T000000Z-000001"))
        let step = StepID(run: other, asset: try key("bronze_app.customer"))
        _ = try await lake.metadata.createRun(
            NewRun(
                id: other, selection: "", trigger: .manual, process: try ProcessTable.current(),
                createdAt: Lake.now()), steps: [PlannedStep(step)], leaseFor: .seconds(3_600))
        let claims = try await lake.metadata.claim(
            ClaimRequest(
                owner: WorkerID("other"), run: other, stepsMax: 1, leaseFor: .seconds(600), now: Lake.now()))
        async let running = little.run()
        var waiting: [StepState] = []
        while waiting.isEmpty || waiting.contains(.running) || waiting.filter({ $0 == .waiting }).count > 4 {
            try await Task.sleep(for: .milliseconds(20))
            let newest = try await lake.metadata.runs(RunFilter(limit: 1)).first
            guard let newest, newest.id != other else { continue }
            waiting = try await lake.metadata.run(newest.id)?.steps.map(\.state) ?? []
        }
        #expect(waiting == [.waiting, .succeeded, .succeeded, .waiting, .waiting, .waiting])
        let claim = try #require(claims.first)
        try await lake.metadata.finish(steps: [claim.attempt.finished(.skipped("unchanged"), at: Lake.now())])
        #expect(try await running.summary.state == .succeeded)
        #expect(try await lake.metadata.run(other)?.summary.state == .succeeded)
    }

    @Test func `takes over what another one holds and does not renew, and shuts that one out`() async throws {
        let little = try LittleLake()
        let lake = try await little.open()
        let other = try #require(RunID("20240101T000000Z-000001"))
        let steps = try ["bronze_app.customer", "silver.dim_customer"].map {
            StepID(run: other, asset: try key($0))
        }
        _ = try await lake.metadata.createRun(
            NewRun(id: other, selection: "", trigger: .manual, createdAt: Lake.now()),
            steps: steps.map { PlannedStep($0) })
        let claims = try await lake.metadata.claim(
            ClaimRequest(
                owner: WorkerID("other"), stepsMax: 2, leaseFor: .milliseconds(1), now: Lake.now()))
        #expect(claims.count == 2)
        let report = try await little.run()
        #expect(report.summary.state == .succeeded, "\(report.states)")
        for claim in claims {
            await #expect(throws: LeaseLost.self) {
                try await lake.manifests.fence(
                    claim.step.asset, at: claim.epoch, by: other, on: lake.store.today())
            }
        }
        #expect(try await Set(little.run().steps.map(\.state)) == [.skipped])
    }

    @Test func `ends as lost when somebody has declared it lost, and publishes nothing more`() async throws {
        let little = try LittleLake()
        try await little.run()
        let lake = try await little.open()
        let before = try await lake.manifests.manifest(of: key("gold.revenue"))?.manifest
        try little.write(
            "SELECT sum(a.range * b.range) AS total FROM range(10000000) AS a, range(10000000) AS b",
            to: "models/gold/revenue.sql")
        var options = RunOptions()
        options.worker.leaseFor = .milliseconds(400)
        async let running = little.run("gold.revenue", options: options)
        var isRunning = false
        while !isRunning {
            let newest = try await lake.metadata.runs(RunFilter(limit: 1)).first
            guard let newest, let step = try await lake.metadata.run(newest.id)?.steps.first else { continue }
            isRunning = step.step.asset == (try key("gold.revenue")) && step.state == .running
        }
        // As if this process had hung for an hour.
        _ = try await lake.metadata.reclaim(at: Lake.now() + .seconds(3_600)) { _ in true }
        let report = try await running
        #expect(report.summary.state == .lost && report.steps.map(\.state) == [.lost])
        #expect(try await lake.manifests.manifest(of: key("gold.revenue"))?.manifest == before)
    }

    @Test func `takes over from a run whose process died, and clears what it left`() async throws {
        let little = try LittleLake()
        try await little.run()
        let lake = try await little.open()
        let dead = try #require(RunID("20240101T000000Z-000001"))
        let me = try ProcessTable.current()
        let step = StepID(run: dead, asset: try key("gold.revenue"))
        _ = try await lake.metadata.createRun(
            NewRun(
                id: dead, selection: "", trigger: .manual,
                process: ProcessIdentity(
                    host: me.host, bootID: me.bootID, pid: me.pid, startTicks: me.startTicks - 1),
                createdAt: Lake.now()), steps: [PlannedStep(step)])
        _ = try await lake.metadata.claim(
            ClaimRequest(
                owner: WorkerID("dead"), run: dead, stepsMax: 1, leaseFor: .seconds(600), now: Lake.now()))
        let leftovers = [
            LakeLayout.staged(try key("gold.revenue"), of: dead),
            LakeLayout.version(of: try key("gold.revenue"), run: dead),
        ]
        for path in leftovers {
            _ = try await lake.store.write(.bytes([1, 2, 3]), to: path, .unconditionally)
        }
        let report = try await little.run()
        #expect(report.summary.state == .succeeded)
        #expect(try await lake.metadata.run(dead)?.summary.state == .lost)
        #expect(try await lake.metadata.run(dead)?.steps.map(\.state) == [.lost])
        for path in leftovers { #expect(try await lake.store.head(path) == nil) }
        #expect(try await little.query("SELECT count(*) FROM gold.revenue", "gold.revenue") == ["2"])
    }

    @Test func `raises the epoch with every attempt, also when the metadata is lost`() async throws {
        let little = try LittleLake()
        try await little.run()
        let lake = try await little.open()
        func epoch() async throws -> LeaseEpoch? {
            try await lake.manifests.manifest(of: key("gold.revenue"))?.manifest.epoch
        }
        let first = try #require(try await epoch())
        let forced = RunScope(try Selection(["gold.revenue"]), settings: RunSettings(isForced: true))
        try await little.run(forced)
        let second = try #require(try await epoch())
        #expect(second > first)
        try little.remove(".tarn")
        // The lake is what the manifests say: nothing is built again, and what is, gets a newer epoch.
        #expect(Set(try await little.run().steps.map(\.state)) == [.skipped])
        let report = try await little.run(forced)
        #expect(report.summary.state == .succeeded)
        #expect(try #require(try await epoch()) > second)
    }

    @Test func `does exactly what its plan says`() async throws {
        let little = try LittleLake()
        func compare() async throws {
            let lake = try await little.open()
            let plan = try await RunPlan.make(RunScope(Selection([])), of: lake, at: Lake.now())
            let runsBefore = try await lake.metadata.runs(RunFilter()).count
            #expect(try await lake.metadata.runs(RunFilter()).count == runsBefore)
            let watching = Watching()
            let report = try await little.run(observer: watching)
            #expect(plan.steps.map(\.asset) == report.steps.map(\.step.asset))
            for (planned, done) in zip(plan.steps, report.steps) {
                switch planned.decision {
                case .skip(let reason):
                    #expect(done.state == .skipped && done.skipReason == reason.description)
                case .build(let reasons):
                    // What may change because its input is built may turn out to be the same.
                    let maybe = reasons.allSatisfy {
                        if case .inputMayChange = $0 { true } else { $0 == .sourceChanged }
                    }
                    #expect(done.state == .succeeded || maybe && done.state == .skipped)
                }
            }
        }
        try await compare()
        try await compare()
        try little.execute("UPDATE customer SET name = 'Anna' WHERE id = 1", in: "app")
        try await compare()
        try little.write("SELECT 1 AS name, 2 AS amount", to: "models/gold/revenue.sql")
        try await compare()
    }

    @Test func `that is cancelled is recorded as cancelled, and the next one works`() async throws {
        let little = try LittleLake([
            "models/gold/slow.sql":
                "SELECT count(*) AS n FROM range(100000000000) a, range(1000000) b WHERE a.range % 7 = b.range"
        ])
        let started = AsyncStream<Void>.makeStream()
        let watching = Watching { event in
            if case .stepStarted(let asset, _, _) = event, asset.description == "gold.slow" {
                started.continuation.yield()
            }
        }
        let lake = try await little.open()
        let selection = try Selection(["gold.slow"])
        let task = Task {
            try await LakeRun(lake, RunScope(selection), options: RunOptions(), observer: watching).run()
        }
        for await _ in started.stream { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await lake.metadata.runs(RunFilter(limit: 1)).first?.state == .cancelled)
        #expect(try await little.run("silver.dim_customer+", "bronze_app.customer").summary.state == .failed)
        #expect(
            try await little.run("layer:bronze", "layer:silver", "gold.revenue").summary.state == .succeeded)
        #expect(try await lake.store.list(under: LakeLayout.staging).isEmpty)
    }
}

func key(_ text: String) throws -> AssetKey { try #require(AssetKey(text)) }

/// Holds the one connection that an account may have.
private final class Holder: Sendable {
    private let release: AsyncStream<Void>.Continuation
    private let holding: Task<Void, any Error>

    init(_ settings: MySQLSettings) async throws {
        let (released, release) = AsyncStream<Void>.makeStream()
        let (taken, take) = AsyncStream<Void>.makeStream()
        self.release = release
        holding = Task {
            let connection = try MySQLConnection(settings)
            take.yield()
            for await _ in released { break }
            connection.close()
        }
        for await _ in taken { break }
    }

    func release() async throws {
        release.yield()
        try await holding.value
    }
}
