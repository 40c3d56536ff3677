internal import ADLS
internal import LakeModel
internal import Yams

/// The keys of `store`, and what one line of it means.
enum StoreKeys {
    static let url = Key(
        "url", .located(.text), isRequired: true,
        "A folder, or adls://container@account/path, or abfss://container@account.dfs.core.windows.net/path.")
    static let endpoint = Key(
        "endpoint", .text, "Where the account answers, if that is not Azure: http://127.0.0.1:10000/tarn.")
    static let connectionString = Key(
        "connection_string", .secret("a connection string", key: "connection_string"),
        "${VARIABLE} with a connection string as Azure writes it.")
    static let connectionStringFile = Key(
        "connection_string_file", .text, "A file that holds it, relative to the lake's folder.")
    static let accountKey = Key(
        "account_key", .secret("an account's key", key: "account_key"), "${VARIABLE} with the account's key.")
    static let accountKeyFile = Key(
        "account_key_file", .text, "A file that holds it, relative to the lake's folder.")
    static let sasToken = Key(
        "sas_token", .secret("a SAS", key: "sas_token"), "${VARIABLE} with a shared access signature.")
    static let sasTokenFile = Key(
        "sas_token_file", .text, "A file that holds it, relative to the lake's folder.")
    static let tenant = Key("tenant_id", .text, "The directory of Microsoft Entra that the client is in.")
    static let client = Key("client_id", .text, "The application, or the machine's identity.")
    static let clientSecret = Key(
        "client_secret", .secret("a client's secret", key: "client_secret"),
        "${VARIABLE} with the application's secret.")
    static let clientSecretFile = Key(
        "client_secret_file", .text, "A file that holds it, relative to the lake's folder.")
    static let tokenFile = Key(
        "federated_token_file", .text, "The file with the token of the workload, as Kubernetes mounts it.")
    static let managedIdentity = Key(
        "managed_identity", .bool, "true takes the identity that Azure gave this machine.")
    static let cache = Key(
        "cache", .mapping(StoreCacheKeys.shape), "Copies of files of the lake on this machine.")

    private static let shape = MappingShape(
        "store",
        [
            url, endpoint, connectionString, connectionStringFile, accountKey, accountKeyFile, sasToken,
            sasTokenFile, tenant, client, clientSecret, clientSecretFile, tokenFile, managedIdentity, cache,
        ])

    /// A line with the address, or a mapping.
    static let value = ValueShape<Located<Void>>.unread(
        ["anyOf": [["type": "string", "minLength": 1], shape.schema]])

    static func read(_ node: Node, _ document: YAMLDocument, _ folder: LakeFolder) -> StoreLocation? {
        guard case .mapping = node else {
            guard let text = document.text(node) else { return nil }
            switch address(text, node, document, folder) {
            case .folder(let path): return .local(path: path)
            case .adls(let location): return .adls(RemoteStore(location))
            case nil: return nil
            }
        }
        guard let reader = MappingReader(node, shape, document), let url = reader[url] else { return nil }
        switch address(url.value, url.node, document, folder) {
        case .adls(let location): return remote(location, reader, folder)
        case .folder(let path):
            for name in shape.names where name != Self.url.name && reader.has(name) {
                document.report(
                    .conflict, reader.node(of: name),
                    "'\(name)' has no meaning for a folder of this machine.",
                    remedy: "Remove it, or write an address such as adls://container@account/path.")
            }
            return .local(path: path)
        case nil: return nil
        }
    }

    private enum Address {
        case folder(String)
        case adls(ADLSLocation)
    }

