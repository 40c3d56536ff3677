import Extraction
import LakeModel
import LakeStore
import Project
import Testing

@Suite struct `How far a cursor got` {
    private func microseconds(_ text: String) throws -> Int64 {
        try #require(Timestamp(text)).microseconds
    }

    @Test func `a value of the future is kept, counted with its key, and not followed`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);
                INSERT INTO t VALUES (1, '2024-01-01 10:00:00'), (2, '2999-01-01 00:00:00'), (3, NULL)
                """)
        let (manifest, ledger) = try await lake.commit(.incremental())
        #expect(ledger.rows == 3)
        #expect(ledger.cursorMax == .time(microseconds: try microseconds("2024-01-01T10:00:00Z")))
        #expect(
            manifest.conversions == [
                Conversion(
                    column: "at", reason: .futureCursor, values: 1,
                    samples: [.init(key: "2", value: "2999-01-01 00:00:00")])
            ])
        #expect(
            try await lake.query("SELECT CAST(\"at\" AS VARCHAR) FROM bronze_s.t WHERE id = 2") == [
                "2999-01-01 00:00:00"
            ])
    }

    @Test func `a date counts as its midnight`() async throws {
        let lake = try LittleLake(
            sqlite:
                "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATE); INSERT INTO t VALUES (1, '2024-02-28'),"
                + "(2, '2024-02-29'), (3, NULL), (4, '2024-01-31'), (5, '2998-01-01')")
        let (_, ledger) = try await lake.commit(.incremental())
        #expect(ledger.cursorMax == .time(microseconds: try microseconds("2024-02-29T00:00:00Z")))
        #expect(ledger.conversions.map(\.reason) == [.futureCursor])
    }

    @Test(arguments: [
        // The greatest pair, not the greatest of each.
        ("(1, '2024-01-02 00:00:00', 3), (2, '2024-01-01 00:00:00', 9)", "2024-01-02T00:00:00Z", 3),
        ("(1, '2024-01-02 00:00:00', 3), (2, '2024-01-02 00:00:00', 9)", "2024-01-02T00:00:00Z", 9),
        // Half a pair has no place in the order; neither has one of the future.
        (
            "(1, '2024-01-02 00:00:00', 3), (2, '2024-01-03 00:00:00', NULL), (3, NULL, 99), (4, '2999-01-01 00:00:00', 5)",
            "2024-01-02T00:00:00Z", 3
        ),
        ("(1, '2024-01-02 00:00:00.000001', -3)", "2024-01-02T00:00:00.000001Z", -3),
    ])
    func `a composite cursor is compared row by row`(rows: String, time: String, number: Int64) async throws {
        let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME(6), seq BIGINT)"
        let expected = CursorValue.tuple([
            .time(microseconds: try microseconds(time)), .integer(number),
        ])
        let table = try TableDefinition.incremental(cursor: "at, seq")
        let lake = try LittleLake(sqlite: sql + "; INSERT INTO t VALUES \(rows)")
        #expect(try await lake.commit(table).1.cursorMax == expected)
        try await withMariaDB([sql, "INSERT INTO t VALUES \(rows)"]) { lake, _ in
            let ledger = try await lake.commit(table).1
            #expect(ledger.cursorMax == expected)
        }
    }

    @Test func `a lost value is not followed`() async throws {
        try await withMariaDB([
            "SET SESSION sql_mode = ''", "CREATE TABLE t (id INT PRIMARY KEY, at DATETIME)",
            "INSERT INTO t VALUES (1, '2024-01-02 00:00:00'), (2, '2025-00-00 00:00:00')",
        ]) { lake, _ in
            let ledger = try await lake.commit(.incremental()).1
            #expect(ledger.cursorMax == .time(microseconds: try microseconds("2024-01-02T00:00:00Z")))
        }
    }
}
