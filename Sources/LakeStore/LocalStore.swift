package import Blocking
import Glibc
package import LakeModel
import Synchronization

/// A lake on a disk of this machine, or on a network file system that knows `flock`.
///
/// - **Writes** go to a temporary file below `_tarn/.local/temporary`, which is synced and then renamed; the
///   folder is synced last. A crash leaves the old object or the new one, and perhaps a temporary file, which
///   is in no listing and which ``removeAbandonedWrites()`` removes. The whole lake must be on one file
///   system.
/// - **Conditions** hold between all processes: everything that changes an object does so holding the lock of
///   `_tarn/.local/lock`, for the microseconds that comparing and renaming take.
/// - **Versions** are made of inode, size and modification time in nanoseconds. The store dates every version
///   later than the one it replaces, so no two versions of a path have the same, and none has to be read to
///   know.
/// - **Copies** are hard links where the file system has them: whoever writes into a file of the lake instead
///   of replacing it changes its copies too.
package struct LocalStore: ObjectStore {
    /// The lake's folder in the file system.
    package let root: String
    private let files: LocalFiles
    private let pool: BlockingPool

    private static let chunkBytes = 1 << 20

    /// - Throws: `StoreRootMissing`.
    package init(root: String, pool: BlockingPool = .shared) throws {
        var trimmed = root
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.root = trimmed
        self.pool = pool
        files = LocalFiles(root: trimmed)
        try files.requireRoot()
    }

    package func list(under folder: LakePath) async throws -> [StoredObject] {
        try await pool.run { [files] in
            var found: [StoredObject] = []
            var pending = [folder]
            while let next = pending.popLast() {
                let listing = try files.list(next)
                found += listing.objects
                pending += listing.folders
            }
            return found.sorted { $0.path < $1.path }
        }
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        try await pool.run { [files] in try files.list(folder) }
    }

    package func head(_ path: LakePath) async throws -> StoredObject? {
        try await pool.run { [files] in try files.object(path) }
    }

    package func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject {
        let (file, object) = try await pool.run { [files] in
            guard try files.object(path) != nil else { throw ObjectNotFound(path: path) }
            let descriptor = Glibc.open(files.absolute(path), O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                if errno == ENOENT { throw ObjectNotFound(path: path) }
                throw files.failure(errno, "read", path)
            }
            let file = OpenFile(descriptor: descriptor)
            let status = try files.naming("read", path) { () throws(SystemError) in try file.status() }
            guard let object = status.object(path) else { throw ObjectNotFound(path: path) }
            return (file, object)
        }
        let all = 0..<object.size.bytes
        let wanted = bytes.map { $0.clamped(to: all) } ?? all
        let position = Mutex(wanted.lowerBound)
        let reader = { @Sendable [files] () throws -> [UInt8]? in
            let offset = position.withLock { $0 }
            let count = Int(min(Int64(LocalStore.chunkBytes), wanted.upperBound - offset))
            guard count > 0 else { return nil }
            let chunk = try files.naming("read", path) { () throws(SystemError) in
                try file.read(at: offset, countMax: count)
            }
            // Cut off by somebody who wrote into it: what follows is not this version.
            guard chunk.count == count else {
                throw StoreFailed(
                    path: files.absolute(path), act: "read", reason: "it became shorter", isTransient: true)
            }
            position.withLock { $0 = offset + Int64(count) }
            return chunk
        }
        return OpenedObject(
            object: object, bytes: ByteStream { [pool] in try await pool.run { try reader() } })
    }

    package func readSmall(
        _ paths: [LakePath], bytesMax: ByteCount
    ) async throws -> [LakePath: SmallObject] {
        try await pool.run { [files] in
            let read = mapOnAllProcessors(paths) { path in
                Result { try files.small(path, bytesMax: bytesMax) }
            }
            var objects: [LakePath: SmallObject] = [:]
            for (path, object) in zip(paths, read) { objects[path] = try object.get() }
            return objects
        }
    }

    package func write(
        _ body: ObjectBody, to path: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        switch body {
        case .bytes(let bytes):
            return try await pool.run { [files] in
                let temporary = try files.makeTemporary(for: path)
                try files.append(bytes, to: temporary, for: path, wanted: Int64(bytes.count))
                return try files.finish(temporary, at: path, condition)
            }
        case .file(let source):
            return try await pool.run { [files] in
                let temporary = try files.makeTemporary(for: path)
                try files.append(fileAt: source, to: temporary, for: path)
                return try files.finish(temporary, at: path, condition)
            }
        case .stream(let stream):
            let temporary = try await pool.run { [files] in try files.makeTemporary(for: path) }
            var written: Int64 = 0
            for try await chunk in stream {
                written += Int64(chunk.count)
                try await pool.run { [files, written] in
                    try files.append(chunk, to: temporary, for: path, wanted: written)
                }
            }
            return try await pool.run { [files] in try files.finish(temporary, at: path, condition) }
        }
    }

    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await pool.run { [files] in try files.rename(source, to: target, condition) }
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        try await pool.run { [files] in
            guard try files.object(source) != nil else { throw ObjectNotFound(path: source) }
            if try files.link(source, to: target) { return }
            let temporary = try files.makeTemporary(for: target)
            try files.append(fileAt: files.absolute(source), to: temporary, for: target)
            _ = try files.finish(temporary, at: target, .unconditionally)
        }
    }

    package func delete(_ path: LakePath) async throws {
        try await pool.run { [files] in try files.delete(path) }
    }

    package func deleteFolder(_ folder: LakePath) async throws {
        try await pool.run { [files] in try files.deleteFolder(folder) }
    }

    package func removeAbandonedWrites() async throws -> Int {
        try await pool.run { [files] in try files.removeAbandoned() }
    }

    package func readableURL(of path: LakePath) -> String { files.absolute(path) }

    package func localPath(of path: LakePath) -> String? { files.absolute(path) }

    package func localPath(forWriting path: LakePath) async throws -> String? {
        try await pool.run { [files] in try files.withLock { try files.makeFolders(path.folder) } }
        return files.absolute(path)
    }
}

