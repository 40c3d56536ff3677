import Blocking
import Foundation
import LakeModel
import LakeStore
import Synchronization
import TarnTesting
import Testing

@Suite struct `A lake far away` {
    @Test(arguments: ObjectStoreConformance.claims)
    func `keeps what every store promises, with staging and cache on this machine`(
        claim: ObjectStoreConformance.Claim
    ) async throws {
        let machine = try Machine()
        try await claim.check(machine.store(over: MemoryStore()))
    }

    @Test func `is read from files of this machine, each downloaded once`() async throws {
        let machine = try Machine()
        let remote = CountingStore(MemoryStore())
        let store = try machine.store(over: remote)
        _ = try await remote.write(.bytes([1, 2, 3]), to: path("silver/a/1.parquet"), .unconditionally)
        for _ in 0..<3 { try await store.prepare([path("silver/a/1.parquet")]) }
        #expect(remote.downloads == 1)
        #expect(contents(store.readableURL(of: path("silver/a/1.parquet"))) == [1, 2, 3])
        // Another process of the lake finds it, too.
        try await machine.store(over: remote).prepare([path("silver/a/1.parquet")])
        #expect(remote.downloads == 1)
        await #expect(throws: ObjectNotFound.self) { try await store.prepare([path("silver/a/2.parquet")]) }
    }

    @Test func `is read in the version that it has now, also if that has the same size`() async throws {
        let machine = try Machine()
        let remote = CountingStore(MemoryStore())
        let store = try machine.store(over: remote)
        for version: UInt8 in 1...3 {
            _ = try await remote.write(.bytes([version, 9]), to: path("gold/a/1.parquet"), .unconditionally)
            try await store.prepare([path("gold/a/1.parquet")])
            #expect(contents(store.readableURL(of: path("gold/a/1.parquet"))) == [version, 9])
        }
        #expect(remote.downloads == 3)
        // Somebody wrote into the copy: it is not what it says.
        try Data([7]).write(to: URL(filePath: store.readableURL(of: path("gold/a/1.parquet"))))
        try await store.prepare([path("gold/a/1.parquet")])
        #expect(contents(store.readableURL(of: path("gold/a/1.parquet"))) == [3, 9])
    }

    @Test func `is asked for a file once by all who want it at the same time`() async throws {
        let machine = try Machine()
        let remote = CountingStore(MemoryStore(), delay: .milliseconds(100))
        let store = try machine.store(over: remote)
        let paths = (0..<40).map { path("bronze/s/t/ingestion_date=2026-01-01/t_\($0).parquet") }
        for (index, path) in paths.enumerated() {
            _ = try await remote.write(.bytes([UInt8(index)]), to: path, .unconditionally)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { try await store.prepare(paths) } }
            try await group.waitForAll()
        }
        #expect(remote.downloads == 40)
        for (index, path) in paths.enumerated() {
            #expect(contents(store.readableURL(of: path)) == [UInt8(index)])
        }
    }

    @Test func `needs no download of what this machine wrote`() async throws {
        let machine = try Machine()
        let remote = CountingStore(MemoryStore())
        let store = try machine.store(over: remote)
        let staged = LakeLayout.staging.appending("run").appending("a.parquet")
        let file = try #require(try await store.localPath(forWriting: staged))
        try Data([5, 6]).write(to: URL(filePath: file))
        guard case .written = try await store.rename(staged, to: path("gold/a/r.parquet"), .ifAbsent) else {
            Issue.record("refused")
            return
        }
        #expect(try await store.head(staged) == nil)
        try await store.prepare([path("gold/a/r.parquet")])
        #expect(remote.downloads == 0)
        #expect(contents(store.readableURL(of: path("gold/a/r.parquet"))) == [5, 6])
        #expect(try await remote.readAll(path("gold/a/r.parquet"), bytesMax: ByteCount(10)) == [5, 6])
        // A condition that does not hold leaves the staged file where it is.
        let second = try #require(try await store.localPath(forWriting: staged))
        try Data([7]).write(to: URL(filePath: second))
        let outcome = try await store.rename(staged, to: path("gold/a/r.parquet"), .ifAbsent)
        guard case .conditionFailed = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(contents(second) == [7])
    }

    @Test func `leaves nothing of a download that fails`() async throws {
        let machine = try Machine()
        let remote = CountingStore(MemoryStore(), failsAfterDownload: true)
        let store = try machine.store(over: remote)
        _ = try await remote.write(.bytes([1]), to: path("gold/a/1.parquet"), .unconditionally)
        await #expect(throws: CountingStore.Failure.self) {
            try await store.prepare([path("gold/a/1.parquet")])
        }
        #expect(try machine.cachedFiles() == [])
    }
}

