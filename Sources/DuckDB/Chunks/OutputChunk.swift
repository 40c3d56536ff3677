internal import CDuckDB

/// Rows on their way into DuckDB, column by column. Lent to table functions and by ``Appender``.
///
/// Write up to ``capacity`` rows, in any order of rows and columns, then set ``count``. The pointers into
/// DuckDB's memory are found once per chunk; a `set` is a check of the type, a check of the row, and a store.
public struct OutputChunk: ~Copyable {
    /// The rows that DuckDB takes at once: 2048, or fewer if less is wanted.
    public private(set) var capacity: Int
    package let columnTypes: [LogicalType]
    /// How many rows are written, from the first on. Starts at 0.
    public var count = 0 {
        didSet { precondition(count >= 0 && count <= capacity, "The chunk has no room for so many rows.") }
    }
    @usableFromInline let columns: UnsafeMutableBufferPointer<ColumnWriter>

    /// - Parameter columnVectors: the vectors of the columns, which live as long as this.
    init(_ columnVectors: [duckdb_vector], types: [LogicalType]) {
        capacity = Int(duckdb_vector_size())
        columnTypes = types
        columns = .allocate(capacity: types.count)
        for (index, type) in types.enumerated() {
            columns.initializeElement(
                at: index, to: ColumnWriter(columnVectors[index], type: type, capacity: capacity))
        }
    }

    init(_ chunk: duckdb_data_chunk, types: [LogicalType]) {
        self.init(
            (0..<types.count).map { duckdb_data_chunk_get_vector(chunk, idx_t($0)) }, types: types)
    }

    /// At most `rows` are wanted, of which there is at least one.
    package mutating func limit(to rows: Int) { capacity = max(1, min(capacity, rows)) }

    deinit {
        columns.deinitialize()
        columns.deallocate()
    }

    @inlinable public var columnCount: Int { columns.count }
    @inlinable public var isFull: Bool { count == capacity }

    /// Lends one column; the fastest way to write many of its rows.
    @inlinable
    public mutating func withColumn<R, E: Error>(
        _ column: Int, _ body: (inout ColumnWriter) throws(E) -> R
    ) throws(E) -> R {
        precondition(column >= 0 && column < columns.count, "The chunk has no such column.")
        return try body(&columns.baseAddress.unsafelyUnwrapped[column])
    }

    @inlinable
    public mutating func set<T: ColumnElement>(_ value: T, row: Int, column: Int) {
        withColumn(column) { $0.set(value, row: row) }
    }

    /// Lends all rows of a column.
    @inlinable
    public mutating func withValues<T: ColumnElement, R, E: Error>(
        column: Int, as type: T.Type = T.self, _ body: (inout MutableSpan<T>) throws(E) -> R
    ) throws(E) -> R {
        try withColumn(column) { (writer) throws(E) in try writer.withValues(as: type, body) }
    }

    @inlinable
    public mutating func setNull(row: Int, column: Int) {
        withColumn(column) { $0.setNull(row: row) }
    }

    /// Writes UTF-8 into a VARCHAR or JSON.
    /// - Throws: ``DuckDBError`` of kind `.invalidInput` for bytes that are not UTF-8.
    package mutating func setText(row: Int, column: Int, bytes: UnsafeRawBufferPointer) throws(DuckDBError) {
        try withColumn(column) { (writer) throws(DuckDBError) in try writer.setText(bytes, row: row) }
    }

    @inlinable
    package mutating func setBytes(row: Int, column: Int, bytes: UnsafeRawBufferPointer) {
        withColumn(column) { $0.setBytes(bytes, row: row) }
    }

    /// - Throws: ``DuckDBError`` of kind `.outOfRange` when the number has more digits than the type.
    package mutating func setDecimal(_ unscaled: Int128, row: Int, column: Int) throws(DuckDBError) {
        try withColumn(column) { (writer) throws(DuckDBError) in try writer.setDecimal(unscaled, row: row) }
    }

    /// Writes a value of any type, also a nested one.
    package mutating func setValue(_ value: Value, row: Int, column: Int) throws(DuckDBError) {
        try withColumn(column) { (writer) throws(DuckDBError) in try writer.setValue(value, row: row) }
    }
}
