import Extraction
import LakeModel
import LakeStore
import Project
import Testing

/// Extractions that commit piece by piece, and cursors of several columns.
@Suite struct `An extraction in pieces` {
    private static let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v TEXT);"

    private func days(_ lake: LittleLake) async throws -> [String] {
        try #require(try await lake.manifest()).files.map { file in
            let range = file.range
            let lower = range?.lower?.description ?? "-"
            return "\(file.rows): \(lower.prefix(10)) \(range?.upper.description.prefix(10) ?? "-")"
        }
    }

    @Test func `is cut at multiples of its size, skips what is empty, and reads what has no time last`()
        async throws
    {
        let table = try TableDefinition.incremental(chunk: .time(.seconds(86_400)))
        let lake = try LittleLake(
            sqlite: Self.table
                + """
                INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 23:59:59', 'b'),
                (3, '2024-01-02 00:00:00', 'c'), (4, '2024-03-05 12:00:00', 'd'), (5, NULL, 'e')
                """)
        let (manifest, ledger) = try await lake.commit(table)
        #expect(
            try await days(lake) == [
                "2: - 2024-01-02", "1: 2024-01-02 2024-01-03", "2: 2024-01-03 2024-03-05",
            ])
        #expect(ledger.rows == 5 && manifest.files.map(\.run).count == 3)
        #expect(Set(manifest.files.map(\.name)).count == 3)
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["a", "b", "c", "d", "e"])
        try await lake.expectNothingNew(table)
        #expect(try await lake.files().filter { $0.contains("staging") } == [])
    }

    @Test func `goes on where it stopped, in a run of the same name too`() async throws {
        let table = try TableDefinition.incremental(chunk: .time(.seconds(86_400)))
        let lake = try LittleLake(
            sqlite: Self.table
                + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-02 10:00:00', 'b')")
        _ = try await lake.extract(table, run: "same")
        try lake.execute("INSERT INTO t VALUES (3, '2024-01-03 10:00:00', 'c')")
        _ = try await lake.extract(table, run: "same")
        let files = try #require(try await lake.manifest()).files
        #expect(files.map(\.name) == ["t_same.parquet", "t_same.2.parquet", "t_same.3.parquet"])
        #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["a", "b", "c"])
    }

    @Test func `of a number is cut by the number`() async throws {
        let table = try TableDefinition.incremental(cursor: "id", chunk: .number(100))
        let lake = try LittleLake(
            sqlite:
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (-150, 'a'), (5, 'b'), (99, 'c'), (100, 'd'), (90000, 'e')"
        )
        #expect(try await lake.commit(table).0.files.map(\.rows) == [1, 2, 1, 1])
        try await lake.expectNothingNew(table)
        try lake.execute("INSERT INTO t VALUES (90001, 'f')")
        #expect(try await lake.commit(table).1.rows == 1)
        #expect(
            try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == ["a", "b", "c", "d", "e", "f"])
    }

    @Test func `of a day has the days`() async throws {
        let lake = try LittleLake(
            sqlite:
                "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATE); INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-01'), (3, '2024-01-02')"
        )
        let table = try TableDefinition.incremental(chunk: .time(.seconds(86_400)))
        #expect(try await lake.commit(table).0.files.map(\.rows) == [2, 1])
        try await lake.expectNothingNew(table)
        // The last day that was seen may still grow.
        try lake.execute("INSERT INTO t VALUES (4, '2024-01-02')")
        _ = try await lake.commit(table)
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["4"])
    }

    @Test func `refuses a size that does not suit the cursor`() async throws {
        let lake = try LittleLake(sqlite: Self.table + "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a')")
        let error = await #expect(throws: ExtractionMistake.self) {
            try await lake.extract(.incremental(chunk: .number(5)))
        }
        #expect(error?.code == "extraction.wrong-span")
    }
}

@Suite struct `A cursor of several columns` {
    @Test func `finds every row though many share the first column's value`() async throws {
        let table = try TableDefinition.incremental(cursor: "batch, line")
        let lake = try LittleLake(
            sqlite:
                "CREATE TABLE t (batch INTEGER, line INTEGER, v TEXT, PRIMARY KEY (batch, line)); INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')"
        )
        _ = try await lake.commit(table)
        try await lake.expectNothingNew(table)
        try lake.execute("INSERT INTO t VALUES (2, 2, 'd'), (3, 0, 'e')")
        #expect(try await lake.commit(table).1.rows == 2)
        #expect(
            try await lake.query("SELECT v FROM bronze_s.t ORDER BY batch, line") == [
                "a", "b", "c", "d", "e",
            ])
        let mark = try await WatermarkStore(lake.store).load(
            #require(SourceName("s")), #require(TableName("t")), cursor: "batch, line")
        #expect(mark.watermark?.value == .tuple([.integer(3), .integer(1)]))
    }
}
