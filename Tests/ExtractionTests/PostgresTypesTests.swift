import Extraction
import LakeModel
import Postgres
import Project
import Testing

@Suite struct `Every type of PostgreSQL` {
    /// Stores literals in a column of `type`, extracts it and tells the column's type, its values as DuckDB
    /// prints them, and what was converted.
    private func roundTrip(_ type: String, _ literals: [String], setup: [String] = []) async throws -> (
        type: String, values: [String], conversions: [String]
    ) {
        let rows = literals.enumerated().map { "(\($0 + 1), \($1))" }.joined(separator: ", ")
        let statements =
            setup + ["CREATE TABLE t (id int PRIMARY KEY, v \(type))", "INSERT INTO t VALUES \(rows)"]
        return try await withPostgreSQL(statements) { lake, _ in
            let (manifest, ledger) = try await lake.commit(.full(losses: .null, hasChecksum: true))
            #expect(ledger.rows == Int64(literals.count))
            #expect(manifest.origin.checksums?.count == 2)
            return (
                manifest.schema[1].type, try await lake.query("SELECT v FROM bronze_s.t ORDER BY id"),
                ledger.conversions.map { "\($0.column) \($0.reason.rawValue) \($0.values)" }
            )
        }
    }

    @Test(arguments: [
        ("boolean", "BOOLEAN", ["true", "false", "NULL"]), ("smallint", "SMALLINT", ["-32768", "32767"]),
        ("integer", "INTEGER", ["-2147483648", "2147483647"]),
        ("bigint", "BIGINT", ["-9223372036854775808", "9223372036854775807"]),
        ("oid", "UINTEGER", ["4294967295", "0"]), ("bigserial", "BIGINT", ["1"]),
        ("numeric(4,2)", "DECIMAL(4,2)", ["-99.99", "99.99", "0.01"]),
        ("numeric(9,0)", "DECIMAL(9,0)", ["-999999999"]),
        ("numeric(18,4)", "DECIMAL(18,4)", ["-99999999999999.9999", "0.0001"]),
        ("numeric(38,10)", "DECIMAL(38,10)", ["9999999999999999999999999999.9999999999", "-0.0000000001"]),
        ("numeric(38,38)", "DECIMAL(38,38)", ["0.99999999999999999999999999999999999999"]),
        ("numeric(38,37)", "DECIMAL(38,37)", ["-9.9999999999999999999999999999999999999"]),
        ("numeric(3,-2)", "DECIMAL(5,0)", ["99900", "-100"]),
        ("numeric(2,5)", "DECIMAL(5,5)", ["0.00099", "-0.00001"]),
        ("numeric(39,1)", "VARCHAR", ["-99999999999999999999999999999999999999.9"]),
        (
            "numeric", "VARCHAR",
            ["1.10", "0.000000000000000000000000000000000000000001", "12345678901234567890"]
        ),
        ("integer CHECK (v > 0)", "INTEGER", ["1"]),
    ])
    func `keeps its numbers exactly`(declared: String, type: String, values: [String]) async throws {
        let result = try await roundTrip(declared, values)
        #expect(result.type == type)
        // DuckDB prints no zero before the point of a decimal that has none.
        let printed = result.values.map { $0.hasPrefix(".") ? "0\($0)" : $0.replacing("-.", with: "-0.") }
        #expect(printed == values)
        #expect(result.conversions == [])
    }

