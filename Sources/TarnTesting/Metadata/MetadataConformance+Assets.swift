internal import LakeModel
internal import Metadata
internal import Testing

extension MetadataConformance {
    static let events: [Claim] = [
        Claim("events are numbered from 1 in each run and read on from any of them") { store in
            for id in ["r1", "r2"] {
                let step = StepID(run: run(id), asset: asset("gold.c"))
                try await store.createRun(.sample(id), steps: [step])
            }
            func note(_ id: String, _ text: String) -> RunEvent.Draft {
                RunEvent.Draft(
                    run: run(id), at: noon, kind: .note, asset: asset("gold.c"),
                    partition: PartitionKey("2026-11-22"),
                    text: text)
            }
            try await store.append([note("r1", "a"), note("r2", "x"), note("r1", "b")])
            try await store.append([note("r1", "c")])
            #expect(
                try await store.events(of: run("r1"), after: 0, limit: 10)
                    .dropFirst() == [
                        RunEvent(sequence: 2, draft: note("r1", "a")),
                        RunEvent(sequence: 3, draft: note("r1", "b")),
                        RunEvent(sequence: 4, draft: note("r1", "c")),
                    ])
            #expect(try await store.events(of: run("r1"), after: 1, limit: 1).map(\.sequence) == [2])
            #expect(try await store.events(of: run("r2"), after: 0, limit: 10).map(\.sequence) == [1, 2])
            await #expect(throws: UnknownRun.self) { try await store.append([note("r9", "a")]) }
        },
        Claim("events are bounded in length and number; the end of a run is always kept") { store in
            let step = StepID(run: run("r1"), asset: asset("gold.c"))
            try await store.createRun(.sample(), steps: [step])
            let long = RunEvent.Draft(
                run: run("r1"), at: noon, kind: .note,
                text: String(repeating: "ü", count: RunEvent.textBytesMax))
            let surplus = 5
            // One tells that the run was created.
            let count = Int(MetadataLimits.eventsPerRunMax) - 1 + surplus
            try await store.append(
                [long]
                    + (1..<count).map {
                        RunEvent.Draft(run: run("r1"), at: noon, kind: .note, text: "\($0)")
                    })
            try await store.append([RunEvent.Draft(run: run("r1"), at: noon, kind: .runFinished)])
            let first = try #require(try await store.events(of: run("r1"), after: 1, limit: 1).first)
            #expect(first.draft.text.utf8.count <= RunEvent.textBytesMax)
            #expect(first.draft.text.hasSuffix("ü…"))
            let last = try await store.events(
                of: run("r1"), after: MetadataLimits.eventsPerRunMax - 1, limit: 10)
            #expect(last.map(\.draft.kind) == [.note, .runFinished])
            #expect(try await store.run(run("r1"))?.summary.eventsSuppressed == Int64(surplus))
        },
    ]

    static let assets: [Claim] = [
        Claim("the newest materialization of every asset comes back as it was recorded") { store in
            let new = Materialization.sample("silver.a", run: "r2", version: "v2", at: noon + .seconds(9))
            let day = Materialization.sample("gold.c", run: "r1", partition: PartitionKey("2026-11-22"))
            try await store.commit([.materialized([.sample("silver.a", run: "r1", version: "v1"), new, day])])
            // A run that began earlier may record later: the end decides.
            try await store.commit([
                .materialized([.sample("silver.a", run: "r0", version: "v0", at: noon - .seconds(9))])
            ])
            #expect(
                try await store.latestMaterializations() == [asset("silver.a"): new, asset("gold.c"): day])
            #expect(
                try await store.materializations(of: asset("silver.a"), limit: 2).map(\.version) == [
                    "v2", "v1",
                ])
            #expect(new.seconds == 1.5)
        },
        Claim("recording a materialization again replaces it, which makes a retry harmless") { store in
            try await store.commit([.materialized([.sample(version: "v1")])])
            try await store.commit([.materialized([.sample(version: "v2")])])
            let all = try await store.materializations(of: asset("silver.fact_invoice"), limit: 10)
            #expect(all.map(\.version) == ["v2"])
        },
        Claim("the last verification of every asset is known") { store in
            let old = Verification(asset: asset("silver.a"), run: run("r1"), verifiedAt: noon)
            let new = Verification(asset: asset("silver.a"), run: run("r2"), verifiedAt: noon + .seconds(1))
            let other = Verification(asset: asset("silver.b"), run: run("r1"), verifiedAt: noon)
            try await store.commit([.verified([new, old, other])])
            #expect(
                try await store.latestVerifications() == [asset("silver.a"): new, asset("silver.b"): other])
        },
        Claim("comparisons have a history, and the newest of each measure is known") { store in
            func compared(_ measure: ReconciliationRecord.Measure, _ seconds: Int, source: Int64?)
                -> ReconciliationRecord
            {
                ReconciliationRecord(
                    asset: asset("bronze_v3_customer.customer"), run: source == nil ? nil : run("r1"),
                    comparedAt: noon + .seconds(seconds), measure: measure, source: source, lake: 100,
                    tolerance: 0.01, drift: source.map { Double(abs($0 - 100)) / 100 },
                    verdict: source == nil ? .unknown : .passed, detail: "of the day")
            }
            let records = [
                compared(.rowCount, 0, source: 100), compared(.rowCount, 2, source: 101),
                compared(.watermark, 1, source: nil),
            ]
            try await store.commit([.reconciled(records)])
            #expect(try await store.latestReconciliations() == [records[1], records[2]])
            let history = try await store.reconciliations(of: asset("bronze_v3_customer.customer"), limit: 10)
            #expect(history == [records[1], records[2], records[0]])
        },
    ]

    static let upkeep: [Claim] = [
        Claim("facts are found by namespace and key, many at once") { store in
            let sql = FactNamespace("sql-analysis.1")
            let values = Dictionary(uniqueKeysWithValues: (0..<500).map { ("key '\($0)\" ü", "value \($0)") })
            try await store.storeFacts(sql, values, at: noon)
            try await store.storeFacts(sql, ["key '7\" ü": "new"], at: noon)
            let found = try await store.facts(sql, keys: ["key '7\" ü", "key '8\" ü", "unknown"])
            #expect(found == ["key '7\" ü": "new", "key '8\" ü": "value 8"])
            #expect(try await store.facts(sql, keys: Array(values.keys)).count == 500)
            #expect(try await store.facts(FactNamespace("sql-analysis.2"), keys: ["key '7\" ü"]) == [:])
            #expect(try await store.facts(sql, keys: []) == [:])
        },
        Claim("compaction deletes what is old and keeps running runs and the newest of each asset") { store in
            let day = Duration.seconds(86_400)
            for (id, age) in [("ancient", 500), ("old", 100), ("new", 1), ("stuck", 500)] {
                let start = noon - day * age
                let step = StepID(run: run(id), asset: asset(id == "stuck" ? "silver.s" : "silver.a"))
                try await store.createRun(.sample(id, at: start), steps: [step])
                let attempt = try await store.begin(step.run, at: start)
                if id == "stuck" { continue }
                try await store.commit([
                    .stepsFinished([attempt.finished(.succeeded(rows: 1, bytes: ByteCount(1)), at: start)]),
                    .materialized([.sample("silver.a", run: id, version: id, at: start)]),
                ])
            }
            let lonely = Materialization.sample("silver.b", run: "ancient", at: noon - day * 500)
            try await store.commit([.materialized([lonely])])
            let facts = FactNamespace("f")
            try await store.storeFacts(facts, ["old": "1"], at: noon - day * 100)
            try await store.storeFacts(facts, ["new": "1"], at: noon)
            let deleted = try await store.compact(keepingEventsFor: day * 90, now: noon)
            #expect(deleted.events == 10)
            #expect(deleted.runs == 1)
            #expect(deleted.materializations == 1)
            #expect(deleted.facts == 1)
            #expect(try await store.runs(RunFilter()).map(\.id.text).sorted() == ["new", "old", "stuck"])
            #expect(try await store.run(run("old"))?.steps.first?.attempts.count == 1)
            #expect(try await store.events(of: run("old"), after: 0, limit: 10) == [])
            #expect(try await store.events(of: run("stuck"), after: 0, limit: 10).count == 3)
            #expect(try await store.latestMaterializations()[asset("silver.b")] == lonely)
            #expect(try await store.facts(facts, keys: ["old", "new"]) == ["new": "1"])
        },
    ]
}
