internal import ADLS
internal import Blocking
internal import LakeModel

/// Writing in the words of dfs: create, append, flush, rename, delete.
extension StoreSurface {
    /// Of a SAS that may create and not write, nothing that is there is replaced.
    func refuseOverwriting(_ address: StorageAddress, _ caller: StoreAccess.Caller) throws {
        guard !caller.mayOverwrite, try folder.status(address) != nil else { return }
        throw StorageFailure(.permissionMismatch, "The SAS may create, but not replace what is there.")
    }

    func createFile(_ request: StoreRequest, _ caller: StoreAccess.Caller) async throws -> StoreAnswer {
        let properties = try created(request)
        let (folder, rules) = (folder, request.rules)
        return .written(
            201,
            try await pool.run {
                try folder.requireFilesystem(request.address, .filesystemNotFound)
                try self.refuseOverwriting(request.address, caller)
                return try self.namingWhatIsThere(request) {
                    try folder.publish(try folder.makeStaged(), at: request.address, properties, rules)
                }
            })
    }

    func createDirectory(_ request: StoreRequest) async throws -> StoreAnswer {
        let properties = try created(request)
        let (folder, rules) = (folder, request.rules)
        return .written(
            201,
            try await pool.run {
                try folder.requireFilesystem(request.address, .filesystemNotFound)
                return try self.namingWhatIsThere(request) {
                    try folder.makeFolder(request.address, properties, rules)
                }
            })
    }

    private func created(_ request: StoreRequest) throws(StorageFailure) -> FileProperties {
        var properties = FileProperties()
        properties.headers = request.contentHeaders
        properties.metadata = try request.metadata() ?? []
        properties.permissions = try request.text(HeaderName.permissions).map(FileProperties.symbolic) ?? ""
        properties.owner = request.text(HeaderName.owner) ?? ""
        properties.group = request.text(HeaderName.group) ?? ""
        return properties
    }

    /// A refusal because something is there tells what: some clients go on if it is a directory.
    private func namingWhatIsThere(_ request: StoreRequest, _ body: () throws -> FileStatus) throws
        -> FileStatus
    {
        do {
            return try body()
        } catch let failure as StorageFailure where failure.code.status == 409 {
            guard let status = try folder.status(request.address) else { throw failure }
            throw ExistingResource(failure: failure, isFolder: status.isFolder)
        }
    }

