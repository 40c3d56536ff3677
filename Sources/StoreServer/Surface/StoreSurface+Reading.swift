internal import ADLS
internal import Blocking
internal import Crypto
internal import LakeModel
internal import NIOCore

/// Reading a path, whole or in part, and its properties.
extension StoreSurface {
    func read(_ request: StoreRequest, _ caller: StoreAccess.Caller) async throws -> StoreAnswer {
        let folder = folder
        let rangeText = request.text(HeaderName.msRange) ?? request.text(HeaderName.range)
        return try await pool.run {
            let status = try self.known(request)
            let path = folder.location(request.address)
            guard !status.isFolder else {
                var answer = StoreAnswer(200)
                self.add(to: &answer, FileProperties(at: path), status, request, caller)
                return answer
            }
            guard let file = try OpenFile(path) else {
                throw StorageFailure(request.rules.notFoundCode, "The specified path does not exist.")
            }
            // Between looking and opening it may have been replaced.
            try self.check(request, file.status)
            var answer = StoreAnswer(200, body: .file(file, 0..<file.status.size))
            guard let range = rangeText.flatMap({ ByteRange($0) }) else {
                self.add(to: &answer, file.properties, file.status, request, caller)
                if let digest = file.properties.headers[HeaderName.contentMD5] {
                    answer.add(HeaderName.contentMD5, digest)
                }
                return answer
            }
            guard let bytes = range.bytes(of: file.status.size) else {
                throw StorageFailure(
                    .invalidRange, "The range specified is invalid for the current size of the resource.")
            }
            answer.status = 206
            answer.body = .file(file, bytes)
            self.add(to: &answer, file.properties, file.status, request, caller)
            answer.add(
                HeaderName.contentRange,
                "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(file.status.size)")
            if let digest = file.properties.headers[HeaderName.contentMD5] {
                answer.add("x-ms-blob-content-md5", digest)
            }
            if request.text(HeaderName.rangeGetContentMD5)?.lowercased() == "true" {
                guard bytes.count <= 4 << 20 else {
                    throw StorageFailure(.outOfRangeQueryParameter, "The MD5 of at most 4 MiB is told.")
                }
                let buffer = try ByteBuffer(ofFile: file.descriptor, bytes.lowerBound, count: bytes.count)
                let digest = Array(Insecure.MD5.hash(data: Array(buffer.readableBytesView)))
                answer.add(HeaderName.contentMD5, Base64.encode(digest))
            }
            return answer
        }
    }

    func properties(_ request: StoreRequest, _ caller: StoreAccess.Caller) async throws -> StoreAnswer {
        let folder = folder
        return try await pool.run {
            let status = try self.known(request)
            let properties = FileProperties(at: folder.location(request.address))
            var answer = StoreAnswer(200)
            self.add(to: &answer, properties, status, request, caller)
            answer.add(HeaderName.contentLength, "\(status.size)")
            if let digest = properties.headers[HeaderName.contentMD5] {
                answer.add(HeaderName.contentMD5, digest)
            }
            return answer
        }
    }

    /// What is at the path, if the request's conditions let it be read.
    func known(_ request: StoreRequest) throws -> FileStatus {
        guard let status = try folder.status(request.address) else {
            try folder.requireFilesystem(request.address, request.filesystemNotFound)
            throw StorageFailure(request.rules.notFoundCode, "The specified path does not exist.")
        }
        try check(request, status)
        return status
    }

    private func check(_ request: StoreRequest, _ status: FileStatus) throws(StorageFailure) {
        switch request.conditions.evaluate(
            etag: status.version, modifiedAt: status.modifiedAt, isReading: true)
        {
        case .proceed: break
        case .notModified:
            throw StorageFailure(
                StorageErrorCode(StorageErrorCode.conditionNotMet.name, 304), "It was not modified.")
        case .conditionFailed, .exists:
            throw StorageFailure(.conditionNotMet, "The condition of the request's headers is not met.")
        }
        // Who names a lease wants it to be the one that there is.
        if let id = request.text(HeaderName.leaseID) {
            try folder.leases.check(request.address, id: id, at: request.now)
        }
    }

    /// Everything that a client of either protocol may look for; some of them end when one is missing.
    private func add(
        to answer: inout StoreAnswer, _ properties: FileProperties, _ status: FileStatus,
        _ request: StoreRequest,
        _ caller: StoreAccess.Caller
    ) {
        let date = HTTPDate.text(status.modifiedAt)
        answer.add(HeaderName.etag, status.etag)
        answer.add(HeaderName.lastModified, date)
        answer.add(HeaderName.creationTime, date)
        answer.add("accept-ranges", "bytes")
        var headers = properties.headers
        headers[HeaderName.contentMD5] = nil
        headers[HeaderName.contentType] = properties.contentType
        if case .signature(let sas) = caller {
            for (name, header) in [
                ("rscc", HeaderName.cacheControl), ("rscd", HeaderName.contentDisposition),
                ("rsce", HeaderName.contentEncoding), ("rscl", HeaderName.contentLanguage),
                ("rsct", HeaderName.contentType),
            ] { if let value = sas.responseHeaders[name] { headers[header] = value } }
        }
        for name in FileProperties.headerNames { if let value = headers[name] { answer.add(name, value) } }
        answer.add(HeaderName.blobType, properties.isAppendBlob ? "AppendBlob" : "BlockBlob")
        answer.add(HeaderName.serverEncrypted, "true")
        answer.add("x-ms-access-tier", "Hot")
        answer.add("x-ms-access-tier-inferred", "true")
        answer.add(HeaderName.resourceType, status.isFolder ? "directory" : "file")
        addAccess(to: &answer, properties, status)
        add(to: &answer, leaseOf: request.address, at: request.now)
        add(to: &answer, metadata: properties.metadata)
        if status.isFolder { answer.add(HeaderName.isFolder, "true") }
        if properties.isAppendBlob {
            answer.add("x-ms-blob-committed-block-count", "\(status.size > 0 ? 1 : 0)")
        }
        guard !properties.copyID.isEmpty else { return }
        answer.add(HeaderName.copyID, properties.copyID)
        answer.add(HeaderName.copyStatus, "success")
        answer.add(HeaderName.copySource, properties.copySource)
        answer.add("x-ms-copy-progress", "\(status.size)/\(status.size)")
        answer.add("x-ms-copy-completion-time", date)
    }

    func addAccess(to answer: inout StoreAnswer, _ properties: FileProperties, _ status: FileStatus) {
        answer.add(HeaderName.owner, properties.ownerShown)
        answer.add(HeaderName.group, properties.groupShown)
        answer.add(HeaderName.permissions, properties.permissionsShown(status))
        answer.add(HeaderName.acl, properties.aclShown(status))
    }
}

extension FileProperties {
    func aclShown(_ status: FileStatus) -> String {
        if !acl.isEmpty { return acl }
        let letters = Array(permissionsShown(status))
        let parts = [0, 3, 6].map { String(letters.dropFirst($0).prefix(3)) }
        return "user::\(parts[0]),group::\(parts[1]),other::\(parts[2])"
    }
}
