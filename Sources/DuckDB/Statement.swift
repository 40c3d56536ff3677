internal import CDuckDB

/// A prepared statement: its parameters, its result's columns, and the ways to run it. It can run many times.
package final class Statement {
    package let sql: String
    private let connection: Connection
    private var prepared: duckdb_prepared_statement?

    /// Takes what a preparing call left, also when it failed.
    init(
        _ prepared: duckdb_prepared_statement?, _ outcome: duckdb_state, sql: String, connection: Connection
    ) throws(DuckDBError) {
        self.sql = sql
        self.connection = connection
        self.prepared = prepared
        guard outcome == DuckDBSuccess, prepared != nil else {
            let reason = prepared.flatMap { duckdb_prepare_error($0) }.map { String(cString: $0) }
            throw connection.database.functionErrors.explain(
                DuckDBError(parsing: reason ?? "DuckDB cannot prepare the statement.", sql: sql),
                connection: connection.id)
        }
    }

    deinit { duckdb_destroy_prepare(&prepared) }

    package var kind: Kind { Kind(rawValue: duckdb_prepared_statement_type(prepared).rawValue) }

    // MARK: Parameters

    package var parameterCount: Int { Int(duckdb_nparams(prepared)) }

    /// The name of a parameter counted from 1; an unnamed one is called by its number.
    package func parameterName(_ index: Int) -> String {
        takenString(UnsafeMutablePointer(mutating: duckdb_parameter_name(prepared, idx_t(index))))
            ?? "\(index)"
    }

    /// The type that DuckDB expects of a parameter counted from 1; nil where it can be anything.
    package func parameterType(_ index: Int) -> LogicalType? {
        let handle = LogicalTypeHandle(duckdb_param_logical_type(prepared, idx_t(index)))
        guard !handle.isEmpty else { return nil }
        switch LogicalType(handle) {
        case .any, .other, .null: return nil
        case let type: return type
        }
    }

    /// Binds a parameter, counted from 1.
    package func bind(_ value: Value, at index: Int) throws(DuckDBError) {
        let outcome: duckdb_state
        if value.isNull {
            outcome = duckdb_bind_null(prepared, idx_t(index))
        } else {
            let handle = try ValueHandle(value, as: parameterType(index).flatMap { $0.isNested ? $0 : nil })
            outcome = handle.lend { duckdb_bind_value(prepared, idx_t(index), $0) }
        }
        guard outcome == DuckDBSuccess else {
            throw DuckDBError(
                .invalidInput, "The statement has \(parameterCount) parameters; there is no number \(index).",
                sql: sql)
        }
    }

    /// Binds a parameter by its name, without the `$`.
    package func bind(_ value: Value, named name: String) throws(DuckDBError) {
        var index: idx_t = 0
        guard duckdb_bind_parameter_index(prepared, &index, name) == DuckDBSuccess else {
            throw DuckDBError(.invalidInput, "The statement has no parameter '\(name)'.", sql: sql)
        }
        try bind(value, at: Int(index))
    }

    /// Binds all parameters in order.
    package func bind(_ values: [Value]) throws(DuckDBError) {
        guard values.count == parameterCount else {
            throw DuckDBError(
                .invalidInput,
                "The statement has \(parameterCount) parameters, but \(values.count) values came.",
                sql: sql)
        }
        for (offset, value) in values.enumerated() { try bind(value, at: offset + 1) }
    }

    package func clearBindings() { duckdb_clear_bindings(prepared) }

    // MARK: Result columns

    /// Names and types of the result, before it runs. While a parameter's type is open, a column's can be
    /// too.
    package var columns: [ResultColumn] {
        (0..<duckdb_prepared_statement_column_count(prepared)).map { index in
            ResultColumn(
                name: takenString(
                    UnsafeMutablePointer(mutating: duckdb_prepared_statement_column_name(prepared, index)))
                    ?? "",
                type: LogicalType(
                    LogicalTypeHandle(duckdb_prepared_statement_column_logical_type(prepared, index))))
        }
    }

    // MARK: Running

    /// Runs the statement and drops its rows.
    /// - Returns: how many rows it inserted, updated or deleted.
    @discardableResult
    package func execute() throws(DuckDBError) -> Int {
        let result = try run(isStreaming: false)
        return result.rowsChanged
    }

    /// Runs the statement and holds its whole result.
    package func query() throws(DuckDBError) -> QueryResult {
        let result = try run(isStreaming: false)
        let columns = result.columns
        try requireReadable(columns)
        let types = columns.map(\.type)
        var rows: [[Value]] = []
        while let chunk = result.nextChunk(types) {
            for row in 0..<chunk.count {
                rows.append((0..<types.count).map { chunk.value(row: row, column: $0) })
            }
        }
        try result.requireNoError(sql: sql, connection: connection)
        return QueryResult(
            columns: columns, rows: rows, rowsChanged: result.rowsChanged, returnsRows: result.returnsRows)
    }

    /// Runs the statement and lends its rows chunk by chunk; see ``Connection/forEachChunk(_:_:_:)``.
    package func forEachChunk(_ body: (borrowing DataChunk) throws -> Void) throws {
        let result = try run(isStreaming: true)
        let columns = result.columns
        try requireReadable(columns)
        let types = columns.map(\.type)
        connection.isStreaming = true
        defer { connection.isStreaming = false }
        while let chunk = result.nextChunk(types) {
            if chunk.count > 0 { try body(chunk) }
        }
        try result.requireNoError(sql: sql, connection: connection)
    }

    private func requireReadable(_ columns: [ResultColumn]) throws(DuckDBError) {
        for column in columns where !column.type.isReadable {
            throw DuckDBError(
                .notImplemented,
                "Column '\(column.name)' has type \(column.type), which cannot be read. "
                    + "Cast it, for example to JSON.",
                sql: sql)
        }
    }

    private func run(isStreaming: Bool) throws(DuckDBError) -> ResultHandle {
        _ = try connection.open(for: sql)
        connection.database.functionErrors.forget(connection: connection.id)
        var pending: duckdb_pending_result?
        defer { duckdb_destroy_pending(&pending) }
        let begun = isStreaming ? beginStreaming(&pending) : duckdb_pending_prepared(prepared, &pending)
        guard begun == DuckDBSuccess else {
            let reason = pending.flatMap { duckdb_pending_error($0) }.map { String(cString: $0) }
            throw connection.database.functionErrors.explain(
                DuckDBError(parsing: reason ?? "DuckDB cannot start the statement.", sql: sql),
                connection: connection.id)
        }
        connection.interrupter.repeatCancellation()
        var raw = duckdb_result()
        let outcome = duckdb_execute_pending(pending, &raw)
        let result = ResultHandle(raw)
        if outcome != DuckDBSuccess {
            try result.requireNoError(sql: sql, connection: connection)
            throw DuckDBError(.invalid, "DuckDB gives no reason why the statement failed.", sql: sql)
        }
        return result
    }

    /// The only use of a call that DuckDB has marked for removal since 1.0; 1.5 and 2.0 offer no other way in
    /// this API to read a result without holding all of it.
    private func beginStreaming(_ pending: inout duckdb_pending_result?) -> duckdb_state {
        duckdb_pending_prepared_streaming(prepared, &pending)
    }
}

