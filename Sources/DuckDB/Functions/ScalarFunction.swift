internal import CDuckDB

/// A function of SQL that Swift code computes, a chunk of rows at a time.
package struct ScalarFunction: Sendable {
    package var name: String
    package var parameters: [LogicalType]
    /// The type of any number of further arguments; nil for none.
    package var variadic: LogicalType?
    package var returns: LogicalType
    /// Whether the same arguments can give another result, so that DuckDB must not compute it once for all.
    package var isVolatile: Bool
    /// Whether `body` sees rows with NULL arguments. Otherwise their result is NULL, whatever is written.
    package var takesNulls: Bool
    /// Writes the result of every row of the arguments.
    package var body: @Sendable (borrowing DataChunk, inout ColumnWriter) throws -> Void

    package init(
        _ name: String, _ parameters: [LogicalType], variadic: LogicalType? = nil, returns: LogicalType,
        isVolatile: Bool = false, takesNulls: Bool = false,
        body: @escaping @Sendable (borrowing DataChunk, inout ColumnWriter) throws -> Void
    ) {
        self.name = name
        self.parameters = parameters
        self.variadic = variadic
        self.returns = returns
        self.isVolatile = isVolatile
        self.takesNulls = takesNulls
        self.body = body
    }
}

extension Connection {
    /// Makes a function known to all connections of the database, until the database closes.
    /// - Throws: ``DuckDBError`` when DuckDB has a function of that name and these types.
    package func register(_ function: ScalarFunction) throws(DuckDBError) {
        let pointer = try open(for: "")
        var created: duckdb_scalar_function? = duckdb_create_scalar_function()
        defer { duckdb_destroy_scalar_function(&created) }
        duckdb_scalar_function_set_name(created, function.name)
        for type in function.parameters {
            type.makeHandle().lend { duckdb_scalar_function_add_parameter(created, $0) }
        }
        if let variadic = function.variadic {
            variadic.makeHandle().lend { duckdb_scalar_function_set_varargs(created, $0) }
        }
        function.returns.makeHandle().lend { duckdb_scalar_function_set_return_type(created, $0) }
        if function.isVolatile { duckdb_scalar_function_set_volatile(created) }
        // DuckDB's own NULL handling trusts a validity mask that the function must fill; ours is in
        // `compute`.
        duckdb_scalar_function_set_special_handling(created)
        let erased = RegisteredScalar(function, errors: database.functionErrors)
        duckdb_scalar_function_set_extra_info(created, retained(erased), releaseObject)
        duckdb_scalar_function_set_init(created) { info in
            guard let info else { return }
            var context: duckdb_client_context?
            duckdb_scalar_function_init_get_client_context(info, &context)
            let caller = Caller(connection: duckdb_client_context_get_connection_id(context))
            duckdb_destroy_client_context(&context)
            duckdb_scalar_function_init_set_state(info, retained(caller), releaseObject)
        }
        duckdb_scalar_function_set_function(created) { info, input, output in
            guard let info, let input, let output else { return }
            let scalar = object(duckdb_scalar_function_get_extra_info(info), RegisteredScalar.self)
            let caller = object(duckdb_scalar_function_get_state(info), Caller.self)
            report(scalar.errors, caller.connection, { try scalar.compute(input, output) }) {
                duckdb_scalar_function_set_error(info, $0)
            }
        }
        guard duckdb_register_scalar_function(pointer, created) == DuckDBSuccess else {
            throw DuckDBError(
                .catalog, "DuckDB does not take a function named '\(function.name)' of these types.")
        }
    }
}

/// The connection whose query calls a scalar function, found once per thread and query.
private final class Caller {
    let connection: UInt64

    init(connection: UInt64) { self.connection = connection }
}

private final class RegisteredScalar {
    let errors: FunctionErrors
    private let function: ScalarFunction

    init(_ function: ScalarFunction, errors: FunctionErrors) {
        self.function = function
        self.errors = errors
    }

    func compute(_ input: duckdb_data_chunk, _ output: duckdb_vector) throws {
        let types = (0..<duckdb_data_chunk_get_column_count(input)).map {
            LogicalType(
                LogicalTypeHandle(duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(input, $0))))
        }
        let rows = DataChunk(borrowing: input, types: types)
        var writer = ColumnWriter(output, type: function.returns, capacity: max(rows.count, 1))
        try function.body(rows, &writer)
        if !function.takesNulls { Self.spreadNulls(rows, &writer) }
    }

    /// A row with a NULL among its arguments is NULL.
    private static func spreadNulls(_ rows: borrowing DataChunk, _ writer: inout ColumnWriter) {
        for column in 0..<rows.columnCount {
            let hasNulls = rows.withValidity(column: column) { $0 != nil }
            guard hasNulls else { continue }
            for row in 0..<rows.count where !rows.isValid(row: row, column: column) {
                writer.setNull(row: row)
            }
        }
    }
}
