internal import CSQLite
internal import Synchronization

/// One open database file.
///
/// A connection belongs to one thread of a `BlockingPool` at a time; only its ``interrupter`` may be used
/// from elsewhere. Statements keep their connection open.
package final class SQLiteConnection {
    package enum Access: Hashable, Sendable {
        /// Nothing can be written, not even by a checkpoint when the connection closes.
        case readOnly
        case readWrite
        /// Like `readWrite`, and the file is made when it is missing.
        case create
    }

    /// Of the library, such as `3.40.1`.
    package static var libraryVersion: String { String(cString: sqlite3_libversion()) }

    package let path: String
    /// Stops the statement that runs, from another thread.
    package let interrupter: SQLiteInterrupter
    let handle: OpaquePointer

    /// - Parameters:
    ///   - busyTimeout: how long a call waits for another connection's lock before it throws `.busy`.
    ///   - isQueryOnly: whether statements that would write are refused, even if `access` allows them.
    /// - Throws: `.cannotOpen` when there is no such file or folder, `.notADatabase` when it is another kind
    ///   of file.
    package init(
        path: String, access: Access, busyTimeout: Duration = .seconds(5), isQueryOnly: Bool = false
    ) throws(SQLiteError) {
        let handle = try Self.open(path, access, busyTimeout)
        do {
            // The open call does not read: this is what finds a file that is no database.
            try Self.run("PRAGMA schema_version", on: handle)
            if isQueryOnly { try Self.run("PRAGMA query_only = 1", on: handle) }
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
        self.path = path
        self.handle = handle
        interrupter = SQLiteInterrupter(handle)
    }

    deinit {
        interrupter.retire()
        // Statements that are still alive finish the closing when they go.
        sqlite3_close_v2(handle)
    }

    private static func open(
        _ path: String, _ access: Access, _ busyTimeout: Duration
    ) throws(SQLiteError) -> OpaquePointer {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var opened: OpaquePointer?
        // Without its own lock: one thread at a time is this type's contract, and interrupting needs none.
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard let opened else { throw SQLiteError(extendedCode: code, message: "out of memory") }
        guard code == SQLITE_OK else {
            defer { sqlite3_close_v2(opened) }
            throw SQLiteError(opened)
        }
        sqlite3_extended_result_codes(opened, 1)
        sqlite3_busy_timeout(opened, busyTimeout.wholeMilliseconds)
        return opened
    }

    // MARK: Statements

    /// Runs one or more statements and drops their rows.
    package func execute(_ sql: String) throws(SQLiteError) { try Self.run(sql, on: handle) }

    /// Prepares the one statement of `sql`.
    package func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        try SQLiteStatement(sql, on: self)
    }

    /// The rows that the last INSERT, UPDATE or DELETE changed.
    package var changedRows: Int64 { sqlite3_changes64(handle) }

    private static func run(_ sql: String, on handle: OpaquePointer) throws(SQLiteError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw SQLiteError(handle, sql: sql)
        }
    }

    // MARK: Snapshots

    /// Begins a transaction whose statements all see the database as it is now.
    ///
    /// In WAL mode writers go on meanwhile; in rollback mode they wait until ``endSnapshot()``.
    package func beginSnapshot() throws(SQLiteError) {
        try execute("BEGIN DEFERRED")
        do {
            // BEGIN alone takes no lock: the first read is what fixes the moment.
            try execute("SELECT 1 FROM sqlite_schema LIMIT 1")
        } catch {
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    /// Ends the snapshot. Its statements must have been reset or stepped to their end.
    package func endSnapshot() throws(SQLiteError) { try execute("ROLLBACK") }

    /// Runs `body` over one unchanging state of the database.
    package func withSnapshot<T>(_ body: (SQLiteConnection) throws -> T) throws -> T {
        try beginSnapshot()
        do {
            let value = try body(self)
            try endSnapshot()
            return value
        } catch {
            // The first failure is the one to tell, and a failed statement may already have rolled back.
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// `name` between double quotes.
    package static func quoteIdentifier(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// Stops what one ``SQLiteConnection`` runs, from any thread. It never keeps the connection open.
package final class SQLiteInterrupter: Sendable {
    /// The address of the handle while it is open. It may be interrupted from any thread until it is closed.
    private let address: Mutex<UInt?>

    init(_ handle: OpaquePointer) { address = Mutex(UInt(bitPattern: handle)) }

    /// The running statement throws `.interrupted` at its next opportunity. Does nothing when none runs.
    package func interrupt() {
        address.withLock { address in
            guard let address, let handle = OpaquePointer(bitPattern: address) else { return }
            sqlite3_interrupt(handle)
        }
    }

    func retire() { address.withLock { $0 = nil } }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let (milliseconds, overflows) = seconds.multipliedReportingOverflow(by: 1000)
        return overflows ? .max : Int32(clamping: milliseconds + attoseconds / 1_000_000_000_000_000)
    }
}
