import Blocking
import Glibc
import LakeModel
import MySQL
import Postgres
import Project
import Synchronization
import TarnTesting
import Testing

@testable import Extraction

/// What may go wrong at a source while a long table is read, and what must hold afterwards: no row is lost or
/// doubled, what was committed stays, nothing of ours is left at the server.
@Suite struct `A long backfill` {
    /// 40,000 rows in five pieces, the last one of one row, slowly enough to be disturbed.
    private static let rows = 40_000
    private static let sum = "SELECT count(*), count(DISTINCT id), sum(id) FROM bronze_s.t__all"
    private static let all = ["40000|40000|800020000"]

    private static func table() throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), mode: .incremental, cursors: ["id"], overlap: .number(0),
            chunk: .number(10_000), hasChecksum: true, place: Place(file: "sources/s.yaml", line: 4))
    }

    private static let mariaDB = [
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))",
        "INSERT INTO t SELECT seq, SHA1(seq) FROM seq_1_to_\(rows)",
    ]

    private func expectWhole(_ lake: LittleLake, _ location: SourceLocation = #_sourceLocation) async throws {
        #expect(try await lake.query(Self.sum) == Self.all, sourceLocation: location)
        let manifest = try #require(try await lake.manifest())
        #expect(manifest.files.map(\.rows).reduce(0, +) == 40_000, sourceLocation: location)
    }

    private func expectNothingStaged(
        _ lake: LittleLake, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(
            try await lake.files().filter { $0.contains("staging") && !$0.hasSuffix("/") } == [],
            sourceLocation: location)
    }

    @Test func `survives a server that is killed in mid-table and comes back`() async throws {
        let first = try await MariaDBServer.another(options: ["--innodb-flush-log-at-trx-commit=2"])
        defer { first.stop() }
        var settings = first.administrator
        settings.database = "d"
        try await change(first.administrator, ["CREATE DATABASE d"])
        try await change(settings, Self.mariaDB)
        let lake = try LittleLake(mysql: settings)
        lake.slowDown(Pace(rowsPerSecond: 15_000))
        let progress = ExtractionProgress()
        let task = Task { try await lake.commit(Self.table(), progress: progress).0.files }
        let second = Mutex<MariaDBServer?>(nil)
        defer { second.withLock { $0 }?.stop() }
        let disturbance = Disturbance {
            try Disturbance.await("the second piece is read") { progress.rows >= 14_000 }
            first.kill()
            let server = try first.restarted()
            second.withLock { $0 = server }
        }
        let files = try await task.value
        try await disturbance.end()
        #expect(files.count == 5)
        #expect(progress.rows == 40_000)
        try await expectWhole(lake)
        try await expectNothingStaged(lake)
        try await expectNothingOfOurs(settings)
    }

    @Test func `of MariaDB connects again after its connection was cut in mid-table`() async throws {
        try await withMariaDB(Self.mariaDB) { _, settings in
            let proxy = try FlakyProxy(to: settings.port)
            defer { proxy.stop() }
            var through = settings
            through.port = proxy.port
            try await expectSurvivesCuts(try LittleLake(mysql: through), proxy)
            try await expectNothingOfOurs(settings)
        }
    }

    @Test func `of PostgreSQL connects again after its connection was cut in mid-table`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE t (id int PRIMARY KEY, v text)",
            "INSERT INTO t SELECT n, md5(n::text) FROM generate_series(1, \(Self.rows)) AS n",
        ]) { _, settings in
            let proxy = try FlakyProxy(to: settings.port)
            defer { proxy.stop() }
            var through = settings
            through.port = proxy.port
            try await expectSurvivesCuts(try LittleLake(postgres: through), proxy)
            try await expectNothingOfOurs(settings)
        }
    }

    private func expectSurvivesCuts(_ lake: LittleLake, _ proxy: FlakyProxy) async throws {
        lake.slowDown(Pace(rowsPerSecond: 15_000))
        let progress = ExtractionProgress()
        let task = Task { try await lake.commit(Self.table(), progress: progress).0.files }
        let disturbance = Disturbance {
            for rows in [Int64(13_000), 26_000] {
                try Disturbance.await("\(rows) rows are read") { progress.rows >= rows }
                let before = proxy.connections
                proxy.cut()
                // The piece begins again, and those before it do not.
                try Disturbance.await("it connects again") { proxy.connections > before }
                #expect(progress.rows >= rows / 10_000 * 10_000 - 1)
            }
        }
        #expect(try await task.value.count == 5)
        try await disturbance.end()
        #expect(progress.rows == 40_000)
        try await expectWhole(lake)
        try await expectNothingStaged(lake)
    }

    @Test func `whose connection is cut in its first piece fails and begins again the next time`()
        async throws
    {
        try await withMariaDB(Self.mariaDB) { _, settings in
            let proxy = try FlakyProxy(to: settings.port)
            defer { proxy.stop() }
            var through = settings
            through.port = proxy.port
            let lake = try LittleLake(mysql: through)
            lake.slowDown(Pace(rowsPerSecond: 15_000))
            let progress = ExtractionProgress()
            let task = Task { try await lake.commit(Self.table(), progress: progress) }
            let disturbance = Disturbance {
                try Disturbance.await("it reads") { progress.rows >= 2_000 }
                proxy.cut()
            }
            let error = await #expect(throws: SourceUnavailable.self) { try await task.value }
            try await disturbance.end()
            #expect(error?.isTransient == true)
            #expect(try await lake.files().filter { $0.hasPrefix("bronze/") } == [])
            try await expectNothingOfOurs(settings)
            lake.slowDown(Pace())
            _ = try await lake.commit(Self.table())
            try await expectWhole(lake)
        }
    }

    @Test func `that is cancelled keeps its pieces, and goes on behind them`() async throws {
        try await withMariaDB(Self.mariaDB) { lake, settings in
            lake.slowDown(Pace(rowsPerSecond: 15_000))
            let progress = ExtractionProgress()
            let task = Task { try await lake.commit(Self.table(), progress: progress).0 }
            let disturbance = Disturbance {
                try Disturbance.await("the second piece is read") { progress.rows >= 14_000 }
                task.cancel()
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            try await disturbance.end()
            try await expectNothingOfOurs(settings)
            let kept = try #require(try await lake.manifest()).files.reduce(0) { $0 + $1.rows }
            #expect(kept == 9_999 || kept == 19_999)
            lake.slowDown(Pace())
            let (_, rest) = try await lake.commit(Self.table())
            #expect(rest.rows == 40_000 - kept)
            #expect(try await lake.query(Self.sum) == Self.all)
        }
    }
}