    @Test func `keeps floats and doubles to the last bit, NaN and infinities too`() async throws {
        let floats = try await roundTrip(
            "real", ["3.4028235e38", "'1e-45'", "0.1", "'NaN'", "'-Infinity'", "'-0'"])
        #expect(floats.type == "FLOAT" && floats.conversions == [])
        #expect(
            floats.values[..<3].compactMap { Float($0) } == [3.4028235e38, .leastNonzeroMagnitude, 0.1])
        #expect(floats.values[3...] == ["nan", "-inf", "-0.0"])
        let doubles = try await roundTrip(
            "double precision", ["1.7976931348623157e308", "5e-324", "0.30000000000000004", "'Infinity'"])
        #expect(doubles.type == "DOUBLE")
        #expect(
            doubles.values.compactMap { Double($0) }
                == [.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.30000000000000004, .infinity])
    }

    @Test func `counts a numeric that is none, and keeps it where it can be text`() async throws {
        let decimals = try await roundTrip("numeric(10,2)", ["'NaN'", "1.5", "NULL"])
        #expect(decimals.values == ["NULL", "1.50", "NULL"] && decimals.conversions == ["v not_finite 1"])
        let texts = try await roundTrip("numeric", ["'NaN'", "'Infinity'", "'-Infinity'", "1e100"])
        #expect(texts.values[..<3] == ["NaN", "Infinity", "-Infinity"] && texts.conversions == [])
    }

    @Test func `keeps dates and times of all centuries, and counts those without an end`() async throws {
        let dates = try await roundTrip(
            "date", ["'0001-01-01'", "'9999-12-31'", "'4713-01-01 BC'", "'infinity'", "'-infinity'", "NULL"])
        #expect(dates.type == "DATE")
        #expect(
            dates.values == ["0001-01-01", "9999-12-31", "4713-01-01 (BC)", "NULL", "NULL", "NULL"])
        #expect(dates.conversions == ["v not_finite 2"])
        let times = try await roundTrip(
            "timestamp",
            [
                "'1000-01-01'", "'9999-12-31 23:59:59.999999'", "'infinity'", "'294276-12-31 23:59:59'",
                "'294246-12-31 23:59:59'",
            ])
        #expect(times.type == "TIMESTAMP")
        #expect(
            times.values == [
                "1000-01-01 00:00:00", "9999-12-31 23:59:59.999999", "NULL", "NULL", "294246-12-31 23:59:59",
            ])
        #expect(times.conversions == ["v not_finite 1", "v out_of_range 1"])
    }

    @Test func `keeps an instant, whatever the zone of its writer`() async throws {
        let instants = try await roundTrip(
            "timestamptz",
            ["'2024-01-01 19:00:00.123-05'", "'2026-10-25 02:30:00 Europe/London'", "'-infinity'"])
        #expect(instants.type == "TIMESTAMP WITH TIME ZONE")
        #expect(instants.values[0].hasPrefix("2024-01-02 00:00:00.123"))
        #expect(instants.values[1].hasPrefix("2026-10-25 02:30:00"))
        #expect(instants.values[2] == "NULL" && instants.conversions == ["v not_finite 1"])
    }

    @Test func `keeps times of day as microseconds, zoned ones and intervals as text`() async throws {
        let times = try await roundTrip("time", ["'00:00'", "'23:59:59.999999'", "'24:00:00'"])
        #expect(times.type == "BIGINT" && times.values == ["0", "86399999999", "86400000000"])
        #expect(try await roundTrip("timetz", ["'13:14:15.5+05:30'"]).values == ["13:14:15.5+05:30"])
        #expect(
            try await roundTrip("interval", ["'1 year -2 days 03:04:05.6'", "'0'"]).values
                == ["P1Y-2DT3H4M5.6S", "PT0S"])
    }

    @Test func `keeps text, enumerations, uuids, bits and JSON`() async throws {
        let text = "日本 👩‍👩‍👧 Zoë \u{10FFFF} \\ ''"
        #expect(
            try await roundTrip("text", ["'\(text)'", "''", "NULL"]).values
                == [text.replacing("''", with: "'"), "", "NULL"])
        #expect(try await roundTrip("char(5)", ["'ab'"]).values == ["ab   "])
        #expect(
            try await roundTrip(
                "mood", ["'so lala'", "NULL"], setup: ["CREATE TYPE mood AS ENUM ('so lala', 'gut')"]
            ).values == ["so lala", "NULL"])
        let uuid = "00112233-4455-6677-8899-aabbccddeeff"
        #expect(try await roundTrip("uuid", ["'\(uuid)'"]).values == [uuid])
        #expect(try await roundTrip("bit(4)", ["b'0101'"]).values == ["0101"])
        #expect(try await roundTrip("varbit", ["b''", "b'110011001'"]).values == ["", "110011001"])
        let json = #"{"b": 1.10,  "a": [12345678901234567890, null]}"#
        #expect(try await roundTrip("json", ["'\(json)'"]).values == [json])
        #expect(
            try await roundTrip("jsonb", ["'\(json)'"]).values
                == [#"{"a": [12345678901234567890, null], "b": 1.10}"#])
        let long = try await roundTrip("text", ["repeat('ü', 3000000)"])
        #expect(long.values.first?.utf8.count == 6_000_000)
    }

    @Test func `keeps arrays and rows as JSON, and the rest as PostgreSQL prints it`() async throws {
        #expect(
            try await roundTrip("int8[]", ["'{{1,NULL},{9223372036854775807,3}}'", "'{}'"]).values
                == ["[[1,null],[9223372036854775807,3]]", "[]"])
        #expect(
            try await roundTrip("text[]", [#"'{"a,b","\"q\"",NULL}'"#]).values == [#"["a,b","\"q\"",null]"#])
        #expect(
            try await roundTrip("pair", ["(1, 'x')"], setup: ["CREATE TYPE pair AS (a int, b text)"]).values
                == [#"{"a":1,"b":"x"}"#])
        #expect(try await roundTrip("int4range", ["'[1,5)'", "'empty'"]).values == ["[1,5)", "empty"])
        #expect(try await roundTrip("inet", ["'10.0.0.1/8'"]).values == ["10.0.0.1/8"])
        #expect(try await roundTrip("point", ["'(1,2.5)'"]).values == ["(1,2.5)"])
        #expect(try await roundTrip("money", ["'12.34'"]).values == ["12.34"])
        #expect(try await roundTrip("tsvector", ["'a b'"]).values == ["'a' 'b'"])
        #expect(
            try await roundTrip(
                "price", ["7.5"], setup: ["CREATE DOMAIN price AS numeric(6,2) CHECK (VALUE > 0)"]
            ).type == "DECIMAL(6,2)")
    }

    @Test func `keeps bytes`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id int PRIMARY KEY, v bytea)",
            "INSERT INTO t VALUES (1, '\\x00ff80c3'), (2, '')",
        ]) { lake, _ in
            let (manifest, _) = try await lake.commit(.full())
            #expect(manifest.schema[1].type == "BLOB")
            #expect(try await lake.query("SELECT hex(v) FROM bronze_s.t ORDER BY id") == ["00FF80C3", ""])
        }
    }

    @Test func `keeps names that need quotes, and schemas`() async throws {
        try await withPostgreSQL([
            "CREATE SCHEMA \"Old Shop\"",
            "CREATE TABLE \"Old Shop\".\"Order Items\" (\"select\" int PRIMARY KEY, \"Ünï \"\"q\"\"\" int)",
            "INSERT INTO \"Old Shop\".\"Order Items\" VALUES (1, 2)", "CREATE TABLE \"a.b\" AS SELECT 3 AS n",
        ]) { lake, _ in
            _ = try await lake.commit(.full("Old Shop.Order Items"))
            let rows = try await lake.query(
                "SELECT \"select\", \"Ünï \"\"q\"\"\" FROM bronze_s.\"Old Shop.Order Items\"",
                of: "Old Shop.Order Items")
            #expect(rows == ["1|2"])
            _ = try await lake.commit(.full("a.b"))
            #expect(try await lake.query("SELECT n FROM bronze_s.\"a.b\"", of: "a.b") == ["3"])
        }
    }
}

