import Extraction
import LakeModel
import Project
import Testing

@Suite struct `What becomes of a value that does not fit` {
    private static let column = Place(file: "sources/s.yaml", line: 9, column: 5)

    private func table(
        _ losses: LossPolicy = .null, _ invalidText: InvalidTextPolicy = .replace, of column: String? = nil
    ) throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), losses: column == nil ? losses : .null,
            invalidText: column == nil ? invalidText : .replace,
            columns: column.map {
                [
                    ColumnDefinition(
                        name: $0, losses: losses, invalidText: invalidText, place: Self.column)
                ]
            } ?? [], place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }

    private static let dates = [
        "SET SESSION sql_mode = ''", "CREATE TABLE t (id INT PRIMARY KEY, d DATE, n INT)",
        "INSERT INTO t VALUES (1, '2024-02-29', 5), (17, '0000-00-00', 6), (18, '2026-00-00', 7), (19, NULL, 8)",
    ]

    @Test func `fail names table, column, row and value, and commits nothing`() async throws {
        try await withMariaDB(Self.dates) { lake, _ in
            let mistake = try await #require(throws: ExtractionMistake.self) {
                try await lake.extract(table(.fail, of: "d"))
            }
            #expect(mistake.code == "extraction.value-lost" && mistake.place == Self.column)
            #expect(
                mistake.problem
                    == "s.t: 'd' of the row 17 is '0000-00-00', which DATE cannot hold (zero_date).")
            #expect(mistake.remedy.contains("losses: null") && mistake.remedy.contains("'d__text'"))
            #expect(try await lake.manifest() == nil)
            // Of the whole table: the place is the table's.
            let ofTable = try await #require(throws: ExtractionMistake.self) {
                try await lake.extract(table(.fail))
            }
            #expect(ofTable.place == Place(file: "sources/s.yaml", line: 4, column: 3))
        }
    }

    @Test func `text_sidecar keeps the text beside the column, in order, and only there`() async throws {
        try await withMariaDB(Self.dates) { lake, _ in
            let (manifest, _) = try await lake.commit(table(.textSidecar))
            #expect(manifest.schema.map(\.name) == ["id", "d", "n", "id__text", "d__text", "n__text"])
            #expect(
                try await lake.query(
                    "SELECT id, d, n, id__text, d__text, n__text FROM bronze_s.t ORDER BY id")
                    == [
                        "1|2024-02-29|5|NULL|NULL|NULL", "17|NULL|6|NULL|0000-00-00|NULL",
                        "18|NULL|7|NULL|2026-00-00|NULL", "19|NULL|8|NULL|NULL|NULL",
                    ])
            #expect(manifest.conversions.map(\.values) == [1, 1])
        }
    }

    @Test func `text_sidecar of SQLite has what the type could not hold, of every kind`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, d DECIMAL(6,2));
                INSERT INTO t VALUES (1, 'abc', 1.005), (2, x'ff00', 2.5), (3, 99999999999, 12345678), (4, 1.5, 'no')
                """)
        let (manifest, _) = try await lake.commit(table(.textSidecar))
        let long = String(repeating: "y", count: 1_000)
        #expect(
            try await lake.query("SELECT id, n, d IS NULL, n__text, d__text FROM bronze_s.t ORDER BY id") == [
                "1|NULL|false|abc|1.005", "2|NULL|false|0xff00|NULL", "3|NULL|true|99999999999|12345678",
                "4|NULL|true|1.5|no",
            ])
        #expect(manifest.conversions.reduce(0) { $0 + $1.values } == 7)
        // The text is whole, however long; the sample is cut.
        try lake.execute("DELETE FROM t; INSERT INTO t VALUES (1, '\(long)', 1)")
        let again = try await lake.commit(table(.textSidecar))
        #expect(try await lake.query("SELECT n__text FROM bronze_s.t") == [long])
        #expect(again.1.conversions.first?.samples.first?.value == String(repeating: "y", count: 64) + "…")
    }

    @Test func `text_sidecar holds for every chunk of a long table`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, n INT);
                WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10000)
                INSERT INTO t SELECT i, CASE WHEN i % 1000 = 0 THEN 'bad ' || i ELSE i END FROM r
                """)
        _ = try await lake.commit(table(.textSidecar))
        #expect(
            try await lake.query(
                """
                SELECT count(*), count(n), count(n__text), count(*) FILTER (n__text = 'bad ' || id),
                count(*) FILTER (n = id) FROM bronze_s.t
                """) == ["10000|9990|10|10|9990"])
    }

    private static let texts =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'fine'), "
        + "(2, CAST(x'61ff62' AS TEXT)), (3, 'ü')"

    @Test func `invalid text is replaced and counted, rejected, or kept as bytes`() async throws {
        let replaced = try await LittleLake(sqlite: Self.texts).commit(table())
        #expect(replaced.1.conversions.map(\.values) == [1])
        #expect(replaced.1.conversions.first?.samples == [.init(key: "2", value: "0x61ff62")])
        let lake = try LittleLake(sqlite: Self.texts)
        let mistake = try await #require(throws: ExtractionMistake.self) {
            try await lake.extract(table(.null, .reject, of: "v"))
        }
        #expect(mistake.code == "extraction.invalid-text" && mistake.place == Self.column)
        #expect(mistake.problem == "s.t: 'v' of the row 2 is not UTF-8: 0x61ff62")
        let (manifest, _) = try await lake.commit(table(.null, .binary))
        #expect(manifest.schema.map(\.type) == ["BIGINT", "BLOB"] && manifest.conversions == [])
        #expect(
            try await lake.query("SELECT hex(v) FROM bronze_s.t ORDER BY id") == [
                "66696E65", "61FF62", "C3BC",
            ])
    }

    @Test func `a rule of a column comes before the table's`() async throws {
        try await withMariaDB(Self.dates) { lake, _ in
            let definition = TableDefinition(
                name: try #require(TableName("t")), losses: .fail,
                columns: [ColumnDefinition(name: "d", losses: .null, place: Self.column)],
                place: Self.column)
            #expect(try await lake.commit(definition).1.conversions.map(\.column) == ["d", "d"])
        }
    }
}
