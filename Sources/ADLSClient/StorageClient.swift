internal import ADLS
internal import Crypto
internal import Foundation
internal import LakeModel
package import NIOCore

/// Sends requests to one account: signs them, repeats those that may pass the next time, and says what is
/// wrong with the others.
package final class StorageClient: Sendable {
    package let account: StorageAccount
    package let rule: RetryRule
    /// What one attempt may take.
    private let attemptTimeout: Duration
    private let key: SharedKey?
    /// The parameters of a SAS as they were given; without `?`.
    private let signature: String?
    private let tokens: TokenCache?

    static let version = "2023-11-03"

    package init(
        _ account: StorageAccount, rule: RetryRule = RetryRule(), attemptTimeout: Duration = .seconds(300)
    ) {
        self.account = account
        self.rule = rule
        self.attemptTimeout = attemptTimeout
        switch account.credential {
        case .sharedKey(let text): (key, signature) = (SharedKey(text), nil)
        case .signature(let text): (key, signature) = (nil, String(text.reveal().drop { $0 == "?" }))
        case .clientSecret, .federatedToken, .managedIdentity, .anonymous: (key, signature) = (nil, nil)
        }
        let request = TokenRequest(credential: account.credential, identity: account.identity, rule: rule)
        tokens = account.credential.needsToken ? TokenCache { try await request.token() } : nil
    }

    /// The address of a path as a request names it, without what proves who asks.
    package func address(_ service: StorageService, _ filesystem: String, _ path: String) -> String {
        "\(account.endpoint(of: service))/\(PercentCoding.encoded(filesystem))"
            + (path.isEmpty ? "" : "/\(PercentCoding.encoded(path, keepingSlashes: true))")
    }

    /// The address of a source for a copy by the service, which must read it with the same rights.
    package func copySource(_ filesystem: String, _ path: String) -> String {
        address(.blob, filesystem, path) + (signature.map { "?\($0)" } ?? "")
    }

    /// The source of a rename, as its header has it: without the account's endpoint.
    package func renameSource(_ filesystem: String, _ path: String) -> String {
        "/\(PercentCoding.encoded(filesystem))/\(PercentCoding.encoded(path, keepingSlashes: true))"
            + (signature.map { "?\($0)" } ?? "")
    }

    /// Sends the request until there is an answer that stays.
    ///
    /// It may be done more than once: it must be harmless twice, or carry a condition that forbids that, and
    /// then whoever calls compares what is there with what was sent.
    /// - Returns: the answer, whatever its status, except those of which ``RetryCause`` knows.
    /// - Throws: ``StorageUnreachable``, ``StorageBusy``, ``TokenRefused``, ``TokenUnreachable``,
    ///   ``TokenFileUnreadable``; `CancellationError`.
    package func send(_ request: StorageRequest) async throws -> StorageReply {
        let begin = ContinuousClock.now
        var mayHaveHappened = false
        var hasRenewedToken = false
        var attempts = 0
        while true {
            attempts += 1
            var retryAfter: Duration?
            let cause: RetryCause
            let failure: any Diagnostic
            do {
                let token = try await tokens?.token()
                let answer = try await attempt(request, token: token)
                if answer.status == 401, let token, !hasRenewedToken {
                    hasRenewedToken = true
                    tokens?.forget(token)
                    continue
                }
                guard let passing = RetryCause(status: answer.status) else {
                    return StorageReply(answer, mayHaveHappenedBefore: mayHaveHappened)
                }
                cause = passing
                retryAfter = answer[HeaderName.retryAfter].flatMap { Int64($0) }.map { .seconds($0) }
                mayHaveHappened = mayHaveHappened || cause.mayHaveHappened
                failure = StorageBusy(
                    account: account.name, status: answer.status,
                    errorCode: StorageReply(answer, mayHaveHappenedBefore: false).errorCode ?? "",
                    requestID: answer[HeaderName.requestID] ?? "", attempts: attempts,
                    mayHaveHappened: mayHaveHappened)
            } catch let lost as HTTPSender.Failure {
                cause = lost.cause
                mayHaveHappened = mayHaveHappened || cause.mayHaveHappened
                failure = StorageUnreachable(
                    account: account.name, endpoint: account.endpoint(of: request.service),
                    reason: lost.reason, attempts: attempts, isLasting: lost.isLasting,
                    mayHaveHappened: mayHaveHappened)
                if lost.isLasting { throw failure }
            }
            guard
                let delay = rule.delay(
                    after: cause, attempts: attempts, elapsed: .now - begin, retryAfter: retryAfter,
                    random: .random(in: 0..<1))
            else { throw failure }
            try await Task.sleep(for: delay)
        }
    }

    /// One attempt, signed anew: a signature is good for fifteen minutes only.
    private func attempt(_ request: StorageRequest, token: Secret?) async throws -> HTTPSender.Answer {
        var url = address(request.service, request.filesystem, request.path)
        if !request.query.isEmpty || signature != nil {
            let pairs = request.query.map {
                "\(PercentCoding.encoded($0.name))=\(PercentCoding.encoded($0.value))"
            }
            url += "?" + (pairs + (signature.map { [$0] } ?? [])).joined(separator: "&")
        }
        var headers = request.headers
        headers.append((HeaderName.version, Self.version))
        headers.append((HeaderName.msDate, HTTPDate.text(.now)))
        headers.append((HeaderName.clientRequestID, UUID().uuidString.lowercased()))
        if let token {
            headers.append((HeaderName.authorization, "Bearer \(token.reveal())"))
        } else if let key {
            let endpoint = account.endpoint(of: request.service)
            let begin = endpoint.firstRange(of: "://")?.upperBound ?? endpoint.startIndex
            let rawPath = url[begin...].prefix { $0 != "?" }.drop { $0 != "/" }
            let length = request.body?.readableBytes ?? 0
            let signed = SignedRequest(
                method: request.method,
                target: RequestTarget(rawPath: String(rawPath), query: request.query),
                headers: headers + [(HeaderName.contentLength, "\(length)")])
            headers.append(
                (HeaderName.authorization, key.authorization(of: signed, account: account.name)))
        }
        let answer = try await HTTPSender.send(
            request.method, url, headers.map { ($0.name, $0.value) }, body: request.body,
            bodyMax: request.answerBytesMax, buffers: request.buffers, timeout: attemptTimeout)
        if answer.status == 206, let digest = answer[HeaderName.contentMD5],
            request.headers.contains(where: { $0.name == HeaderName.rangeGetContentMD5 }),
            Self.md5(answer.body) != digest
        {
            throw HTTPSender.Failure(cause: .damaged, reason: "the bytes are not those of their MD5")
        }
        return answer
    }

    /// In Base64, as the header `Content-MD5` has it.
    package static func md5(_ bytes: ByteBuffer) -> String {
        bytes.withUnsafeReadableBytes { bytes in
            var digest = Insecure.MD5()
            digest.update(bufferPointer: bytes)
            return Base64.encode(Array(digest.finalize()))
        }
    }
}

extension Timestamp {
    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