@Suite struct `A value that PostgreSQL has and bronze has not` {
    private static let setup = [
        "CREATE TABLE t (id int PRIMARY KEY, amount numeric(10,2), day date)",
        "INSERT INTO t VALUES (1, 1.5, '2024-01-01'), (2, 'NaN', 'infinity'), (3, 'NaN', NULL)",
    ]

    @Test func `is counted with samples of its rows`() async throws {
        try await withPostgreSQL(Self.setup) { lake, _ in
            let (manifest, ledger) = try await lake.commit(.full())
            #expect(
                ledger.conversions == [
                    Conversion(
                        column: "amount", reason: .notFinite, values: 2,
                        samples: [.init(key: "2", value: "NaN"), .init(key: "3", value: "NaN")]),
                    Conversion(
                        column: "day", reason: .notFinite, values: 1,
                        samples: [.init(key: "2", value: "infinity")]),
                ])
            #expect(manifest.conversions == ledger.conversions)
        }
    }

    @Test func `is kept as text beside its column if that is wanted`() async throws {
        try await withPostgreSQL(Self.setup) { lake, _ in
            let (manifest, _) = try await lake.commit(.full(losses: .textSidecar))
            #expect(
                manifest.schema.map(\.name) == [
                    "id", "amount", "day", "id__text", "amount__text", "day__text",
                ])
            #expect(
                try await lake.query("SELECT amount, amount__text, day__text FROM bronze_s.t ORDER BY id")
                    == [
                        "1.50|NULL|NULL", "NULL|NaN|infinity", "NULL|NaN|NULL",
                    ])
        }
    }

    @Test func `fails the extraction if none may be lost, and names the row`() async throws {
        try await withPostgreSQL(Self.setup) { lake, _ in
            let error = try await #require(throws: ExtractionMistake.self) {
                _ = try await lake.commit(.full(losses: .fail))
            }
            #expect(error.problem.contains("s.t: 'amount' of the row 2 is 'NaN'"), "\(error)")
            #expect(error.place?.line == 4)
            #expect(try await lake.files().filter { $0.hasPrefix("bronze/") } == [])
        }
    }

    @Test func `is repaired, refused or kept as bytes if it is text that nobody checked`() async throws {
        try await withPostgreSQL([]) { _, settings in
            let name = "\(settings.database)_ascii"
            try await change(
                settings, ["CREATE DATABASE \(name) ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"])
            var ascii = settings
            ascii.database = name
            try await change(
                ascii,
                ["CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, E'a\\xE9b')"])
            let lake = try LittleLake(postgres: ascii)
            let (_, ledger) = try await lake.commit(.full())
            #expect(ledger.conversions.map(\.reason) == [.invalidText])
            #expect(try await lake.query("SELECT v FROM bronze_s.t") == ["a\u{FFFD}b"])
            await #expect(throws: ExtractionMistake.self) {
                _ = try await lake.commit(.full(losses: .null, invalidText: .reject))
            }
            _ = try await lake.commit(
                .full(losses: .null, invalidText: .binary), acceptsSchemaChange: true)
            #expect(try await lake.query("SELECT hex(v) FROM bronze_s.t") == ["61E962"])
            try await change(settings, ["DROP DATABASE \(name) WITH (FORCE)"])
        }
    }

    @Test func `may be declared to be another type`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id int PRIMARY KEY, flag smallint, at timestamptz, amount numeric(6,2), b text)",
            "INSERT INTO t VALUES (1, 1, '2024-01-01 00:00+01', 'NaN', 't'), (2, 7, NULL, 2, 'nein')",
        ]) { lake, _ in
            let place = Place(file: "sources/s.yaml", line: 6)
            func column(_ name: String, _ type: String) -> ColumnDefinition {
                ColumnDefinition(name: name, type: type, place: place)
            }
            let columns = [
                column("flag", "BOOLEAN"), column("at", "VARCHAR"), column("amount", "VARCHAR"),
                column("b", "BOOLEAN"),
            ]
            let (_, ledger) = try await lake.commit(.full(losses: .null, columns: columns))
            #expect(
                try await lake.query("SELECT flag, \"at\", amount, b FROM bronze_s.t ORDER BY id")
                    == ["true|2023-12-31 23:00:00+00|NaN|true", "NULL|NULL|2.00|NULL"])
            #expect(
                ledger.conversions.map { "\($0.column) \($0.reason.rawValue)" }
                    == ["b wrong_type", "flag out_of_range"])
        }
    }
}
