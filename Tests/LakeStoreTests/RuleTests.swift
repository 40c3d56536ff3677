import Glibc
import LakeModel
import LakeStore
import Synchronization
import TarnTesting
import Testing

@Suite struct `Rule 1: bronze is immutable` {
    @Test(arguments: StoreKind.allCases)
    func `nothing in a partition of another day is written, moved, replaced or deleted`(kind: StoreKind)
        async throws
    {
        let (store, owner) = try kind.make()
        defer { withExtendedLifetime(owner) {} }
        _ = try await SealingStore.on(.monday, store).commit(.sample().stage(in: store))
        let before = try await store.list(under: .root)
        let data = partition().data(of: .sample(1))
        let free = LakePath("_tarn/x")!
        for today in [Day.tuesday, Day.monday + -1] {
            let lake = SealingStore.on(today, store)
            let attempts: [() async throws -> Void] = [
                { _ = try await lake.write(.bytes([1]), to: data, .unconditionally) },
                { _ = try await lake.write(.bytes([1]), to: partition().manifest, .unconditionally) },
                {
                    _ = try await lake.write(
                        .bytes([1]), to: partition().folder.appending("new/x"), .ifAbsent)
                },
                { _ = try await lake.rename(data, to: free, .unconditionally) },
                { _ = try await lake.rename(LakePath("_tarn/y")!, to: data, .unconditionally) },
                { try await lake.copy(partition().manifest, to: data) },
                { try await lake.delete(data) },
                { try await lake.deleteFolder(partition().folder) },
                { try await lake.deleteFolder(LakeLayout.folder(of: customerAsset)) },
                { try await lake.deleteFolder(LakeLayout.bronze) },
                { try await lake.deleteFolder(.root) },
                { _ = try await lake.localPath(forWriting: data) },
            ]
            for attempt in attempts {
                let error = await #expect(throws: PartitionSealed.self) { try await attempt() }
                #expect(error?.partition == partition())
                #expect(error?.today == today)
            }
        }
        #expect(try await store.list(under: .root) == before)
    }

    @Test func `today's partition may be replaced`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.commit(.sample(run: 1).stage(in: store))
        _ = try await lake.commit(.sample(run: 2).stage(in: store))
        #expect(
            try await store.paths
                == [partition().manifest.text, partition().data(of: .sample(2)).text].sorted())
    }

    @Test func `a file that was never committed may be removed, and no other`() async throws {
        let store = MemoryStore()
        _ = try await SealingStore.on(.monday, store).commit(.sample(run: 1).stage(in: store))
        let stray = partition().data(of: .sample(2))
        _ = try await store.write(.bytes([1]), to: stray, .unconditionally)
        let lake = SealingStore.on(.tuesday, store)
        await #expect(throws: FileIsBronze.self) {
            try await lake.removeUncommitted(partition().data(of: .sample(1)))
        }
        await #expect(throws: FileIsBronze.self) { try await lake.removeUncommitted(partition().manifest) }
        await #expect(throws: FileIsBronze.self) {
            try await lake.removeUncommitted(stray, liveRuns: [.sample(2)])
        }
        try await lake.removeUncommitted(stray)
        #expect(try await store.head(stray) == nil)

        _ = try await store.write(.bytes([1]), to: stray, .unconditionally)
        _ = try await store.write(.bytes([1]), to: partition().manifest, .unconditionally)
        await #expect(throws: ManifestDamaged.self) { try await lake.removeUncommitted(stray) }
    }
}

