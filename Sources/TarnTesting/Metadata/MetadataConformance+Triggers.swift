internal import LakeModel
internal import Metadata
internal import Testing

extension MetadataConformance {
    private static let night = TriggerID(.schedule, "night")

    static let triggers: [Claim] = [
        Claim("what a trigger remembers is stored whole, and replaced whole") { store in
            let cursor = SensorCursor(
                firings: 3, lastFiredAt: noon, seen: .versions(["silver.a": "v1", "gold.b": "v2"]))
            let records = [
                TriggerRecord(
                    TriggerID(.freshness, "gold.b"), evaluatedThrough: noon, breachedSince: noon,
                    remark: "too old"),
                TriggerRecord(
                    night, timing: "0 2 * * * UTC", evaluatedThrough: noon,
                    pending: [noon + .seconds(1), noon + .seconds(2)], lastFiredAt: noon, lastRun: run("r1")),
                TriggerRecord(TriggerID(.sensor, "night"), cursor: cursor),
            ]
            #expect(try await store.triggers().isEmpty)
            try await store.commit([.triggersRemembered(records)])
            #expect(try await store.triggers() == records)
            try await store.commit([.triggersRemembered([TriggerRecord(night)])])
            #expect(try await store.triggers() == [records[0], TriggerRecord(night), records[2]])
        },
        Claim("a run and what its trigger remembers are stored together or not at all") { store in
            let epoch = try #require(
                try await store.lead("scheduler", as: someone, for: .seconds(10), at: noon))
            func fire(_ id: String, _ epoch: LeaseEpoch, key: String) async throws {
                try await store.commit([
                    .officeHeld("scheduler", epoch),
                    .runCreated(
                        NewRun(
                            id: run(id), selection: "all", trigger: .schedule, createdAt: noon,
                            idempotencyKey: key),
                        steps: [PlannedStep(StepID(run: run(id), asset: asset("silver.a")))]),
                    .triggersRemembered([TriggerRecord(night, lastRun: run(id))]),
                ])
            }
            try await fire("r1", epoch, key: "k1")
            #expect(try await store.runs(RunFilter()).map(\.id) == [run("r1")])
            // Another one takes over: who was the scheduler before changes nothing any more.
            _ = try await store.lead("scheduler", as: another, for: .seconds(10), at: noon + .seconds(10))
            await #expect(throws: OfficeLost.self) { try await fire("r2", epoch, key: "k2") }
            await #expect(throws: OfficeLost.self) {
                try await store.commit([.officeHeld("nobody", epoch)])
            }
            #expect(try await store.runs(RunFilter()).map(\.id) == [run("r1")])
            #expect(try await store.triggers() == [TriggerRecord(night, lastRun: run("r1"))])
            // The same firing once more is no second run.
            try await fire("r3", LeaseEpoch(epoch.number + 1), key: "k1")
            #expect(try await store.runs(RunFilter()).map(\.id) == [run("r1")])
        },
        Claim("a pause is kept until it is taken back, whatever the trigger remembers") { store in
            try await store.pause(night, true, at: noon)
            try await store.commit([.triggersRemembered([TriggerRecord(night, remark: "x")])])
            #expect(
                try await store.pauses() == [TriggerPause(trigger: night, isPaused: true, since: noon)])
            try await store.pause(night, false, at: noon + .seconds(1))
            #expect(
                try await store.pauses() == [
                    TriggerPause(trigger: night, isPaused: false, since: noon + .seconds(1))
                ])
            try await store.pause(night, nil, at: noon)
            #expect(try await store.pauses().isEmpty)
        },
    ]
}