/// Tables that are unlike others.
@Suite struct `A table of MariaDB` {
    @Test func `of 4,000 columns arrives whole`() async throws {
        func columns(_ range: Range<Int>) -> String { range.map { "c\($0) TINYINT" }.joined(separator: ", ") }
        func values(_ range: Range<Int>) -> String {
            range.map { $0 % 7 == 0 ? "NULL" : "\($0 % 127)" }.joined(separator: ", ")
        }
        // No table of MariaDB has room for so many definitions; a view of two has.
        let (left, right) = (0..<2_000, 2_000..<4_000)
        try await withMariaDB(
            [
                "CREATE TABLE a (\(columns(left))) ENGINE=MyISAM",
                "CREATE TABLE b (\(columns(right))) ENGINE=MyISAM",
                "INSERT INTO a VALUES (\(values(left))), (\(values(left)))",
                "INSERT INTO b VALUES (\(values(right)))", "CREATE VIEW t AS SELECT * FROM a JOIN b",
            ]
        ) { lake, _ in
            for hasChecksum in [false, true] {
                let table = TableDefinition(
                    name: try #require(TableName("t")), hasChecksum: hasChecksum,
                    place: Place(file: "sources/s.yaml"))
                let (manifest, ledger) = try await lake.commit(table)
                #expect(manifest.schema.count == 4_000 && ledger.rows == 2)
                #expect(manifest.origin.checksums?.count == (hasChecksum ? 4_000 : nil))
            }
            let sum = (0..<4_000).filter { $0 % 7 != 0 }.reduce(0) { $0 + $1 % 127 }
            let total = (0..<4_000).map { "c\($0)" }.joined(separator: ", ")
            #expect(
                try await lake.query("SELECT sum(x) FROM (SELECT list_sum([\(total)]) AS x FROM bronze_s.t)")
                    .first
                    == "\(2 * sum)")
        }
    }

    @Test func `with a blob of 64 MB arrives whole`() async throws {
        let server = try await MariaDBServer.another(
            options: ["--max-allowed-packet=1G", "--innodb-log-file-size=1G"])
        defer { server.stop() }
        try await server.withDatabase { settings in
            try await change(
                settings,
                [
                    "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)",
                    "INSERT INTO t SELECT seq, REPEAT(CHAR(64 + seq), 67108864) FROM seq_1_to_2",
                    "INSERT INTO t VALUES (3, '')",
                ])
            let lake = try LittleLake(mysql: settings)
            _ = try await lake.commit(.checkedTable())
            #expect(
                try await lake.query(
                    "SELECT id, octet_length(b), md5(b) = md5(repeat(chr(64 + id), 67108864)::BLOB) FROM bronze_s.t ORDER BY id"
                ) == ["1|67108864|true", "2|67108864|true", "3|0|false"])
        }
    }

    /// MySQL's latin1 is Windows' code page 1252, with its undefined bytes as controls.
    @Test func `in latin1 has the characters of code page 1252, whatever its bytes were meant to be`()
        async throws
    {
        try await withMariaDB(
            [
                "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)) CHARACTER SET latin1",
                // The euro and quotes; bytes that are UTF-8 for é; a byte without a character.
                "INSERT INTO t VALUES (1, X'80939495'), (2, X'C3A9'), (3, X'81'), (4, X'FFFE')",
            ]
        ) { lake, _ in
            let (_, ledger) = try await lake.commit(.checkedTable())
            #expect(
                try await lake.query("SELECT v FROM bronze_s.t ORDER BY id") == [
                    "€“”•", "Ã©", "\u{81}", "ÿþ",
                ])
            #expect(ledger.conversions == [])
        }
    }

    @Test func `of which a column goes between planning and reading is not committed`() async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (id INT PRIMARY KEY, v INT, w INT)", "INSERT INTO t VALUES (1, 2, 3)",
            ]
        ) { lake, settings in
            _ = try await lake.commit(.full())
            let blocker = try MySQLConnection(settings)
            try blocker.execute("LOCK TABLES t WRITE")
            let task = Task { try await lake.commit(.full()) }
            try await waitUntil("it waits for the table") {
                try await BlockingPool.shared.run {
                    try MySQLConnection(settings).query(
                        """
                        SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() \
                        AND state LIKE 'Waiting for table%'
                        """
                    ).rows.count > 0
                }
            }
            try blocker.execute("ALTER TABLE t DROP COLUMN v")
            blocker.close()
            let error = await #expect(throws: (any Error).self) { try await task.value }
            let failure = error as? any Diagnostic
            let codes = [
                "source.unknown-column", "extraction.changed-while-read", "extraction.column-vanished",
            ]
            #expect(codes.contains(failure?.code ?? ""), "\(String(describing: failure))")
            #expect(try await lake.query("SELECT v FROM bronze_s.t") == ["2"])
            try await expectNothingOfOurs(settings)
        }
    }

    @Test func `without a key is read whole, its equal rows too`() async throws {
        try await withMariaDB(
            ["CREATE TABLE t (v INT)", "INSERT INTO t SELECT seq MOD 3 FROM seq_1_to_9000"]
        ) { lake, _ in
            _ = try await lake.commit(.checkedTable())
            #expect(
                try await lake.query("SELECT v, count(*) FROM bronze_s.t GROUP BY v ORDER BY v") == [
                    "0|3000", "1|3000", "2|3000",
                ])
            let error = await #expect(throws: ExtractionMistake.self) {
                try await lake.commit(.incremental(cursor: "v"))
            }
            #expect(error != nil)
        }
    }

    @Test func `read by an account that may SELECT only says what it could not see`() async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NOT NULL)",
                "INSERT INTO t VALUES (1, NOW() - INTERVAL 1 HOUR)",
            ]
        ) { _, settings in
            try await withReader(of: settings) { reader in
                let remarks =
                    try await LittleLake(mysql: reader).commit(.incremental()).0.origin.remarks ?? []
                #expect(remarks.contains { $0.contains("GRANT PROCESS") }, "\(remarks)")
            }
        }
    }
}

