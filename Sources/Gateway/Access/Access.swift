internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import HTTPTypes
internal import LakeModel
internal import Project

/// Who may ask for what. Tokens are kept as digests and compared in constant time.
struct Access: Sendable {
    private let entries: [Entry]
    /// What may be done without a token; `nil` is nothing.
    private let anonymous: AccessRole?
    /// Names under which a browser of this machine may ask without a token.
    private let isOpen: Bool

    private struct Entry: Sendable {
        let name: String
        let role: AccessRole
        let digest: SHA256.Digest
    }

    /// Who asks, once that is known.
    struct Caller: Hashable, Sendable {
        /// `nil` without a token.
        let name: String?
        let role: AccessRole
    }

    static let tokenBytesMin = 16

    /// - Throws: ``Diagnostics`` with everything that is wrong with the tokens; ``OpenToAll``.
    init(_ serve: ServeDefinition) throws {
        var mistakes: [any Diagnostic] = []
        var entries: [Entry] = []
        func add(_ name: String, _ role: AccessRole, _ token: String, at place: Place?) {
            guard token.utf8.count >= Access.tokenBytesMin else {
                return mistakes.append(TokenTooShort(name: name, place: place))
            }
            let digest = SHA256.hash(data: Data(token.utf8))
            guard !entries.contains(where: { $0.name == name || $0.digest == digest }) else {
                return mistakes.append(TokenTwice(name: name, place: place))
            }
            entries.append(Entry(name: name, role: role, digest: digest))
        }
        for token in serve.tokens {
            if let secret = token.token?.reveal(), !secret.isEmpty {
                add(token.name, token.role, secret, at: token.place)
            } else {
                mistakes.append(TokenUnset(name: token.name, place: token.place))
            }
        }
        if let file = serve.tokensFile {
            do {
                for line in try TokenFile(path: file).lines {
                    add(line.name, line.role, line.token, at: line.place)
                }
            } catch { mistakes += error.all }
        }
        if !mistakes.isEmpty { throw Diagnostics(mistakes) }
        guard serve.listen.isLoopback || !entries.isEmpty && serve.anonymous == nil else {
            throw OpenToAll(address: serve.listen)
        }
        self.entries = entries
        anonymous = serve.anonymous
        isOpen = serve.anonymous != nil
    }

    /// Who sends a request.
    /// - Throws: ``Refusal`` if it may not be answered.
    func caller(_ headers: HTTPFields, authority: String?, needs role: AccessRole) throws(Refusal) -> Caller {
        let caller: Caller
        if let text = headers[.authorization] {
            guard let known = Self.token(in: text).flatMap(holder) else {
                throw unauthorized("The token is not known here.")
            }
            caller = known
        } else if let anonymous {
            try checkBrowser(headers, authority)
            caller = Caller(name: nil, role: anonymous)
        } else {
            throw unauthorized("The request has no token.")
        }
        guard caller.role >= role else {
            let who = caller.name.map { "The token '\($0)'" } ?? "Who shows no token"
            throw Refusal(
                .forbidden, code: "gateway.forbidden", "\(who) may read, not operate.",
                remedy: "Use a token of the role operate ('serve' in lake.yaml).")
        }
        return caller
    }

    private func unauthorized(_ problem: String) -> Refusal {
        let hint = entries.isEmpty ? " Give out tokens under 'serve' in lake.yaml." : ""
        return Refusal(
            .unauthorized, code: "gateway.unauthorized", problem,
            remedy: "Send 'Authorization: Bearer <token>'.\(hint)")
    }

    /// What follows `Bearer`, whatever its case.
    private static func token(in text: String) -> String? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1].drop { $0 == " " })
    }

    /// All are compared, and each comparison of digests takes the same time.
    private func holder(of token: String) -> Caller? {
        let digest = SHA256.hash(data: Data(token.utf8))
        var found: Caller?
        for entry in entries where entry.digest == digest {
            found = Caller(name: entry.name, role: entry.role)
        }
        return found
    }

    /// A page of somebody else's that a browser of this machine shows may not ask in its user's name, not
    /// even if its own name was made to point here.
    private func checkBrowser(_ headers: HTTPFields, _ authority: String?) throws(Refusal) {
        let host = authority.flatMap { ListenAddress($0) ?? ListenAddress("\($0):80") }
        let origin = headers[.origin]
        let isOwn = origin.map { origin in authority.map { origin == "http://\($0)" } ?? false } ?? true
        guard host?.isLoopback ?? false, isOwn else {
            throw Refusal(
                .forbidden, code: "gateway.foreign-page",
                "The request comes from another page, or names another host.",
                remedy: "Without a token only this machine may ask, as http://127.0.0.1.")
        }
    }
}
