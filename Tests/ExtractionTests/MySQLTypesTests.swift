import Extraction
import LakeModel
import MySQL
import Project
import Testing

@Suite struct `Every type of MariaDB` {
    /// Stores literals in a column of `type`, extracts it and tells the column's type, its values as DuckDB
    /// prints them, and what was converted.
    private func roundTrip(_ type: String, _ literals: [String], setup: [String] = []) async throws -> (
        type: String, values: [String], conversions: [String]
    ) {
        let rows = literals.enumerated().map { "(\($0 + 1), \($1))" }.joined(separator: ", ")
        return try await withMariaDB(
            setup.isEmpty
                ? [
                    "CREATE TABLE t (id INT PRIMARY KEY, v \(type)) ENGINE=InnoDB",
                    "SET SESSION sql_mode = ''", "INSERT INTO t VALUES \(rows)",
                ] : setup
        ) { lake, _ in
            let (manifest, ledger) = try await lake.commit(.full())
            #expect(ledger.rows == Int64(literals.count))
            #expect(manifest.conversions == ledger.conversions.sorted())
            return (
                manifest.schema[1].type,
                try await lake.query("SELECT v FROM bronze_s.t ORDER BY id"),
                ledger.conversions.map { "\($0.column) \($0.reason.rawValue) \($0.values)" }
            )
        }
    }

    @Test(arguments: [
        ("TINYINT", "TINYINT", ["-128", "127", "NULL"]), ("TINYINT UNSIGNED", "UTINYINT", ["0", "255"]),
        ("SMALLINT", "SMALLINT", ["-32768", "32767"]), ("SMALLINT UNSIGNED", "USMALLINT", ["65535"]),
        ("MEDIUMINT UNSIGNED", "UINTEGER", ["16777215"]), ("INT", "INTEGER", ["-2147483648", "2147483647"]),
        ("INT UNSIGNED", "UINTEGER", ["4294967295"]),
        ("BIGINT", "BIGINT", ["-9223372036854775808", "9223372036854775807"]),
        ("BIGINT UNSIGNED", "UBIGINT", ["18446744073709551615", "9223372036854775808", "0"]),
        ("BOOLEAN", "TINYINT", ["1", "0", "127"]), ("YEAR", "SMALLINT", ["1901", "2155", "0"]),
        ("DECIMAL(4,2)", "DECIMAL(4,2)", ["-99.99", "99.99", "0.01"]),
        ("DECIMAL(9,0)", "DECIMAL(9,0)", ["-999999999"]),
        ("DECIMAL(18,4)", "DECIMAL(18,4)", ["-99999999999999.9999", "0.0001"]),
        ("DECIMAL(38,10)", "DECIMAL(38,10)", ["9999999999999999999999999999.9999999999", "-0.0000000001"]),
        ("DECIMAL(38,38)", "DECIMAL(38,38)", ["0.99999999999999999999999999999999999999"]),
        (
            "DECIMAL(65,30)", "VARCHAR",
            [
                "-99999999999999999999999999999999999.999999999999999999999999999999",
                "0.000000000000000000000000000001",
            ]
        ),
    ])
    func `keeps its numbers exactly`(declared: String, type: String, values: [String]) async throws {
        let result = try await roundTrip(declared, values)
        #expect(result.type == type)
        // DuckDB prints no zero before the point of a decimal that has none.
        #expect(result.values.map { $0.hasPrefix(".") ? "0\($0)" : $0 } == values)
        #expect(result.conversions == [])
    }

