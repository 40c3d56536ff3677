import LakeModel
import LakeSQL
import LakeStore
import Metadata
import Orchestrator
import TarnTesting
import Testing

@Suite struct `Incremental tables in a run` {
    /// Bronze that grows, a table that follows it, and one that follows that.
    private func lake() throws -> LittleLake {
        try LittleLake([
            "sources/shop.yaml":
                "connection: files\ntables:\n  invoice: { mode: incremental, cursor: at }\n  item: { key: k, cursor: at, mode: incremental }\n",
            "models/silver/fact_invoice.sql": """
            /*---
            materialization: incremental
            key: id
            incremental: { bronze_shop.invoice: id }
            ---*/
            SELECT i.id, i.customer_id, CAST(i.amount AS DECIMAL(18,4)) AS amount, i.at, c.name
            FROM bronze_shop.invoice i LEFT JOIN silver.dim_customer c ON c.id = i.customer_id
            """,
            "models/gold/revenue.sql": """
            /*---
            materialization: incremental
            key: id
            incremental: { silver.fact_invoice: id }
            ---*/
            SELECT id, amount * 2 AS twice, name FROM silver.fact_invoice WHERE amount <> 13
            """,
        ])
    }

    private func change(_ little: LittleLake, id: Int, amount: Int, night: Int) throws {
        try little.execute(
            "INSERT OR REPLACE INTO invoice VALUES (\(id), 1, \(amount), '2024-02-1\(night) 10:00:00')",
            in: "shop")
    }

    private func files(_ little: LittleLake, _ asset: String) async throws -> Int {
        let lake = try await little.open()
        return try #require(try await lake.manifests.manifest(of: key(asset))?.manifest).files.count
    }

    @Test func `follow a growing source through two layers, and equal a build of the whole`() async throws {
        let little = try lake()
        for id in 10...80 { try change(little, id: id, amount: id, night: 0) }
        try await little.run()
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var increments = 0
        for night in 1...6 {
            for _ in 0..<3 {
                try change(
                    little, id: .random(in: 10...90, using: &random),
                    amount: .random(in: 11...15, using: &random), night: night)
            }
            #expect(try await little.run().summary.state == .succeeded)
            for table in ["silver.fact_invoice", "gold.revenue"] {
                if try await files(little, table) == 2 { increments += 1 }
            }
        }
        #expect(increments >= 4, "seed \(seed): only \(increments) increments")
        let follow = ["silver.fact_invoice": "id, amount, name", "gold.revenue": "id, twice, name"]
        var followed: [String: [String]] = [:]
        for (table, columns) in follow {
            followed[table] = try await little.query("SELECT \(columns) FROM \(table) ORDER BY ALL", table)
        }
        var scope = RunScope(try Selection(["silver.fact_invoice", "gold.revenue"]))
        scope.settings.isForced = true
        try await little.run(scope)
        for (table, columns) in follow {
            #expect(try await files(little, table) == 1)
            #expect(
                try await little.query("SELECT \(columns) FROM \(table) ORDER BY ALL", table)
                    == followed[table],
                "seed \(seed)")
        }
    }

    @Test func `are built whole when a table that they only look things up in changes`() async throws {
        let little = try lake()
        try await little.run()
        try little.execute("UPDATE customer SET name = 'Anna' WHERE id = 1", in: "app")
        try await little.run()
        #expect(try await files(little, "silver.fact_invoice") == 1)
        #expect(
            try await little.query("SELECT name FROM silver.fact_invoice WHERE id = 1", "silver.fact_invoice")
                == ["Anna"])
    }

    @Test func `of which the audit of the changes fails stay as they were`() async throws {
        let little = try lake()
        for id in 10...60 { try change(little, id: id, amount: id, night: 0) }
        try await little.run()
        // What is as new as the newest row is read again: only one row shall be.
        try change(little, id: 61, amount: 61, night: 1)
        try little.write(
            """
            /*---
            materialization: incremental
            key: id
            incremental: { bronze_shop.invoice: id }
            columns: { id: {}, amount: { checks: [not_null] } }
            ---*/
            SELECT id, nullif(amount, 1) AS amount FROM bronze_shop.invoice
            """, to: "models/silver/fact_invoice.sql")
        try little.write("SELECT count(*) AS n FROM silver.fact_invoice", to: "models/gold/revenue.sql")
        #expect(try await little.run().summary.state == .succeeded)
        try change(little, id: 20, amount: 1, night: 2)
        let report = try await little.run()
        #expect(try report.step("silver.fact_invoice").failure?.code == "publish.blocked")
        #expect(
            try await little.query(
                "SELECT amount FROM silver.fact_invoice WHERE id = 20", "silver.fact_invoice")
                == ["20.00"])
        try change(little, id: 20, amount: 2, night: 3)
        try await little.run()
        #expect(try await files(little, "silver.fact_invoice") == 2)
        #expect(
            try await little.query(
                "SELECT amount FROM silver.fact_invoice WHERE id = 20", "silver.fact_invoice")
                == ["2.00"])
    }
}

@Suite struct `A view in a run` {
    @Test func `has no file, and is what its inputs are`() async throws {
        let little = try LittleLake([
            "models/silver/fact_invoice.sql":
                "/*---\nmaterialization: view\nchecks: [{ row_count: { min: 1 } }]\n---*/\nSELECT id, amount FROM bronze_shop.invoice",
            "models/gold/revenue.sql": "SELECT sum(amount) AS total FROM silver.fact_invoice",
        ])
        #expect(try await little.run().summary.state == .succeeded)
        #expect(try await little.query("SELECT total FROM gold.revenue", "gold.revenue") == ["15.50"])
        #expect(
            try await little.run("layer:silver", "layer:gold").states.allSatisfy { $0.hasSuffix("skipped") })
        try little.execute("INSERT INTO invoice VALUES (3, 1, 4, '2024-02-01 10:00:00')", in: "shop")
        try await little.run("bronze_shop.invoice")
        // The view is what bronze is now; what is made from it is built anew.
        #expect(
            try await little.query("SELECT count(*) FROM silver.fact_invoice", "silver.fact_invoice") == ["3"]
        )
        try await little.run()
        #expect(try await little.query("SELECT total FROM gold.revenue", "gold.revenue") == ["19.50"])
        // It becomes a table, and a view again.
        let view = "/*---\nmaterialization: view\n---*/\nSELECT id, amount FROM bronze_shop.invoice"
        for text in ["/*---\nowner: me\n---*/\nSELECT id, amount FROM bronze_shop.invoice", view, view] {
            try little.write(text, to: "models/silver/fact_invoice.sql")
            #expect(try await little.run().summary.state == .succeeded)
            #expect(
                try await little.query("SELECT count(*) FROM silver.fact_invoice", "silver.fact_invoice")
                    == ["3"])
        }
    }
}
