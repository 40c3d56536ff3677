import Foundation
import Testing

extension SystemTests {
    @Suite struct `Mistakes in the lake's files` {
        @Test func `are all told at once, each with its place and the nearest name`() async throws {
            try await Lake.shop { lake in
                try lake.edit("lake.yaml", "tolerance: 1%", "tolerence: 1%")
                try lake.edit("sources/shop.yaml", "mode: incremental", "mode: incrementel")
                try lake.edit("sources/shop.yaml", "connection: files", "connection: filez")
                try lake.edit(
                    "models/silver/customer.sql", "checks: [not_null, unique]", "checks: [not_nul, unique]")
                let ended = try await lake.tarn("validate")
                #expect(ended.code == 2)
                for (place, name) in [
                    ("lake.yaml:11:1", "'tolerance'"), ("sources/shop.yaml:2:13", "'files'"),
                    ("sources/shop.yaml:6:11", "incremental"),
                    ("models/silver/customer.sql:4:18", "not_null"),
                ] {
                    #expect(ended.errors.contains("--> \(place)"), "\(place) in \(ended.all)")
                    #expect(ended.errors.contains(name), "\(name) in \(ended.all)")
                }
                #expect(ended.errors.contains("4 errors"))
                // The same to whoever reads JSON, and no run begins.
                let answer = try await lake.tarn("validate", "--json")
                #expect(answer.code == 2)
                #expect(try answer.json().get("is_valid").bool == false)
                let mistakes = try answer.json().list("mistakes")
                #expect(mistakes.count == 4)
                for mistake in mistakes {
                    #expect(mistake.keys == ["code", "problem", "file", "line", "column", "remedy"])
                    #expect(try mistake.text("code").hasPrefix("project."))
                }
                let run = try await lake.tarn("run")
                #expect(run.code == 2)
                #expect(run.errors.contains("4 errors"))
                #expect(try lake.files(below: "lake") == [])
            }
        }

