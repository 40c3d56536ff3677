extension Migration {
    /// Derived facts such as what a model's SQL reads: parsing all models took most of a run that changes
    /// nothing.
    static let m0004CreateFacts = Migration(
        number: 4, name: "create_facts",
        sqlite: """
            CREATE TABLE fact (
                namespace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, stored_at INTEGER NOT NULL,
                PRIMARY KEY (namespace, key)
            ) STRICT, WITHOUT ROWID;
            """,
        postgres: """
            CREATE TABLE fact (
                namespace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, stored_at BIGINT NOT NULL,
                PRIMARY KEY (namespace, key)
            );
            """)
}
