extension Migration {
    /// The history of comparisons with the sources: drift is judged over days, not once.
    static let m0003CreateReconciliations = Migration(
        number: 3, name: "create_reconciliations",
        sqlite: """
            CREATE TABLE reconciliation (
                asset TEXT NOT NULL, measure TEXT NOT NULL, compared_at INTEGER NOT NULL, run_id TEXT,
                source_value INTEGER, lake_value INTEGER, tolerance REAL NOT NULL, drift REAL,
                verdict TEXT NOT NULL, detail TEXT NOT NULL,
                PRIMARY KEY (asset, measure, compared_at)
            ) STRICT, WITHOUT ROWID;
            """,
        postgres: """
            CREATE TABLE reconciliation (
                asset TEXT NOT NULL, measure TEXT NOT NULL, compared_at BIGINT NOT NULL, run_id TEXT,
                source_value BIGINT, lake_value BIGINT, tolerance DOUBLE PRECISION NOT NULL,
                drift DOUBLE PRECISION, verdict TEXT NOT NULL, detail TEXT NOT NULL,
                PRIMARY KEY (asset, measure, compared_at)
            );
            """)
}
