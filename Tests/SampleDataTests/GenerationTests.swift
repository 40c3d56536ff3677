import FoundationEssentials
import LakeModel
import SQLite
import Testing

@testable import SampleData

@Suite struct `Generated data` {
    @Test func `is the same for the same seed and another for another`() async throws {
        let first = try await SampleFolder.generated().fingerprints()
        let second = try await SampleFolder.generated().fingerprints()
        #expect(first == second)
        let other = try await SampleFolder.generated(seed: 8).fingerprints()
        let same = SampleCatalog.tables.filter { first[$0.qualifiedName] == other[$0.qualifiedName] }
        // Lookup tables are spelled out; nothing that grows may be equal.
        let grows = same.filter { if case .scaled = $0.size { true } else { false } }
        #expect(grows.map(\.qualifiedName) == [])
    }

    @Test func `is the same whether days come at once or one by one`() async throws {
        let atOnce = try await SampleFolder.generated(advanceDays: 5)
        let stepwise = try await SampleFolder.generated()
        for days in [1, 3, 1] { try await stepwise.generate(advanceDays: days) }
        #expect(try atOnce.fingerprints() == stepwise.fingerprints())
        #expect(atOnce.summary?.businessDay == stepwise.summary?.businessDay)
        #expect(atOnce.summary?.businessDay == Day(year: 2026, month: 7, day: 5))
    }

    @Test func `has the rows of its scale, and more each day`() async throws {
        let folder = try await SampleFolder.generated(scale: 0.0005)
        for table in SampleCatalog.tables {
            let base = table.size.rows(at: 0.0005)
            let twins = table.duplicateEvery.map { (base + $0 - 1) / $0 } ?? 0
            let rows = try folder.count("SELECT count(*) FROM \"\(table.name)\"", in: table.database)
            #expect(rows == base + twins, "\(table.qualifiedName)")
        }
        let before = try folder.count("SELECT count(*) FROM invoice", in: "v3_invoice")
        let summary = try await folder.generate(scale: 0.0005, advanceDays: 2)
        #expect(try folder.count("SELECT count(*) FROM invoice", in: "v3_invoice") == before + 2 * 3)
        let invoice = try #require(summary.tables.first { $0.table == "invoice" })
        #expect(invoice.rowsInserted == 6)
        #expect(invoice.rowsUpdated > 0)
    }

