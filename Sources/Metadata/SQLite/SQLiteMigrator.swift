internal import GRDB
internal import LakeModel

/// Brings an SQLite file to the newest version.
struct SQLiteMigrator {
    /// "TARN": `PRAGMA application_id` tells our files from other programs'.
    static let applicationID = 0x5441_524E

    let database: String
    var migrations = Migration.all

    /// Applies the migrations that are missing, each in a transaction of its own.
    ///
    /// Two processes may do this at once: each looks again inside the transaction. An up-to-date file is only
    /// read.
    func upgrade(_ pool: DatabasePool, now: Timestamp) throws {
        // On the writer, which is open already: a reader would be one more connection to open.
        var version = try pool.writeWithoutTransaction { try self.version(of: $0) }
        while version < migrations.count {
            version = try pool.write { db in
                let version = try self.version(of: db)
                guard version < migrations.count else { return version }
                try apply(migrations[version], to: db, now: now)
                return version + 1
            }
        }
    }

    private func apply(_ migration: Migration, to db: Database, now: Timestamp) throws {
        if migration.number == 1 {
            try db.execute(
                sql: """
                    PRAGMA application_id = \(SQLiteMigrator.applicationID);
                    CREATE TABLE schema_migration (
                        number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        try db.execute(sql: migration.sqlite)
        try db.execute(
            sql: "INSERT INTO schema_migration (number, name, applied_at) VALUES (?, ?, ?)",
            arguments: [migration.number, migration.name, now.microseconds])
    }

    /// The number of the last migration; 0 for a file without tables.
    private func version(of db: Database) throws -> Int {
        let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        guard id == SQLiteMigrator.applicationID else {
            let objects = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            guard id == 0, objects == 0 else { throw MetadataForeign(database: database) }
            return 0
        }
        let version = try Int.fetchOne(db, sql: "SELECT max(number) FROM schema_migration") ?? 0
        guard version <= migrations.count else {
            throw MetadataTooNew(database: database, version: version, known: migrations.count)
        }
        return version
    }
}
