import LakeModel
import Metadata
import Orchestrator
import Testing

@Suite struct `A comparison as a step of a run` {
    private func lake(_ policy: String) throws -> LittleLake {
        try LittleLake([
            "sources/shop.yaml": """
            connection: files
            tables:
              invoice: { mode: incremental, key: id, cursor: at, reconcile: \(policy), tolerance: 0% }
              item: { key: k, cursor: at, mode: incremental }
            """
        ])
    }

    private func states(_ report: RunReport) -> [String: StepState] {
        Dictionary(uniqueKeysWithValues: report.steps.map { ($0.step.description, $0.state) })
    }

    /// A row is gone from the source, which an incremental reading cannot see.
    private func drift(_ little: LittleLake) throws {
        try little.execute(
            "DELETE FROM invoice WHERE id = 2; INSERT INTO invoice VALUES (3, 1, 7, '2024-01-03 10:00:00')",
            in: "shop")
    }

    @Test func `lets what is made from a table go on when it has all rows of the source`() async throws {
        let little = try lake("gate")
        let report = try await little.run("+gold.revenue")
        #expect(report.summary.state == .succeeded)
        #expect(states(report)["reconcile bronze_shop.invoice"] == .succeeded)
        let steps = report.steps.map(\.step.description)
        let compared = try #require(steps.firstIndex(of: "reconcile bronze_shop.invoice"))
        let fact = try #require(steps.firstIndex(of: "silver.fact_invoice"))
        #expect(compared < fact)
        let lake = try await little.open()
        let records = try await lake.metadata.reconciliations(of: try key("bronze_shop.invoice"), limit: 5)
        #expect(records.map(\.verdict) == [.passed])
        let events = try await lake.metadata.events(of: report.summary.id, after: 0, limit: 1_000)
        #expect(
            events.contains {
                $0.draft.kind == .reconciled && $0.draft.text.contains("every row of the source")
            })
    }

    @Test func `keeps everything that is made from a table that drifts from being built`() async throws {
        let little = try lake("gate")
        try await little.run("+gold.revenue")
        let before = try await little.query("SELECT count(*) FROM gold.revenue", "gold.revenue")
        try drift(little)
        let report = try await little.run("+gold.revenue")
        #expect(report.summary.state == .failed)
        let states = states(report)
        #expect(states["bronze_shop.invoice"] == .succeeded)
        #expect(states["reconcile bronze_shop.invoice"] == .failed)
        #expect(states["silver.fact_invoice"] == .blocked && states["gold.revenue"] == .blocked)
        let failure = report.steps.first { $0.step.task == .reconcile }?.failure
        #expect(failure?.code == "reconcile.drift" && failure?.category == .badData)
        #expect(failure?.problem == "Bronze has 1 more rows than the source, beyond the tolerance.")
        #expect(try await little.query("SELECT count(*) FROM gold.revenue", "gold.revenue") == before)
    }

    @Test func `only says so when it is to warn`() async throws {
        let little = try lake("warn")
        try await little.run("+gold.revenue")
        try drift(little)
        let watching = Watching()
        let report = try await little.run("+gold.revenue", observer: watching)
        #expect(report.summary.state == .succeeded)
        #expect(states(report)["silver.fact_invoice"] == .succeeded)
        let remarks = watching.remarks(of: try key("bronze_shop.invoice"))
        #expect(remarks.contains { $0.contains("beyond the tolerance") })
    }
}
