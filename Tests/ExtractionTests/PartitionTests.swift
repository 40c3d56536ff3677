import Extraction
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import MySQL
import Postgres
import Project
import Testing

@Suite struct `A partitioned table` {
    static let days = """
        CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, v TEXT);
        INSERT INTO t VALUES (1, '2026-11-20 00:00:00', 'a'), (2, '2026-11-20 23:59:59', 'b'),
        (3, '2026-11-21 00:00:00', 'c'), (4, '2026-11-22 00:00:00', 'd'), (5, '2026-11-22 12:00:00.500', 'e'),
        (6, NULL, 'f')
        """

    @Test func `is read as the partitions that are named, each a file of its own`() async throws {
        let lake = try LittleLake(sqlite: Self.days)
        let (manifest, ledger) = try await lake.commit(.partitioned(), ["2026-11-20", "2026-11-22"])
        #expect(ledger.rows == 4)
        #expect(manifest.mode == .partitioned && manifest.origin.fingerprint != nil)
        #expect(manifest.files.map(\.partition?.text) == ["2026-11-20", "2026-11-22"])
        #expect(manifest.files.map(\.rows) == [2, 2])
        #expect(manifest.origin.remarks == ["1 rows of the source have NULL in at and are in no partition."])
        #expect(
            try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["1|a", "2|b", "4|d", "5|e"])
        // The day between comes by itself, and one without rows is there, too.
        _ = try await lake.commit(.partitioned(), ["2026-11-21", "2026-11-19"])
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["5"])
        #expect(try #require(await lake.manifest()).files.count == 4)
        #expect(try await lake.files().filter { $0.contains("staging") } == [])
    }

    @Test func `that is read again is its newest file, and what was there stays in its day`() async throws {
        let lake = try LittleLake(sqlite: Self.days)
        _ = try await lake.commit(.partitioned(), ["2026-11-20", "2026-11-21", "2026-11-22"])
        let before = try await lake.files()
        lake.passMidnight()
        try lake.execute(
            "DELETE FROM t WHERE id = 1; UPDATE t SET v = 'B' WHERE id = 2; DELETE FROM t WHERE id = 3")
        let (manifest, _) = try await lake.commit(.partitioned(), ["2026-11-20"])
        #expect(manifest.files.count == 1)
        #expect(Set(before).isSubset(of: try await lake.files()))
        #expect(
            try await lake.query("SELECT id, v FROM bronze_s.t ORDER BY id") == ["2|B", "3|c", "4|d", "5|e"])
        #expect(
            try await lake.query("SELECT count(*), count(DISTINCT ingestion_date) FROM bronze_s.t__all")
                == ["6|2"])
        // A partition of which nothing is left is empty.
        _ = try await lake.commit(.partitioned(), ["2026-11-21"])
        #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["2", "4", "5"])
        // Twice in a day it is there once, and its older file goes.
        try lake.execute("UPDATE t SET v = 'again' WHERE id = 2")
        let (third, _) = try await lake.commit(.partitioned(), ["2026-11-20"])
        #expect(third.files.map(\.partition?.text) == ["2026-11-21", "2026-11-20"])
        #expect(try await lake.query("SELECT v FROM bronze_s.t WHERE id = 2") == ["again"])
        #expect(try await lake.files().filter { $0.hasSuffix(".parquet") }.count == 5)
    }

    @Test func `has another version when one of its partitions is another`() async throws {
        let lake = try LittleLake(sqlite: Self.days)
        func version() async throws -> String {
            let asset = try #require(AssetKey("bronze_s.t"))
            let state = try await LakeSession.state(of: asset, ManifestStore(lake.store), lake.store)
            return try #require(state).version
        }
        _ = try await lake.commit(.partitioned(), ["2026-11-20", "2026-11-22"])
        let first = try await version()
        lake.passMidnight()
        _ = try await lake.commit(.partitioned(), ["2026-11-20"])
        let second = try await version()
        #expect(second == first)
        try lake.execute("UPDATE t SET v = 'B' WHERE id = 2")
        _ = try await lake.commit(.partitioned(), ["2026-11-20"])
        #expect(try await version() != first)
    }

    @Test func `takes a column that is new, also for partitions from before it`() async throws {
        let lake = try LittleLake(sqlite: Self.days)
        _ = try await lake.commit(.partitioned(), ["2026-11-20", "2026-11-22"])
        lake.passMidnight()
        try lake.execute("ALTER TABLE t ADD COLUMN w INTEGER; UPDATE t SET w = id")
        _ = try await lake.commit(.partitioned(), ["2026-11-22"])
        #expect(
            try await lake.query("SELECT id, w FROM bronze_s.t ORDER BY id")
                == ["1|NULL", "2|NULL", "4|4", "5|5"])
        _ = try await lake.commit(.partitioned(), ["2026-11-20"])
        #expect(try await lake.query("SELECT sum(w) FROM bronze_s.t") == ["12"])
    }

    @Test func `shows nothing of what whoever lost the lease has read`() async throws {
        let lake = try LittleLake(sqlite: Self.days)
        _ = try await lake.commit(.partitioned(), ["2026-11-20"])
        await #expect(throws: Refused.self) {
            _ = try await lake.commit(.partitioned(), ["2026-11-22", "2026-11-20"]) { throw Refused() }
        }
        #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2"])
        let report = try await Recovery(lake.store).run(liveRuns: [])
        #expect(report.removed.count == 2 && report.problems.isEmpty)
        #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2"])
    }

    @Test func `by a day of DuckDB, of SQLite, of MariaDB and of PostgreSQL has every row once`() async throws
    {
        let rows = (0..<200).map { number in
            // Ten days of November, every 72 minutes, beginning at midnight.
            let minutes = number * 72
            let (day, hour, minute) = (1 + minutes / 1_440, minutes / 60 % 24, minutes % 60)
            let time =
                "2026-11-\(day < 10 ? "0" : "")\(day) \(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute):00"
            return "(\(number), '\(time)', '\(time)', '\(time.prefix(10))')"
        }.joined(separator: ", ")
        let columns = "(id INTEGER PRIMARY KEY, l TIMESTAMP, i TIMESTAMP WITH TIME ZONE, d DATE)"
        let statements = ["CREATE TABLE t \(columns)", "INSERT INTO t VALUES \(rows)"]
        func check(_ lake: LittleLake, column: String, zone: ZoneRules) async throws {
            let table = try TableDefinition.partitioned(column: column, zone: zone)
            var names = (1...11).map { "2026-11-\($0 < 10 ? "0" : "")\($0)" } + ["2026-10-31"]
            names.shuffle()
            for name in names.prefix(4) { _ = try await lake.commit(table, [name]) }
            _ = try await lake.commit(table, Array(names.dropFirst(4)))
            #expect(
                try await lake.query("SELECT count(*), count(DISTINCT id), sum(id) FROM bronze_s.t")
                    == ["200|200|19900"])
            // Each file has exactly the rows of its day; across the sea the day begins five hours later.
            let offset = column == "i" && zone.name != "UTC" ? 5 : 0
            let day = try #require(try await lake.manifest()).files.first {
                $0.partition?.text == "2026-11-02"
            }
            let first = (1_440 + offset * 60 + 71) / 72
            #expect(day?.rows == Int64((2_880 + offset * 60 + 71) / 72 - first), "\(column) \(zone.name)")
        }
        let zones = [ZoneRules.utc, try newYork()]
        for zone in zones {
            for column in ["l", "i", "d"] {
                let duckdb = try LittleLake(duckdb: statements.joined(separator: "; "))
                try await check(duckdb, column: column, zone: zone)
                try await withPostgreSQL(statements) { lake, _ in
                    try await check(lake, column: column, zone: zone)
                }
                let mysql = [
                    "SET SESSION time_zone = '+00:00'",
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, l DATETIME, i TIMESTAMP NULL, d DATE)",
                    statements[1],
                ]
                try await withMariaDB(mysql) { lake, _ in
                    try await check(lake, column: column, zone: zone)
                }
                let sqlite = "CREATE TABLE t (id INTEGER PRIMARY KEY, l DATETIME, i TIMESTAMP, d DATE); "
                try await check(LittleLake(sqlite: sqlite + statements[1]), column: column, zone: zone)
            }
        }
    }

    @Test func `by days of London has 23 hours of a TIMESTAMP in March and 25 in October`() async throws {
        let statements = [
            "SET SESSION time_zone = '+00:00'",
            "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL, l DATETIME)",
            """
            INSERT INTO t SELECT seq, FROM_UNIXTIME(1774742400 + seq * 1800), FROM_UNIXTIME(1774742400 + seq * 1800) \
            FROM seq_0_to_143
            """,
            """
            INSERT INTO t SELECT seq + 1000, FROM_UNIXTIME(1792879200 + seq * 1800), \
            FROM_UNIXTIME(1792879200 + seq * 1800) FROM seq_0_to_143
            """,
        ]
        try await withMariaDB(statements) { lake, _ in
            let table = try TableDefinition.partitioned(zone: london())
            let (manifest, _) = try await lake.commit(
                table, ["2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26"])
            #expect(manifest.files.map(\.rows) == [46, 48, 50, 48])
            let hours = try TableDefinition.partitioned(.hourly, zone: london())
            let other = try LittleLake(mysql: lake.mysqlSettings())
            let (hourly, _) = try await other.commit(
                hours, ["2026-10-25T00", "2026-10-25T01+01:00", "2026-10-25T01+00:00", "2026-10-25T02"])
            #expect(hourly.files.map(\.rows) == [2, 2, 2, 2])
            // The wall shows the hour once only: all of its rows are the first hour's.
            let walls = try TableDefinition.partitioned(.hourly, column: "l", zone: london())
            let third = try LittleLake(mysql: lake.mysqlSettings())
            let (wall, _) = try await third.commit(
                walls, ["2026-10-25T01+01:00", "2026-10-25T01+00:00", "2026-03-29T02"])
            #expect(wall.files.map(\.rows) == [2, 0, 4])
        }
    }

    @Test func `by a key has rows with exactly that key, whatever the collation takes for equal`()
        async throws
    {
        let rows = "INSERT INTO t VALUES (1, 'uk'), (2, 'UK'), (3, 'ie'), (4, NULL), (5, 'uk'), (6, 'ük')"
        let table = try TableDefinition.keyed(["uk", "ie", "UK"])
        func check(_ lake: LittleLake, hasOtherValues: Bool = false) async throws {
            let connector = SourceConnector(try lake.source(table))
            if hasOtherValues {
                let refusal = #expect(throws: PartitionMistake.self) {
                    try connector.partitionKeys(of: table)
                }
                #expect(refusal?.kind == .key && refusal?.problem.hasPrefix("1 different values") == true)
            } else {
                #expect(try connector.partitionKeys(of: table).map(\.text) == ["UK", "ie", "uk", "ük"])
            }
            let all = PartitionSet(
                try #require(table.partitions).scheme, keys: ["uk", "ie"].compactMap { PartitionKey($0) })
            // And the one that is NULL.
            #expect(try connector.countRows(of: table, in: all) == 4)
            let (manifest, _) = try await lake.commit(table, ["uk", "ie"])
            #expect(manifest.files.map(\.rows) == [2, 1])
            #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "3", "5"])
            _ = try await lake.commit(table, ["UK"])
            #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2", "3", "5"])
        }
        try await check(
            LittleLake(sqlite: "CREATE TABLE t (id INTEGER PRIMARY KEY, c TEXT COLLATE NOCASE); \(rows)"))
        try await check(LittleLake(duckdb: "CREATE TABLE t (id INTEGER PRIMARY KEY, c VARCHAR); \(rows)"))
        let text =
            "CREATE TABLE t (id INT PRIMARY KEY, c VARCHAR(10) CHARACTER SET latin1 COLLATE latin1_german1_ci)"
        try await withMariaDB([text, rows, "INSERT INTO t VALUES (7, 'uk ')"]) { lake, _ in
            try await check(lake, hasOtherValues: true)
        }
        for type in ["VARCHAR(10)", "TEXT", "CHAR(10)"] {
            try await withPostgreSQL(["CREATE TABLE t (id INT PRIMARY KEY, c \(type))", rows]) { lake, _ in
                try await check(lake)
            }
        }
    }

    @Test func `may be by numbers, and by a day with a key`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, c INTEGER);
                INSERT INTO t VALUES (1, '2026-11-20 10:00:00', 1), (2, '2026-11-20 11:00:00', 2),
                (3, '2026-11-21 10:00:00', 1), (4, '2026-11-20 12:00:00', 1)
                """)
        let (manifest, _) = try await lake.commit(.keyed(["1", "2"]), ["2", "1"])
        #expect(manifest.files.map(\.rows) == [1, 3])
        let both = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, c INTEGER);
                INSERT INTO t VALUES (1, '2026-11-20 10:00:00', 1), (2, '2026-11-20 11:00:00', 2),
                (3, '2026-11-21 10:00:00', 1), (4, '2026-11-20 12:00:00', 1)
                """)
        let times = TimePartitions(.daily, zone: .utc, start: Day("2026-01-01"))
        let keys = KeyPartitions(fixed: ["1", "2"].compactMap { PartitionKey($0) })
        let table = try TableDefinition.partitioned(.product(times, keys), time: "at", key: "c")
        let (second, _) = try await both.commit(table, ["2026-11-20|1", "2026-11-21|2"])
        #expect(second.files.map(\.rows) == [2, 0])
        let connector = SourceConnector(try both.source(table))
        #expect(try connector.partitionKeys(of: table).map(\.text) == ["1", "2"])
        let set = PartitionSet(
            try #require(table.partitions).scheme,
            keys: ["2026-11-20|1", "2026-11-21|1", "2026-11-21|2"].compactMap { PartitionKey($0) })
        #expect(try connector.countRows(of: table, in: set) == 3)
        #expect(try await both.files().contains { $0.hasSuffix(".p-2026-11-20~7C1.parquet") })
    }

    @Test func `is refused where its column or partition cannot be`() async throws {
        let lake = try LittleLake(
            sqlite: "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATE, c TEXT, f DOUBLE)")
        func code(_ table: TableDefinition, _ name: String) async throws -> String {
            do {
                _ = try await lake.commit(table, [name])
                return "none"
            } catch let mistake as ExtractionMistake {
                #expect(mistake.place != nil)
                return mistake.code
            }
        }
        #expect(try await code(.partitioned(.hourly), "2026-11-20T00") == "extraction.partition-type")
        #expect(try await code(.partitioned(column: "id"), "2026-11-20") == "extraction.partition-type")
        #expect(try await code(.partitioned(column: "c"), "2026-11-20") == "extraction.partition-type")
        #expect(try await code(.partitioned(column: "xx"), "2026-11-20") == "extraction.unknown-column")
        #expect(try await code(.partitioned(), "2026-11-31") == "extraction.unknown-partition")
        #expect(try await code(.keyed(["uk"]), "ie") == "extraction.unknown-partition")
        #expect(try await code(.keyed(["uk"], column: "id"), "uk") == "extraction.partition-type")
        #expect(try await code(.keyed(["uk"], column: "f"), "uk") == "extraction.partition-type")
        #expect(try await code(.partitioned(), "2026-11-20") == "none")
        await #expect(throws: ExtractionMistake.self) { try await lake.extract(.partitioned()) }
    }

    @Test func `keeps a row of which bronze cannot hold the time, and counts it`() async throws {
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);
                INSERT INTO t VALUES (1, '2026-11-20 later'), (2, '2026-11-20 10:30:00')
                """)
        let (_, ledger) = try await lake.commit(.partitioned(), ["2026-11-20"])
        #expect(ledger.rows == 2 && ledger.conversions.first?.column == "at")
        #expect(try await lake.query("SELECT id FROM bronze_s.t WHERE \"at\" IS NULL") == ["1"])
    }
}

private struct Refused: Error {}

private func zone(_ name: String) throws -> ZoneRules {
    try TimeZoneFiles().load(name)
}

private func london() throws -> ZoneRules { try zone("Europe/London") }
private func newYork() throws -> ZoneRules { try zone("America/New_York") }

extension TableDefinition {
    static func partitioned(
        _ period: PartitionPeriod = .daily, column: String = "at", zone: ZoneRules = .utc
    ) throws -> TableDefinition {
        let times = TimePartitions(period, zone: zone, start: Day("2026-01-01"))
        return try partitioned(.time(times), time: column, key: nil)
    }

    static func keyed(_ keys: [String], column: String = "c") throws -> TableDefinition {
        let keys = KeyPartitions(fixed: keys.compactMap { PartitionKey($0) })
        return try partitioned(.keys(keys), time: nil, key: column)
    }

    static func partitioned(_ scheme: PartitionScheme, time: String?, key: String?) throws -> TableDefinition
    {
        TableDefinition(
            name: try #require(TableName("t")), mode: .partitioned,
            partitions: PartitionsDefinition(
                scheme: scheme, timeColumn: time, keyColumn: key,
                place: Place(file: "sources/s.yaml", line: 5, column: 17)),
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}

extension LittleLake {
    /// For another lake beside the same database.
    fileprivate func mysqlSettings() throws -> MySQLSettings {
        guard case .mysql(let address) = connection.kind else { throw Refused() }
        return MySQLSettings(
            host: address.host, port: UInt16(address.port), user: address.user,
            password: address.password.reveal(), database: database)
    }
}
