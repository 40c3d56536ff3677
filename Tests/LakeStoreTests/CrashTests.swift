import LakeModel
import LakeStore
import TarnTesting
import Testing

/// One instant at which a process may end.
struct CrashPoint: Sendable, CustomStringConvertible {
    let kind: StoreKind
    let mode: ExtractionMode
    let change: Int
    let moment: CrashingStore.Moment

    var description: String { "\(moment) change \(change) (\(kind), \(mode))" }

    /// More changes than a commit makes; the tests below prove that.
    static let changesMax = 10

    static let all = StoreKind.allCases.flatMap { kind in
        ExtractionMode.allCases.flatMap { mode in
            CrashingStore.Moment.allCases.flatMap { moment in
                (1...changesMax).map { CrashPoint(kind: kind, mode: mode, change: $0, moment: moment) }
            }
        }
    }
}

@Suite struct `A crash` {
    @Test(arguments: CrashPoint.all)
    func `of a bronze commit leaves the old rows or the new rows, and nothing that recovery does not remove`(
        point: CrashPoint
    ) async throws {
        let (store, owner) = try point.kind.make()
        defer { withExtendedLifetime(owner) {} }
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.commit(.sample(run: 1, mode: point.mode, upTo: 100).stage(in: store))
        let old = try await rowsOfBronze(lake)

        let crashing = CrashingStore(store, crashAt: point.change, point.moment)
        let next = try await StagedExtraction.sample(run: 2, mode: point.mode, rows: 20, upTo: 200).stage(
            in: store)
        let didCrash = await crashes { _ = try await SealingStore.on(.monday, crashing).commit(next) }
        _ = try await Recovery(lake).run(liveRuns: [])

        let new: [Int: Int64] = point.mode == .full ? [2: 20] : [1: 10, 2: 20]
        let rows = try await rowsOfBronze(lake)
        #expect(rows == old || rows == new)
        #expect(didCrash || rows == new, "a commit that returned is there")
        #expect(try await strays(lake) == [])
        #expect(try await Recovery(lake).run(liveRuns: []).isClean)
        try #require(crashing.changes < CrashPoint.changesMax, "not every call of the commit was tried")
    }

    @Test(arguments: CrashPoint.all)
    func `of a bronze commit is healed by the same run's retry alone`(point: CrashPoint) async throws {
        let (store, owner) = try point.kind.make()
        defer { withExtendedLifetime(owner) {} }
        let lake = SealingStore.on(.monday, store)
        _ = try await lake.commit(.sample(run: 1, mode: point.mode, upTo: 100).stage(in: store))

        let crashing = CrashingStore(store, crashAt: point.change, point.moment)
        let next = try await StagedExtraction.sample(run: 2, mode: point.mode, rows: 20, upTo: 200).stage(
            in: store)
        _ = await crashes { _ = try await SealingStore.on(.monday, crashing).commit(next) }
        let committed = try await lake.commit(next)

        let rows: [Int: Int64] = point.mode == .full ? [2: 20] : [1: 10, 2: 20]
        #expect(try await rowsOfBronze(lake) == rows)
        #expect(committed.range?.range.upper == (point.mode == .incremental ? .integer(200) : nil))
        _ = try await Recovery(lake).run(liveRuns: [])
        #expect(try await strays(lake) == [])
    }

    @Test(arguments: CrashPoint.all.filter { $0.mode == .full })
    func `of a publication leaves the old table or the new table, for every kind of reader`(
        point: CrashPoint
    ) async throws {
        let (store, owner) = try point.kind.make()
        defer { withExtendedLifetime(owner) {} }
        let lake = SealingStore.on(.monday, store)
        for run in 1...2 { _ = try await lake.publish(.sample(run: run).stage(in: store), keptMax: 1) }

        let crashing = CrashingStore(store, crashAt: point.change, point.moment)
        let next = try await StagedTable.sample(run: 3).stage(in: store)
        let didCrash = await crashes {
            _ = try await SealingStore.on(.monday, crashing).publish(next, keptMax: 1)
        }
        let latestAfterCrash = try await store.bytes(LakeLayout.latest(of: factInvoice))
        #expect(
            [2, 3].map { parquet(rows: 10, content: "rows of \(RunID.sample($0))") }.contains(
                latestAfterCrash))

