internal import CPostgres
internal import Glibc

/// The rows of one SELECT in PostgreSQL's binary COPY format, as they arrive from the server.
///
/// Nothing is copied or allocated for a value: a field is a view of the row's message and is valid until the
/// next ``next()``, ``close()``, or the end of the stream. ``PostgresBinary`` reads what is in it.
///
/// A stream ends in one of three ways, after each of which the connection may be asked `isOpen`:
/// - read to its end (``next()`` returned false): the connection is idle;
/// - ``next()`` threw: the connection is idle after an error of the server, closed after `.lostConnection`
///   and `.malformed`;
/// - ``close()`` before the end: the statement is cancelled at the server instead of its rows being read
///   away. The connection is idle (its transaction, if one was open, has failed), or closed if the server
///   did not obey in time.
public final class CopyStream {
    /// One field of the current row; `start` is nil for NULL.
    @usableFromInline
    struct Field {
        @usableFromInline var start: UnsafeRawPointer?
        @usableFromInline var count: Int
        @usableFromInline
        init(start: UnsafeRawPointer?, count: Int) { (self.start, self.count) = (start, count) }
    }

    public let columnCount: Int
    /// The rows so far. At the end they are as many as the server says that it has sent.
    package private(set) var rows: Int64 = 0
    /// Of all messages so far.
    package private(set) var bytes: Int64 = 0

    @usableFromInline let fields: UnsafeMutablePointer<Field>
    private let connection: PostgresConnection
    private let sql: String
    private var message: UnsafeMutablePointer<CChar>?
    private var sawHeader = false
    private var isOpen = true

    init(of connection: PostgresConnection, columnCount: Int, sql: String) {
        (self.connection, self.columnCount, self.sql) = (connection, columnCount, sql)
        fields = .allocate(capacity: max(1, columnCount))
        fields.initialize(repeating: Field(start: nil, count: 0), count: max(1, columnCount))
    }

    deinit {
        close()
        fields.deallocate()
    }

    /// Moves to the next row.
    /// - Returns: False after the last row, and ever after.
    package func next() throws(PostgresError) -> Bool {
        while isOpen {
            guard !connection.isClosed else {
                finish()
                throw PostgresError(.lostConnection, message: "the connection is closed", sql: sql)
            }
            releaseMessage()
            let count = PQgetCopyData(connection.handle, &message, 1)
            if count > 0, let message {
                bytes &+= Int64(count)
                if try parse(UnsafeRawBufferPointer(start: message, count: Int(count))) {
                    rows &+= 1
                    return true
                }
            } else if count == 0, !connection.isBroken {
                do {
                    try connection.awaitInput(sql)
                } catch {
                    finish()
                    throw error
                }
            } else {
                try end()
            }
        }
        return false
    }

    /// The bytes of a column in the current row; nil for NULL. Valid until the next ``next()``.
    @inlinable @inline(__always)
    public func field(_ column: Int) -> UnsafeRawBufferPointer? {
        precondition(column >= 0 && column < columnCount, "The result has no such column.")
        let field = fields[column]
        guard let start = field.start else { return nil }
        return UnsafeRawBufferPointer(start: start, count: field.count)
    }

    /// Ends the stream; does nothing when it has ended. See the type for what it leaves.
    ///
    /// Blocks for a few milliseconds, and for some seconds when the server does not answer. A stream that is
    /// let go unfinished is closed in the same way.
    package func close() {
        guard isOpen else { return }
        // Whoever closed the connection has ended the statement.
        guard !connection.isClosed else { return finish() }
        let isDisconnected = connection.canceller.isDisconnected
        let isCancelled = (try? connection.canceller.cancel()) != nil
        // If the server cannot be asked, closing the connection is what stops it.
        if isDisconnected || !isCancelled || !drains() {
            connection.canceller.disconnect()
            finish()
            connection.close()
        } else {
            finish()
        }
    }

    // MARK: Framing

    /// - Returns: Whether the message is a row.
    private func parse(_ message: UnsafeRawBufferPointer) throws(PostgresError) -> Bool {
        var offset = 0
        if !sawHeader {
            guard let header = Self.headerLength(message) else {
                throw malformed("the stream does not begin as binary COPY does")
            }
            sawHeader = true
            offset = header
            // The header may come alone or before the first row.
            if offset == message.count { return false }
        }
        guard message.count - offset >= 2 else { throw malformed("a row is cut") }
        let count = Int(Int16(bitPattern: message.bigEndian(offset, as: UInt16.self)))
        offset += 2
        if count == -1 { return false }
        guard count == columnCount else {
            throw malformed("a row has \(count) fields of \(columnCount)")
        }
        for column in 0..<count {
            guard message.count - offset >= 4 else { throw malformed("a row is cut") }
            let length = Int(Int32(bitPattern: message.bigEndian(offset, as: UInt32.self)))
            offset += 4
            guard length >= 0 else {
                fields[column] = Field(start: nil, count: 0)
                continue
            }
            guard message.count - offset >= length, let base = message.baseAddress else {
                throw malformed("a field is cut")
            }
            fields[column] = Field(start: base + offset, count: length)
            offset += length
        }
        guard offset == message.count else { throw malformed("a row is longer than its fields") }
        return true
    }

    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF] + Array("\r\n\0".utf8)

    /// - Returns: Nil for anything that is not a header of the known version.
    private static func headerLength(_ message: UnsafeRawBufferPointer) -> Int? {
        guard message.count >= 19, message[..<11].elementsEqual(signature) else { return nil }
        // The upper half of the flags changes the meaning of what follows.
        guard message.bigEndian(11, as: UInt32.self) >> 16 == 0 else { return nil }
        let length = 19 + Int(message.bigEndian(15, as: UInt32.self))
        return length <= message.count ? length : nil
    }

    // MARK: Ending

    /// The rows are over: learns whether the server ended them or failed, and whether all have arrived.
    private func end() throws(PostgresError) {
        defer { finish() }
        var failure: PostgresError?
        var sent: Int64?
        while let result = try connection.nextResult(sql) {
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK: sent = PQcmdTuples(result).flatMap { Int64(String(cString: $0)) }
            default: failure = failure ?? connection.failure(result, sql)
            }
            PQclear(result)
        }
        if let failure { throw failure }
        guard let sent else { throw connection.lost(sql) }
        guard sent == rows else {
            throw malformed("the server sent \(sent) rows and \(rows) arrived")
        }
    }

    /// Reads away what was under way when the server stopped.
    /// - Returns: Whether the end was found in time.
    private func drains() -> Bool {
        let deadline = ContinuousClock.now + .seconds(2)
        do throws(PostgresError) {
            while true {
                releaseMessage()
                let count = PQgetCopyData(connection.handle, &message, 1)
                if count < 0 || connection.isBroken { break }
                if ContinuousClock.now > deadline { return false }
                if count == 0 { try connection.awaitInput(sql, patience: .seconds(2)) }
            }
            try connection.drainResults(sql)
            return connection.isOpen && !connection.isBroken
        } catch {
            return false
        }
    }

    /// Bytes that mean something else than they should: nothing after them can be trusted.
    private func malformed(_ problem: String) -> PostgresError {
        connection.canceller.disconnect()
        finish()
        connection.close()
        return PostgresError(.malformed, message: problem, sql: sql)
    }

    private func releaseMessage() {
        guard let message else { return }
        PQfreemem(message)
        self.message = nil
    }

    private func finish() {
        releaseMessage()
        for column in 0..<columnCount { fields[column] = Field(start: nil, count: 0) }
        isOpen = false
        connection.isStreaming = false
    }
}