@Suite struct `Rule 2: a commit is one atomic act` {
    @Test func `rows that were read and rows that were written must be as many`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        let extraction = try await StagedExtraction.sample(rows: 10).stage(in: store, writtenRows: 9)
        let error = await #expect(throws: CommitRefused.self) { _ = try await lake.commit(extraction) }
        #expect(error?.problem.contains("10 rows were read and 9 were written") == true)
        #expect(try await store.list(under: LakeLayout.bronze) == [])
    }

    @Test func `a file with other columns, or none at all, is refused`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        let extraction = StagedExtraction.sample(rows: 10)
        await #expect(throws: ObjectNotFound.self) { _ = try await lake.commit(extraction) }
        let other = parquet(rows: 10, columns: ["id"])
        _ = try await store.write(.bytes(other), to: extraction.staged, .unconditionally)
        await #expect(throws: CommitRefused.self) { _ = try await lake.commit(extraction) }
        _ = try await store.write(.bytes(Array(other.dropLast())), to: extraction.staged, .unconditionally)
        await #expect(throws: ParquetDamaged.self) { _ = try await lake.commit(extraction) }
        #expect(try await store.list(under: LakeLayout.bronze) == [])
    }

    @Test func `of two incremental runs at the same time both keep their files`() async throws {
        let folder = try TemporaryFolder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in 1...6 {
                let store = try LocalStore(root: folder.path)
                let extraction = try await StagedExtraction.sample(
                    run: run, mode: .incremental, upTo: Int64(run)
                )
                .stage(in: store)
                group.addTask { _ = try await SealingStore.on(.monday, store).commit(extraction) }
            }
            try await group.waitForAll()
        }
        let current = try await ManifestStore(LocalStore(root: folder.path))
            .currentFiles(of: customer.source, customer.table)
        #expect(Set(current?.files.map(\.file.run) ?? []) == Set((1...6).map { .sample($0) }))
    }

    @Test func `a commit that midnight passes through belongs to the new day, whole`() async throws {
        let store = MemoryStore()
        // The day changes after the file was moved: between the look at the clock and the manifest.
        for looks in 1...8 {
            let count = Mutex(0)
            let lake = SealingStore(store) {
                count.withLock { count in
                    count += 1
                    return count > looks ? .tuesday : .monday
                }
            }
            let committed = try await lake.commit(.sample(run: looks).stage(in: store))
            #expect([.monday, .tuesday].contains(committed.manifest.ingestionDate))
            let place = partition(committed.manifest.ingestionDate).data(of: .sample(looks))
            #expect(try await store.head(place) != nil)
            let elsewhere = try await store.paths.filter {
                $0.contains(RunID.sample(looks).text) && $0 != place.text
            }
            #expect(elsewhere == [])
        }
    }

    @Test func `the manifest's JSON is stable, readable and says what it is of`() async throws {
        let store = MemoryStore()
        _ = try await SealingStore.on(.monday, store).commit(.sample(mode: .incremental).stage(in: store))
        let text = String(decoding: try await store.bytes(partition().manifest), as: UTF8.self)
        for line in [
            "  \"asset\" : \"bronze_v3_customer.customer\",",
            "  \"committed_at\" : \"2026-11-23T02:00:00Z\",",
            "  \"format\" : 1,", "  \"ingestion_date\" : \"2026-11-23\",", "  \"is_key_unique\" : false,",
        ] {
            #expect(text.contains(line))
        }
        let manifest = try #require(await ManifestStore(store).manifest(of: partition())).manifest
        #expect(manifest.files.first?.sha256?.count == 64)
        #expect(manifest.rows == 10)
    }

    @Test func `a manifest that is damaged, foreign or from the future is an error that names it`()
        async throws
    {
        let store = MemoryStore()
        let manifests = ManifestStore(store)
        _ = try await SealingStore.on(.monday, store).commit(.sample().stage(in: store))
        let good = String(decoding: try await store.bytes(partition().manifest), as: UTF8.self)
        let bad = [
            "", "{", "[]", "null", "{\"format\" : 1}", String(good.prefix(200)),
            good.replacing("v3_customer", with: "v4_customer"),
            good.replacing("2026-11-23\"", with: "2026-11-24\""),
            good.replacing("\"customer_", with: "\"../../x_"),
            good.replacing("\"rows\" : 10", with: "\"rows\" : -1"),
            good.replacing("\"format\" : 1", with: "\"format\" : 0"),
        ]
        for text in bad {
            #expect(text != good)
            _ = try await store.write(.bytes(Array(text.utf8)), to: partition().manifest, .unconditionally)
            let error = await #expect(throws: ManifestDamaged.self, "\(text)") {
                _ = try await manifests.manifest(of: partition())
            }
            #expect(error?.problem.contains(partition().manifest.text) == true)
        }
        let future = good.replacing("\"format\" : 1", with: "\"format\" : 2")
        _ = try await store.write(.bytes(Array(future.utf8)), to: partition().manifest, .unconditionally)
        await #expect(throws: ManifestTooNew.self) { _ = try await manifests.manifest(of: partition()) }
    }
}

