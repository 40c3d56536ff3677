internal import Synchronization

/// What Swift functions threw inside DuckDB, until the query that failed by it is reported.
///
/// DuckDB carries only text. The original waits here under the number of the connection that ran the query; a
/// connection runs one query at a time, and forgets before each, so there is at most one entry for each.
final class FunctionErrors: Sendable {
    private let thrown = Mutex<[UInt64: any Error]>([:])

    /// Keeps the first error of a query: others are its echo in other threads.
    func keep(_ error: any Error, connection: UInt64) {
        thrown.withLock { thrown in
            if thrown[connection] == nil { thrown[connection] = error }
        }
    }

    func forget(connection: UInt64) {
        _ = thrown.withLock { $0.removeValue(forKey: connection) }
    }

    /// Attaches the kept error if this is the failure that it caused.
    func explain(_ error: DuckDBError, connection: UInt64) -> DuckDBError {
        guard let cause = thrown.withLock({ $0.removeValue(forKey: connection) }) else { return error }
        guard error.message.contains(Self.message(of: cause)) else { return error }
        var explained = error
        explained.underlying = cause
        return explained
    }

    /// How an error is told to DuckDB, which takes no zero bytes.
    static func message(of error: any Error) -> String {
        let text = "\(error)"
        return text.utf8.contains(0) ? text.filter { $0 != "\0" } : text
    }
}
