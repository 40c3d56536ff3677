import ADLS
import Foundation
import LakeModel
import StoreServer
import Synchronization
import TarnTesting
import Testing

@testable import ADLSClient

@Suite struct `A token` {
    private var rule: RetryRule {
        var rule = RetryRule()
        rule.firstDelay = .milliseconds(1)
        return rule
    }

    private func token(
        _ credential: StorageCredential, _ change: (inout IdentityEndpoints) -> Void
    ) async throws -> AccessToken {
        var identity = IdentityEndpoints()
        change(&identity)
        return try await TokenRequest(credential: credential, identity: identity, rule: rule).token()
    }

    private func form(_ request: HTTPRequest) throws -> [String: String] {
        let target = try RequestTarget("/?" + request.body)
        return Dictionary(target.query.map { ($0.name, $0.value) }) { $1 }
    }

    private let answer =
        #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"abc"}"#

    @Test func `of an application is asked for with its secret`() async throws {
        try await ScriptedServer.with({ [answer] _ in .init(200, answer) }) { server in
            let credential = StorageCredential.clientSecret(
                tenant: "tenant", client: "app", secret: Secret("a&b=c~/+"))
            let token = try await token(credential) { $0.authority = server.address }
            #expect(token.text == Secret("abc"))
            let left = token.expiresAt - ContinuousClock.now
            #expect(left > .seconds(3_500) && left <= .seconds(3_599))
            #expect(token.refreshAt < token.expiresAt)
            let request = try #require(server.requests.first)
            #expect(request.method == "POST" && request.target == "/tenant/oauth2/v2.0/token")
            #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
            #expect(
                try form(request) == [
                    "grant_type": "client_credentials", "client_id": "app", "client_secret": "a&b=c~/+",
                    "scope": "https://storage.azure.com/.default",
                ])
        }
    }

    @Test func `of a workload is asked for with the token in its file, as it is then`() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/token"
        let credential = StorageCredential.federatedToken(tenant: "t", client: "app", file: file)
        try await ScriptedServer.with({ [answer] _ in .init(200, answer) }) { server in
            for text in ["first.jwt", "second.jwt"] {
                try Data("\(text)\n".utf8).write(to: URL(filePath: file))
                _ = try await token(credential) { $0.authority = server.address }
                let request = try #require(server.requests.last)
                let form = try form(request)
                #expect(form["client_assertion"] == text && form["client_secret"] == nil)
                #expect(
                    form["client_assertion_type"]
                        == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            }
            try FileManager.default.removeItem(atPath: file)
            await #expect(throws: TokenFileUnreadable.self) {
                _ = try await token(credential) { $0.authority = server.address }
            }
        }
    }

    @Test func `of a machine comes from its metadata service`() async throws {
        // As IMDS answers: numbers are texts.
        let answer =
            #"{"access_token":"m","client_id":"c","expires_in":"86399","expires_on":"1506570000","#
            + #""not_before":"1506483600","resource":"https://storage.azure.com/","token_type":"Bearer"}"#
        try await ScriptedServer.with({ _ in .init(200, answer) }) { server in
            let token = try await token(.managedIdentity(client: "c d")) { $0.metadata = server.address }
            #expect(token.text == Secret("m"))
            #expect(token.expiresAt - .now > .seconds(86_000))
            let request = try #require(server.requests.first)
            #expect(request.headers["metadata"] == "true")
            #expect(
                request.target == "/metadata/identity/oauth2/token?api-version=2018-02-01"
                    + "&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=c%20d")
        }
    }

    @Test func `of App Service comes from its own endpoint`() async throws {
        let until = Int64(Date().timeIntervalSince1970) + 1_000
        try await ScriptedServer.with({ _ in
            .init(200, #"{"access_token":"s","expires_on":"\#(until)","token_type":"Bearer"}"#)
        }) { server in
            let identity = IdentityEndpoints(in: [
                "IDENTITY_ENDPOINT": server.address + "/msi/token", "IDENTITY_HEADER": "pass",
            ])
            let request = TokenRequest(
                credential: .managedIdentity(client: nil), identity: identity, rule: rule)
            let token = try await request.token()
            let left = token.expiresAt - ContinuousClock.now
            #expect(left > .seconds(900) && left <= .seconds(1_001))
            let seen = try #require(server.requests.first)
            #expect(seen.headers["x-identity-header"] == "pass")
            #expect(
                seen.target
                    == "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com%2F")
        }
    }

    @Test func `is asked for again while its issuer is busy`() async throws {
        try await ScriptedServer.with({ [answer] request in
            request.number < 4 ? .init([429, 503, 404][request.number - 1]) : .init(200, answer)
        }) { server in
            _ = try await token(.managedIdentity(client: nil)) { $0.metadata = server.address }
            #expect(server.requests.count == 4)
        }
    }

    @Test func `that is refused says why, and shows no secret`() async throws {
        let refusal =
            #"{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys "#
            + #"for app 'hidden' are expired.","error_codes":[7000222]}"#
        try await ScriptedServer.with({ _ in .init(401, refusal) }) { server in
            let error = await #expect(throws: TokenRefused.self) {
                _ = try await token(.clientSecret(tenant: "t", client: "app", secret: Secret("hidden"))) {
                    $0.authority = server.address
                }
            }
            let text = try #require(error?.description)
            #expect(text.contains("AADSTS7000222") && text.contains("expired") && !text.contains("hidden"))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `is asked for once, however many wait for it`() async throws {
        let count = Mutex(0)
        let cache = TokenCache {
            count.withLock { $0 += 1 }
            try await Task.sleep(for: .milliseconds(20))
            return AccessToken(text: Secret("one"), lifetime: .seconds(3_600))
        }
        try await withThrowingTaskGroup(of: Secret.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.token() } }
            for try await token in group { #expect(token == Secret("one")) }
        }
        #expect(count.withLock { $0 } == 1)
    }

    @Test func `is renewed before it expires, while the old one still serves`() async throws {
        let count = Mutex(0)
        let (renewed, told) = AsyncStream.makeStream(of: Int.self)
        let cache = TokenCache {
            let number = count.withLock {
                $0 += 1
                return $0
            }
            told.yield(number)
            return AccessToken(text: Secret("\(number)"), lifetime: .seconds(3_600))
        }
        var renewals = renewed.makeAsyncIterator()
        let begin = ContinuousClock.now
        #expect(try await cache.token(at: begin) == Secret("1"))
        _ = await renewals.next()
        #expect(try await cache.token(at: begin + .seconds(2_600)) == Secret("1"))
        #expect(try await cache.token(at: begin + .seconds(2_800)) == Secret("1"))
        #expect(await renewals.next() == 2)
    }

    @Test func `is sent to the account, and renewed when the account refuses it`() async throws {
        try await ServedFolder.with({ $0.tokens = [Secret("good")] }) { served in
            try await ScriptedServer.with({ request in
                .init(
                    200, #"{"access_token":"\#(request.number == 1 ? "stale" : "good")","expires_in":3600}"#)
            }) { issuer in
                var identity = IdentityEndpoints()
                identity.authority = issuer.address
                let account = try StorageAccount(
                    name: ServedFolder.account, endpoint: "http://127.0.0.1:\(served.port)/acct",
                    credential: .clientSecret(tenant: "t", client: "c", secret: Secret("s")),
                    identity: identity)
                let client = StorageClient(account, rule: rule)
                let request = StorageRequest("HEAD", .dfs, "lake", query: [("resource", "filesystem")])
                #expect(try await client.send(request).status == 200)
                #expect(issuer.requests.count == 2)
            }
        }
    }
}
