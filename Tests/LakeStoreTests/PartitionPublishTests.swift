import LakeModel
import LakeStore
import TarnTesting
import Testing

@Suite struct `A publication of partitions` {
    private let partitioning = TableManifest.Partitioning(scheme: "by day (UTC)", folders: ["day"])

    private func staged(_ run: Int, _ names: [String], epoch: Int64 = 1) -> StagedPartitions {
        StagedPartitions(
            asset: factInvoice, run: .sample(run), epoch: LeaseEpoch(epoch), partitioning: partitioning,
            partitions: names.map { .init(key: PartitionKey($0)!, rows: 5, version: "v\(run)") },
            codeHash: "c", engine: "duckdb 1.5.5", inputs: [], schema: sampleSchema, checks: [], seconds: 0.5)
    }

    private func content(_ key: String, _ run: RunID) -> [UInt8] {
        parquet(rows: 5, content: "\(key) of \(run)")
    }

    private func stage(_ partitions: StagedPartitions, in store: some ObjectStore) async throws {
        for part in partitions.partitions {
            _ = try await store.write(
                .bytes(content(part.key.text, partitions.run)),
                to: LakeLayout.staged(factInvoice, of: partitions.run, partition: part.key), .unconditionally)
        }
    }

    private func publish(_ partitions: StagedPartitions, to store: SealingStore) async throws -> TableManifest
    {
        try await TablePublish(store, now: { someTime }).publish(partitions)
    }

    /// Which run each partition is of, as the manifest says and as readers by path find it.
    private func runs(_ lake: SealingStore) async throws -> (
        manifest: [String: RunID], paths: [String: RunID]
    ) {
        let manifest = try #require(await ManifestStore(lake).manifest(of: factInvoice)).manifest
        var (listed, found): ([String: RunID], [String: RunID]) = ([:], [:])
        for file in manifest.files {
            let key = try #require(file.partition)
            listed[key.text] = file.run
            let version = try await lake.bytes(LakeLayout.folder(of: factInvoice).appending(file.name))
            #expect(version == content(key.text, file.run))
            let path = LakeLayout.latest(of: factInvoice, partition: key, partitioning)
            guard try await lake.head(path) != nil else { continue }
            let latest = try await lake.bytes(path)
            found[key.text] = (1...4).map(RunID.sample).first { content(key.text, $0) == latest }
        }
        return (listed, found)
    }

    @Test(arguments: StoreKind.allCases, CrashingStore.Moment.allCases)
    func `that is cut off anywhere leaves all old or all new partitions, and recovery ends it`(
        kind: StoreKind, moment: CrashingStore.Moment
    ) async throws {
        var isOver = false
        for change in 1...16 where !isOver {
            let (store, owner) = try kind.make()
            defer { withExtendedLifetime(owner) {} }
            let lake = SealingStore.on(.monday, store)
            let first = staged(1, ["a", "b", "c"])
            try await stage(first, in: store)
            _ = try await publish(first, to: lake)
            let next = staged(2, ["b", "c", "d"])
            try await stage(next, in: store)
            let crashing = CrashingStore(store, crashAt: change, moment)
            do {
                _ = try await publish(next, to: SealingStore.on(.monday, crashing))
                isOver = true
            } catch {}

            _ = try await Recovery(lake).run(liveRuns: [])
            let old: [String: RunID] = ["a": .sample(1), "b": .sample(1), "c": .sample(1)]
            let new: [String: RunID] = ["a": .sample(1), "b": .sample(2), "c": .sample(2), "d": .sample(2)]
            let (manifest, paths) = try await runs(lake)
            #expect(manifest == old || manifest == new, "\(change)")
            #expect(!isOver || manifest == new)
            #expect(paths == manifest, "\(change)")
            #expect(try await lake.list(under: LakeLayout.staging) == [])
            #expect(try await Recovery(lake).run(liveRuns: []).isClean)
            // And the retry of the same run ends where it would have ended.
            try await stage(next, in: store)
            _ = try await publish(next, to: lake)
            let again = try await runs(lake)
            #expect(again.manifest == new && again.paths == new, "\(change)")
        }
        #expect(isOver, "not every change was tried")
    }

    @Test func `after a table of one file begins anew, and the other way round`() async throws {
        let lake = SealingStore.on(.monday, MemoryStore())
        _ = try await lake.publish(.sample(run: 1).stage(in: lake))
        let next = staged(2, ["a", "b"])
        try await stage(next, in: lake)
        let manifest = try await publish(next, to: lake)
        #expect(manifest.files.map(\.partition?.text) == ["a", "b"])
        #expect(try await lake.head(LakeLayout.latest(of: factInvoice)) == nil)
        #expect(try await Recovery(lake).run(liveRuns: []).isClean)
        _ = try await lake.publish(.sample(run: 3).stage(in: lake))
        #expect(try await ManifestStore(lake).manifest(of: factInvoice)?.manifest.partitioning == nil)
        _ = try await Recovery(lake).run(liveRuns: [])
        #expect(
            try await lake.paths == [
                "silver/fact_invoice/_manifest.json", "silver/fact_invoice/_runs/\(RunID.sample(3)).parquet",
                "silver/fact_invoice/latest.parquet",
            ])
    }

    @Test func `is refused to whoever was overtaken`() async throws {
        let lake = SealingStore.on(.monday, MemoryStore())
        let first = staged(1, ["a"], epoch: 5)
        try await stage(first, in: lake)
        _ = try await publish(first, to: lake)
        let late = staged(2, ["a", "b"], epoch: 4)
        try await stage(late, in: lake)
        await #expect(throws: LeaseLost.self) { _ = try await publish(late, to: lake) }
        #expect(try await runs(lake).manifest == ["a": .sample(1)])
    }
}
