import Blocking
import Extraction
import LakeModel
import LakeStore
import MySQL
import Project
import Testing

@Suite struct `The rules of the lake, broken by an extraction` {
    private static let orders = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v TEXT);"

    private func bytes(of path: String, in lake: LittleLake) async throws -> [UInt8] {
        try await lake.store.readAll(try #require(LakePath(path)), bytesMax: ByteCount(1_000_000))
    }

    @Test func `1 bronze is immutable: yesterday's files stay byte for byte`() async throws {
        let lake = try LittleLake(
            sqlite: Self.orders + "INSERT INTO t VALUES (1, '2024-01-01 00:00:00', 'a')")
        _ = try await lake.commit(.full())
        let yesterday = try await lake.files().filter { $0.hasPrefix("bronze/") }
        #expect(yesterday.count == 2)
        var before: [[UInt8]] = []
        for path in yesterday { before.append(try await bytes(of: path, in: lake)) }
        lake.passMidnight()
        try lake.execute("DELETE FROM t; INSERT INTO t VALUES (2, '2024-01-02 00:00:00', 'b')")
        _ = try await lake.commit(.full())
        for (path, old) in zip(yesterday, before) { #expect(try await bytes(of: path, in: lake) == old) }
        #expect(try await lake.query("SELECT v FROM bronze_s.t") == ["b"])
        let file = try #require(yesterday.first.flatMap { LakePath($0) })
        await #expect(throws: PartitionSealed.self) { try await lake.store.delete(file) }
    }

    @Test func `2 a commit is one act: a failure in mid-stream leaves the old state and no trace in bronze`()
        async throws
    {
        let lake = try LittleLake(
            sqlite: Self.orders + "INSERT INTO t VALUES (1, '2024-01-01 00:00:00', 'a')")
        _ = try await lake.commit(.incremental())
        let before = try await lake.files()
        try lake.execute("INSERT INTO t VALUES (2, '2024-01-02 00:00:00', 'b')")
        // A folder stands where the staged file must go.
        let (asset, broken) = (try #require(AssetKey("bronze_s.t")), try #require(RunID("broken")))
        let staged = LakeLayout.staged(asset, of: broken)
        _ = try await lake.store.write(.bytes([]), to: staged.appending("x"), .unconditionally)
        await #expect(throws: (any Error).self) { try await lake.extract(.incremental(), run: "broken") }
        #expect(try await lake.files().filter { !$0.contains("staging") } == before)
        #expect(try await lake.query("SELECT v FROM bronze_s.t") == ["a"])
        let rows = try await lake.commit(.incremental()).1.rows
        #expect(rows == 1)
    }

    @Test func `3 a retry is harmless: the same run again changes nothing`() async throws {
        let lake = try LittleLake(
            sqlite: Self.orders + "INSERT INTO t VALUES (1, '2024-01-01 00:00:00', 'a')")
        for table in [try TableDefinition.full(), try .full()] {
            guard case .committed(let manifest, _) = try await lake.extract(table, run: "same") else {
                Issue.record("nothing was committed")
                continue
            }
            #expect(manifest.files.map(\.name) == ["t_same.parquet"])
        }
        #expect(try await lake.files().filter { $0.hasSuffix(".parquet") }.count == 1)
        // Another run's snapshot of the same day replaces the file.
        _ = try await lake.commit(.full())
        #expect(try await lake.files().filter { $0.hasSuffix(".parquet") }.count == 1)
    }

    @Test func `4 a watermark moves only with rows: a refused extraction leaves it where it was`()
        async throws
    {
        let lake = try LittleLake(
            sqlite: "CREATE TABLE t (k INT, at DATETIME); INSERT INTO t VALUES (1, '2024-01-01 10:00:00')")
        let table = try TableDefinition.incremental(key: ["k"])
        _ = try await lake.commit(table)
        let path = LakeLayout.watermark(try #require(SourceName("s")), try #require(TableName("t")))
        let before = try await lake.store.readAll(path, bytesMax: ByteCount(10_000))
        try lake.execute("INSERT INTO t VALUES (2, '2024-01-02 10:00:00'), (NULL, '2024-01-03 10:00:00')")
        await #expect(throws: ExtractionMistake.self) { try await lake.extract(table) }
        #expect(try await lake.store.readAll(path, bytesMax: ByteCount(10_000)) == before)
        try lake.execute("DELETE FROM t WHERE k IS NULL")
        #expect(try await lake.commit(table).1.rows == 1)
        // An older row than the watermark never moves it back.
        try lake.execute("INSERT INTO t VALUES (3, '2023-01-01 10:00:00')")
        try await lake.expectNothingNew(table)
        _ = try await lake.commit(table, isFullRefresh: true)
        let watermark = try await WatermarkStore(lake.store).load(
            #require(SourceName("s")), #require(TableName("t")), cursor: "at"
        ).watermark
        #expect(
            watermark?.value
                == Timestamp("2024-01-02T10:00:00Z").map { .time(microseconds: $0.microseconds + 1) })
    }

    @Test func `10 no silent loss: every value that could not be kept is counted in the manifest`()
        async throws
    {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (a INT, b DATE, c DECIMAL(4,1), d TEXT);
                INSERT INTO t VALUES ('x', '0000-00-00', 1.25, x'ff'), (99999999999, '2024-00-00', 10000, 'fine'), (NULL, NULL, NULL, NULL)
                """)
        let (manifest, ledger) = try await lake.commit(.full())
        #expect(manifest.rows == 3 && ledger.rows == 3)
        #expect(
            manifest.conversions.map { "\($0.column) \($0.reason.rawValue) \($0.values)" } == [
                "a out_of_range 1", "a wrong_type 1", "b partial_date 1", "b zero_date 1", "c out_of_range 1",
                "c rounded 1",
                "d invalid_text 1",
            ])
        let nulls = try await lake.query(
            "SELECT count(*) FILTER (a IS NULL), count(*) FILTER (b IS NULL), count(*) FILTER (c IS NULL) FROM bronze_s.t"
        )
        #expect(nulls == ["3|3|2"])
    }

    @Test func `10 no silent loss: a snapshot with other rows than the source counted is refused`()
        async throws
    {
        // A view whose rows are another number every time it is asked: the count and the reading differ.
        try await withMariaDB([
            "CREATE TABLE t (id INT) ENGINE=InnoDB",
            "INSERT INTO t SELECT seq FROM seq_1_to_100000",
            // The LIMIT keeps the number from being drawn for every row: two askings agree once in 100,000.
            "CREATE VIEW v AS SELECT id FROM t JOIN (SELECT FLOOR(RAND() * 100000) AS n LIMIT 1) AS d ON id <= n",
        ]) { lake, _ in
            let mistake = await #expect(throws: ExtractionMistake.self) { try await lake.extract(.full("v")) }
            #expect(mistake?.code == "extraction.lost-rows")
            #expect(try await lake.manifest(of: "v") == nil)
            let (manifest, ledger) = try await lake.commit(.full())
            #expect(manifest.origin.rows == 100_000 && ledger.rows == 100_000)
        }
    }
}

@Suite struct `A cancelled extraction` {
    @Test func `stops while the server counts, at the server too`() async throws {
        let view = "CREATE VIEW v AS SELECT a.seq AS id FROM seq_1_to_10000000 a, seq_1_to_10000000 b"
        try await withMariaDB([view]) { lake, settings in
            try await expectStop(lake) { _ in
                // The server shows the statement once it runs.
                while try await statements(on: settings) == 0 { await Task.yield() }
            }
            while try await statements(on: settings) > 0 { await Task.yield() }
        }
    }

    @Test func `stops before the first row of a slow query came`() async throws {
        // Its count is quick, its rows take a quarter of an hour.
        try await withMariaDB(["CREATE VIEW v AS SELECT seq AS id, SLEEP(0.01) AS s FROM seq_1_to_100000"]) {
            lake, settings in
            try await expectStop(lake) { _ in
                while try await statements(on: settings) == 0 { await Task.yield() }
            }
            while try await statements(on: settings) > 0 { await Task.yield() }
        }
    }

    @Test func `stops in the middle of a large stream and commits nothing`() async throws {
        try await withMariaDB(["CREATE VIEW v AS SELECT seq AS id FROM seq_1_to_20000000"]) { lake, _ in
            try await expectStop(lake) { progress in
                while progress.rows == 0 { await Task.yield() }
            }
        }
    }

    @Test func `stops a SQLite query that never gives a row`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE VIEW v AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)
                SELECT i AS id FROM r WHERE i < 0
                """)
        // The claim holds at every instant; the pause only makes it likely that the query runs.
        try await expectStop(lake) { _ in try await Task.sleep(for: .milliseconds(50)) }
    }

    private func expectStop(_ lake: LittleLake, when isRunning: (ExtractionProgress) async throws -> Void)
        async throws
    {
        let table = try TableDefinition.full("v")
        let progress = ExtractionProgress()
        let extraction = Task { try await lake.extract(table, progress: progress) }
        try await isRunning(progress)
        let cancelled = ContinuousClock.now
        extraction.cancel()
        let result = await extraction.result
        #expect(ContinuousClock.now - cancelled < .seconds(30))
        #expect(throws: CancellationError.self) { try result.get() }
        #expect(try await lake.manifest(of: "v") == nil)
        #expect(try await lake.files().filter { $0.hasPrefix("bronze") } == [])
    }

    private func statements(on settings: MySQLSettings) async throws -> Int {
        try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            defer { connection.close() }
            return try connection.query(
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%FROM `v`%' AND id <> CONNECTION_ID()"
            ).rows.count
        }
    }
}
