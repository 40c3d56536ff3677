internal import LakeModel
internal import Metadata
internal import Testing

/// What is asked again and again by who watches.
extension MetadataConformance {
    static var watching: [Claim] {
        [
            Claim("tells how far runs are that are open, new or asked for, the oldest first") { store in
                for (name, minutes) in [("old", 0), ("open", 1), ("asked", 2), ("new", 3)] {
                    let run = run(name)
                    try await store.createRun(
                        NewRun(
                            id: run, selection: "*", trigger: .manual,
                            createdAt: noon + .seconds(minutes * 60)),
                        steps: [StepID(run: run, asset: asset("silver.\(name)"))])
                    if name != "open" { _ = try await store.cancel(run, at: noon + .seconds(600)) }
                }
                let found = try await store.activity(
                    since: noon + .seconds(180), of: [run("asked"), run("asked"), run("unknown"), run("new")])
                #expect(found.map(\.run.text) == ["open", "asked", "new"])
                #expect(found.map(\.state) == [.queued, .cancelled, .cancelled])
                #expect(found.map(\.newestEvent) == [1, 4, 4])
                #expect(
                    try await store.activity(since: noon + .seconds(999), of: []).map(\.run.text) == ["open"])
            },
            Claim("counts what waits for whom, and since when, and how runs have ended lately") { store in
                #expect(try await store.workload(at: noon, endedSince: noon) == Workload())
                let ended = run("ended")
                _ = try await store.createRun(
                    NewRun(id: ended, selection: "*", trigger: .manual, createdAt: noon - .seconds(90_000)))
                let (first, second) = (run("r1"), run("r2"))
                let (a, b) = (asset("silver.a"), asset("silver.b"))
                _ = try await store.createRun(
                    NewRun(id: first, selection: "*", trigger: .manual, createdAt: noon),
                    steps: [
                        PlannedStep(StepID(run: first, asset: a)),
                        PlannedStep(StepID(run: first, asset: b), after: [StepKey(a)]),
                    ])
                _ = try await store.createRun(
                    NewRun(id: second, selection: "*", trigger: .manual, createdAt: noon + .seconds(10)),
                    steps: [PlannedStep(StepID(run: second, asset: asset("gold.c")))])
                var expected = Workload()
                (expected.queuedRuns, expected.readySteps, expected.blockedSteps) = (2, 2, 1)
                expected.oldestReady = noon
                #expect(
                    try await store.workload(at: noon + .seconds(20), endedSince: noon - .seconds(86_400))
                        == expected)
                let attempt = try await store.begin(first, at: noon + .seconds(20))
                let failure = StepFailure(code: "source.unreachable", problem: "It went away.", category: .transient)
                try await store.finish(steps: [
                    attempt.finished(
                        .retrying(failure), at: noon + .seconds(30), retryAt: noon + .seconds(90))
                ])
                (expected.queuedRuns, expected.runningRuns, expected.readySteps) = (1, 1, 1)
                (expected.delayedSteps, expected.oldestReady) = (1, noon + .seconds(10))
                expected.endedRuns = [.succeeded: 1]
                #expect(
                    try await store.workload(at: noon + .seconds(40), endedSince: noon - .seconds(99_999))
                        == expected)
                _ = try await store.begin(second, at: noon + .seconds(40))
                (expected.queuedRuns, expected.runningRuns, expected.readySteps) = (0, 2, 0)
                (expected.runningSteps, expected.oldestReady) = (1, nil)
                #expect(
                    try await store.workload(at: noon + .seconds(41), endedSince: noon - .seconds(99_999))
                        == expected)
            },
            Claim("gives the pages of a list of runs without loss, also where many began at one instant") {
                store in
                for number in 0..<12 {
                    _ = try await store.createRun(
                        NewRun(
                            id: run("r\(number + 10)"), selection: "*", trigger: .manual,
                            createdAt: noon + .seconds(number / 8)))
                }
                var (seen, after): ([RunID], RunPosition?) = ([], nil)
                while true {
                    let page = try await store.runs(RunFilter(after: after, limit: 5))
                    guard let last = page.last else { break }
                    seen += page.map(\.id)
                    after = RunPosition(createdAt: last.createdAt, run: last.id)
                }
                #expect(seen.map(\.text) == (10...21).reversed().map { "r\($0)" })
            },
            Claim("knows when each asset was last published or found unchanged, whichever is later") {
                store in
                #expect(try await store.lastProofs().isEmpty)
                let (a, b) = (asset("silver.a"), asset("silver.b"))
                try await store.commit([
                    .materialized([
                        Materialization(
                            asset: a, run: run("r1"), version: "v", codeHash: "c", rows: 1,
                            bytes: ByteCount(1),
                            schema: [], inputs: [], startedAt: noon, finishedAt: noon + .seconds(1))
                    ]),
                    .verified([
                        Verification(asset: a, run: run("r2"), verifiedAt: noon + .seconds(5)),
                        Verification(asset: b, run: run("r2"), verifiedAt: noon),
                    ]),
                ])
                #expect(try await store.lastProofs() == [a: noon + .seconds(5), b: noon])
            },
        ]
    }
}
