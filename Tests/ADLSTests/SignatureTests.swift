import Foundation
import LakeModel
import Testing

@testable import ADLS

/// What Azure's own client signed; `make_vectors.py` asked it.
private struct Vectors: Decodable {
    struct Request: Decodable {
        let method: String
        let target: String
        let headers: [String: String]
        let authorization: String

        var signed: SignedRequest {
            get throws {
                SignedRequest(
                    method: method, target: try RequestTarget(target),
                    headers: headers.map { ($0.key.lowercased(), $0.value) })
            }
        }
    }

    struct Signature: Decodable {
        let name: String
        let query: String
        let filesystem: String?
        let path: String

        var target: RequestTarget { get throws { try RequestTarget("/?\(query)") } }
        var address: StorageAddress { StorageAddress(filesystem: filesystem, path: path) }
    }

    let account: String
    let key: String
    let requests: [Request]
    let signatures: [Signature]

    var sharedKey: SharedKey { get throws { try #require(SharedKey(Secret(key))) } }

    static func read() throws -> Vectors {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors.json")
        return try JSONDecoder().decode(Vectors.self, from: try Data(contentsOf: file))
    }
}

@Suite struct `A signature` {
    @Test func `of a request is that of Azure's own client`() throws {
        let vectors = try Vectors.read()
        #expect(vectors.requests.count >= 12)
        for request in vectors.requests {
            let key = try vectors.sharedKey
            let signed = try request.signed
            guard
                case .sharedKey(let account, let signature) = try #require(
                    Authorization(request.authorization))
            else {
                Issue.record("no shared key: \(request.authorization)")
                continue
            }
            #expect(account == vectors.account)
            // The client for Python sorts odd names of metadata in its own way.
            let order: SignedRequest.HeaderOrder =
                request.headers.keys.contains { $0.contains("a_b") } ? .byWeight : .byBytes
            #expect(
                key.isValid(signature, of: signed.stringToSign(account: account, order: order)),
                "\(request.method) \(request.target)")
        }
    }

    @Test func `of an odd order of headers is not that of the plain one`() throws {
        let vectors = try Vectors.read()
        let request = try #require(vectors.requests.first { $0.headers.keys.contains { $0.contains("a_b") } })
        let signed = try request.signed
        let text = signed.stringToSign(account: "x", order: .byWeight)
        let names = text.split(separator: "\n").filter { $0.hasPrefix("x-ms-meta") }.map {
            $0.prefix { $0 != ":" }
        }
        #expect(names == ["x-ms-meta-a_b", "x-ms-meta-a1", "x-ms-meta-ab", "x-ms-meta-a-b"])
        #expect(signed.stringToSign(account: "x") != text)
    }

    @Test func `is of every byte that counts`() throws {
        let vectors = try Vectors.read()
        let key = try vectors.sharedKey
        let request = vectors.requests[0]
        let signature = String(request.authorization.split(separator: ":")[1])
        func isValid(_ target: String, _ headers: [String: String], method: String = "PATCH") throws -> Bool {
            let signed = SignedRequest(
                method: method, target: try RequestTarget(target),
                headers: headers.map { ($0.key.lowercased(), $0.value) })
            return key.isValid(signature, of: signed.stringToSign(account: vectors.account))
        }
        #expect(try isValid(request.target, request.headers))
        #expect(try !isValid(request.target + "&x=1", request.headers))
        #expect(try !isValid(request.target.replacing("position=0", with: "position=1"), request.headers))
        #expect(try !isValid(request.target.replacing("b%20c", with: "b%20d"), request.headers))
        #expect(try !isValid(request.target, request.headers, method: "PUT"))
        for name in request.headers.keys {
            #expect(try !isValid(request.target, request.headers.merging([name: "x"]) { $1 }), "\(name)")
        }
        #expect(try !isValid(request.target, request.headers.merging(["x-ms-more": ""]) { $1 }))
        let other = try #require(SharedKey(Secret(Base64.encode(Array(0..<64)))))
        #expect(!other.isValid(signature, of: try request.signed.stringToSign(account: vectors.account)))
        #expect(!key.isValid("", of: ""))
        #expect(!key.isValid("no base64", of: ""))
    }

