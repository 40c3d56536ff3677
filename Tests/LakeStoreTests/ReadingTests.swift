import FoundationEssentials
import LakeModel
import LakeStore
import TarnTesting
import Testing

@Suite struct `What a bronze table is now` {
    private let store = MemoryStore()

    private func commit(_ run: Int, _ mode: ExtractionMode, _ day: Day) async throws {
        _ = try await SealingStore.on(day, store).commit(
            .sample(run: run, mode: mode, upTo: Int64(run)).stage(in: store))
    }

    private func runs(upTo day: Day? = nil) async throws -> [RunID] {
        try await ManifestStore(store).currentFiles(of: customer.source, customer.table, upTo: day)?.files
            .map(\.file.run) ?? []
    }

    @Test func `is nothing before the first commit`() async throws {
        #expect(try await ManifestStore(store).currentFiles(of: customer.source, customer.table) == nil)
        _ = try await store.write(.bytes([1]), to: partition().data(of: .sample(1)), .unconditionally)
        #expect(try await ManifestStore(store).currentFiles(of: customer.source, customer.table) == nil)
    }

    @Test func `is the newest committed snapshot`() async throws {
        try await commit(1, .full, .monday)
        try await commit(2, .full, .tuesday)
        _ = try await store.write(
            .bytes([1]), to: partition(.tuesday + 1).data(of: .sample(3)), .unconditionally)
        #expect(try await runs() == [.sample(2)])
    }

    @Test func `is all incremental files of all days`() async throws {
        for run in 1...40 { try await commit(run, .incremental, .monday + run / 2) }
        #expect(try await runs() == (1...40).map { .sample($0) })
    }

    @Test func `leaves full snapshots among incremental days out`() async throws {
        try await commit(1, .incremental, .monday)
        try await commit(2, .full, .tuesday)
        try await commit(3, .incremental, .tuesday + 1)
        #expect(try await runs() == [.sample(1), .sample(3)])
    }

    @Test func `can be asked as of an earlier day`() async throws {
        try await commit(1, .full, .monday)
        try await commit(2, .full, .tuesday)
        #expect(try await runs(upTo: .monday) == [.sample(1)])
        #expect(try await runs(upTo: .monday + -1) == [])
    }

    @Test func `has a version that changes with its rows, and only then`() async throws {
        try await commit(1, .full, .monday)
        let first = try await ManifestStore(store).currentFiles(of: customer.source, customer.table)
        // The same rows on another day: what is computed from them does not change.
        let same = try await StagedExtraction.sample(run: 2).stage(in: store)
        _ = try await store.write(
            .bytes(parquet(rows: 10, content: "rows of \(RunID.sample(1))")), to: same.staged,
            .unconditionally)
        _ = try await SealingStore.on(.tuesday, store).commit(same)
        let second = try await ManifestStore(store).currentFiles(of: customer.source, customer.table)
        #expect(first?.version == second?.version && first?.version.count == 64)
        try await commit(3, .full, .tuesday + 1)
        let third = try await ManifestStore(store).currentFiles(of: customer.source, customer.table)
        #expect(third?.version != first?.version)
    }
}

@Suite struct `A published table` {
    @Test(arguments: StoreKind.allCases)
    func `keeps three versions besides the current one, and latest is the current one`(kind: StoreKind)
        async throws
    {
        let (store, owner) = try kind.make()
        defer { withExtendedLifetime(owner) {} }
        let lake = SealingStore.on(.monday, store)
        for run in 1...6 { _ = try await lake.publish(.sample(run: run).stage(in: store)) }
        let manifest = try #require(await ManifestStore(lake).manifest(of: factInvoice)).manifest
        #expect(manifest.run == .sample(6) && manifest.kept == [5, 4, 3].map { .sample($0) })
        #expect(
            try await store.list(under: LakeLayout.versions(of: factInvoice)).map(\.path)
                == (3...6).map { LakeLayout.version(of: factInvoice, run: .sample($0)) })
        #expect(
            try await store.bytes(LakeLayout.latest(of: factInvoice))
                == parquet(rows: 10, content: "rows of \(RunID.sample(6))"))
    }

    @Test func `has one winner when several runs publish at the same time, and latest is the winner`()
        async throws
    {
        let folder = try TemporaryFolder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in 1...4 {
                let store = try LocalStore(root: folder.path)
                let table = try await StagedTable.sample(run: run).stage(in: store)
                group.addTask { _ = try await SealingStore.on(.monday, store).publish(table) }
            }
            try await group.waitForAll()
        }
        let store = try LocalStore(root: folder.path)
        let manifest = try #require(await ManifestStore(store).manifest(of: factInvoice)).manifest
        #expect(Set([manifest.run] + manifest.kept).count == 4)
        #expect(
            try await store.bytes(LakeLayout.latest(of: factInvoice))
                == parquet(rows: 10, content: "rows of \(manifest.run)"))
    }
}

