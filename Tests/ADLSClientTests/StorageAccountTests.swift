import ADLS
import LakeModel
import Testing

@testable import ADLSClient

@Suite struct `A storage account` {
    private let location = ADLSLocation(filesystem: "lake", account: "acct")
    private let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    private func credential(_ environment: [String: String]) throws -> StorageCredential {
        try StorageAccount(of: location, in: environment).credential
    }

    @Test func `is Azure's own of its name if nothing else is said`() throws {
        let account = try StorageAccount(of: location, in: [:])
        #expect(account.dfsEndpoint == "https://acct.dfs.core.windows.net")
        #expect(account.blobEndpoint == "https://acct.blob.core.windows.net")
        #expect(account.credential == .managedIdentity(client: nil))
        let abroad = ADLSLocation(filesystem: "lake", account: "acct", suffix: "core.chinacloudapi.cn")
        #expect(
            try StorageAccount(of: abroad, in: [:]).dfsEndpoint == "https://acct.dfs.core.chinacloudapi.cn")
    }

    @Test func `takes the connection string that is of it`() throws {
        let text = "AccountName=acct;AccountKey=\(key);BlobEndpoint=http://127.0.0.1:9/acct"
        let account = try StorageAccount(of: location, in: ["AZURE_STORAGE_CONNECTION_STRING": text])
        #expect(account.credential == .sharedKey(Secret(key)))
        #expect(account.dfsEndpoint == "http://127.0.0.1:9/acct")
        let others = text.replacing("AccountName=acct", with: "AccountName=other")
        #expect(
            try credential(["AZURE_STORAGE_CONNECTION_STRING": others]) == .managedIdentity(client: nil))
    }

    @Test func `takes key before SAS before application before the machine's identity`() throws {
        var environment = [
            "AZURE_STORAGE_KEY": key, "AZURE_STORAGE_SAS_TOKEN": "?sv=2023-11-03&sig=x",
            "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_SECRET": "s",
            "AZURE_FEDERATED_TOKEN_FILE": "/token",
        ]
        #expect(try credential(environment) == .sharedKey(Secret(key)))
        environment["AZURE_STORAGE_KEY"] = ""
        #expect(try credential(environment) == .signature(Secret("?sv=2023-11-03&sig=x")))
        environment["AZURE_STORAGE_ACCOUNT"] = "other"
        #expect(
            try credential(environment) == .clientSecret(tenant: "t", client: "c", secret: Secret("s")))
        environment["AZURE_CLIENT_SECRET"] = nil
        #expect(try credential(environment) == .federatedToken(tenant: "t", client: "c", file: "/token"))
        environment["AZURE_TENANT_ID"] = nil
        #expect(try credential(environment) == .managedIdentity(client: "c"))
    }

    @Test func `called like Azurite's is Azurite's`() throws {
        let azurite = ADLSLocation(filesystem: "lake", account: ConnectionString.developmentAccount)
        let account = try StorageAccount(of: azurite, in: [:])
        #expect(account.credential == .sharedKey(ConnectionString.developmentKey))
        #expect(account.blobEndpoint == "http://127.0.0.1:10000/devstoreaccount1")
    }

    @Test func `has two endpoints where one is said`() throws {
        let account = try StorageAccount(
            name: "acct", endpoint: "https://acct.dfs.example:8443/", credential: .anonymous)
        #expect(account.blobEndpoint == "https://acct.blob.example:8443")
        #expect(account.dfsEndpoint == "https://acct.dfs.example:8443")
    }

    @Test(arguments: ["acct", "ftp://a", "https://", "https://a/b?sig=secret", "https://user:secret@a"])
    func `cannot be at what is no endpoint, and does not tell what may be secret`(text: String) throws {
        let error = #expect(throws: BadEndpoint.self) {
            try StorageAccount(name: "acct", endpoint: text, credential: .anonymous)
        }
        #expect(error?.description.contains("sig=secret") == false)
    }

    @Test func `refuses a key that is none`() {
        #expect(throws: BadAccountKey.self) {
            try StorageAccount(name: "acct", credential: .sharedKey(Secret("no key!")))
        }
    }

    @Test func `never shows a secret`() throws {
        let credentials: [StorageCredential] = [
            .sharedKey(Secret("hidden")), .signature(Secret("hidden")), .managedIdentity(client: nil),
            .clientSecret(tenant: "t", client: "c", secret: Secret("hidden")),
        ]
        for credential in credentials {
            var dumped = ""
            dump(credential, to: &dumped)
            #expect(!"\(credential)\(String(reflecting: credential))\(dumped)".contains("hidden"))
        }
    }
}

@Suite struct `A refusal of an account` {
    private func client(_ credential: StorageCredential) throws -> StorageClient {
        StorageClient(try StorageAccount(name: "acct", credential: credential))
    }

    private let key = StorageCredential.sharedKey(Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    @Test func `of a key says that it is wrong, unless the clock is`() throws {
        let client = try client(key)
        #expect(client.reason("AuthenticationFailed", serverDate: now, now: now) == .wrongKey)
        let late = client.reason("AuthenticationFailed", serverDate: now, now: now + .seconds(1_200))
        #expect(late == .clockSkew(seconds: 1_200))
    }

    @Test func `of a SAS says when it expired`() throws {
        let expired = try client(.signature(Secret("?sv=2023-11-03&se=2020-01-01T00%3A00%3A00Z&sig=x")))
        let reason = expired.reason("AuthenticationFailed", serverDate: now, now: now)
        #expect(reason == .signatureExpired(at: "2020-01-01T00:00:00Z"))
        let good = try client(.signature(Secret("sv=2023-11-03&se=2090-01-01T00%3A00%3A00Z&sig=x")))
        #expect(good.reason("AuthenticationFailed", serverDate: now, now: now) == .wrongSignature)
    }

    @Test func `of an identity names the role that it lacks`() throws {
        let client = try client(.managedIdentity(client: nil))
        #expect(
            client.reason("AuthorizationPermissionMismatch", serverDate: now, now: now) == .roleMissing)
        #expect(client.reason("AuthorizationFailure", serverDate: now, now: now) == .firewall)
    }
}
