import Extraction
import LakeModel
import Project
import Testing

@Suite struct `The fidelity ledger` {
    private func lines(_ conversions: [Conversion]) -> [String] {
        conversions.map { line in
            "\(line.column) \(line.reason.rawValue) \(line.values): "
                + line.samples.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }

    @Test func `has samples with the keys of their rows, for every reason of MariaDB`() async throws {
        try await withMariaDB([
            "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
            """
            CREATE TABLE t (a INT, b VARCHAR(5), d DATE, at DATETIME, raw VARBINARY(20), PRIMARY KEY (a, b))
            """,
            """
            INSERT INTO t VALUES (1, 'x', '0000-00-00', '0000-00-00 00:00:00', 'ok'),
            (2, 'ü', '2026-00-00', '2026-02-31 10:00:00', x'61ff'), (3, 'z', '2024-02-29', NULL, NULL)
            """,
            // Bytes that are no UTF-8 in a column that says it is: as old applications leave them.
            "ALTER TABLE t MODIFY raw VARCHAR(20) CHARACTER SET latin1",
        ]) { lake, _ in
            let (manifest, ledger) = try await lake.commit(.full())
            #expect(
                lines(manifest.conversions) == [
                    "at out_of_range 1: 2, ü=2026-02-31 10:00:00", "at zero_date 1: 1, x=0000-00-00 00:00:00",
                    "d partial_date 1: 2, ü=2026-00-00", "d zero_date 1: 1, x=0000-00-00",
                ])
            #expect(ledger.conversions == manifest.conversions)
        }
    }

    @Test func `keeps five samples of a column and reason, and counts the others`() async throws {
        try await withMariaDB([
            "SET SESSION sql_mode = ''", "CREATE TABLE t (id INT PRIMARY KEY, d DATE)",
            "INSERT INTO t SELECT seq, '0000-00-00' FROM seq_1_to_5000",
        ]) { lake, _ in
            let (manifest, _) = try await lake.commit(.full())
            let line = try #require(manifest.conversions.first)
            #expect(line.values == 5_000 && line.samples.count == Conversion.samplesMax)
            #expect(line.samples.map(\.key) == ["1", "2", "3", "4", "5"])
        }
    }

    @Test func `cuts long values between characters and prints bytes in hexadecimal`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, n INT);
                INSERT INTO t VALUES (1, '\(String(repeating: "x", count: 63))ü tail'), (2, x'00ff'), (3, x'')
                """)
        let samples = try #require(try await lake.commit(.full()).1.conversions.first).samples
        #expect(
            samples.map(\.value) == [String(repeating: "x", count: 63) + "…", "0x00ff", ""])
        #expect(samples.map(\.key) == ["1", "2", "3"])
    }

    @Test func `names rows by the declared key, and has no key where there is none`() async throws {
        let sql = "CREATE TABLE t (k TEXT, n INT); INSERT INTO t VALUES ('first', 'x'), (NULL, 'y')"
        let none = try await LittleLake(sqlite: sql).commit(.full()).1.conversions
        #expect(none.first?.samples.map(\.key) == ["", ""])
        let table = TableDefinition(
            name: try #require(TableName("t")), key: ["k"], place: Place(file: "sources/s.yaml"))
        let declared = try await LittleLake(sqlite: sql).commit(table).1.conversions
        #expect(declared.first?.samples.map(\.key) == ["first", "NULL"])
    }

    @Test func `tells what is not finite from what is too large and what is no number`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, d DECIMAL(6,2), n INT, r DOUBLE, f TINYINT);
                INSERT INTO t VALUES (1, 9e999, -9e999, 9e999, 0), (2, 'NaN', 'Infinity', 1.5, 1),
                (3, 'abc', '99999999999999999999', NULL, 300), (4, 123456789, 1e300, -0.5, 'x')
                """)
        let (manifest, _) = try await lake.commit(.full())
        #expect(
            lines(manifest.conversions) == [
                "d not_finite 2: 1=inf 2=NaN", "d out_of_range 1: 4=123456789", "d wrong_type 1: 3=abc",
                "f out_of_range 1: 3=300", "f wrong_type 1: 4=x", "n not_finite 2: 1=-inf 2=Infinity",
                "n out_of_range 2: 3=1e+20 4=1e+300",
            ])
        #expect(
            try await lake.query("SELECT r FROM bronze_s.t ORDER BY id") == ["inf", "1.5", "NULL", "-0.5"])
    }

    @Test func `does not lose a value of many readers' rows in any order`() async throws {
        // Two threads fill in turn: every row once, whatever the order.
        try await withMariaDB([
            "SET SESSION sql_mode = ''", "CREATE TABLE t (id INT PRIMARY KEY, d DATE, v VARCHAR(300))",
            """
            INSERT INTO t SELECT seq, IF(seq % 7 = 0, '0000-00-00', '2024-02-29'), REPEAT(seq, 40)
            FROM seq_1_to_300000
            """,
        ]) { lake, _ in
            let (manifest, _) = try await lake.commit(.full())
            #expect(manifest.conversions.map(\.values) == [300_000 / 7])
            #expect(
                try await lake.query(
                    """
                    SELECT count(*), count(DISTINCT id), sum(id), count(*) FILTER (d IS NULL),
                    count(*) FILTER (v <> repeat(CAST(id AS VARCHAR), 40)) FROM bronze_s.t
                    """) == ["300000|300000|\(300_000 * 300_001 / 2)|\(300_000 / 7)|0"])
        }
    }
}

