import DuckDB
import LakeModel
import LakeSQL
import Metadata
import Orchestrator
import Testing

@Suite struct `Memory of models` {
    /// A table of a million rows that a model aggregates by wide keys.
    private func lake(_ limit: String, header: String = "owner: me", spill: String = "") throws -> LittleLake
    {
        try LittleLake([
            "lake.yaml": """
            name: little
            store: store
            environments:
              local:
                connections:
                  files: { kind: sqlite, path: "{database}.db" }
            resources: { threads: 2, memory_limit: \(limit)\(spill) }
            """,
            "models/silver/wide.sql":
                "/*---\nowner: me\n---*/\nSELECT i, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range(600000) AS r(i)",
            "models/gold/sorted.sql":
                "/*---\n\(header)\n---*/\nSELECT a, b, count(*) AS n FROM silver.wide GROUP BY ALL ORDER BY b",
            "models/gold/listed.sql":
                "/*---\nowner: me\n---*/\nSELECT list(a ORDER BY b) AS all_of_it, string_agg(a || b, ',' ORDER BY b) AS text FROM silver.wide",
        ])
    }

    @Test func `that does not suffice goes to the disk`() async throws {
        let little = try lake("100MB")
        let report = try await little.run("+gold.sorted")
        #expect(report.summary.state == .succeeded)
        #expect(try await little.query("SELECT count(*) FROM gold.sorted", "gold.sorted") == ["600000"])
    }

    @Test func `that does not suffice even alone fails with what to do, and leaves the others`() async throws
    {
        let little = try lake("70MB", spill: ", spill_limit: 1MB")
        let report = try await little.run("+gold.listed", "+gold.revenue")
        let failure = try #require(try report.step("gold.listed").failure)
        #expect(failure.code == "model.out-of-memory" && failure.category == .outOfMemory)
        #expect(failure.remedy.contains("resources.memory_limit"))
        #expect(try report.step("gold.revenue").state == .succeeded)
    }

    @Test func `of its own is in force for a model, and for no other`() async throws {
        let little = try lake("90MB", header: "resources: { memory_limit: 400MB, threads: 1 }")
        let lake = try await little.open()
        let run = LakeRun(
            lake, RunScope(try Selection(["+gold.sorted"])), options: RunOptions(), observer: Watching())
        #expect(try await run.run().summary.state == .succeeded)
        let session = try lake.session()
        let limit = try await session.database.withConnection {
            try $0.query("SELECT current_setting('memory_limit')").rows[0][0].description
        }
        #expect(limit == "85.8 MiB")
    }
}
