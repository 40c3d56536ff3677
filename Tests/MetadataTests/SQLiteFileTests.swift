import GRDB
import Glibc
import LakeModel
import TarnTesting
import Testing

@testable import Metadata

@Suite struct `A metadata file` {
    @Test func `that is no database is reported and left as it is`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let text = Array(String(repeating: "This is a shopping list. ", count: 100).utf8)
            try writeBytes(text, to: path)
            let failure = await #expect(throws: MetadataDamaged.self) {
                try await SQLiteMetadataStore.open(at: path, now: noon)
            }
            #expect(failure?.description.contains(path) == true)
            #expect(try readBytes(path) == text)
        }
    }

    @Test func `whose pages are overwritten is reported, not trusted`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let store = try await SQLiteMetadataStore.open(at: path, now: noon)
            _ = try await store.createRun(.sample())
            try store.close()
            var bytes = try readBytes(path)
            for index in 4_096..<bytes.count { bytes[index] = 0xA5 }
            try writeBytes(bytes, to: path)
            await #expect(throws: MetadataDamaged.self) {
                let store = try await SQLiteMetadataStore.open(at: path, now: noon)
                _ = try await store.runs(RunFilter())
            }
        }
    }

    @Test func `with a word that Tarn does not write is reported, not trusted`() async throws {
        try await withStore { store in
            _ = try await store.createRun(.sample())
            try await store.pool.write { try $0.execute(sql: "UPDATE run SET state = 'exploded'") }
            let failure = await #expect(throws: MetadataDamaged.self) { try await store.runs(RunFilter()) }
            #expect(failure?.detail.contains("state") == true)
        }
    }

    @Test func `of another program is refused and left as it is`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let other = try DatabaseQueue(path: path)
            try await other.write { try $0.execute(sql: "CREATE TABLE contacts (name TEXT)") }
            try other.close()
            await #expect(throws: MetadataForeign.self) {
                try await SQLiteMetadataStore.open(at: path, now: noon)
            }
            let again = try DatabaseQueue(path: path)
            #expect(try await again.read { try $0.tableExists("schema_migration") } == false)
            try again.close()
        }
    }

    @Test func `of a later Tarn is refused with both versions`() async throws {
        try await withStore { store in
            try await store.pool.write {
                try $0.execute(sql: "INSERT INTO schema_migration VALUES (99, 'from_the_future', 0)")
            }
            let failure = await #expect(throws: MetadataTooNew.self) {
                try await SQLiteMetadataStore.open(at: store.path, now: noon)
            }
            #expect(failure?.version == 99)
            #expect(failure?.known == Migration.newest)
        }
    }

    @Test func `in a folder that does not exist is created with it, but not with two`() async throws {
        try await withFolder { folder in
            let store = try await SQLiteMetadataStore.open(at: "\(folder)/one/metadata.sqlite", now: noon)
            try store.close()
            unlink("\(folder)/one/metadata.sqlite")
            rmdir("\(folder)/one")
            await #expect(throws: MetadataInaccessible.self) {
                try await SQLiteMetadataStore.open(at: "\(folder)/one/two/metadata.sqlite", now: noon)
            }
        }
    }

    @Test func `that cannot grow says that the disk is full, and keeps what it had`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let store = try SQLiteMetadataStore(path: path, now: noon, busyTimeout: .seconds(1), pagesMax: 60)
            _ = try await store.createRun(.sample())
            let values = Dictionary(
                uniqueKeysWithValues: (0..<200).map { ("\($0)", String(repeating: "x", count: 4_000)) })
            await #expect(throws: MetadataDiskFull.self) {
                try await store.storeFacts(FactNamespace("n"), values, at: noon)
            }
            #expect(try await store.facts(FactNamespace("n"), keys: Array(values.keys)) == [:])
            #expect(try await store.runs(RunFilter()).count == 1)
            try store.close()
        }
    }

    /// What a first release wrote, frozen as text. A change here is a change of history.
    static let version1 = """
        PRAGMA application_id = 1413567054;
        CREATE TABLE schema_migration (
            number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
        INSERT INTO schema_migration VALUES (1, 'create_runs', 1789000000000000);
        CREATE TABLE run (
            id TEXT NOT NULL PRIMARY KEY, selection TEXT NOT NULL, trigger TEXT NOT NULL, state TEXT NOT NULL,
            host TEXT NOT NULL, boot_id TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
            started_at INTEGER NOT NULL, finished_at INTEGER,
            event_count INTEGER NOT NULL DEFAULT 0, events_suppressed INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX run_by_start ON run (started_at, id);
        CREATE INDEX run_running ON run (id) WHERE state = 'running';
        CREATE TABLE step (
            run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, asset TEXT NOT NULL,
            partition TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER, started_at INTEGER, finished_at INTEGER,
            row_count INTEGER, bytes INTEGER, skip_reason TEXT, blocked_by TEXT,
            error_code TEXT, error_problem TEXT, error_remedy TEXT, error_category TEXT,
            PRIMARY KEY (run_id, asset, partition)) STRICT, WITHOUT ROWID;
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
            PRIMARY KEY (run_id, sequence)) STRICT, WITHOUT ROWID;
        CREATE TABLE asset_epoch (asset TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
        INSERT INTO run VALUES ('20260909T010000Z-00000a', 'silver.*', 'schedule', 'failed', 'etl-1', 'boot', 42, 7,
            1789000000000000, 1789000060000000, 1, 0);
        INSERT INTO step VALUES ('20260909T010000Z-00000a', 'silver.fact_invoice', '', 0, 'failed', 1, 3,
            1789000000000000, 1789000060000000, NULL, NULL, NULL, NULL, 'model.query-failed', 'No such column.',
            'Name it.', 'bad_query');
        INSERT INTO attempt VALUES ('20260909T010000Z-00000a', 'silver.fact_invoice', '', 1, 3, 'failed',
            1789000000000000, 1789000060000000, NULL, NULL, 'model.query-failed', 'No such column.', 'Name it.',
            'bad_query');
        INSERT INTO event VALUES ('20260909T010000Z-00000a', 1, 1789000000000000, 'run_started', NULL, NULL, '');
        INSERT INTO asset_epoch VALUES ('silver.fact_invoice', 3);
        """

    @Test func `of version 1 is upgraded and keeps its runs and epochs`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let old = try DatabaseQueue(path: path)
            try old.inDatabase { try $0.execute(sql: `A metadata file`.version1) }
            try old.close()

            let store = try await SQLiteMetadataStore.open(at: path, now: noon)
            let report = try #require(try await store.run(try runID("20260909T010000Z-00000a")))
            #expect(report.summary.state == .failed)
            #expect(report.steps.first?.failure?.category == .badQuery)
            #expect(report.steps.first?.attempts.first?.epoch == LeaseEpoch(3))
            #expect(
                try await store.events(of: report.summary.id, after: 0, limit: 9).map(\.draft.kind) == [
                    .runStarted
                ])
            try await store.commit([.materialized([.sample()])])
            let step = StepID(run: try runID("r2"), asset: try assetKey("silver.fact_invoice"))
            _ = try await store.createRun(.sample("r2"), steps: [PlannedStep(step)])
            let claims = try await store.claim(
                ClaimRequest(
                    owner: WorkerID("w"), run: step.run, stepsMax: 1, leaseFor: .seconds(60), now: noon))
            #expect(claims.map(\.epoch) == [LeaseEpoch(4)])
            let applied = try await store.pool.read {
                try Int.fetchAll($0, sql: "SELECT number FROM schema_migration ORDER BY number")
            }
            #expect(applied == Migration.all.map(\.number))
            try store.close()
        }
    }

    @Test func `is left at the last whole version when a migration fails`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let pool = try DatabasePool(path: path)
            let broken = Migration(
                number: 2, name: "broken", sqlite: "CREATE TABLE half (a); SELECT nonsense", postgres: "")
            let migrator = SQLiteMigrator(database: path, migrations: [Migration.all[0], broken])
            #expect(throws: DatabaseError.self) { try migrator.upgrade(pool, now: noon) }
            #expect(try await pool.read { try $0.tableExists("half") } == false)
            #expect(
                try await pool.read { try Int.fetchOne($0, sql: "SELECT max(number) FROM schema_migration") }
                    == 1)
            try pool.close()
            let store = try await SQLiteMetadataStore.open(at: path, now: noon)
            _ = try await store.createRun(.sample())
            try store.close()
        }
    }

    @Test func `has migrations that are numbered in order and say the same in both dialects`() {
        #expect(Migration.all.map(\.number) == Array(1...Migration.newest))
        for migration in Migration.all {
            func names(_ sql: String) -> [Substring] {
                sql.split(whereSeparator: { " \n(),;".contains($0) }).filter {
                    $0.contains("_") || $0 == $0.lowercased()
                }
            }
            #expect(names(migration.sqlite) == names(migration.postgres))
        }
    }
}
