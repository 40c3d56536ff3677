internal import ADLS
internal import ADLSClient
internal import DuckDB
internal import Glibc
internal import LakeModel

/// How DuckDB's azure extension reaches the account of a lake.
struct AzureSecret: Sendable {
    private let settings: Secret

    /// `nil` if the extension is not there, or knows no such way to prove who one is; then files are read by
    /// way of copies.
    init?(_ account: StorageAccount) {
        guard let file = ExtensionFile.besideLibrary("azure"), access(file, R_OK) == 0 else { return nil }
        let endpoints = "BlobEndpoint=\(account.blobEndpoint);DfsEndpoint=\(account.dfsEndpoint)"
        let scheme = account.blobEndpoint.prefix { $0 != ":" }
        let isOfAzure = account.blobEndpoint.contains(".blob.")
        switch account.credential {
        case .sharedKey(let key):
            let text =
                "DefaultEndpointsProtocol=\(scheme);AccountName=\(account.name);AccountKey=\(key.reveal());\(endpoints)"
            settings = Secret("CONNECTION_STRING \(quotedLiteral(text))")
        case .signature(let signature):
            let bare = signature.reveal().drop { $0 == "?" }
            settings = Secret(
                "CONNECTION_STRING \(quotedLiteral("\(endpoints);SharedAccessSignature=\(bare)"))")
        case .clientSecret(let tenant, let client, let secret) where isOfAzure:
            settings = Secret(
                """
                PROVIDER service_principal, TENANT_ID \(quotedLiteral(tenant)), \
                CLIENT_ID \(quotedLiteral(client)), CLIENT_SECRET \(quotedLiteral(secret.reveal())), \
                ACCOUNT_NAME \(quotedLiteral(account.name))
                """)
        case .managedIdentity(let client) where isOfAzure:
            let chosen = client.map { ", CLIENT_ID \(quotedLiteral($0))" } ?? ""
            settings = Secret(
                "PROVIDER managed_identity, ACCOUNT_NAME \(quotedLiteral(account.name))\(chosen)")
        case .clientSecret, .managedIdentity, .federatedToken, .anonymous: return nil
        }
    }

    /// How the extension names the folder of a lake.
    static func address(of location: ADLSLocation) -> String {
        "az://\(location.filesystem)\(location.path.isEmpty ? "" : "/\(location.path)")"
    }

    /// Loads the extension and makes it know the account; once for a database. Blocks.
    func create(on connection: Connection) throws {
        try connection.load(extensionNamed: "azure")
        do {
            try connection.execute("CREATE OR REPLACE SECRET tarn_store (TYPE azure, \(settings.reveal()))")
        } catch {
            // What DuckDB says may quote the statement.
            throw AzureSecretRefused()
        }
    }
}

/// DuckDB does not take the credential of the store.
struct AzureSecretRefused: Diagnostic {
    var code: String { "store.secret-refused" }
    var problem: String { "DuckDB's azure extension does not take the credential of the lake's store." }
    var remedy: String {
        "Check its connection string with 'tarn store ls'. Without .deps/duckdb/extensions/azure.duckdb_extension, "
            + "files are read by way of copies."
    }
}
