import LakeModel
import Metadata
import Orchestrator
import Testing

@Suite struct `A run that finds another schema at a source` {
    @Test func `shows it, records it, and builds what reads the table`() async throws {
        let lake = try LittleLake([
            "models/silver/dim_customer.sql": "SELECT * FROM bronze_app.customer"
        ])
        try await lake.run()
        try lake.execute(
            "ALTER TABLE customer ADD COLUMN email TEXT; ALTER TABLE customer ADD COLUMN points INT",
            in: "app")
        try lake.execute("ALTER TABLE invoice ADD COLUMN vat DECIMAL(10,2)", in: "shop")
        let watching = Watching()
        let report = try await lake.run(observer: watching)
        // No invoice is new, but its column is.
        #expect(
            report.states == [
                "bronze_app.customer succeeded", "bronze_shop.invoice succeeded", "bronze_shop.item skipped",
                "silver.dim_customer succeeded", "silver.fact_invoice succeeded", "gold.revenue succeeded",
            ])
        let opened = try await lake.open()
        let events = try await opened.metadata.events(of: report.summary.id, after: 0, limit: 1_000)
            .map(\.draft).filter { $0.kind == .schemaChanged }
        #expect(
            Set(events.map { "\($0.asset.map { "\($0)" } ?? "?") \($0.text)" }) == [
                "bronze_app.customer column 'email' is new (VARCHAR)",
                "bronze_app.customer column 'points' is new (INTEGER)",
                "bronze_shop.invoice column 'vat' is new (DECIMAL(10,2))",
            ])
        #expect(
            watching.remarks(of: try key("bronze_app.customer"))
                == ["2 schema changes: + email VARCHAR, + points INTEGER"])
        #expect(
            try await lake.query(
                "SELECT count(*), count(email) FROM silver.dim_customer", "silver.dim_customer")
                == ["2|0"])
        #expect(
            try await lake.query(
                "SELECT count(*), count(vat) FROM silver.fact_invoice", "silver.fact_invoice")
                == ["2|0"])
    }

    @Test func `keeps the columns of old files in the catalogue when one is accepted as gone`() async throws {
        let lake = try LittleLake([
            "models/silver/fact_invoice.sql": "SELECT * FROM bronze_shop.invoice",
            "models/gold/revenue.sql": "SELECT sum(id) AS amount FROM silver.fact_invoice",
        ])
        try await lake.run()
        try lake.execute("ALTER TABLE invoice DROP COLUMN amount", in: "shop")
        let refused = try await lake.run("bronze_shop.invoice")
        #expect(try refused.step("bronze_shop.invoice").failure?.code == "extraction.column-vanished")
        let accepting = RunScope(try Selection([]), settings: RunSettings(acceptsSchemaChange: true))
        #expect(try await lake.run(accepting).summary.state == .succeeded)
        let asset = try key("bronze_shop.invoice")
        let newest = try #require(
            try await lake.open().metadata.materializations(of: asset, limit: 1).first)
        #expect(newest.schema.map(\.name) == ["id", "customer_id", "amount", "at"])
        // The second was read again, for it lies in the overlap.
        #expect(
            try await lake.query("SELECT sum(amount) FROM silver.fact_invoice", "silver.fact_invoice") == [
                "10.50"
            ])
    }
}
