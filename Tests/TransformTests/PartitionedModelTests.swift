import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import Project
import TarnTesting
import Testing
import Transform

@Suite struct `A partitioned model` {
    /// A gold model `m` over the silver table `in`, and everything that building needs.
    private struct Bench {
        let folder: TemporaryFolder
        let store: SealingStore
        let session: LakeSession

        init() throws {
            folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/lake", withIntermediateDirectories: true)
            store = SealingStore(try LocalStore(root: "\(folder.path)/lake")) { Day(daysSinceEpoch: 20_000) }
            session = LakeSession(database: try Database(), store: store)
        }

        func model(_ sql: String, _ partitions: String) async throws -> LakeGraph.Model {
            let graph = try await LakeFiles([
                "models/silver/in.sql": "SELECT 1 AS x",
                "models/gold/m.sql": "/*---\npartitions: \(partitions)\n---*/\n\(sql)",
            ]).graph()
            let key = try #require(AssetKey("gold.m"))
            return try #require(graph.models[key])
        }

        @discardableResult
        func build(
            _ sql: String, _ partitions: String, _ keys: [String], run: String,
            epoch: Int64 = 1, at now: String = "2026-11-22T12:00:00Z",
            checks: @escaping ModelBuild.Auditor = { _, _ in [] }
        ) async throws -> TableManifest {
            let now = try #require(Timestamp(now))
            return try await ModelBuild(
                try await model(sql, partitions), inputs: [], session: session, store: store, now: { now }
            ).run(
                keys.map { try #require(PartitionKey($0)) }, try #require(RunID(run)),
                epoch: LeaseEpoch(epoch), watch: { _ in }, audit: checks)
        }

        /// By the column `day`.
        @discardableResult
        func build(
            _ sql: String, _ keys: [String], run: String, epoch: Int64 = 1,
            at now: String = "2026-11-22T12:00:00Z",
            checks: @escaping ModelBuild.Auditor = { _, _ in [] }
        ) async throws -> TableManifest {
            try await build(
                sql, "{ by: daily, column: day, start: 2026-11-01 }", keys, run: run, epoch: epoch, at: now,
                checks: checks)
        }

        func rows(_ sql: String = "FROM gold.m ORDER BY ALL") async throws -> [String] {
            let asset = try #require(AssetKey("gold.m"))
            let state = try #require(try await session.state(of: asset))
            let session = session
            return try await session.database.withConnection { connection in
                try session.define([state], on: connection)
                return try connection.query(sql).rows.map { $0.map(\.description).joined(separator: "|") }
            }
        }

        func query(_ sql: String) async throws -> [String] {
            try await session.database.withConnection { connection in
                try connection.query(sql).rows.map { $0.map(\.description).joined(separator: "|") }
            }
        }

        var paths: [String] {
            get async throws { try await store.list(under: .root).map(\.path.text) }
        }
    }

    /// Ten days with seven rows each, and rows that are in no partition.
    private let numbers = """
        SELECT DATE '2026-11-01' + CAST(i % 10 AS INTEGER) AS day, i AS id,
          sum(i) OVER (PARTITION BY i % 10 ORDER BY i) AS total
        FROM range(70) t(i) UNION ALL SELECT NULL, -1, 0 UNION ALL SELECT DATE '2026-12-24', -2, 0
        """

    @Test func `built partition by partition in any order is the same as built at once`() async throws {
        let days = (1...10).map { "2026-11-\($0 < 10 ? "0" : "")\($0)" }
        let whole = try Bench()
        try await whole.build(numbers, days, run: "r1")
        let expected = try await whole.rows()
        #expect(expected.count == 70)
        for seed in 0..<3 {
            let bench = try Bench()
            var left = days.shuffled()
            var run = 0
            while !left.isEmpty {
                // One, two or three at a time.
                let some = Array(left.prefix(1 + (run + seed) % 3))
                left.removeFirst(some.count)
                run += 1
                try await bench.build(numbers, some, run: "r\(run)")
            }
            #expect(try await bench.rows() == expected)
            let asset = try #require(AssetKey("gold.m"))
            let (one, other) = (
                try await whole.session.state(of: asset), try await bench.session.state(of: asset)
            )
            #expect(one?.version == other?.version)
            #expect(one?.partitions == other?.partitions && one?.partitions.count == 10)
        }
    }

