internal import CSQLite

/// A failure of SQLite. The text holds no more than the beginning of the statement.
package struct SQLiteError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Another connection holds the lock, longer than the busy timeout.
        case busy
        /// Another statement of this connection is in the way.
        case locked
        case interrupted
        case readOnly
        case cannotOpen, notADatabase, corrupt
        case constraint
        case diskFull, ioFailure
        case other
    }

    package let kind: Kind
    /// The primary result code.
    package let code: Int32
    /// The code with its details: `SQLITE_BUSY_SNAPSHOT`, `SQLITE_IOERR_READ`, …
    package let extendedCode: Int32
    package let message: String
    /// The beginning of the statement; empty when there was none.
    package let sql: String

    /// Whether the same call may succeed later without anybody changing anything.
    package var isTransient: Bool { kind == .busy || kind == .locked }

    static let sqlCharactersMax = 240

    init(extendedCode: Int32, message: String, sql: String = "") {
        code = extendedCode & 0xFF
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql.count > Self.sqlCharactersMax ? sql.prefix(Self.sqlCharactersMax) + "…" : sql
        kind = Kind(primaryCode: code)
    }

    /// What `handle` says of its last call.
    init(_ handle: OpaquePointer, sql: String = "") {
        self.init(
            extendedCode: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)),
            sql: sql)
    }
}

extension SQLiteError: CustomStringConvertible {
    package var description: String {
        let failure = "\(message) [\(extendedCode)]"
        return sql.isEmpty ? failure : "\(failure) in: \(sql)"
    }
}

extension SQLiteError.Kind {
    fileprivate init(primaryCode: Int32) {
        self =
            switch primaryCode {
            case SQLITE_BUSY, SQLITE_PROTOCOL: .busy
            case SQLITE_LOCKED: .locked
            case SQLITE_INTERRUPT: .interrupted
            case SQLITE_READONLY: .readOnly
            case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen
            case SQLITE_NOTADB: .notADatabase
            case SQLITE_CORRUPT: .corrupt
            case SQLITE_CONSTRAINT: .constraint
            case SQLITE_FULL: .diskFull
            case SQLITE_IOERR: .ioFailure
            default: .other
            }
    }
}
