import FoundationEssentials
import LakeModel
import Metadata
import Orchestrator
import TarnTesting
import Testing

/// A lake of calls by day: bronze, a model by day, one by month, and one without partitions.
struct CallLake {
    let little: LittleLake

    /// - Parameters:
    ///   - start: The first day that there is.
    ///   - days: Of each there are three rows.
    init(from start: Day, days: Int, _ changes: [String: String] = [:]) throws {
        var files = [
            "lake.yaml": """
            name: calls
            store: store
            environments:
              local:
                connections:
                  files: { kind: sqlite, path: "{database}.db" }
            resources: { threads: 2 }
            """,
            "sources/app.yaml": "connection: files\ntables:\n  customer:\n",
            "sources/net.yaml": """
            connection: files
            tables:
              call: { key: [id], partitions: { by: daily, column: began, start: \(start) } }
            """,
            "models/silver/call.sql": """
            /*---
            partitions: { by: daily, column: day }
            ---*/
            SELECT CAST(began AS DATE) AS day, id, seconds FROM bronze_net.call
            """,
            "models/gold/call_month.sql": """
            /*---
            partitions: { by: monthly, column: month }
            ---*/
            SELECT CAST(date_trunc('month', day) AS DATE) AS month, count(*) AS calls FROM silver.call GROUP BY 1
            """,
            "models/gold/calls.sql": "SELECT count(*) AS calls FROM silver.call",
        ]
        files.merge(changes) { $1 }
        little = try LittleLake(files)
        for name in ["silver/dim_customer", "silver/fact_invoice", "gold/revenue"] {
            try little.remove("models/\(name).sql")
        }
        try little.remove("sources/shop.yaml")
        var sql = "CREATE TABLE call (id INTEGER PRIMARY KEY, began DATETIME, seconds INT);"
        for day in 0..<days {
            for hour in 0..<3 {
                sql +=
                    "INSERT INTO call VALUES (\(day * 3 + hour), '\(start + day) \(10 + hour):00:00', \(day));"
            }
        }
        try little.execute(sql, in: "net")
    }

