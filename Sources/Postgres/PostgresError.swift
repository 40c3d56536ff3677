/// A failure of a PostgreSQL server, or of the way to it.
///
/// The text holds neither the password nor more than the beginning of the statement. The server's DETAIL,
/// which may quote a row, is left out.
package struct PostgresError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No session could be opened: wrong address, server down, starting or stopping, or nothing that
        /// speaks the protocol.
        case unreachable
        /// The account may not connect, or may not read what it asked for.
        case accessDenied
        case unknownDatabase, unknownTable, unknownColumn
        /// The session was there and is gone.
        case lostConnection
        case deadlock, lockWait
        /// The server's limit on a statement's time.
        case timeout
        /// Somebody cancelled the statement: ``PostgresCanceller`` or the server's administrator.
        case interrupted
        /// A transaction that the server gave up: a standby whose replay could wait no longer, say.
        case serialization
        case syntax
        /// The server has no connection, memory or disk left.
        case tooManyConnections, outOfResources
        /// A write in a session or on a server that takes none.
        case readOnly
        /// The connection cannot be encrypted as the settings demand.
        case tls
        /// Bytes that are not what the protocol says they are.
        case malformed
        case other
    }

    package let kind: Kind
    /// The server's five characters; empty when the client library failed.
    package let sqlState: String
    /// "ERROR", "FATAL" or "PANIC"; empty when the client library failed.
    package let severity: String
    package let message: String
    package let hint: String
    /// The beginning of the statement; empty when there was none.
    package let sql: String
    /// Whether there was no session yet.
    package let isConnecting: Bool

    /// Whether the same call may succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch kind {
        case .unreachable, .lostConnection, .deadlock, .lockWait, .timeout, .serialization,
            .tooManyConnections, .outOfResources:
            true
        case .accessDenied, .unknownDatabase, .unknownTable, .unknownColumn, .interrupted, .syntax, .readOnly,
            .tls, .malformed, .other:
            false
        }
    }

    static let sqlCharactersMax = 240

    /// - Parameters:
    ///   - kind: what the caller knows better than the code.
    ///   - secret: the password, which is struck out wherever it appears.
    init(
        _ kind: Kind? = nil, sqlState: String = "", severity: String = "", message: String,
        hint: String = "", sql: String = "", secret: String = "", isConnecting: Bool = false
    ) {
        self.sqlState = sqlState
        self.severity = severity
        self.message = message.striking(secret)
        self.hint = hint.striking(secret)
        self.isConnecting = isConnecting
        // Cut twice: a statement may have megabytes, and half a secret at the cut would still be readable.
        let redacted = String(sql.prefix(16 * Self.sqlCharactersMax)).striking(secret)
        self.sql =
            redacted.count > Self.sqlCharactersMax ? redacted.prefix(Self.sqlCharactersMax) + "…" : redacted
        self.kind =
            kind ?? Kind(sqlState: sqlState, message: message, isConnecting: isConnecting)
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        var text = sqlState.isEmpty ? message : "\(message) [\(sqlState)]"
        if !hint.isEmpty { text += " (\(hint))" }
        return sql.isEmpty ? text : "\(text) in: \(sql)"
    }
}

extension PostgresError.Kind {
    fileprivate init(sqlState: String, message: String, isConnecting: Bool) {
        guard !sqlState.isEmpty else {
            self = Self.ofLibrary(message: message, isConnecting: isConnecting)
            return
        }
        self =
            switch sqlState {
            case "28000", "28P01", "42501": .accessDenied
            case "3D000": .unknownDatabase
            case "42P01", "3F000": .unknownTable
            case "42703": .unknownColumn
            case "42601": .syntax
            case "40P01": .deadlock
            case "55P03": .lockWait
            // The server has one code for its own limit and for somebody's cancel.
            case "57014": message.contains("timeout") ? .timeout : .interrupted
            case "53300": .tooManyConnections
            case "25006": .readOnly
            // The administrator's command, a crash, a server that starts or stops, a session that idled.
            case "57P01", "57P02", "57P03", "57P05", "25P03": isConnecting ? .unreachable : .lostConnection
            case "57P04": .unknownDatabase
            default:
                switch sqlState.prefix(2) {
                case "08": isConnecting ? .unreachable : .lostConnection
                case "40": .serialization
                case "53": .outOfResources
                default: .other
                }
            }
    }

    private static func ofLibrary(message: String, isConnecting: Bool) -> Self {
        guard isConnecting else { return .lostConnection }
        let isAboutTLS = ["SSL", "certificate", "root.crt"].contains { message.contains($0) }
        return isAboutTLS ? .tls : .unreachable
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
