import MySQL
import TarnTesting
import Testing

@Suite struct `Cutting a table by its key` {
    /// A table of 20,000 rows from its columns' SQL and the expressions that fill them from `seq`.
    struct Kind: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let columns: String
        let select: String
        var rows = 20_000
        var condition: String?
        /// The pieces that there must be at least of the 8 asked for.
        var piecesMin = 6
        /// How much larger than the mean a piece may be.
        var skewMax = 3.0
    }

    static let kinds = [
        Kind(testDescription: "an int", columns: "k INT PRIMARY KEY", select: "seq"),
        Kind(
            testDescription: "90 % of the rows in a millionth of the range", columns: "k BIGINT PRIMARY KEY",
            select: "IF(seq <= 18000, 5000000000 + seq, (seq - 18000) * 4000000000000)"),
        Kind(
            testDescription: "unsigned beyond Int64", columns: "k BIGINT UNSIGNED PRIMARY KEY",
            select: "18446744073709551615 - seq * 3"),
        Kind(
            testDescription: "negative to positive with gaps", columns: "k BIGINT PRIMARY KEY",
            select: "(CAST(seq AS SIGNED) - 10000) * 922337203685477"),
        Kind(
            testDescription: "decimals", columns: "k DECIMAL(30,8) PRIMARY KEY",
            select: "seq * seq / 7 - 5000"),
        Kind(
            testDescription: "doubles", columns: "k DOUBLE PRIMARY KEY",
            select: "(CAST(seq AS SIGNED) - 9000) * 1.1e100"),
        Kind(
            testDescription: "days, many rows each, in a plain index", columns: "k DATE NULL, INDEX (k)",
            select: "IF(seq MOD 50 = 0, NULL, '2001-01-01' + INTERVAL (seq MOD 900) DAY)"),
        Kind(
            testDescription: "moments with zero dates",
            columns: "k DATETIME(3) NOT NULL, v INT, UNIQUE (k, v)",
            select: "IF(seq MOD 4 = 0, '0000-00-00', '2020-02-28' + INTERVAL seq * 999999 MICROSECOND), seq"),
        Kind(
            testDescription: "instants", columns: "k TIMESTAMP(6) NOT NULL DEFAULT 0, UNIQUE (k)",
            select: "'2024-03-31 00:00:00' + INTERVAL seq * 777 SECOND"),
        Kind(
            testDescription: "text without case",
            columns: "k VARCHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY",
            select: "CONCAT(IF(seq MOD 2, 'User-', 'uSER-'), MD5(seq))"),
        Kind(
            testDescription: "text with a long common beginning",
            columns: "k VARCHAR(120) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
            select: "CONCAT('https://example.org/a/very/long/path/', LPAD(seq * seq, 12, '0'), '.html')"),
        Kind(
            testDescription: "binary text", columns: "k VARCHAR(40) COLLATE utf8mb4_bin PRIMARY KEY",
            select: "CONCAT(CHAR(65 + seq MOD 58 USING utf8mb4), 'é👍', seq)"),
        Kind(
            testDescription: "latin1", columns: "k VARCHAR(40) CHARACTER SET latin1 PRIMARY KEY",
            select: "CONCAT(ELT(1 + seq MOD 5, 'Ä', 'é', 'z', 'O''Brien', '\\\\'), seq)"),
        Kind(
            testDescription: "text with trailing spaces and equal neighbours",
            columns: "k VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL, INDEX (k)",
            select: "CONCAT(IF(seq MOD 3, 'a', 'A'), seq DIV 40, IF(seq MOD 2, '   ', ''))"),
        Kind(
            testDescription: "Cyrillic", columns: "k VARCHAR(40) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
            select: "CONCAT(CHAR(0xD090 + seq MOD 32 USING utf8mb4), seq)"),
        Kind(
            testDescription: "UUIDs as text", columns: "k CHAR(36) PRIMARY KEY",
            select: "INSERT(INSERT(INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')"),
        Kind(
            testDescription: "UUIDs as bytes", columns: "k BINARY(16) PRIMARY KEY", select: "UNHEX(MD5(seq))"),
        Kind(
            testDescription: "random UUIDs", columns: "k UUID PRIMARY KEY",
            select: "INSERT(INSERT(MD5(seq), 13, 1, '4'), 17, 1, 'a')"),
        Kind(
            testDescription: "newer UUIDs", columns: "k UUID PRIMARY KEY",
            select: "INSERT(INSERT(MD5(seq), 13, 1, '7'), 17, 1, 'a')"),
        Kind(
            testDescription: "bytes with zeros, of any length", columns: "k VARBINARY(30) PRIMARY KEY",
            select: "CONCAT(REPEAT('\\0', seq MOD 6), UNHEX(LPAD(HEX(seq), 8, '0')))"),
        Kind(
            testDescription: "a few tenants, one of them with nearly all",
            columns: "k INT NOT NULL, v INT NOT NULL, PRIMARY KEY (k, v)",
            select: "IF(seq MOD 20 = 0, seq MOD 3, 7), seq"),
        Kind(
            testDescription: "text, then a day, then a number",
            columns: "k VARCHAR(9) NOT NULL, d DATE NOT NULL, v INT NOT NULL, PRIMARY KEY (k, d, v)",
            select: "ELT(1 + seq MOD 2, 'a', 'B'), IF(seq MOD 3, '2024-01-01', '0000-00-00'), seq"),
        Kind(
            testDescription: "an ENUM, then a number",
            columns: "k ENUM('z', 'it''s', 'a') NOT NULL, v INT NOT NULL, PRIMARY KEY (k, v)",
            select: "IF(seq MOD 100 = 0, 3, 2), seq"),
        Kind(
            testDescription: "a unique key with NULLs", columns: "k INT NULL UNIQUE",
            select: "IF(seq MOD 10 = 0, NULL, seq)"),
        Kind(
            testDescription: "a condition on an indexed column",
            columns: "k INT PRIMARY KEY, at DATETIME NOT NULL, INDEX (at)",
            select: "seq, '2024-01-01' + INTERVAL (seq DIV 100) MINUTE",
            condition: "at >= '2024-01-01 02:30:00'",
            piecesMin: 5),
        Kind(
            testDescription: "a condition without an index", columns: "k INT PRIMARY KEY, v INT",
            select: "seq, seq MOD 10", condition: "v = 3"),
        // The line's rest, which closes the parenthesis, is a comment.
        Kind(
            testDescription: "a table in another engine",
            columns: "k INT PRIMARY KEY) ENGINE=MyISAM -- ", select: "seq * 10"),
        Kind(
            testDescription: "a table with partitions",
            columns: "k INT PRIMARY KEY) PARTITION BY HASH (k) PARTITIONS 4 -- ", select: "seq * 10"),
    ]

    @Test(arguments: kinds)
    func `gives disjoint pieces of similar size that have every row`(kind: Kind) async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (\(kind.columns))")
            try connection.execute("INSERT INTO t SELECT \(kind.select) FROM seq_1_to_\(kind.rows)")
            try connection.execute("ANALYZE TABLE t")
            let ranges = try connection.keyRanges(of: "t", into: 8, where: kind.condition)
            try expectWhole(ranges, connection, where: kind.condition)
            #expect(ranges.pieces.count >= kind.piecesMin, "\(ranges)")
            let counts = try counts(ranges, connection, where: kind.condition)
            let mean = Double(counts.reduce(0, +)) / Double(counts.count)
            #expect(Double(counts.max() ?? 0) <= kind.skewMax * mean, "\(counts) \(ranges)")
            #expect(ranges.queries < 300)
        }
    }

    private func filter(_ parts: String?...) -> String {
        let parts = parts.compactMap { $0.map { "(\($0))" } }
        return parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND ")
    }

    private func counts(
        _ ranges: KeyRanges, _ connection: MySQLConnection, where condition: String?
    ) throws -> [Int] {
        try ranges.pieces.map { piece in
            let sql = "SELECT COUNT(*) FROM t\(filter(piece.condition, condition))"
            return try connection.query(sql).rows[0][0].flatMap { Int($0) } ?? -1
        }
    }

    /// No row is in two pieces or in none: the counts and the sums of the rows' checksums agree.
    private func expectWhole(
        _ ranges: KeyRanges, _ connection: MySQLConnection, where condition: String?
    ) throws {
        let database = connection.settings.database ?? ""
        let columns = try connection.columns(of: "t", in: database).map {
            "IFNULL(HEX(\(MySQLConnection.quoteIdentifier($0.name))), '-')"
        }
        func sums(_ piece: String?) throws -> [Int] {
            try connection.query(
                """
                SELECT COUNT(*), IFNULL(SUM(CRC32(CONCAT_WS('|', \(columns.joined(separator: ", "))))), 0) FROM t\
                \(filter(piece, condition))
                """
            ).rows[0].map { $0.flatMap { Int($0) } ?? -1 }
        }
        let whole = try sums(nil)
        let parts = try ranges.pieces.map { try sums($0.condition) }
        #expect(parts.reduce(0) { $0 + $1[0] } == whole[0], "\(parts) \(ranges)")
        #expect(parts.reduce(0) { $0 + $1[1] } == whole[1], "\(ranges)")
    }

    @Test(arguments: [
        ("a INT", "has no index"), ("a FLOAT NOT NULL, UNIQUE (a)", "type"),
        ("a INT, INDEX (a)", "only about"),
        ("a INT NOT NULL, PRIMARY KEY (a) USING HASH) ENGINE=MEMORY -- ", "no index"),
        ("a YEAR NOT NULL, INDEX (a)", "type"),
    ])
    func `says why it is in one piece`(columns: String, reason: String) async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (\(columns))")
            let isKeyed = columns.contains("PRIMARY") || columns.contains("UNIQUE")
            try connection.execute("INSERT INTO t SELECT \(isKeyed ? "seq" : "3") FROM seq_1_to_2000")
            try connection.execute("ANALYZE TABLE t")
            let ranges = try connection.keyRanges(of: "t", into: 8)
            #expect(ranges.pieces.count == 1 && ranges.pieces[0].condition == nil)
            #expect(ranges.reason?.contains(reason) == true, "\(ranges.reason ?? "")")
        }
    }

    @Test func `has one piece for a view, an empty table, one row and one value`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (a INT PRIMARY KEY)")
            try connection.execute("CREATE VIEW v AS SELECT * FROM t")
            #expect(try connection.keyRanges(of: "v", into: 4).reason == "a view has no keys")
            #expect(try connection.keyRanges(of: "t", into: 4).pieces.count == 1)
            try connection.execute("INSERT INTO t VALUES (1)")
            #expect(try connection.keyRanges(of: "t", into: 4).pieces.count == 1)
            #expect(try connection.keyRanges(of: "missing", into: 4).reason?.contains("no table") == true)
        }
    }

    /// An index that the optimizer must not use would be answered by reading the whole table.
    @Test func `does not use an ignored index`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (a INT NOT NULL, INDEX u (a) IGNORED)")
            try connection.execute("INSERT INTO t SELECT seq FROM seq_1_to_1000")
            let ranges = try connection.keyRanges(of: "t", into: 4)
            #expect(ranges.pieces.count == 1 && ranges.reason != nil)
        }
    }

    @Test func `takes names and values that look like SQL for names and values`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE `t``; DROP` (`k'\\`` x` VARCHAR(40) PRIMARY KEY)")
            try connection.execute(
                "INSERT INTO `t``; DROP` SELECT CONCAT('\\'; -- \"', seq, '\\\\') FROM seq_1_to_3000")
            let ranges = try connection.keyRanges(of: "t`; DROP", into: 4)
            #expect(ranges.pieces.count == 4)
            let counts = try ranges.pieces.map {
                try connection.query("SELECT COUNT(*) FROM `t``; DROP` WHERE \($0.condition ?? "TRUE")").rows[
                    0][0]
            }
            #expect(counts.compactMap { $0.flatMap { Int($0) } }.reduce(0, +) == 3000)
        }
    }

    @Test func `costs few queries on a million rows`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (k BIGINT PRIMARY KEY, v CHAR(20) NOT NULL)")
            try connection.execute(
                """
                INSERT INTO t SELECT IF(seq <= 900000, 5000000000 + seq, (seq - 900000) * 4000000000000), 'x' \
                FROM seq_1_to_1000000
                """)
            try connection.execute("ANALYZE TABLE t")
            let clock = ContinuousClock()
            var ranges: KeyRanges?
            let time = try clock.measure { ranges = try connection.keyRanges(of: "t", into: 8) }
            let found = try #require(ranges)
            let counts = try counts(found, connection, where: nil)
            print("a million skewed rows: \(found.queries) queries, \(time), \(counts)")
            #expect(counts.reduce(0, +) == 1_000_000)
            #expect((counts.max() ?? 0) <= 3 * 125_000 && found.pieces.count == 8)
            #expect(found.queries < 150)
        }
    }
}
