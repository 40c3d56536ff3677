import FoundationEssentials
import LakeModel
import Metadata
import Orchestrator
import TarnTesting
import Testing

@Suite struct `A backfill of a lake` {
    private func lake(days: Int = 30) throws -> CallLake {
        try CallLake(from: try #require(Day("2026-01-01")), days: days)
    }

    private func definition(
        _ include: [String] = ["bronze_net.call", "silver.call"],
        _ partitions: String = "2026-01-01..2026-01-30", _ pace: BackfillPace = BackfillPace(chunk: 7),
        isRebuild: Bool = false
    ) throws -> BackfillDefinition {
        BackfillDefinition(
            name: try #require(TriggerName("calls")), selection: try Selection(include),
            partitions: partitions, pace: pace, tags: ["long"], isRebuild: isRebuild)
    }

    private func work(_ lake: Lake, _ id: BackfillID, _ observer: any RunObserver = Watching()) async throws
        -> Backfill
    {
        try await BackfillWork(lake, id, options: RunOptions(), observer: observer).run()
    }

    /// How often each partition was built.
    private func builds(_ lake: Lake, _ asset: String) async throws -> [PartitionKey: Int] {
        let all = try await lake.metadata.materializations(
            of: try #require(AssetKey(asset)), limit: MetadataLimits.rowsPerQueryMax)
        return all.reduce(into: [:]) { if let key = $1.partition { $0[key, default: 0] += 1 } }
    }

    @Test func `builds every partition once, chunk by chunk, and leaves out what is built`() async throws {
        let calls = try lake()
        try await calls.run("+silver.call", partition: "2026-01-10..2026-01-12")
        let lake = try await calls.little.open()
        let backfill = try await Backfills(lake).create(definition(), at: Lake.now())
        #expect(
            backfill.plan.count == 27
                && backfill.plan.partitions == "2026-01-01..2026-01-09,2026-01-13..2026-01-30")
        let ended = try await work(lake, backfill.id)
        #expect(ended.state == .succeeded && ended.done == 27 && ended.chunks.isEmpty)
        for asset in ["bronze_net.call", "silver.call"] {
            let builds = try await builds(lake, asset)
            #expect(builds.count == 30 && builds.values.allSatisfy { $0 == 1 })
        }
        let runs = try await lake.metadata.runs(
            RunFilter(trigger: .backfill, tag: "backfill:calls", limit: 100))
        #expect(runs.count == 4 && runs.allSatisfy { $0.priority == -10 && $0.tags.contains("long") })
        // The newest came first.
        #expect(runs.last?.selection.hasSuffix("--partition 2026-01-24..2026-01-30") == true)
        #expect(try await calls.little.query("SELECT count(*) FROM silver.call", "silver.call") == ["90"])
        await #expect(throws: NothingToBackfill.self) {
            try await Backfills(lake).create(definition(), at: Lake.now())
        }
        let again = try await Backfills(lake).create(
            definition(isRebuild: true), at: Lake.now())
        #expect(again.plan.count == 30)
        #expect(try await work(lake, again.id).state == .succeeded)
        #expect(try await builds(lake, "bronze_net.call").values.allSatisfy { $0 == 2 })
    }

