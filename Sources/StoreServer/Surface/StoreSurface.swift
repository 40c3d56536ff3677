internal import ADLS
internal import Blocking
internal import LakeModel
internal import Logging
internal import NIOCore

/// Both protocols over one folder: what each request asks for, and what comes of it.
struct StoreSurface: Sendable {
    let folder: StoreFolder
    let settings: StoreServerSettings
    let access: StoreAccess
    let pool: BlockingPool
    let logger: Logger

    /// - Throws: ``StorageFailure``; ``FileFailure``.
    func answer(_ request: StoreRequest, _ body: BodyReader) async throws -> StoreAnswer {
        let caller = try access.identify(request)
        let operation = try StoreOperation(request)
        try access.authorize(caller, operation.need, at: subject(of: operation, request), request)
        if operation.isOfAccount, case .signature(let sas) = caller, !sas.isOfAccount {
            throw StorageFailure(
                .authorizationFailure, "Filesystems are changed with the key or a SAS of the account.")
        }
        switch operation {
        case .listContainers: return try await listContainers(request)
        case .listFilesystems: return try await listFilesystems(request)
        case .accountProperties:
            return StoreAnswer(
                200,
                [
                    ("x-ms-sku-name", "Standard_LRS"), ("x-ms-account-kind", "StorageV2"),
                    ("x-ms-is-hns-enabled", "true"),
                ])
        case .serviceProperties:
            return .text(
                #"<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties />"#,
                type: "application/xml")
        case .batch: return try await batch(request, body)
        case .createContainer: return try await createContainer(request)
        case .deleteContainer: return try await deleteContainer(request)
        case .containerProperties: return try await containerProperties(request)
        case .containerACL:
            var answer = try await containerProperties(request)
            answer.body = .bytes(
                .init(string: #"<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers />"#))
            answer.add(HeaderName.contentType, "application/xml")
            return answer
        case .setContainerMetadata: return try await setContainerMetadata(request)
        case .leaseContainer, .lease: return try await lease(request)
        case .listBlobs: return try await listBlobs(request)
        case .listPaths: return try await listPaths(request)
        default: return try await pathAnswer(operation, request, body, caller)
        }
    }

    private func pathAnswer(
        _ operation: StoreOperation, _ request: StoreRequest, _ body: BodyReader, _ caller: StoreAccess.Caller
    ) async throws -> StoreAnswer {
        switch operation {
        case .createFile: return try await createFile(request, caller)
        case .createDirectory: return try await createDirectory(request)
        case .rename: return try await rename(request, caller)
        case .append: return try await append(request, body)
        case .flush: return try await flush(request)
        case .setProperties: return try await setProperties(request)
        case .setACL: return try await setACL(request)
        case .setACLRecursive: return try await setACLRecursive(request)
        case .getACL: return try await getACL(request)
        case .putBlob: return try await putBlob(request, body, caller)
        case .putAppendBlob: return try await putAppendBlob(request, caller)
        case .appendBlock: return try await appendBlock(request, body)
        case .putBlock: return try await putBlock(request, body)
        case .putBlockList: return try await putBlockList(request, body, caller)
        case .getBlockList: return try await getBlockList(request)
        case .copy: return try await copy(request, caller)
        case .setBlobMetadata: return try await setBlobMetadata(request)
        case .setBlobProperties: return try await setBlobProperties(request)
        case .getTags:
            return .text(
                #"<?xml version="1.0" encoding="utf-8"?><Tags><TagSet /></Tags>"#, type: "application/xml")
        case .read: return try await read(request, caller)
        case .properties, .getStatus, .getBlobMetadata: return try await properties(request, caller)
        case .delete: return try await delete(request)
        default: throw StorageFailure(.internalError, "An operation has no answer.")
        }
    }

    /// What a SAS must be of: of a list, the folder that is listed.
    private func subject(of operation: StoreOperation, _ request: StoreRequest) throws(StorageFailure)
        -> StorageAddress
    {
        switch operation {
        case .listPaths:
            StorageAddress(
                filesystem: request.address.filesystem,
                path: try StorageAddress.path(request.target["directory"] ?? ""))
        case .listBlobs:
            StorageAddress(
                filesystem: request.address.filesystem,
                path: try StorageAddress.path(Self.folder(ofPrefix: request.target["prefix"] ?? "")))
        default: request.address
        }
    }

    /// The folder that a prefix of names is in.
    static func folder(ofPrefix prefix: String) -> String {
        prefix.lastSlash.map { String(prefix[..<$0]) } ?? ""
    }

    func lease(_ request: StoreRequest) async throws -> StoreAnswer {
        let act = try LeaseAct { request.header($0) }
        let (folder, rules) = (folder, request.rules)
        return try await pool.run {
            try folder.requireFilesystem(request.address, request.filesystemNotFound)
            let (change, status) = try folder.changingNames { _ throws -> (LeaseChange, FileStatus) in
                let status = try rules.require(try folder.status(request.address))
                try rules.check(rules.conditions, status)
                return (try folder.leases.change(request.address, act, at: request.now), status)
            }
            var answer = StoreAnswer(
                change.status,
                [(HeaderName.etag, status.etag), (HeaderName.lastModified, HTTPDate.text(status.modifiedAt))])
            if let left = change.secondsLeft {
                answer.add(HeaderName.leaseTime, "\(left)")
            } else if let lease = change.lease {
                answer.add(HeaderName.leaseID, lease.id)
            }
            return answer
        }
    }
}

extension StoreRequest {
    /// Metadata as both protocols send it: headers of its own, or pairs in Base64.
    /// - Returns: `nil` if there is none.
    func metadata() throws(StorageFailure) -> [FileProperties.Pair]? {
        var pairs: [FileProperties.Pair]?
        for (name, value) in headers where name.hasPrefix(HeaderName.metadata) {
            let name = String(name.dropFirst(HeaderName.metadata.utf8.count))
            guard !name.isEmpty else {
                throw StorageFailure(.invalidMetadata, "A name of metadata is empty.")
            }
            // What says that a path is a folder is what it is, not what somebody says.
            if name != "hdi_isfolder" {
                pairs = (pairs ?? []) + [FileProperties.Pair(name: name, value: value)]
            }
        }
        guard let text = header(HeaderName.properties) else { return pairs }
        for pair in text.split(separator: ",") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let value = Base64.decode(sides[1].filter { $0 != " " }),
                let decoded = String(validating: value, as: UTF8.self)
            else {
                throw StorageFailure(.invalidHeaderValue, "x-ms-properties are no pairs name=Base64.")
            }
            let name = String(sides[0].filter { $0 != " " })
            if name != "hdi_isfolder" {
                pairs = (pairs ?? []) + [FileProperties.Pair(name: name, value: decoded)]
            }
        }
        return pairs ?? []
    }

    /// Headers of the content, as the request sets them: `x-ms-blob-content-type`, `x-ms-content-type`. An
    /// empty one counts as none.
    var contentHeaders: [String: String] {
        var found: [String: String] = [:]
        for name in FileProperties.headerNames {
            let bare = name == HeaderName.cacheControl ? "cache-control" : name
            if let value = text("x-ms-blob-\(bare)") ?? text("x-ms-\(bare)") { found[name] = value }
        }
        return found
    }
}
