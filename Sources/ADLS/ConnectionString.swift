package import LakeModel

/// What an Azure connection string says: the account, how to prove who one is, and where its endpoints are.
package struct ConnectionString: Sendable {
    package enum Credential: Sendable {
        case key(Secret)
        /// The parameters of a SAS, without `?`.
        case signature(Secret)
        case none
    }

    package let account: String
    package let credential: Credential
    /// Without a trailing slash: `https://account.dfs.core.windows.net`, `http://127.0.0.1:10000/account`.
    package let dfsEndpoint: String
    package let blobEndpoint: String

    /// The account that Azurite has, and that `UseDevelopmentStorage=true` means.
    package static let developmentAccount = "devstoreaccount1"
    package static let developmentKey = Secret(
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")

    /// - Throws: ``ConnectionStringMistake``, which never has the text in it.
    package init(_ text: Secret) throws(ConnectionStringMistake) {
        var values: [String: String] = [:]
        for part in text.reveal().split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else {
                throw ConnectionStringMistake("a part between semicolons is no Name=Value")
            }
            let name = sides[0].filter { $0 != " " && $0 != "\n" }.lowercased()
            guard values.updateValue(String(sides[1]), forKey: name) == nil else {
                throw ConnectionStringMistake("it says \(name) twice")
            }
        }
        if values["usedevelopmentstorage"]?.lowercased() == "true" {
            account = Self.developmentAccount
            credential = .key(Self.developmentKey)
            blobEndpoint = "http://127.0.0.1:10000/\(account)"
            dfsEndpoint = blobEndpoint
            return
        }
        let scheme = values["defaultendpointsprotocol"] ?? "https"
        guard scheme == "https" || scheme == "http" else {
            throw ConnectionStringMistake("DefaultEndpointsProtocol is neither https nor http")
        }
        let given = (blob: values["blobendpoint"], dfs: values["dfsendpoint"])
        guard let name = values["accountname"] ?? Self.account(of: given.dfs ?? given.blob), !name.isEmpty
        else {
            throw ConnectionStringMistake("it has no AccountName")
        }
        account = name
        if let key = values["accountkey"] {
            guard SharedKey(Secret(key)) != nil else {
                throw ConnectionStringMistake("its AccountKey is no Base64")
            }
            credential = .key(Secret(key))
        } else if let signature = values["sharedaccesssignature"] {
            credential = .signature(Secret(String(signature.drop { $0 == "?" })))
        } else {
            credential = .none
        }
        let suffix = values["endpointsuffix"] ?? "core.windows.net"
        let dfs = given.dfs ?? given.blob.map { Self.other($0, "blob", "dfs") }
        let blob = given.blob ?? given.dfs.map { Self.other($0, "dfs", "blob") }
        dfsEndpoint = Self.bare(dfs ?? "\(scheme)://\(name).dfs.\(suffix)")
        blobEndpoint = Self.bare(blob ?? "\(scheme)://\(name).blob.\(suffix)")
    }

    private static func bare(_ endpoint: String) -> String {
        var endpoint = endpoint[...]
        while endpoint.hasSuffix("/") { endpoint = endpoint.dropLast() }
        return String(endpoint)
    }

    private static func other(_ endpoint: String, _ own: String, _ other: String) -> String {
        endpoint.replacing(".\(own).", with: ".\(other).", maxReplacements: 1)
    }

    /// The account that an endpoint begins with.
    private static func account(of endpoint: String?) -> String? {
        guard let endpoint, let scheme = endpoint.firstRange(of: "://") else { return nil }
        let rest = endpoint[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" && $0 != ":" }
        let labels = host.split(separator: ".")
        if labels.count > 2, labels[1] == "blob" || labels[1] == "dfs" { return String(labels[0]) }
        return rest.split(separator: "/").dropFirst().first.map(String.init)
    }
}

/// A connection string that cannot be used.
package struct ConnectionStringMistake: Diagnostic {
    let why: String

    init(_ why: String) { self.why = why }

    package var code: String { "store.bad-connection-string" }
    package var problem: String { "The connection string cannot be used: \(why)." }
    package var remedy: String {
        "Take it from the portal (Access keys), or from 'tarn store serve FOLDER --show-connection': "
            + "AccountName=…;AccountKey=…;BlobEndpoint=…;DfsEndpoint=…"
    }
}
