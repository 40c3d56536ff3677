internal import CDuckDB
internal import Synchronization

/// Stops and observes a connection from other threads, also after the connection has been closed.
package final class Interrupter: Sendable {
    private let state = Mutex(State())

    private struct State {
        var connection: duckdb_connection?
        var isCancelled = false
    }

    init() {}

    /// Stops the statement that is running now; without one, or after the connection was closed, nothing
    /// happens.
    package func interrupt() {
        state.withLock { state in
            if let connection = state.connection { duckdb_interrupt(connection) }
        }
    }

    /// Stops the statement that is running now and every later one of this connection.
    package func cancel() {
        state.withLock { state in
            state.isCancelled = true
            if let connection = state.connection { duckdb_interrupt(connection) }
        }
    }

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// How far the running statement has got; nil when nothing runs that DuckDB can estimate.
    /// DuckDB counts only when the setting `enable_progress_bar` is on.
    package func progress() -> QueryProgress? {
        state.withLock { state in
            guard let connection = state.connection else { return nil }
            let progress = duckdb_query_progress(connection)
            guard progress.percentage >= 0 else { return nil }
            return QueryProgress(
                percentage: progress.percentage, rowsProcessed: progress.rows_processed,
                rowsTotal: progress.total_rows_to_process)
        }
    }

    /// DuckDB forgets an interrupt that comes before it has begun a statement. This is called once it has
    /// begun: an earlier cancellation is repeated, a later one arrives by itself.
    func repeatCancellation() {
        state.withLock { state in
            if state.isCancelled, let connection = state.connection { duckdb_interrupt(connection) }
        }
    }

    /// - Parameter address: the `duckdb_connection`, as a number because pointers do not cross isolation.
    func attach(address: UInt) {
        state.withLock { $0.connection = duckdb_connection(bitPattern: address) }
    }

    func disconnect() {
        state.withLock { duckdb_disconnect(&$0.connection) }
    }
}

/// How far a running statement has got.
package struct QueryProgress: Sendable, Hashable {
    /// 0…100; DuckDB's own estimate.
    package var percentage: Double
    package var rowsProcessed: UInt64
    package var rowsTotal: UInt64
}