    @Test func `replaces the partitions that are built, and no other`() async throws {
        let bench = try Bench()
        func sql(_ value: Int) -> String {
            "SELECT DATE '2026-11-01' + CAST(i AS INTEGER) AS day, \(value) AS v FROM range(3) t(i)"
        }
        try await bench.build(sql(1), ["2026-11-01", "2026-11-02", "2026-11-03"], run: "r1")
        let manifest = try await bench.build(sql(2), ["2026-11-02"], run: "r2")
        #expect(try await bench.rows() == ["2026-11-01|1", "2026-11-02|2", "2026-11-03|1"])
        #expect(manifest.files.map(\.partition?.text) == ["2026-11-01", "2026-11-02", "2026-11-03"])
        #expect(manifest.files.map(\.run.text) == ["r1", "r2", "r1"])
        // Whoever reads by path sees each row once, with the day of its folder.
        let glob = "\(bench.folder.path)/lake/gold/m/day=*/*.parquet"
        #expect(
            try await bench.query(
                "SELECT day, v FROM read_parquet('\(glob)', hive_partitioning = true) ORDER BY ALL")
                == ["2026-11-01|1", "2026-11-02|2", "2026-11-03|1"])
        #expect(try await bench.paths.contains("gold/m/day=2026-11-02/latest.parquet"))
        // A reader in flight still has its file, for a day.
        let old = "gold/m/_runs/r1.p-2026-11-02.parquet"
        #expect(try await bench.paths.contains(old))
        #expect(try await Recovery(bench.store).run(liveRuns: []).isClean)
        #expect(try await bench.paths.contains(old))
        try await bench.build(sql(3), ["2026-11-03"], run: "r3", at: "2026-11-23T12:00:00Z")
        #expect(try await !bench.paths.contains(old))
    }