    @Test func `keeps floats and doubles to the last bit`() async throws {
        let floats = ["3.4028235e38", "1.1754944e-38", "0.1", "16777215", "123456.79", "-0.33333334"]
        let result = try await roundTrip("FLOAT", floats.map { $0.contains("e") ? $0 : "\($0)e0" })
        #expect(
            result.type == "FLOAT"
                && result.values.compactMap { Float($0) } == floats.compactMap { Float($0) })
        let doubles = [
            "1.7976931348623157e308", "2.2250738585072014e-308", "0.1", "0.30000000000000004",
            "123456789.12345679",
        ]
        let wide = try await roundTrip("DOUBLE", doubles.map { $0.contains("e") ? $0 : "\($0)e0" })
        #expect(
            wide.type == "DOUBLE"
                && wide.values.compactMap { Double($0) } == doubles.compactMap { Double($0) })
    }

    @Test func `keeps dates and times, and counts those that no calendar has`() async throws {
        let dates = try await roundTrip(
            "DATE", ["'1000-01-01'", "'9999-12-31'", "'0000-00-00'", "'2024-00-00'", "'2024-02-29'", "NULL"])
        #expect(dates.values == ["1000-01-01", "9999-12-31", "NULL", "NULL", "2024-02-29", "NULL"])
        #expect(dates.conversions == ["v partial_date 1", "v zero_date 1"])
        let times = try await roundTrip(
            "DATETIME(6)",
            [
                "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'", "'0000-00-00'",
                "'2024-05-00 10:00:00'",
            ])
        #expect(times.type == "TIMESTAMP")
        #expect(times.values == ["1000-01-01 00:00:00", "9999-12-31 23:59:59.999999", "NULL", "NULL"])
        #expect(times.conversions == ["v partial_date 1", "v zero_date 1"])
    }

    @Test func `keeps an instant, whatever the zone of its writer, and spans beyond a day`() async throws {
        let instants = try await roundTrip(
            "", ["", "", ""],
            setup: [
                "CREATE TABLE t (id INT PRIMARY KEY, v TIMESTAMP(3) NULL)", "SET time_zone = '-05:00'",
                "INSERT INTO t VALUES (1, '2024-01-01 19:00:00.123'), (2, '2038-01-18 22:14:07.999')",
                "SET sql_mode = ''",
                "INSERT INTO t VALUES (3, '0000-00-00')",
            ])
        #expect(instants.type == "TIMESTAMP WITH TIME ZONE")
        #expect(instants.values[0].hasPrefix("2024-01-02 00:00:00.123") && instants.values[2] == "NULL")
        #expect(instants.conversions == ["v zero_date 1"])
        let spans = try await roundTrip(
            "TIME(6)", ["'-838:59:59.999999'", "'838:59:59'", "'-00:00:00.000001'", "'12:30:00'"])
        #expect(spans.type == "BIGINT")
        #expect(spans.values == ["-3020399999999", "3020399000000", "-1", "45000000000"])
    }

    @Test func `keeps bits, enumerations, sets and JSON`() async throws {
        let bit = try await roundTrip("BIT(1)", ["b'1'", "b'0'", "NULL"])
        #expect(bit.type == "BOOLEAN" && bit.values == ["true", "false", "NULL"])
        let bits = try await roundTrip("BIT(64)", ["b'\(String(repeating: "1", count: 64))'", "b'101'"])
        #expect(bits.type == "UBIGINT" && bits.values == ["18446744073709551615", "5"])
        #expect(
            try await roundTrip("ENUM('a','b c','it''s')", ["'b c'", "'it''s'", "''"]).values == [
                "b c", "it's", "",
            ])
        #expect(try await roundTrip("SET('x','y','z')", ["'z,x'", "''"]).values == ["x,z", ""])
        #expect(
            try await roundTrip("JSON", ["'{\"a\": [1, null, \"ü\"]}'"]).values == [
                "{\"a\": [1, null, \"ü\"]}"
            ])
    }

    @Test func `keeps text of every character set`() async throws {
        let text = "日本 👩‍👩‍👧 Zoë \u{10FFFF}"
        #expect(
            try await roundTrip("VARCHAR(50)", ["'\(text)'", "''", "NULL"]).values == [text, "", "NULL"])
        #expect(try await roundTrip("VARCHAR(20) CHARACTER SET latin1", ["'Zoë ÿ €'"]).values == ["Zoë ÿ €"])
        #expect(try await roundTrip("VARCHAR(20) CHARACTER SET ucs2", ["'Zoë'"]).values == ["Zoë"])
        let long = try await roundTrip("LONGTEXT", ["REPEAT('ü', 3000000)"])
        #expect(long.values.first?.utf8.count == 6_000_000)
    }

    @Test func `keeps bytes, NULs included`() async throws {
        try await withMariaDB([
            "CREATE TABLE t (id INT PRIMARY KEY, a BINARY(4), b VARBINARY(10), c BLOB)",
            "INSERT INTO t VALUES (1, x'00ff', x'0000', x'00ff80c3')",
        ]) { lake, _ in
            let (manifest, _) = try await lake.commit(.full())
            #expect(manifest.schema.dropFirst().map(\.type) == ["BLOB", "BLOB", "BLOB"])
            #expect(
                try await lake.query("SELECT hex(a), hex(b), hex(c) FROM bronze_s.t") == [
                    "00FF0000|0000|00FF80C3"
                ])
        }
    }

    @Test func `keeps names that need quotes`() async throws {
        try await withMariaDB([
            "CREATE TABLE `Order Items` (`select` INT PRIMARY KEY, `Ünï \"q\"` INT, `a``b` INT)",
            "INSERT INTO `Order Items` VALUES (1, 2, 3)",
        ]) { lake, _ in
            _ = try await lake.commit(.full("Order Items"))
            let rows = try await lake.query(
                "SELECT \"select\", \"Ünï \"\"q\"\"\", \"a`b\" FROM bronze_s.\"Order Items\"",
                of: "Order Items")
            #expect(rows == ["1|2|3"])
        }
    }
}
