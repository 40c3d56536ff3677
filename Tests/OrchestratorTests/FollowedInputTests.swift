import LakeModel
import LakeStore
import Metadata
import Orchestrator
import TarnTesting
import Testing

@Suite struct `A partitioned model that follows an input without partitions` {
    private static let sum = "SELECT CAST(t.at AS DATE) AS day, count(*) AS n, sum(amount) AS total"

    /// The same days from a bronze table that grows, a table that follows it, and one that is written anew.
    private func lake(_ changes: [String: String] = [:]) throws -> LittleLake {
        func days(of input: String) -> String {
            """
            /*---
            partitions: { by: daily, column: day, start: 2024-01-01, end: 2024-03-01 }
            inputs: { \(input): { column: at } }
            ---*/
            \(Self.sum) FROM \(input) t GROUP BY ALL
            """
        }
        var files = [
            "sources/shop.yaml":
                "connection: files\ntables:\n  invoice: { mode: incremental, cursor: at, overlap: 0s }\n",
            "models/silver/fact_invoice.sql": """
            /*---
            materialization: incremental
            key: id
            incremental: { bronze_shop.invoice: id }
            ---*/
            SELECT id, CAST(amount AS DECIMAL(18,4)) AS amount, t.at FROM bronze_shop.invoice t WHERE amount <> 13
            """,
            "models/silver/copy.sql": "SELECT id, amount, t.at FROM bronze_shop.invoice t WHERE amount <> 13",
            "models/gold/of_bronze.sql": days(of: "bronze_shop.invoice"),
            "models/gold/of_increments.sql": days(of: "silver.fact_invoice"),
            "models/gold/of_files.sql": days(of: "silver.copy"),
        ]
        files.merge(changes) { $1 }
        let little = try LittleLake(files)
        try little.remove("models/gold/revenue.sql")
        return little
    }

    private func change(_ little: LittleLake, id: Int, amount: Int, at: String) throws {
        try little.execute("INSERT OR REPLACE INTO invoice VALUES (\(id), 1, \(amount), '\(at)')", in: "shop")
    }

    private func manifest(_ little: LittleLake, _ asset: String) async throws -> TableManifest {
        let lake = try await little.open()
        let key = try #require(AssetKey(asset))
        return try #require(try await lake.manifests.manifest(of: key)?.manifest)
    }

    private func rows(_ little: LittleLake, _ asset: String) async throws -> Set<String> {
        Set(try await little.query("SELECT day, n, total FROM \(asset)", asset))
    }

    private static let sources = [
        "gold.of_bronze": "bronze_shop.invoice", "gold.of_increments": "silver.fact_invoice",
        "gold.of_files": "silver.copy",
    ]

    @Test func `builds the days whose rows changed, and equals a build of all`() async throws {
        let little = try lake()
        for id in 10...60 {
            try change(little, id: id, amount: 20 + id % 3, at: "2024-02-0\(1 + id % 9) 10:00:00")
        }
        try await little.run()
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var before: [String: (rows: Set<String>, manifest: TableManifest)] = [:]
        for asset in Self.sources.keys {
            before[asset] = (try await rows(little, asset), try await manifest(little, asset))
        }
        #expect(before["gold.of_files"]?.manifest.files.count == 60)
        for night in 1...6 {
            for step in 0..<2 {
                // A row comes, or moves from its day to this one; 13 takes it away from silver.
                try change(
                    little, id: .random(in: 10...64, using: &random),
                    amount: [13, 20, 21, 22].randomElement(using: &random) ?? 20,
                    at: "2024-02-\(10 + night) 1\(step):00:00")
            }
            #expect(try await little.run().summary.state == .succeeded)
            for (asset, source) in Self.sources {
                let old = try #require(before[asset])
                let (now, new) = (try await rows(little, asset), try await manifest(little, asset))
                let wanted = Set(
                    try await little.query("\(Self.sum) FROM \(source) t GROUP BY ALL", source))
                #expect(now == wanted, "\(asset) of night \(night), seed \(seed)")
                let built = Set(
                    new.files.filter { file in !old.manifest.files.contains { $0.name == file.name } }
                        .compactMap { $0.partition?.text })
                let others = Set(
                    now.symmetricDifference(old.rows).compactMap { $0.split(separator: "|").first })
                #expect(built.isSuperset(of: others.map { String($0.prefix(10)) }), "\(asset), seed \(seed)")
                // Two rows changed, each of which left one day and came to another.
                #expect(built.count <= 4, "\(asset) built \(built.sorted()), seed \(seed)")
                before[asset] = (now, new)
            }
        }
        #expect(try await little.run("gold.*").states.allSatisfy { $0.hasSuffix("skipped") })
    }

    @Test func `leaves a day that was not chosen out of date, until it is built`() async throws {
        let little = try lake()
        try await little.run()
        try change(little, id: 1, amount: 50, at: "2024-02-11 10:00:00")
        try change(little, id: 2, amount: 60, at: "2024-02-12 10:00:00")
        try await little.run("bronze_shop.*", "silver.*")
        var scope = RunScope(try Selection(["gold.of_increments"]))
        scope.partitions = .written("2024-02-11")
        try await little.run(scope)
        let partly = try await rows(little, "gold.of_increments")
        #expect(
            partly.contains { $0.hasPrefix("2024-02-11") } && !partly.contains { $0.hasPrefix("2024-02-12") })
        // The state with which the others were compared is an earlier one, and is still known.
        #expect(try await manifest(little, "gold.of_increments").followed?.count == 2)
        try change(little, id: 3, amount: 70, at: "2024-02-13 10:00:00")
        try await little.run()
        let wanted = Set(
            try await little.query(
                "\(Self.sum) FROM silver.fact_invoice t GROUP BY ALL", "silver.fact_invoice"))
        #expect(try await rows(little, "gold.of_increments") == wanted)
        #expect(try await manifest(little, "gold.of_increments").followed?.count == 1)
    }

    @Test func `builds all where the earlier files are gone`() async throws {
        let little = try lake()
        try await little.run()
        let state = try #require(try await manifest(little, "gold.of_files").followed?.first)
        try change(little, id: 1, amount: 50, at: "2024-02-11 10:00:00")
        try await little.run("bronze_shop.*", "silver.*")
        let lake = try await little.open()
        for file in state.files.compactMap({ LakePath($0) }) { try await lake.store.delete(file) }
        try await little.run()
        let new = try await manifest(little, "gold.of_files")
        #expect(Set(new.files.map(\.run)) == [new.run])
    }

    @Test(arguments: [
        (
            "inputs: { silver.copy: { column: att } }", "model.followed-column",
            "silver.copy, which has none of that name"
        ),
        (
            "inputs: { silver.copy: { column: amount } }", "model.followed-column", "the column 'amount'"
        ),
    ])
    func `that cannot be followed is a failure of the model, with the place`(
        inputs: String, code: String, words: String
    ) async throws {
        let little = try lake([
            "models/gold/of_files.sql": """
            /*---
            partitions: { by: daily, column: day, start: 2024-02-01, end: 2024-02-03 }
            \(inputs)
            ---*/
            \(Self.sum) FROM silver.copy t GROUP BY ALL
            """
        ])
        let report = try await little.run()
        let failure = try #require(report.step("gold.of_files").failure)
        #expect(failure.code == code && failure.problem.contains(words))
        #expect(failure.problem.contains("of_files.sql:3"))
    }
}
