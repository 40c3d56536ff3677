package import LakeModel

/// A SAS: parameters of an address that allow something without the account's key.
package struct SharedAccessSignature: Hashable, Sendable {
    /// What it is a SAS of.
    package enum Scope: Hashable, Sendable {
        /// Of the whole account: letters of services (`b`) and of kinds of resources (`s`, `c`, `o`).
        case account(services: String, resourceTypes: String)
        /// Of a container, a blob, or a directory with all that is in it.
        case container, blob
        case directory(depth: Int)
    }

    package var scope: Scope
    /// Letters such as `rwl`.
    package var permissions: String
    package var start: String
    package var expiry: String
    /// An address or a range of addresses; empty is any.
    package var addresses: String
    /// `https`, or `https,http`; empty is both.
    package var protocols: String
    package var version: String
    /// What answers say instead of the file's own headers: `rscc`, `rscd`, `rsce`, `rscl`, `rsct`.
    package var responseHeaders: [String: String]
    package var signature: String

    package init(
        scope: Scope, permissions: String, start: String = "", expiry: String, addresses: String = "",
        protocols: String = "", version: String = "2024-08-04", responseHeaders: [String: String] = [:],
        signature: String = ""
    ) {
        self.scope = scope
        self.permissions = permissions
        self.start = start
        self.expiry = expiry
        self.addresses = addresses
        self.protocols = protocols
        self.version = version
        self.responseHeaders = responseHeaders
        self.signature = signature
    }

    package var isOfAccount: Bool { if case .account = scope { true } else { false } }

    package static let responseHeaderNames = ["rscc", "rscd", "rsce", "rscl", "rsct"]

    /// Reads the parameters of a request.
    /// - Returns: `nil` if there is no signature among them.
    /// - Throws: ``StorageFailure`` if there is one and the rest is not a SAS that this server can check.
    package static func parse(_ target: RequestTarget) throws(StorageFailure) -> SharedAccessSignature? {
        guard let signature = target["sig"] else { return nil }
        func refused(_ why: String) -> StorageFailure { StorageFailure(.authenticationFailed, why) }
        guard let version = target["sv"], version >= "2018-11-09", version.utf8.count == 10 else {
            throw refused("The SAS names no version, or one before 2018-11-09.")
        }
        if target["si"] != nil { throw refused("Stored access policies are not supported here.") }
        if target["skoid"] != nil {
            throw refused("User delegation is not supported here; use the account's key.")
        }
        let scope: Scope
        if let services = target["ss"], let types = target["srt"] {
            scope = .account(services: services, resourceTypes: types)
        } else {
            switch target["sr"] {
            case "c": scope = .container
            case "b": scope = .blob
            case "d":
                guard let depth = target["sdd"].flatMap({ Int($0) }), (0...63).contains(depth) else {
                    throw refused("A SAS of a directory needs sdd, its depth.")
                }
                scope = .directory(depth: depth)
            default: throw refused("The SAS is of no kind that this server has: sr or ss and srt.")
            }
        }
        var headers: [String: String] = [:]
        for name in responseHeaderNames { headers[name] = target[name] }
        return SharedAccessSignature(
            scope: scope, permissions: target["sp"] ?? "", start: target["st"] ?? "",
            expiry: target["se"] ?? "", addresses: target["sip"] ?? "", protocols: target["spr"] ?? "",
            version: version, responseHeaders: headers, signature: signature)
    }

    /// The text that is signed.
    package func stringToSign(account: String, address: StorageAddress) -> String {
        if case .account(let services, let types) = scope {
            var lines = [
                account, permissions, services, types, start, expiry, addresses, protocols, version,
            ]
            // The scope of encryption came with this version.
            if version >= "2020-12-06" { lines.append("") }
            return lines.map { $0 + "\n" }.joined()
        }
        let resource: String
        switch scope {
        case .container: resource = "c"
        case .blob: resource = "b"
        case .account, .directory: resource = "d"
        }
        var lines = [
            permissions, start, expiry, canonical(account: account, address: address), "", addresses,
            protocols, version, resource, "",
        ]
        if version >= "2020-12-06" { lines.append("") }
        lines += Self.responseHeaderNames.map { responseHeaders[$0] ?? "" }
        return lines.joined(separator: "\n")
    }

    /// `/blob/account/container/path`: the path decoded, the service `blob` for both protocols.
    private func canonical(account: String, address: StorageAddress) -> String {
        let container = "/blob/\(account)/\(address.filesystem ?? "")"
        switch scope {
        case .account, .container: return container
        case .blob: return "\(container)/\(address.path)"
        case .directory(let depth):
            let segments = address.path.pathParts.prefix(depth)
            return segments.isEmpty ? container : "\(container)/\(segments.joined(separator: "/"))"
        }
    }

    /// The same with the signature of `address`.
    package func signed(with key: SharedKey, account: String, address: StorageAddress) -> Self {
        var signed = self
        signed.signature = key.signature(of: stringToSign(account: account, address: address))
        return signed
    }

    /// As it stands in an address.
    package var query: [RequestTarget.Parameter] {
        var query: [(String, String)] = [("sv", version)]
        switch scope {
        case .account(let services, let types): query += [("ss", services), ("srt", types)]
        case .container: query.append(("sr", "c"))
        case .blob: query.append(("sr", "b"))
        case .directory(let depth): query += [("sr", "d"), ("sdd", "\(depth)")]
        }
        query += [("sp", permissions), ("st", start), ("se", expiry), ("sip", addresses), ("spr", protocols)]
        query += responseHeaders.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        query.append(("sig", signature))
        return query.filter { !$0.1.isEmpty }.map { RequestTarget.Parameter(name: $0.0, value: $0.1) }
    }
}

