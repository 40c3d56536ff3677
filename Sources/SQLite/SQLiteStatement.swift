internal import CSQLite

/// One prepared statement.
///
/// A value's type belongs to the value, not to the column: ask ``storageClass(_:)`` in every row.
package final class SQLiteStatement {
    package enum StorageClass: Hashable, Sendable { case null, integer, real, text, blob }

    package let sql: String
    private let connection: SQLiteConnection
    private let handle: OpaquePointer
    /// Whether a row is there to be read.
    private var hasRow = false

    init(_ sql: String, on connection: SQLiteConnection) throws(SQLiteError) {
        var prepared: OpaquePointer?
        var sqlText = sql
        let (code, isWhole) = sqlText.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { text in
                var rest: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    connection.handle, text.baseAddress, Int32(clamping: text.count), 0, &prepared, &rest)
                guard let rest, let start = text.baseAddress else { return (code, true) }
                let unread = text[(rest - start)...]
                let isBlank = unread.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) || $0 == 0x3B }
                return (code, isBlank)
            }
        }
        guard code == SQLITE_OK else { throw SQLiteError(connection.handle, sql: sql) }
        guard let prepared else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "there is no statement", sql: sql)
        }
        guard isWhole else {
            sqlite3_finalize(prepared)
            throw SQLiteError(
                extendedCode: SQLITE_MISUSE, message: "there is more than one statement", sql: sql)
        }
        (self.sql, self.connection, handle) = (sql, connection, prepared)
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Binding, parameters from 1

    package func bind(_ value: Int64, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, Int32(index), value))
    }

    package func bind(_ value: Double, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, Int32(index), value))
    }

    package func bind(_ value: String, at index: Int) throws(SQLiteError) {
        var value = value
        let code = value.withUTF8 { text in
            sqlite3_bind_text64(
                handle, Int32(index), UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self),
                UInt64(text.count), Self.copying, UInt8(SQLITE_UTF8))
        }
        try check(code)
    }

    package func bind(_ value: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        guard let start = value.baseAddress else {
            return try check(sqlite3_bind_zeroblob(handle, Int32(index), 0))
        }
        try check(sqlite3_bind_blob64(handle, Int32(index), start, UInt64(value.count), Self.copying))
    }

    package func bindNull(at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, Int32(index)))
    }

    /// SQLite's mark for "copy this before returning".
    private static let copying = unsafeBitCast(-1, to: sqlite3_destructor_type?.self)

    // MARK: Rows

    /// Moves to the next row.
    /// - Returns: False at the end; the statement is then reset and its locks are released.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW:
            hasRow = true
            return true
        case SQLITE_DONE:
            reset()
            return false
        default:
            let failure = SQLiteError(connection.handle, sql: sql)
            reset()
            throw failure
        }
    }

    /// Back to before the first row; bindings stay, locks go.
    package func reset() {
        hasRow = false
        // The code repeats the last step's failure, which has been thrown already.
        sqlite3_reset(handle)
    }

    package var columnCount: Int { Int(sqlite3_column_count(handle)) }
    package var columnNames: [String] {
        (0..<columnCount).map { column in
            sqlite3_column_name(handle, Int32(column)).map { String(cString: $0) } ?? ""
        }
    }
    /// The declared type of the table's column behind each result column; nil for an expression.
    package var declaredTypes: [String?] {
        (0..<columnCount).map { column in
            sqlite3_column_decltype(handle, Int32(column)).map { String(cString: $0) }
        }
    }

    /// Whether the statement leaves the database as it is.
    package var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    // MARK: Values of the current row

    package func storageClass(_ column: Int) -> StorageClass {
        switch sqlite3_column_type(handle, index(column)) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    /// The value of an `.integer`.
    package func int64(_ column: Int) -> Int64 { sqlite3_column_int64(handle, index(column)) }

    /// The value of a `.real`.
    package func double(_ column: Int) -> Double { sqlite3_column_double(handle, index(column)) }

    /// The bytes of a `.text` (UTF-8, if its writer kept to it) or a `.blob`, where they lie: valid until the
    /// next ``step()`` or ``reset()``.
    package func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        let index = index(column)
        let isText = sqlite3_column_type(handle, index) == SQLITE_TEXT
        // The pointer first: the call may convert from UTF-16, and the count is that of the converted text.
        let start =
            isText
            ? sqlite3_column_text(handle, index).map { UnsafeRawPointer($0) }
            : sqlite3_column_blob(handle, index)
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(handle, index))
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// A copy of a `.text`, with what is not UTF-8 replaced; nil for any other storage class.
    package func text(_ column: Int) -> String? {
        storageClass(column) == .text ? String(decoding: bytes(column), as: UTF8.self) : nil
    }

    private func index(_ column: Int) -> Int32 {
        precondition(hasRow, "A value can be read only while its row is there.")
        precondition(column >= 0 && column < columnCount, "The result has no such column.")
        return Int32(column)
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw SQLiteError(connection.handle, sql: sql) }
    }
}