    @Test func `moves updated_at only forward, so that a watermark finds every change`() async throws {
        let folder = try await SampleFolder.generated(scale: 0.001)
        for table in SampleCatalog.tables {
            guard let cursor = table.cursor else { continue }
            let sql =
                "SELECT count(*) FROM \"\(table.name)\" WHERE \"\(cursor)\" >= '2026-07-01' OR \"\(cursor)\" IS NULL"
            #expect(try folder.count(sql, in: table.database) == 0, "\(table.qualifiedName)")
        }
        let summary = try await folder.generate(scale: 0.001, advanceDays: 1)
        for made in summary.tables {
            let table = try #require(
                SampleCatalog.tables.first { $0.qualifiedName == "\(made.database).\(made.table)" })
            guard let cursor = table.cursor else {
                #expect(made.rowsUpdated == 0, "\(table.qualifiedName) changes but has no cursor")
                continue
            }
            let sql = "SELECT count(*) FROM \"\(table.name)\" WHERE \"\(cursor)\" >= '2026-07-01'"
            let newer = try folder.count(sql, in: table.database)
            #expect(
                newer == made.rowsInserted + made.rowsUpdated || table.duplicateEvery != nil,
                "\(table.qualifiedName)")
        }
    }

    @Test func `has the dirt of a legacy database`() async throws {
        let folder = try await SampleFolder.generated(scale: 0.002)
        let dirt: [(database: String, sql: String)] = [
            ("v3_customer", "SELECT count(*) FROM customer WHERE churn_dt = '0000-00-00'"),
            ("v3_customer", "SELECT count(*) FROM customer WHERE dob LIKE '19%-00-00'"),
            ("v3_customer", "SELECT count(*) FROM customer WHERE cust_nm LIKE '%Ã©%'"),
            ("v3_customer", "SELECT count(*) FROM customer WHERE cust_nm LIKE '% '"),
            ("v3_customer", "SELECT count(*) FROM customer WHERE vat_reg IS NULL"),
            ("v3_customer", "SELECT count(*) FROM customer WHERE vat_reg IN ('y', '1', 'T')"),
            (
                "v3_customer",
                "SELECT count(*) FROM (SELECT 1 FROM customer_flag GROUP BY cust_id, flag_cd HAVING count(*) > 1)"
            ),
            ("v3_invoice", "SELECT count(*) FROM invoice_item WHERE per_start = '0000-00-00 00:00:00'"),
            ("v3_invoice", "SELECT count(*) FROM invoice_item WHERE svc_id > 99000000"),
            (
                "v3_invoice",
                "SELECT count(*) FROM (SELECT 1 FROM invoice_service GROUP BY inv_id, svc_id HAVING count(*) > 1)"
            ),
            ("v3_invoice", "SELECT count(*) FROM invoice_data WHERE vat_amt LIKE '£%'"),
            (
                "v3_partner",
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM partner_commission GROUP BY ptnr_id, mon, comm_amt, paid HAVING count(*) > 1)
                """
            ),
            ("v3_contact", "SELECT count(*) FROM contact WHERE hex(salut) = '52656EE965'"),
            ("v3_provisioning", "SELECT count(*) FROM prov_step WHERE took > '24'"),
        ]
        for (database, sql) in dirt { #expect(try folder.count(sql, in: database) > 0, "\(sql)") }
    }

    @Test func `has views, which the lake excludes`() async throws {
        let folder = try await SampleFolder.generated()
        for view in SampleCatalog.views {
            #expect(try folder.count("SELECT count(*) FROM \(view.name)", in: view.database) > 0)
        }
    }
}

@Suite struct `A request` {
    @Test func `that continues other data is refused`() async throws {
        let folder = try await SampleFolder.generated(tables: ["v3_invoice.invoice"])
        for (scale, seed) in [(tinyScale, UInt64(8)), (2 * tinyScale, 7)] {
            await #expect(throws: SampleDataError(reason: .differentPlan(table: "v3_invoice.invoice"))) {
                try await folder.generate(
                    scale: scale, seed: seed, advanceDays: 1, tables: ["v3_invoice.invoice"])
            }
        }
        try await folder.generate(advanceDays: 1, tables: ["v3_invoice.invoice"])
    }

    @Test func `that continues a generation which was cut off is refused until it is made anew`() async throws
    {
        let folder = try await SampleFolder.generated(tables: ["v3_user.user"])
        let state = try SQLiteConnection(path: folder.path + "/v3_audit.db", access: .readWrite)
        try state.execute("UPDATE tarn_demo_state SET done = 0")
        await #expect(throws: SampleDataError(reason: .unfinished(table: "v3_user.user"))) {
            try await folder.generate(advanceDays: 1, tables: ["v3_user.user"])
        }
        try await folder.generate(tables: ["v3_user.user"])
        try await folder.generate(advanceDays: 1, tables: ["v3_user.user"])
    }

    @Test func `that is cancelled stops early and leaves its tables unfinished`() async throws {
        let folder = SampleFolder()
        let request = SampleDataRequest(scale: 0.01, target: .sqlite(folder: folder.path))
        let (finished, continuation) = AsyncStream<GeneratedTable>.makeStream()
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await generateSampleData(request) { continuation.yield($0) } }
            for await _ in finished { break }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
        await #expect(throws: SampleDataError(reason: .unfinished(table: "v3_customer.customer"))) {
            try await folder.generate(scale: 0.01, seed: 42, advanceDays: 1)
        }
    }

    @Test func `that would overwrite somebody's own database is refused`() async throws {
        let folder = SampleFolder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let path = folder.path + "/v3_invoice.db"
        try SQLiteConnection(path: path, access: .create).execute(
            "CREATE TABLE invoice AS SELECT 1 AS precious")
        await #expect(throws: SampleDataError(reason: .foreign(database: "v3_invoice"))) {
            try await folder.generate()
        }
        #expect(try folder.count("SELECT precious FROM invoice", in: "v3_invoice") == 1)
    }

    @Test func `out of range or for unknown tables is refused`() async throws {
        await #expect(throws: SampleDataError.self) { try await SampleFolder.generated(scale: 0) }
        await #expect(throws: SampleDataError(reason: .unknownTables(["v3_invoice.invoices"]))) {
            try await SampleFolder.generated(tables: ["v3_invoice.invoices"])
        }
    }
}

@Suite struct `The generator's random numbers` {
    @Test func `never change`() {
        #expect(sampleRandom(stream: 0, row: 0) == 0xe220_a839_7b1d_cdaf)
        #expect(sampleRandom(stream: 1, row: 2) != sampleRandom(stream: 2, row: 1))
        #expect(SamplePlan(seed: 42, scale: 1, baseDay: SampleDataRequest.usualBaseDay).stream("x") < 1 << 62)
    }

    @Test func `reach macros with the row that they are for`() {
        #expect(passingContext("r(1) + d(2, 3)", stream: "9") == "r(9, n, 1) + d(9, n, 2, 3)")
        #expect(
            passingContext("created() || round(1) || yn(4, 5)")
                == "created(day, sec) || round(1) || yn(stream, n, 4, 5)")
    }
}