extension LocalFiles {
    fileprivate func append(_ bytes: [UInt8], to file: TemporaryFile, for path: LakePath, wanted: Int64)
        throws
    {
        try naming("write", path, wanted: wanted) { () throws(SystemError) in try file.append(bytes) }
    }

    /// Appends a file of this machine, chunk by chunk.
    fileprivate func append(fileAt source: String, to file: TemporaryFile, for path: LakePath) throws {
        let descriptor = Glibc.open(source, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StoreFailed(path: source, act: "read", reason: reason, isTransient: false)
        }
        let opened = OpenFile(descriptor: descriptor)
        let size = try naming("write", path) { () throws(SystemError) in try opened.status() }.size
        var offset: Int64 = 0
        while true {
            let chunk = try naming("read", path) { () throws(SystemError) in
                try opened.read(at: offset, countMax: 1 << 20)
            }
            guard !chunk.isEmpty else { return }
            try append(chunk, to: file, for: path, wanted: size)
            offset += Int64(chunk.count)
        }
    }

    fileprivate func finish(
        _ file: TemporaryFile, at path: LakePath, _ condition: WriteCondition
    ) throws -> WriteOutcome {
        let size = try naming("write", path) { () throws(SystemError) in
            try file.sync()
            return try OpenFile.size(of: file.descriptor)
        }
        do {
            return try place(file, at: path, condition)
        } catch let full as DiskFull {
            throw DiskFull(path: path, wanted: ByteCount(size), available: full.available)
        }
    }

    /// Gives an error of the system its place in the lake.
    func naming<T>(
        _ act: String, _ path: LakePath, wanted: Int64 = 0, _ body: () throws(SystemError) -> T
    ) throws -> T {
        do {
            return try body()
        } catch {
            throw failure(error.code, act, path, wanted: wanted)
        }
    }
}

extension OpenFile {
    fileprivate static func size(of descriptor: Int32) throws(SystemError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(code: errno) }
        return FileStatus(status).size
    }
}
