package import LakeModel
package import LakeStore
import Synchronization

/// The end of a process, as a store plays it.
package struct Crash: Error {
    package init() {}
}

/// A store whose process dies at one of the calls that change something: right before its effect or right
/// after. From then on every call fails, as nobody is there to make it.
package final class CrashingStore: ObjectStore {
    package enum Moment: String, Sendable, CaseIterable {
        case before, after
    }

    private let store: any ObjectStore
    private let crashAt: Int
    private let moment: Moment
    private let state = Mutex((changes: 0, isDead: false))

    /// Dies at the change of number `crashAt`, counted from 1; by default never, for counting ``changes``.
    package init(_ store: any ObjectStore, crashAt: Int = .max, _ moment: Moment = .before) {
        self.store = store
        self.crashAt = crashAt
        self.moment = moment
    }

    /// How many changes have begun.
    package var changes: Int { state.withLock { $0.changes } }

    private func looking<T>(_ body: () async throws -> T) async throws -> T {
        guard !state.withLock({ $0.isDead }) else { throw Crash() }
        return try await body()
    }

    private func changing<T>(_ body: () async throws -> T) async throws -> T {
        let isLast = try state.withLock { state in
            guard !state.isDead else { throw Crash() }
            state.changes += 1
            state.isDead = state.changes == crashAt
            return state.isDead
        }
        if isLast, moment == .before { throw Crash() }
        let result = try await body()
        if isLast { throw Crash() }
        return result
    }

    package func list(under folder: LakePath) async throws -> [StoredObject] {
        try await looking { try await store.list(under: folder) }
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        try await looking { try await store.listFolder(folder) }
    }

    package func head(_ path: LakePath) async throws -> StoredObject? {
        try await looking { try await store.head(path) }
    }

    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        try await looking { try await store.read(path, bytes: bytes) }
    }

    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await changing { try await store.write(body, to: path, condition) }
    }

    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await changing { try await store.rename(source, to: target, condition) }
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        try await changing { try await store.copy(source, to: target) }
    }

    package func delete(_ path: LakePath) async throws {
        try await changing { try await store.delete(path) }
    }

    /// Each object is a change of its own, as the deletion of a folder is not atomic.
    package func deleteFolder(_ folder: LakePath) async throws {
        for object in try await list(under: folder) { try await delete(object.path) }
        try await changing { try await store.deleteFolder(folder) }
    }

    package func removeAbandonedWrites() async throws -> Int {
        try await changing { try await store.removeAbandonedWrites() }
    }

    package func prepare(_ paths: [LakePath]) async throws {
        try await looking { try await store.prepare(paths) }
    }

    package func download(_ path: LakePath, toFile target: String) async throws -> StoredObject {
        try await looking { try await store.download(path, toFile: target) }
    }

    package func readableURL(of path: LakePath) -> String { store.readableURL(of: path) }

    package func localPath(of path: LakePath) -> String? { store.localPath(of: path) }

    package func localPath(forWriting path: LakePath) async throws -> String? {
        try await looking { try await store.localPath(forWriting: path) }
    }
}
