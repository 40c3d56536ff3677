extension PostgresConnection {
    /// Begins a transaction in which every statement sees the tables as they are at its first read.
    package func beginSnapshot() throws(PostgresError) {
        try execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    /// Lends the snapshot of this transaction to other connections, for as long as it stays open.
    package func exportSnapshot() throws(PostgresError) -> String {
        let result = try query("SELECT pg_catalog.pg_export_snapshot()")
        guard let name = result.rows.first?[0] else {
            throw PostgresError(.malformed, message: "the server exported no snapshot")
        }
        return name
    }

    /// Begins a transaction that sees exactly what the exporting one sees.
    package func beginSnapshot(importing name: String) throws(PostgresError) {
        try execute(
            """
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
            SET TRANSACTION SNAPSHOT \(Self.literal(name))
            """)
    }

    /// Ends the transaction and keeps nothing of it.
    package func rollBack() throws(PostgresError) { try execute("ROLLBACK") }

    /// Whether the server is a standby, which replays what a primary wrote.
    package func isStandby() throws(PostgresError) -> Bool {
        try query("SELECT pg_catalog.pg_is_in_recovery()").rows.first?[0] == "t"
    }

    /// What the server's clock says, and how long ago somebody began who may still write.
    ///
    /// Ask outside of a transaction and before the snapshot begins: a transaction that commits between the
    /// two would otherwise be in neither. Every transaction counts that is open in this database and not one
    /// of this account's own readers, because who has only read until now may still write, with the time
    /// stamp of his beginning.
    package func writeHorizon() throws(PostgresError) -> WriteHorizon {
        let result = try query(
            """
            WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), open AS (
                SELECT pid, xact_start, backend_xid, query FROM pg_catalog.pg_stat_activity
                WHERE pid <> pg_backend_pid() AND datname = current_database()
                    AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'walsender', 'parallel worker')
                    AND NOT (application_name = current_setting('application_name')
                        AND usename = current_user AND backend_xid IS NULL)
            )
            SELECT \(Self.microseconds("(SELECT now FROM clock)")),
                \(Self.microseconds("(SELECT min(xact_start) FROM open WHERE backend_xid IS NOT NULL)")),
                \(Self.microseconds("(SELECT min(xact_start) FROM open)")),
                \(Self.microseconds(
                    """
                    (SELECT min(prepared) FROM pg_catalog.pg_prepared_xacts \
                    WHERE database = current_database())
                    """)),
                (SELECT count(*) FROM open WHERE query = '<insufficient privilege>' AND pid IN (
                    SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'virtualxid' AND granted)),
                pg_catalog.pg_is_in_recovery(),
                \(Self.microseconds("pg_catalog.pg_last_xact_replay_timestamp()"))
            FROM clock
            """)
        guard let row = result.rows.first, let now = row[0].flatMap({ Int64($0) }) else {
            throw PostgresError(.malformed, message: "the server has no clock")
        }
        return WriteHorizon(
            now: now, oldestWriter: row[1].flatMap { Int64($0) },
            oldestTransaction: row[2].flatMap { Int64($0) }, oldestPrepared: row[3].flatMap { Int64($0) },
            unseenTransactions: row[4].flatMap { Int($0) } ?? 0, isStandby: row[5] == "t",
            lastReplayed: row[6].flatMap { Int64($0) })
    }

    private static func microseconds(_ instant: String) -> String {
        "(extract(epoch FROM \(instant)) * 1000000)::bigint"
    }
}

/// How far back a row may be stamped that is not visible yet. All times are microseconds since
/// 1970-01-01 00:00:00 UTC, by the server's clock.
package struct WriteHorizon: Hashable, Sendable {
    package let now: Int64
    /// When the oldest transaction began that has already written; nil if none is open, or seen.
    package let oldestWriter: Int64?
    /// When the oldest transaction began that may still write.
    package let oldestTransaction: Int64?
    /// When the oldest transaction was prepared that waits for its second phase. When it began nobody knows.
    package let oldestPrepared: Int64?
    /// Transactions of other accounts that are open, which anybody sees by their locks, and of which this one
    /// may not see the beginning: `pg_read_all_stats` shows it.
    package let unseenTransactions: Int
    /// On a standby the writers are elsewhere: none of them is seen.
    package let isStandby: Bool
    /// The commit time of the last transaction that a standby has replayed.
    package let lastReplayed: Int64?

    /// The earliest of what is known; on a standby nothing after the last replayed commit is complete.
    package var bound: Int64 {
        [now, oldestTransaction, oldestPrepared, isStandby ? lastReplayed ?? 0 : nil].compactMap(\.self).min()
            ?? now
    }

    /// Whether every transaction that may still write is in it.
    package var isComplete: Bool { unseenTransactions == 0 && !isStandby && oldestPrepared == nil }

    /// How far a standby's last replayed commit lies behind, which on a quiet primary says nothing.
    package var replayLag: Duration? {
        isStandby ? lastReplayed.map { .microseconds(max(0, now - $0)) } : nil
    }
}
