import Blocking
import Extraction
import Glibc
import LakeModel
import MySQL
import Project
import TarnTesting
import Testing

/// One table, several connections.
@Suite struct `A table of MariaDB that several connections read` {
    struct Kind: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let columns: String
        let select: String
        var isCut = true
    }

    static let kinds = [
        Kind(testDescription: "an int", columns: "k INT PRIMARY KEY", select: "seq"),
        Kind(
            testDescription: "a skewed unsigned bigint", columns: "k BIGINT UNSIGNED PRIMARY KEY",
            select: "IF(seq <= 18000, 5000000000 + seq, 18446744073709551615 - seq)"),
        Kind(testDescription: "a decimal", columns: "k DECIMAL(30,8) PRIMARY KEY", select: "seq / 7 - 5000"),
        Kind(
            testDescription: "a time stamp with zero dates", columns: "k DATETIME(3) NOT NULL, INDEX (k)",
            select: "IF(seq MOD 9 = 0, '0000-00-00', '2020-02-28' + INTERVAL seq * 999999 MICROSECOND)"),
        Kind(
            testDescription: "text without case in latin1",
            columns: "k VARCHAR(40) CHARACTER SET latin1 PRIMARY KEY",
            select: "CONCAT(ELT(1 + seq MOD 5, 'Ä', 'é', 'z', 'O''Brien', '\\\\'), seq)"),
        Kind(
            testDescription: "binary text", columns: "k VARCHAR(40) COLLATE utf8mb4_bin PRIMARY KEY",
            select: "CONCAT(CHAR(65 + seq MOD 58 USING utf8mb4), 'é👍', seq)"),
        Kind(
            testDescription: "text in utf8mb3", columns: "k VARCHAR(40) CHARACTER SET utf8mb3 PRIMARY KEY",
            select: "CONCAT(MD5(seq), 'ß')"),
        Kind(
            testDescription: "UUIDs as bytes", columns: "k BINARY(16) PRIMARY KEY", select: "UNHEX(MD5(seq))"),
        Kind(
            testDescription: "UUIDs", columns: "k UUID PRIMARY KEY",
            select: "INSERT(INSERT(MD5(seq), 13, 1, '4'), 17, 1, 'a')"),
        Kind(
            testDescription: "a key of two columns",
            columns: "k INT NOT NULL, v INT NOT NULL, PRIMARY KEY (k, v)",
            select: "IF(seq MOD 20 = 0, seq MOD 3, 7), seq"),
        Kind(
            testDescription: "an ENUM and a number",
            columns: "k ENUM('z', 'it''s', 'a') NOT NULL, v INT NOT NULL, PRIMARY KEY (k, v)",
            select: "IF(seq MOD 100 = 0, 3, 2), seq"),
        Kind(
            testDescription: "a unique key with NULLs", columns: "k INT NULL UNIQUE",
            select: "IF(seq MOD 10 = 0, NULL, seq)"),
        Kind(
            testDescription: "no key", columns: "k INT, v INT", select: "seq MOD 100, seq", isCut: false),
        Kind(
            testDescription: "a float as its key", columns: "k FLOAT PRIMARY KEY", select: "seq / 8",
            isCut: false),
    ]

    @Test(arguments: kinds)
    func `has the same rows as one connection reads, whatever its key`(kind: Kind) async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (\(kind.columns))",
                "INSERT INTO t SELECT \(kind.select) FROM seq_1_to_20000", "ANALYZE TABLE t",
            ] + Self.swollen
        ) { lake, settings in
            let (manifest, ledger) = try await lake.commit(.read(by: 4))
            let single = try LittleLake(mysql: settings)
            let (_, whole) = try await single.commit(.read(by: 1))
            #expect(ledger.rows == 20_000 && whole.rows == 20_000)
            let sums = "SELECT count(*), bit_xor(hash(t)), sum(hash(t) % 1000003) FROM bronze_s.t AS t"
            #expect(try await lake.query(sums) == single.query(sums))
            let remark = manifest.origin.remarks?.first { $0.contains("connections") }
            #expect(
                (remark?.hasPrefix("4 connections read one state") == true) == kind.isCut,
                "\(manifest.origin)")
            try await expectNothingLeft(settings)
        }
    }

    /// Money moves from one end of the key to the other, so that two readers of different states lose some.
    @Test(arguments: [true, false])
    func `is read in one state however busily it is written`(hasBinaryLog: Bool) async throws {
        let server = try await MariaDBServer.another(
            options: hasBinaryLog ? ["--log-bin=log", "--server-id=1"] : [])
        defer { server.stop() }
        try await server.withDatabase { settings in
            try await change(
                settings,
                [
                    "CREATE TABLE t (k INT PRIMARY KEY, v INT NOT NULL)",
                    "INSERT INTO t SELECT seq, 100 FROM seq_1_to_20000", "ANALYZE TABLE t",
                ] + Self.swollen)
            let lake = try LittleLake(mysql: settings)
            let writer = Writer(settings) { turn in
                let (from, to) = (1 + turn % 5_000, 20_000 - turn % 5_000)
                return [
                    "START TRANSACTION", "UPDATE t SET v = v - 1 WHERE k = \(from)",
                    "UPDATE t SET v = v + 1 WHERE k = \(to)", "COMMIT",
                ]
            }
            defer { writer.stop() }
            for _ in 0..<4 {
                let (manifest, _) = try await lake.commit(.read(by: 4))
                #expect(try await lake.query("SELECT sum(v) FROM bronze_s.t") == ["2000000"])
                #expect(
                    manifest.origin.remarks?.contains { $0.hasPrefix("4 connections read one state") }
                        == true,
                    "\(manifest.origin)")
            }
            #expect(writer.stop() > 100)
            try await expectNothingLeft(settings)
        }
    }

    @Test func `with the right to SELECT only is still whole, and says what it could not do`() async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (k INT PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_20000",
                "ANALYZE TABLE t",
            ]
                + Self.swollen
        ) { _, settings in
            var reader = settings
            (reader.user, reader.password) = ("s\(settings.database?.suffix(12) ?? "")", "p")
            try await change(
                settings,
                [
                    "CREATE USER \(reader.user) IDENTIFIED BY 'p'",
                    "GRANT SELECT ON \(settings.database ?? "").* TO \(reader.user)",
                ])
            let lake = try LittleLake(mysql: reader)
            let (manifest, ledger) = try await lake.commit(.read(by: 4))
            let remarks = manifest.origin.remarks ?? []
            #expect(ledger.rows == 20_000)
            #expect(
                remarks.contains {
                    $0.hasPrefix("Each of 4 connections read a state of its own")
                        && $0.contains("GRANT LOCK TABLES")
                }, "\(remarks)")
            try await expectNothingLeft(settings)
            try await change(settings, ["DROP USER \(reader.user)"])
        }
    }

    @Test func `leaves nothing behind when a connection is killed or the reading is cancelled`() async throws
    {
        try await withMariaDB(
            [
                // Half a gigabyte that the server makes up, so that there is time to disturb it.
                "CREATE TABLE t (k INT PRIMARY KEY, big LONGTEXT AS (REPEAT(k, 5000)) VIRTUAL)",
                "INSERT INTO t (k) SELECT seq FROM seq_1_to_20000", "ANALYZE TABLE t",
            ] + Self.swollen
        ) { lake, settings in
            let failing = Task { try await lake.commit(.read(by: 4)).1.rows }
            try await awaitReader(settings, kills: true)
            let failure = await #expect(throws: SourceUnavailable.self) { try await failing.value }
            #expect(failure?.isTransient == true)
            try await expectNothingLeft(settings)

            let task = Task { try await lake.commit(.read(by: 4)).1.rows }
            try await awaitReader(settings, kills: false)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await expectNothingLeft(settings)
            #expect(try await lake.files().filter { $0.contains("staging") && !$0.hasSuffix("/") }.count <= 1)
        }
    }

    /// Makes the server believe that the table is large enough to be cut.
    static let swollen = [
        "ALTER TABLE t STATS_PERSISTENT = 1 STATS_AUTO_RECALC = 0",
        """
        UPDATE mysql.innodb_table_stats SET n_rows = 1000000 WHERE database_name = DATABASE() \
        AND table_name = 't'
        """,
        // What makes InnoDB read its statistics again.
        "RENAME TABLE t TO t9", "RENAME TABLE t9 TO t",
    ]

    // MARK: What the server sees

    /// The connections that read the table now.
    private static func readers(_ connection: MySQLConnection) throws -> [String] {
        try connection.query(
            """
            SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() \
            AND info LIKE 'SELECT%`big`%FROM `t`%'
            """
        ).rows.compactMap { $0[0] }
    }

    /// Returns when somebody reads the table, and then kills the connection if `kills`.
    private func awaitReader(_ settings: MySQLSettings, kills: Bool) async throws {
        try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            let deadline = ContinuousClock.now + .seconds(60)
            while true {
                if let reader = try Self.readers(connection).last {
                    if kills { try connection.execute("KILL \(reader)") }
                    return
                }
                if ContinuousClock.now > deadline { throw SetupFailed(reason: "nobody reads") }
            }
        }
    }

    /// No transaction, no lock, no statement of ours.
    private func expectNothingLeft(_ settings: MySQLSettings) async throws {
        let left = try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            var left: [[String?]] = []
            // A session that was closed a moment ago may still be listed.
            for _ in 0..<150 {
                left = try connection.query(
                    """
                    SELECT id, command, info FROM information_schema.processlist \
                    LEFT JOIN information_schema.innodb_trx ON trx_mysql_thread_id = id \
                    WHERE db = DATABASE() AND id <> CONNECTION_ID()
                    """
                ).rows
                if left.isEmpty { break }
                usleep(100_000)
            }
            try connection.execute("SET SESSION lock_wait_timeout = 15")
            try connection.execute("ALTER TABLE t COMMENT 'nobody holds it'")
            return left
        }
        #expect(left.isEmpty)
    }
}

extension TableDefinition {
    static func read(by readers: Int) throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), readersMax: readers, hasChecksum: true,
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}
