internal import ADLS
internal import Blocking
internal import FoundationEssentials
internal import LakeModel

/// Writing in the words of Blob: whole, in blocks, appended, copied.
extension StoreSurface {
    private func blobProperties(_ request: StoreRequest) throws(StorageFailure) -> FileProperties {
        var properties = FileProperties()
        properties.headers = request.contentHeaders
        if properties.headers[HeaderName.contentType] == nil, let type = request.text(HeaderName.contentType)
        {
            properties.headers[HeaderName.contentType] = type
        }
        properties.metadata = try request.metadata() ?? []
        return properties
    }

    /// What is refused before the body is read, so that nobody sends it in vain.
    private func checkEarly(_ request: StoreRequest, _ caller: StoreAccess.Caller?) async throws {
        let (folder, rules) = (folder, request.rules)
        try await pool.run {
            try folder.requireFilesystem(request.address, .containerNotFound)
            let current = try folder.status(request.address)
            try rules.check(current, request.address, folder.leases)
            if let caller { try self.refuseOverwriting(request.address, caller) }
            guard current?.isFolder != true else {
                throw StorageFailure(.pathConflict, "There is a directory at this path.")
            }
        }
    }

    func putBlob(_ request: StoreRequest, _ body: BodyReader, _ caller: StoreAccess.Caller) async throws
        -> StoreAnswer
    {
        try await checkEarly(request, caller)
        var properties = try blobProperties(request)
        if let digest = request.text(HeaderName.contentMD5), properties.headers[HeaderName.contentMD5] == nil
        {
            properties.headers[HeaderName.contentMD5] = digest
        }
        let folder = folder
        let file = try await pool.run { try folder.makeStaged() }
        try await body.copy(to: file)
        let (chosen, rules) = (properties, request.rules)
        let status = try await pool.run {
            let status = try folder.publish(file, at: request.address, chosen, rules)
            folder.forgetUncommittedBlocks(of: request.address)
            return status
        }
        var answer = StoreAnswer.written(201, status)
        if let digest = properties.headers[HeaderName.contentMD5] {
            answer.add(HeaderName.contentMD5, digest)
        }
        return answer
    }

    func putBlock(_ request: StoreRequest, _ body: BodyReader) async throws -> StoreAnswer {
        guard let id = request.target["blockid"].flatMap({ BlockID($0) }) else {
            throw StorageFailure(.invalidBlockID, "A block's id is Base64 of 1 to 64 bytes.")
        }
        let folder = folder
        let file = try await pool.run {
            try folder.requireFilesystem(request.address, .containerNotFound)
            try folder.leases.check(request.address, id: request.text(HeaderName.leaseID), at: request.now)
            return try folder.makeStaged()
        }
        try await body.copy(to: file)
        try await pool.run { try folder.place(file, asBlock: id, of: request.address) }
        var answer = StoreAnswer(201, [(HeaderName.requestServerEncrypted, "true")])
        if let digest = request.text(HeaderName.contentMD5) { answer.add(HeaderName.contentMD5, digest) }
        return answer
    }

    func putBlockList(
        _ request: StoreRequest, _ body: BodyReader, _ caller: StoreAccess.Caller
    ) async throws -> StoreAnswer {
        try await checkEarly(request, caller)
        let list = try BlockList(xml: try await body.collect(bytesMax: 8 << 20))
        var properties = FileProperties()
        properties.headers = request.contentHeaders
        properties.metadata = try request.metadata() ?? []
        let (folder, rules, chosen) = (folder, request.rules, properties)
        let status = try await pool.run {
            let made = try folder.assemble(list, of: request.address)
            do {
                let status = try folder.publish(
                    made.file, at: request.address, chosen, rules, replacing: made.base, blocks: made.blocks)
                folder.forgetUncommittedBlocks(of: request.address)
                return status
            } catch {
                // Blocks whose list was refused go on waiting.
                if let only = made.only { try? folder.place(made.file, asBlock: only, of: request.address) }
                throw error
            }
        }
        return .written(201, status)
    }