@Suite struct `Rule 3: a retry is harmless` {
    @Test(arguments: ExtractionMode.allCases)
    func `committing one run twice ends in the same state`(mode: ExtractionMode) async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        let extraction = try await StagedExtraction.sample(mode: mode).stage(in: store)
        let first = try await lake.commit(extraction)
        let state = try await store.list(under: .root)
        let second = try await lake.commit(extraction.stage(in: store))
        #expect(second.wasCommittedBefore && !first.wasCommittedBefore)
        #expect(second.manifest == first.manifest && second.range == first.range)
        #expect(try await store.list(under: .root) == state)
    }

    @Test func `a run that committed before midnight does not commit again after it`() async throws {
        let store = MemoryStore()
        let extraction = try await StagedExtraction.sample(mode: .incremental).stage(in: store)
        _ = try await SealingStore.on(.monday, store).commit(extraction)
        let again = try await SealingStore.on(.tuesday, store).commit(extraction.stage(in: store))
        #expect(again.wasCommittedBefore)
        #expect(try await store.list(under: partition(.tuesday).folder) == [])
    }

    @Test func `a full snapshot clears today's other files, except its own run's, after its commit`()
        async throws
    {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.commit(.sample(run: 1, mode: .incremental).stage(in: store))
        _ = try await store.write(.bytes([1]), to: partition().data(of: .sample(7)), .unconditionally)
        _ = try await store.write(
            .bytes([1]), to: partition().folder.appending("notes.txt"), .unconditionally)
        _ = try await lake.commit(.sample(run: 2).stage(in: store))
        #expect(
            try await Set(store.list(under: partition().folder).map(\.path))
                == [
                    partition().data(of: .sample(2)), partition().manifest,
                    partition().folder.appending("notes.txt"),
                ])
    }
}

@Suite struct `Rule 4: a watermark moves only after its rows are durable` {
    private let store = MemoryStore()
    private let path = LakeLayout.watermark(customer.source, customer.table)

    private func commit(run: Int, upTo upper: Int64, on day: Day = .monday) async throws
        -> CommittedExtraction
    {
        try await SealingStore.on(day, store).commit(
            .sample(run: run, mode: .incremental, upTo: upper).stage(in: store))
    }

    private func load(cursor: String = "updated_at") async throws -> LoadedWatermark {
        try await WatermarkStore(store).load(customer.source, customer.table, cursor: cursor)
    }

    @Test func `and only forward`() async throws {
        let empty = try await load()
        #expect(empty.watermark == nil && empty.origin == .nothingRead)
        let first = try #require(try await commit(run: 1, upTo: 100).range)
        let second = try #require(try await commit(run: 2, upTo: 200, on: .tuesday).range)
        #expect(try await WatermarkStore(store).advance(after: second).value == .integer(200))
        #expect(try await WatermarkStore(store).advance(after: first).value == .integer(200))
        let loaded = try await load()
        #expect(loaded.watermark?.value == .integer(200))
        #expect(loaded.origin == .stored)
    }

    @Test func `a lost, damaged, late or premature one is rebuilt from the manifests`() async throws {
        let range = try #require(try await commit(run: 1, upTo: 100).range)
        #expect(try await load().origin == .rebuilt(.missing))
        try await WatermarkStore(store).advance(after: range)
        let good = String(decoding: try await store.bytes(path), as: UTF8.self)
        let cases: [(String, LoadedWatermark.Repair)] = [
            ("", .damaged), ("{\"value\": 7}", .damaged), (good.replacing("100", with: "900"), .ahead),
            (good.replacing("100", with: "50"), .behind),
            (good.replacing("updated_at\",", with: "other\","), .contradicting),
        ]
        for (text, repair) in cases {
            _ = try await store.write(.bytes(Array(text.utf8)), to: path, .unconditionally)
            let loaded = try await load()
            #expect(loaded.watermark?.value == .integer(100))
            #expect(loaded.origin == .rebuilt(repair), "\(text)")
        }
    }

    @Test func `rows without a range are an error, never a silent second load`() async throws {
        _ = try await commit(run: 1, upTo: 100)
        await #expect(throws: WatermarkUnprovable.self) { _ = try await load(cursor: "id") }
        let manifest = try await store.bytes(partition().manifest)
        let text = String(decoding: manifest, as: UTF8.self)
        let start = try #require(text.firstRange(of: "\"range\"")?.lowerBound)
        let end = try #require(text[start...].firstRange(of: "},")?.upperBound)
        _ = try await store.write(
            .bytes(Array((text[..<start] + text[end...]).utf8)), to: partition().manifest, .unconditionally)
        await #expect(throws: WatermarkUnprovable.self) { _ = try await load() }
    }
}