    @Test func `of which the audit fails leaves what is published`() async throws {
        let bench = try Bench()
        let sql = "SELECT DATE '2026-11-01' AS day, 1 AS v"
        try await bench.build(sql, ["2026-11-01"], run: "r1")
        await #expect(throws: PublishBlocked.self) {
            try await bench.build(
                "SELECT DATE '2026-11-01' AS day, 2 AS v", ["2026-11-02", "2026-11-01"], run: "r2",
                checks: { connection, scope in
                    let rows = try connection.query("FROM \(scope.relation)").rows.count
                    return [CheckResult(check: "c", severity: .block, failures: Int64(rows))]
                })
        }
        #expect(try await bench.rows() == ["2026-11-01|1"])
        _ = try await Recovery(bench.store).run(liveRuns: [])
        #expect(try await bench.paths.filter { $0.contains("staging") } == [])
        // Who has a lower epoch was overtaken.
        try await bench.build(sql, ["2026-11-01"], run: "r3", epoch: 5)
        await #expect(throws: LeaseLost.self) {
            try await bench.build(sql, ["2026-11-01"], run: "r4", epoch: 4)
        }
        // The same run again changes nothing.
        let before = try await bench.paths
        try await bench.build(sql, ["2026-11-01"], run: "r3", epoch: 5)
        #expect(try await bench.paths == before)
    }

    @Test func `by days of a zone, by hours and by months has the rows of its windows`() async throws {
        let sql = """
            SELECT i AS id, TIMESTAMPTZ '2026-10-24 22:00:00Z' + INTERVAL (i * 30) MINUTE AS at,
              TIMESTAMP '2026-10-24 23:00:00' + INTERVAL (i * 30) MINUTE AS wall FROM range(200) t(i)
            """
        let bench = try Bench()
        let london = "timezone: Europe/London, start: 2026-10-01"
        let days = try await bench.build(
            sql, "{ by: daily, column: at, \(london) }", ["2026-10-25", "2026-10-26"], run: "r1")
        #expect(days.files.map(\.rows) == [50, 48])
        #expect(try await bench.paths.contains("gold/m/at_day=2026-10-25/latest.parquet"))
        let hours = try await Bench().build(
            sql, "{ by: hourly, column: at, \(london) }",
            ["2026-10-25T01+00:00", "2026-10-25T01+01:00", "2026-10-25T02"], run: "r1")
        #expect(hours.files.map(\.rows) == [2, 2, 2])
        // Built together or alone, the hour of the wall that came twice is the first one's.
        for keys in [["2026-10-25T01+00:00", "2026-10-25T01+01:00"], ["2026-10-25T01+01:00"]] {
            let walls = try await Bench().build(
                sql, "{ by: hourly, column: wall, \(london) }", keys, run: "r1")
            #expect(walls.files.map(\.rows).reduce(0, +) == 2)
        }
        let months = try await Bench().build(
            sql, "{ by: monthly, column: wall, \(london) }", ["2026-10"], run: "r1")
        #expect(months.rows == 200)
    }

    @Test func `may be by keys, and by a day with a key`() async throws {
        let sql = """
            SELECT DATE '2026-11-01' + CAST(i % 2 AS INTEGER) AS day, ['uk', 'UK', 'a=b'][1 + i % 3] AS country, i
            FROM range(12) t(i)
            """
        let bench = try Bench()
        let both = "{ by: [daily, { keys: [uk, UK] }], columns: [day, country], start: 2026-11-01 }"
        let manifest = try await bench.build(sql, both, ["2026-11-01|uk", "2026-11-02|UK"], run: "r1")
        #expect(manifest.files.map(\.rows) == [2, 2])
        #expect(try await bench.paths.contains("gold/m/day=2026-11-01/country=uk/latest.parquet"))
        let glob = "\(bench.folder.path)/lake/gold/m/**/latest.parquet"
        #expect(
            try await bench.query(
                "SELECT day, country, count(*) FROM read_parquet('\(glob)', hive_partitioning = true) GROUP BY ALL ORDER BY ALL"
            ) == ["2026-11-01|uk|2", "2026-11-02|UK|2"])
        let keys = try await Bench().build(
            sql, "{ by: { keys: [uk, UK] }, column: country }", ["UK"], run: "r1")
        #expect(keys.rows == 4)
        let numbers = try await Bench().build(
            "SELECT 7 AS n UNION ALL SELECT 8", "{ by: { keys: dynamic }, column: n }", ["7"], run: "r1")
        #expect(numbers.rows == 1)
    }

    @Test func `takes new columns, and refuses others that would not fit to what stays`() async throws {
        let bench = try Bench()
        let days = ["2026-11-01", "2026-11-02"]
        try await bench.build(
            "SELECT unnest([DATE '2026-11-01', DATE '2026-11-02']) AS day, 1 AS v", days, run: "r1")
        try await bench.build("SELECT DATE '2026-11-02' AS day, 1 AS v, 2 AS w", ["2026-11-02"], run: "r2")
        #expect(try await bench.rows() == ["2026-11-01|1|NULL", "2026-11-02|1|2"])
        await #expect(throws: PartitionsDiffer.self) {
            try await bench.build(
                "SELECT DATE '2026-11-02' AS day, 'x' AS v, 2 AS w", ["2026-11-02"], run: "r3")
        }
        try await bench.build(
            "SELECT unnest([DATE '2026-11-01', DATE '2026-11-02']) AS day, 'x' AS v", days, run: "r4")
        #expect(try await bench.rows() == ["2026-11-01|x", "2026-11-02|x"])
        // Divided otherwise it begins anew, and readers by path find nothing of before.
        try await bench.build(
            "SELECT DATE '2026-11-02' AS day, 'y' AS v", "{ by: monthly, column: day, start: 2026-11-01 }",
            ["2026-11"], run: "r5")
        #expect(try await bench.rows() == ["2026-11-02|y"])
        #expect(
            try await bench.paths.filter { $0.hasSuffix("latest.parquet") } == [
                "gold/m/day_month=2026-11/latest.parquet"
            ])
    }

    @Test(arguments: [
        (
            "SELECT 1 AS x", "{ by: daily, column: day, start: 2026-11-01 }", "2026-11-01",
            "model.missing-column"
        ),
        (
            "SELECT 'a' AS day", "{ by: daily, column: day, start: 2026-11-01 }", "2026-11-01",
            "model.partition"
        ),
        (
            "SELECT DATE '2026-11-01' AS day", "{ by: hourly, column: day, start: 2026-11-01 }",
            "2026-11-01T00", "model.partition"
        ),
        (
            "SELECT DATE '2026-11-01' AS day", "{ by: daily, column: day, start: 2026-11-01 }", "2026-11",
            "model.partition"
        ),
    ])
    func `that cannot be divided says why`(
        sql: String, partitions: String, key: String, code: String
    ) async throws {
        let bench = try Bench()
        do {
            try await bench.build(sql, partitions, [key], run: "r1")
            Issue.record("it was built")
        } catch let failure as ModelFailure {
            #expect(failure.code == code)
            #expect(failure.place == Place(file: "models/gold/m.sql", line: 2, column: 13))
        }
    }

    @Test func `tells where its SQL fails, one partition or several`() async throws {
        let bench = try Bench()
        for keys in [["2026-11-01"], ["2026-11-01", "2026-11-02"]] {
            do {
                try await bench.build(
                    "SELECT DATE '2026-11-01' AS day,\n  CAST('x' || day AS INTEGER) AS n", keys, run: "r1")
                Issue.record("it was built")
            } catch let failure as ModelFailure {
                #expect(failure.place?.file == "models/gold/m.sql")
                #expect((failure.place?.line ?? 0) >= 4)
            }
        }
    }

    @Test func `depends for each partition on the partitions that it is made from`() async throws {
        let bench = try Bench()
        let graph = try await LakeFiles([
            "models/silver/in.sql":
                "/*---\npartitions: { by: daily, column: day, start: 2026-11-01 }\n---*/\nSELECT DATE '2026-11-01' AS day",
            "models/gold/m.sql": "/*---\npartitions: daily\n---*/\nSELECT * FROM silver.\"in\"",
        ]).graph()
        let (input, key) = (try #require(AssetKey("silver.in")), try #require(AssetKey("gold.m")))
        let relation = try #require(graph.partitions.relation(of: key, to: input))
        let now = try #require(Timestamp("2026-11-22T12:00:00Z"))
        let first = try #require(PartitionKey("2026-11-01"))
        let second = try #require(PartitionKey("2026-11-02"))
        func build(_ value: Int, _ day: PartitionKey, _ run: String) async throws -> [String] {
            let files = try await LakeFiles([
                "models/silver/in.sql":
                    "/*---\npartitions: { by: daily, column: day, start: 2026-11-01 }\n---*/\nSELECT DATE '\(day)' AS day, \(value) AS v"
            ]).graph()
            let model = try #require(files.models[input])
            _ = try await ModelBuild(
                model, inputs: [], session: bench.session, store: bench.store, now: { now }
            ).run([day], try #require(RunID(run)), epoch: .first, watch: { _ in }) { _, _ in [] }
            let state = try #require(try await bench.session.state(of: input))
            let mart = PartitionVersions(try #require(graph.models[key]), inputs: [state])
            return [first, second].map { mart.version(of: $0, relations: [input: relation], at: now) }
        }
        _ = try await build(1, first, "r1")
        let before = try await build(1, second, "r2")
        let after = try await build(2, second, "r3")
        #expect(before[0] == after[0])
        #expect(before[1] != after[1])
    }
}
