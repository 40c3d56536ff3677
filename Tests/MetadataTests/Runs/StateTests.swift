import LakeModel
import TarnTesting
import Testing

@Suite struct `The states of runs and steps` {
    @Test func `end in states that nothing follows`() {
        #expect(Set(RunState.allCases.filter(\.isFinal)) == [.succeeded, .failed, .cancelled, .lost])
        #expect(
            Set(StepState.allCases.filter(\.isFinal))
                == [.succeeded, .failed, .skipped, .blocked, .cancelled, .lost])
    }

    @Test(
        arguments: StepState.allCases,
        [
            StepOutcome.succeeded(rows: 1, bytes: ByteCount(1)), .skipped("x"), .failed(.sample()),
            .retrying(.sample()),
            .blocked(by: Materialization.sample().asset), .cancelled, .lost,
        ])
    func `change only as the table allows, and a refused change changes nothing`(
        state: StepState, outcome: StepOutcome
    ) throws {
        let step = StepID(run: try #require(RunID("r1")), asset: try #require(AssetKey("silver.a")))
        let before = StepProgress(step: step, state: state, attempts: 1, epoch: .first)
        var after = before
        if state.canBecome(outcome.state) {
            try after.finish(outcome, under: .first)
            #expect(after.state == outcome.state)
        } else {
            #expect(throws: StepRefusal.self) { try after.finish(outcome, under: .first) }
            #expect(after == before)
        }
    }

    @Test func `need a newer epoch for every attempt, and the attempt's own for its end`() throws {
        let step = StepID(run: try #require(RunID("r1")), asset: try #require(AssetKey("silver.a")))
        var progress = StepProgress(planned: step)
        #expect(try progress.start(under: LeaseEpoch(5)) == 1)
        #expect(throws: StepRefusal.self) { try progress.finish(.failed(.sample()), under: nil) }
        #expect(throws: StepRefusal.self) { try progress.finish(.failed(.sample()), under: LeaseEpoch(4)) }
        try progress.finish(.retrying(.sample()), under: LeaseEpoch(5))
        #expect(throws: StepRefusal.self) { try progress.start(under: LeaseEpoch(5)) }
        #expect(try progress.start(under: LeaseEpoch(6)) == 2)
        #expect(progress.state == .running)
    }

    @Test(
        arguments: [
            ([], RunState.succeeded), ([.succeeded, .skipped], .succeeded),
            ([.succeeded, .failed, .blocked], .failed),
            ([.failed, .cancelled], .cancelled), ([.cancelled, .lost], .lost), ([.lost, .waiting], .running),
        ] as [([StepState], RunState)])
    func `of steps give the state of their run`(steps: [StepState], run: RunState) {
        #expect(RunState.concluding(steps) == run)
    }

    @Test func `bound a text between characters`() {
        #expect(boundedText("abc", bytesMax: 3) == "abc")
        #expect(boundedText("abcd", bytesMax: 3) == "…")
        #expect(boundedText("äöüäöü", bytesMax: 8) == "äö…")
        let family = "👨‍👩‍👧"
        #expect(boundedText(family + family, bytesMax: family.utf8.count + 3) == family + "…")
    }
}