    @Test func `goes on when a chunk fails, tells why, and tries it again`() async throws {
        let calls = try lake()
        // A day that is no day keeps its partition from being read.
        try calls.little.execute("UPDATE call SET seconds = 'none' WHERE began LIKE '2026-01-15%'", in: "net")
        try calls.little.write(
            """
            /*---
            partitions: { by: daily, column: day }
            ---*/
            SELECT CAST(began AS DATE) AS day, id, CAST(seconds AS INTEGER) AS seconds FROM bronze_net.call
            """, to: "models/silver/call.sql")
        try calls.little.write(
            """
            connection: files
            tables:
              call:
                key: [id]
                partitions: { by: daily, column: began, start: 2026-01-01 }
                columns: { seconds: { type: VARCHAR } }
            """, to: "sources/net.yaml")
        let lake = try await calls.little.open()
        let backfill = try await Backfills(lake).create(definition(), at: Lake.now())
        let ended = try await work(lake, backfill.id)
        #expect(ended.state == .failed && ended.done == 23)
        let failed = try #require(ended.chunks.values.first)
        #expect(
            ended.chunks.count == 1 && failed.state == .failed && failed.selection == "2026-01-10..2026-01-16"
        )
        #expect(failed.problem?.hasPrefix("silver.call of 2026-01-10..2026-01-16: ") == true)
        let progress = ended.progress(at: Lake.now(), in: .utc)
        #expect(progress.failed == 7 && progress.left == 0 && (progress.perHour ?? 0) > 0)
        try calls.little.execute("UPDATE call SET seconds = 1 WHERE seconds = 'none'", in: "net")
        // Bronze has the bad values; it is read again because its source has changed.
        try await calls.run("bronze_net.call", partition: "2026-01-15")
        _ = try await Backfills(lake).retry(ended.id, at: Lake.now())
        #expect(try await work(lake, ended.id).state == .succeeded)
        #expect(try await builds(lake, "silver.call").values.allSatisfy { $0 == 1 })
    }

    @Test func `that nobody works on here is begun for every worker, and waits for its runs`() async throws {
        let calls = try lake()
        let lake = try await calls.little.open()
        let backfills = Backfills(lake)
        let now = Lake.now()
        let backfill = try await backfills.create(
            definition(["bronze_net.call"], "all", BackfillPace(chunk: 5, runsMax: 2)), at: now)
        // Any number of schedulers may do that at once.
        let begun = try await withThrowingTaskGroup(of: [RunID].self) { group in
            for _ in 0..<6 { group.addTask { try await backfills.advance(at: now).started } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(begun.count == 2)
        #expect(try await lake.metadata.runs(RunFilter()).count == 2)
        let advance = try await backfills.advance(at: now)
        #expect(advance.started.isEmpty && advance.wakesAt == nil)
        let claims = try await lake.metadata.claim(
            ClaimRequest(owner: WorkerID("w"), stepsMax: 10, leaseFor: .seconds(30), now: now))
        #expect(claims.count == 1 && claims[0].partitions?.count == 5)
        // What was paused begins nothing more; what was cancelled takes its runs with it.
        _ = try await backfills.pause(backfill.id, at: now)
        let other = try #require(begun.first { $0 != claims[0].step.run })
        _ = try await lake.metadata.cancel(other, at: now)
        #expect(try await backfills.advance(at: now).started == [])
        let cancelled = try await backfills.cancel(backfill.id, at: now)
        #expect(cancelled.state == .cancelled && cancelled.chunks.values.allSatisfy { $0.state == .failed })
        let renewal = try await lake.metadata.renew(
            [LeaseRenewal(step: claims[0].step, epoch: claims[0].epoch)], runs: [], by: WorkerID("w"),
            for: .seconds(30), at: now)
        #expect(renewal.leases == [.cancelled(until: now + .seconds(30))])
    }

    @Test func `pauses when what it builds is divided otherwise, and goes on when that is undone`()
        async throws
    {
        let calls = try lake()
        let before = try await calls.little.open()
        let backfill = try await Backfills(before).create(
            definition(["bronze_net.call"]), at: Lake.now())
        let source =
            "connection: files\ntables:\n  call: { key: [id], partitions: { by: BY, column: began, start: 2026-01-01 } }\n"
        try calls.little.write(source.replacing("BY", with: "monthly"), to: "sources/net.yaml")
        try calls.little.remove("models/silver/call.sql")
        try calls.little.remove("models/gold/calls.sql")
        try calls.little.remove("models/gold/call_month.sql")
        let changed = try await calls.little.open()
        #expect(try await Backfills(changed).advance(at: Lake.now()).started == [])
        let paused = try #require(try await changed.metadata.backfill(backfill.id))
        #expect(paused.state == .paused)
        #expect(paused.reason?.hasPrefix("chunk 1 cannot begin: bronze_net.call has no partition") == true)
        try calls.little.write(source.replacing("BY", with: "daily"), to: "sources/net.yaml")
        let lake = try await calls.little.open()
        _ = try await Backfills(lake).resume(backfill.id, at: Lake.now())
        #expect(try await work(lake, backfill.id).state == .succeeded)
    }

    @Test func `is paused when it is stopped, and goes on where it was`() async throws {
        let calls = try lake()
        let lake = try await calls.little.open()
        let backfill = try await Backfills(lake).create(
            definition(["bronze_net.call"], "2026-01-01..2026-01-30", BackfillPace(chunk: 2)), at: Lake.now())
        let ended = AsyncStream<Void>.makeStream()
        let watching = Watching { event in
            if case .stepFinished = event { ended.continuation.yield() }
        }
        let task = Task { try await work(lake, backfill.id, watching) }
        var steps = 0
        for await _ in ended.stream {
            steps += 1
            if steps == 4 { break }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let paused = try #require(try await lake.metadata.backfill(backfill.id))
        #expect(paused.state == .paused && paused.reason == "it was stopped (Ctrl-C)")
        #expect(paused.chunks.values.allSatisfy { $0.state == .waiting })
        _ = try await Backfills(lake).resume(backfill.id, at: Lake.now())
        let done = try await work(lake, backfill.id)
        #expect(done.state == .succeeded && done.done == 30)
        let builds = try await builds(lake, "bronze_net.call")
        #expect(builds.count == 30 && builds.values.allSatisfy { $0 == 1 })
    }

    @Test func `takes a chunk again whose process died, without what it had built`() async throws {
        let calls = try lake()
        let lake = try await calls.little.open()
        let now = Lake.now()
        let backfills = Backfills(lake, boundTo: try ProcessTable.current())
        let backfill = try await backfills.create(
            definition(["bronze_net.call"], "2026-01-01..2026-01-10", BackfillPace(chunk: 10)), at: now)
        let started = try await backfills.advance(at: now).started
        #expect(started.count == 1)
        // It had published some of them when it died.
        try await calls.run("bronze_net.call", partition: "2026-01-03..2026-01-05")
        _ = try await lake.metadata.reclaim(at: now) { _ in false }
        #expect(try await lake.metadata.pulse(of: started[0]).state == .lost)
        let ended = try await work(lake, backfill.id)
        #expect(ended.state == .succeeded && ended.done == 10)
        let second = try #require(try await lake.metadata.runs(RunFilter(trigger: .backfill)).first)
        #expect(
            try await lake.metadata.run(second.id)?.steps.first?.partitions
                == "2026-01-01..2026-01-02,2026-01-06..2026-01-10")
        #expect(try await builds(lake, "bronze_net.call").values.allSatisfy { $0 == 1 })
    }

    @Test func `of a hundred thousand partitions is created, shown and brought forward at once`() async throws
    {
        let calls = try CallLake(
            from: try #require(Day("2015-01-01")), days: 1,
            [
                "sources/net.yaml":
                    "connection: files\ntables:\n  call: { key: [id], partitions: { by: hourly, column: began, start: 2015-01-01 } }\n",
                "models/silver/call.sql": "SELECT 1 AS day", "models/gold/call_month.sql": "SELECT 1 AS x",
            ])
        let lake = try await calls.little.open()
        let call = try calls.key("bronze_net.call")
        let scheme = try await lake.partitionStatuses(of: call, at: Lake.now()).scheme
        let keys = Array(scheme.all(at: Lake.now()).oldestFirst.prefix(100_000))
        let run = try #require(RunID("r1"))
        try await lake.metadata.commit([
            .partitionsBuilt(
                keys.map {
                    PartitionBuild(
                        asset: call, partition: $0, run: run, version: "v", rows: 3, builtAt: Lake.now())
                })
        ])
        let clock = ContinuousClock()
        var built: Int?
        let status = try await clock.measure {
            let report = try await lake.partitionStatuses(of: call, at: Lake.now())
            built = report.statuses.summary.counts[.built]
        }
        #expect(built == 100_000)
        let backfills = Backfills(lake)
        var backfill: Backfill?
        let created = try await clock.measure {
            backfill = try await backfills.create(
                definition(["bronze_net.call"], "all", BackfillPace(chunk: 24), isRebuild: true),
                at: Lake.now())
        }
        let id = try #require(backfill?.id)
        #expect(backfill?.plan.count ?? 0 >= 100_000)
        var started = 0
        let advanced = try await clock.measure {
            started = try await backfills.advance(id, at: Lake.now()).started.count
        }
        #expect(started == 1)
        print("100,000 partitions: status \(status), create \(created), advance \(advanced)")
        // Of a debug build on a machine that does other things.
        #expect(status < .seconds(20) && created < .seconds(20) && advanced < .seconds(10))
        #expect(try await lake.metadata.backfill(id)?.chunks.count == 1)
    }
}
