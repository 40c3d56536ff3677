internal import CPostgres
internal import Glibc

extension PostgresConnection {
    /// Runs a statement with parameters (`$1`, `$2`, …), which are never part of its text; it is prepared
    /// once.
    /// - Returns: Its rows with the types of the columns, and how many rows it changed.
    package func run(
        _ sql: String, _ parameters: [String?]
    ) throws(PostgresError) -> (result: TypedPostgresResult, changed: Int64) {
        let name = try prepared(sql)
        try requireReady(sql)
        var values = parameters.map { $0.map { UnsafePointer(strdup($0)) } ?? nil }
        defer { for value in values { free(UnsafeMutablePointer(mutating: value)) } }
        guard
            PQsendQueryPrepared(handle, name, Int32(parameters.count), &values, nil, nil, 0) == 1
        else { throw lost(sql) }
        var kept = TypedPostgresResult()
        var changed: Int64 = 0
        var failure: PostgresError?
        while let result = try nextResult(sql) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: kept = TypedPostgresResult(result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            default: failure = failure ?? self.failure(result, sql)
            }
            changed = PQcmdTuples(result).flatMap { Int64(String(cString: $0)) } ?? 0
        }
        if let failure { throw failure }
        return (kept, changed)
    }

    /// Forgets all prepared statements: their tables have changed.
    package func forgetPrepared() throws(PostgresError) {
        statementNames = [:]
        try execute("DEALLOCATE ALL")
    }

    private func prepared(_ sql: String) throws(PostgresError) -> String {
        if let known = statementNames[sql] { return known }
        try requireReady(sql)
        let name = "s\(statementNames.count)"
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw lost(sql) }
        var failure: PostgresError?
        while let result = try nextResult(sql) {
            defer { PQclear(result) }
            if PQresultStatus(result) != PGRES_COMMAND_OK { failure = failure ?? self.failure(result, sql) }
        }
        if let failure { throw failure }
        statementNames[sql] = name
        return name
    }

    /// Waits for a notification of a channel that was listened to.
    /// - Returns: Whether there was one; `false` after `patience`.
    package func awaitNotification(patience: Duration) throws(PostgresError) -> Bool {
        let deadline = ContinuousClock.now + patience
        while true {
            guard isOpen else { throw PostgresError(.lostConnection, message: "the connection is closed") }
            if PQconsumeInput(handle) != 1 { throw lost("LISTEN") }
            var isNotified = false
            while let notification = PQnotifies(handle) {
                isNotified = true
                PQfreemem(notification)
            }
            if isNotified { return true }
            guard Self.poll(PQsocket(handle), for: Int32(POLLIN), until: deadline) else { return false }
        }
    }
}

/// A small result with the types of its columns, as PostgreSQL numbers them (`pg_type.oid`).
package struct TypedPostgresResult: Hashable, Sendable {
    package private(set) var columns: [String] = []
    package private(set) var types: [UInt32] = []
    /// As text; nil for NULL.
    package private(set) var rows: [[String?]] = []

    init() {}

    init(_ result: OpaquePointer) {
        let plain = PostgresResult(result)
        (columns, rows) = (plain.columns, plain.rows)
        types = (0..<PQnfields(result)).map { PQftype(result, $0) }
    }
}
