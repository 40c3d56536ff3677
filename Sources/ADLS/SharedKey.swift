internal import Crypto
package import LakeModel

/// The key of an account, which signs and checks requests.
package struct SharedKey: Sendable {
    private let key: SymmetricKey

    /// - Returns: `nil` if the text is no Base64 of at least 16 bytes.
    package init?(_ text: Secret) {
        guard let bytes = Base64.decode(text.reveal()), bytes.count >= 16 else { return nil }
        key = SymmetricKey(data: bytes)
    }

    package func signature(of text: String) -> String {
        Base64.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
    }

    /// Whether the signature is of this text and key; the time that it takes tells nothing.
    package func isValid(_ signature: String, of text: String) -> Bool {
        guard let code = Base64.decode(signature) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(text.utf8), using: key)
    }

    /// What the header `Authorization` says of a request that this key signs.
    package func authorization(of request: SignedRequest, account: String) -> String {
        "SharedKey \(account):\(signature(of: request.stringToSign(account: account)))"
    }
}

/// The parts of a request that its signature covers, as they are on the wire.
package struct SignedRequest: Hashable, Sendable {
    package let method: String
    package let target: RequestTarget
    /// Names in lower case.
    package let headers: [(name: String, value: String)]

    package init(method: String, target: RequestTarget, headers: [(name: String, value: String)]) {
        self.method = method
        self.target = target
        self.headers = headers
    }

    package static func == (left: SignedRequest, right: SignedRequest) -> Bool {
        left.method == right.method && left.target == right.target
            && left.headers.elementsEqual(right.headers, by: ==)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(method)
        hasher.combine(target)
    }

    /// How names of headers are sorted. The two differ only for odd names of metadata.
    package enum HeaderOrder: CaseIterable, Sendable {
        /// By bytes, as most clients do.
        case byBytes
        /// Hyphens count last and digits are before letters, as the service and its client for Python do.
        case byWeight
    }

    private static let standardHeaders = [
        "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
        "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ]

    /// The text that is signed. The path is taken as it is sent, and the account stands before it: of a
    /// request whose path begins with the account it stands there twice.
    package func stringToSign(account: String, order: HeaderOrder = .byBytes) -> String {
        var text = method + "\n"
        let hasDate = headers.contains { $0.name == HeaderName.msDate }
        for name in Self.standardHeaders {
            var value = headers.first { $0.name == name }?.value ?? ""
            if name == "content-length" && value == "0" || name == "date" && hasDate { value = "" }
            text += value + "\n"
        }
        let ours = headers.filter { $0.name.hasPrefix("x-ms-") }
        for header in ours.sorted(by: { Self.isBefore($0.name, $1.name, order) }) {
            text += "\(header.name):\(Self.trimmed(header.value))\n"
        }
        text += "/\(account)\(target.rawPath)"
        var values: [String: [String]] = [:]
        for parameter in target.query {
            values[parameter.name.lowercased(), default: []].append(parameter.value)
        }
        for (name, values) in values.sorted(by: { Self.areBytesBefore($0.key, $1.key) }) {
            text += "\n\(name):\(values.sorted(by: Self.areBytesBefore).joined(separator: ","))"
        }
        return text
    }

    private static func trimmed(_ text: String) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func areBytesBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func isBefore(_ left: String, _ right: String, _ order: HeaderOrder) -> Bool {
        guard order == .byWeight else { return areBytesBefore(left, right) }
        // `_` and `.` are before digits, digits before letters; names are in lower case.
        func weights(_ text: String) -> [UInt8] {
            text.utf8.filter { $0 != UInt8(ascii: "-") }.map {
                $0 == UInt8(ascii: "_") ? 2 : $0 == UInt8(ascii: ".") ? 1 : $0
            }
        }
        let (leftWeights, rightWeights) = (weights(left), weights(right))
        guard leftWeights == rightWeights else { return leftWeights.lexicographicallyPrecedes(rightWeights) }
        // Where only one of the two has a hyphen, the other one is before.
        for (a, b) in zip(left.utf8, right.utf8) where (a == UInt8(ascii: "-")) != (b == UInt8(ascii: "-")) {
            return b == UInt8(ascii: "-")
        }
        return false
    }
}

/// The header `Authorization` of a request.
package enum Authorization: Hashable, Sendable {
    case sharedKey(account: String, signature: String)
    case bearer(String)

    package init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        switch words[0].lowercased() {
        case "sharedkey":
            let sides = words[1].split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            self = .sharedKey(account: String(sides[0]), signature: String(sides[1]))
        case "bearer": self = .bearer(String(words[1]))
        default: return nil
        }
    }
}
