package import LakeModel

/// How `tarn serve` is reached over HTTP: the key `serve` of `lake.yaml`.
package struct ServeDefinition: Hashable, Sendable {
    package var listen: ListenAddress
    package var tokens: [Token]
    /// The absolute path of a file with more tokens.
    package var tokensFile: String?
    /// What who shows no token may do; `nil` is nothing. Only of an address of this machine.
    package var anonymous: AccessRole?
    /// `nil` if `lake.yaml` does not say it.
    package var place: Place?

    package init(
        listen: ListenAddress = .standard, tokens: [Token] = [], tokensFile: String? = nil,
        anonymous: AccessRole? = nil, place: Place? = nil
    ) {
        self.listen = listen
        self.tokens = tokens
        self.tokensFile = tokensFile
        self.anonymous = anonymous
        self.place = place
    }

    /// Somebody who may ask, by what he shows.
    package struct Token: Hashable, Sendable {
        /// For logs; never secret.
        package let name: String
        /// `nil` if its variable is not set for this process.
        package let token: Secret?
        package let role: AccessRole
        package let place: Place

        package init(name: String, token: Secret?, role: AccessRole, place: Place) {
            self.name = name
            self.token = token
            self.role = role
            self.place = place
        }
    }
}

/// What somebody may do over HTTP.
package enum AccessRole: String, Hashable, Sendable, CaseIterable, Comparable {
    /// See everything.
    case read
    /// Also start, cancel, pause and reload.
    case operate

    package static func < (left: AccessRole, right: AccessRole) -> Bool {
        left == .read && right == .operate
    }
}

/// An address and port to listen on: `127.0.0.1:8080` or `[::1]:8080`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    /// 0 lets the system choose.
    package let port: Int

    package static let standard = ListenAddress(host: "127.0.0.1", port: 8_080)

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `nil` unless `text` is a host, a colon and a port from 0 to 65535.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.utf8.contains(UInt8(ascii: ":")) else { return nil }
        } else {
            guard !host.utf8.contains(UInt8(ascii: ":")) else { return nil }
        }
        guard !host.isEmpty, host.utf8.count <= 253,
            host.utf8.allSatisfy({
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            })
        else { return nil }
        self.init(host: String(host), port: port)
    }

    package var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        if host == "::1" || host.lowercased() == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