    func key(_ text: String) throws -> AssetKey { try #require(AssetKey(text)) }

    @discardableResult
    func run(
        _ include: String..., partition: String? = nil, choice: TriggeredWork.PartitionChoice? = nil,
        chunk: Int? = nil, isForced: Bool = false
    ) async throws -> RunReport {
        var scope = RunScope(try Selection(include), settings: RunSettings(isForced: isForced))
        if let partition { scope.partitions = .written(partition) }
        if let choice { scope.partitions = .chosen(choice) }
        if let chunk { scope.partitionsPerStepMax = chunk }
        return try await little.run(scope)
    }

    func counts(_ asset: String, at now: Timestamp = Lake.now()) async throws -> [PartitionStatus.Kind: Int] {
        try await little.open().partitionStatuses(of: key(asset), at: now).statuses.summary.counts
    }
}

extension RunReport {
    /// `asset of partitions state` of every step, in order.
    var named: [String] { steps.map { "\($0.name) \($0.state.rawValue)" } }
}

private func day(_ text: String) throws -> Day { try #require(Day(text)) }

@Suite struct `A run of partitions` {
    private var today: Day { Lake.now().day }

    @Test func `builds the newest that is over of each asset, and what has none as a whole`() async throws {
        let lake = try CallLake(from: today + (-5), days: 6)
        let report = try await lake.run("+gold.calls")
        #expect(
            report.named == [
                "bronze_net.call of \(today + (-1)) succeeded", "silver.call of \(today + (-1)) succeeded",
                "gold.calls succeeded",
            ])
        #expect(report.steps[0].rows == 3)
        #expect(try await lake.little.query("FROM gold.calls", "gold.calls") == ["3"])
        let again = try await lake.run("+gold.calls")
        #expect(Set(again.steps.map(\.state)) == [.skipped])
        #expect(again.steps[0].skipReason == "unchanged since run \(report.summary.id)")
        // The source has changed, but not that day: it is read again, and nothing follows.
        try lake.little.execute("INSERT INTO call VALUES (1000, '\(today + (-5)) 10:00:00', 1)", in: "net")
        let third = try await lake.run("+gold.calls")
        #expect(third.steps.map(\.state) == [.succeeded, .skipped, .skipped])
    }

    @Test
    func
        `that are named builds them together, in chunks, and what is divided otherwise by what it is made from`()
        async throws
    {
        let lake = try CallLake(from: try day("2026-01-01"), days: 70)
        let report = try await lake.run(
            "bronze_net.call+", partition: "2026-01-25..2026-02-14", chunk: 10)
        #expect(
            report.named == [
                "bronze_net.call of 2026-01-25..2026-02-03 succeeded",
                "bronze_net.call of 2026-02-04..2026-02-13 succeeded",
                "bronze_net.call of 2026-02-14 succeeded",
                "silver.call of 2026-01-25..2026-02-03 succeeded",
                "silver.call of 2026-02-04..2026-02-13 succeeded", "silver.call of 2026-02-14 succeeded",
                // Neither month has all of its days.
                "gold.call_month of 2026-01..2026-02 skipped", "gold.calls succeeded",
            ])
        #expect(
            report.steps[6].skipReason == "silver.call of 2026-01-01 and 23 more were never built")
        #expect(try await lake.little.query("FROM gold.calls", "gold.calls") == ["63"])
        // A month names its days, and they the month.
        let month = try await lake.run("+gold.call_month", partition: "2026-01")
        #expect(
            month.named == [
                "bronze_net.call of 2026-01-01..2026-01-10 succeeded",
                "bronze_net.call of 2026-01-11..2026-01-20 succeeded",
                "bronze_net.call of 2026-01-21..2026-01-30 succeeded",
                "bronze_net.call of 2026-01-31 skipped",
                "silver.call of 2026-01-01..2026-01-10 succeeded",
                "silver.call of 2026-01-11..2026-01-20 succeeded",
                "silver.call of 2026-01-21..2026-01-30 succeeded", "silver.call of 2026-01-31 skipped",
                "gold.call_month of 2026-01 succeeded",
            ])
        // Those that are there already are not read again.
        #expect(month.steps[2].rows == 12)
        #expect(try await lake.little.query("SELECT calls FROM gold.call_month", "gold.call_month") == ["93"])
        let facts = try await lake.little.open().metadata.materializations(
            of: lake.key("bronze_net.call"), limit: 100)
        #expect(facts.count == 45 && facts.allSatisfy { $0.rows == 3 && $0.partition != nil })
        #expect(Set(facts.map(\.partition)).count == 45)
    }

    @Test func `fails if what a named one is made from was never built, and says what to do`() async throws {
        let lake = try CallLake(from: try day("2026-01-01"), days: 40)
        try await lake.run("bronze_net.call", partition: "2026-01-01")
        let report = try await lake.run("silver.call", partition: "2026-01-01..2026-01-02", chunk: 1)
        #expect(report.steps.map(\.state) == [.succeeded, .failed])
        let failure = try #require(report.steps[1].failure)
        #expect(failure.code == "run.missing-partitions")
        #expect(
            failure.problem
                == "silver.call of 2026-01-02 is not built: bronze_net.call of 2026-01-02 was never built.")
        #expect(failure.remedy.contains("tarn run +silver.call --partition 2026-01-02"))
        #expect(try await lake.counts("silver.call")[.failed] == 1)
        // The rest of what that run did not build.
        let left = report.steps.filter { $0.state == .failed }
        var again = RunScope(try Selection(["silver.call"]))
        again.partitions = .each([try lake.key("silver.call"): left.compactMap(\.partitions).joined()])
        try await lake.run("bronze_net.call", partition: "2026-01-02")
        #expect(try await lake.little.run(again).named == ["silver.call of 2026-01-02 succeeded"])
    }

    @Test func `refuses what no selected asset can be asked for, and far too many`() async throws {
        let lake = try CallLake(from: try day("2020-01-01"), days: 1)
        func mistake(_ asset: String, _ partition: String, chunk: Int? = nil) async throws -> String {
            let failure = await #expect(throws: PartitionMistake.self) {
                try await lake.run(asset, partition: partition, chunk: chunk)
            }
            return failure?.code ?? ""
        }
        #expect(try await mistake("bronze_app.customer", "2026-01-01") == "partition.none")
        #expect(try await mistake("bronze_net.call", "uk") == "partition.selection")
        #expect(try await mistake("bronze_net.call", "2019-12-31") == "partition.unknown")
        #expect(try await mistake("bronze_net.call", "all", chunk: 1) == "partition.too-many")
        #expect(try await lake.little.open().metadata.runs(RunFilter()) == [])
    }

    @Test func `builds all that were never built, or those that are chosen`() async throws {
        let lake = try CallLake(from: today + (-4), days: 4)
        try await lake.run("bronze_net.call", partition: "\(today + (-3))")
        let report = try await lake.run("bronze_net.call", choice: .missing)
        #expect(
            report.named == [
                "bronze_net.call of \(today + (-4)),\(today + (-2))..\(today + (-1)) succeeded"
            ])
        #expect(try await lake.run("bronze_net.call", choice: .missing).steps == [])
        let newest = try await lake.run("bronze_net.call", choice: .newestComplete(3), isForced: true)
        #expect(newest.named == ["bronze_net.call of \(today + (-3))..\(today + (-1)) succeeded"])
    }

    @Test func `knows of each partition whether it is built, out of date or missing`() async throws {
        let lake = try CallLake(from: today + (-4), days: 4)
        try await lake.run("+silver.call", partition: "all")
        #expect(try await lake.counts("silver.call") == [.built: 4])
        try await lake.run("bronze_net.call", partition: "\(today + (-2))", isForced: true)
        #expect(try await lake.counts("silver.call") == [.built: 3, .stale: 1])
        // The rows are the same, so that there is nothing to do, which is known from then on.
        #expect(try await lake.run("silver.call", partition: "all").steps.map(\.state) == [.skipped])
        #expect(try await lake.counts("silver.call") == [.built: 4])
        try lake.little.remove(".tarn")
        // The manifests know what is there, if not what was looked at since.
        #expect(try await lake.counts("silver.call")[.missing] == nil)
        #expect(try await lake.counts("bronze_net.call") == [.built: 4])
    }

    @Test func `builds a model again when its SQL changes, each partition once`() async throws {
        let lake = try CallLake(from: today + (-3), days: 3)
        try await lake.run("+silver.call", partition: "all")
        try lake.little.write(
            """
            /*---
            partitions: { by: daily, column: day }
            ---*/
            SELECT CAST(began AS DATE) AS day, id, seconds + 1 AS seconds FROM bronze_net.call
            """, to: "models/silver/call.sql")
        let plan = try await RunPlan.make(
            {
                var scope = RunScope(try Selection(["silver.call"]))
                scope.partitions = .written("all")
                return scope
            }(), of: lake.little.open(), at: Lake.now())
        #expect(plan.steps.count == 1 && plan.builds == 1 && plan.steps[0].count == 3)
        try await lake.run("silver.call", partition: "\(today + (-2))")
        let report = try await lake.run("silver.call", partition: "all", chunk: 1)
        #expect(report.steps.map(\.state) == [.succeeded, .skipped, .succeeded])
    }

    @Test func `finds dynamic keys at the source, and builds each of them and new ones`() async throws {
        let files = [
            "sources/net.yaml":
                "connection: files\ntables:\n  call: { key: [id], partitions: { by: { keys: dynamic }, column: country } }\n",
            "models/silver/call.sql":
                "/*---\npartitions: { by: { keys: dynamic }, column: country }\n---*/\nSELECT * FROM bronze_net.call",
            "models/gold/call_month.sql": "SELECT 1 AS x",
        ]
        let lake = try CallLake(from: try day("2026-01-01"), days: 3, files)
        try lake.little.execute(
            """
            ALTER TABLE call ADD COLUMN country TEXT; UPDATE call SET country = 'uk';
            UPDATE call SET country = 'ie' WHERE id > 5
            """, in: "net")
        #expect(
            try await lake.run("+silver.call").named == [
                "bronze_net.call of ie,uk succeeded", "silver.call of ie,uk succeeded",
            ])
        #expect(try await lake.counts("silver.call") == [.built: 2])
        try lake.little.execute("UPDATE call SET country = 'fr' WHERE id = 0", in: "net")
        let second = try await lake.run("+silver.call", chunk: 1)
        #expect(second.named.contains("silver.call of fr succeeded"))
        #expect(second.named.contains("silver.call of ie skipped"))
        #expect(
            try await lake.little.query(
                "SELECT country, count(*) FROM silver.call GROUP BY ALL ORDER BY 1", "silver.call")
                == ["fr|1", "ie|3", "uk|5"])
        // One that is not there yet may be named.
        #expect(
            try await lake.run("+silver.call", partition: "de").named == [
                "bronze_net.call of de succeeded", "silver.call of de succeeded",
            ])
        try lake.little.execute("UPDATE call SET country = 'the north' WHERE id = 1", in: "net")
        let failure = await #expect(throws: PartitionMistake.self) { try await lake.run("+silver.call") }
        #expect(failure?.kind == .key && failure?.problem.contains("north") == false)
    }

    @Test func `is compared with its source in what was read of it, and rows of no partition count`()
        async throws
    {
        let lake = try CallLake(from: try day("2026-01-01"), days: 40)
        try await lake.run("bronze_net.call", partition: "2026-01-03..2026-01-09,2026-02-01")
        func compare() async throws -> String {
            let record = try await Reconciler(lake.little.open()).run(Selection(["bronze_net.call"])).first
            return "\(record?.source ?? -1) \(record?.lake ?? -1) \(record?.verdict.rawValue ?? "")"
        }
        #expect(try await compare() == "24 24 passed")
        try lake.little.execute(
            "INSERT INTO call VALUES (900, '2026-01-05 23:59:59', 1), (901, '2026-01-10 00:00:00', 1)",
            in: "net")
        #expect(try await compare() == "25 24 failed")
        try await lake.run("bronze_net.call", partition: "2026-01-05")
        #expect(try await compare() == "25 25 passed")
        try lake.little.execute("INSERT INTO call VALUES (902, NULL, 1)", in: "net")
        #expect(try await compare() == "26 25 failed")
    }
}
