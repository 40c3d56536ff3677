package import LakeModel

/// The bytes of a lake: paths to whole objects, with conditional replacement.
///
/// Every conformance passes `ObjectStoreConformance`; add a behaviour there before relying on it. A path is
/// an object or a folder, never both. Whoever reads an object reads one version of it to the end, even if it
/// is replaced or deleted meanwhile.
///
/// A call that throws after it began to change something may have had its whole effect or none, never a part
/// (``deleteFolder(_:)`` excepted, which deletes one object after the other).
package protocol ObjectStore: Sendable {
    /// All objects below the folder, however deep, in the order of paths. A folder that is not there is
    /// empty.
    func list(under folder: LakePath) async throws -> [StoredObject]

    /// What is directly in the folder; one request however much is below. A folder that is not there is
    /// empty.
    func listFolder(_ folder: LakePath) async throws -> FolderListing

    /// The object at `path`, or `nil` if there is none; a folder is none.
    func head(_ path: LakePath) async throws -> StoredObject?

    /// Opens the object; `bytes` is cut to its size, and `nil` is all of it.
    ///
    /// The version in the answer is the one that the bytes are of, so it is fit for `ifMatches`.
    /// - Throws: `ObjectNotFound`.
    func read(_ path: LakePath, bytes: Range<Int64>?) async throws -> OpenedObject

    /// The bytes of those of `paths` that are objects, each of one version. For many small ones at once.
    /// - Throws: `ObjectTooLarge` if one has more than `bytesMax`.
    func readSmall(_ paths: [LakePath], bytesMax: ByteCount) async throws -> [LakePath: SmallObject]

    /// All or nothing. On `.written`, the bytes survive a power cut. Folders come into being as they are
    /// needed.
    /// - Throws: `PathIsFolder`, `DiskFull`; what the body throws, and then nothing was written.
    func write(_ body: ObjectBody, to path: LakePath, _ condition: WriteCondition) async throws
        -> WriteOutcome

    /// Moves an object in one act: at every instant it is at `source` or at `target`. On `.written` its bytes
    /// survive a power cut, whoever wrote them. The condition is about `target`.
    /// - Throws: `ObjectNotFound` if there is no `source`, `PathIsFolder`.
    func rename(_ source: LakePath, to target: LakePath, _ condition: WriteCondition) async throws
        -> WriteOutcome

    /// Makes `target` the same bytes as `source` in one act, without moving them through this process where
    /// the store can (a hard link, a server-side copy).
    /// - Throws: `ObjectNotFound` if there is no `source`, `PathIsFolder`, `DiskFull`.
    func copy(_ source: LakePath, to target: LakePath) async throws

    /// Deleting what is not there succeeds.
    func delete(_ path: LakePath) async throws

    /// Deletes every object below the folder, and the folder. Interrupted, it has deleted some of them.
    func deleteFolder(_ folder: LakePath) async throws

    /// Removes what writes that were cut off by the end of their process left behind; such leftovers are in
    /// no listing. Writes of living processes are not disturbed.
    /// - Returns: how many there were.
    func removeAbandonedWrites() async throws -> Int

    /// Brings objects within reach of an SQL engine, which then reads exactly these versions by
    /// ``readableURL(of:)``.
    /// - Throws: `ObjectNotFound`.
    func prepare(_ paths: [LakePath]) async throws

    /// Writes all of an object into a file of this machine, which it makes or replaces.
    /// - Returns: The object in the version that was written.
    /// - Throws: `ObjectNotFound`, `DiskFull`.
    @discardableResult
    func download(_ path: LakePath, toFile target: String) async throws -> StoredObject

    /// What an SQL engine opens to read the object: a path of the file system or an `abfss://` address.
    /// Where that is a file, ``prepare(_:)`` has to bring it first.
    func readableURL(of path: LakePath) -> String

    /// The object's path in the file system, if this store keeps its objects as plain files.
    func localPath(of path: LakePath) -> String?

    /// Like ``localPath(of:)``, and the folder that it is in exists. For files under `_tarn/staging` only:
    /// whoever writes there is not atomic, so it must become an object of the lake by ``rename(_:to:_:)``.
    func localPath(forWriting path: LakePath) async throws -> String?
}