@Suite struct `A type that other extractors lose` {
    @Test func `BIT is exact to 64 bits, and BOOLEAN where it is declared`() async throws {
        try await withMariaDB([
            "CREATE TABLE t (id INT PRIMARY KEY, b1 BIT(1), b8 BIT(8), b64 BIT(64), f TINYINT(1), x VARCHAR(5))",
            """
            INSERT INTO t VALUES (1, b'1', b'1', b'\(String(repeating: "1", count: 64))', 1, '1'),
            (2, b'0', b'0', b'0', 0, '0'), (3, NULL, b'110000', b'101', -1, 'yes'), (4, b'1', b'110001', NULL, 2, '2')
            """,
        ]) { lake, _ in
            let table = try TableDefinition.typed(["b8": "BOOLEAN", "f": "BOOLEAN", "x": "BOOLEAN"])
            let (manifest, _) = try await lake.commit(table)
            #expect(
                manifest.schema.map(\.type) == [
                    "INTEGER", "BOOLEAN", "BOOLEAN", "UBIGINT", "BOOLEAN", "BOOLEAN",
                ])
            // 48 and 49 are the digits 0 and 1 as bytes, but they are numbers here.
            #expect(
                try await lake.query("SELECT * FROM bronze_s.t ORDER BY id") == [
                    "1|true|true|18446744073709551615|true|true", "2|false|false|0|false|false",
                    "3|NULL|NULL|5|NULL|NULL", "4|true|NULL|NULL|NULL|NULL",
                ])
            #expect(
                manifest.conversions.map { "\($0.column) \($0.reason.rawValue) \($0.values)" } == [
                    "b8 out_of_range 2", "f out_of_range 2", "x out_of_range 1", "x wrong_type 1",
                ])
        }
    }

    @Test func `GEOMETRY is WKB with its SRID, UUID is one, INET6 is text`() async throws {
        try await withMariaDB([
            "CREATE TABLE t (id INT PRIMARY KEY, p POINT, u UUID, i INET6, d DECIMAL(65,0), y YEAR)",
            """
            INSERT INTO t VALUES (1, ST_GeomFromText('POINT(1 2)', 4326), '123e4567-e89b-12d3-a456-426655440000',
            '2001:db8::ff00:42:8329', \(String(repeating: "9", count: 65)), 0), (2, NULL, NULL, NULL, NULL, 2155)
            """,
        ]) { lake, _ in
            let (manifest, _) = try await lake.commit(.full())
            #expect(manifest.schema[1].type == "BLOB" && manifest.conversions == [])
            #expect(
                try await lake.query("SELECT hex(p), u, i, d, y FROM bronze_s.t ORDER BY id") == [
                    "0101000020E6100000000000000000F03F0000000000000040|123e4567-e89b-12d3-a456-426655440000|"
                        + "2001:db8::ff00:42:8329|\(String(repeating: "9", count: 65))|0",
                    "NULL|NULL|NULL|NULL|2155",
                ])
        }
    }

    @Test func `a blob of 40 MB among small rows arrives whole`() async throws {
        try await withMariaDB([
            "CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB)",
            "INSERT INTO t SELECT seq, IF(seq = 500, REPEAT('b', 10000000), seq) FROM seq_1_to_3000",
            "UPDATE t SET v = CONCAT(v, v, v, v) WHERE id = 500",
        ]) { lake, _ in
            _ = try await lake.commit(.full())
            #expect(
                try await lake.query(
                    "SELECT count(*), max(octet_length(v)), sum(id) FROM bronze_s.t") == [
                        "3000|40000000|\(3000 * 3001 / 2)"
                    ])
        }
    }
}

extension TableDefinition {
    /// A table some of whose columns have a declared type.
    static func typed(_ types: [String: String]) throws -> TableDefinition {
        let place = Place(file: "sources/s.yaml", line: 4, column: 3)
        return TableDefinition(
            name: try #require(TableName("t")),
            columns: types.sorted { $0.key < $1.key }.map {
                ColumnDefinition(name: $0.key, type: $0.value, place: place)
            }, place: place)
    }
}
