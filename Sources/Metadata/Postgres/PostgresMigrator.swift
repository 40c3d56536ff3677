internal import LakeModel
internal import Postgres

/// Brings a schema of a PostgreSQL database to the newest version.
struct PostgresMigrator {
    let database: String
    let schema: String
    var migrations = Migration.all

    /// Applies the migrations that are missing, each in a transaction of its own. Nodes that do this at once
    /// wait for each other.
    func upgrade(_ sessions: PostgresSessions, now: Timestamp) throws {
        let name = PostgresSessions.quoted(schema)
        let lock = "pg_advisory_xact_lock(hashtext(\(quotedLiteral("tarn migrations of \(schema)"))))"
        try sessions.transaction(readOnly: false) { connection in
            // Two that create a schema at once collide, `IF NOT EXISTS` or not.
            _ = try connection.query("SELECT \(lock)")
            let isThere = try connection.query(
                "SELECT 1 FROM pg_namespace WHERE nspname = \(quotedLiteral(schema))")
            if isThere.rows.isEmpty { try connection.execute("CREATE SCHEMA \(name)") }
        }
        var version = 0
        repeat {
            version = try sessions.transaction(readOnly: false) { connection in
                _ = try connection.query("SELECT \(lock)")
                let version = try self.version(connection)
                guard version < migrations.count else { return version }
                try apply(migrations[version], connection, now: now)
                return version + 1
            }
        } while version < migrations.count
    }

    private func apply(_ migration: Migration, _ connection: PostgresConnection, now: Timestamp) throws {
        if migration.number == 1 {
            try connection.execute(
                """
                CREATE TABLE schema_migration (
                    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL
                )
                """)
        }
        try connection.execute(migration.postgres)
        try connection.execute(
            """
            INSERT INTO schema_migration (number, name, applied_at)
            VALUES (\(migration.number), \(quotedLiteral(migration.name)), \(now.microseconds))
            """)
    }

    /// The number of the last migration; 0 for a schema without tables.
    private func version(_ connection: PostgresConnection) throws -> Int {
        let tables = try connection.query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = \(quotedLiteral(schema))"
        ).rows.compactMap { $0.first ?? nil }
        guard tables.contains("schema_migration") else {
            guard tables.isEmpty else { throw MetadataForeign(database: "\(database), schema \(schema)") }
            return 0
        }
        let newest = try connection.query("SELECT max(number) FROM schema_migration").rows.first?.first
        let version = newest.flatMap { $0 }.flatMap { Int($0) } ?? 0
        guard version <= migrations.count else {
            throw MetadataTooNew(database: database, version: version, known: migrations.count)
        }
        return version
    }
}