/// Sources that give another value each time that they are asked.
@Suite struct `A checksum` {
    private func expectRefused(_ lake: LittleLake, _ location: SourceLocation = #_sourceLocation) async throws
    {
        let error = await #expect(throws: ExtractionMistake.self, sourceLocation: location) {
            try await lake.commit(.checkedTable())
        }
        #expect(error?.code == "extraction.wrong-checksum", sourceLocation: location)
        #expect(error?.problem.contains("'v'") == true, sourceLocation: location)
        #expect(
            try await lake.files().filter { $0.hasPrefix("bronze/") } == [], sourceLocation: location)
    }

    @Test func `that is not the source's stops a reading of SQLite`() async throws {
        try await expectRefused(
            LittleLake(
                sqlite: """
                    CREATE TABLE u (id INTEGER); INSERT INTO u VALUES (1), (2), (3);
                    CREATE VIEW t AS SELECT id, printf('%.*c', 1 + abs(random() % 1000000), 'x') AS v FROM u
                    """))
    }

    @Test func `that is not the source's stops a reading of MariaDB`() async throws {
        try await withMariaDB([
            "CREATE TABLE u (id INT PRIMARY KEY)", "INSERT INTO u VALUES (1), (2), (3)",
            "CREATE VIEW t AS SELECT id, UUID_SHORT() AS v FROM u",
        ]) { lake, _ in try await expectRefused(lake) }
    }

    @Test func `that is not the source's stops a reading of PostgreSQL`() async throws {
        try await withPostgreSQL([
            "CREATE TABLE u (id int PRIMARY KEY)", "INSERT INTO u VALUES (1), (2), (3)",
            "CREATE VIEW t AS SELECT id, (random() * 1000000007)::bigint AS v FROM u",
        ]) { lake, _ in try await expectRefused(lake) }
    }

    @Test func `of every kind of column agrees in SQLite`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (a INTEGER PRIMARY KEY, b DECIMAL(18, 4), c DATE, d DATETIME, e TIMESTAMP, f TIME,
                    g TEXT, h BLOB, i DOUBLE, j BOOLEAN, k BIGINT UNSIGNED, l DECIMAL(5, 0), m, n BIT(1));
                INSERT INTO t VALUES
                (1, 12.3, '1969-12-31', '2024-02-29 23:59:59.999999', '2024-03-31 01:30:00', '-838:59:59', 'né', x'00ff',
                    0.1, 1, 9223372036854775807, 7, 1.5, 1),
                (-9223372036854775808, -0.0001, '9999-12-31', '1970-01-01 00:00:00', '1970-01-01 00:00:00', '00:00:00.5', '', x'',
                    1e300, 0, 0, -99999, 'x', 0),
                (9223372036854775807, '1e3', NULL, NULL, NULL, NULL, 17, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
                """)
        let (manifest, ledger) = try await lake.commit(.checkedTable())
        #expect(ledger.conversions == [])
        let sums = Dictionary(
            uniqueKeysWithValues: try #require(manifest.origin.checksums).map { ($0.column, $0) })
        #expect(sums["a"]?.sum == "-1" || sums["a"]?.sum == "0")
        #expect(sums["b"]?.sum == "1012.2999")
        #expect(sums["c"]?.values == 2 && sums["g"]?.sum == "5" && sums["h"]?.sum == "2")
        #expect(sums["i"]?.sum == nil && sums["i"]?.values == 2)
        #expect(sums.count == 14)
    }

    @Test func `leaves out a column whose values were changed, which the ledger says`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, v DATE, w INT);
                INSERT INTO t VALUES (1, '0000-00-00', 5), (2, '2024-01-01', 6)
                """)
        let (_, ledger) = try await lake.commit(.checkedTable())
        #expect(ledger.conversions.map(\.column) == ["v"])
    }
}

extension TableDefinition {
    /// `t`, of which the source computes checksums.
    static func checkedTable() throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), hasChecksum: true,
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}