    @Test func `of a query takes a plus for a space, and several values as one`() throws {
        let signed = SignedRequest(
            method: "GET", target: try RequestTarget("/a/b+c?X=2&prefix=a+b&x=1&include="), headers: [])
        #expect(signed.stringToSign(account: "a").hasSuffix("/a/a/b+c\ninclude:\nprefix:a b\nx:1,2"))
    }

    @Test func `is made as it is checked`() throws {
        let key = try Vectors.read().sharedKey
        let request = SignedRequest(
            method: "GET", target: try RequestTarget("/lake/x"), headers: [("x-ms-date", "d")])
        let text = key.authorization(of: request, account: "acct")
        guard case .sharedKey("acct", let signature) = Authorization(text) else {
            Issue.record("\(text)")
            return
        }
        #expect(key.isValid(signature, of: request.stringToSign(account: "acct")))
        #expect(SharedKey(Secret("not base64!")) == nil)
        #expect(SharedKey(Secret("c2hvcnQ=")) == nil)
    }
}

@Suite struct `A SAS` {
    private static let now = Timestamp("2026-11-22T12:00:00Z")

    @Test func `of Azure's own client is valid, and of nothing else`() throws {
        let vectors = try Vectors.read()
        let key = try vectors.sharedKey
        #expect(vectors.signatures.count >= 7)
        for vector in vectors.signatures {
            let sas = try #require(try SharedAccessSignature.parse(try vector.target), "\(vector.name)")
            let text = sas.stringToSign(account: vectors.account, address: vector.address)
            #expect(key.isValid(sas.signature, of: text), "\(vector.name)")
            var other = sas
            other.permissions += "d"
            #expect(
                !key.isValid(
                    other.signature, of: other.stringToSign(account: vectors.account, address: vector.address)
                ))
            #expect(
                !key.isValid(sas.signature, of: sas.stringToSign(account: "other", address: vector.address)))
            // Made by us of the same fields, it is the same.
            let ours = sas.signed(with: key, account: vectors.account, address: vector.address)
            #expect(ours.signature == sas.signature)
            let again = ours.query.map { "\($0.name)=\(PercentCoding.encoded($0.value))" }.joined(
                separator: "&")
            #expect(try SharedAccessSignature.parse(try RequestTarget("/?\(again)")) == sas)
        }
    }

    private static func check(
        _ sas: SharedAccessSignature, _ need: SharedAccessSignature.Need = .init("r", on: "o"),
        path: String = "a/b/c.txt", from address: String = "10.0.0.5", isEncrypted: Bool = true,
        at now: String = "2026-11-22T12:00:00Z", sign: Bool = true
    ) throws -> String? {
        let key = try Vectors.read().sharedKey
        let place = StorageAddress(filesystem: "lake", path: path)
        let signed = sign ? sas.signed(with: key, account: "acct", address: place) : sas
        let caller = SharedAccessSignature.Caller(
            address: address, isEncrypted: isEncrypted, now: try #require(Timestamp(now)))
        do {
            try signed.check(key, account: "acct", address: place, need: need, caller: caller)
            return nil
        } catch {
            return error.code.name
        }
    }

    @Test func `allows what it says, when, where and how it says`() throws {
        let sas = SharedAccessSignature(scope: .container, permissions: "rl", expiry: "2026-11-23T00:00:00Z")
        #expect(try Self.check(sas) == nil)
        #expect(try Self.check(sas, .init("w", on: "o")) == "AuthorizationPermissionMismatch")
        #expect(try Self.check(sas, .init("cw", on: "o")) == "AuthorizationPermissionMismatch")
        #expect(try Self.check(sas, .init("lr", on: "c")) == nil)
        #expect(try Self.check(sas, at: "2026-11-23T00:00:00Z") == "AuthenticationFailed")
        var later = sas
        later.start = "2026-11-22T12:30:00Z"
        #expect(try Self.check(later) == "AuthenticationFailed")
        #expect(try Self.check(later, at: "2026-11-22T12:30:00Z") == nil)
        var bound = sas
        bound.addresses = "10.0.0.1-10.0.0.9"
        #expect(try Self.check(bound) == nil)
        #expect(try Self.check(bound, from: "::ffff:10.0.0.9") == nil)
        #expect(try Self.check(bound, from: "10.0.0.10") == "AuthorizationSourceIPMismatch")
        #expect(try Self.check(bound, from: "::1") == "AuthorizationSourceIPMismatch")
        bound.addresses = "10.0.0.5"
        #expect(try Self.check(bound) == nil)
        var safe = sas
        safe.protocols = "https"
        #expect(try Self.check(safe) == nil)
        #expect(try Self.check(safe, isEncrypted: false) == "AuthorizationProtocolMismatch")
        safe.protocols = "https,http"
        #expect(try Self.check(safe, isEncrypted: false) == nil)
        var endless = sas
        endless.expiry = ""
        #expect(try Self.check(endless) == "AuthenticationFailed")
        #expect(try Self.check(sas, sign: false) == "AuthenticationFailed")
    }

    @Test func `of an account names services and kinds`() throws {
        var sas = SharedAccessSignature(
            scope: .account(services: "bf", resourceTypes: "o"), permissions: "r", expiry: "2026-11-23")
        #expect(try Self.check(sas) == nil)
        #expect(try Self.check(sas, .init("r", on: "c")) == "AuthorizationResourceTypeMismatch")
        sas.scope = .account(services: "q", resourceTypes: "o")
        #expect(try Self.check(sas) == "AuthorizationServiceMismatch")
    }

    @Test func `of a directory is of what is below it`() throws {
        let key = try Vectors.read().sharedKey
        let sas = SharedAccessSignature(
            scope: .directory(depth: 2), permissions: "r", expiry: "2027-01-01"
        ).signed(with: key, account: "acct", address: StorageAddress(filesystem: "lake", path: "a/b"))
        #expect(try Self.check(sas, path: "a/b", sign: false) == nil)
        #expect(try Self.check(sas, path: "a/b/c/d.txt", sign: false) == nil)
        #expect(try Self.check(sas, path: "a/c/d.txt", sign: false) == "AuthenticationFailed")
        #expect(try Self.check(sas, path: "a", sign: false) == "AuthenticationFailed")
        // A depth that somebody else writes is no other directory.
        var shallow = sas
        shallow.scope = .directory(depth: 1)
        #expect(try Self.check(shallow, path: "a/c", sign: false) == "AuthenticationFailed")
    }

    @Test(arguments: [
        "sig=x", "sv=2015-04-05&sr=c&sig=x", "sv=2020-12-06&sig=x", "sv=2020-12-06&sr=q&sig=x",
        "sv=2020-12-06&sr=d&sig=x", "sv=2020-12-06&sr=d&sdd=-1&sig=x", "sv=2020-12-06&sr=c&si=p&sig=x",
        "sv=2020-12-06&sr=c&skoid=p&sig=x",
    ])
    func `that cannot be checked is refused`(query: String) throws {
        let target = try RequestTarget("/?\(query)")
        #expect(throws: StorageFailure.self) { try SharedAccessSignature.parse(target) }
        #expect(try SharedAccessSignature.parse(try RequestTarget("/?sv=2020-12-06")) == nil)
    }

    @Test func `reads times as clients write them`() {
        let midnight = Timestamp("2030-01-01T00:00:00Z")
        for text in [
            "2030-01-01", "2030-01-01T00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.0000000Z",
        ] {
            #expect(SharedAccessSignature.instant(text) == midnight, "\(text)")
        }
        #expect(SharedAccessSignature.instant("tomorrow") == nil)
        #expect(SharedAccessSignature.instant("") == nil)
    }
}
