import Extraction
import LakeModel
import MySQL
import Project
import Testing

@Suite struct `What MariaDB makes of a column` {
    @Test func `is read with generated and invisible columns`() async throws {
        try await withMariaDB(
            [
                """
                CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT AS (a * 2) VIRTUAL, c INT AS (a * 3) STORED, \
                d INT INVISIBLE DEFAULT 7)
                """, "INSERT INTO t (id, a) VALUES (1, 10), (2, NULL)",
            ]
        ) { lake, _ in
            _ = try await lake.commit(.full())
            #expect(
                try await lake.query("SELECT * EXCLUDE (ingestion_date) FROM bronze_s.t__all ORDER BY id")
                    == [
                        "1|10|20|30|7", "2|NULL|NULL|NULL|7",
                    ])
        }
    }

    @Test(arguments: ["latin1", "utf8mb3", "utf8mb4", "cp1251", "ucs2"])
    func `is text whatever its character set`(characterSet: String) async throws {
        let text = characterSet == "cp1251" ? "Привет" : characterSet == "utf8mb4" ? "naïve 👍" : "naïve ÿ"
        try await withMariaDB(
            [
                "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET \(characterSet))",
                "INSERT INTO t VALUES (1, '\(text)'), (2, '')",
            ]
        ) { lake, _ in
            let (_, ledger) = try await lake.commit(.checked())
            #expect(try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == [text, ""])
            #expect(ledger.conversions == [])
        }
    }

    /// A point in WKB is 0101000000 and two doubles; with a SRID the type has a bit more, and the number.
    @Test func `is WKB with the SRID in it, if it has one`() async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (id INT PRIMARY KEY, g GEOMETRY, p POINT)",
                """
                INSERT INTO t VALUES (1, ST_GeomFromText('POINT(1 2)'), NULL), \
                (2, ST_GeomFromText('POINT(1 2)', 4326), ST_GeomFromText('POINT(1 2)', 3857)), \
                (3, ST_GeomFromText('LINESTRING(0 0, 1 1)', 2154), NULL)
                """,
            ]
        ) { lake, _ in
            let (manifest, _) = try await lake.commit(.checked())
            #expect(manifest.schema.map(\.type) == ["INTEGER", "BLOB", "BLOB"])
            let (zero, one) = ("0000000000000000", "000000000000F03F")
            let point = one + "0000000000000040"
            #expect(
                try await lake.query("SELECT hex(g), hex(p) FROM bronze_s.t ORDER BY id") == [
                    "0101000000\(point)|NULL", "0101000020E6100000\(point)|0101000020110F0000\(point)",
                    "01020000206A08000002000000\(zero)\(zero)\(one)\(one)|NULL",
                ])
        }
    }

    /// The server computes a sum of every column in the snapshot, and the file must have the same.
    @Test func `has the checksum that the server computes`() async throws {
        try await withMariaDB(
            [
                """
                CREATE TABLE t (id INT PRIMARY KEY, a BIGINT UNSIGNED, b DECIMAL(30,6), c BIT(1), d BIT(64), \
                e DATE, f DATETIME(6), g TIMESTAMP(3) NULL, h TIME(6), i VARCHAR(20) CHARACTER SET latin1, \
                j BLOB, k ENUM('ä', 'b'), l SET('x', 'y'), m JSON, n YEAR, o DOUBLE, p FLOAT, q DECIMAL(65,2), \
                r UUID, s INET6, u POINT)
                """,
                """
                INSERT INTO t VALUES (1, 18446744073709551615, -0.500000, b'1', b'1\(String(repeating: "0", count: 63))', \
                '1969-12-31', '1969-12-31 23:59:59.999999', '2024-03-31 01:30:00.123', '-838:59:59.000001', \
                'né', X'00FF', 'ä', 'x,y', '{"a": 1}', 2024, 1e300, 0.1, 1234567890123456789012345678901234567890.12, \
                UUID(), '::1', ST_GeomFromText('POINT(1 2)', 4326)),
                (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
                NULL, NULL, NULL, NULL),
                (3, 0, 99.25, b'0', b'0', '9999-12-31', '9999-12-31 00:00:00', '2038-01-19 03:14:07', '00:00:00.5', \
                '', '', 'b', '', '[]', 1901, -1, -2, -1, UUID(), '::', ST_GeomFromText('POINT(0 0)'))
                """,
            ]
        ) { lake, _ in
            let (manifest, ledger) = try await lake.commit(.checked())
            #expect(ledger.conversions == [])
            let sums = try #require(manifest.origin.checksums)
            #expect(sums.count == 21 && sums.allSatisfy { $0.values == ($0.column == "id" ? 3 : 2) })
            let uncounted = sums.filter { $0.sum == nil }.map(\.column)
            #expect(uncounted == ["o", "p", "r"])
            #expect(sums.first { $0.column == "h" }?.sum == "-3020398500001")
        }
    }

    /// A transaction that began before the extraction and commits after it has rows with an earlier time.
    @Test func `is found although its transaction commits late`() async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP(6) NOT NULL) ENGINE=InnoDB",
                "INSERT INTO t VALUES (1, NOW(6) - INTERVAL 1 HOUR)",
            ]
        ) { lake, settings in
            let table = try TableDefinition.incremental(overlap: .zero)
            let late = try LateTransaction(settings, "INSERT INTO t VALUES (2, NOW(6))")
            try await change(
                settings, ["DO SLEEP(1.2)", "INSERT INTO t VALUES (3, NOW(6))", "DO SLEEP(1.2)"])
            #expect(try await lake.commit(table).1.rows == 2)
            try late.commit()
            _ = try await lake.commit(table)
            #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2", "3"])
        }
    }
}

/// A transaction that is open while a test does something else.
private final class LateTransaction {
    private let connection: MySQLConnection

    init(_ settings: MySQLSettings, _ statement: String) throws {
        connection = try MySQLConnection(settings)
        try connection.execute("START TRANSACTION")
        try connection.execute(statement)
    }

    func commit() throws { try connection.execute("COMMIT") }
}

extension TableDefinition {
    fileprivate static func checked() throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), hasChecksum: true,
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}
