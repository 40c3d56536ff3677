import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import Metadata
import Orchestrator
import TarnTesting
import Testing

@Suite struct `Rows that break a check` {
    @Test func `are kept as a sample, which the failure names`() async throws {
        let little = try LittleLake([
            "models/silver/dim_customer.sql": """
            /*---
            columns:
              id: { checks: [not_null, unique] }
              name: { checks: [{ accepted_values: { values: [Ann], severity: warn } }] }
            ---*/
            SELECT id, name FROM bronze_app.customer
            """
        ])
        let report = try await little.run("+silver.dim_customer")
        #expect(report.summary.state == .succeeded)
        let lake = try await little.open()
        let state = try #require(try await lake.state(of: key("silver.dim_customer")))
        let warned = try #require(state.checks.first { $0.failures > 0 })
        let sample = try #require(warned.sample)
        #expect(sample == "_tarn/checks/silver.dim_customer/accepted_values-name-.parquet")
        let path = "\(little.folder.path)/store/\(sample)"
        #expect(try await little.query("FROM read_parquet('\(path)')", "silver.dim_customer") == ["2|Bob"])
        #expect(state.checks.filter { $0.failures == 0 }.allSatisfy { $0.sample == nil })
        // One that blocks says where the rows are, and leaves what is published.
        try little.write(
            "/*---\ncolumns: { id: { checks: [unique] } }\n---*/\nSELECT id, name FROM bronze_app.customer UNION ALL SELECT 2, 'Twin'",
            to: "models/silver/dim_customer.sql")
        let failed = try await little.run("silver.dim_customer")
        let failure = try #require(try failed.step("silver.dim_customer").failure)
        let name = "_tarn/checks/silver.dim_customer/unique-id-.parquet"
        #expect(failure.code == "publish.blocked" && failure.remedy.contains(name))
        #expect(!failure.problem.contains("Twin") && !failure.remedy.contains("Twin"))
        let twins = "SELECT name FROM read_parquet('\(little.folder.path)/store/\(name)') ORDER BY name"
        #expect(try await little.query(twins, "silver.dim_customer") == ["Bob", "Twin"])
        #expect(try await little.query("SELECT count(*) FROM silver.dim_customer", "silver.dim_customer") == ["2"])
    }
}
