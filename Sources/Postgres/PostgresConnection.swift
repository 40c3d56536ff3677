internal import CPostgres
internal import Glibc

/// One session with a PostgreSQL server.
///
/// A connection belongs to one thread of a `BlockingPool` at a time: every call may wait for the network. It
/// is either idle or lends one ``CopyStream``; only its ``canceller`` may be used from elsewhere.
///
/// The session speaks UTF-8 and UTC, prints dates, intervals, floats and bytes in the one form that loses
/// nothing, and refuses to read a table of which a row-level policy would hide rows.
package final class PostgresConnection {
    package let settings: PostgresSettings
    /// 150018 is 15.18; 0 when the server does not say.
    package let serverVersion: Int
    /// The process id of the server's side of this session.
    package let backendID: Int32
    /// Stops what this connection does, from another thread.
    package let canceller: PostgresCanceller

    let handle: OpaquePointer
    var isStreaming = false
    /// Of prepared statements, by their text.
    var statementNames: [String: String] = [:]
    /// The same as `!isOpen` for the thread that uses the connection, without a lock.
    private(set) var isClosed = false
    /// Whether the server is gone; what it said before may still wait in the library's buffer.
    private(set) var isBroken = false
    private let isEncrypted: Bool
    private var eagerReads = 0

    package var isOpen: Bool { canceller.isOpen }

    /// Whether a transaction is open, also one that has failed.
    package var isInTransaction: Bool {
        isOpen && [PQTRANS_INTRANS, PQTRANS_INERROR].contains(PQtransactionStatus(handle))
    }

    /// Connects and sets up the session.
    /// - Throws: `.unreachable`, `.accessDenied`, `.unknownDatabase`, `.tls`, `.tooManyConnections`, …
    package init(_ settings: PostgresSettings) throws(PostgresError) {
        self.settings = settings
        handle = try Self.open(settings)
        isEncrypted = PQsslInUse(handle) == 1
        serverVersion = Int(PQserverVersion(handle))
        backendID = PQbackendPID(handle)
        canceller = PostgresCanceller(handle, secret: settings.password)
        do {
            _ = try query(sessionSetUp)
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    /// Ends the session. Closing twice is harmless; every later call throws `.lostConnection`.
    package func close() {
        guard canceller.retire() else { return }
        isClosed = true
        PQfinish(handle)
    }

    // MARK: Statements

    /// Runs statements that return no rows, or whose rows do not matter.
    /// - Returns: The rows that the last one changed.
    @discardableResult
    package func execute(_ sql: String) throws(PostgresError) -> Int64 {
        try send(sql)
        var changed: Int64 = 0
        var failure: PostgresError?
        while let result = try nextResult(sql) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                changed = PQcmdTuples(result).flatMap { Int64(String(cString: $0)) } ?? 0
            default: failure = failure ?? self.failure(result, sql)
            }
        }
        if let failure { throw failure }
        return changed
    }

    /// Runs a statement and keeps all its rows as text: for small results.
    package func query(_ sql: String) throws(PostgresError) -> PostgresResult {
        try send(sql)
        var kept = PostgresResult(columns: [], rows: [])
        var failure: PostgresError?
        while let result = try nextResult(sql) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: kept = PostgresResult(result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            default: failure = failure ?? self.failure(result, sql)
            }
        }
        if let failure { throw failure }
        return kept
    }

    /// Runs `select` and lends its rows in binary form one by one, as they arrive: the client never holds
    /// more than one.
    ///
    /// While the stream is open the connection takes no other statement.
    package func copy(_ select: String) throws(PostgresError) -> CopyStream {
        let sql = "COPY (\(select)) TO STDOUT (FORMAT binary)"
        try send(sql)
        guard let result = try nextResult(sql) else {
            throw PostgresError(.malformed, message: "the server did not answer", sql: sql)
        }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COPY_OUT else {
            let failure = self.failure(result, sql)
            try drainResults(sql)
            throw failure
        }
        isStreaming = true
        return CopyStream(of: self, columnCount: Int(PQnfields(result)), sql: sql)
    }

    private func send(_ sql: String) throws(PostgresError) {
        try requireReady(sql)
        guard PQsendQuery(handle, sql) == 1 else { throw lost(sql) }
    }

    func requireReady(_ sql: String) throws(PostgresError) {
        precondition(
            !isStreaming, "A PostgreSQL connection runs one statement at a time: close the stream first.")
        guard isOpen else { throw PostgresError(.lostConnection, message: "the connection is closed") }
        // The library takes C strings: a zero byte would cut the statement.
        guard !sql.utf8.contains(0) else {
            throw PostgresError(.syntax, message: "a statement cannot hold a zero byte", sql: sql)
        }
    }

    // MARK: Waiting

    /// The next result of the statement that was sent, or nil when there is none left.
    func nextResult(_ sql: String) throws(PostgresError) -> OpaquePointer? {
        // A result that tells of a lost connection has closed it.
        guard isOpen else { return nil }
        while PQisBusy(handle) == 1, !isBroken { try awaitInput(sql) }
        return PQgetResult(handle)
    }

    func drainResults(_ sql: String) throws(PostgresError) {
        while let result = try nextResult(sql) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COPY_OUT: return
            case PGRES_FATAL_ERROR: _ = failure(result, sql)
            default: break
            }
        }
    }

    /// Waits until the server has sent something, and takes it, or finds that it is gone.
    /// - Parameter patience: how long; by default as long as the settings say.
    /// - Throws: `.lostConnection` of a server that is silent, after which the connection is closed.
    func awaitInput(_ sql: String, patience: Duration? = nil) throws(PostgresError) {
        // An encrypted record may be larger than the room in the library's buffer; its rest is in nobody's
        // socket. Two more reads empty it before anybody waits for more to arrive.
        if isEncrypted, eagerReads < 2 {
            eagerReads += 1
        } else {
            eagerReads = 0
            let patience = patience ?? settings.readTimeout
            let deadline = ContinuousClock.now + patience
            guard Self.poll(PQsocket(handle), for: POLLIN, until: deadline) else {
                canceller.disconnect()
                close()
                throw PostgresError(
                    .lostConnection, message: "the server was silent for \(patience)", sql: sql)
            }
        }
        if PQconsumeInput(handle) != 1 { isBroken = true }
    }

    /// - Returns: False when nothing happened until then.
    static func poll(_ socket: Int32, for events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
        while true {
            let left = (deadline - ContinuousClock.now).wholeMilliseconds
            let count = Glibc.poll(&descriptor, 1, Int32(clamping: left))
            // A failed poll is for the library's own call to tell.
            if count > 0 || (count < 0 && errno != EINTR) { return true }
            if ContinuousClock.now >= deadline { return false }
        }
    }

    // MARK: Failures

    /// The error of a result.
    func failure(_ result: OpaquePointer?, _ sql: String) -> PostgresError {
        func field(_ code: UInt8) -> String {
            PQresultErrorField(result, Int32(code)).map { String(cString: $0) } ?? ""
        }
        let message = field(UInt8(ascii: "M"))
        let error = PostgresError(
            sqlState: field(UInt8(ascii: "C")), severity: field(UInt8(ascii: "V")),
            message: message.isEmpty ? Self.lastMessage(handle) : message, hint: field(UInt8(ascii: "H")),
            sql: sql, secret: settings.password)
        // After such an error the server ends the session, whether the library has noticed or not.
        let isOver = ["FATAL", "PANIC"].contains(error.severity)
        if isOver || PQstatus(handle) == CONNECTION_BAD { close() }
        return error
    }

    /// The library's own error, which is about the connection: it is closed.
    func lost(_ sql: String) -> PostgresError {
        let error = PostgresError(
            .lostConnection, message: Self.lastMessage(handle), sql: sql, secret: settings.password)
        close()
        return error
    }

    static func lastMessage(_ handle: OpaquePointer) -> String {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingSpaces }
        return lines.joined(separator: " ")
    }
}

/// A small result: its column names and its rows as text, nil for NULL.
package struct PostgresResult: Hashable, Sendable {
    package let columns: [String]
    package let rows: [[String?]]
}

extension PostgresResult {
    init(_ result: OpaquePointer) {
        let (rowCount, columnCount) = (PQntuples(result), PQnfields(result))
        columns = (0..<columnCount).map { column in
            PQfname(result, column).map { String(cString: $0) } ?? ""
        }
        rows = (0..<rowCount).map { row in
            (0..<columnCount).map { column in
                guard PQgetisnull(result, row, column) == 0 else { return nil }
                let count = Int(PQgetlength(result, row, column))
                let field = UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: count)
                return String(decoding: field, as: UTF8.self)
            }
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