// MARK: Checking

extension SharedAccessSignature {
    /// What a request does, in the letters of a SAS: any of them is enough.
    package struct Need: Hashable, Sendable {
        package let letters: String
        /// The kind of resource that an account's SAS must name: `s`, `c` or `o`.
        package let resourceType: Character

        package init(_ letters: String, on resourceType: Character) {
            self.letters = letters
            self.resourceType = resourceType
        }
    }

    /// Where a request comes from.
    package struct Caller: Hashable, Sendable {
        package let address: String
        package let isEncrypted: Bool
        package let now: Timestamp

        package init(address: String, isEncrypted: Bool, now: Timestamp) {
            self.address = address
            self.isEncrypted = isEncrypted
            self.now = now
        }
    }

    /// Whether the signature is this key's and allows the request.
    /// - Throws: ``StorageFailure``.
    package func check(
        _ key: SharedKey, account: String, address: StorageAddress, need: Need, caller: Caller
    ) throws(StorageFailure) {
        guard key.isValid(signature, of: stringToSign(account: account, address: address)) else {
            throw StorageFailure(
                .authenticationFailed, "The signature of the SAS is not that of its parameters and the key.")
        }
        // A directory's SAS was checked with the beginning of the path, which must be there.
        if case .directory(let depth) = scope, address.path.pathParts.count < depth {
            throw StorageFailure(.authenticationFailed, "The SAS is of a directory below this path.")
        }
        guard let end = Self.instant(expiry), caller.now < end else {
            throw StorageFailure(.authenticationFailed, "The SAS has expired, or names no time of expiry.")
        }
        if !start.isEmpty {
            guard let begin = Self.instant(start), caller.now + .seconds(1) > begin else {
                throw StorageFailure(.authenticationFailed, "The SAS is not valid yet.")
            }
        }
        if !protocols.isEmpty, !caller.isEncrypted,
            !protocols.split(separator: ",").contains("http")
        {
            throw StorageFailure(.protocolMismatch, "The SAS is for https only.")
        }
        guard addresses.isEmpty || Self.allows(addresses, caller.address) else {
            throw StorageFailure(.sourceIPMismatch, "The SAS does not allow the address of the caller.")
        }
        if case .account(let services, let types) = scope {
            guard services.contains("b") else {
                throw StorageFailure(.serviceMismatch, "The SAS is not for blobs.")
            }
            guard types.contains(need.resourceType) else {
                throw StorageFailure(
                    .resourceTypeMismatch, "The SAS does not name this kind of resource (srt).")
            }
        } else if address.filesystem == nil {
            throw StorageFailure(.authenticationFailed, "The SAS is not of the account.")
        }
        guard permissions.contains(where: need.letters.contains) else {
            throw StorageFailure(
                .permissionMismatch,
                "The SAS allows '\(permissions)'; this needs one of '\(need.letters)'.")
        }
    }

    /// `2030-01-01T00:00:00Z`, without seconds, with fractions, or the day alone.
    package static func instant(_ text: String) -> Timestamp? {
        switch text.utf8.count {
        case 10: Timestamp(text + "T00:00:00Z")
        case 17 where text.hasSuffix("Z"): Timestamp(text.dropLast() + ":00Z")
        case 28 where text.hasSuffix("Z"): Timestamp(text.dropLast(2) + "Z")
        default: Timestamp(text)
        }
    }

    private static func allows(_ addresses: String, _ address: String) -> Bool {
        let ends = addresses.split(separator: "-", maxSplits: 1).map { number($0) }
        // What comes over IPv6 from an address of IPv4 is that address.
        guard let own = number(address.hasPrefix("::ffff:") ? address.dropFirst(7) : address[...]),
            let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 })
        else { return false }
        return first <= own && own <= last
    }

    private static func number(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let part else { return nil }
            number = number << 8 | UInt32(part)
        }
        return number
    }
}
