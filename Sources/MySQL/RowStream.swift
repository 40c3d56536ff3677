internal import CMariaDB

/// The rows of one statement, as they arrive from the server.
///
/// Nothing is copied: a field is a view of the library's buffer and is valid until the next ``next()``,
/// ``close()``, or the end of the stream.
///
/// A stream ends in one of three ways, after each of which the connection may be asked `isOpen`:
/// - read to its end (``next()`` returned false): the connection is idle;
/// - ``next()`` threw: the connection is idle after an error of the server, closed after `.lostConnection`;
/// - ``close()`` before the end: the statement is cancelled at the server instead of its rows being read
///   away. The connection is idle if the server obeyed in time, otherwise it is closed.
package final class RowStream {
    package let columns: [MySQLColumn]
    private let connection: MySQLConnection
    private let sql: String
    private var result: UnsafeMutablePointer<MYSQL_RES>?

    // Views of the library's current row, for the inlined field access.
    @usableFromInline var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    @usableFromInline var lengths: UnsafeMutablePointer<UInt>?
    @usableFromInline let columnCount: Int

    init(_ result: UnsafeMutablePointer<MYSQL_RES>, of connection: MySQLConnection, sql: String) {
        let count = Int(mysql_num_fields(result))
        let fields = UnsafeBufferPointer(start: mysql_fetch_fields(result), count: count)
        (columns, columnCount) = (fields.map(MySQLColumn.init), count)
        (self.result, self.connection, self.sql) = (result, connection, sql)
    }

    /// The stream of a statement that has no result.
    init(empty connection: MySQLConnection, sql: String) {
        (columns, columnCount, result) = ([], 0, nil)
        (self.connection, self.sql) = (connection, sql)
    }

    deinit { close() }

    /// Moves to the next row.
    /// - Returns: False after the last row, and ever after.
    package func next() throws(MySQLError) -> Bool {
        try nextRow() != nil
    }

    /// Moves to the next row and lends it.
    /// - Returns: The row, valid until the next one is asked for; nil after the last row, and ever after.
    package func nextRow() throws(MySQLError) -> MySQLRow? {
        guard let result else { return nil }
        if let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
            (values, self.lengths) = (row, lengths)
            return MySQLRow(row, lengths, count: columnCount)
        }
        let number = mysql_errno(connection.handle)
        let failure = number == 0 ? nil : connection.failure(sql)
        finish(result)
        guard let failure else { return nil }
        if failure.kind == .lostConnection { connection.close() }
        throw failure
    }

    /// The bytes of a column in the current row; nil for NULL. Valid until the next ``next()``.
    @inlinable @inline(__always)
    package func field(_ column: Int) -> UnsafeRawBufferPointer? {
        precondition(column >= 0 && column < columnCount, "The result has no such column.")
        guard let values, let lengths, let start = values[column] else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(lengths[column]))
    }

    /// Lends the bytes of a column in the current row; nil for NULL.
    @inlinable
    package func withField<T, E: Error>(
        _ column: Int, _ body: (UnsafeRawBufferPointer?) throws(E) -> T
    ) throws(E) -> T {
        try body(field(column))
    }

    /// Ends the stream; does nothing when it has ended. See the type for what it leaves.
    ///
    /// Blocks for a few milliseconds, and for some seconds when the server does not answer. A stream that is
    /// let go unfinished is closed in the same way.
    package func close() {
        guard let result else { return }
        let isDisconnected = connection.canceller.isDisconnected
        do {
            try connection.canceller.cancel()
        } catch {
            // The server cannot be asked: closing the connection is what stops it.
            connection.canceller.disconnect()
        }
        guard !isDisconnected, drains(result) else {
            connection.canceller.disconnect()
            finish(result)
            connection.close()
            return
        }
        finish(result)
        absorbLateCancel()
    }

    /// Reads away what was under way when the server stopped.
    /// - Returns: Whether the end was found in time.
    private func drains(_ result: UnsafeMutablePointer<MYSQL_RES>) -> Bool {
        let deadline = ContinuousClock.now + .seconds(2)
        var rows = 0
        while mysql_fetch_row(result) != nil {
            rows += 1
            if rows % 256 == 0, ContinuousClock.now > deadline { return false }
        }
        let number = mysql_errno(connection.handle)
        return number == 0 || number == ER_QUERY_INTERRUPTED
    }

    /// A KILL that arrives after the statement's end can hit the next one: let it hit this.
    private func absorbLateCancel() {
        do throws(MySQLError) {
            try connection.execute("DO 0")
        } catch {
            if error.kind != .interrupted { connection.close() }
        }
    }

    private func finish(_ result: UnsafeMutablePointer<MYSQL_RES>) {
        (values, lengths) = (nil, nil)
        mysql_free_result(result)
        self.result = nil
        connection.isStreaming = false
    }
}

/// The fields of the current row of a stream, where the library has them.
public struct MySQLRow {
    @usableFromInline let values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    @usableFromInline let lengths: UnsafeMutablePointer<UInt>
    public let count: Int

    init(
        _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ lengths: UnsafeMutablePointer<UInt>,
        count: Int
    ) {
        (self.values, self.lengths, self.count) = (values, lengths, count)
    }

    /// The bytes of a column; nil for NULL.
    @inlinable
    public subscript(column: Int) -> UnsafeRawBufferPointer? {
        @inline(__always) get {
            precondition(column >= 0 && column < count, "The result has no such column.")
            guard let start = values[column] else { return nil }
            return UnsafeRawBufferPointer(start: start, count: Int(bitPattern: lengths[column]))
        }
    }
}
