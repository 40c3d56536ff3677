package import ADLS
package import ADLSClient
package import Blocking
package import LakeModel
internal import Synchronization

/// A lake in ADLS Gen2: a folder of a filesystem (container) of a storage account.
///
/// - **Writes** are one conditional request: Put Blob of a small object, Put Block List of a large one, whose
///   blocks were staged before, several at once. Until then nobody sees anything; the service forgets blocks
///   that no list names after a week.
/// - **Lost answers** are found out by the object's ``WriteTrail``. Where that cannot be,
///   ``OutcomeUnknown`` says so.
/// - **Reads** are of one version: ranges after the first carry its ETag, and ``ObjectReplaced`` ends a read
///   whose object is gone. What fits into one range, 4 MiB, cannot be lost that way.
/// - **Memory**: at most ``Transfers/parallelMax`` blocks and one, for each object that is read or written.
package struct ADLSStore: ObjectStore {
    /// How bytes are moved.
    package struct Transfers: Hashable, Sendable {
        /// Of one request. The service computes the MD5 of ranges up to 4 MiB.
        package var blockBytes = 4 << 20
        package var parallelMax = 4
        /// Whether each block travels with its MD5. TLS proves every record already; MD5 at both ends costs
        /// more than half of a fast network's speed. What is written in one request always has it.
        package var verifiesBlocks = false

        package init() {}
    }

    package let location: ADLSLocation
    let client: StorageClient
    let transfers: Transfers
    let pool: BlockingPool
    let trails = TrailCache()
    let buffers: BlockBuffers

    package init(
        at location: ADLSLocation, in account: StorageAccount, rule: RetryRule = RetryRule(),
        transfers: Transfers = Transfers(), pool: BlockingPool = .shared
    ) {
        self.location = location
        self.transfers = transfers
        self.pool = pool
        client = StorageClient(account, rule: rule)
        buffers = BlockBuffers(keptMax: transfers.parallelMax + 1)
    }

    /// Makes sure that the lake's container is there, in an account with a hierarchical namespace.
    /// - Throws: `FilesystemMissing`, `NamespaceFlat`, `StorageForbidden`, `StorageUnreachable`.
    package func requireFilesystem() async throws {
        let reply = try await client.send(
            StorageRequest("HEAD", .dfs, location.filesystem, query: [("resource", "filesystem")]))
        guard reply.status == 200 else {
            if reply.status == 404 {
                throw FilesystemMissing(account: client.account.name, filesystem: location.filesystem)
            }
            throw failure(reply, to: "open \(location)")
        }
        if reply.header(HeaderName.namespaceEnabled)?.lowercased() == "false" {
            throw NamespaceFlat(account: client.account.name)
        }
    }

    package func head(_ path: LakePath) async throws -> StoredObject? {
        try await properties(path).flatMap { $0.isFolder ? nil : $0.object }
    }

    package func delete(_ path: LakePath) async throws {
        let reply = try await client.send(request("DELETE", .blob, path))
        switch (reply.status, reply.errorCode) {
        case (202, _), (200, _): return
        case (404, let code) where !Self.isFilesystemMissing(code): return
        // A folder is no object: there is none to delete.
        case (409, "DirectoryIsNotEmpty"), (409, "DirectoryNotEmpty"),
            (409, "OperationNotSupportedOnDirectory"):
            return
        default: throw failure(reply, to: "delete \(path)")
        }
    }

    package func deleteFolder(_ folder: LakePath) async throws {
        guard !full(folder).isEmpty else {
            let listing = try await listFolder(folder)
            for object in listing.objects { try await delete(object.path) }
            for child in listing.folders { try await deleteFolder(child) }
            return
        }
        guard let properties = try await properties(folder), properties.isFolder else { return }
        var continuation: String?
        repeat {
            var request = request("DELETE", .dfs, folder)
            request.query = [RequestTarget.Parameter(name: "recursive", value: "true")]
            if let continuation { request.query.append(.init(name: "continuation", value: continuation)) }
            let reply = try await client.send(request)
            if reply.status == 404, !Self.isFilesystemMissing(reply.errorCode) { return }
            guard reply.status == 200 || reply.status == 202 else {
                throw failure(reply, to: "delete \(folder)")
            }
            continuation = reply.header(HeaderName.continuation).flatMap { $0.isEmpty ? nil : $0 }
        } while continuation != nil
    }

    /// Blocks that were staged by a process that ended are in no listing, and the service forgets them by
    /// itself after a week.
    /// - Returns: 0.
    package func removeAbandonedWrites() async throws -> Int { 0 }

    package func readableURL(of path: LakePath) -> String {
        ADLSLocation(
            filesystem: location.filesystem, account: location.account, suffix: location.suffix,
            path: full(path)
        ).abfss
    }

    package func localPath(of path: LakePath) -> String? { nil }

    package func localPath(forWriting path: LakePath) async throws -> String? { nil }

    // MARK: What the parts of the store share

    /// What HEAD tells of a path.
    struct Properties: Sendable {
        let object: StoredObject
        let isFolder: Bool
        let trail: WriteTrail?
        let reply: StorageReply
    }

    /// `nil` if there is nothing at the path.
    func properties(_ path: LakePath) async throws -> Properties? {
        guard !full(path).isEmpty else { return nil }
        let reply = try await client.send(request("HEAD", .blob, path))
        if reply.status == 404, !Self.isFilesystemMissing(reply.errorCode) { return nil }
        guard reply.status == 200 else { throw failure(reply, to: "look at \(path)") }
        guard let size = reply.header(HeaderName.contentLength).flatMap({ Int64($0) }) else {
            throw failure(reply, to: "look at \(path)")
        }
        let object = try object(path, size: size, reply)
        let trail = reply.header(WriteTrail.header).flatMap { WriteTrail(text: $0) }
        if let trail { trails.keep(trail, of: path, at: object.etag) }
        return Properties(object: object, isFolder: Self.isFolder(reply), trail: trail, reply: reply)
    }

    func object(_ path: LakePath, size: Int64, _ reply: StorageReply) throws -> StoredObject {
        guard let etag = Self.etag(reply),
            let modifiedAt = reply.header(HeaderName.lastModified).flatMap({ HTTPDate.parse($0) })
        else { throw failure(reply, to: "look at \(path)") }
        return StoredObject(path: path, size: ByteCount(size), etag: etag, modifiedAt: modifiedAt)
    }

    func request(_ method: String, _ service: StorageService, _ path: LakePath) -> StorageRequest {
        StorageRequest(method, service, location.filesystem, full(path))
    }

    /// The path below the filesystem.
    func full(_ path: LakePath) -> String {
        if location.path.isEmpty { return path.text }
        return path.text.isEmpty ? location.path : "\(location.path)/\(path.text)"
    }

    func failure(_ reply: StorageReply, to act: String) -> any Diagnostic {
        client.failure(reply, to: act, filesystem: location.filesystem)
    }

    static func etag(_ reply: StorageReply) -> ETag? {
        reply.header(HeaderName.etag).map { ETag(RequestConditions.Tags.bare($0)) }
    }

    static func isFolder(_ reply: StorageReply) -> Bool {
        reply.header(HeaderName.isFolder)?.lowercased() == "true"
            || reply.header(HeaderName.resourceType)?.lowercased() == "directory"
    }

    static func isFilesystemMissing(_ code: String?) -> Bool {
        ["ContainerNotFound", "FilesystemNotFound", "ContainerBeingDeleted"].contains(code)
    }

    static func header(_ condition: WriteCondition) -> [(name: String, value: String)] {
        switch condition {
        case .unconditionally: []
        case .ifAbsent: [(HeaderName.ifNoneMatch, "*")]
        case .ifMatches(let etag): [(HeaderName.ifMatch, "\"\(etag)\"")]
        }
    }
}

/// The trails of versions that were read or written lately, so that replacing one of them costs one request.
final class TrailCache: Sendable {
    private static let countMax = 4_096

    private let trails = Mutex<[LakePath: (etag: ETag, trail: WriteTrail)]>([:])

    func keep(_ trail: WriteTrail, of path: LakePath, at etag: ETag) {
        trails.withLock {
            if $0.count >= Self.countMax { $0.removeAll() }
            $0[path] = (etag, trail)
        }
    }

    func trail(of path: LakePath, at etag: ETag) -> WriteTrail? {
        trails.withLock { trails in trails[path].flatMap { $0.etag == etag ? $0.trail : nil } }
    }
}
