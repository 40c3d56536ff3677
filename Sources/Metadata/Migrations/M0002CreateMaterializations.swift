extension Migration {
    /// What was published, and when it was last found unchanged.
    ///
    /// `asset_latest` points at the newest row of each asset, so that a start-up reads as many rows as
    /// there are assets and not the history of years. Runs may be deleted before their materializations: no
    /// foreign key.
    static let m0002CreateMaterializations = Migration(
        number: 2, name: "create_materializations",
        sqlite: """
            CREATE TABLE materialization (
                asset TEXT NOT NULL, partition TEXT NOT NULL, run_id TEXT NOT NULL, version TEXT NOT NULL,
                code_hash TEXT NOT NULL, row_count INTEGER NOT NULL, bytes INTEGER NOT NULL,
                columns TEXT NOT NULL, inputs TEXT NOT NULL,
                started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL,
                PRIMARY KEY (asset, partition, run_id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX materialization_by_end ON materialization (asset, finished_at);
            CREATE TABLE asset_latest (
                asset TEXT NOT NULL PRIMARY KEY, partition TEXT NOT NULL, run_id TEXT NOT NULL,
                finished_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE verification (
                asset TEXT NOT NULL PRIMARY KEY, run_id TEXT NOT NULL, verified_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            """,
        postgres: """
            CREATE TABLE materialization (
                asset TEXT NOT NULL, partition TEXT NOT NULL, run_id TEXT NOT NULL, version TEXT NOT NULL,
                code_hash TEXT NOT NULL, row_count BIGINT NOT NULL, bytes BIGINT NOT NULL,
                columns TEXT NOT NULL, inputs TEXT NOT NULL,
                started_at BIGINT NOT NULL, finished_at BIGINT NOT NULL,
                PRIMARY KEY (asset, partition, run_id)
            );
            CREATE INDEX materialization_by_end ON materialization (asset, finished_at);
            CREATE TABLE asset_latest (
                asset TEXT NOT NULL PRIMARY KEY, partition TEXT NOT NULL, run_id TEXT NOT NULL,
                finished_at BIGINT NOT NULL
            );
            CREATE TABLE verification (
                asset TEXT NOT NULL PRIMARY KEY, run_id TEXT NOT NULL, verified_at BIGINT NOT NULL
            );
            """)
}