@Suite struct `A recovery` {
    @Test func `leaves live runs, committed files and what it does not know`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.tuesday, store)
        _ = try await SealingStore.on(.monday, store).commit(.sample(run: 1).stage(in: store))
        _ = try await lake.publish(.sample(run: 1).stage(in: store))
        try await StagedExtraction.sample(run: 5).stage(in: store)
        for name in [
            partition().data(of: .sample(5)).text, partition().folder.text + "/customer_export.csv",
            LakeLayout.version(of: factInvoice, run: .sample(5)).text, "notes.txt",
        ] {
            _ = try await store.write(.bytes([1]), to: LakePath(name)!, .unconditionally)
        }
        let before = try await store.list(under: .root)
        #expect(try await Recovery(lake).run(liveRuns: [.sample(5)]).isClean)
        #expect(try await store.list(under: .root) == before)

        let report = try await Recovery(lake).run(liveRuns: [])
        #expect(
            report.removed == [
                LakeLayout.staged(customerAsset, of: .sample(5)), partition().data(of: .sample(5)),
                LakeLayout.version(of: factInvoice, run: .sample(5)),
            ])
        #expect(try await Recovery(lake).run(liveRuns: []).isClean)
    }

    @Test func `goes on after a damaged manifest and removes nothing beside it`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.publish(.sample(run: 1).stage(in: store))
        _ = try await store.write(.bytes([1]), to: partition().manifest, .unconditionally)
        _ = try await store.write(.bytes([1]), to: partition().data(of: .sample(2)), .unconditionally)
        try await store.delete(LakeLayout.latest(of: factInvoice))
        let report = try await Recovery(lake).run(liveRuns: [])
        #expect(report.problems.map(\.code) == ["manifest.damaged"])
        #expect(report.repaired == [LakeLayout.latest(of: factInvoice)])
        #expect(try await store.head(partition().data(of: .sample(2))) != nil)
    }

    @Test func `reports a file that a manifest lists and nobody has`() async throws {
        let store = MemoryStore()
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.commit(.sample().stage(in: store))
        _ = try await lake.publish(.sample().stage(in: store))
        try await store.delete(partition().data(of: .sample(1)))
        try await store.delete(LakeLayout.version(of: factInvoice, run: .sample(1)))
        let report = try await Recovery(lake).run(liveRuns: [])
        #expect(report.problems.map(\.code) == ["manifest.file-missing", "manifest.file-missing"])
    }
}

@Suite struct `A staging area` {
    @Test(arguments: StoreKind.allCases)
    func `lends a local file and stages what was written to it`(kind: StoreKind) async throws {
        let (store, owner) = try kind.make()
        defer { withExtendedLifetime(owner) {} }
        let staging = Staging(store)
        for text in ["first", "second attempt"] {
            let local = try await staging.stage(customerAsset, of: .sample(1)) { local in
                try text.write(toFile: local, atomically: false, encoding: .utf8)
                return local
            }
            let staged = LakeLayout.staged(customerAsset, of: .sample(1))
            #expect(try await store.bytes(staged) == Array(text.utf8))
            #expect(local == store.localPath(of: staged) || store.localPath(of: staged) == nil)
        }
        try await staging.clear(.sample(1))
        #expect(try await store.paths == [])
    }
}
