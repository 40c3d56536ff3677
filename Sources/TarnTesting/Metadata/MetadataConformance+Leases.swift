internal import LakeModel
internal import Metadata
internal import Testing

extension MetadataConformance {
    static func steps(_ id: String, _ assets: [String]) -> [StepID] {
        assets.map { StepID(run: run(id), asset: asset($0)) }
    }

    static let leases: [Claim] = [
        Claim("steps are claimed when their inputs are built, each by one worker") { store in
            let s = steps("r1", ["bronze_s.a", "bronze_s.b", "silver.a", "gold.c"])
            _ = try await store.createRun(
                .sample(pid: nil),
                steps: [
                    PlannedStep(s[0]), PlannedStep(s[1]), PlannedStep(s[2], after: [s[0].key, s[1].key]),
                    PlannedStep(s[3], after: [s[2].key]),
                ])
            let first = try await store.claim(1, at: noon)
            #expect(first.map(\.step) == [s[0]])
            #expect(first[0].expiresAt == noon + .seconds(30) && first[0].lost == 0 && !first[0].mustFence)
            let second = try await store.claim(at: noon, as: another)
            #expect(second.map(\.step) == [s[1]])
            #expect(try await store.claim(at: noon, as: another) == [])
            try await store.finish(steps: [first[0].attempt.finished(.skipped("unchanged"), at: noon)])
            #expect(try await store.claim(at: noon) == [])
            try await store.finish(steps: [
                second[0].attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: noon + .seconds(1))
            ])
            // It became ready a second later than that.
            #expect(try await store.claim(at: noon) == [])
            let third = try await store.claim(at: noon + .seconds(1))
            #expect(third.map(\.step) == [s[2]])
            let record = try #require(try await store.run(run("r1"))?.steps[2])
            #expect(record.lease?.owner == someone && record.attempts.first?.owner == someone)
            try await store.finish(steps: [third[0].attempt.finished(.failed(.sample(.badQuery)), at: noon)])
            let report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.state) == [.skipped, .succeeded, .failed, .blocked])
            #expect(report.steps[3].blockedBy == s[2].asset && report.summary.state == .failed)
            #expect(report.steps[2].lease == nil)
        },
        Claim("a failure blocks all that is made from it, once, and nothing else") { store in
            let s = steps("r1", ["bronze_s.a", "bronze_s.b", "silver.a", "silver.b", "gold.c", "gold.d"])
            _ = try await store.createRun(
                .sample(pid: nil),
                steps: [
                    PlannedStep(s[0]), PlannedStep(s[1]), PlannedStep(s[2], after: [s[0].key]),
                    PlannedStep(s[3], after: [s[0].key]), PlannedStep(s[4], after: [s[2].key, s[3].key]),
                    PlannedStep(s[5], after: [s[1].key]),
                ])
            let claims = try await store.claim(at: noon)
            try await store.finish(steps: [claims[0].attempt.finished(.failed(.sample(.badData)), at: noon)])
            let report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.state) == [.failed, .running, .blocked, .blocked, .blocked, .waiting])
            #expect(try await store.pulse(of: run("r1")).openSteps == 2)
        },
        Claim("a step that failed is not claimed before its time") { store in
            let s = steps("r1", ["silver.a"])
            _ = try await store.createRun(.sample(pid: nil), steps: [PlannedStep(s[0])])
            let first = try await store.claim(at: noon)
            try await store.finish(steps: [
                first[0].attempt.finished(.retrying(.sample()), at: noon, retryAt: noon + .seconds(60))
            ])
            #expect(try await store.run(run("r1"))?.steps.first?.readyAt == noon + .seconds(60))
            #expect(try await store.claim(at: noon + .seconds(59)) == [])
            let second = try await store.claim(at: noon + .seconds(60))
            #expect(second.first?.attempt.number == 2 && second.first?.lost == 0)
        },
        Claim("nobody works on one asset twice, whatever the run and the partition") { store in
            let day = PartitionKey("2026-11-22")
            for id in ["r1", "r2"] {
                _ = try await store.createRun(
                    .sample(id, pid: nil),
                    steps: [
                        PlannedStep(StepID(run: run(id), asset: asset("silver.a"))),
                        PlannedStep(StepID(run: run(id), asset: asset("silver.a"), partition: day)),
                    ])
            }
            var seen: [StepID] = []
            for _ in 0..<4 {
                let claims = try await store.claim(at: noon)
                #expect(claims.count == 1)
                for claim in claims {
                    seen.append(claim.step)
                    try await store.finish(steps: [claim.attempt.finished(.skipped("unchanged"), at: noon)])
                }
            }
            #expect(seen.map(\.run.text) == ["r1", "r1", "r2", "r2"])
            #expect(seen.map(\.partition) == [nil, day, nil, day])
        },
        Claim("priority comes before age; a process's own run is not for others") { store in
            for (id, priority, pid) in [("r1", 0, nil), ("r2", 5, nil), ("r3", 9, 4711 as Int32?)] {
                _ = try await store.createRun(
                    .sample(id, pid: pid, priority: priority),
                    steps: [PlannedStep(StepID(run: run(id), asset: asset("silver.\(id)")))])
            }
            let claims = try await store.claim(at: noon)
            #expect(claims.map(\.step.run.text) == ["r2", "r1"])
            #expect(try await store.begin(run("r3"), at: noon).step.run == run("r3"))
        },
        Claim("pools are never overfull, and who waits for one is not overtaken") { store in
            let uses = [["a=1"], ["a=1"], ["a=2"], ["a=1"], ["b=9"], []]
            _ = try await store.createRun(
                .sample(pid: nil),
                steps: uses.enumerated().map { index, uses in
                    PlannedStep(
                        StepID(run: run("r1"), asset: asset("silver.t\(index)")),
                        pools: uses.compactMap { PoolUse($0) })
                })
            let pools = ["a": 2, "b": 3]
            let first = try await store.claim(at: noon, pools: pools)
            // The third waits for all of pool a, so that the fourth does too; 9 of 3 is all of b.
            #expect(first.map(\.step.asset.description) == ["t0", "t1", "t4", "t5"].map { "silver.\($0)" })
            try await store.finish(steps: [first[0].attempt.finished(.skipped("unchanged"), at: noon)])
            #expect(try await store.claim(at: noon, pools: pools) == [])
            try await store.finish(steps: [first[1].attempt.finished(.skipped("unchanged"), at: noon)])
            #expect(try await store.claim(at: noon, pools: pools).map(\.step.asset) == [asset("silver.t2")])
            #expect(
                try await store.claim(at: noon, pools: ["a": 4]).map(\.step.asset) == [asset("silver.t3")])
        },
        Claim("a lease is renewed by its holder only") { store in
            let s = steps("r1", ["silver.a"])
            _ = try await store.createRun(.sample(), steps: [PlannedStep(s[0])])
            let attempt = try await store.begin(run("r1"), at: noon)
            let renewal = LeaseRenewal(step: s[0], epoch: attempt.epoch, rowsDone: 7, bytesDone: 9)
            let later = noon + .seconds(20)
            let answer = try await store.renew(
                [renewal], runs: [run("r1"), run("r9")], by: someone, for: .seconds(30), at: later)
            #expect(answer.leases == [.held(until: later + .seconds(30))] && answer.runs == [run("r1")])
            let lease = try #require(try await store.run(run("r1"))?.steps.first?.lease)
            #expect(lease.expiresAt == later + .seconds(30) && lease.rowsDone == 7 && lease.bytesDone == 9)
            for (other, who) in [
                (renewal, another), (LeaseRenewal(step: s[0], epoch: LeaseEpoch(99)), someone),
            ] {
                let refused = try await store.renew([other], runs: [], by: who, for: .seconds(30), at: later)
                #expect(refused.leases == [.lost])
            }
            // Late, but nobody has taken it.
            let late = try await store.renew(
                [renewal], runs: [], by: someone, for: .seconds(30), at: noon + .seconds(500))
            #expect(late.leases == [.held(until: noon + .seconds(530))])
            try await store.finish(steps: [attempt.finished(.skipped("unchanged"), at: later)])
            let over = try await store.renew(
                [renewal], runs: [run("r1")], by: someone, for: .seconds(1), at: later)
            #expect(over.leases == [.lost] && over.runs == [])
        },
    ]

    static let reclaims: [Claim] = [
        Claim("who does not renew loses the step to somebody else, and can no longer end it") { store in
            let s = steps("r1", ["silver.a", "gold.c"])
            _ = try await store.createRun(
                .sample(pid: nil), steps: [PlannedStep(s[0]), PlannedStep(s[1], after: [s[0].key])])
            let claims = try await store.claim(at: noon)
            #expect(try await store.reclaim(at: noon + .seconds(29)) { _ in true } == [])
            let late = noon + .seconds(30)
            let reclaimed = try await store.reclaim(at: late) { _ in true }
            #expect(reclaimed == [Reclaimed(step: s[0], owner: someone, state: .waiting)])
            #expect(try await store.reclaim(at: late) { _ in true } == [])
            let again = try await store.claim(at: late, as: another)
            #expect(again.first?.step == s[0] && again.first?.lost == 1 && again.first?.mustFence == true)
            #expect(try #require(again.first).epoch > claims[0].epoch)
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [
                    claims[0].attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: late)
                ])
            }
            let renewal = LeaseRenewal(step: s[0], epoch: claims[0].epoch)
            #expect(
                try await store.renew([renewal], runs: [], by: someone, for: .seconds(30), at: late).leases
                    == [.lost])
            try await store.finish(steps: [
                try #require(again.first).attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: late)
            ])
            let record = try #require(try await store.run(run("r1"))?.steps.first)
            #expect(record.attempts.map(\.state) == [.lost, .succeeded])
            let kinds = try await store.events(of: run("r1"), after: 0, limit: 20).map(\.draft.kind)
            #expect(kinds.contains(.stepReclaimed))
        },
        Claim("a step whose workers die again and again is lost, and what is made from it is blocked") {
            store in
            let s = steps("r1", ["silver.a", "gold.c"])
            _ = try await store.createRun(
                .sample(pid: nil), steps: [PlannedStep(s[0]), PlannedStep(s[1], after: [s[0].key])])
            var now = noon
            for _ in 0..<MetadataLimits.lostAttemptsMax {
                #expect(try await store.claim(at: now).count == 1)
                now = now + .seconds(60)
                #expect(try await store.reclaim(at: now) { _ in true }.count == 1)
            }
            #expect(try await store.claim(at: now) == [])
            let report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.state) == [.lost, .blocked] && report.summary.state == .lost)
        },
        Claim("the steps of a process that is gone need not run out") { store in
            let s = steps("r1", ["silver.a"])
            _ = try await store.createRun(.sample(pid: nil), steps: [PlannedStep(s[0])])
            let process = ProcessIdentity(host: "etl-1", bootID: "boot", pid: 1, startTicks: 7)
            try await store.registerNode(
                NodeRecord(
                    worker: someone, process: process, kind: "worker", slots: 4, startedAt: noon, seenAt: noon
                ))
            #expect(try await store.nodes().map(\.process) == [process])
            _ = try await store.claim(at: noon)
            #expect(try await store.reclaim(at: noon) { _ in true } == [])
            #expect(try await store.reclaim(at: noon) { $0.pid != 1 }.map(\.step) == s)
        },
        Claim("a run that is bound to a process ends with it, others go on") { store in
            for (id, pid) in [("dead", 1 as Int32), ("alive", 2), ("done", 1)] {
                let names = id == "done" ? [] : ["silver.\(id)", "gold.\(id)"]
                try await store.createRun(.sample(id, pid: pid), steps: steps(id, names))
            }
            let attempt = try await store.begin(run("dead"), at: noon)
            let later = noon + .seconds(10)
            let reclaimed = try await store.reclaim(at: later) { $0.pid != 1 }
            #expect(reclaimed.map(\.state) == [.lost, .lost])
            #expect(try await store.reclaim(at: later) { $0.pid != 1 } == [])
            let report = try #require(try await store.run(run("dead")))
            #expect(report.summary.state == .lost && report.summary.finishedAt == later)
            #expect(report.steps.map(\.state) == [.lost, .lost])
            #expect(report.steps[0].attempts.map(\.state) == [.lost])
            #expect(try await store.events(of: run("dead"), after: 0, limit: 20).last?.draft.kind == .runLost)
            #expect(try await store.run(run("alive"))?.summary.state == .queued)
            #expect(try await store.run(run("done"))?.summary.state == .succeeded)
            // A zombie that comes back cannot finish what was declared lost.
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [
                    attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: later)
                ])
            }
            // Its process may be alive and hang: the run has a lease as well.
            #expect(try await store.reclaim(at: noon + .seconds(61)) { _ in true }.count == 2)
            #expect(try await store.run(run("alive"))?.summary.state == .lost)
        },
        Claim("a step of a cancelled run is not tried again when its worker is gone") { store in
            let s = steps("r1", ["silver.a"])
            _ = try await store.createRun(.sample(pid: nil), steps: [PlannedStep(s[0])])
            _ = try await store.claim(at: noon)
            #expect(try await store.cancel(run("r1"), at: noon))
            let reclaimed = try await store.reclaim(at: noon + .seconds(60)) { _ in true }
            #expect(reclaimed.map(\.state) == [.cancelled])
            #expect(try await store.run(run("r1"))?.summary.state == .cancelled)
        },
        Claim("an office has one holder, until it is given up or runs out") { store in
            func lead(_ who: WorkerID, _ seconds: Int) async throws -> LeaseEpoch? {
                try await store.lead("scheduler", as: who, for: .seconds(10), at: noon + .seconds(seconds))
            }
            #expect(try await lead(someone, 0) == LeaseEpoch(1))
            #expect(try await lead(another, 5) == nil)
            #expect(try await lead(someone, 8) == LeaseEpoch(1))
            #expect(try await lead(another, 17) == nil)
            #expect(try await lead(another, 18) == LeaseEpoch(2))
            #expect(try await lead(someone, 19) == nil)
            try await store.resign("scheduler", as: someone)
            #expect(try await lead(someone, 19) == nil)
            try await store.resign("scheduler", as: another)
            #expect(try await lead(someone, 20) == LeaseEpoch(3))
        },
    ]
}