extension Statement {
    /// `duckdb_statement_type`; numbers that this page does not name survive.
    package struct Kind: RawRepresentable, Sendable, Hashable {
        package var rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let invalid = Kind(rawValue: 0)
        package static let select = Kind(rawValue: 1)
        package static let insert = Kind(rawValue: 2)
        package static let update = Kind(rawValue: 3)
        package static let explain = Kind(rawValue: 4)
        package static let delete = Kind(rawValue: 5)
        package static let prepare = Kind(rawValue: 6)
        package static let create = Kind(rawValue: 7)
        package static let execute = Kind(rawValue: 8)
        package static let alter = Kind(rawValue: 9)
        package static let transaction = Kind(rawValue: 10)
        package static let copy = Kind(rawValue: 11)
        package static let analyze = Kind(rawValue: 12)
        package static let variableSet = Kind(rawValue: 13)
        package static let createFunction = Kind(rawValue: 14)
        package static let drop = Kind(rawValue: 15)
        package static let export = Kind(rawValue: 16)
        package static let pragma = Kind(rawValue: 17)
        package static let vacuum = Kind(rawValue: 18)
        package static let call = Kind(rawValue: 19)
        package static let set = Kind(rawValue: 20)
        package static let load = Kind(rawValue: 21)
        package static let relation = Kind(rawValue: 22)
        package static let `extension` = Kind(rawValue: 23)
        package static let logicalPlan = Kind(rawValue: 24)
        package static let attach = Kind(rawValue: 25)
        package static let detach = Kind(rawValue: 26)
        package static let multi = Kind(rawValue: 27)
        package static let copyDatabase = Kind(rawValue: 28)
        package static let updateExtensions = Kind(rawValue: 29)
        package static let mergeInto = Kind(rawValue: 30)
    }
}
