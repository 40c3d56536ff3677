internal import CDuckDB

extension Connection {
    /// Makes a table function known to all connections of the database, until the database closes.
    /// - Throws: ``DuckDBError`` when the name is taken.
    package func register<F: TableFunction>(_ function: F) throws(DuckDBError) {
        let pointer = try open(for: "")
        var created: duckdb_table_function? = duckdb_create_table_function()
        defer { duckdb_destroy_table_function(&created) }
        duckdb_table_function_set_name(created, function.name)
        for type in function.parameters {
            type.makeHandle().lend { duckdb_table_function_add_parameter(created, $0) }
        }
        for parameter in function.namedParameters {
            parameter.type.makeHandle().lend {
                duckdb_table_function_add_named_parameter(created, parameter.name, $0)
            }
        }
        duckdb_table_function_supports_projection_pushdown(created, function.projectsColumns)
        let erased = ErasedTableFunction(function, errors: database.functionErrors)
        duckdb_table_function_set_extra_info(created, retained(erased), releaseObject)
        duckdb_table_function_set_bind(created) { info in
            guard let info else { return }
            let function = object(duckdb_bind_get_extra_info(info), ErasedTableFunction.self)
            let connection = connectionID(binding: info)
            report(function.errors, connection, { try function.bind(info, connection) }) {
                duckdb_bind_set_error(info, $0)
            }
        }
        duckdb_table_function_set_init(created) { info in
            guard let info else { return }
            let function = object(duckdb_init_get_extra_info(info), ErasedTableFunction.self)
            let bound = object(duckdb_init_get_bind_data(info), BoundTable.self)
            report(function.errors, bound.connection, { try function.start(info, bound) }) {
                duckdb_init_set_error(info, $0)
            }
        }
        duckdb_table_function_set_local_init(created) { info in
            guard let info else { return }
            duckdb_init_set_init_data(info, retained(LocalState()), releaseObject)
        }
        duckdb_table_function_set_function(created) { info, output in
            guard let info, let output else { return }
            let function = object(duckdb_function_get_extra_info(info), ErasedTableFunction.self)
            let bound = object(duckdb_function_get_bind_data(info), BoundTable.self)
            let scan = object(duckdb_function_get_init_data(info), ScanState.self)
            let local = object(duckdb_function_get_local_init_data(info), LocalState.self)
            report(function.errors, bound.connection, { try function.produce(bound, scan, local, output) }) {
                duckdb_function_set_error(info, $0)
            }
        }
        guard duckdb_register_table_function(pointer, created) == DuckDBSuccess else {
            throw DuckDBError(.catalog, "DuckDB does not take a table function named '\(function.name)'.")
        }
    }
}

/// A table function whose types are hidden behind closures, so that C can hold it.
private final class ErasedTableFunction {
    let errors: FunctionErrors
    private let namedParameters: [LogicalType.Field]
    private let projectsColumns: Bool
    private let bindArguments: (BindArguments) throws -> TableBinding<any Sendable>
    private let startScan: (any Sendable, [Int]) throws -> TableScan<any Sendable>
    private let makeProducer: (any Sendable, any Sendable) throws -> (inout OutputChunk) throws -> Void

    init<F: TableFunction>(_ function: F, errors: FunctionErrors) {
        self.errors = errors
        namedParameters = function.namedParameters
        projectsColumns = function.projectsColumns
        bindArguments = { arguments in
            let binding = try function.bind(arguments)
            return TableBinding(
                columns: binding.columns, bound: binding.bound, cardinality: binding.cardinality,
                isCardinalityExact: binding.isCardinalityExact)
        }
        startScan = { bound, columns in
            guard let bound = bound as? F.Bound else {
                preconditionFailure("The binding is the function's own.")
            }
            let scan = try function.start(bound, columns: columns)
            return TableScan(scan.scan, threadsMax: scan.threadsMax)
        }
        makeProducer = { bound, scan in
            guard let bound = bound as? F.Bound, let scan = scan as? F.Scan else {
                preconditionFailure("The binding and the scan are the function's own.")
            }
            var local = try function.makeLocal(bound, scan: scan)
            return { chunk in try function.produce(bound, scan: scan, local: &local, into: &chunk) }
        }
    }

    func bind(_ info: duckdb_bind_info, _ connection: UInt64) throws {
        var arguments = BindArguments(positional: [], named: [:])
        for index in 0..<duckdb_bind_get_parameter_count(info) {
            arguments.positional.append(try Value(taking: duckdb_bind_get_parameter(info, index)))
        }
        for parameter in namedParameters {
            guard let given = duckdb_bind_get_named_parameter(info, parameter.name) else { continue }
            arguments.named[parameter.name] = try Value(taking: given)
        }
        let binding = try bindArguments(arguments)
        for column in binding.columns {
            column.type.makeHandle().lend { duckdb_bind_add_result_column(info, column.name, $0) }
        }
        if let cardinality = binding.cardinality {
            duckdb_bind_set_cardinality(info, idx_t(cardinality), binding.isCardinalityExact)
        }
        let bound = BoundTable(binding.bound, types: binding.columns.map(\.type), connection: connection)
        duckdb_bind_set_bind_data(info, retained(bound), releaseObject)
    }

    func start(_ info: duckdb_init_info, _ bound: BoundTable) throws {
        let columns = (0..<duckdb_init_get_column_count(info)).map {
            Int(clamping: duckdb_init_get_column_index(info, $0))
        }
        // A query that needs no column (count(*)) still asks for one that is none: a row's number.
        let scan = try startScan(bound.value, columns.filter { $0 < bound.types.count })
        duckdb_init_set_max_threads(info, idx_t(max(1, scan.threadsMax)))
        let types = columns.map { $0 < bound.types.count ? bound.types[$0] : .bigint }
        duckdb_init_set_init_data(info, retained(ScanState(scan.scan, types: types)), releaseObject)
    }

    func produce(
        _ bound: BoundTable, _ scan: ScanState, _ local: LocalState, _ output: duckdb_data_chunk
    ) throws {
        if local.producer == nil { local.producer = try makeProducer(bound.value, scan.value) }
        var chunk = OutputChunk(output, types: projectsColumns ? scan.types : bound.types)
        try local.producer?(&chunk)
        duckdb_data_chunk_set_size(output, idx_t(chunk.count))
    }
}

private final class BoundTable {
    let value: any Sendable
    let types: [LogicalType]
    let connection: UInt64

    init(_ value: any Sendable, types: [LogicalType], connection: UInt64) {
        self.value = value
        self.types = types
        self.connection = connection
    }
}

private final class ScanState {
    let value: any Sendable
    let types: [LogicalType]

    init(_ value: any Sendable, types: [LogicalType]) {
        self.value = value
        self.types = types
    }
}

/// What one thread keeps between chunks. It is made by the thread that first produces, where the scan exists:
/// DuckDB makes local states before it tells them the scan.
private final class LocalState {
    var producer: ((inout OutputChunk) throws -> Void)?
}
