internal import CMariaDB
internal import Glibc

/// One transaction or statement that writes, or may.
struct OpenWriter {
    /// In UTC; its rows carry no earlier time.
    let since: String
    /// For messages: "transaction 27 of connection 5".
    let who: String
    /// Whether it outlived a restart of the server, which forgot when it began.
    let isRecovered: Bool
}

extension MySQLConnection {
    /// Of an error that this client makes: what the list of transactions says would not be true.
    static let staleNumber: UInt32 = 2998
    private static let listAttemptsMax = 6

    /// The transactions that may still commit rows, and the statements that wait for their turn to write.
    /// - Throws: `.accessDenied` without PROCESS; ``staleNumber`` when the list is never fresh, or when this
    ///   connection is inside a transaction, which looking would end.
    func transactions(now: String) throws(MySQLError) -> [OpenWriter] {
        guard handle.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) == 0 else {
            throw MySQLError(number: Self.staleNumber, message: "they are not looked at inside a snapshot")
        }
        // Our own transaction in the list, with this very statement, is the proof that the list is complete
        // and fresh: InnoDB fills it at most every 0.1 s, and for everybody.
        try execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        do throws(MySQLError) {
            let writers = try freshTransactions(now: now)
            try rollBack()
            return writers
        } catch {
            if isOpen {
                do throws(MySQLError) { try rollBack() } catch { close() }
            }
            throw error
        }
    }

    private func freshTransactions(now: String) throws(MySQLError) -> [OpenWriter] {
        for attempt in 1...Self.listAttemptsMax {
            // Statements before transactions: one that gets its turn in between is then in both lists.
            let statements = try runningStatements(now: now)
            let mark = "tarn \(connectionID).\(attempt).\(UInt64.random(in: .min ... .max))"
            let rows = try query(Self.transactionList(mark: mark)).rows
            let isOwn = { (row: [String?]) in row[0].flatMap { UInt64($0) } == self.connectionID }
            if rows.contains(where: { isOwn($0) && $0[7]?.contains(mark) == true }) {
                return try writers(rows.filter { !isOwn($0) }, statements)
            }
            usleep(120_000)
        }
        throw MySQLError(
            number: Self.staleNumber,
            message: "information_schema.innodb_trx stays stale: somebody reads it many times a second")
    }

    /// `trx_started` is in the zone of the server's process, whatever the session's zone. Where the clocks go
    /// back it has two meanings, of which the earlier is taken.
    private static func transactionList(mark: String) -> String {
        let utc = "CONVERT_TZ(trx_started, 'SYSTEM', '+00:00')"
        let earlier = [60, 30].map { minutes in
            """
            WHEN CONVERT_TZ(\(utc) - INTERVAL \(minutes) MINUTE, '+00:00', 'SYSTEM') = trx_started \
            THEN \(utc) - INTERVAL \(minutes) MINUTE
            """
        }.joined(separator: " ")
        return """
            SELECT /* \(mark) */ trx_mysql_thread_id, trx_id, CASE \(earlier) ELSE \(utc) END, \
            trx_is_read_only = 1 OR trx_autocommit_non_locking = 1, \
            trx_rows_modified + trx_rows_locked + trx_lock_structs > 0, trx_query IS NOT NULL, trx_state, \
            trx_query FROM information_schema.innodb_trx
            """
    }

    private func writers(
        _ transactions: [[String?]], _ statements: [RunningStatement]
    ) throws(MySQLError) -> [OpenWriter] {
        let serverStart =
            try query(
                """
                SELECT UTC_TIMESTAMP() - INTERVAL \((try status("Uptime")).flatMap { Int($0) } ?? 0) SECOND \
                + INTERVAL 1 SECOND
                """
            ).rows.first?[0] ?? ""
        var writers: [OpenWriter] = []
        var ids: Set<String> = []
        for row in transactions {
            let (thread, id, since) = (row[0] ?? "0", row[1] ?? "0", row[2] ?? "")
            let (reads, holds, runs) = (row[3] == "1", row[4] == "1", row[5] == "1")
            // The server's own bookkeeping ends with the number 0 and no connection.
            guard !reads, holds || runs, thread != "0" || id != "0" else { continue }
            ids.insert(thread)
            let who =
                thread == "0"
                ? "the transaction \(id), prepared and without a connection,"
                : "the transaction \(id) of connection \(thread)"
            writers.append(
                OpenWriter(since: since, who: who, isRecovered: thread == "0" && since <= serverStart))
        }
        // A statement's NOW() is its beginning, which may be long before its transaction's: it waited.
        for statement in statements where statement.writes || ids.contains(statement.connection) {
            writers.append(
                OpenWriter(
                    since: statement.since, who: "a statement of connection \(statement.connection)",
                    isRecovered: false))
        }
        return writers
    }

    private struct RunningStatement {
        let connection: String
        let since: String
        let writes: Bool
    }

    private func runningStatements(now: String) throws(MySQLError) -> [RunningStatement] {
        let age = isMariaDB ? "CEIL(time_ms * 1000)" : "(time + 1) * 1000000"
        let sql = """
            SELECT id, UTC_TIMESTAMP(6) - INTERVAL \(age) MICROSECOND, LEFT(info, 200) \
            FROM information_schema.processlist WHERE command IN ('Query', 'Execute') \
            AND id <> CONNECTION_ID() AND info IS NOT NULL
            """
        return try query(sql).rows.compactMap { row in
            guard let id = row[0], let since = row[1] else { return nil }
            let word = (row[2] ?? "").drop { $0.isWhitespace || $0 == "(" }.prefix { !$0.isWhitespace }
            let writing = [
                "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "CALL", "EXECUTE", "WITH", "BEGIN", "DO",
            ]
            return RunningStatement(
                connection: id, since: since,
                writes: word.hasPrefix("/*") || writing.contains(word.uppercased()))
        }
    }
}
