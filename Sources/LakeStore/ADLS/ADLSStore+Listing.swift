internal import ADLS
internal import ADLSClient
package import LakeModel

/// Lists, by dfs: its folders are real.
extension ADLSStore {
    package func list(under folder: LakePath) async throws -> [StoredObject] {
        var objects: [StoredObject] = []
        try await forEachPage(of: folder, isRecursive: true) { path, entry in
            if !entry.isFolder { objects.append(Self.object(path, entry)) }
        }
        // The service sorts folder by folder, which differs where a name begins with another one.
        return objects.sorted { $0.path < $1.path }
    }

    package func listFolder(_ folder: LakePath) async throws -> FolderListing {
        var folders: [LakePath] = []
        var objects: [StoredObject] = []
        try await forEachPage(of: folder, isRecursive: false) { path, entry in
            if entry.isFolder { folders.append(path) } else { objects.append(Self.object(path, entry)) }
        }
        return FolderListing(folders: folders.sorted(), objects: objects.sorted { $0.path < $1.path })
    }

    private static func object(_ path: LakePath, _ entry: PathPage.Entry) -> StoredObject {
        StoredObject(
            path: path, size: ByteCount(entry.size), etag: ETag(entry.etag), modifiedAt: entry.modifiedAt)
    }

    /// Each page is read while the next one is on its way.
    private func forEachPage(
        of folder: LakePath, isRecursive: Bool, _ body: (LakePath, PathPage.Entry) -> Void
    ) async throws {
        guard var reply = try await page(of: folder, isRecursive, after: nil) else { return }
        while let next = reply.header(HeaderName.continuation), !next.isEmpty {
            async let following = page(of: folder, isRecursive, after: next)
            try read(reply, of: folder, body)
            // Deleted meanwhile: there is nothing more in it.
            guard let page = try await following else { return }
            reply = page
        }
        try read(reply, of: folder, body)
    }

    private func read(
        _ reply: StorageReply, of folder: LakePath, _ body: (LakePath, PathPage.Entry) -> Void
    ) throws {
        let root = location.path.isEmpty ? "" : location.path + "/"
        for entry in try PathPage(reply.body).entries {
            // Names that cannot be paths of the lake are not the lake's.
            guard entry.name.beginsWithBytes(of: root),
                let path = LakePath(String(entry.name.utf8.dropFirst(root.utf8.count)) ?? ""),
                path != folder
            else { continue }
            body(path, entry)
        }
    }

    /// `nil` if there is no such folder.
    private func page(
        of folder: LakePath, _ isRecursive: Bool, after continuation: String?
    ) async throws -> StorageReply? {
        var query = [("resource", "filesystem"), ("recursive", isRecursive ? "true" : "false")]
        let directory = full(folder)
        if !directory.isEmpty { query.append(("directory", directory)) }
        if let continuation { query.append(("continuation", continuation)) }
        let reply = try await client.send(StorageRequest("GET", .dfs, location.filesystem, query: query))
        if reply.status == 404, !Self.isFilesystemMissing(reply.errorCode) { return nil }
        guard reply.status == 200 else { throw failure(reply, to: "list \(folder)") }
        return reply
    }
}
