internal import CMariaDB

/// One session with a MySQL or MariaDB server.
///
/// A connection belongs to one thread of a `BlockingPool` at a time: every call may wait for the network. It
/// is either idle or lends one ``RowStream``; only its ``canceller`` may be used from elsewhere.
///
/// The session speaks utf8mb4 and UTC, is strict (a value that does not fit is an error, never cut), and
/// takes zero dates and explicit zeros in AUTO_INCREMENT columns as they are.
package final class MySQLConnection {
    package let settings: MySQLSettings
    /// As the server tells it: "10.11.6-MariaDB-1" or "8.0.36".
    package let serverVersion: String
    package let isMariaDB: Bool
    /// The server's id of this session, the one that KILL takes.
    package let connectionID: UInt64
    /// Stops what this connection does, from another thread.
    package let canceller: Canceller

    let handle: UnsafeMutablePointer<MYSQL>
    var isStreaming = false
    /// Weak: a stream that nobody holds ends by itself.
    private weak var lentStream: RowStream?

    package var isOpen: Bool { canceller.isOpen }

    /// Connects and sets up the session.
    /// - Throws: `.unreachable`, `.accessDenied`, `.unknownDatabase`, `.tls`, `.tooManyConnections`, …
    package init(_ settings: MySQLSettings) throws(MySQLError) {
        let opened = try Self.open(settings)
        do {
            let greeting = try Self.setUp(opened, settings)
            (connectionID, serverVersion) = (greeting.connectionID, greeting.version)
            isMariaDB = greeting.version.contains("MariaDB")
            canceller = Canceller(
                settings: settings, connectionID: greeting.connectionID, server: greeting.server,
                socket: mysql_get_socket(opened))
        } catch {
            mysql_close(opened)
            throw error
        }
        self.settings = settings
        handle = opened
    }

    deinit { close() }

    /// Ends the session. Closing twice is harmless; every later call throws `.lostConnection`.
    package func close() {
        // The stream reads from the handle, and its statement must not go on at the server.
        if isStreaming { lentStream?.close() }
        guard canceller.retire() else { return }
        mysql_close(handle)
    }

    // MARK: Statements

    /// Runs a statement that returns no rows.
    /// - Returns: The rows that it changed.
    @discardableResult
    package func execute(_ sql: String) throws(MySQLError) -> UInt64 {
        try send(sql)
        guard mysql_field_count(handle) == 0 else {
            // Its rows must be read away before the session takes another statement.
            if let result = mysql_store_result(handle) { mysql_free_result(result) }
            return 0
        }
        return mysql_affected_rows(handle)
    }

    /// Runs a statement and keeps all its rows: for small results.
    package func query(_ sql: String) throws(MySQLError) -> MySQLResult {
        let stream = try stream(sql)
        defer { stream.close() }
        var rows: [[String?]] = []
        while try stream.next() {
            rows.append(
                stream.columns.indices.map { column in
                    stream.field(column).map { String(decoding: $0, as: UTF8.self) }
                })
        }
        return MySQLResult(columns: stream.columns.map(\.name), rows: rows)
    }

    /// Runs a statement and lends its rows one by one, as they arrive: the client never holds more than one.
    ///
    /// While the stream is open the connection takes no other statement.
    package func stream(_ sql: String) throws(MySQLError) -> RowStream {
        try send(sql)
        guard let result = mysql_use_result(handle) else {
            if mysql_errno(handle) != 0 { throw failure(sql) }
            return RowStream(empty: self, sql: sql)
        }
        isStreaming = true
        let stream = RowStream(result, of: self, sql: sql)
        lentStream = stream
        return stream
    }

    /// Whether the server still answers.
    package func ping() throws(MySQLError) {
        try checkIdle()
        guard mysql_ping(handle) == 0 else { throw failure("") }
    }

    /// Begins a transaction in which every statement sees the tables as they are now.
    /// Only engines with versions (InnoDB) keep that promise.
    package func beginConsistentSnapshot() throws(MySQLError) {
        try execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    }

    /// Ends the transaction and keeps nothing of it.
    package func rollBack() throws(MySQLError) { try execute("ROLLBACK") }

    func send(_ sql: String) throws(MySQLError) {
        try checkIdle()
        var sql = sql
        let outcome = sql.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                mysql_real_query(handle, $0.baseAddress, UInt($0.count))
            }
        }
        guard outcome == 0 else { throw failure(sql) }
    }

    func failure(_ sql: String) -> MySQLError { Self.failure(handle, settings, sql) }

    private func checkIdle() throws(MySQLError) {
        precondition(!isStreaming, "A MySQL connection runs one statement at a time: close the stream first.")
        guard isOpen else { throw MySQLError(number: 2006, message: "the connection is closed") }
    }
}

/// A small result: its column names and its rows as text, nil for NULL.
package struct MySQLResult: Hashable, Sendable {
    package let columns: [String]
    package let rows: [[String?]]
}

// MARK: Opening

extension MySQLConnection {
    /// The library's one-time set-up; a global constant is set once, whichever thread comes first.
    private static let libraryIsReady = mysql_server_init(0, nil, nil) == 0

