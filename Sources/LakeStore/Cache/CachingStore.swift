package import Blocking
import Glibc
package import LakeModel

/// A lake far away, worked on from this machine.
///
/// - **Staging** is a folder of this machine: what a run has not committed is nobody else's. Moving a staged
///   file into the lake uploads it under the condition of the move.
/// - **Reading** by an SQL engine needs files of this machine: ``prepare(_:)`` downloads what is not in the
///   cache in exactly the version that is there now. What this machine wrote is in the cache already.
/// - Everything else goes to the store that is far away as it is.
package struct CachingStore: ObjectStore {
    private let remote: any ObjectStore
    private let local: LocalStore
    private let cache: FileCache
    private let pool: BlockingPool
    private let downloads = PathLocks()

    /// - Parameters:
    ///   - staging: The folder under which staging is; it exists.
    ///   - cache: On the same file system as `staging`.
    /// - Throws: `StoreRootMissing`.
    package init(
        _ remote: any ObjectStore, staging: String, cache: FileCache, pool: BlockingPool = .shared
    ) throws {
        self.remote = remote
        local = try LocalStore(root: staging, pool: pool)
        self.cache = cache
        self.pool = pool
    }

    private static func isStaged(_ path: LakePath) -> Bool { path.isInside(LakeLayout.staging) }

    private func home(of path: LakePath) -> any ObjectStore {
        CachingStore.isStaged(path) ? local : remote
    }

    // MARK: Looking

    package func list(under folder: LakePath) async throws -> [StoredObject] {
        guard LakeLayout.staging.isInside(folder) else {
            return try await home(of: folder).list(under: folder)
        }
        let staged = try await local.list(under: LakeLayout.staging)
        guard folder != LakeLayout.staging else { return staged }
        let others = try await remote.list(under: folder)
        return (others.filter { !CachingStore.isStaged($0.path) } + staged).sorted { $0.path < $1.path }
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        let listing = try await home(of: folder).listFolder(folder)
        guard folder != LakeLayout.staging, LakeLayout.staging.isInside(folder) else { return listing }
        let towards = try await local.listFolder(folder).folders.filter { LakeLayout.staging.isInside($0) }
        return FolderListing(
            folders: Set(listing.folders + towards).sorted(), objects: listing.objects)
    }

    package func head(_ path: LakePath) async throws -> StoredObject? {
        try await home(of: path).head(path)
    }

    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        try await home(of: path).read(path, bytes: bytes)
    }

    package func readSmall(
        _ paths: [LakePath], bytesMax: ByteCount
    ) async throws -> [LakePath: SmallObject] {
        let staged = paths.filter(CachingStore.isStaged)
        let others = try await remote.readSmall(
            paths.filter { !CachingStore.isStaged($0) }, bytesMax: bytesMax)
        guard !staged.isEmpty else { return others }
        return try await local.readSmall(staged, bytesMax: bytesMax).merging(others) { first, _ in first }
    }

    // MARK: Changing

    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await home(of: path).write(body, to: path, condition)
    }

    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        switch (CachingStore.isStaged(source), CachingStore.isStaged(target)) {
        case (true, true): return try await local.rename(source, to: target, condition)
        case (false, false): return try await remote.rename(source, to: target, condition)
        case (true, false): return try await upload(source, to: target, condition)
        case (false, true):
            let outcome = try await local.write(
                .stream(try await remote.read(source, bytes: nil).bytes), to: target, condition)
            if case .written = outcome { try await remote.delete(source) }
            return outcome
        }
    }

    private func upload(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        guard let staged = try await local.head(source) else { throw ObjectNotFound(path: source) }
        let file = local.readableURL(of: source)
        let outcome = try await remote.write(.file(file), to: target, condition)
        if case .written(let etag) = outcome {
            let object = StoredObject(
                path: target, size: staged.size, etag: etag, modifiedAt: staged.modifiedAt)
            // It is in the lake: that the cache has no room for it must not fail the run.
            try await pool.run { [cache] in
                do { try cache.admit(file, as: object) } catch { unlink(file) }
            }
        }
        return outcome
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        guard CachingStore.isStaged(source) != CachingStore.isStaged(target) else {
            return try await home(of: source).copy(source, to: target)
        }
        if CachingStore.isStaged(source) {
            guard try await local.head(source) != nil else { throw ObjectNotFound(path: source) }
            _ = try await remote.write(.file(local.readableURL(of: source)), to: target, .unconditionally)
        } else {
            _ = try await local.write(
                .stream(try await remote.read(source, bytes: nil).bytes), to: target, .unconditionally)
        }
    }

    package func delete(_ path: LakePath) async throws {
        try await home(of: path).delete(path)
        if !CachingStore.isStaged(path) { try await pool.run { [cache] in cache.forget(path) } }
    }

    package func deleteFolder(_ folder: LakePath) async throws {
        if LakeLayout.staging.isInside(folder) { try await local.deleteFolder(LakeLayout.staging) }
        if folder != LakeLayout.staging { try await home(of: folder).deleteFolder(folder) }
    }

    package func removeAbandonedWrites() async throws -> Int {
        try await local.removeAbandonedWrites() + remote.removeAbandonedWrites()
    }

    // MARK: Files of this machine

    package func readableURL(of path: LakePath) -> String {
        CachingStore.isStaged(path) ? local.readableURL(of: path) : cache.location(of: path)
    }

    package func localPath(of path: LakePath) -> String? {
        CachingStore.isStaged(path) ? local.readableURL(of: path) : nil
    }

    package func localPath(forWriting path: LakePath) async throws -> String? {
        CachingStore.isStaged(path) ? try await local.localPath(forWriting: path) : nil
    }

    package func download(_ path: LakePath, toFile target: String) async throws -> StoredObject {
        try await home(of: path).download(path, toFile: target)
    }

    package func prepare(_ paths: [LakePath]) async throws {
        var wanted = Set(paths.filter { !CachingStore.isStaged($0) }).sorted()[...]
        // The versions are looked up side by side; of files that come from far away, a few at once fill
        // the line.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for path in wanted.prefix(16) { group.addTask { try await prepare(path) } }
            wanted = wanted.dropFirst(16)
            while try await group.next() != nil {
                if let path = wanted.popFirst() { group.addTask { try await prepare(path) } }
            }
        }
    }

    private func prepare(_ path: LakePath) async throws {
        guard let object = try await remote.head(path) else { throw ObjectNotFound(path: path) }
        if try await pool.run({ [cache] in cache.has(object) }) { return }
        try await downloads.holding(path) {
            // Whoever held it before may have brought it.
            if try await pool.run({ [cache] in cache.has(object) }) { return }
            let file = try await pool.run { [cache] in try cache.newFile(for: path) }
            do {
                let version = try await remote.download(path, toFile: file)
                try await pool.run { [cache] in try cache.admit(file, as: version) }
            } catch {
                unlink(file)
                throw error
            }
        }
    }
}
