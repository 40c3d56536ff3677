import Extraction
import LakeModel
import Testing

@Suite struct `A column of SQLite` {
    /// Extracts one column of a declared type that holds `literals`.
    private func roundTrip(_ type: String, _ literals: [String]) async throws -> (
        type: String, values: [String], conversions: [String]
    ) {
        let rows = literals.enumerated().map { "(\($0 + 1), \($1))" }.joined(separator: ", ")
        let lake = try LittleLake(
            sqlite: "CREATE TABLE t (id INTEGER PRIMARY KEY, v \(type)); INSERT INTO t VALUES \(rows)")
        let (manifest, ledger) = try await lake.commit(.full())
        #expect(ledger.rows == Int64(literals.count))
        #expect(manifest.conversions == ledger.conversions.sorted())
        return (
            manifest.schema[1].type, try await lake.query("SELECT v FROM bronze_s.t ORDER BY id"),
            manifest.conversions.map { "\($0.reason.rawValue) \($0.values)" }
        )
    }

    @Test(arguments: [
        (
            "INTEGER", "BIGINT", ["-9223372036854775808", "9223372036854775807", "NULL"],
            ["-9223372036854775808", "9223372036854775807", "NULL"]
        ),
        ("INT", "INTEGER", ["2147483647", "'12'", "3.0"], ["2147483647", "12", "3"]),
        ("BOOLEAN", "TINYINT", ["1", "0"], ["1", "0"]),
        (
            "DECIMAL(18,4)", "DECIMAL(18,4)", ["12.30", "'0.0001'", "7", "-99999999.9999"],
            ["12.3000", "0.0001", "7.0000", "-99999999.9999"]
        ),
        ("DOUBLE", "DOUBLE", ["0.1", "1e300", "3"], ["0.1", "1e+300", "3.0"]),
        // SQLite holds eight bytes whatever the word is.
        ("FLOAT", "DOUBLE", ["0.1", "16777217", "1e300"], ["0.1", "16777217.0", "1e+300"]),
        ("VARCHAR(3)", "VARCHAR", ["'longer than three'", "''", "5"], ["longer than three", "", "5"]),
        ("", "VARCHAR", ["'x'", "5", "1.5"], ["x", "5", "1.5"]),
        ("DATE", "DATE", ["'2024-02-29'", "NULL"], ["2024-02-29", "NULL"]),
        (
            "DATETIME", "TIMESTAMP", ["'2024-02-29 12:00:00'", "'2024-02-29 12:00:00.5'"],
            ["2024-02-29 12:00:00", "2024-02-29 12:00:00.5"]
        ),
        ("BIT(1)", "BOOLEAN", ["1", "0"], ["true", "false"]),
    ])
    func `keeps what fits its declared type`(
        declared: String, type: String, literals: [String], values: [String]
    ) async throws {
        let result = try await roundTrip(declared, literals)
        #expect(result.type == type && result.values == values && result.conversions == [])
    }

    @Test(arguments: [
        ("INT", ["'abc'", "1", "x'ff'"], ["NULL", "1", "NULL"], ["wrong_type 2"]),
        (
            "INT", ["2147483648", "-2147483649", "1.5"], ["NULL", "NULL", "NULL"],
            ["out_of_range 2", "wrong_type 1"]
        ),
        ("TINYINT UNSIGNED", ["-1", "256", "255"], ["NULL", "NULL", "255"], ["out_of_range 2"]),
        (
            "DECIMAL(6,2)", ["1.005", "12345.6", "1e300", "1.25"], ["1.01", "NULL", "NULL", "1.25"],
            ["out_of_range 2", "rounded 1"]
        ),
        (
            "DATE", ["'0000-00-00'", "'2024-00-10'", "20240101", "'soon'"], ["NULL", "NULL", "NULL", "NULL"],
            ["partial_date 1", "wrong_type 2", "zero_date 1"]
        ),
        (
            "DATETIME", ["'2024-02-30 00:00:00'", "1.5"], ["NULL", "NULL"],
            ["out_of_range 1", "wrong_type 1"]
        ),
        (
            "TEXT", ["CAST(x'61ff62' AS TEXT)", "x'c3'", "'ok'"], ["a\u{FFFD}b", "\u{FFFD}", "ok"],
            ["invalid_text 2"]
        ),
        ("BIT(1)", ["2", "'x'"], ["NULL", "NULL"], ["out_of_range 1", "wrong_type 1"]),
    ])
    func `counts what does not fit, and loses no row`(
        declared: String, literals: [String], values: [String], conversions: [String]
    ) async throws {
        let result = try await roundTrip(declared, literals)
        #expect(result.conversions == conversions)
        // 1.005 as a double is a little less or more: only that it was rounded to two digits counts.
        #expect(result.values.map { $0 == "1.00" ? "1.01" : $0 } == values)
    }

    @Test func `keeps bytes`() async throws {
        let lake = try LittleLake(
            sqlite: "CREATE TABLE t (v BLOB); INSERT INTO t VALUES (x'0001ff'), ('text'), (x'')")
        _ = try await lake.commit(.full())
        #expect(
            try await lake.query("SELECT hex(v) FROM bronze_s.t ORDER BY 1") == ["", "0001FF", "74657874"])
    }
}

@Suite struct `A table of any size` {
    /// DuckDB asks for 2048 rows at a time, and writes groups of 122880.
    @Test(arguments: [0, 1, 2_047, 2_048, 2_049, 4_096, 122_880, 300_000])
    func `arrives whole`(count: Int) async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
                WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < \(count))
                INSERT INTO t SELECT i, 'row ' || i FROM r WHERE i <= \(count)
                """)
        let (manifest, ledger) = try await lake.commit(.full())
        #expect(
            ledger.rows == Int64(count) && manifest.rows == Int64(count)
                && manifest.origin.rows == Int64(count))
        let expected = count == 0 ? "0|NULL|NULL|0" : "\(count)|1|\(count)|0"
        #expect(
            try await lake.query(
                "SELECT count(*), min(id), max(id), count(*) FILTER (v <> 'row ' || id) FROM bronze_s.t")
                == [expected])
    }

    @Test func `arrives whole from MariaDB`() async throws {
        try await withMariaDB([
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))",
            "INSERT INTO t SELECT seq, CONCAT('row ', seq) FROM seq_1_to_100001",
        ]) { lake, _ in
            let (_, ledger) = try await lake.commit(.full())
            #expect(ledger.rows == 100_001)
            #expect(
                try await lake.query(
                    "SELECT count(*), sum(id), count(*) FILTER (v <> 'row ' || id) FROM bronze_s.t")
                    == ["100001|\(100_001 * 50_001)|0"])
        }
    }
}
