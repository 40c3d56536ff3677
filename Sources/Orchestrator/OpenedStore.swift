internal import ADLS
internal import ADLSClient
internal import Blocking
internal import DuckDB
internal import Glibc
internal import LakeModel
internal import LakeStore
internal import Project

/// The store of a lake, ready to be worked on from this machine.
struct OpenedStore: Sendable {
    let store: any ObjectStore
    /// What queries of people read.
    let queried: any ObjectStore
    let secret: AzureSecret?

    /// - Parameters:
    ///   - systemFolder: The folder for the lake's own files; it exists.
    ///   - variables: Of the environment, which may say how Azure is reached.
    /// - Throws: `StoreRootMissing`; `FolderUnusable`; what the client of the store says of its settings.
    init(
        _ location: StoreLocation, systemFolder: String, variables: [String: String]
    ) async throws {
        switch location {
        case .local(let path):
            store = try LocalStore(root: path)
            queried = store
            secret = nil
        case .adls(let remote):
            let staging = "\(systemFolder)/staging"
            let cache = FileCache(
                folder: remote.cache.folder ?? "\(systemFolder)/store", limit: remote.cache.limit)
            try await BlockingPool.shared.run {
                for folder in [staging, cache.folder] where mkdir(folder, 0o755) != 0 && errno != EEXIST {
                    throw FolderUnusable(path: folder, reason: String(cString: strerror(errno)))
                }
            }
            let account = try StorageAccount(remote, variables: variables)
            let far = ADLSStore(at: remote.location, in: account)
            // A SAS of a folder may not ask for the container; what is wrong then, the first request tells.
            do { try await far.requireFilesystem() } catch is StorageForbidden {}
            let caching = try CachingStore(far, staging: staging, cache: cache)
            store = caching
            secret = AzureSecret(account)
            let root = AzureSecret.address(of: remote.location)
            queried = secret == nil ? caching : RangedStore(caching) { "\(root)/\($0)" }
        }
    }
}

extension StorageAccount {
    /// The account of a lake, and how Tarn proves there who it is.
    init(_ remote: RemoteStore, variables: [String: String]) throws {
        let location = remote.location
        let credential: StorageCredential
        switch remote.credential {
        case .environment:
            var variables = variables
            if let endpoint = remote.endpoint { variables["AZURE_STORAGE_ENDPOINT"] = endpoint }
            self = try StorageAccount(of: location, in: variables)
            return
        case .connectionString(let text):
            self = try StorageAccount(try ConnectionString(text))
            return
        case .accountKey(let key): credential = .sharedKey(key)
        case .sas(let signature): credential = .signature(signature)
        case .clientSecret(let tenant, let client, let secret):
            credential = .clientSecret(tenant: tenant, client: client, secret: secret)
        case .workloadIdentity(let tenant, let client, let file):
            credential = .federatedToken(tenant: tenant, client: client, file: file)
        case .managedIdentity(let client): credential = .managedIdentity(client: client)
        }
        self = try StorageAccount(
            name: location.account, endpoint: remote.endpoint, suffix: location.suffix,
            credential: credential)
    }
}
