internal import ADLS
internal import Blocking
internal import LakeModel

extension StoreSurface {
    func createContainer(_ request: StoreRequest) async throws -> StoreAnswer {
        guard let name = request.address.filesystem, name != settings.account else {
            throw StorageFailure(.invalidResourceName, "A filesystem cannot be called like its account.")
        }
        var properties = FileProperties()
        properties.metadata = try request.metadata() ?? []
        var rules = request.rules
        rules.leaseID = nil
        rules.conditions.ifNoneMatch = .any
        rules.existsCode = request.isDFS ? .filesystemAlreadyExists : .containerAlreadyExists
        let (folder, chosen, rulesNow) = (folder, properties, rules)
        let status = try await pool.run { try folder.makeFolder(request.address, chosen, rulesNow) }
        return .written(201, status, [(HeaderName.namespaceEnabled, "true")])
    }

    func deleteContainer(_ request: StoreRequest) async throws -> StoreAnswer {
        let folder = folder
        var rules = request.rules
        rules.notFoundCode = request.filesystemNotFound
        let known = rules
        try await pool.run {
            try folder.delete(request.address, known, isRecursive: true, notEmpty: .directoryNotEmpty)
            folder.forgetAllBlocks(ofFilesystem: request.address.filesystem ?? "")
        }
        return StoreAnswer(202)
    }

    func containerProperties(_ request: StoreRequest) async throws -> StoreAnswer {
        let folder = folder
        return try await pool.run {
            try folder.requireFilesystem(request.address, request.filesystemNotFound)
            guard let status = try folder.status(request.address) else {
                throw StorageFailure(request.filesystemNotFound, "The specified container does not exist.")
            }
            var answer = StoreAnswer(
                200,
                [
                    (HeaderName.etag, status.etag),
                    (HeaderName.lastModified, HTTPDate.text(status.modifiedAt)),
                    ("x-ms-has-immutability-policy", "false"), ("x-ms-has-legal-hold", "false"),
                    ("x-ms-immutable-storage-with-versioning-enabled", "false"),
                    ("x-ms-default-encryption-scope", "$account-encryption-key"),
                    ("x-ms-deny-encryption-scope-override", "false"), (HeaderName.namespaceEnabled, "true"),
                ])
            self.add(to: &answer, leaseOf: request.address, at: request.now)
            let properties = FileProperties(at: folder.location(request.address))
            self.add(to: &answer, metadata: properties.metadata)
            return answer
        }
    }

    func setContainerMetadata(_ request: StoreRequest) async throws -> StoreAnswer {
        let metadata = try request.metadata() ?? []
        let (folder, rules) = (folder, request.rules)
        let status = try await pool.run {
            try folder.requireFilesystem(request.address, request.filesystemNotFound)
            return try folder.changeProperties(of: request.address, rules) { $0.metadata = metadata }
        }
        return .written(200, status)
    }

    func add(to answer: inout StoreAnswer, leaseOf address: StorageAddress, at now: Timestamp) {
        let lease = folder.leases.lease(of: address)
        let state = lease?.state(at: now) ?? .available
        answer.add(HeaderName.leaseState, state.rawValue)
        answer.add(HeaderName.leaseStatus, state == .leased || state == .breaking ? "locked" : "unlocked")
        if state == .leased {
            answer.add(HeaderName.leaseDuration, lease?.seconds == nil ? "infinite" : "fixed")
        }
    }

    func add(to answer: inout StoreAnswer, metadata: [FileProperties.Pair]) {
        for pair in metadata { answer.add(HeaderName.metadata + pair.name, pair.value) }
        if !metadata.isEmpty {
            let pairs = metadata.map { "\($0.name)=\(Base64.encode(Array($0.value.utf8)))" }
            answer.add(HeaderName.properties, pairs.joined(separator: ","))
        }
    }
}
