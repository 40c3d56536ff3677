internal import CDuckDB

/// The name and type of one column of a result.
package struct ResultColumn: Sendable, Hashable {
    package var name: String
    package var type: LogicalType

    package init(name: String, type: LogicalType) {
        self.name = name
        self.type = type
    }
}

/// A whole result, held in memory.
package struct QueryResult: Sendable, Hashable {
    package var columns: [ResultColumn]
    package var rows: [[Value]]
    /// How many rows the statement inserted, updated or deleted; 0 for others.
    package var rowsChanged: Int
    /// False for statements whose rows mean nothing to a reader (CREATE, SET, INSERT, …).
    package var returnsRows: Bool
}

/// Owns a `duckdb_result`.
struct ResultHandle: ~Copyable {
    private var result: duckdb_result

    init(_ result: duckdb_result) { self.result = result }

    deinit {
        var result = result
        duckdb_destroy_result(&result)
    }

    var columns: [ResultColumn] {
        var result = result
        return (0..<duckdb_column_count(&result)).map { index in
            ResultColumn(
                name: duckdb_column_name(&result, index).map { String(cString: $0) } ?? "",
                type: LogicalType(LogicalTypeHandle(duckdb_column_logical_type(&result, index))))
        }
    }

    var rowsChanged: Int {
        var result = result
        return Int(clamping: duckdb_rows_changed(&result))
    }

    var returnsRows: Bool { duckdb_result_return_type(result) == DUCKDB_RESULT_TYPE_QUERY_RESULT }

    /// The next rows, or nil at the end and on an error, which ``requireNoError(sql:connection:)`` tells
    /// apart.
    func nextChunk(_ types: [LogicalType]) -> DataChunk? {
        duckdb_fetch_chunk(result).map { DataChunk(owning: $0, types: types) }
    }

    func requireNoError(sql: String, connection: Connection) throws(DuckDBError) {
        var result = result
        guard let reason = duckdb_result_error(&result) else { return }
        let text = String(cString: reason)
        guard !text.isEmpty else { return }
        let error = DuckDBError(parsing: text, type: duckdb_result_error_type(&result).rawValue, sql: sql)
        throw connection.database.functionErrors.explain(error, connection: connection.id)
    }
}
