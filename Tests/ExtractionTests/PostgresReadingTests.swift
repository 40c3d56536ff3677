import Blocking
import Extraction
import LakeModel
import LakeStore
import Postgres
import Project
import TarnTesting
import Testing

@Suite struct `An extraction from PostgreSQL` {
    private static let large = [
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, v text)",
        """
        INSERT INTO t SELECT n, '2024-01-01'::timestamptz + n * interval '1 second', 'row ' || n \
        FROM generate_series(1, 600000) AS n
        """, "DELETE FROM t WHERE id % 100 = 7", "ANALYZE t",
    ]

    @Test func `reads a large table by several connections in one snapshot, every row once`() async throws {
        try await withPostgreSQL(Self.large) { lake, _ in
            let (manifest, ledger) = try await lake.commit(.full())
            #expect(ledger.rows == 594_000)
            #expect(
                manifest.origin.remarks?.contains("4 connections read one state: one exported snapshot.")
                    == true)
            #expect(
                try await lake.query("SELECT count(*), count(DISTINCT id), sum(id) FROM bronze_s.t")
                    == ["594000|594000|178200558000"])
        }
    }

    @Test func `reads partitions, some of them foreign to the account, and inherited rows`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id int, day date, v text) PARTITION BY RANGE (day)",
            "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
            "CREATE TABLE t2 (v text, day date, id int)", "ALTER TABLE t2 DROP COLUMN v, ADD COLUMN v text",
            "ALTER TABLE t ATTACH PARTITION t2 DEFAULT",
            """
            INSERT INTO t SELECT n, '2024-01-01'::date + n % 60, 'row ' || n \
            FROM generate_series(1, 600000) AS n
            """, "ANALYZE t",
        ]) { lake, _ in
            let (manifest, _) = try await lake.commit(.full())
            #expect(manifest.rows == 600_000)
            #expect(
                try await lake.query(
                    "SELECT count(DISTINCT id), count(*) FILTER (v = 'row ' || id) FROM bronze_s.t"
                ) == ["600000|600000"])
        }
    }

    @Test func `sees one state while others write, and counts what it reads`() async throws {
        try await withPostgreSQL(Self.large) { lake, settings in
            let (manifest, _) = try await withThrowingTaskGroup { group in
                group.addTask {
                    for _ in 0..<20 {
                        try await change(
                            settings,
                            ["UPDATE t SET v = v || '!' WHERE id < 200", "DELETE FROM t WHERE id = 200"])
                    }
                }
                let committed = try await lake.commit(.full())
                try await group.waitForAll()
                return committed
            }
            #expect(manifest.rows == manifest.origin.rows)
            #expect(
                try await lake.query(
                    "SELECT count(DISTINCT length(v)) FROM bronze_s.t WHERE id BETWEEN 100 AND 199")
                    == ["1"])
        }
    }

    @Test func `finds a row that was stamped before the bound and committed after it`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id int PRIMARY KEY, at timestamptz NOT NULL)",
            "INSERT INTO t VALUES (1, now() - interval '1 hour')",
        ]) { lake, settings in
            let writer = try await BlockingPool.shared.run { Lent(try PostgresConnection(settings)) }
            _ = try await BlockingPool.shared.run {
                try writer.value.execute("BEGIN; INSERT INTO t VALUES (2, now())")
            }
            try await change(
                settings, ["SELECT pg_sleep(2)", "INSERT INTO t VALUES (3, now())", "SELECT pg_sleep(2)"])
            _ = try await lake.commit(.incremental())
            #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "3"])
            _ = try await BlockingPool.shared.run { try writer.value.execute("COMMIT") }
            _ = try await lake.commit(.incremental())
            #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2", "3"])
            try await lake.expectNothingNew(.incremental())
        }
    }

    @Test func `says that it cannot see the writers of other accounts`() async throws {
        try await withPostgreSQL(["CREATE TABLE t (id int PRIMARY KEY, at timestamptz)"]) { _, settings in
            let role = "reader_\(settings.database)"
            try await change(
                settings,
                [
                    "INSERT INTO t VALUES (1, now() - interval '1 hour')",
                    "CREATE ROLE \(role) LOGIN PASSWORD 'sesame'", "GRANT SELECT ON t TO \(role)",
                ])
            let lake = try LittleLake(postgres: settings.changed(user: role, password: "sesame"))
            let writer = try await BlockingPool.shared.run { Lent(try PostgresConnection(settings)) }
            _ = try await BlockingPool.shared.run {
                try writer.value.execute("BEGIN; INSERT INTO t VALUES (2, now())")
            }
            let (manifest, _) = try await lake.commit(.incremental())
            #expect(manifest.origin.remarks?.contains { $0.contains("pg_read_all_stats") } == true)
            _ = try await BlockingPool.shared.run { try writer.value.execute("ROLLBACK") }
            try await change(settings, ["DROP OWNED BY \(role)", "DROP ROLE \(role)"])
        }
    }

    @Test(arguments: ["date", "timestamp", "timestamptz"])
    func `reads only what is new by a cursor of any time`(type: String) async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id int PRIMARY KEY, at \(type))",
            "INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-05'), (3, NULL), (4, '-infinity')",
        ]) { lake, settings in
            #expect(try await lake.commit(.incremental()).1.rows == 4)
            try await lake.expectNothingNew(.incremental())
            try await change(
                settings, ["INSERT INTO t VALUES (5, '2024-02-01')", "INSERT INTO t VALUES (6, 'infinity')"])
            let (_, ledger) = try await lake.commit(.incremental())
            #expect(ledger.cursorMax?.leading == .time(microseconds: 1_706_745_600_000_000))
            #expect(
                try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == [
                    "1", "2", "3", "4", "5", "6",
                ])
        }
    }

    @Test func `reads by a number and by two columns`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id bigint PRIMARY KEY, batch int NOT NULL, line smallint NOT NULL)",
            "INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)",
        ]) { lake, settings in
            #expect(try await lake.commit(.incremental(cursor: "id")).1.rows == 3)
            try await change(settings, ["INSERT INTO t VALUES (9, 2, 2)"])
            let (_, ledger) = try await lake.commit(.incremental(cursor: "id"))
            #expect(ledger.rows == 1 && ledger.cursorMax == .integer(9))
        }
    }

    @Test func `names what is wrong with the table`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE customers (id int)", "CREATE SCHEMA crm", "CREATE TABLE crm.leads (id int)",
        ]) { lake, _ in
            let missing = await #expect(throws: ExtractionMistake.self) {
                try await lake.extract(.full("customer"))
            }
            #expect(missing?.code == "extraction.unknown-table")
            #expect(missing?.remedy.contains("Did you mean 'customers'?") == true)
            let other = await #expect(throws: ExtractionMistake.self) {
                try await lake.extract(.full("crm.lead"))
            }
            #expect(other?.remedy.contains("'crm.leads'") == true)
        }
    }

    @Test func `of a table that it may not read says what to grant`() async throws {
        try await withPostgreSQL(["CREATE TABLE t (id int)"]) { _, settings in
            let role = "nobody_\(settings.database)"
            try await change(settings, ["CREATE ROLE \(role) LOGIN PASSWORD 'sesame'"])
            func lake(_ password: String) throws -> LittleLake {
                try LittleLake(postgres: settings.changed(user: role, password: password))
            }
            let refused = await #expect(throws: SourceUnavailable.self) {
                try await lake("sesame").extract(.full())
            }
            #expect(
                refused?.code == "source.access-denied" && refused?.remedy.contains("GRANT SELECT") == true)
            let wrong = await #expect(throws: SourceUnavailable.self) {
                try await lake("wrong").extract(.full())
            }
            #expect(wrong?.code == "source.access-denied" && wrong?.category == .authExpired)
            #expect(!"\(String(describing: wrong))".contains("wrong,"))
            try await change(settings, ["DROP ROLE \(role)"])
        }
    }

    @Test func `whose backend is killed in its middle commits nothing and leaves nothing behind`()
        async throws
    {
        try await withPostgreSQL(Self.large) { lake, settings in
            let progress = ExtractionProgress()
            let error = await #expect(throws: SourceUnavailable.self) {
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        while progress.rows == 0 { await Task.yield() }
                        try await change(settings, [terminateReaders])
                    }
                    _ = try await lake.extract(.full(), progress: progress)
                    try await group.waitForAll()
                }
            }
            #expect(error?.code == "source.interrupted" && error?.isTransient == true)
            let (files, left) = (try await lake.files(), try await readers(settings))
            #expect(files.filter { $0.hasPrefix("bronze/") } == [] && left == 0)
            let (manifest, _) = try await lake.commit(.full())
            #expect(manifest.rows == 594_000)
        }
    }

    @Test func `that is cancelled stops at the server too`() async throws {
        try await withPostgreSQL(Self.large) { lake, settings in
            let progress = ExtractionProgress()
            await withTaskGroup { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await lake.extract(.full(), progress: progress)
                    }
                }
                while progress.rows == 0 { await Task.yield() }
                group.cancelAll()
            }
            let deadline = ContinuousClock.now + .seconds(30)
            while try await readers(settings) > 0 { try #require(ContinuousClock.now < deadline) }
        }
    }

    @Test func `waits for nobody who empties the table meanwhile`() async throws {
        try await withPostgreSQL(Self.large) { lake, settings in
            var impatient = settings
            impatient.lockTimeout = .milliseconds(100)
            let progress = ExtractionProgress()
            let (manifest, _) = try await withThrowingTaskGroup { [impatient] group in
                group.addTask {
                    while progress.rows == 0 { await Task.yield() }
                    // The readers hold a lock: to them an emptied table would look empty at once.
                    await #expect(throws: PostgresError.self) { try await change(impatient, ["TRUNCATE t"]) }
                }
                let committed = try await commit(lake, progress)
                try await group.waitForAll()
                return committed
            }
            #expect(manifest.rows == 594_000)
        }
    }

    private func commit(
        _ lake: LittleLake, _ progress: ExtractionProgress
    ) async throws -> (BronzeManifest, ExtractionLedger) {
        guard case .committed(let manifest, let ledger) = try await lake.extract(.full(), progress: progress)
        else { throw CancellationError() }
        return (manifest, ledger)
    }

    private var terminateReaders: String {
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE application_name = 'tarn' AND datname = current_database()
        """
    }

    private func readers(_ settings: PostgresSettings) async throws -> Int {
        try await BlockingPool.shared.run {
            try PostgresConnection(settings).query(
                """
                SELECT pid FROM pg_stat_activity WHERE application_name = 'tarn' \
                AND datname = current_database()
                """
            ).rows.count
        }
    }
}

extension PostgresSettings {
    fileprivate func changed(user: String, password: String) -> PostgresSettings {
        var settings = self
        (settings.user, settings.password) = (user, password)
        return settings
    }
}

/// A connection on its way from one blocking thread to the next.
///
/// Sendable because a test uses it on one thread at a time.
private struct Lent: @unchecked Sendable {
    let value: PostgresConnection
    init(_ value: PostgresConnection) { self.value = value }
}
