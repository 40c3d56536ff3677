internal import CDuckDB

/// Up to 2048 rows of a result, column by column, in DuckDB's own memory. Lent for one closure.
///
/// Asking a column for values of another layout than its type's, or for a row or column that is not there, is
/// a mistake in the program and stops it.
package struct DataChunk: ~Copyable {
    private let chunk: duckdb_data_chunk
    private let isOwned: Bool
    package let columnTypes: [LogicalType]
    package let count: Int

    init(owning chunk: duckdb_data_chunk, types: [LogicalType]) {
        self.chunk = chunk
        isOwned = true
        columnTypes = types
        count = Int(duckdb_data_chunk_get_size(chunk))
    }

    /// A chunk that DuckDB keeps.
    init(borrowing chunk: duckdb_data_chunk, types: [LogicalType]) {
        self.chunk = chunk
        isOwned = false
        columnTypes = types
        count = Int(duckdb_data_chunk_get_size(chunk))
    }

    deinit {
        guard isOwned else { return }
        var chunk: duckdb_data_chunk? = chunk
        duckdb_destroy_data_chunk(&chunk)
    }

    package var columnCount: Int { columnTypes.count }

    /// Lends one column. Read many values of it here: the way to the column is found once.
    package func withColumn<R, E: Error>(
        _ column: Int, _ body: (borrowing ColumnView) throws(E) -> R
    ) throws(E) -> R {
        try body(view(column))
    }

    /// Lends all values of a column; where ``isValid(row:column:)`` is false, the value means nothing.
    package func withValues<T: ColumnElement, R, E: Error>(
        column: Int, as type: T.Type = T.self, _ body: (Span<T>) throws(E) -> R
    ) throws(E) -> R {
        try view(column).withValues(as: type, body)
    }

    /// Lends the bytes of one VARCHAR, BLOB, JSON, BIT, BIGNUM or GEOMETRY, without copying them.
    package func withBytes<R, E: Error>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try view(column).withBytes(row: row, body)
    }

    /// Lends the NULL mask, one bit for each row, lowest first, set where there is a value; nil if all have
    /// one.
    package func withValidity<R, E: Error>(
        column: Int, _ body: (Span<UInt64>?) throws(E) -> R
    ) throws(E) -> R {
        try view(column).withValidity(body)
    }

    package func isValid(row: Int, column: Int) -> Bool { view(column).isValid(row: row) }

    /// One value of any type, copied.
    package func value(row: Int, column: Int) -> Value { view(column).value(row: row) }

    private func view(_ column: Int) -> ColumnView {
        precondition(
            column >= 0 && column < columnTypes.count,
            "The chunk has \(columnTypes.count) columns, not \(column + 1).")
        return ColumnView(
            duckdb_data_chunk_get_vector(chunk, idx_t(column)), type: columnTypes[column], count: count)
    }
}

// Spelled out for readers and for the compiler's search: one name for each layout.
extension DataChunk {
    package func withBools<R, E: Error>(column: Int, _ body: (Span<Bool>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withInt8s<R, E: Error>(column: Int, _ body: (Span<Int8>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withInt16s<R, E: Error>(column: Int, _ body: (Span<Int16>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    /// INTEGER, DATE (days) and DECIMAL of 5 to 9 digits.
    package func withInt32s<R, E: Error>(column: Int, _ body: (Span<Int32>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    /// BIGINT, TIME, every TIMESTAMP in its own unit, and DECIMAL of 10 to 18 digits.
    package func withInt64s<R, E: Error>(column: Int, _ body: (Span<Int64>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    /// HUGEINT and DECIMAL of 19 to 38 digits.
    package func withInt128s<R, E: Error>(column: Int, _ body: (Span<Int128>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withUInt8s<R, E: Error>(column: Int, _ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withUInt16s<R, E: Error>(column: Int, _ body: (Span<UInt16>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withUInt32s<R, E: Error>(column: Int, _ body: (Span<UInt32>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withUInt64s<R, E: Error>(column: Int, _ body: (Span<UInt64>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withUInt128s<R, E: Error>(column: Int, _ body: (Span<UInt128>) throws(E) -> R) throws(E) -> R
    {
        try withValues(column: column, body)
    }
    package func withFloats<R, E: Error>(column: Int, _ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
    package func withDoubles<R, E: Error>(column: Int, _ body: (Span<Double>) throws(E) -> R) throws(E) -> R {
        try withValues(column: column, body)
    }
}