@Suite struct `The cache of a lake far away` {
    @Test func `removes what was not asked for longest when it is full`() async throws {
        let machine = try Machine()
        let cache = FileCache(folder: machine.cache, limit: ByteCount(10_000), patience: .zero)
        let objects = (0..<8).map { object("gold/t/\($0).parquet", 2_000) }
        for object in objects {
            try add(object, to: cache)
            // The first is asked for again and again.
            #expect(cache.has(objects[0]))
            try await Task.sleep(for: .milliseconds(5))
        }
        cache.makeRoom()
        let kept = objects.filter { cache.has($0) }
        #expect(kept == [objects[0]] + objects.suffix(3))
    }

    @Test func `leaves alone what somebody may have yet to open`() throws {
        let machine = try Machine()
        let cache = FileCache(folder: machine.cache, limit: ByteCount(1_000))
        let objects = (0..<4).map { object("gold/t/\($0).parquet", 2_000) }
        for object in objects { try add(object, to: cache) }
        cache.makeRoom()
        #expect(objects.allSatisfy { cache.has($0) })
    }

    @Test func `has room again after files that nobody finished`() throws {
        let machine = try Machine()
        let cache = FileCache(folder: machine.cache, limit: ByteCount(1_000))
        let old = try cache.newFile(for: path("gold/t/a.parquet"))
        let young = try cache.newFile(for: path("gold/t/b.parquet"))
        for file in [old, young] { try Data(count: 10).write(to: URL(filePath: file)) }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -200_000)], ofItemAtPath: old)
        cache.makeRoom()
        #expect(!FileManager.default.fileExists(atPath: old))
        #expect(FileManager.default.fileExists(atPath: young))
    }

    private func object(_ name: String, _ size: Int64) -> StoredObject {
        StoredObject(
            path: path(name), size: ByteCount(size), etag: ETag("v-\(name)"),
            modifiedAt: Timestamp(microseconds: 0))
    }

    private func add(_ object: StoredObject, to cache: FileCache) throws {
        let file = try cache.newFile(for: object.path)
        try Data(count: Int(object.size.bytes)).write(to: URL(filePath: file))
        try cache.admit(file, as: object)
    }
}

private func path(_ text: String) -> LakePath {
    guard let path = LakePath(text) else { preconditionFailure(text) }
    return path
}

private func contents(_ location: String) -> [UInt8]? {
    FileManager.default.contents(atPath: location).map(Array.init)
}

/// A machine that works on a lake far away.
private struct Machine {
    private let folder: TemporaryFolder
    var cache: String { "\(folder.path)/cache" }

    init() throws {
        folder = try TemporaryFolder()
        for name in ["staging", "cache"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
    }

    func store(over remote: any ObjectStore) throws -> CachingStore {
        try CachingStore(
            remote, staging: "\(folder.path)/staging",
            cache: FileCache(folder: cache, limit: ByteCount(1_000_000)))
    }

    func cachedFiles() throws -> [String] {
        let all = FileManager.default.enumerator(atPath: cache)?.compactMap { $0 as? String } ?? []
        var isFolder: ObjCBool = false
        return all.filter {
            FileManager.default.fileExists(atPath: "\(cache)/\($0)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }
}

/// A store that counts what is downloaded from it.
private final class CountingStore: ObjectStore {
    struct Failure: Error {}

    private let store: any ObjectStore
    private let delay: Duration
    private let failsAfterDownload: Bool
    private let count = Atomic(0)
    var downloads: Int { count.load(ordering: .relaxed) }

    init(_ store: any ObjectStore, delay: Duration = .zero, failsAfterDownload: Bool = false) {
        self.store = store
        self.delay = delay
        self.failsAfterDownload = failsAfterDownload
    }

    func list(under folder: LakePath) async throws -> [StoredObject] { try await store.list(under: folder) }
    func listFolder(_ folder: LakePath) async throws -> FolderListing { try await store.listFolder(folder) }
    func head(_ path: LakePath) async throws -> StoredObject? { try await store.head(path) }
    func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        try await store.read(path, bytes: bytes)
    }
    func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await store.write(body, to: path, condition)
    }
    func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await store.rename(source, to: target, condition)
    }
    func copy(_ source: LakePath, to target: LakePath) async throws {
        try await store.copy(source, to: target)
    }
    func delete(_ path: LakePath) async throws { try await store.delete(path) }
    func deleteFolder(_ folder: LakePath) async throws { try await store.deleteFolder(folder) }
    func removeAbandonedWrites() async throws -> Int { try await store.removeAbandonedWrites() }
    func download(_ path: LakePath, toFile target: String) async throws -> StoredObject {
        try await Task.sleep(for: delay)
        let object = try await store.download(path, toFile: target)
        count.add(1, ordering: .relaxed)
        if failsAfterDownload { throw Failure() }
        return object
    }
    func readableURL(of path: LakePath) -> String { store.readableURL(of: path) }
    func localPath(of path: LakePath) -> String? { nil }
    func localPath(forWriting path: LakePath) async throws -> String? { nil }
}