/// A version of an object. Two versions of one path never have the same; what it is made of is the store's
/// affair.
package struct ETag: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }
}

/// One object as a listing shows it.
package struct StoredObject: Hashable, Sendable {
    package let path: LakePath
    package let size: ByteCount
    package let etag: ETag
    package let modifiedAt: Timestamp

    package init(path: LakePath, size: ByteCount, etag: ETag, modifiedAt: Timestamp) {
        self.path = path
        self.size = size
        self.etag = etag
        self.modifiedAt = modifiedAt
    }
}

/// What is directly in a folder, each in the order of paths. A folder may be named that has become empty.
package struct FolderListing: Hashable, Sendable {
    package let folders: [LakePath]
    package let objects: [StoredObject]

    package init(folders: [LakePath], objects: [StoredObject]) {
        self.folders = folders
        self.objects = objects
    }
}

/// An object and the bytes of exactly this version.
package struct OpenedObject: Sendable {
    package let object: StoredObject
    package let bytes: ByteStream

    package init(object: StoredObject, bytes: ByteStream) {
        self.object = object
        self.bytes = bytes
    }
}

/// All of an object's bytes, and the version that they are of.
package struct SmallObject: Hashable, Sendable {
    package let bytes: [UInt8]
    package let etag: ETag

    package init(bytes: [UInt8], etag: ETag) {
        self.bytes = bytes
        self.etag = etag
    }
}

/// What is written: bytes at hand, a file of this machine, or a stream that can be read once.
package enum ObjectBody: Sendable {
    case bytes([UInt8])
    case file(String)
    case stream(ByteStream)
}

/// What must be true of the object that a write replaces.
package enum WriteCondition: Hashable, Sendable {
    case unconditionally, ifAbsent, ifMatches(ETag)

    /// Whether it allows to replace the version `current`; `nil` is no object.
    package func allows(_ current: ETag?) -> Bool {
        switch self {
        case .unconditionally: true
        case .ifAbsent: current == nil
        case .ifMatches(let etag): current == etag
        }
    }
}

/// What became of a conditional write.
package enum WriteOutcome: Hashable, Sendable {
    case written(ETag)
    /// Nothing was changed; `current` is what is there, `nil` if nothing is.
    case conditionFailed(current: ETag?)
}

extension ObjectStore {
    /// Its objects are within reach as they are.
    package func prepare(_ paths: [LakePath]) async throws {}

    /// The whole object in memory.
    /// - Throws: `ObjectNotFound`; `ObjectTooLarge` beyond `bytesMax`, before anything is read.
    package func readAll(_ path: LakePath, bytesMax: ByteCount) async throws -> [UInt8] {
        try await open(path, bytesMax: bytesMax).bytes
    }

    package func readSmall(
        _ paths: [LakePath], bytesMax: ByteCount
    ) async throws -> [LakePath: SmallObject] {
        try await withThrowingTaskGroup(of: (LakePath, SmallObject?).self) { group in
            var objects: [LakePath: SmallObject] = [:]
            for (index, path) in paths.enumerated() {
                if index >= 16, let (done, object) = try await group.next() { objects[done] = object }
                group.addTask {
                    do {
                        let (bytes, etag) = try await self.open(path, bytesMax: bytesMax)
                        return (path, SmallObject(bytes: bytes, etag: etag))
                    } catch is ObjectNotFound {
                        return (path, nil)
                    }
                }
            }
            for try await (path, object) in group { objects[path] = object }
            return objects
        }
    }

    /// Like ``readAll(_:bytesMax:)``, with the version that the bytes are of.
    package func open(_ path: LakePath, bytesMax: ByteCount) async throws -> (bytes: [UInt8], etag: ETag) {
        let opened = try await read(path, bytes: nil)
        guard opened.object.size <= bytesMax else {
            throw ObjectTooLarge(path: path, size: opened.object.size, sizeMax: bytesMax)
        }
        return (try await opened.bytes.collect(), opened.object.etag)
    }

    /// The bytes of a range that lies inside the object.
    /// - Throws: `ObjectNotFound`.
    package func readRange(_ path: LakePath, _ bytes: Range<Int64>) async throws -> [UInt8] {
        try await read(path, bytes: bytes).bytes.collect()
    }
}
