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
            #expect(summary.state == .queued)
            #expect(summary.createdAt == noon && summary.startedAt == nil)
            #expect(summary.finishedAt == nil)
            #expect(summary.steps == [.waiting: 2, .skipped: 1])
            #expect(try await store.run(run("other")) == nil)
        },
        Claim("runs are listed newest first, filtered and bounded") { store in
            for (number, trigger) in [RunTrigger.manual, .schedule, .manual, .schedule].enumerated() {
                let id = "r\(number)"
                let name = number == 2 ? "gold.c" : "gold.d"
                _ = try await store.createRun(
                    .sample(
                        id, trigger: trigger, tags: number == 1 ? ["100%", "b_"] : ["1009"],
                        at: noon + .seconds(number)),
                    steps: number == 3 ? [] : [StepID(run: run(id), asset: asset(name))])
            }
            func ids(_ filter: RunFilter) async throws -> [String] {
                try await store.runs(filter).map(\.id.text)
            }
            #expect(try await ids(RunFilter()) == ["r3", "r2", "r1", "r0"])
            #expect(try await ids(RunFilter(limit: 2)) == ["r3", "r2"])
            #expect(try await ids(RunFilter(states: [.succeeded, .failed])) == ["r3"])
            #expect(try await ids(RunFilter(asset: asset("gold.c"))) == ["r2"])
            #expect(try await ids(RunFilter(trigger: .schedule)) == ["r3", "r1"])
            #expect(try await ids(RunFilter(tag: "100%")) == ["r1"])
            #expect(try await ids(RunFilter(tag: "b_")) == ["r1"])
            #expect(try await ids(RunFilter(tag: "b")) == [])
            #expect(
                try await ids(RunFilter(since: noon + .seconds(1), before: noon + .seconds(3))) == [
                    "r2", "r1",
                ])
        },
        Claim("a run's id is taken once; one of a known idempotency key is the earlier one") { store in
            _ = try await store.createRun(.sample())
            await #expect(throws: RunRefusal.self) { try await store.createRun(.sample()) }
            let first = try await store.createRun(.sample("r2", key: "schedule/night/1"))
            let again = try await store.createRun(.sample("r3", key: "schedule/night/1"))
            #expect(first == run("r2") && again == run("r2"))
            #expect(try await store.run(run("r3")) == nil)
            #expect(try await store.createRun(.sample("r4", key: "schedule/night/2")) == run("r4"))
        },
        Claim("a run is over in the moment in which its last step is") { store in
            let steps = ["silver.a", "silver.b"].map { StepID(run: run("r1"), asset: asset($0)) }
            let settings = RunSettings(isForced: true, isFullRefresh: true)
            try await store.createRun(.sample(settings: settings), steps: steps)
            #expect(try await store.pulse(of: run("r1")).openSteps == 2)
            let first = try await store.begin(run("r1"), at: noon + .seconds(1))
            #expect(try await store.pulse(of: run("r1")).state == .running)
            try await store.finish(steps: [first.finished(.skipped("unchanged"), at: noon + .seconds(2))])
            #expect(try await store.pulse(of: run("r1")).openSteps == 1)
            let second = try await store.begin(run("r1"), at: noon + .seconds(3))
            try await store.finish(steps: [
                second.finished(.failed(.sample(.badQuery)), at: noon + .seconds(4))
            ])
            let summary = try #require(try await store.run(run("r1"))).summary
            #expect(summary.state == .failed && summary.finishedAt == noon + .seconds(4))
            #expect(summary.startedAt == noon + .seconds(1) && summary.settings == settings)
            #expect(summary.elapsed(at: noon) == .seconds(3))
            let kinds = try await store.events(of: run("r1"), after: 0, limit: 20).map(\.draft.kind)
            #expect(
                kinds == [
                    .runCreated, .runStarted, .stepStarted, .stepSkipped, .stepStarted, .stepFailed,
                    .runFinished,
                ])
            await #expect(throws: UnknownRun.self) { try await store.pulse(of: run("r9")) }
        },
        Claim("a run without steps has succeeded") { store in
            _ = try await store.createRun(.sample())
            #expect(try await store.run(run("r1"))?.summary.state == .succeeded)
        },
        Claim("cancelling a run cancels what waits, and tells who works on the rest") { store in
            let steps = ["silver.a", "silver.b", "silver.c"].map { StepID(run: run("r1"), asset: asset($0)) }
            try await store.createRun(.sample(), steps: steps)
            let done = try await store.begin(run("r1"), at: noon)
            try await store.finish(steps: [done.finished(.skipped("unchanged"), at: noon)])
            let attempt = try await store.begin(run("r1"), at: noon)
            #expect(try await store.cancel(run("r1"), at: noon))
            var report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.state) == [.skipped, .running, .cancelled])
            #expect(report.summary.isCancelRequested && report.summary.state == .running)
            let answer = try await store.renew(
                [LeaseRenewal(step: attempt.step, epoch: attempt.epoch)], runs: [], by: someone,
                for: .seconds(30), at: noon)
            #expect(answer.leases == [.cancelled(until: noon + .seconds(30))])
            // It fails while it is being stopped: there is no other attempt.
            try await store.finish(steps: [attempt.finished(.retrying(.sample()), at: noon)])
            report = try #require(try await store.run(run("r1")))
            #expect(report.steps.map(\.state) == [.skipped, .cancelled, .cancelled])
            #expect(report.steps[1].attempts.map(\.state) == [.cancelled])
            #expect(report.summary.state == .cancelled)
            #expect(try await store.cancel(run("r1"), at: noon) == false)
        },
        Claim("all changes of a commit are kept or none") { store in
            try await store.createRun(.sample(), steps: [StepID(run: run("r1"), asset: asset("silver.a"))])
            let before = try await store.events(of: run("r1"), after: 0, limit: 10)
            await #expect(throws: UnknownStep.self) {
                try await store.commit([
                    .eventsAppended([RunEvent.Draft(run: run("r1"), at: noon, kind: .note, text: "kept?")]),
                    .materialized([.sample()]),
                    .stepsFinished([
                        StepCompletion(StepID(run: run("r1"), asset: asset("silver.z")), .lost, at: noon)
                    ]),
                ])
            }
            #expect(try await store.events(of: run("r1"), after: 0, limit: 10) == before)
            #expect(try await store.latestMaterializations() == [:])
        },
    ]

    static let steps: [Claim] = [
        Claim("a step is tried again after a failure and remembers every attempt") { store in
            let step = StepID(
                run: run("r1"), asset: asset("bronze_v3_order.invoice"), partition: PartitionKey("2026-11-22")
            )
            try await store.createRun(.sample(), steps: [step])
            let first = try await store.begin(step.run, at: noon)
            #expect(first.number == 1)
            try await store.finish(steps: [first.finished(.retrying(.sample()), at: noon + .seconds(1))])
            #expect(try await store.run(run("r1"))?.steps.first?.state == .waiting)
            #expect(try await store.run(run("r1"))?.steps.first?.failure == .sample())
            let second = try await store.begin(run("r1"), at: noon + .seconds(2))
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
            _ = try await store.createRun(
                .sample(),
                steps: [
                    PlannedStep(steps[0]), PlannedStep(steps[1]),
                    PlannedStep(steps[2], after: [steps[1].key]),
                ])
            let skipped = try await store.begin(run("r1"), at: noon)
            let attempt = try await store.begin(run("r1"), at: noon)
            try await store.finish(steps: [
                skipped.finished(.skipped(.unchanged(since: run("r0"))), at: noon),
                attempt.finished(.failed(.sample(.badQuery)), at: noon),
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
            let attempt = try await store.begin(step.run, at: noon)
            #expect(
                try await store.claim(
                    ClaimRequest(
                        owner: another, run: run("r1"), stepsMax: 1, leaseFor: .seconds(1), now: noon)) == [])
            #expect(try await store.run(run("r1"))?.steps.first?.attempts.count == 1)
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [StepCompletion(step, .skipped("without an epoch"), at: noon)])
            }
            let end = attempt.finished(.skipped("unchanged"), at: noon)
            try await store.finish(steps: [end])
            // The answer was lost, so that it is told again.
            try await store.finish(steps: [end])
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [attempt.finished(.failed(.sample()), at: noon)])
            }
            await #expect(throws: UnknownStep.self) {
                try await store.createRun(
                    .sample("r2"),
                    steps: [
                        PlannedStep(
                            StepID(run: run("r2"), asset: asset("gold.c")),
                            after: [StepKey(asset("silver.z"))])
                    ])
            }
            #expect(try await store.run(run("r2")) == nil)
        },
        Claim("epochs of an asset grow over runs, and past the epoch that is published") { store in
            var epochs: [LeaseEpoch] = []
            for id in ["r1", "r2"] {
                let step = StepID(run: run(id), asset: asset("silver.a"))
                try await store.createRun(.sample(id), steps: [step])
                let attempt = try await store.begin(step.run, at: noon)
                try await store.finish(steps: [attempt.finished(.skipped("unchanged"), at: noon)])
                epochs.append(attempt.epoch)
            }
            #expect(epochs == [LeaseEpoch(1), LeaseEpoch(2)])
            let step = StepID(run: run("r3"), asset: asset("silver.a"))
            try await store.createRun(.sample("r3"), steps: [step])
            let low = try await store.begin(run("r3"), at: noon)
            let raised = try await store.raise(low, beyond: LeaseEpoch(40))
            #expect(raised.epoch == LeaseEpoch(41) && raised.number == 1)
            await #expect(throws: StepRefusal.self) { try await store.raise(low, beyond: LeaseEpoch(50)) }
            await #expect(throws: StepRefusal.self) {
                try await store.finish(steps: [low.finished(.skipped("unchanged"), at: noon)])
            }
            try await store.finish(steps: [raised.finished(.skipped("unchanged"), at: noon)])
            #expect(try await store.run(run("r3"))?.steps.first?.attempts.map(\.epoch) == [LeaseEpoch(41)])
        },
        Claim("the end of an attempt under an old epoch does not count") { store in
            let step = StepID(run: run("r1"), asset: asset("silver.a"))
            try await store.createRun(.sample(), steps: [step])
            let first = try await store.begin(step.run, at: noon)
            try await store.finish(steps: [first.finished(.retrying(.sample()), at: noon)])
            _ = try await store.begin(step.run, at: noon)
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
