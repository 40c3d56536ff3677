package import ADLS
internal import LakeModel

/// An account of ADLS Gen2: where it is, and how one proves to it who one is.
package struct StorageAccount: Hashable, Sendable {
    package let name: String
    /// Without a trailing slash: `https://account.dfs.core.windows.net`, `http://127.0.0.1:10000/account`.
    package let dfsEndpoint: String
    package let blobEndpoint: String
    package let credential: StorageCredential
    /// Where tokens come from.
    package let identity: IdentityEndpoints

    /// - Parameter endpoint: Of dfs or Blob, as its address begins; `nil` is Azure's own of this name. One
    ///   that has neither `.dfs.` nor `.blob.` in it serves both.
    /// - Throws: ``BadEndpoint``, ``BadAccountKey``.
    package init(
        name: String, endpoint: String? = nil, suffix: String? = nil, credential: StorageCredential,
        identity: IdentityEndpoints = IdentityEndpoints()
    ) throws {
        if case .sharedKey(let key) = credential, SharedKey(key) == nil { throw BadAccountKey(account: name) }
        self.name = name
        self.credential = credential
        self.identity = identity
        guard let endpoint else {
            dfsEndpoint = "https://\(name).dfs.\(suffix ?? "core.windows.net")"
            blobEndpoint = "https://\(name).blob.\(suffix ?? "core.windows.net")"
            return
        }
        let bare = try Self.bare(endpoint)
        dfsEndpoint = bare.replacing(".blob.", with: ".dfs.", maxReplacements: 1)
        blobEndpoint = bare.replacing(".dfs.", with: ".blob.", maxReplacements: 1)
    }

    /// What a connection string says.
    /// - Throws: ``BadEndpoint``.
    package init(
        _ text: ConnectionString, otherwise credential: StorageCredential = .anonymous,
        identity: IdentityEndpoints = IdentityEndpoints()
    ) throws {
        name = text.account
        dfsEndpoint = try Self.bare(text.dfsEndpoint)
        blobEndpoint = try Self.bare(text.blobEndpoint)
        self.identity = identity
        self.credential =
            switch text.credential {
            case .key(let key): .sharedKey(key)
            case .signature(let signature): .signature(signature)
            case .none: credential
            }
    }

    /// What the environment says of the account that `location` is in.
    ///
    /// The first of these that is there: `AZURE_STORAGE_CONNECTION_STRING`, if it is of this account;
    /// `AZURE_STORAGE_KEY` and `AZURE_STORAGE_SAS_TOKEN`, unless `AZURE_STORAGE_ACCOUNT` names another one;
    /// `AZURE_CLIENT_ID` and `AZURE_TENANT_ID` with `AZURE_CLIENT_SECRET` or `AZURE_FEDERATED_TOKEN_FILE`;
    /// Azurite's own key for Azurite's own account; the machine's managed identity.
    ///
    /// `AZURE_STORAGE_ENDPOINT` puts another place in the place of Azure's own.
    /// - Throws: `ConnectionStringMistake`, ``BadEndpoint``, ``BadAccountKey``.
    package init(of location: ADLSLocation, in environment: [String: String]) throws {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let identity = IdentityEndpoints(in: environment)
        let endpoint = value("AZURE_STORAGE_ENDPOINT")
        let isDevelopment = location.account == ConnectionString.developmentAccount
        let entra = Self.entra(value)
        if let text = value("AZURE_STORAGE_CONNECTION_STRING") {
            let string = try ConnectionString(Secret(text))
            if string.account == location.account {
                self = try StorageAccount(
                    string, otherwise: entra ?? .managedIdentity(client: value("AZURE_CLIENT_ID")),
                    identity: identity)
                return
            }
        }
        let isNamed = value("AZURE_STORAGE_ACCOUNT").map { $0 == location.account } ?? true
        let credential: StorageCredential
        if isNamed, let key = value("AZURE_STORAGE_KEY") {
            credential = .sharedKey(Secret(key))
        } else if isNamed, let signature = value("AZURE_STORAGE_SAS_TOKEN") {
            credential = .signature(Secret(signature))
        } else if let entra {
            credential = entra
        } else if isDevelopment {
            credential = .sharedKey(ConnectionString.developmentKey)
        } else {
            credential = .managedIdentity(client: value("AZURE_CLIENT_ID"))
        }
        try self.init(
            name: location.account,
            endpoint: endpoint ?? (isDevelopment ? "http://127.0.0.1:10000/\(location.account)" : nil),
            suffix: location.suffix, credential: credential, identity: identity)
    }

    private static func entra(_ value: (String) -> String?) -> StorageCredential? {
        guard let client = value("AZURE_CLIENT_ID"), let tenant = value("AZURE_TENANT_ID") else { return nil }
        if let secret = value("AZURE_CLIENT_SECRET") {
            return .clientSecret(tenant: tenant, client: client, secret: Secret(secret))
        }
        return value("AZURE_FEDERATED_TOKEN_FILE").map {
            .federatedToken(tenant: tenant, client: client, file: $0)
        }
    }

    private static func bare(_ endpoint: String) throws -> String {
        var text = endpoint[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        guard let scheme = text.firstRange(of: "://"),
            ["http", "https"].contains(text[..<scheme.lowerBound]),
            let first = text[scheme.upperBound...].first, first != "/",
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("?"), !text.contains("@")
        else { throw BadEndpoint(text: endpoint) }
        return String(text)
    }

    func endpoint(of service: StorageService) -> String { service == .dfs ? dfsEndpoint : blobEndpoint }
}

/// The two protocols of one account.
package enum StorageService: Hashable, Sendable { case dfs, blob }

/// An address of an account that no request can be sent to.
package struct BadEndpoint: Diagnostic {
    let text: String

    package var code: String { "store.bad-endpoint" }
    /// What stands after a question mark may be a SAS.
    package var problem: String {
        "'\(text.prefix { $0 != "?" && $0 != "@" })' is no endpoint of a storage account."
    }
    package var remedy: String {
        "Write https://ACCOUNT.dfs.core.windows.net, or http://HOST:PORT/ACCOUNT for tarn store serve."
    }
}

/// A key that cannot be one.
package struct BadAccountKey: Diagnostic {
    let account: String

    package var code: String { "store.bad-account-key" }
    package var problem: String { "The key of the storage account \(account) is no Base64." }
    package var remedy: String { "Copy it whole from the portal: Security + networking, Access keys." }
}
