internal import LakeModel
internal import Metadata
internal import Testing

extension MetadataConformance {
    static let runs: [Claim] = [
        Claim("a run is listed as it was created, with the count of its steps in each state") { store in
            let steps = ["silver.a", "silver.b", "gold.c"].map { StepID(run: run("r1"), asset: asset($0)) }
            try await store.createRun(.sample("r1", selection: "+gold.c", trigger: .schedule), steps: steps)
            try await store.finish(steps: [StepCompletion(steps[0], .skipped("unchanged"), at: noon)])
            let listed = try await store.runs(RunFilter())
            #expect(listed.count == 1)
            let summary = try #require(listed.first)
            #expect(summary.id == run("r1"))
            #expect(summary.selection == "+gold.c")
            #expect(summary.trigger == .schedule)
            #expect(summary.process == NewRun.sample().process)
            #expect(summary.state == .running)
            #expect(summary.startedAt == noon)
            #expect(summary.finishedAt == nil)
            #expect(summary.steps == [.waiting: 2, .skipped: 1])
            #expect(try await store.run(run("other")) == nil)
        },
        Claim("runs are listed newest first, filtered and bounded") { store in
            for (number, trigger) in [RunTrigger.manual, .schedule, .manual, .schedule].enumerated() {
                let id = "r\(number)"
                try await store.createRun(
                    .sample(id, trigger: trigger, at: noon + .seconds(number)),
                    steps: number == 2 ? [StepID(run: run(id), asset: asset("gold.c"))] : [])
            }
            try await store.finishRun(run("r3"), as: .succeeded, at: noon + .seconds(9))
            func ids(_ filter: RunFilter) async throws -> [String] {
                try await store.runs(filter).map(\.id.text)
            }
            #expect(try await ids(RunFilter()) == ["r3", "r2", "r1", "r0"])
            #expect(try await ids(RunFilter(limit: 2)) == ["r3", "r2"])
            #expect(try await ids(RunFilter(states: [.succeeded, .failed])) == ["r3"])
            #expect(try await ids(RunFilter(asset: asset("gold.c"))) == ["r2"])
            #expect(try await ids(RunFilter(trigger: .schedule)) == ["r3", "r1"])
            #expect(
                try await ids(RunFilter(since: noon + .seconds(1), before: noon + .seconds(3))) == [
                    "r2", "r1",
                ])
        },
        Claim("a run's id is taken once") { store in
            try await store.createRun(.sample())
            await #expect(throws: RunRefusal.self) { try await store.createRun(.sample()) }
        },
        Claim("a run ends once, and not before its steps") { store in
            let step = StepID(run: run("r1"), asset: asset("silver.a"))
            try await store.createRun(.sample(), steps: [step])
            await #expect(throws: RunRefusal.self) {
                try await store.finishRun(run("r1"), as: .succeeded, at: noon)
            }
            try await store.finish(steps: [StepCompletion(step, .skipped("unchanged"), at: noon)])
            try await store.finishRun(run("r1"), as: .succeeded, at: noon)
            await #expect(throws: RunRefusal.self) {
                try await store.finishRun(run("r1"), as: .failed, at: noon)
            }
            #expect(try await store.run(run("r1"))?.summary.state == .succeeded)
            #expect(try await store.run(run("r1"))?.summary.finishedAt == noon)
        },
        Claim("cancelling a run cancels its unfinished steps and leaves the finished ones") { store in
            let steps = ["silver.a", "silver.b", "silver.c"].map { StepID(run: run("r1"), asset: asset($0)) }
            try await store.createRun(.sample(), steps: steps)
            try await store.finish(steps: [StepCompletion(steps[0], .skipped("unchanged"), at: noon)])
            _ = try await store.startAttempt(of: steps[1], at: noon)
            try await store.finishRun(run("r1"), as: .cancelled, at: noon)
            let report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.state) == [.skipped, .cancelled, .cancelled])
            #expect(report.steps[1].attempts.map(\.state) == [.cancelled])
        },
        Claim("all changes of a commit are kept or none") { store in
            try await store.createRun(.sample())
            await #expect(throws: UnknownStep.self) {
                try await store.commit([
                    .eventsAppended([RunEvent.Draft(run: run("r1"), at: noon, kind: .note, text: "kept?")]),
                    .materialized([.sample()]),
                    .stepsFinished([
                        StepCompletion(StepID(run: run("r1"), asset: asset("silver.z")), .lost, at: noon)
                    ]),
                ])
            }
            #expect(try await store.events(of: run("r1"), after: 0, limit: 10) == [])
            #expect(try await store.latestMaterializations() == [:])
        },
        Claim("runs of dead processes are lost with their steps; others are left alone") { store in
            let steps = ["silver.a", "silver.b"].map { StepID(run: run("dead"), asset: asset($0)) }
            try await store.createRun(.sample("dead", pid: 1), steps: steps)
            try await store.createRun(.sample("alive", pid: 2))
            try await store.createRun(.sample("done", pid: 1))
            try await store.finishRun(run("done"), as: .succeeded, at: noon)
            let attempt = try await store.startAttempt(of: steps[0], at: noon)
            let later = noon + .seconds(60)
            #expect(try await store.reclaimLostRuns(at: later) { $0.pid != 1 } == [run("dead")])
            #expect(try await store.reclaimLostRuns(at: later) { $0.pid != 1 } == [])
            let report = try #require(try await store.run(run("dead")))
            #expect(report.summary.state == .lost)
            #expect(report.summary.finishedAt == later)
            #expect(report.steps.map(\.state) == [.lost, .lost])
            #expect(report.steps[0].attempts.map(\.state) == [.lost])
            #expect(
                try await store.events(of: run("dead"), after: 0, limit: 10).map(\.draft.kind) == [.runLost])
            #expect(try await store.run(run("alive"))?.summary.state == .running)
            #expect(try await store.run(run("done"))?.summary.state == .succeeded)
            // A zombie that comes back cannot finish what was declared lost.
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [
                    attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: later)
                ])
            }
        },
    ]

    static let steps: [Claim] = [
        Claim("a step is tried again after a failure and remembers every attempt") { store in
            let step = StepID(
                run: run("r1"), asset: asset("bronze_v3_order.invoice"), partition: Day("2026-11-22"))
            try await store.createRun(.sample(), steps: [step])
            let first = try await store.startAttempt(of: step, at: noon)
            #expect(first.number == 1)
            try await store.finish(steps: [first.finished(.retrying(.sample()), at: noon + .seconds(1))])
            #expect(try await store.run(run("r1"))?.steps.first?.state == .waiting)
            #expect(try await store.run(run("r1"))?.steps.first?.failure == .sample())
            let second = try await store.startAttempt(of: step, at: noon + .seconds(2))
            #expect(second.number == 2)
            #expect(second.epoch > first.epoch)
            let end = StepOutcome.succeeded(rows: 27_900_000, bytes: ByteCount(1_700_000_000))
            try await store.finish(steps: [second.finished(end, at: noon + .seconds(5))])
            let record = try #require(try await store.run(run("r1"))?.steps.first)
            #expect(record.step == step)
            #expect(record.state == .succeeded)
            #expect(record.startedAt == noon)
            #expect(record.finishedAt == noon + .seconds(5))
            #expect(record.rows == 27_900_000)
            #expect(record.bytes == ByteCount(1_700_000_000))
            #expect(record.failure == nil)
            #expect(record.attempts.map(\.number) == [1, 2])
            #expect(record.attempts.map(\.state) == [.failed, .succeeded])
            #expect(record.attempts.map(\.failure) == [.sample(), nil])
            #expect(record.attempts.map(\.finishedAt) == [noon + .seconds(1), noon + .seconds(5)])
        },
        Claim("steps that were never tried say why, in the order of the plan") { store in
            let steps = ["silver.b", "silver.a", "gold.c"].map { StepID(run: run("r1"), asset: asset($0)) }
            try await store.createRun(.sample(), steps: steps)
            let attempt = try await store.startAttempt(of: steps[1], at: noon)
            try await store.finish(steps: [
                StepCompletion(steps[0], .skipped(.unchanged(since: run("r0"))), at: noon),
                attempt.finished(.failed(.sample(.badQuery)), at: noon),
                StepCompletion(steps[2], .blocked(by: steps[1].asset), at: noon),
            ])
            let records = try #require(try await store.run(run("r1"))).steps
            #expect(records.map(\.step) == steps)
            #expect(records.map(\.state) == [.skipped, .failed, .blocked])
            #expect(records[0].skipReason == "unchanged since run r0")
            #expect(records[1].failure == .sample(.badQuery))
            #expect(records[2].blockedBy == steps[1].asset)
        },
        Claim("an illegal change of a step throws and changes nothing") { store in
            let step = StepID(run: run("r1"), asset: asset("silver.a"))
            try await store.createRun(.sample(), steps: [step])
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [
                    StepCompletion(step, .succeeded(rows: 1, bytes: ByteCount(1)), at: noon)
                ])
            }
            _ = try await store.startAttempt(of: step, at: noon)
            await #expect(throws: StepRefusal.self) { try await store.startAttempt(of: step, at: noon) }
            #expect(try await store.run(run("r1"))?.steps.first?.attempts.count == 1)
            await #expect(throws: UnknownStep.self) {
                try await store.startAttempt(of: StepID(run: run("r1"), asset: asset("silver.z")), at: noon)
            }
            await #expect(throws: UnknownRun.self) {
                try await store.commit([.stepsPlanned([StepID(run: run("r9"), asset: asset("silver.z"))])])
            }
        },
        Claim("epochs of an asset grow over runs, and past the epoch that is published") { store in
            var epochs: [LeaseEpoch] = []
            for id in ["r1", "r2"] {
                let step = StepID(run: run(id), asset: asset("silver.a"))
                try await store.createRun(.sample(id), steps: [step])
                epochs.append(try await store.startAttempt(of: step, at: noon).epoch)
            }
            #expect(epochs == [LeaseEpoch(1), LeaseEpoch(2)])
            let step = StepID(run: run("r3"), asset: asset("silver.a"))
            try await store.createRun(.sample("r3"), steps: [step])
            #expect(
                try await store.startAttempt(of: step, after: LeaseEpoch(40), at: noon).epoch
                    == LeaseEpoch(41))
        },
        Claim("the end of an attempt under an old epoch does not count") { store in
            let step = StepID(run: run("r1"), asset: asset("silver.a"))
            try await store.createRun(.sample(), steps: [step])
            let first = try await store.startAttempt(of: step, at: noon)
            try await store.finish(steps: [first.finished(.retrying(.sample()), at: noon)])
            _ = try await store.startAttempt(of: step, at: noon)
            let refusal = await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [
                    first.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: noon)
                ])
            }
            #expect(refusal?.code == "run.step-fenced")
            #expect(try await store.run(run("r1"))?.steps.first?.state == .running)
        },
    ]
}
