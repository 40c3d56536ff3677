internal import ADLS
internal import ADLSClient
package import LakeModel

/// Renames by dfs, where they are one act; copies by Blob, where the service moves the bytes.
extension ADLSStore {
    package func rename(
        _ source: LakePath, to target: LakePath, _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        guard let from = try await properties(source), !from.isFolder else {
            throw ObjectNotFound(path: source)
        }
        let etag = from.object.etag
        // A file that is moved into a folder's place would end up inside it.
        if let there = try await properties(target), there.isFolder { throw PathIsFolder(path: target) }
        var request = request("PUT", .dfs, target)
        request.query = [.init(name: "mode", value: "legacy")]
        request.headers =
            [
                (HeaderName.renameSource, client.renameSource(location.filesystem, full(source))),
                // The version that is known: so a second attempt cannot move another one.
                ("x-ms-source-if-match", "\"\(etag)\""),
            ] + Self.header(condition)
        var hasMadeFolder = false
        while true {
            let reply: StorageReply
            do {
                reply = try await client.send(request)
            } catch let error as any Diagnostic where error.isTransient {
                if let outcome = try? await outcome(ofRename: from, to: target) { return outcome }
                throw error
            }
            switch (reply.status, reply.errorCode) {
            case (201, _):
                let renamed = Self.etag(reply) ?? etag
                if let trail = from.trail { trails.keep(trail, of: target, at: renamed) }
                return .written(renamed)
            case (404, "RenameDestinationParentPathNotFound") where !hasMadeFolder:
                hasMadeFolder = true
                try await makeFolder(target.folder)
            case (404, let code) where !Self.isFilesystemMissing(code),
                (412, let code) where code == "SourceConditionNotMet":
                return try await sourceIsGone(from, target, reply)
            case (409, "PathAlreadyExists"), (409, "BlobAlreadyExists"), (412, _):
                // Our own earlier attempt may be what stands there.
                if let outcome = try await outcome(ofRename: from, to: target) { return outcome }
                return .conditionFailed(current: try await head(target)?.etag)
            default: throw try await refusal(reply, target)
            }
        }
    }

    private func sourceIsGone(
        _ from: Properties, _ target: LakePath, _ reply: StorageReply
    ) async throws -> WriteOutcome {
        if let outcome = try await outcome(ofRename: from, to: target) { return outcome }
        guard reply.mayHaveHappenedBefore else { throw ObjectNotFound(path: from.object.path) }
        throw OutcomeUnknown(
            path: target, act: "renamed",
            reason: "the answer was lost, its source is gone, and something else is in its place")
    }

    /// `.written` if the source is gone and the target is what it was: a version survives a rename.
    private func outcome(ofRename from: Properties, to target: LakePath) async throws -> WriteOutcome? {
        if let there = try await properties(from.object.path), there.object.etag == from.object.etag {
            return nil
        }
        guard let moved = try await properties(target), !moved.isFolder else { return nil }
        let isSame =
            moved.object.etag == from.object.etag
            || from.trail.map { $0 == moved.trail && moved.object.size == from.object.size } ?? false
        return isSame ? .written(moved.object.etag) : nil
    }

    private func makeFolder(_ folder: LakePath) async throws {
        var request = request("PUT", .dfs, folder)
        request.query = [.init(name: "resource", value: "directory")]
        request.headers = [(HeaderName.ifNoneMatch, "*")]
        let reply = try await client.send(request)
        guard reply.status == 201 || reply.errorCode == "PathAlreadyExists" else {
            throw try await refusal(reply, folder)
        }
    }

    package func copy(_ source: LakePath, to target: LakePath) async throws {
        guard !full(source).isEmpty else { throw ObjectNotFound(path: source) }
        guard !full(target).isEmpty else { throw PathIsFolder(path: target) }
        // A folder can be copied, too, by services that know none.
        guard let from = try await properties(source), !from.isFolder else {
            throw ObjectNotFound(path: source)
        }
        var request = request("PUT", .blob, target)
        request.headers = [
            (HeaderName.copySource, client.copySource(location.filesystem, full(source))),
            (WriteTrail.header, WriteTrail(Self.freshID(), isWhole: false).text),
        ]
        let reply = try await client.send(request)
        switch (reply.status, reply.errorCode) {
        case (202, _), (201, _):
            let status = reply.header(HeaderName.copyStatus) ?? "success"
            try await finishCopy(target, id: reply.header(HeaderName.copyID), status: status)
        case (404, "BlobNotFound"), (404, "PathNotFound"), (404, "CannotVerifyCopySource"):
            throw ObjectNotFound(path: source)
        case (401, "CannotVerifyCopySource"), (403, "CannotVerifyCopySource"), (_, "PendingCopyOperation"):
            // The service may not read the source in our name: then we do.
            let opened = try await read(source, bytes: nil)
            _ = try await write(.stream(opened.bytes), to: target, .unconditionally)
        default: throw try await refusal(reply, target)
        }
    }

    /// Waits for a copy that the service goes on with by itself, which within one account is rare.
    private func finishCopy(_ target: LakePath, id: String?, status: String) async throws {
        var status = status
        var delay = Duration.milliseconds(50)
        while status == "pending" {
            try await Task.sleep(for: delay)
            delay = min(delay * 2, .seconds(5))
            guard let there = try await properties(target) else {
                throw ObjectReplaced(path: target, act: "copied")
            }
            // Another copy to the same path has ended this one.
            guard there.reply.header(HeaderName.copyID) == id else { return }
            status = there.reply.header(HeaderName.copyStatus) ?? "success"
        }
        guard status == "success" else { throw CopyFailed(path: target, status: status) }
    }
}
