package import LakeModel

/// A source as it is given on a command line: `mysql://etl@db.internal:3306/shop`, `sqlite:shop.db`.
package struct SourceAddress: Sendable {
    package let system: System
    /// The password that stood in it, where others can see it.
    package let password: Secret?

    package enum System: Hashable, Sendable {
        /// The path as it was given.
        case sqlite(path: String)
        case mysql(Server)
        case postgres(Server)
    }

    package struct Server: Hashable, Sendable {
        package let host: String
        package let port: Int
        package let user: String
        package let database: String

        package init(host: String, port: Int, user: String, database: String) {
            self.host = host
            self.port = port
            self.user = user
            self.database = database
        }
    }

    /// - Throws: a mistake that names no password.
    package init(_ text: String) throws(AddressMistake) {
        guard let colon = text.firstIndex(of: ":") else {
            throw AddressMistake("it has no scheme")
        }
        let scheme = text[..<colon].lowercased()
        let rest = text[text.index(after: colon)...]
        switch scheme {
        case "sqlite", "sqlite3", "file":
            var path = rest
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty else { throw AddressMistake("it names no file") }
            guard !path.contains("{"), !path.contains("\n") else {
                throw AddressMistake("a path cannot have { or a line's end in it")
            }
            (system, password) = (.sqlite(path: String(path)), nil)
        case "mysql", "mariadb":
            let (server, password) = try SourceAddress.server(rest, scheme, port: 3_306)
            (system, self.password) = (.mysql(server), password)
        case "postgres", "postgresql":
            let (server, password) = try SourceAddress.server(rest, scheme, port: 5_432)
            (system, self.password) = (.postgres(server), password)
        default:
            throw AddressMistake("there are no sources of kind '\(scheme)'")
        }
    }

    private static func server(
        _ text: Substring, _ scheme: String, port standardPort: Int
    ) throws(AddressMistake) -> (Server, Secret?) {
        guard text.hasPrefix("//") else { throw AddressMistake("after '\(scheme):' stands '//'") }
        let text = text.dropFirst(2)
        guard !text.contains("?") else {
            throw AddressMistake("settings after '?' are not read; see the options of tarn source add")
        }
        // The last @: a password may have one.
        let at = text.lastIndex(of: "@")
        let account = at.map { text[..<$0] } ?? ""
        let place = at.map { text[text.index(after: $0)...] } ?? text
        guard let slash = place.firstIndex(of: "/") else { throw AddressMistake("it names no database") }
        let database = try decoded(place[place.index(after: slash)...], "database")
        guard !database.isEmpty, !database.contains("/") else {
            throw AddressMistake("it names no database")
        }
        let (host, port) = try hostAndPort(place[..<slash])
        let colon = account.firstIndex(of: ":")
        let user = try decoded(colon.map { account[..<$0] } ?? account, "user")
        guard !user.isEmpty else { throw AddressMistake("it names no user") }
        var password: Secret?
        if let colon {
            password = Secret(try decoded(account[account.index(after: colon)...], "password"))
        }
        return (
            Server(
                host: host.isEmpty ? "localhost" : host, port: port ?? standardPort, user: user,
                database: database), password
        )
    }

    private static func hostAndPort(_ text: Substring) throws(AddressMistake) -> (String, Int?) {
        var host = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw AddressMistake("it has no port after ]") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            (host, port) = (text[..<colon], text[text.index(after: colon)...])
        }
        guard let port else { return (try decoded(host, "host"), nil) }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw AddressMistake("its port is no number from 1 to 65535")
        }
        return (try decoded(host, "host"), number)
    }

    /// With `%40` for `@` and so on.
    private static func decoded(_ text: Substring, _ part: String) throws(AddressMistake) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                throw AddressMistake("its \(part) has a % without two hexadecimal digits; % itself is %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self),
            !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw AddressMistake("its \(part) is no text") }
        return decoded
    }
}

/// An address that cannot be understood. The address itself is not repeated: it may hold a password.
package struct AddressMistake: Diagnostic {
    private let reason: String

    init(_ reason: String) { self.reason = reason }

    package var code: String { "usage.source-address" }
    package var problem: String { "The source's address cannot be understood: \(reason)." }
    package var remedy: String {
        "Write mysql://user@host:port/database, postgres://user@host:port/database or sqlite:path/to/file.db."
    }
}
