internal import LakeModel
internal import Metadata
internal import Testing

extension MetadataConformance {
    static func partition(_ text: String) -> PartitionKey {
        guard let key = PartitionKey(text) else { preconditionFailure("'\(text)' is no partition's name.") }
        return key
    }

    private static func build(
        _ key: String, run id: String = "r1", version: String = "v1", fingerprint: String? = nil,
        at time: Timestamp = noon, verified: Timestamp? = nil
    ) -> PartitionBuild {
        PartitionBuild(
            asset: asset("gold.revenue"), partition: partition(key), run: run(id), version: version,
            fingerprint: fingerprint, rows: 7, builtAt: time, verifiedAt: verified)
    }

    private static func step(_ id: String, _ selection: String, _ count: Int) -> PlannedStep {
        let first = partition(String(selection.prefix(10)))
        return PlannedStep(
            StepID(run: run(id), asset: asset("gold.revenue"), partition: first),
            partitions: StepPartitions(selection: selection, count: count, areNamed: count > 1))
    }

    static let partitions: [Claim] = [
        Claim("a step keeps its partitions, which its claim and its record say") { store in
            let all = step("r1", "2026-11-01..2026-11-03", 3)
            let one = step("r1", "2026-11-09", 1)
            _ = try await store.createRun(.sample(pid: nil), steps: [all, one])
            let first = try #require(try await store.claim(at: noon).first)
            #expect(
                first.partitions == all.partitions && first.partitionSelection == all.partitions?.selection)
            try await store.finish(steps: [
                first.attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: noon)
            ])
            let second = try #require(try await store.claim(at: noon).first)
            #expect(second.partitions == one.partitions && second.partitions?.areNamed == false)
            let report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.partitions) == ["2026-11-01..2026-11-03", "2026-11-09"])
            #expect(report.steps[0].name == "gold.revenue of 2026-11-01..2026-11-03")
        },
        Claim("of each partition the newest build is known, also if it is told late or twice") { store in
            let asset = asset("gold.revenue")
            let first = build("2026-11-01", fingerprint: "f1")
            let second = build("2026-11-02")
            try await store.commit([.partitionsBuilt([first, second])])
            try await store.commit([.partitionsBuilt([first])])
            #expect(
                try await store.partitionBuilds(of: asset) == [
                    first.partition: first, second.partition: second,
                ])
            let newer = build("2026-11-01", run: "r2", version: "v2", at: noon + .seconds(9))
            let verified = build("2026-11-02", verified: noon + .seconds(9))
            try await store.commit([.partitionsBuilt([newer, verified])])
            try await store.commit([.partitionsBuilt([first, second])])
            let keys = [first.partition, partition("2026-11-07")]
            #expect(try await store.partitionBuilds(of: asset, among: keys) == [first.partition: newer])
            #expect(try await store.partitionBuilds(of: asset)[second.partition] == verified)
            #expect(try await store.partitionBuilds(of: MetadataConformance.asset("gold.other")) == [:])
            #expect(try await store.partitionBuilds(of: asset, among: []) == [:])
        },
        Claim("steps of partitions that run or have built nothing are found, those of newer runs first") {
            store in
            let asset = asset("gold.revenue")
            _ = try await store.createRun(
                .sample("r1", pid: nil), steps: [step("r1", "2026-11-01..2026-11-03", 3)])
            let failed = try #require(try await store.claim(at: noon).first)
            #expect(try await store.partitionAttempts(of: asset, limit: 10).map(\.state) == [.running])
            try await store.finish(steps: [
                failed.attempt.finished(.failed(.sample(.badData)), at: noon + .seconds(5))
            ])
            _ = try await store.createRun(
                .sample("r2", pid: nil, at: noon + .seconds(60)),
                steps: [step("r2", "2026-11-02", 1), step("r2", "2026-11-03", 1)])
            let built = try #require(try await store.claim(1, at: noon + .seconds(60)).first)
            try await store.finish(steps: [
                built.attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: noon + .seconds(61))
            ])
            _ = try await store.claim(1, at: noon + .seconds(62))
            let attempts = try await store.partitionAttempts(of: asset, limit: 10)
            #expect(attempts.map(\.state) == [.running, .failed])
            #expect(attempts.map(\.partitions.selection) == ["2026-11-03", "2026-11-01..2026-11-03"])
            #expect(attempts[1].at == noon + .seconds(5) && attempts[1].failure?.code == "source.unreachable")
            #expect(try await store.partitionAttempts(of: asset, limit: 1).count == 1)
        },
    ]

    private static func plan(_ name: String = "calls", count: Int = 10) throws -> BackfillPlan {
        let name = try #require(TriggerName(name))
        return BackfillPlan(
            BackfillDefinition(
                name: name, selection: try Selection(["gold.revenue"], excluding: ["tag:x"]),
                pace: BackfillPace(chunk: 3, hours: Pace.Hours("20:00-06:00"), ratePerHour: 5), tags: ["t"]),
            asset: asset("gold.revenue"), partitions: "2026-11-01..2026-11-10", count: count)
    }

    private static func backfill(_ name: String = "calls", _ second: Int64 = 0) throws -> Backfill {
        let at = noon + .seconds(second)
        return Backfill(BackfillID(at: at, random: 1), try plan(name), createdAt: at)
    }

    static let backfills: [Claim] = [
        Claim("a backfill is kept as it is, with its chunks") { store in
            let first = try backfill()
            try await store.createBackfill(first)
            #expect(try await store.backfill(first.id) == first)
            let changed = try await store.changeBackfill(first.id, leaseFor: .seconds(60)) { backfill in
                backfill.begin(0, "2026-11-01..2026-11-03", count: 3, run: run("r1"), at: noon)
                backfill.begin(1, "2026-11-04..2026-11-06", count: 3, run: run("r2"), at: noon)
                backfill.settle(run("r1"), .failed("no"), at: noon + .seconds(9))
                return BackfillEffects(at: noon)
            }
            #expect(try await store.backfill(first.id) == changed && changed.chunks.count == 2)
            let after = try await store.changeBackfill(first.id, leaseFor: .seconds(60)) { backfill in
                backfill.settle(run("r2"), .built, at: noon + .seconds(10))
                backfill.pause("for a while")
                return BackfillEffects(at: noon)
            }
            #expect(
                after.chunks.keys.sorted() == [0] && after.recent.count == 1 && after.reason == "for a while")
            #expect(try await store.backfill(first.id) == after)
            #expect(try await store.backfill(named: first.plan.name) == after)
            let unknown = BackfillID(at: noon, random: 9)
            #expect(try await store.backfill(unknown) == nil)
            await #expect(throws: BackfillRefusal.self) {
                try await store.changeBackfill(unknown, leaseFor: .seconds(60)) { _ in
                    BackfillEffects(at: noon)
                }
            }
        },
        Claim("there is one open backfill of a name, and lists have the newest first") { store in
            let first = try backfill("calls")
            try await store.createBackfill(first)
            let second = try backfill("calls", 5)
            let refusal = await #expect(throws: BackfillRefusal.self) {
                try await store.createBackfill(second)
            }
            #expect(refusal?.kind == .exists(first.id))
            let other = try backfill("other", 2)
            try await store.createBackfill(other)
            _ = try await store.changeBackfill(first.id, leaseFor: .seconds(60)) { backfill in
                _ = backfill.cancel(at: noon + .seconds(4))
                return BackfillEffects(at: noon)
            }
            try await store.createBackfill(second)
            #expect(
                try await store.backfills(openOnly: false, limit: 10).map(\.id) == [
                    second.id, other.id, first.id,
                ])
            #expect(try await store.backfills(openOnly: true, limit: 10).map(\.id) == [second.id, other.id])
            #expect(try await store.backfill(named: first.plan.name)?.id == second.id)
            // Old ones go with the rest of the history; open ones stay.
            let compaction = try await store.compact(Retention(), now: noon + .seconds(500 * 86_400))
            #expect(compaction.backfills == 1)
            #expect(try await store.backfills(openOnly: false, limit: 10).map(\.id) == [second.id, other.id])
        },
        Claim("a chunk and its run begin together or not at all, and once whoever tries") { store in
            let backfill = try backfill()
            try await store.createBackfill(backfill)
            let key = backfill.idempotencyKey(ofChunk: 0)
            @Sendable func begin(_ id: String) async throws -> Backfill {
                try await store.changeBackfill(backfill.id, leaseFor: .seconds(60)) { backfill in
                    var effects = BackfillEffects(at: noon)
                    guard backfill.mayBegin(0, under: key) else { return effects }
                    backfill.begin(0, "2026-11-01..2026-11-03", count: 3, run: run(id), at: noon)
                    effects.runs.append(
                        (.sample(id, pid: nil, key: key), [step(id, "2026-11-01..2026-11-03", 3)]))
                    return effects
                }
            }
            await #expect(throws: UnknownStep.self) {
                try await store.changeBackfill(backfill.id, leaseFor: .seconds(60)) { backfill in
                    var effects = BackfillEffects(at: noon)
                    backfill.begin(0, "2026-11-01", count: 3, run: run("r0"), at: noon)
                    let broken = PlannedStep(
                        StepID(run: run("r0"), asset: asset("gold.revenue")),
                        after: [StepKey(asset("silver.a"))])
                    effects.runs.append((.sample("r0", pid: nil), [broken]))
                    return effects
                }
            }
            #expect(try await store.backfill(backfill.id) == backfill)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...8 { group.addTask { _ = try await begin("r\(number)") } }
                try await group.waitForAll()
            }
            let runs = try await store.runs(RunFilter())
            #expect(runs.count == 1)
            let chunk = try #require(try await store.backfill(backfill.id)?.chunks[0])
            #expect(chunk.run == runs.first?.id && chunk.state == .running)
            // Its end, and that of its runs, are one, too.
            let ended = try await store.changeBackfill(backfill.id, leaseFor: .seconds(60)) { backfill in
                var effects = BackfillEffects(at: noon)
                effects.cancelled = backfill.cancel(at: noon)
                return effects
            }
            #expect(ended.state == .cancelled)
            #expect(try await store.runs(RunFilter()).map(\.state) == [.cancelled])
        },
    ]
}