    private static func address(
        _ text: String, _ node: Node, _ document: YAMLDocument, _ folder: LakeFolder
    ) -> Address? {
        var path = text[...]
        if path.hasPrefix("file://") {
            path = path.dropFirst(7)
        } else if path.hasPrefix("file:") {
            path = path.dropFirst(5)
        } else if let scheme = path.firstRange(of: "://") {
            let name = path[..<scheme.lowerBound]
            guard ["adls", "abfs", "abfss"].contains(name.lowercased()) else {
                document.report(
                    .unsupportedStore, node,
                    "stores of the kind '\(name)' are not supported by this version.",
                    remedy: "Name a folder of this machine ('store: store') or adls://container@account/path."
                )
                return nil
            }
            do {
                return .adls(try ADLSLocation(text))
            } catch {
                document.reportValue(node, error.problem, remedy: error.remedy)
                return nil
            }
        }
        guard !path.isEmpty else {
            document.reportValue(
                node, "the store's folder has no name.", remedy: "Write, say, 'store: store'.")
            return nil
        }
        return .folder(folder.absolute(String(path)))
    }

    private static func remote(
        _ location: ADLSLocation, _ reader: MappingReader, _ folder: LakeFolder
    ) -> StoreLocation? {
        guard let credential = credential(reader, folder) else { return nil }
        var cache = RemoteStore.Cache()
        if reader.has(Self.cache.name) {
            guard let keys = reader[Self.cache] else { return nil }
            cache = RemoteStore.Cache(
                folder: keys[StoreCacheKeys.folder].map { folder.absolute($0) },
                limit: keys[StoreCacheKeys.limit] ?? cache.limit)
        }
        return .adls(
            RemoteStore(location, endpoint: reader[endpoint], credential: credential, cache: cache))
    }

    /// `nil` after a mistake was reported.
    private static func credential(
        _ reader: MappingReader, _ folder: LakeFolder
    ) -> RemoteStore.Credential? {
        let ways = [
            [connectionString.name, connectionStringFile.name], [accountKey.name, accountKeyFile.name],
            [sasToken.name, sasTokenFile.name], [clientSecret.name, clientSecretFile.name], [tokenFile.name],
            [managedIdentity.name],
        ]
        let given = ways.compactMap { names in names.first(where: reader.has) }
        reader.reportBoth(of: ways.filter { $0.count == 2 }.map { ($0[0], $0[1]) })
        if given.count > 1 {
            reader.reportBoth(of: [(given[0], given[1])])
            return nil
        }
        func secret(_ key: Key<Secret>, _ file: Key<String>, _ noun: String) -> Secret? {
            reader.secret(key, orFile: file, noun, folder)
        }
        /// Who the client is, or a report of what is missing.
        func identity() -> (tenant: String, client: String)? {
            for key in [tenant, client] where !reader.has(key.name) {
                reader.document.report(
                    .missingKey, reader.node, "'\(given[0])' needs the key '\(key.name)'.",
                    remedy: "Add it: Azure shows it with the application.")
            }
            guard let tenant = reader[tenant], let client = reader[client] else { return nil }
            return (tenant, client)
        }
        switch given.first {
        case nil: return .environment
        case connectionString.name, connectionStringFile.name:
            return secret(connectionString, connectionStringFile, "connection string")
                .map { .connectionString($0) }
        case accountKey.name, accountKeyFile.name:
            return secret(accountKey, accountKeyFile, "key").map { .accountKey($0) }
        case sasToken.name, sasTokenFile.name:
            return secret(sasToken, sasTokenFile, "SAS").map { .sas($0) }
        case clientSecret.name, clientSecretFile.name:
            let secret = secret(clientSecret, clientSecretFile, "secret")
            guard let identity = identity(), let secret else { return nil }
            return .clientSecret(tenant: identity.tenant, client: identity.client, secret)
        case tokenFile.name:
            guard let identity = identity(), let file = reader[tokenFile] else { return nil }
            return .workloadIdentity(
                tenant: identity.tenant, client: identity.client, file: folder.absolute(file))
        default:
            guard let isWanted = reader[managedIdentity] else { return nil }
            return isWanted ? .managedIdentity(client: reader[client]) : .environment
        }
    }
}

/// The keys of `store.cache`.
enum StoreCacheKeys {
    static let folder = Key(
        "folder", .text, "Where they are, relative to the lake's folder. Default: .tarn/store.")
    static let limit = Key(
        "limit", .byteCount, "How much of the disk they may take, such as 100GB. Default: 50GB.")

    static let shape = MappingShape("cache", [folder, limit])
}