    func getBlockList(_ request: StoreRequest) async throws -> StoreAnswer {
        let kind = request.target["blocklisttype"]?.lowercased() ?? "committed"
        let folder = folder
        let (status, committed, uncommitted) = try await pool.run {
            try folder.requireFilesystem(request.address, .containerNotFound)
            let status = try folder.status(request.address)
            let uncommitted = folder.uncommittedBlocks(of: request.address)
            guard status != nil || !uncommitted.isEmpty else {
                throw StorageFailure(.blobNotFound, "The specified blob does not exist.")
            }
            return (status, status.map { folder.committedBlocks(of: $0) } ?? [], uncommitted)
        }
        func list(_ name: String, _ blocks: [CommittedBlock]) -> String {
            let lines = blocks.map { "<Block><Name>\($0.id.text)</Name><Size>\($0.size)</Size></Block>" }
            return "<\(name)>\(lines.joined())</\(name)>"
        }
        var text = #"<?xml version="1.0" encoding="utf-8"?><BlockList>"#
        if kind != "uncommitted" { text += list("CommittedBlocks", committed) }
        if kind != "committed" { text += list("UncommittedBlocks", uncommitted) }
        var answer = StoreAnswer.text(text + "</BlockList>", type: "application/xml")
        if let status {
            answer.add(HeaderName.etag, status.etag)
            answer.add(HeaderName.lastModified, HTTPDate.text(status.modifiedAt))
            answer.add("x-ms-blob-content-length", "\(status.size)")
        }
        return answer
    }

    // MARK: Append blobs

    func putAppendBlob(_ request: StoreRequest, _ caller: StoreAccess.Caller) async throws -> StoreAnswer {
        try await checkEarly(request, caller)
        var properties = try blobProperties(request)
        properties.isAppendBlob = true
        let (folder, rules, chosen) = (folder, request.rules, properties)
        return .written(
            201,
            try await pool.run {
                try folder.publish(try folder.makeStaged(), at: request.address, chosen, rules)
            })
    }

    /// A new version with the block at its end replaces the file, so that nobody ever sees half a block.
    func appendBlock(_ request: StoreRequest, _ body: BodyReader) async throws -> StoreAnswer {
        let (folder, rules) = (folder, request.rules)
        let place = request.text("x-ms-blob-condition-appendpos").flatMap { Int64($0) }
        let sizeMax = request.text("x-ms-blob-condition-maxsize").flatMap { Int64($0) }
        let block = try await pool.run {
            let status = try self.known(request)
            guard !status.isFolder, FileProperties(at: folder.location(request.address)).isAppendBlob else {
                throw StorageFailure(.invalidBlobType, "The blob type is invalid for this operation.")
            }
            return try folder.makeStaged()
        }
        try await body.copy(to: block)
        let size = body.bytesExpected
        let (status, offset) = try await pool.run {
            // Of several that append at once, each but one has to begin anew.
            for attempt in 1... {
                guard let before = try OpenFile(folder.location(request.address)) else {
                    throw StorageFailure(.blobNotFound, "The specified blob does not exist.")
                }
                let offset = before.status.size
                guard place ?? offset == offset else {
                    throw StorageFailure(
                        StorageErrorCode("AppendPositionConditionNotMet", 412), "The blob has another length."
                    )
                }
                guard sizeMax.map({ offset + size <= $0 }) ?? true else {
                    throw StorageFailure(
                        StorageErrorCode("MaxBlobSizeConditionNotMet", 412),
                        "The blob would be longer than that.")
                }
                let file = try folder.makeStaged()
                try file.copy(from: before.descriptor, 0..<offset, to: 0)
                try file.copy(from: block.descriptor, 0..<size, to: offset)
                var properties = before.properties
                properties.headers[HeaderName.contentMD5] = nil
                do {
                    return (
                        try folder.publish(
                            file, at: request.address, properties, rules, replacing: before.status),
                        offset
                    )
                } catch let failure as StorageFailure
                    where failure.code == .conditionNotMet && rules.conditions.isEmpty && attempt < 100
                {}
            }
            throw StorageFailure(.serverBusy, "Too many append to this blob at once.")
        }
        return .written(
            201, status, [("x-ms-blob-append-offset", "\(offset)"), ("x-ms-blob-committed-block-count", "1")])
    }

