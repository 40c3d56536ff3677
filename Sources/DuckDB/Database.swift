internal import Blocking
internal import CDuckDB

/// One DuckDB database, in memory or in a file. It closes when it and all its connections are gone.
package final class Database: Sendable {
    /// The errors that Swift functions threw, by the connection whose query they were part of.
    let functionErrors = FunctionErrors()
    private let address: UInt

    /// Opens or creates the database.
    /// - Parameters:
    ///   - path: a file; nil for a database in memory that nobody else sees.
    ///   - configuration: DuckDB's settings by name, as text (`["threads": "2"]`).
    /// - Throws: ``DuckDBError`` of kind `.invalidConfiguration` for a setting that does
    ///   not exist, with its name.
    package init(path: String? = nil, configuration: [String: String] = [:]) throws(DuckDBError) {
        let handle = try Database.configuration(configuration)
        defer {
            var handle: duckdb_config? = handle
            duckdb_destroy_config(&handle)
        }
        var opened: duckdb_database?
        var reason: UnsafeMutablePointer<CChar>?
        let outcome = duckdb_open_ext(path, &opened, handle, &reason)
        let message = takenString(reason)
        guard outcome == DuckDBSuccess, let opened else {
            var error = DuckDBError(
                parsing: message ?? "DuckDB gives no reason why it cannot open the database.")
            // DuckDB takes any name at first and tells the wrong ones only here, as an input like any other.
            if error.kind == .invalidInput, configuration.keys.contains(where: { error.message.contains($0) })
            {
                error.kind = .invalidConfiguration
            }
            throw error
        }
        address = UInt(bitPattern: opened)
    }

    deinit {
        var database = duckdb_database(bitPattern: address)
        duckdb_close(&database)
    }

    /// DuckDB's version, such as "v1.5.5".
    package static var libraryVersion: String { String(cString: duckdb_library_version()) }

    /// Opens a connection for code that is already on a thread which may block.
    package func connect() throws(DuckDBError) -> Connection { try connect(Interrupter()) }

    /// Opens a connection on a thread of the pool, lends it to `body`, and closes it.
    ///
    /// When the task is cancelled, the running statement is interrupted, later ones are refused, and the call
    /// throws `CancellationError` as soon as `body` has thrown. A `body` that returns all the same is heard.
    package func withConnection<T: Sendable>(
        _ body: @Sendable @escaping (Connection) throws -> T
    ) async throws -> T {
        let interrupter = Interrupter()
        return try await BlockingPool.shared.run(onCancel: { interrupter.cancel() }) { [self] in
            do {
                let connection = try connect(interrupter)
                defer { connection.close() }
                return try body(connection)
            } catch  where interrupter.isCancelled {
                throw CancellationError()
            }
        }
    }

    private func connect(_ interrupter: Interrupter) throws(DuckDBError) -> Connection {
        var opened: duckdb_connection?
        guard duckdb_connect(duckdb_database(bitPattern: address), &opened) == DuckDBSuccess, let opened
        else {
            throw DuckDBError(.connection, "DuckDB cannot open another connection.")
        }
        return Connection(opened, database: self, interrupter: interrupter)
    }

    private static func configuration(_ settings: [String: String]) throws(DuckDBError) -> duckdb_config {
        var created: duckdb_config?
        guard duckdb_create_config(&created) == DuckDBSuccess, let config = created else {
            throw DuckDBError(.outOfMemory, "DuckDB cannot create a configuration.")
        }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            guard duckdb_set_config(config, name, value) == DuckDBSuccess else {
                duckdb_destroy_config(&created)
                throw DuckDBError(
                    .invalidConfiguration, "DuckDB has no setting '\(name)', or it does not take this value.")
            }
        }
        return config
    }
}