        @Test func `in SQL are told with the line and column of the word`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let before = try lake.bytes(below: "lake/silver")
                try lake.edit("models/silver/customer.sql", "c.name,", "c.nam,")
                try lake.write(
                    "/*---\ndescription: A typing mistake.\n---*/\nSELECT id\nFORM silver.customer\n",
                    to: "models/gold/syntax.sql")
                try lake.write(
                    "/*---\ndescription: A wrong name.\n---*/\nSELECT id\nFROM silver.custmer\n",
                    to: "models/gold/wrong_table.sql")
                let ended = try await lake.tarn("validate")
                #expect(ended.code == 2)
                #expect(ended.errors.contains("models/gold/syntax.sql:5:"), "\(ended.all)")
                #expect(ended.errors.contains("models/gold/wrong_table.sql:5:"), "\(ended.all)")
                #expect(ended.errors.contains("silver.customer"), "\(ended.all)")
                for name in ["syntax", "wrong_table"] {
                    try FileManager.default.removeItem(atPath: lake.path("models/gold/\(name).sql"))
                }
                let column = try await lake.tarn("validate")
                #expect(column.code == 2)
                #expect(column.errors.contains("models/silver/customer.sql:7:14"), "\(column.all)")
                #expect(column.errors.contains("name"), "\(column.all)")
                let run = try await lake.tarn("run")
                #expect(run.code != 0)
                #expect(try lake.bytes(below: "lake/silver") == before)
            }
        }

        @Test func `that close a circle are told with the circle`() async throws {
            try await Lake.shop { lake in
                for (name, other) in [("hen", "egg"), ("egg", "hen")] {
                    try lake.write(
                        "/*---\ndescription: One after the other.\n---*/\nSELECT * FROM silver.\(other)\n",
                        to: "models/silver/\(name).sql")
                }
                let ended = try await lake.tarn("validate")
                #expect(ended.code == 2)
                #expect(ended.errors.contains("silver.hen"))
                #expect(ended.errors.contains("silver.egg"))
                #expect(ended.errors.contains("--> models/silver/"))
            }
        }

        @Test func `of a selection name what was meant`() async throws {
            try await Lake.shop { lake in
                let ended = try await lake.tarn("run", "silver.custmer")
                #expect(ended.code == 2)
                #expect(ended.errors.contains("silver.customer"))
                let nowhere = try await Lake.inEmptyFolder { try await $0.tarn("status") }
                #expect(nowhere.code == 2)
                #expect(nowhere.errors.contains("[usage.no-lake]"))
            }
        }
    }

    @Suite struct `An audit` {
        @Test func `that blocks keeps yesterday's table in place`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let before = try lake.bytes(below: "lake/silver").merging(lake.bytes(below: "lake/gold")) {
                    $1
                }
                // A country that nobody knows: the name that silver joins is NULL, which the check forbids.
                try await lake.changeShop(
                    "INSERT INTO customer VALUES (4, 'Dan', 'XX', '2026-01-04 10:00:00')")
                let ended = try await lake.tarn("run")
                #expect(ended.code == 1)
                #expect(ended.all.contains("not_null(country)"), "\(ended.all)")
                let after = try lake.bytes(below: "lake/silver").merging(lake.bytes(below: "lake/gold")) {
                    $1
                }
                #expect(after == before)
                #expect(try await lake.statesOfNewestRun()["gold.customers_by_country"] == "blocked")
                #expect(try await lake.rows("SELECT count(*) FROM silver.customer") == ["3"])
                #expect(try await lake.rows("SELECT count(*) FROM bronze_shop.customer") == ["4"])
                try await lake.expectStoreIsClean()
                try await lake.changeShop("INSERT INTO country VALUES ('XX', 'Nowhere')")
                try await lake.succeeds("run")
                #expect(try await lake.rows("SELECT count(*) FROM silver.customer") == ["4"])
            }
        }

        @Test func `that warns publishes with a remark`() async throws {
            try await Lake.shop { lake in
                try lake.edit(
                    "models/silver/customer.sql", "country: { checks: [not_null] }",
                    "country: { checks: [{ not_null: { severity: warn } }] }")
                try await lake.changeShop(
                    "INSERT INTO customer VALUES (4, 'Dan', 'XX', '2026-01-04 10:00:00')")
                let ended = try await lake.succeeds("run")
                #expect(ended.all.contains("not_null(country) warns: 1 rows"), "\(ended.all)")
                #expect(try await lake.rows("SELECT count(*) FROM silver.customer") == ["4"])
                let checks = try await lake.succeeds("assets", "show", "silver.customer", "--json").json()
                    .list("checks")
                let warning = try #require(try checks.first { try $0.text("check") == "not_null(country)" })
                #expect(try warning.text("severity") == "warn")
                #expect(try warning.number("failures") == 1)
            }
        }
    }

    @Suite struct `Silver and gold` {
        @Test func `are rebuilt from bronze alone, row by row the same`() async throws {
            try await Lake.telecom { lake in
                try await lake.succeeds("run")
                let rows = try await lake.refinedRows()
                #expect(rows.count == 33)
                let files = FileManager.default
                try files.removeItem(atPath: lake.path("lake/silver"))
                try files.removeItem(atPath: lake.path("lake/gold"))
                try files.moveItem(atPath: lake.path("databases"), toPath: lake.path("elsewhere"))
                try await lake.succeeds("run", "silver.*", "gold.*")
                #expect(try await lake.refinedRows() == rows)
                try await lake.expectStoreIsClean()
            }
        }

        @Test func `agree with bronze to the penny, night after night`() async throws {
            try await Lake.telecom { lake in
                try await lake.succeeds("run")
                try await lake.expectRevenueEqualsBronze()
                try await lake.succeeds("demo", "generate", "--scale", "0.0005", "--advance-days", "2")
                try await lake.succeeds("run")
                try await lake.expectRevenueEqualsBronze()
                // By days it is divided into months, of which the second night built those that changed.
                #expect(
                    try await lake.rows(
                        """
                        SELECT (SELECT sum(net_revenue) FROM gold.revenue_by_day)
                            - (SELECT sum(net_revenue) FROM gold.revenue_by_month)
                        """) == ["0.0000"])
            }
        }

        @Test func `do not end well if a penny is missing, and say in which figure`() async throws {
            try await Lake.telecom { lake in
                try await lake.succeeds("run")
                let before = try await lake.rows("SELECT sum(found) FROM gold.reconciliation")
                try lake.edit(
                    "models/gold/revenue_by_partner.sql", "CAST(sum(i.net_amount) AS DECIMAL(18,4))",
                    "CAST(sum(i.net_amount) - 0.01 AS DECIMAL(18,4))")
                let night = try await lake.tarn("run", "gold.*")
                #expect(night.code == 1)
                #expect(night.all.contains("accepted_values(difference)"))
                let states = try await lake.statesOfNewestRun()
                #expect(states["gold.revenue_by_partner"] == "succeeded")
                #expect(states["gold.reconciliation"] == "failed")
                #expect(try await lake.rows("SELECT sum(found) FROM gold.reconciliation") == before)
            }
        }

        @Test func `are rebuilt even if all history is lost`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let rows = try await lake.refinedRows()
                let watermark = try lake.text("lake/_tarn/watermarks/shop/customer.json")
                try FileManager.default.removeItem(atPath: lake.path(".tarn"))
                try FileManager.default.removeItem(atPath: lake.path("lake/_tarn/watermarks"))
                try await lake.changeShop(
                    "INSERT INTO customer VALUES (4, 'Dan', 'GB', '2026-01-04 10:00:00')")
                try await lake.succeeds("run")
                #expect(try await lake.refinedRows() != rows)
                #expect(try await lake.rows("SELECT count(*) FROM silver.customer") == ["4"])
                #expect(try lake.text("lake/_tarn/watermarks/shop/customer.json") != watermark)
                try await lake.expectStoreIsClean()
            }
        }
    }
}

