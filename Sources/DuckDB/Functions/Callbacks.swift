internal import CDuckDB

// What every callback from C needs: an object through a pointer, and an error through a string.

func retained(_ object: AnyObject) -> UnsafeMutableRawPointer { Unmanaged.passRetained(object).toOpaque() }

let releaseObject: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
    if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
}

func object<T: AnyObject>(_ pointer: UnsafeMutableRawPointer?, _ type: T.Type) -> T {
    guard let pointer else { preconditionFailure("DuckDB lost the data that was given to it.") }
    return Unmanaged<T>.fromOpaque(pointer).takeUnretainedValue()
}

/// Runs Swift code that C called. What it throws is kept for the caller of the query and told to DuckDB as
/// text.
func report(
    _ errors: FunctionErrors, _ connection: UInt64, _ body: () throws -> Void, _ tell: (String) -> Void
) {
    do {
        try body()
    } catch {
        errors.keep(error, connection: connection)
        tell(FunctionErrors.message(of: error))
    }
}

/// The number of the connection whose query is being bound.
func connectionID(binding info: duckdb_bind_info) -> UInt64 {
    var context: duckdb_client_context?
    duckdb_table_function_get_client_context(info, &context)
    defer { duckdb_destroy_client_context(&context) }
    return duckdb_client_context_get_connection_id(context)
}