    private static func open(_ settings: MySQLSettings) throws(MySQLError) -> UnsafeMutablePointer<MYSQL> {
        guard libraryIsReady, let handle = mysql_init(nil) else {
            throw MySQLError(number: 2008, message: "out of memory")
        }
        apply(settings, to: handle)
        let opened = mysql_real_connect(
            handle, settings.socket == nil ? settings.host : nil, settings.user, settings.password,
            settings.database, UInt32(settings.port), settings.socket, 0)
        guard opened != nil else {
            defer { mysql_close(handle) }
            throw failure(handle, settings, "", whileConnecting: true)
        }
        // "Enforce" makes the library ask; with a server that has no TLS it goes on in clear text all the
        // same.
        guard settings.tls == .disabled || mysql_get_ssl_cipher(handle) != nil else {
            mysql_close(handle)
            throw MySQLError(
                number: UInt32(CR_SSL_CONNECTION_ERROR), message: "\(settings.address) does not encrypt")
        }
        return handle
    }

    private static func apply(_ settings: MySQLSettings, to handle: UnsafeMutablePointer<MYSQL>) {
        func set<Value: BitwiseCopyable>(_ option: mysql_option, _ value: Value) {
            withUnsafePointer(to: value) { _ = mysql_options(handle, option, $0) }
        }
        let (yes, no): (my_bool, my_bool) = (1, 0)
        set(MYSQL_OPT_CONNECT_TIMEOUT, settings.connectTimeout.wholeSeconds)
        set(MYSQL_OPT_READ_TIMEOUT, settings.readTimeout.wholeSeconds)
        set(MYSQL_OPT_WRITE_TIMEOUT, settings.writeTimeout.wholeSeconds)
        set(MYSQL_OPT_PROTOCOL, settings.socket == nil ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET)
        // A reconnect would lose the session's time zone and a half-read stream without anybody noticing.
        set(MYSQL_OPT_RECONNECT, no)
        set(MYSQL_OPT_MAX_ALLOWED_PACKET, UInt(1) << 30)
        _ = mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        if settings.compress { _ = mysql_options(handle, MYSQL_OPT_COMPRESS, nil) }
        set(MYSQL_OPT_LOCAL_INFILE, UInt32(settings.allowsLocalData ? 1 : 0))
        LocalData.refuse(on: handle)
        switch settings.tls {
        case .disabled: break
        case .required: set(MYSQL_OPT_SSL_ENFORCE, yes)
        case .verified(let authority):
            set(MYSQL_OPT_SSL_ENFORCE, yes)
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, yes)
            if let authority { _ = mysql_options(handle, MYSQL_OPT_SSL_CA, authority) }
        }
    }

    private struct Greeting {
        let connectionID: UInt64
        let version: String
        /// What tells this server from any other behind the same address.
        let server: String
    }

    private static func setUp(
        _ handle: UnsafeMutablePointer<MYSQL>, _ settings: MySQLSettings
    ) throws(MySQLError) -> Greeting {
        let session = """
            SET SESSION time_zone = '+00:00', \
            sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', \
            net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 28800
            """
        try run(session, handle, settings)
        if settings.isReadOnly { try run("SET SESSION TRANSACTION READ ONLY", handle, settings) }

        let sql = "SELECT CONNECTION_ID(), VERSION(), \(Canceller.serverIdentity)"
        try run(sql, handle, settings)
        guard let result = mysql_store_result(handle) else { throw failure(handle, settings, sql) }
        defer { mysql_free_result(result) }
        guard let row = mysql_fetch_row(result), let id = row[0].flatMap({ UInt64(String(cString: $0)) }),
            let version = row[1], let server = row[2]
        else { throw MySQLError(number: 2027, message: "the server did not introduce itself", sql: sql) }
        let greeting = Greeting(
            connectionID: id, version: String(cString: version), server: String(cString: server))
        if let limit = settings.statementTimeout {
            let isMariaDB = greeting.version.contains("MariaDB")
            try run(Self.statementLimit(limit, isMariaDB: isMariaDB), handle, settings)
        }
        return greeting
    }

    /// MariaDB counts seconds with a fraction, MySQL milliseconds; zero is "for ever" to both.
    static func statementLimit(_ limit: Duration, isMariaDB: Bool) -> String {
        let milliseconds = max(1, limit.microseconds / 1000)
        return isMariaDB
            ? "SET SESSION max_statement_time = \(milliseconds / 1000).\(padded(milliseconds % 1000, to: 3))"
            : "SET SESSION max_execution_time = \(min(milliseconds, Int64(UInt32.max)))"
    }

    private static func run(
        _ sql: String, _ handle: UnsafeMutablePointer<MYSQL>, _ settings: MySQLSettings
    ) throws(MySQLError) {
        guard mysql_query(handle, sql) == 0 else { throw failure(handle, settings, sql) }
    }

    fileprivate static func failure(
        _ handle: UnsafeMutablePointer<MYSQL>, _ settings: MySQLSettings, _ sql: String,
        whileConnecting: Bool = false
    ) -> MySQLError {
        MySQLError(
            number: mysql_errno(handle), sqlState: String(cString: mysql_sqlstate(handle)),
            message: String(cString: mysql_error(handle)), sql: sql, secret: settings.password,
            whileConnecting: whileConnecting)
    }
}

extension Duration {
    /// Rounded up, because zero means "for ever" to the library.
    fileprivate var wholeSeconds: UInt32 {
        let (seconds, attoseconds) = components
        return UInt32(clamping: max(1, attoseconds > 0 ? seconds + 1 : seconds))
    }
}
