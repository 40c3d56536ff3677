import Foundation
import Testing

extension SystemTests {
    @Suite struct `Lineage of columns` {
        @Test func `of the whole template is complete and ends in bronze`() async throws {
            try await Lake.telecom { lake in
                try await lake.succeeds("run")
                let assets = try await lake.succeeds("assets", "layer:silver", "layer:gold", "--json").json()
                    .list()
                #expect(assets.count >= 15)
                for asset in assets {
                    let name = try asset.text("asset")
                    let lineage = try await lake.succeeds("lineage", name, "--json").json()
                    #expect(try lineage.list("gaps").isEmpty, "\(name)")
                    // What is published is the judge of the columns, not the resolver.
                    let published = try await lake.succeeds("assets", "show", name, "--json").json().list(
                        "columns")
                    let columns = try lineage.list("columns")
                    #expect(
                        try columns.map { try $0.text("column") } == published.map { try $0.text("name") })
                    #expect(try columns.map { try $0.text("type") } == published.map { try $0.text("type") })
                    for column in columns {
                        let label = "\(name).\(try column.text("column"))"
                        let reached = try column.list("reached").filter {
                            try $0.text("asset").hasPrefix("bronze_")
                        }
                        #expect(!reached.isEmpty, "\(label)")
                    }
                }
            }
        }

        @Test func `is told by column, in both directions and as deep as asked`() async throws {
            try await Lake.telecom { lake in
                try await lake.succeeds("run")
                func reached(_ arguments: String...) async throws -> [String] {
                    let answer = try await lake.tarn(["lineage"] + arguments + ["--json"]).json()
                    let column = try #require(try answer.list("columns").first)
                    return try column.list("reached").map {
                        "\(try $0.text("role")) \(try $0.text("asset")).\(try $0.text("column"))"
                    }
                }
                let net = try await reached("gold.revenue_by_month.net_revenue")
                #expect(net.contains("value silver.fact_invoice.net_amount"))
                #expect(net.contains("value bronze_v3_invoice.invoice_data.net_amt"))
                #expect(net.contains("filter bronze_v3_invoice.invoice_status.stat_nm"))
                #expect(net.contains("join_key bronze_v3_invoice.invoice.inv_id"))
                #expect(!net.contains { $0.hasSuffix("vat_amt") })
                let near = try await reached("gold.revenue_by_month.NET_REVENUE", "--depth", "1")
                #expect(!near.isEmpty && near.allSatisfy { $0.contains(" silver.fact_invoice.") })
                let readers = try await reached("bronze_v3_invoice.invoice_data.vat_amt", "--downstream")
                #expect(readers.contains("value silver.fact_invoice.gross_amount"))
                #expect(readers.contains("value gold.revenue_by_month.vat"))
                #expect(!readers.contains { $0.hasSuffix("net_revenue") })
                let text = try await lake.succeeds("lineage", "fact_invoice.gross_amount").output
                #expect(text.contains("derived bronze_v3_invoice.invoice_data.vat_amt"))
            }
        }

        @Test func `knows the columns that Tarn adds, the days of bronze, and wide sums`() async throws {
            try await Lake.telecom { lake in
                try lake.write(
                    """
                    /*---
                    description: Customers as they were.
                    materialization: scd2
                    key: customer_id
                    history: { observed: seen_on, compare: [name] }
                    ---*/
                    SELECT cust_id AS customer_id, trim(cust_nm) AS name, ingestion_date AS seen_on
                    FROM bronze_v3_customer.customer__all
                    """, to: "models/silver/customer_history.sql")
                try lake.write(
                    """
                    /*---
                    description: Of all versions.
                    ---*/
                    SELECT sum(customer_id) AS total, count(*) FILTER (is_current) AS live FROM silver.customer_history
                    """, to: "models/gold/history_total.sql")
                try await lake.succeeds("run", "+gold.history_total")
                for name in ["silver.customer_history", "gold.history_total"] {
                    let lineage = try await lake.succeeds("lineage", name, "--json").json()
                    #expect(try lineage.list("gaps").isEmpty)
                    let published = try await lake.succeeds("assets", "show", name, "--json").json().list(
                        "columns")
                    let columns = try lineage.list("columns")
                    #expect(
                        try columns.map { try $0.text("column") } == published.map { try $0.text("name") })
                }
                let from = try await lake.succeeds("lineage", "silver.customer_history.valid_from").output
                #expect(from.contains("derived bronze_v3_customer.customer.ingestion_date"))
                let name = try await lake.succeeds("lineage", "silver.customer_history.name").output
                #expect(name.contains("derived bronze_v3_customer.customer.cust_nm"))
            }
        }

        @Test func `tells of a lake that never ran what its SQL alone tells, and that it is not all`()
            async throws
        {
            try await Lake.telecom(scale: nil) { lake in
                let answer = try await lake.succeeds("lineage", "silver.fact_invoice.gross_amount", "--json")
                    .json()
                #expect(try answer.list("gaps").count == 3)
                let column = try #require(try answer.list("columns").first)
                let values = try column.list("reached").filter { try $0.text("role") == "value" }
                #expect(try values.map { try $0.text("column") } == ["net_amt", "vat_amt"])
                let unknown = try await refused(lake, "bronze_v3_invoice.invoice.inv_id")
                #expect(unknown.contains("selection.columns-unknown"))
            }
        }

        @Test func `answers a wrong name with the nearest one`() async throws {
            try await Lake.telecom(scale: nil) { lake in
                let column = try await refused(lake, "silver.fact_invoice.gros_amount")
                #expect(column.contains("[selection.unknown-column]"))
                #expect(column.contains("Did you mean 'gross_amount'?"))
                let table = try await refused(lake, "silver.fact_invoic.net_amount")
                #expect(table.contains("Did you mean 'silver.fact_invoice'?"))
                _ = try await refused(lake, "silver.fact_invoice", "--depth", "0")
                _ = try await refused(lake, "..")
            }
        }

        private func refused(_ lake: Lake, _ arguments: String...) async throws -> String {
            let ended = try await lake.tarn(["lineage"] + arguments)
            #expect(ended.code == 2, "\(arguments): \(ended.all)")
            return ended.all
        }
    }
}
