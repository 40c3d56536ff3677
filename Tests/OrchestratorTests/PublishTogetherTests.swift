import LakeModel
import LakeSQL
import LakeStore
import Metadata
import Orchestrator
import TarnTesting
import Testing

@Suite struct `Tables that are published together` {
    private func lake() throws -> LittleLake {
        try LittleLake([
            "models/silver/dim_customer.sql":
                "/*---\npublish: together\ncolumns: { name: { checks: [not_null] } }\n---*/\nSELECT * FROM bronze_app.customer",
            "models/silver/fact_invoice.sql":
                "/*---\npublish: together\ncolumns: { amount: { checks: [{ accepted_values: [10.50, 5.00, 7.00] }] } }\n---*/\nSELECT * FROM bronze_shop.invoice",
            "models/gold/revenue.sql":
                "SELECT count(*) AS n FROM silver.fact_invoice JOIN silver.dim_customer c ON c.id = customer_id",
        ])
    }

    /// How many rows readers see of the two, and how many the newest versions have.
    private func rows(_ little: LittleLake) async throws -> (seen: [Int64], newest: [Int64]) {
        let lake = try await little.open()
        let keys = [try key("silver.dim_customer"), try key("silver.fact_invoice")]
        let seen = try await lake.states(of: keys, visible: lake.visibleTables())
        let newest = try await lake.states(of: keys)
        return (keys.map { seen[$0]?.storedRows ?? -1 }, keys.map { newest[$0]?.storedRows ?? -1 })
    }

    private func grow(_ little: LittleLake, customer: Int, amount: Double) throws {
        try little.execute("INSERT INTO customer VALUES (\(customer), 'Cyd')", in: "app")
        try little.execute(
            "INSERT INTO invoice VALUES (\(customer), \(customer), \(amount), '2024-02-0\(customer) 10:00:00')",
            in: "shop")
    }

    @Test func `become visible when all of them are built`() async throws {
        let little = try lake()
        let report = try await little.run()
        #expect(report.summary.state == .succeeded)
        let last = try #require(report.steps.last { $0.step.task == .publish })
        #expect(last.state == .succeeded && report.steps.filter { $0.step.task == .publish }.count == 1)
        #expect(try await rows(little).seen == [2, 2])
        try grow(little, customer: 3, amount: 7)
        try await little.run()
        #expect(try await rows(little) == (seen: [3, 3], newest: [3, 3]))
    }

    @Test func `stay as they were if one of them fails, for readers by name and by path`() async throws {
        let little = try lake()
        try await little.run()
        // No accepted value: the customers are built, the invoices are not.
        try grow(little, customer: 3, amount: 99)
        let report = try await little.run()
        #expect(report.summary.state == .failed)
        #expect(report.steps.last { $0.step.task == .publish }?.state == .blocked)
        #expect(try await rows(little) == (seen: [2, 2], newest: [3, 2]))
        let byPath =
            "SELECT count(*) FROM read_parquet('\(little.folder.path)/store/silver/dim_customer/latest.parquet')"
        #expect(try await little.query(byPath, "silver.dim_customer") == ["2"])
        // Versions that nobody sees come and go; the one that is seen stays.
        for customer in 4...8 {
            try little.execute("INSERT INTO customer VALUES (\(customer), 'x')", in: "app")
            try await little.run("silver.dim_customer", "bronze_app.customer")
        }
        #expect(try await rows(little) == (seen: [2, 2], newest: [8, 2]))
        let lake = try await little.open()
        _ = try await Housekeeping(lake).run()
        #expect(try await rows(little).seen == [2, 2])
        #expect(try await little.query(byPath, "silver.dim_customer") == ["2"])
        try little.execute(
            "UPDATE invoice SET amount = 7, at = '2024-03-01 10:00:00' WHERE id = 3", in: "shop")
        try await little.run()
        #expect(try await rows(little).seen == [8, 3])
        #expect(try await little.query(byPath, "silver.dim_customer") == ["8"])
    }

    @Test func `are not shown by a run of a part of them, but are what is built on`() async throws {
        let little = try lake()
        try await little.run()
        try grow(little, customer: 3, amount: 7)
        let report = try await little.run("+silver.fact_invoice", "+gold.revenue")
        #expect(report.steps.contains { $0.step.task == .publish })
        try grow(little, customer: 4, amount: 7)
        let part = try await little.run("+silver.fact_invoice")
        #expect(!part.steps.contains { $0.step.task == .publish })
        #expect(try await rows(little) == (seen: [3, 3], newest: [3, 4]))
        try await little.run()
        #expect(try await rows(little).seen == [4, 4])
        #expect(try await little.query("SELECT n FROM gold.revenue", "gold.revenue") == ["4"])
    }
}