extension Lake {
    /// Expects of every month that the revenue of gold is what bronze has on invoices and credit notes that
    /// are neither drafts nor void: with VAT by the headers, without it by amounts, lines and services.
    fileprivate func expectRevenueEqualsBronze(sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let counted = """
            WITH counted AS (
                SELECT inv_id, strftime(inv_dt, '%Y-%m') AS month, CAST(inv_amt AS DECIMAL(18,2)) AS gross
                FROM bronze_v3_invoice.invoice JOIN bronze_v3_invoice.invoice_status AS s USING (inv_stat_id)
                WHERE lower(trim(s.stat_nm)) NOT IN ('draft', 'void')
            )
            """
        for (mart, figure, table, amount) in [
            ("revenue_by_month", "gross_revenue", "counted", "gross"),
            ("revenue_by_month", "net_revenue", "bronze_v3_invoice.invoice_data", "net_amt"),
            ("revenue_by_month", "net_revenue", "bronze_v3_invoice.invoice_item", "amt"),
            ("revenue_by_product_family", "net_revenue", "bronze_v3_invoice.invoice_service", "svc_amt"),
            ("revenue_by_partner", "net_revenue", "bronze_v3_invoice.invoice_data", "net_amt"),
            ("arpu_by_month", "net_revenue", "bronze_v3_invoice.invoice_data", "net_amt"),
        ] {
            let bronze = try await rows(
                """
                \(counted)
                SELECT c.month, CAST(sum(t.\(amount)) AS DECIMAL(18,4))
                FROM counted AS c JOIN \(table) AS t ON t.inv_id = c.inv_id GROUP BY c.month ORDER BY c.month
                """, sourceLocation: sourceLocation)
            let gold = try await rows(
                """
                SELECT strftime(month, '%Y-%m') AS month, CAST(sum(\(figure)) AS DECIMAL(18,4))
                FROM gold.\(mart) GROUP BY ALL ORDER BY month
                """, sourceLocation: sourceLocation)
            #expect(bronze.count >= 36, sourceLocation: sourceLocation)
            #expect(gold == bronze, "\(mart).\(figure) beside \(table)", sourceLocation: sourceLocation)
        }
        // The proof that every night makes for itself.
        #expect(
            try await rows("SELECT count(*) > 100, max(abs(difference)) FROM gold.reconciliation")
                == ["true,0.0000"], sourceLocation: sourceLocation)
    }
}
