internal import ADLS

/// What a request asks for, told from its method, its query and its headers, never from the port it came to.
enum StoreOperation: Hashable, Sendable {
    // The account.
    case listContainers, listFilesystems, accountProperties, serviceProperties, batch
    // A filesystem.
    case createContainer, deleteContainer, containerProperties, setContainerMetadata, leaseContainer
    case containerACL, listBlobs, listPaths
    // A path, in the words of dfs.
    case createFile, createDirectory, rename, append, flush, setProperties
    case setACL, setACLRecursive, getACL, getStatus
    // A path, in the words of Blob.
    case putBlob, putAppendBlob, appendBlock, putBlock, putBlockList, getBlockList, copy
    case setBlobMetadata, getBlobMetadata, setBlobProperties, getTags
    // Either.
    case read, properties, delete, lease

    /// - Throws: ``StorageFailure`` for what is asked in no way that there is.
    init(_ request: StoreRequest) throws(StorageFailure) {
        let target = request.target
        let comp = target["comp"]?.lowercased()
        let type = (target["restype"] ?? target["resource"])?.lowercased()
        let isAccount = request.address.filesystem == nil
        let isContainer = !isAccount && request.address.path.isEmpty
        func unsupported() -> StorageFailure {
            StorageFailure(.unsupportedHTTPVerb, "This cannot be asked with \(request.method).")
        }
        if isAccount {
            switch (request.method, comp, type) {
            case ("GET", "list", _): self = .listContainers
            case ("GET", _, "account") where comp == nil: self = .listFilesystems
            case ("GET", "properties", "account"), ("HEAD", "properties", "account"):
                self = .accountProperties
            case ("GET", "properties", "service"): self = .serviceProperties
            case ("POST", "batch", _): self = .batch
            default: throw unsupported()
            }
            return
        }
        if let action = target["action"]?.lowercased() {
            try self.init(action: action, request)
            return
        }
        if isContainer {
            switch (request.method, comp) {
            case ("GET", "list"): self = .listBlobs
            case ("POST", "batch"): self = .batch
            case ("PUT", "metadata"): self = .setContainerMetadata
            case ("PUT", "lease"): self = .leaseContainer
            case ("GET", "acl"), ("HEAD", "acl"): self = .containerACL
            case ("PUT", "acl"):
                throw StorageFailure(
                    .featureNotSupported, "Public access and stored policies are not supported.")
            case ("PUT", nil): self = .createContainer
            case ("DELETE", nil): self = .deleteContainer
            case ("GET", nil) where type == "filesystem": self = .listPaths
            case ("GET", nil), ("HEAD", nil), ("GET", "metadata"), ("HEAD", "metadata"):
                self = .containerProperties
            case ("PATCH", nil): self = .setContainerMetadata
            default: throw unsupported()
            }
            return
        }
        switch (request.method, comp) {
        case ("PUT", nil): self = try Self.write(request, type)
        case ("PUT", "block"): self = .putBlock
        case ("PUT", "blocklist"): self = .putBlockList
        case ("GET", "blocklist"): self = .getBlockList
        case ("PUT", "appendblock"): self = .appendBlock
        case ("PUT", "metadata"): self = .setBlobMetadata
        case ("GET", "metadata"), ("HEAD", "metadata"): self = .getBlobMetadata
        case ("PUT", "properties"): self = .setBlobProperties
        case ("PUT", "lease"), ("POST", nil): self = .lease
        case ("GET", "tags"): self = .getTags
        case ("GET", nil): self = .read
        case ("HEAD", nil): self = .properties
        case ("DELETE", nil): self = .delete
        case (_, let comp?):
            throw StorageFailure(
                .featureNotSupported, "comp=\(comp.prefix(40)) is not supported with directories.")
        default: throw unsupported()
        }
    }

    private static func write(_ request: StoreRequest, _ type: String?) throws(StorageFailure)
        -> StoreOperation
    {
        if request.header(HeaderName.renameSource) != nil {
            guard type == nil else {
                throw StorageFailure(.unsupportedHeader, "x-ms-rename-source does not go with resource.")
            }
            return .rename
        }
        switch type {
        case "file": return .createFile
        case "directory": return .createDirectory
        case nil: break
        default: throw StorageFailure(.invalidQueryParameter, "resource is file or directory.")
        }
        if request.text(HeaderName.copySource) != nil { return .copy }
        switch request.text(HeaderName.blobType)?.lowercased() {
        case "blockblob": return .putBlob
        case "appendblob": return .putAppendBlob
        case nil:
            throw StorageFailure(.missingRequiredHeader, "The header x-ms-blob-type is missing.")
        default:
            throw StorageFailure(.featureNotSupported, "Page blobs are not supported with directories.")
        }
    }

    private init(action: String, _ request: StoreRequest) throws(StorageFailure) {
        switch (request.method, action) {
        case ("PATCH", "append"), ("PUT", "append"): self = .append
        case ("PATCH", "flush"), ("PUT", "flush"): self = .flush
        case ("PATCH", "setproperties"), ("PUT", "setproperties"): self = .setProperties
        case ("PATCH", "setaccesscontrol"), ("PUT", "setaccesscontrol"): self = .setACL
        case ("PATCH", "setaccesscontrolrecursive"), ("PUT", "setaccesscontrolrecursive"):
            self = .setACLRecursive
        case ("HEAD", "getaccesscontrol"), ("GET", "getaccesscontrol"): self = .getACL
        case ("HEAD", "getstatus"), ("GET", "getstatus"), ("HEAD", "checkaccess"): self = .getStatus
        default:
            throw StorageFailure(.invalidQueryParameter, "There is no such action with \(request.method).")
        }
    }

    /// Whether it changes a filesystem as a whole, which only the key and a SAS of the account may.
    var isOfAccount: Bool {
        switch self {
        case .createContainer, .deleteContainer, .setContainerMetadata, .leaseContainer: true
        default: false
        }
    }

    /// What a SAS must allow for it.
    var need: SharedAccessSignature.Need {
        switch self {
        case .listContainers, .listFilesystems: .init("l", on: "s")
        case .accountProperties, .serviceProperties: .init("rwdlacup", on: "s")
        case .batch: .init("d", on: "o")
        case .createContainer: .init("cw", on: "c")
        case .deleteContainer: .init("d", on: "c")
        case .containerProperties, .containerACL: .init("rl", on: "c")
        case .setContainerMetadata: .init("w", on: "c")
        case .leaseContainer: .init("wd", on: "c")
        case .listBlobs, .listPaths: .init("l", on: "c")
        case .createFile, .createDirectory, .putBlob, .putAppendBlob, .putBlock, .putBlockList, .copy:
            .init("cw", on: "o")
        case .rename: .init("cwm", on: "o")
        case .append, .appendBlock: .init("aw", on: "o")
        case .flush: .init("caw", on: "o")
        case .setProperties, .setBlobMetadata, .setBlobProperties: .init("w", on: "o")
        case .setACL, .setACLRecursive: .init("op", on: "o")
        case .getACL: .init("re", on: "o")
        case .getStatus: .init("rel", on: "o")
        case .getBlockList, .getBlobMetadata, .getTags, .read: .init("r", on: "o")
        case .properties: .init("rl", on: "o")
        case .delete: .init("d", on: "o")
        case .lease: .init("wd", on: "o")
        }
    }
}
