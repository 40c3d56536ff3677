import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import Orchestrator
import TarnTesting
import Testing

@Suite struct `Silver and gold as of a day` {
    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    /// Moves what was read today to another day, as if it had been read then.
    private func date(_ little: LittleLake, _ day: String) async throws {
        let today = try await little.open().store.today().description
        for table in ["app/customer", "shop/invoice", "shop/item"] {
            let folder = "\(little.folder.path)/store/bronze/\(table)"
            guard FileManager.default.fileExists(atPath: "\(folder)/ingestion_date=\(today)") else {
                continue
            }
            let moved = "\(folder)/ingestion_date=\(day)"
            try FileManager.default.moveItem(atPath: "\(folder)/ingestion_date=\(today)", toPath: moved)
            let manifest = "\(moved)/_manifest.json"
            let text = try #require(String(data: bytes(manifest), encoding: .utf8))
            try Data(
                text.replacing("\"ingestion_date\" : \"\(today)\"", with: "\"ingestion_date\" : \"\(day)\"")
                    .utf8
            )
            .write(to: URL(filePath: manifest))
        }
    }

    private func build(_ little: LittleLake, _ day: String, to folder: String) async throws -> [String] {
        var built: [String] = []
        let work = try await AsOf(little.open(), day: try #require(Day(day)), to: folder)
        try await work.run(Selection(["layer:silver", "layer:gold"])) { built.append($0.asset.description) }
        return built
    }

    @Test func `are byte for byte what they were, though all sources are down and silver is gone`()
        async throws
    {
        let little = try LittleLake()
        try await little.run()
        let store = "\(little.folder.path)/store"
        let tables = ["silver/dim_customer", "silver/fact_invoice", "gold/revenue"]
        let before = try tables.map { try bytes("\(store)/\($0)/latest.parquet") }
        try little.remove("app.db")
        try little.remove("shop.db")
        try little.remove("store/silver")
        try little.remove("store/gold")
        let today = try await little.open().store.today().description
        let folder = "\(little.folder.path)/then"
        #expect(try await build(little, today, to: folder).count == 3)
        #expect(try tables.map { try bytes("\(folder)/\($0)/latest.parquet") } == before)
        // Today's tables are not made by it.
        #expect(!FileManager.default.fileExists(atPath: "\(store)/silver"))
        // And once more over what is there.
        #expect(try await build(little, today, to: folder).count == 3)
    }

    @Test func `are made from the bronze of that night, and from nothing newer`() async throws {
        let little = try LittleLake()
        try await little.run()
        try await date(little, "2024-05-01")
        try little.execute("UPDATE customer SET name = 'Anna' WHERE id = 1", in: "app")
        try little.execute("INSERT INTO invoice VALUES (3, 1, 4, '2024-05-02 10:00:00')", in: "shop")
        try await little.run()
        #expect(
            try await little.query("SELECT * FROM gold.revenue ORDER BY 1", "gold.revenue") == [
                "Anna|14.50", "Bob|5.00",
            ])
        let folder = "\(little.folder.path)/then"
        _ = try await build(little, "2024-05-01", to: folder)
        let rows = "SELECT * FROM read_parquet('\(folder)/gold/revenue/latest.parquet') ORDER BY 1"
        #expect(try await little.query(rows, "gold.revenue") == ["Ann|10.50", "Bob|5.00"])
        await #expect(throws: AsOfMistake.self) {
            _ = try await build(little, "2024-04-30", to: "\(little.folder.path)/before")
        }
    }

    @Test func `never go into the lake, or among other things, or into the future`() async throws {
        let little = try LittleLake()
        try await little.run()
        let other = "\(little.folder.path)/other"
        try FileManager.default.createDirectory(atPath: "\(other)/photos", withIntermediateDirectories: true)
        for (day, folder, problem) in [
            ("2024-05-01", "\(little.folder.path)/store", "in the lake"),
            ("2024-05-01", "\(little.folder.path)/store/then", "in the lake"),
            ("2024-05-01", other, "other things"), ("9999-01-01", "\(little.folder.path)/x", "not over"),
        ] {
            let mistake = await #expect(throws: AsOfMistake.self) {
                _ = try await build(little, day, to: folder)
            }
            #expect(mistake?.problem.contains(problem) == true)
        }
        #expect(FileManager.default.fileExists(atPath: "\(other)/photos"))
    }
}