@Suite struct `Rule 6: nothing publishes unaudited` {
    @Test func `a failed blocking check keeps the table as it was`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        let warned = CheckResult(check: "unique(id)", severity: .warn, failures: 3)
        _ = try await lake.publish(.sample(run: 1, checks: [warned]).stage(in: store))
        let broken = CheckResult(check: "not_null(id)", severity: .block, failures: 2)
        let next = try await StagedTable.sample(run: 2, checks: [broken]).stage(in: store)
        await #expect(throws: PublishBlocked.self) { _ = try await lake.publish(next) }
        #expect(try await ManifestStore(lake).manifest(of: factInvoice)?.manifest.run == .sample(1))
    }
}

@Suite struct `Rule 7: who lost the lease cannot publish` {
    @Test func `a lower epoch than the manifest's is refused, and its file goes`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.commit(.sample(run: 2, epoch: 2).stage(in: store))
        _ = try await lake.publish(.sample(run: 2, epoch: 2).stage(in: store))
        let bronze = try await StagedExtraction.sample(run: 1, epoch: 1).stage(in: store)
        let silver = try await StagedTable.sample(run: 1, epoch: 1).stage(in: store)
        await #expect(throws: LeaseLost.self) { _ = try await lake.commit(bronze) }
        await #expect(throws: LeaseLost.self) { _ = try await lake.publish(silver) }
        #expect(try await store.paths.filter { $0.contains(RunID.sample(1).text) } == [])
    }

    @Test func `it is asked right before the commit`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        let extraction = try await StagedExtraction.sample().stage(in: store)
        let commit = BronzeCommit(lake, now: { someTime })
        await #expect(throws: Crash.self) { _ = try await commit.publish(extraction) { throw Crash() } }
        #expect(try await store.head(partition().manifest) == nil)
        // The next holder commits between the question and the write.
        let winner = try await StagedExtraction.sample(run: 2, epoch: 2).stage(in: store)
        await #expect(throws: LeaseLost.self) {
            _ = try await commit.publish(extraction) { _ = try await lake.commit(winner) }
        }
        #expect(try await ManifestStore(lake).manifest(of: partition())?.manifest.run == .sample(2))
    }

    @Test func `nor can a run that recovery took for dead`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        let bronze = try await StagedExtraction.sample().stage(in: store)
        let counting = CrashingStore(store)
        await #expect(throws: LeaseLost.self) {
            _ = try await BronzeCommit(.on(.monday, counting), now: { someTime }).publish(bronze) {
                _ = try await Recovery(lake).run(liveRuns: [])
            }
        }
        #expect(counting.changes == 1, "it moved its file and came no further")
        let silver = try await StagedTable.sample().stage(in: store)
        await #expect(throws: LeaseLost.self) {
            _ = try await TablePublish(lake, now: { someTime }).publish(silver) {
                _ = try await Recovery(lake).run(liveRuns: [])
            }
        }
        #expect(try await store.paths == [])
    }

    @Test func `and a manifest that lists a file which went in the last instant is taken back`() async throws
    {
        let folder = try TemporaryFolder()
        let store = try LocalStore(root: folder.path)
        let lake = SealingStore.on(.monday, store)
        for hasPredecessor in [false, true] {
            if hasPredecessor { _ = try await lake.commit(.sample(run: 2).stage(in: store)) }
            let extraction = try await StagedExtraction.sample().stage(in: store)
            // The time of the commit is asked for after the last look at the file.
            let file = try #require(store.localPath(of: partition().data(of: .sample(1))))
            let commit = BronzeCommit(lake) {
                unlink(file)
                return someTime
            }
            await #expect(throws: LeaseLost.self) { _ = try await commit.publish(extraction) }
            let manifest = try await ManifestStore(lake).manifest(of: partition())?.manifest
            #expect(manifest?.files.map(\.run) == (hasPredecessor ? [.sample(2)] : nil))
        }
        #expect(try await Recovery(lake).run(liveRuns: []).isClean)
    }
}
