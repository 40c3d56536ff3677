import Extraction
import LakeModel
import LakeStore
import MySQL
import Project
import Testing

@Suite struct `An incremental extraction` {
    private static let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v TEXT);"

    private func watermark(_ lake: LittleLake) async throws -> LoadedWatermark {
        try await WatermarkStore(lake.store).load(
            #require(SourceName("s")), #require(TableName("t")), cursor: "at")
    }

    @Test func `reads everything first, then what is new or changed, and commits nothing if nothing is`()
        async throws
    {
        let lake = try LittleLake(
            sqlite: Self.table
                + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 11:00:00', 'b')")
        #expect(try await lake.commit(.incremental()).1.rows == 2)
        try await lake.expectNothingNew(.incremental())
        try lake.execute("INSERT INTO t VALUES (3, '2024-01-02 10:00:00', 'c')")
        try lake.execute("UPDATE t SET v = 'A', at = '2024-01-02 11:00:00' WHERE id = 1")
        #expect(try await lake.commit(.incremental()).1.rows == 2)
        #expect(try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|A", "2|b", "3|c"])
        try await lake.expectNothingNew(.incremental())
        #expect(try await lake.files().filter { $0.contains("staging") } == [])
        #expect(try #require(try await lake.manifest()).files.count == 2)
    }

    @Test func `keeps its rows over midnight`() async throws {
        let lake = try LittleLake(sqlite: Self.table + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a')")
        _ = try await lake.commit(.incremental())
        lake.passMidnight()
        try lake.execute("INSERT INTO t VALUES (2, '2024-01-02 10:00:00', 'b')")
        _ = try await lake.commit(.incremental())
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["2"])
        #expect(
            try await lake.query("SELECT id, ingestion_date FROM bronze_s.t__all ORDER BY id")
                == ["1|2024-10-04", "2|2024-10-05"])
    }

    @Test func `reads rows without a cursor value with the first load, also if that finds nothing else`()
        async throws
    {
        let lake = try LittleLake(
            sqlite: Self.table + "INSERT INTO t VALUES (1, NULL, 'a'), (2, '2024-01-01 10:00:00', 'b')")
        #expect(try await lake.commit(.incremental()).1.rows == 2)
        let empty = try LittleLake(sqlite: Self.table)
        #expect(try await empty.commit(.incremental()).1.rows == 0)
        try empty.execute("INSERT INTO t VALUES (1, NULL, 'late')")
        #expect(try await empty.commit(.incremental()).1.rows == 1)
        // It is still the beginning, but the row is known.
        try await empty.expectNothingNew(.incremental())
    }

    @Test func `finds a row of the second at which the last one ended`() async throws {
        let lake = try LittleLake(
            sqlite: Self.table + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00.000000', 'a')")
        _ = try await lake.commit(.incremental(overlap: .seconds(1)))
        // Committed late, with the time stamp at which the watermark stands.
        try lake.execute("INSERT INTO t VALUES (2, '2024-01-01 10:00:00.000000', 'b')")
        #expect(try await lake.commit(.incremental(overlap: .seconds(1))).1.rows == 2)
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["a", "b"])
    }

    @Test func `reads the overlap again without a commit unless it brings news`() async throws {
        let table = try TableDefinition.incremental(overlap: .seconds(3_600))
        let lake = try LittleLake(
            sqlite: Self.table
                + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 10:30:00', NULL)")
        _ = try await lake.commit(table)
        try await lake.expectNothingNew(table)
        lake.passMidnight()
        try await lake.expectNothingNew(table)
        // Changed without moving its cursor: the overlap is what finds it.
        try lake.execute("UPDATE t SET v = 'B' WHERE id = 2")
        _ = try await lake.commit(table)
        try await lake.expectNothingNew(table)
        #expect(try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|a", "2|B"])
    }

    @Test func `leaves rows of the running second for the next time and does not lose them`() async throws {
        let lake = try LittleLake(
            sqlite: Self.table
                + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (9, '2999-01-01 00:00:00', 'future')"
        )
        // A row of the future is read, too; the watermark does not follow it.
        let (manifest, ledger) = try await lake.commit(.incremental())
        #expect(ledger.rows == 2 && manifest.origin.rows == 2)
        let watermark = try #require(try await watermark(lake).watermark)
        #expect(watermark.value < .time(microseconds: 32_000_000_000_000_000))
        try await lake.expectNothingNew(.incremental())
        try lake.execute("INSERT INTO t VALUES (2, strftime('%Y-%m-%d %H:%M:%S', 'now'), 'now')")
        var commits = 0
        while commits == 0 {
            if case .committed = try await lake.extract(.incremental()) { commits += 1 }
        }
        #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2", "9"])
    }

    @Test func `knows rows again whose cursor is no time, which it counts`() async throws {
        let lake = try LittleLake(
            sqlite: Self.table
                + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, 'about noon', 'b')")
        try lake.execute("UPDATE t SET at = '2024-01-01 noon' WHERE id = 2")
        #expect(try await lake.commit(.incremental()).0.conversions.map(\.values) == [1])
        try await lake.expectNothingNew(.incremental())
        #expect(
            try await lake.query("SELECT id, \"at\" FROM bronze_s.t ORDER BY id") == [
                "1|2024-01-01 10:00:00", "2|NULL",
            ])
    }

    @Test func `follows a number`() async throws {
        let table = try TableDefinition.incremental(cursor: "id")
        let lake = try LittleLake(
            sqlite:
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (-5, 'm'), (10, 'a')")
        #expect(try await lake.commit(table).0.files.first?.range?.upper == .integer(11))
        try await lake.expectNothingNew(table)
        try lake.execute("INSERT INTO t VALUES (11, 'b'), (9223372036854775807, 'last')")
        #expect(try await lake.commit(table).1.rows == 2)
        try await lake.expectNothingNew(table)
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["m", "a", "b", "last"])
    }

    @Test(arguments: ["deleted", "damaged", "ahead"])
    func `goes on where the manifests say when the watermark is`(kind: String) async throws {
        let lake = try LittleLake(sqlite: Self.table + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a')")
        _ = try await lake.commit(.incremental())
        let path = LakeLayout.watermark(try #require(SourceName("s")), try #require(TableName("t")))
        let stored = try await watermark(lake).watermark
        switch kind {
        case "deleted": try await lake.store.delete(path)
        case "damaged": _ = try await lake.store.write(.bytes(Array("{".utf8)), to: path, .unconditionally)
        default:
            let text = String(
                decoding: try await lake.store.readAll(path, bytesMax: ByteCount(10_000)), as: UTF8.self)
            _ = try await lake.store.write(
                .bytes(Array(text.replacing("2024-01-01T", with: "2030-01-01T").utf8)), to: path,
                .unconditionally)
        }
        try lake.execute("INSERT INTO t VALUES (2, '2024-01-02 10:00:00', 'b')")
        #expect(try await lake.commit(.incremental()).1.rows == 1)
        let after = try await watermark(lake)
        #expect(
            after.origin == .stored && after.watermark?.value ?? .integer(0) > stored?.value ?? .integer(0))
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["a", "b"])
    }

    @Test func `reads everything again when it is told to`() async throws {
        let lake = try LittleLake(sqlite: Self.table + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a')")
        _ = try await lake.commit(.incremental())
        try lake.execute("UPDATE t SET v = 'silently changed'")
        try await lake.expectNothingNew(.incremental())
        #expect(try await lake.commit(.incremental(), isFullRefresh: true).1.rows == 1)
        #expect(try await lake.query("SELECT v FROM bronze_s.t") == ["silently changed"])
        try await lake.expectNothingNew(.incremental())
    }

    @Test func `takes columns that are new, and asks before it lets one go`() async throws {
        let lake = try LittleLake(sqlite: Self.table + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a')")
        _ = try await lake.commit(.incremental())
        try lake.execute(
            "ALTER TABLE t ADD COLUMN w INT; INSERT INTO t VALUES (2, '2024-01-02 10:00:00', 'b', 5)")
        _ = try await lake.commit(.incremental())
        #expect(try await lake.query("SELECT id, v, w FROM bronze_s.t ORDER BY id") == ["1|a|NULL", "2|b|5"])
        try lake.execute("ALTER TABLE t DROP COLUMN v; INSERT INTO t VALUES (3, '2024-01-03 10:00:00', 6)")
        let mistake = await #expect(throws: ExtractionMistake.self) { try await lake.extract(.incremental()) }
        #expect(mistake?.code == "extraction.column-vanished" && mistake?.problem.contains("v") == true)
        #expect(try #require(try await lake.manifest()).schema.count == 4)
        try await lake.extract(.incremental(), acceptsSchemaChange: true)
        #expect(
            try await lake.query("SELECT id, v, w FROM bronze_s.t ORDER BY id") == [
                "1|a|NULL", "2|b|5", "3|NULL|6",
            ])
    }

    @Test func `merges by a declared key that the source does not keep unique`() async throws {
        let table = try TableDefinition.incremental(key: ["k"])
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (k INT, at DATETIME, v TEXT);
                INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'old'), (1, '2024-01-01 12:00:00', 'new'), (2, '2024-01-01 11:00:00', 'x')
                """)
        #expect(try await lake.commit(table).0.isKeyUnique == false)
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY k") == ["new", "x"])
        #expect(try SourceConnector(lake.source(table)).countRows(of: table) == 2)
    }

    @Test func `works against MariaDB, microseconds, overlap and text keys included`() async throws {
        let table = try TableDefinition.incremental(overlap: .seconds(60))
        try await withMariaDB([
            "CREATE TABLE t (id VARCHAR(10) PRIMARY KEY, at TIMESTAMP(6) NULL, v INT)",
            "INSERT INTO t VALUES ('a', '2024-01-01 10:00:00.000001', 1), ('b', '2024-01-01 10:00:00.000002', 2), ('n', NULL, 3)",
        ]) { lake, settings in
            #expect(try await lake.commit(table).1.rows == 3)
            try await lake.expectNothingNew(table)
            try await change(
                settings,
                [
                    "INSERT INTO t VALUES ('c', '2024-01-01 10:00:00.000002', 4)",
                    "UPDATE t SET v = 20 WHERE id = 'b'",
                    "INSERT INTO t VALUES ('f', '2037-01-01 00:00:00', 9)",
                ])
            let (manifest, ledger) = try await lake.commit(table)
            #expect(ledger.rows == 5 && manifest.origin.rows == 5)
            try await lake.expectNothingNew(table)
            #expect(
                try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == [
                    "a|1", "b|20", "c|4", "f|9", "n|3",
                ])
        }
    }
}