    func rename(_ request: StoreRequest, _ caller: StoreAccess.Caller) async throws -> StoreAnswer {
        let text = request.text(HeaderName.renameSource) ?? ""
        let target = try RequestTarget(text.hasPrefix("/") ? text : "/\(text)")
        let source = try StorageAddress(rawPath: target.rawPath, host: "", account: settings.account)
        guard source.filesystem != nil else {
            throw StorageFailure(.invalidURI, "x-ms-rename-source names no path.")
        }
        try authorize(caller, sourceQuery: target, .init("mdw", on: "o"), at: source, request)
        let sourceConditions = RequestConditions(prefix: "x-ms-source-") { request.header($0) }
        let metadata = try request.metadata()
        let (folder, rules) = (folder, request.rules)
        let status = try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            try self.refuseOverwriting(request.address, caller)
            return try folder.rename(
                source, to: request.address, rules, sourceConditions: sourceConditions,
                sourceLeaseID: request.text(HeaderName.sourceLeaseID)
            ) { properties in
                properties.headers.merge(request.contentHeaders) { $1 }
                if let metadata { properties.metadata = metadata }
            }
        }
        return .written(201, status)
    }

    /// Whether the caller may do something with another path that a header names, with the SAS that stands
    /// there or with its own.
    func authorize(
        _ caller: StoreAccess.Caller, sourceQuery: RequestTarget, _ need: SharedAccessSignature.Need,
        at source: StorageAddress, _ request: StoreRequest
    ) throws(StorageFailure) {
        if let sas = try SharedAccessSignature.parse(sourceQuery) {
            try access.authorize(.signature(sas), need, at: source, request)
        } else {
            try access.authorize(caller, need, at: source, request)
        }
    }

    func delete(_ request: StoreRequest) async throws -> StoreAnswer {
        let (folder, rules) = (folder, request.rules)
        try await pool.run {
            try folder.requireFilesystem(request.address, request.filesystemNotFound)
            try folder.delete(
                request.address, rules, isRecursive: request.flag("recursive"),
                notEmpty: request.isDFS ? .directoryNotEmpty : .directoryIsNotEmpty)
        }
        return StoreAnswer(202, [("x-ms-delete-type-permanent", "true")])
    }

    // MARK: Appending

    func append(_ request: StoreRequest, _ body: BodyReader) async throws -> StoreAnswer {
        guard let position = try request.number("position", in: 0...Int64(1) << 50) else {
            throw StorageFailure(.missingRequiredQueryParameter, "The parameter position is missing.")
        }
        let folder = folder
        var rules = request.rules
        rules.conditions = RequestConditions()
        let action = request.text(HeaderName.leaseAction)?.lowercased()
        if action == "acquire" || action == "acquire-release" {
            // The lease is had by the same request.
            let act = try LeaseAct {
                $0 == HeaderName.leaseAction ? "acquire" : request.header($0)
            }
            _ = try folder.leases.change(request.address, act, at: request.now)
            rules.leaseID = request.text(HeaderName.proposedLeaseID)
        }
        let known = rules
        let (status, file) = try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            let status = try known.require(try folder.status(request.address))
            guard !status.isFolder else {
                throw StorageFailure(.pathConflict, "Nothing is appended to a directory.")
            }
            try folder.leases.check(request.address, id: known.leaseID, at: request.now)
            guard position >= status.size else {
                throw StorageFailure(.invalidFlushPosition, "The position is inside of what was flushed.")
            }
            return (status, try folder.appends.begin(status.version, in: folder))
        }
        do {
            try await body.copy(to: file, at: position)
        } catch {
            folder.appends.end(status.version, wrote: nil, in: folder)
            throw error
        }
        let end = position + body.bytesExpected
        try await pool.run {
            folder.appends.end(status.version, wrote: position..<end, in: folder)
        }
        guard request.flag("flush") else {
            return StoreAnswer(202, [(HeaderName.requestServerEncrypted, "true")])
        }
        var answer = StoreAnswer.written(
            202, try await flush(request, to: end, known.leaseID, conditions: request.conditions))
        if let id = known.leaseID, action != nil { answer.add(HeaderName.leaseID, id) }
        return answer
    }

    func flush(_ request: StoreRequest) async throws -> StoreAnswer {
        guard let position = try request.number("position", in: 0...Int64(1) << 50) else {
            throw StorageFailure(.missingRequiredQueryParameter, "The parameter position is missing.")
        }
        let status = try await flush(
            request, to: position, request.text(HeaderName.leaseID), conditions: request.conditions)
        if request.text(HeaderName.leaseAction)?.lowercased() == "release",
            let id = request.text(HeaderName.leaseID)
        {
            _ = try folder.leases.change(request.address, .release(id.lowercased()), at: request.now)
        }
        return .written(200, status)
    }

    /// Makes what was appended up to `position` the end of the file, in one act.
    private func flush(
        _ request: StoreRequest, to position: Int64, _ leaseID: String?, conditions: RequestConditions
    ) async throws -> FileStatus {
        let folder = folder
        var rules = request.rules
        rules.leaseID = leaseID
        rules.conditions = conditions
        let known = rules
        let metadata = try request.metadata()
        return try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            let status = try known.require(try folder.status(request.address))
            guard !status.isFolder else {
                throw StorageFailure(.pathConflict, "A directory has nothing to flush.")
            }
            try known.check(status, request.address, folder.leases)
            var properties = FileProperties(at: folder.location(request.address))
            properties.headers.merge(request.contentHeaders) { $1 }
            if let metadata { properties.metadata = metadata }
            if position == status.size {
                let changed = properties
                guard changed != FileProperties(at: folder.location(request.address)) else { return status }
                return try folder.changeProperties(of: request.address, known) { $0 = changed }
            }
            guard position > status.size,
                let taken = folder.appends.take(status.version, from: status.size, to: position, in: folder)
            else {
                throw StorageFailure(
                    .invalidFlushPosition,
                    "The uploaded data is not contiguous, or the position is not the length of what was appended."
                )
            }
            return try self.publish(
                taken.file, isOwned: taken.isOwned, status, position, request, properties, known)
        }
    }

    private func publish(
        _ staged: StagedFile, isOwned: Bool, _ status: FileStatus, _ position: Int64, _ request: StoreRequest,
        _ properties: FileProperties, _ rules: WriteRules
    ) throws -> FileStatus {
        do {
            var file = staged
            if isOwned {
                if staged.size > position { try staged.truncate(to: position) }
            } else {
                // Somebody still writes to it, perhaps further on.
                file = try folder.makeStaged()
                try file.copy(from: staged.descriptor, status.size..<position, to: status.size)
            }
            if status.size > 0, let before = try OpenFile(folder.location(request.address)) {
                try file.copy(from: before.descriptor, 0..<status.size, to: 0)
            }
            return try folder.publish(file, at: request.address, properties, rules, replacing: status)
        } catch {
            if isOwned { folder.appends.putBack(staged, status.version, status.size..<position) }
            throw error
        }
    }

    // MARK: Properties

    func setProperties(_ request: StoreRequest) async throws -> StoreAnswer {
        let metadata = try request.metadata()
        let (folder, rules) = (folder, request.rules)
        let status = try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            return try folder.changeProperties(of: request.address, rules) { properties in
                properties.headers.merge(request.contentHeaders) { $1 }
                if let metadata { properties.metadata = metadata }
            }
        }
        return .written(200, status)
    }

    func getACL(_ request: StoreRequest) async throws -> StoreAnswer {
        let folder = folder
        return try await pool.run {
            let status = try self.known(request)
            var answer = StoreAnswer.written(200, status)
            self.addAccess(to: &answer, FileProperties(at: folder.location(request.address)), status)
            answer.add(HeaderName.resourceType, status.isFolder ? "directory" : "file")
            return answer
        }
    }

    func setACL(_ request: StoreRequest) async throws -> StoreAnswer {
        let (folder, rules) = (folder, request.rules)
        let change = try aclChange(request)
        let status = try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            return try folder.changeProperties(of: request.address, rules, isNewVersion: false, change)
        }
        return .written(200, status)
    }

    private func aclChange(_ request: StoreRequest) throws(StorageFailure)
        -> @Sendable (inout FileProperties) -> Void
    {
        let permissions = try request.text(HeaderName.permissions).map(FileProperties.symbolic)
        let (acl, owner, group) = (
            request.text(HeaderName.acl), request.text(HeaderName.owner), request.text(HeaderName.group)
        )
        return { properties in
            if let permissions {
                properties.permissions = permissions
                properties.acl = ""
            }
            if let acl { properties.acl = acl }
            if let owner { properties.owner = owner }
            if let group { properties.group = group }
        }
    }

    /// Kept with every path, a page at a time. Nobody's access depends on it: the key and SAS decide.
    func setACLRecursive(_ request: StoreRequest) async throws -> StoreAnswer {
        let count = Int(try request.number("maxrecords", in: 1...2_000) ?? 2_000)
        let after = try request.target.text("continuation").map { token throws(StorageFailure) in
            guard let continuation = Continuation(token: token) else {
                throw StorageFailure(.invalidQueryParameter, "The continuation is none of this server's.")
            }
            return continuation.after
        }
        let listing = Listing(
            folder: request.address.path, isRecursive: true, showsFolders: true, after: after, from: nil,
            entriesMax: count, wantsProperties: false)
        let (folder, rules, change) = (folder, request.rules, try aclChange(request))
        let (folders, files, next) = try await pool.run {
            try folder.requireFilesystem(request.address, .filesystemNotFound)
            let status = try rules.require(try folder.status(request.address))
            var (folders, files) = (0, 0)
            func apply(_ path: String, isFolder: Bool) throws {
                let address = StorageAddress(filesystem: request.address.filesystem, path: path)
                _ = try folder.changeProperties(
                    of: address, WriteRules(now: request.now), isNewVersion: false, change)
                if isFolder { folders += 1 } else { files += 1 }
            }
            if after == nil { try apply(request.address.path, isFolder: status.isFolder) }
            let page = try folder.list(request.address.filesystem ?? "", listing) ?? ListedPage()
            for entry in page.entries { try apply(entry.path, isFolder: entry.status.isFolder) }
            return (folders, files, page.next)
        }
        var answer = StoreAnswer.text(
            #"{"directoriesSuccessful":\#(folders),"failedEntries":[],"failureCount":0,"filesSuccessful":\#(files)}"#,
            type: "application/json;charset=utf-8")
        if let next { answer.add(HeaderName.continuation, Continuation(after: next).token) }
        return answer
    }
}

extension FileProperties {
    /// `rwxr-x---` of itself, or of `0750`.
    static func symbolic(_ text: String) throws(StorageFailure) -> String {
        if text.utf8.count == 9 || text.utf8.count == 10, text.allSatisfy({ "rwxst-ST+".contains($0) }) {
            return text
        }
        guard (3...4).contains(text.utf8.count), let mode = Int(text, radix: 8) else {
            throw StorageFailure(.invalidHeaderValue, "Permissions are rwxr-x--- or 0750.")
        }
        return [6, 3, 0].map { shift in
            let bits = mode >> shift & 7
            return (bits & 4 > 0 ? "r" : "-") + (bits & 2 > 0 ? "w" : "-") + (bits & 1 > 0 ? "x" : "-")
        }.joined()
    }
}
