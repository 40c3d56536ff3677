internal import ADLS
internal import Blocking
internal import Foundation
internal import LakeModel
internal import NIOCore

/// Asks an issuer for a token for Azure Storage.
struct TokenRequest: Sendable {
    let credential: StorageCredential
    let identity: IdentityEndpoints
    let rule: RetryRule

    static let resource = "https://storage.azure.com/"

    /// - Throws: ``TokenRefused``, ``TokenUnreachable``, ``TokenFileUnreadable``.
    func token() async throws -> AccessToken {
        switch credential {
        case .clientSecret(let tenant, let client, let secret):
            return try await oauth(
                tenant,
                [
                    ("grant_type", "client_credentials"), ("client_id", client),
                    ("client_secret", secret.reveal()), ("scope", Self.resource + ".default"),
                ])
        case .federatedToken(let tenant, let client, let file):
            // The cluster replaces the file long before its token expires: it is read for each request.
            let assertion = try await BlockingPool.shared.run {
                guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                    throw TokenFileUnreadable(file: file)
                }
                return Secret(text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            return try await oauth(
                tenant,
                [
                    ("grant_type", "client_credentials"), ("client_id", client),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion.reveal()), ("scope", Self.resource + ".default"),
                ])
        case .managedIdentity(let client): return try await managed(client)
        case .sharedKey, .signature, .anonymous:
            preconditionFailure("A token is asked for only where the credential needs one.")
        }
    }

    /// Microsoft identity platform, "OAuth 2.0 client credentials flow".
    private func oauth(_ tenant: String, _ form: [(String, String)]) async throws -> AccessToken {
        let body = form.map { "\($0)=\(PercentCoding.encoded($1))" }.joined(separator: "&")
        return try await ask(
            "POST", "\(identity.authority)/\(PercentCoding.encoded(tenant))/oauth2/v2.0/token",
            [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            ByteBuffer(string: body))
    }

    /// "How to use managed identities on an Azure VM to acquire an access token", and the same of App
    /// Service.
    private func managed(_ client: String?) async throws -> AccessToken {
        let resource = PercentCoding.encoded(Self.resource)
        let chosen = client.map { "&client_id=\(PercentCoding.encoded($0))" } ?? ""
        if let appService = identity.appService {
            return try await ask(
                "GET", "\(appService.endpoint)?api-version=2019-08-01&resource=\(resource)\(chosen)",
                [("X-IDENTITY-HEADER", appService.header.reveal())], nil)
        }
        return try await ask(
            "GET",
            "\(identity.metadata)/metadata/identity/oauth2/token?api-version=2018-02-01"
                + "&resource=\(resource)\(chosen)",
            [("Metadata", "true")], nil)
    }

    private func ask(
        _ method: String, _ url: String, _ headers: [(String, String)], _ body: ByteBuffer?
    ) async throws -> AccessToken {
        let begin = ContinuousClock.now
        for attempt in 1... {
            let sentAt = ContinuousClock.now
            let cause: RetryCause
            let failure: any Diagnostic
            do {
                let answer = try await HTTPSender.send(
                    method, url, headers, body: body, bodyMax: 1 << 20, timeout: .seconds(30))
                if answer.status == 200 { return try token(in: answer, receivedAt: sentAt) }
                let refused = refusal(answer)
                // The metadata service answers 404 and 410 while it is being updated.
                let passes =
                    RetryCause(status: answer.status)
                    ?? (credential.isManaged && [404, 410].contains(answer.status) ? .busy : nil)
                guard let passes else { throw refused }
                (cause, failure) = (passes, refused)
            } catch let lost as HTTPSender.Failure {
                cause = lost.cause
                failure = TokenUnreachable(credential: credential, reason: lost.reason)
                if lost.isLasting { throw failure }
            }
            guard
                let delay = rule.delay(
                    after: cause, attempts: attempt, elapsed: .now - begin, random: .random(in: 0..<1))
            else { throw failure }
            try await Task.sleep(for: delay)
        }
        throw CancellationError()
    }

    /// Numbers come as numbers from the one and as texts from the other.
    private struct Reply: Decodable {
        struct Number: Decodable {
            let value: Int64

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int64.self) {
                    value = number
                } else if let number = Int64(try container.decode(String.self)) {
                    value = number
                } else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number")
                }
            }
        }

        let access_token: String
        let expires_in: Number?
        let expires_on: Number?
        let refresh_in: Number?
    }

    private func token(
        in answer: HTTPSender.Answer, receivedAt: ContinuousClock.Instant
    ) throws -> AccessToken {
        guard
            let reply = try? JSONDecoder().decode(Reply.self, from: Data(answer.body.readableBytesView)),
            !reply.access_token.isEmpty
        else {
            throw TokenRefused(
                credential: credential, status: answer.status, error: "no token in the answer", details: "")
        }
        let lifetime =
            reply.expires_in?.value
            // App Service only says when.
            ?? reply.expires_on.map { $0.value - Int64(Date().timeIntervalSince1970) } ?? 300
        return AccessToken(
            text: Secret(reply.access_token), lifetime: .seconds(max(0, lifetime)),
            refreshIn: reply.refresh_in.map { .seconds($0.value) }, receivedAt: receivedAt)
    }

    private struct Refusal: Decodable {
        let error: String?
        let error_description: String?
    }

    private func refusal(_ answer: HTTPSender.Answer) -> TokenRefused {
        let said = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body.readableBytesView))
        // `AADSTS7000215: Invalid client secret provided. …`: the number says what is wrong.
        let details = said?.error_description?.prefix { $0 != ":" && $0 != "\n" && $0 != "\r" } ?? ""
        return TokenRefused(
            credential: credential, status: answer.status, error: said?.error ?? "",
            details: details.hasPrefix("AADSTS") ? String(details) : "")
    }
}

extension StorageCredential {
    fileprivate var isManaged: Bool { if case .managedIdentity = self { true } else { false } }
}
