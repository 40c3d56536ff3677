extension Migration {
    /// Steps of several partitions, what is known of each partition, and backfills.
    ///
    /// `partition_latest` has one narrow row for each partition that was ever built, so that the status of a
    /// hundred thousand is read at once. A backfill has a row for each chunk that was begun and has not
    /// succeeded: what is below `next_chunk` and has none is done.
    static let m0007CreateBackfills = Migration(
        number: 7, name: "create_backfills", sqlite: statements(integer: "INTEGER"),
        postgres: statements(integer: "BIGINT"))

    private static func statements(integer: String) -> String {
        """
        ALTER TABLE step ADD COLUMN partitions TEXT NOT NULL DEFAULT '';
        ALTER TABLE step ADD COLUMN partition_count \(integer) NOT NULL DEFAULT 0;
        ALTER TABLE step ADD COLUMN names_partitions \(integer) NOT NULL DEFAULT 0;
        CREATE INDEX step_unbuilt ON step (asset, run_id)
            WHERE partition_count > 0 AND state IN ('running', 'failed', 'cancelled', 'lost');
        CREATE TABLE partition_latest (
            asset TEXT NOT NULL, partition TEXT NOT NULL, run_id TEXT NOT NULL, version TEXT NOT NULL,
            fingerprint TEXT, row_count \(integer) NOT NULL, built_at \(integer) NOT NULL,
            verified_at \(integer) NOT NULL,
            PRIMARY KEY (asset, partition)
        );
        CREATE TABLE backfill (
            id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, definition TEXT NOT NULL,
            reason TEXT, created_at \(integer) NOT NULL, finished_at \(integer), next_chunk \(integer) NOT NULL,
            done \(integer) NOT NULL, failures_in_a_row \(integer) NOT NULL, not_before \(integer),
            recent TEXT NOT NULL
        );
        CREATE INDEX backfill_by_creation ON backfill (created_at, id);
        CREATE UNIQUE INDEX backfill_open ON backfill (name) WHERE state IN ('running', 'paused');
        CREATE TABLE backfill_chunk (
            backfill_id TEXT NOT NULL REFERENCES backfill (id) ON DELETE CASCADE, number \(integer) NOT NULL,
            attempt \(integer) NOT NULL, losses \(integer) NOT NULL, state TEXT NOT NULL, run_id TEXT,
            partition_count \(integer) NOT NULL, selection TEXT NOT NULL, problem TEXT, changed_at \(integer) NOT NULL,
            PRIMARY KEY (backfill_id, number)
        );
        """
    }
}
