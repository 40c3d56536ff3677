import Glibc
package import LakeModel
import Synchronization

/// A lake far away as queries of people read it: of each file just the parts that they need, straight from
/// the store, except of files that this machine has anyway.
///
/// Which of the two is decided when ``readableURL(of:)`` is asked, and holds from then on.
package final class RangedStore: ObjectStore {
    private let store: CachingStore
    private let url: @Sendable (LakePath) -> String
    private let copies = Mutex<[LakePath: Bool]>([:])

    /// - Parameter url: What an SQL engine opens to read an object in the store itself.
    package init(_ store: CachingStore, url: @escaping @Sendable (LakePath) -> String) {
        self.store = store
        self.url = url
    }

    package func readableURL(of path: LakePath) -> String {
        let copy = store.readableURL(of: path)
        let isCopied = copies.withLock { copies in
            if let known = copies[path] { return known }
            let isHere = access(copy, R_OK) == 0
            copies[path] = isHere
            return isHere
        }
        return isCopied ? copy : url(path)
    }

    /// Makes sure that the copies are of the versions that there are now.
    package func prepare(_ paths: [LakePath]) async throws {
        let copied = copies.withLock { copies in paths.filter { copies[$0] == true } }
        try await store.prepare(copied)
    }

    package func list(under folder: LakePath) async throws -> [StoredObject] {
        try await store.list(under: folder)
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        try await store.listFolder(folder)
    }

    package func head(_ path: LakePath) async throws -> StoredObject? { try await store.head(path) }

    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        try await store.read(path, bytes: bytes)
    }

    package func readSmall(
        _ paths: [LakePath], bytesMax: ByteCount
    ) async throws -> [LakePath: SmallObject] {
        try await store.readSmall(paths, bytesMax: bytesMax)
    }

    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await store.write(body, to: path, condition)
    }

    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await store.rename(source, to: target, condition)
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        try await store.copy(source, to: target)
    }

    package func delete(_ path: LakePath) async throws { try await store.delete(path) }

    package func deleteFolder(_ folder: LakePath) async throws { try await store.deleteFolder(folder) }

    package func removeAbandonedWrites() async throws -> Int { try await store.removeAbandonedWrites() }

    package func download(_ path: LakePath, toFile target: String) async throws -> StoredObject {
        try await store.download(path, toFile: target)
    }

    package func localPath(of path: LakePath) -> String? { store.localPath(of: path) }

    package func localPath(forWriting path: LakePath) async throws -> String? {
        try await store.localPath(forWriting: path)
    }
}
