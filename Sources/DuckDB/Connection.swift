internal import CDuckDB

/// One session with a database: its transactions, temporary tables and settings. Used by one thread at a
/// time.
package final class Connection {
    /// Stops this connection from any thread and tells how far it is; safe after the connection is closed.
    package let interrupter: Interrupter
    let database: Database
    /// DuckDB's number of this connection, which its functions can ask for.
    let id: UInt64
    /// Nil after ``close()``.
    private(set) var pointer: duckdb_connection?
    /// Whether a stream of this connection is being read. DuckDB 1 would silently end it for the next
    /// statement.
    var isStreaming = false

    init(_ pointer: duckdb_connection, database: Database, interrupter: Interrupter) {
        self.pointer = pointer
        self.database = database
        self.interrupter = interrupter
        var context: duckdb_client_context?
        duckdb_connection_get_client_context(pointer, &context)
        id = duckdb_client_context_get_connection_id(context)
        duckdb_destroy_client_context(&context)
        interrupter.attach(address: UInt(bitPattern: pointer))
    }

    deinit { close() }

    /// Ends the session; an open transaction is rolled back. Closing twice is harmless.
    package func close() {
        guard pointer != nil else { return }
        pointer = nil
        interrupter.disconnect()
        database.functionErrors.forget(connection: id)
    }

    /// Runs one or more statements, in order, and drops their results.
    /// - Throws: the first failure; earlier statements stay executed unless a transaction holds them.
    package func execute(_ sql: String) throws(DuckDBError) {
        let statements = try statements(in: sql)
        for index in 0..<statements.count { try statements.prepare(index).execute() }
    }

    /// Prepares one statement; its parameters are `?`, `$1` or `$name`.
    package func prepare(_ sql: String) throws(DuckDBError) -> Statement {
        let pointer = try open(for: sql)
        var prepared: duckdb_prepared_statement?
        let outcome = duckdb_prepare(pointer, sql, &prepared)
        return try Statement(prepared, outcome, sql: sql, connection: self)
    }

    /// Takes a text of several statements apart. Each is prepared when its turn comes, so that it can depend
    /// on what the earlier ones created.
    package func statements(in sql: String) throws(DuckDBError) -> StatementList {
        try StatementList(sql, connection: self, pointer: try open(for: sql))
    }

    /// Runs one statement and lends its rows chunk by chunk, without ever holding them all.
    ///
    /// Until it returns, the connection takes no other statement.
    /// - Throws: what `body` throws, which ends the query; ``DuckDBError`` of the query.
    package func forEachChunk(
        _ sql: String, _ bindings: [Value] = [], _ body: (borrowing DataChunk) throws -> Void
    ) throws {
        let statement = try prepare(sql)
        try statement.bind(bindings)
        try statement.forEachChunk(body)
    }

    /// Runs one statement and holds its whole result; for results known to be small.
    @discardableResult
    package func query(_ sql: String, _ bindings: [Value] = []) throws(DuckDBError) -> QueryResult {
        let statement = try prepare(sql)
        try statement.bind(bindings)
        return try statement.query()
    }

    /// The tables that a statement reads, without running it.
    /// - Parameter isQualified: catalog, schema and table, quoted where needed; otherwise the bare name.
    package func tableNames(in sql: String, isQualified: Bool = true) throws(DuckDBError) -> [String] {
        let pointer = try open(for: sql)
        // The C call reports no reason, so a statement that does not parse is refused before it.
        _ = try statements(in: sql)
        return try ValueHandle(duckdb_get_table_names(pointer, sql, isQualified)).lend {
            list throws(DuckDBError) in
            guard let list else {
                throw DuckDBError(.parser, "DuckDB cannot tell the tables of this statement.", sql: sql)
            }
            return (0..<duckdb_get_list_size(list)).map { index in
                ValueHandle(duckdb_get_list_child(list, index)).lend {
                    takenString(duckdb_get_varchar($0)) ?? ""
                }
            }
        }
    }

    /// The value of one of DuckDB's settings.
    package func setting(_ name: String) throws(DuckDBError) -> Value {
        try query("SELECT current_setting(?)", [.text(name)]).rows.first?.first ?? .null
    }

    /// Loads an extension from its file.
    package func load(extensionAt path: String) throws(DuckDBError) {
        try execute(
            "LOAD '\(path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'")
    }

    func open(for sql: String) throws(DuckDBError) -> duckdb_connection {
        guard let pointer else { throw DuckDBError(.connection, "The connection is closed.", sql: sql) }
        guard !isStreaming else {
            throw DuckDBError(
                .connection, "The connection is still reading the rows of another statement.", sql: sql)
        }
        guard !interrupter.isCancelled else {
            throw DuckDBError(.interrupt, "The query was cancelled.", sql: sql)
        }
        return pointer
    }
}

/// The statements of a text, in order.
package final class StatementList {
    package let sql: String
    package let count: Int
    private let connection: Connection
    private var extracted: duckdb_extracted_statements?

    init(_ sql: String, connection: Connection, pointer: duckdb_connection) throws(DuckDBError) {
        self.sql = sql
        self.connection = connection
        var extracted: duckdb_extracted_statements?
        count = Int(duckdb_extract_statements(pointer, sql, &extracted))
        if count == 0, let reason = duckdb_extract_statements_error(extracted), reason.pointee != 0 {
            let error = DuckDBError(parsing: String(cString: reason), sql: sql)
            duckdb_destroy_extracted(&extracted)
            throw error
        }
        self.extracted = extracted
    }

    deinit { duckdb_destroy_extracted(&extracted) }

    /// Prepares the statement at `index`, counted from 0.
    package func prepare(_ index: Int) throws(DuckDBError) -> Statement {
        precondition(index >= 0 && index < count, "The text has \(count) statements, not \(index + 1).")
        let pointer = try connection.open(for: sql)
        var prepared: duckdb_prepared_statement?
        let outcome = duckdb_prepare_extracted_statement(pointer, extracted, idx_t(index), &prepared)
        return try Statement(prepared, outcome, sql: sql, connection: connection)
    }
}