    // MARK: Copies

    func copy(_ request: StoreRequest, _ caller: StoreAccess.Caller) async throws -> StoreAnswer {
        let text = request.text(HeaderName.copySource) ?? ""
        let place = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let host = String(place.prefix { $0 != "/" })
        let target = try RequestTarget(String(place.dropFirst(host.utf8.count)))
        let source = try StorageAddress(rawPath: target.rawPath, host: host, account: settings.account)
        guard source.filesystem != nil, !source.path.isEmpty else {
            throw StorageFailure(.copyAcrossAccountsNotSupported, "The source is no path of this account.")
        }
        try authorize(caller, sourceQuery: target, .init("r", on: "o"), at: source, request)
        let id = UUID().uuidString.lowercased()
        let sourceConditions = RequestConditions(prefix: "x-ms-source-") { request.header($0) }
        let metadata = try request.metadata()
        let (folder, rules) = (folder, request.rules)
        try await checkSource(source, request)
        let status = try await pool.run {
            try folder.requireFilesystem(request.address, .containerNotFound)
            try self.refuseOverwriting(request.address, caller)
            if try folder.status(source)?.isFolder == true {
                return try folder.makeFolder(
                    request.address, FileProperties(at: folder.location(source)), rules)
            }
            guard let from = try OpenFile(folder.location(source)) else {
                throw StorageFailure(.blobNotFound, "The specified blob does not exist.")
            }
            switch sourceConditions.evaluate(
                etag: from.status.version, modifiedAt: from.status.modifiedAt, isReading: false)
            {
            case .proceed: break
            case .exists, .notModified, .conditionFailed:
                throw StorageFailure(.sourceConditionNotMet, "The condition about the source is not met.")
            }
            var properties = from.properties
            if let metadata { properties.metadata = metadata }
            properties.copyID = id
            properties.copySource = "\(request.endpoint)\(target.rawPath)"
            let file = try folder.makeStaged()
            try file.copy(from: from.descriptor, 0..<from.status.size, to: 0)
            return try folder.publish(file, at: request.address, properties, rules)
        }
        return .written(202, status, [(HeaderName.copyID, id), (HeaderName.copyStatus, "success")])
    }

    private func checkSource(_ source: StorageAddress, _ request: StoreRequest) async throws {
        let folder = folder
        try await pool.run {
            try folder.requireFilesystem(source, .containerNotFound)
            guard try folder.status(source) != nil else {
                throw StorageFailure(.blobNotFound, "The specified blob does not exist.")
            }
        }
    }

    // MARK: Properties

    func setBlobMetadata(_ request: StoreRequest) async throws -> StoreAnswer {
        let metadata = try request.metadata() ?? []
        return try await change(request) { $0.metadata = metadata }
    }

    func setBlobProperties(_ request: StoreRequest) async throws -> StoreAnswer {
        let headers = request.contentHeaders
        return try await change(request) { $0.headers = headers }
    }

    private func change(
        _ request: StoreRequest, _ body: @escaping @Sendable (inout FileProperties) -> Void
    ) async throws -> StoreAnswer {
        let (folder, rules) = (folder, request.rules)
        let status = try await pool.run {
            try folder.requireFilesystem(request.address, .containerNotFound)
            return try folder.changeProperties(of: request.address, rules, body)
        }
        return .written(200, status)
    }
}
