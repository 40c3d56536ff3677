extension Migration {
    /// Runs, steps, attempts and events. Instants are microseconds since 1970; `partition` is a day or empty.
    ///
    /// `asset_epoch` is apart from the steps because epochs of an asset grow over all runs.
    static let m0001CreateRuns = Migration(
        number: 1, name: "create_runs",
        sqlite: """
            CREATE TABLE run (
                id TEXT NOT NULL PRIMARY KEY, selection TEXT NOT NULL, trigger TEXT NOT NULL, state TEXT NOT NULL,
                host TEXT NOT NULL, boot_id TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
                started_at INTEGER NOT NULL, finished_at INTEGER,
                event_count INTEGER NOT NULL DEFAULT 0, events_suppressed INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            CREATE INDEX run_by_start ON run (started_at, id);
            CREATE INDEX run_running ON run (id) WHERE state = 'running';
            CREATE TABLE step (
                run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, asset TEXT NOT NULL,
                partition TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER, started_at INTEGER, finished_at INTEGER,
                row_count INTEGER, bytes INTEGER, skip_reason TEXT, blocked_by TEXT,
                error_code TEXT, error_problem TEXT, error_remedy TEXT, error_category TEXT,
                PRIMARY KEY (run_id, asset, partition)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX step_by_asset ON step (asset, run_id);
            CREATE TABLE attempt (
                run_id TEXT NOT NULL, asset TEXT NOT NULL, partition TEXT NOT NULL, number INTEGER NOT NULL,
                epoch INTEGER NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
                row_count INTEGER, bytes INTEGER,
                error_code TEXT, error_problem TEXT, error_remedy TEXT, error_category TEXT,
                PRIMARY KEY (run_id, asset, partition, number),
                FOREIGN KEY (run_id, asset, partition) REFERENCES step (run_id, asset, partition) ON DELETE CASCADE
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE event (
                run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, sequence INTEGER NOT NULL,
                happened_at INTEGER NOT NULL, kind TEXT NOT NULL, asset TEXT, partition TEXT, body TEXT NOT NULL,
                PRIMARY KEY (run_id, sequence)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE asset_epoch (asset TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
            """,
        postgres: """
            CREATE TABLE run (
                id TEXT NOT NULL PRIMARY KEY, selection TEXT NOT NULL, trigger TEXT NOT NULL, state TEXT NOT NULL,
                host TEXT NOT NULL, boot_id TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks BIGINT NOT NULL,
                started_at BIGINT NOT NULL, finished_at BIGINT,
                event_count BIGINT NOT NULL DEFAULT 0, events_suppressed BIGINT NOT NULL DEFAULT 0
            );
            CREATE INDEX run_by_start ON run (started_at, id);
            CREATE INDEX run_running ON run (id) WHERE state = 'running';
            CREATE TABLE step (
                run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, asset TEXT NOT NULL,
                partition TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0, epoch BIGINT, started_at BIGINT, finished_at BIGINT,
                row_count BIGINT, bytes BIGINT, skip_reason TEXT, blocked_by TEXT,
                error_code TEXT, error_problem TEXT, error_remedy TEXT, error_category TEXT,
                PRIMARY KEY (run_id, asset, partition)
            );
            CREATE INDEX step_by_asset ON step (asset, run_id);
            CREATE TABLE attempt (
                run_id TEXT NOT NULL, asset TEXT NOT NULL, partition TEXT NOT NULL, number INTEGER NOT NULL,
                epoch BIGINT NOT NULL, state TEXT NOT NULL, started_at BIGINT NOT NULL, finished_at BIGINT,
                row_count BIGINT, bytes BIGINT,
                error_code TEXT, error_problem TEXT, error_remedy TEXT, error_category TEXT,
                PRIMARY KEY (run_id, asset, partition, number),
                FOREIGN KEY (run_id, asset, partition) REFERENCES step (run_id, asset, partition) ON DELETE CASCADE
            );
            CREATE TABLE event (
                run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, sequence BIGINT NOT NULL,
                happened_at BIGINT NOT NULL, kind TEXT NOT NULL, asset TEXT, partition TEXT, body TEXT NOT NULL,
                PRIMARY KEY (run_id, sequence)
            );
            CREATE TABLE asset_epoch (asset TEXT NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL);
            """)
}
