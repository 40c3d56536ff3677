internal import CDuckDB

/// Puts rows into a table quickly, a chunk at a time. Used by one thread, with its connection.
///
/// Rows become visible at ``flush()``; ``close()`` flushes and ends. Without a `close()` that succeeded, rows
/// since the last flush are dropped: nothing is written, and no failure is swallowed, when an appender goes
/// away.
package final class Appender {
    package let columnTypes: [LogicalType]
    private let connection: Connection
    private let chunk: duckdb_data_chunk
    private var appender: duckdb_appender?
    private var rows: OutputChunk?
    private let place: String

    /// Opens a table for appending.
    /// - Parameters:
    ///   - catalog, schema: nil for the current ones.
    ///   - columns: the columns that the rows have, in order; nil for all. The others take their default.
    package init(
        _ connection: Connection, catalog: String? = nil, schema: String? = nil, table: String,
        columns: [String]? = nil
    ) throws(DuckDBError) {
        self.connection = connection
        place = "INSERT INTO \(table)"
        var created: duckdb_appender?
        let outcome = duckdb_appender_create_ext(
            try connection.open(for: place), catalog, schema, table, &created)
        guard outcome == DuckDBSuccess, created != nil else {
            let error = Self.failure(of: created, place)
            duckdb_appender_destroy(&created)
            throw error
        }
        for column in columns ?? [] {
            guard duckdb_appender_add_column(created, column) == DuckDBSuccess else {
                let error = Self.failure(of: created, place)
                Self.drop(&created)
                throw error
            }
        }
        let types = (0..<duckdb_appender_column_count(created)).map {
            LogicalType(LogicalTypeHandle(duckdb_appender_column_type(created, $0)))
        }
        guard let chunk = LogicalType.withHandles(types, { duckdb_create_data_chunk($0, idx_t(types.count)) })
        else {
            Self.drop(&created)
            throw DuckDBError(
                .notImplemented, "The table has a column of a type that takes no rows.", sql: place)
        }
        columnTypes = types
        self.chunk = chunk
        appender = created
    }

    deinit {
        // Destroying flushes, so what was not flushed is taken out first.
        if appender != nil { Self.drop(&appender) }
        rows = nil
        var chunk: duckdb_data_chunk? = chunk
        duckdb_destroy_data_chunk(&chunk)
    }

    /// Lends a chunk with room for 2048 rows, and appends as many as `body` made its count.
    /// - Throws: what `body` throws, which drops this chunk; ``DuckDBError``.
    package func append(_ body: (inout OutputChunk) throws -> Void) throws {
        try appendBuffered()
        var filling = startChunk()
        try body(&filling)
        rows = consume filling
        try appendBuffered()
    }

    /// Appends one row of values. Rows are gathered to chunks by themselves.
    package func append(row values: [Value]) throws(DuckDBError) {
        guard values.count == columnTypes.count else {
            throw DuckDBError(
                .invalidInput,
                "The table takes \(columnTypes.count) values in a row, but \(values.count) came.",
                sql: place)
        }
        var filling = rows.take() ?? startChunk()
        let row = filling.count
        var failure: DuckDBError?
        do throws(DuckDBError) {
            for (column, value) in values.enumerated() {
                try filling.setValue(value, row: row, column: column)
            }
            filling.count += 1
        } catch {
            // The next row takes this one's place and must not inherit its NULLs.
            for column in columnTypes.indices { filling.withColumn(column) { $0.unsetNull(row: row) } }
            failure = error
        }
        let isFull = filling.isFull
        rows = consume filling
        if let failure { throw failure }
        if isFull { try appendBuffered() }
    }

    /// Makes all rows so far part of the table.
    package func flush() throws(DuckDBError) {
        try appendBuffered()
        guard duckdb_appender_flush(try open()) == DuckDBSuccess else { throw failed() }
    }

    /// Flushes and ends; the appender takes no more rows, whether this succeeds or not.
    package func close() throws(DuckDBError) {
        try appendBuffered()
        let outcome = duckdb_appender_close(try open())
        let error = outcome == DuckDBSuccess ? nil : failed()
        Self.drop(&appender)
        if let error { throw error }
    }

    private func startChunk() -> OutputChunk {
        duckdb_data_chunk_reset(chunk)
        return OutputChunk(chunk, types: columnTypes)
    }

    private func appendBuffered() throws(DuckDBError) {
        guard let filled = rows.take(), filled.count > 0 else { return }
        duckdb_data_chunk_set_size(chunk, idx_t(filled.count))
        guard duckdb_append_data_chunk(try open(), chunk) == DuckDBSuccess else { throw failed() }
    }

    private func open() throws(DuckDBError) -> duckdb_appender {
        guard connection.pointer != nil, let appender else {
            throw DuckDBError(.connection, "The appender is closed.", sql: place)
        }
        return appender
    }

    private func failed() -> DuckDBError { Self.failure(of: appender, place) }

    private static func failure(of appender: duckdb_appender?, _ place: String) -> DuckDBError {
        var data = appender.flatMap { duckdb_appender_error_data($0) }
        defer { duckdb_destroy_error_data(&data) }
        guard data != nil, duckdb_error_data_has_error(data) else {
            return DuckDBError(
                .invalid, "DuckDB gives no reason why the rows cannot be appended.", sql: place)
        }
        return DuckDBError(
            parsing: String(cString: duckdb_error_data_message(data)),
            type: duckdb_error_data_error_type(data).rawValue, sql: place)
    }

    private static func drop(_ appender: inout duckdb_appender?) {
        duckdb_appender_clear(appender)
        duckdb_appender_destroy(&appender)
    }
}
