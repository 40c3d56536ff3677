/// A failure of a MySQL or MariaDB server, or of the way to it.
///
/// The text holds neither the password nor more than the beginning of the statement.
package struct MySQLError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No session could be opened: wrong address, server down, or nothing that speaks the protocol.
        case unreachable
        case accessDenied, unknownDatabase, unknownTable, unknownColumn
        /// The session was there and is gone.
        case lostConnection
        case deadlock, lockWait
        /// The server's own limit on a statement's time.
        case timeout
        /// Somebody cancelled the statement: ``Canceller`` or the server's administrator.
        case interrupted
        case syntax, tooManyConnections
        /// A write in a session or on a server that takes none.
        case readOnly
        /// The connection cannot be encrypted as the settings demand.
        case tls
        case other
    }

    package let kind: Kind
    /// The server's number (1000 and more) or the client library's (2000–2999, 5000–5999).
    package let number: UInt32
    /// Five characters; "HY000" when the server says nothing better.
    package let sqlState: String
    package let message: String
    /// The beginning of the statement; empty when there was none.
    package let sql: String

    /// Whether the same call may succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch kind {
        case .unreachable, .lostConnection, .deadlock, .lockWait, .timeout, .tooManyConnections: true
        case .accessDenied, .unknownDatabase, .unknownTable, .unknownColumn, .interrupted, .syntax, .readOnly,
            .tls, .other:
            false
        }
    }

    static let sqlCharactersMax = 240

    /// - Parameter secret: the password, which is struck out wherever it appears.
    init(
        number: UInt32, sqlState: String = "HY000", message: String, sql: String = "", secret: String = "",
        whileConnecting: Bool = false
    ) {
        self.number = number
        self.sqlState = sqlState
        self.message = message.striking(secret)
        // Cut twice: a statement may have megabytes, and half a secret at the cut would still be readable.
        let redacted = String(sql.prefix(16 * Self.sqlCharactersMax)).striking(secret)
        self.sql =
            redacted.count > Self.sqlCharactersMax ? redacted.prefix(Self.sqlCharactersMax) + "…" : redacted
        kind = Kind(number: number, whileConnecting: whileConnecting)
    }
}

extension MySQLError: CustomStringConvertible {
    package var description: String {
        let failure = "\(message) [\(number) \(sqlState)]"
        return sql.isEmpty ? failure : "\(failure) in: \(sql)"
    }
}

extension MySQLError.Kind {
    fileprivate init(number: UInt32, whileConnecting: Bool) {
        self =
            switch number {
            case 2001...2005, 2007, 2009, 2012, 2047: .unreachable
            // The library says "lost" for a server that closes, or is silent, before the session exists.
            case 2006, 2013, 2055, 5012, 5013, 5014: whileConnecting ? .unreachable : .lostConnection
            case 1053, 1077...1080, 1152, 1156...1161, 1184, 1927, 4031:
                whileConnecting ? .unreachable : .lostConnection
            case 1044, 1045, 1130, 1142, 1143, 1227, 1251, 1370, 1396, 1410, 1698, 1820, 1862, 2049, 3118,
                4151:
                .accessDenied
            case 1049: .unknownDatabase
            case 1051, 1109, 1146: .unknownTable
            case 1054: .unknownColumn
            case 1213: .deadlock
            case 1205, 3572: .lockWait
            case 1969, 3024: .timeout
            case 1317: .interrupted
            case 1064, 1149: .syntax
            case 1040, 1203, 1226: .tooManyConnections
            case 1290, 1792, 1836: .readOnly
            case 2026: .tls
            default: .other
            }
    }
}

extension String {
    /// The text with every occurrence of `secret` replaced. A secret of fewer than four characters is left:
    /// to replace every "a" would tell what it is.
    fileprivate func striking(_ secret: String) -> String {
        let (text, secret) = (Array(utf8), Array(secret.utf8))
        guard secret.count >= 4, text.count >= secret.count else { return self }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index...].starts(with: secret) {
                result += Array("•••".utf8)
                index += secret.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
