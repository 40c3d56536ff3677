import ADLS
import Foundation
import LakeModel
import Project
import Testing

@Suite struct `The store of a lake` {
    private static let location = ADLSLocation(filesystem: "lake", account: "contoso", path: "tarn")

    private func load(
        _ store: String, variables: [String: String] = [:], files: [String: String] = [:]
    ) throws -> LoadedLake {
        let environment = "environments: { e: { connections: { v3: { kind: sqlite, path: a.db } } } }"
        let lake = "name: x\nstore: \(store)\n\(environment)\n"
        return try LakeFiles(["lake.yaml": lake].merging(files) { first, _ in first }, variables: variables)
            .load()
    }

    private func remote(_ store: String, variables: [String: String] = [:]) throws -> RemoteStore {
        let loaded = try load(store, variables: variables)
        #expect(loaded.mistakes.map { "\($0)" } == [])
        guard case .adls(let remote)? = loaded.definition?.store else {
            throw StoreNotRead(store: store)
        }
        return remote
    }

    private struct StoreNotRead: Error { let store: String }

    @Test(arguments: [
        "adls://lake@contoso/tarn", "abfss://lake@contoso.dfs.core.windows.net/tarn",
        "ABFSS://lake@contoso.dfs.core.windows.net/tarn/",
    ])
    func `is one line, in Tarn's or Hadoop's words`(store: String) throws {
        let remote = try remote(store)
        #expect(remote.location.filesystem == "lake" && remote.location.account == "contoso")
        #expect(remote.location.path == "tarn")
        #expect(remote.credential == .environment && remote.endpoint == nil)
        #expect(remote.cache == RemoteStore.Cache(folder: nil, limit: ByteCount(50_000_000_000)))
    }

    @Test func `says how Tarn proves who it is`() throws {
        let variables = ["S": "secret", "T": "tenant"]
        for (keys, credential): (String, RemoteStore.Credential) in [
            ("connection_string: '${S}'", .connectionString(Secret("secret"))),
            ("account_key: '${S}'", .accountKey(Secret("secret"))),
            ("sas_token: '${S}'", .sas(Secret("secret"))),
            (
                "tenant_id: '${T}', client_id: c, client_secret: '${S}'",
                .clientSecret(tenant: "tenant", client: "c", Secret("secret"))
            ),
            (
                "tenant_id: t, client_id: c, federated_token_file: /run/token",
                .workloadIdentity(tenant: "t", client: "c", file: "/run/token")
            ),
            ("managed_identity: true", .managedIdentity(client: nil)),
            ("managed_identity: true, client_id: c", .managedIdentity(client: "c")),
        ] {
            let text = "{ url: adls://lake@contoso/tarn, \(keys) }"
            let remote = try remote(text, variables: variables)
            #expect(remote.credential == credential, "\(keys)")
            #expect(!"\(remote)".contains("secret\"") && !String(reflecting: remote).contains("(secret)"))
        }
    }

    @Test func `has its cache and its endpoint where they are wanted`() throws {
        let remote = try remote(
            "{ url: adls://lake@tarn, endpoint: 'http://127.0.0.1:10000/tarn', cache: { folder: /var/c, limit: 1.5GiB } }"
        )
        #expect(remote.endpoint == "http://127.0.0.1:10000/tarn")
        #expect(remote.cache == RemoteStore.Cache(folder: "/var/c", limit: ByteCount(1_610_612_736)))
    }

    @Test func `takes secrets from files`() throws {
        let loaded = try load("{ url: adls://lake@tarn, account_key_file: key }", files: ["key": "abc\n"])
        guard case .adls(let remote)? = loaded.definition?.store else {
            Issue.record("\(loaded.mistakes)")
            return
        }
        #expect(remote.credential == .accountKey(Secret("abc")))
    }

    @Test func `never has a secret in the file`() throws {
        for key in ["connection_string", "account_key", "sas_token", "client_secret"] {
            let mistakes = try load("{ url: adls://lake@tarn, \(key): hunter2 }").mistakes
            #expect(mistakes.contains { $0.code == "project.secret-in-file" }, "\(key)")
            #expect(!mistakes.contains { "\($0)".contains("hunter2") })
        }
    }

    @Test(arguments: [
        ("adls://lake", "project.bad-value"), ("adls://La@tarn", "project.bad-value"),
        ("{ url: here, account_key: '${K}' }", "project.conflict"),
        ("{ url: adls://lake@tarn, account_key: '${K}', sas_token: '${K}' }", "project.conflict"),
        ("{ url: adls://lake@tarn, account_key: '${K}', account_key_file: k }", "project.conflict"),
        ("{ url: adls://lake@tarn, client_id: a, client_secret: '${K}' }", "project.missing-key"),
        ("{ url: adls://lake@tarn, cache: { limit: 80% } }", "project.wrong-type"),
        ("{ url: adls://lake@tarn, account_key_file: none }", "project.bad-value"),
        ("{ account_key: '${K}' }", "project.missing-key"),
    ])
    func `is told what is wrong with it`(store: String, code: String) throws {
        let loaded = try load(store, variables: ["K": "v"])
        #expect(loaded.mistakes.map(\.code) == [code], "\(loaded.mistakes)")
        #expect(loaded.mistakes.allSatisfy { $0.place?.line == 2 })
    }
}