        let manifest = try #require(await ManifestStore(lake).manifest(of: factInvoice)).manifest
        let isNew = latestAfterCrash == parquet(rows: 10, content: "rows of \(RunID.sample(3))")
        #expect(!isNew || manifest.run == .sample(3), "who reads by path is never ahead of the manifest")

        _ = try await Recovery(lake).run(liveRuns: [])
        #expect(try await ManifestStore(lake).manifest(of: factInvoice)?.manifest == manifest)
        for run in [manifest.run] + manifest.kept {
            #expect(try await store.head(LakeLayout.version(of: factInvoice, run: run)) != nil)
        }
        #expect(manifest.run == .sample(3) || didCrash && manifest.run == .sample(2))
        let version = try await store.bytes(LakeLayout.version(of: factInvoice, run: manifest.run))
        #expect(version == parquet(rows: 10, content: "rows of \(manifest.run)"))
        #expect(try await store.bytes(LakeLayout.latest(of: factInvoice)) == version)
        #expect(try await strays(lake) == [])
        #expect(try await Recovery(lake).run(liveRuns: []).isClean)

        // And the retry of the same run, if it comes at all, ends where it would have ended.
        _ = try await lake.publish(next.stage(in: store), keptMax: 1)
        #expect(try await ManifestStore(lake).manifest(of: factInvoice)?.manifest.run == .sample(3))
        try #require(crashing.changes < CrashPoint.changesMax, "not every call of the publication was tried")
    }

    @Test func `of a recovery is healed by the next recovery`() async throws {
        for change in 1...8 {
            let store = MemoryStore()
            let lake = SealingStore.on(.monday, store)
            _ = try await lake.commit(.sample(run: 1).stage(in: store))
            try await StagedExtraction.sample(run: 2).stage(in: store)
            try await StagedExtraction.sample(run: 3).stage(in: store)
            _ = try await store.write(.bytes([1]), to: partition().data(of: .sample(4)), .unconditionally)
            let crashing = SealingStore.on(.monday, CrashingStore(store, crashAt: change, .after))
            _ = await crashes { _ = try await Recovery(crashing).run(liveRuns: []) }
            _ = try await Recovery(lake).run(liveRuns: [])
            #expect(try await strays(lake) == [])
            #expect(try await rowsOfBronze(lake) == [1: 10])
        }
    }

    /// Whether `body` ended in a crash; other errors are recorded.
    private func crashes(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch is Crash {
            return true
        } catch {
            Issue.record(error)
            return true
        }
    }

    /// The rows of every run in the customer table, after a look at the files themselves.
    private func rowsOfBronze(_ lake: SealingStore) async throws -> [Int: Int64] {
        let current = try #require(
            await ManifestStore(lake).currentFiles(of: customer.source, customer.table))
        var rows: [Int: Int64] = [:]
        for file in current.files {
            let number = try #require((1...9).first { RunID.sample($0) == file.file.run })
            let content = "\(file.file.partition?.text ?? "rows") of \(file.file.run)"
            #expect(try await lake.bytes(file.path) == parquet(rows: file.file.rows, content: content))
            rows[number, default: 0] += file.file.rows
        }
        return rows
    }

    /// What is in the lake and belongs to no table.
    private func strays(_ lake: SealingStore) async throws -> [String] {
        var known: Set<String> = [
            LakeLayout.latest(of: factInvoice).text, LakeLayout.manifest(of: factInvoice).text,
        ]
        if let current = try await ManifestStore(lake).currentFiles(of: customer.source, customer.table) {
            known.formUnion(current.files.map(\.path.text))
            known.insert(partition().manifest.text)
        }
        if let table = try await ManifestStore(lake).manifest(of: factInvoice)?.manifest {
            known.formUnion(
                ([table.run] + table.kept).map { LakeLayout.version(of: factInvoice, run: $0).text })
        }
        return try await lake.paths.filter { !known.contains($0) }
    }
}
