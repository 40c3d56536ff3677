package import LakeModel
package import LakeStore
import Synchronization

/// A lake in memory, for tests: everything that ``ObjectStore`` promises except to survive the process.
package final class MemoryStore: ObjectStore {
    private let state = Mutex(State())

    private struct State {
        var objects: [LakePath: Object] = [:]
        var writes: Int64 = 0

        /// Folders exist as long as they hold something.
        func isFolder(_ path: LakePath) -> Bool {
            path.text.isEmpty || objects.keys.contains { $0 != path && $0.isInside(path) }
        }

        func requirePlace(for path: LakePath) throws {
            var above = path.folder
            while !above.text.isEmpty {
                if objects[above] != nil { throw PathIsFolder(path: path) }
                above = above.folder
            }
            if isFolder(path) { throw PathIsFolder(path: path) }
        }
    }

    private struct Object {
        let bytes: [UInt8]
        let etag: ETag
        let modifiedAt: Timestamp

        func stored(_ path: LakePath) -> StoredObject {
            StoredObject(path: path, size: ByteCount(Int64(bytes.count)), etag: etag, modifiedAt: modifiedAt)
        }
    }

    package init() {}

    package func list(under folder: LakePath) async throws -> [StoredObject] {
        state.withLock { state in
            state.objects.filter { $0.key != folder && $0.key.isInside(folder) }
                .map { $0.value.stored($0.key) }.sorted { $0.path < $1.path }
        }
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        let below = try await list(under: folder)
        let depth = folder.parts.count
        let folders = Set(
            below.filter { $0.path.parts.count > depth + 1 }.map {
                folder.appending(String($0.path.parts[depth]))
            })
        return FolderListing(
            folders: folders.sorted(), objects: below.filter { $0.path.parts.count == depth + 1 })
    }

    package func head(_ path: LakePath) async throws -> StoredObject? {
        state.withLock { $0.objects[path]?.stored(path) }
    }

    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        guard let object = state.withLock({ $0.objects[path] }) else { throw ObjectNotFound(path: path) }
        let all = 0..<object.bytes.count
        let wanted =
            bytes.map { Range(uncheckedBounds: (Int($0.lowerBound), Int($0.upperBound))).clamped(to: all) }
            ?? all
        let rest = Mutex(object.bytes[wanted])
        return OpenedObject(
            object: object.stored(path),
            bytes: ByteStream {
                rest.withLock { rest in
                    defer { rest = rest.dropFirst(1 << 20) }
                    return rest.isEmpty ? nil : Array(rest.prefix(1 << 20))
                }
            })
    }

    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let bytes: [UInt8] =
            switch body {
            case .bytes(let bytes): bytes
            case .stream(let stream): try await stream.collect()
            case .file(let local):
                try await LocalStore(root: "/").readAll(
                    LakePath.root.appending(String(local.drop { $0 == "/" })), bytesMax: ByteCount(1 << 40))
            }
        return try state.withLock { state in
            try state.requirePlace(for: path)
            let current = state.objects[path]?.etag
            guard condition.allows(current) else { return .conditionFailed(current: current) }
            state.writes += 1
            let etag = ETag("v\(state.writes)")
            state.objects[path] = Object(
                bytes: bytes, etag: etag, modifiedAt: Timestamp(microseconds: state.writes))
            return .written(etag)
        }
    }

    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try state.withLock { state in
            guard let moved = state.objects[source] else { throw ObjectNotFound(path: source) }
            try state.requirePlace(for: target)
            let current = state.objects[target]?.etag
            guard condition.allows(current) else { return .conditionFailed(current: current) }
            state.objects[source] = nil
            state.objects[target] = moved
            return .written(moved.etag)
        }
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        try state.withLock { state in
            guard let copied = state.objects[source] else { throw ObjectNotFound(path: source) }
            try state.requirePlace(for: target)
            state.objects[target] = copied
        }
    }

    package func delete(_ path: LakePath) async throws {
        state.withLock { $0.objects[path] = nil }
    }

    package func deleteFolder(_ folder: LakePath) async throws {
        state.withLock { state in
            state.objects = state.objects.filter { $0.key == folder || !$0.key.isInside(folder) }
        }
    }

    package func removeAbandonedWrites() async throws -> Int { 0 }

    package func readableURL(of path: LakePath) -> String { "memory:///\(path.text)" }

    package func localPath(of path: LakePath) -> String? { nil }

    package func localPath(forWriting path: LakePath) async throws -> String? { nil }
}
