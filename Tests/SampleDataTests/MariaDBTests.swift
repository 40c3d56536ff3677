import Blocking
import MySQL
@testable import SampleData
import TarnTesting
import Testing

@Suite(.serialized) struct `Generated data on MariaDB` {
    @Test func `has as many rows as the SQLite files, also after some days`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        let settings = server.administrator
        let folder = try await SampleFolder.generated()
        _ = try await generateSampleData(
            SampleDataRequest(scale: tinyScale, seed: 7, target: .mysql(settings)))
        try await expectSameCounts(settings, folder)
        try await folder.generate(advanceDays: 2)
        let summary = try await generateSampleData(
            SampleDataRequest(scale: tinyScale, seed: 7, target: .mysql(settings), advanceDays: 2))
        #expect(summary.rowsUpdated == folder.summary?.rowsUpdated)
        try await expectSameCounts(settings, folder)
    }

    private func expectSameCounts(_ settings: MySQLSettings, _ folder: SampleFolder) async throws {
        var expected: [String: Int64] = [:]
        for table in SampleCatalog.tables {
            expected[table.qualifiedName] = try folder.count(
                "SELECT count(*) FROM \"\(table.name)\"", in: table.database)
        }
        let counts = expected
        let found = try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            return try counts.keys.reduce(into: [String: Int64]()) { found, table in
                let name = table.split(separator: ".").map { MySQLConnection.quoteIdentifier(String($0)) }
                found[table] = try connection.number("SELECT count(*) FROM \(name.joined(separator: "."))")
            }
        }
        #expect(found == counts)
    }

    @Test func `never replaces databases that are not its own`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        let settings = server.administrator
        try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            try connection.execute("CREATE DATABASE v3_invoice")
            try connection.execute("CREATE TABLE v3_invoice.invoice AS SELECT 1 AS precious")
        }
        await #expect(throws: SampleDataError(reason: .foreign(database: "v3_invoice"))) {
            try await generateSampleData(SampleDataRequest(scale: tinyScale, target: .mysql(settings)))
        }
        let kept = try await BlockingPool.shared.run {
            try MySQLConnection(settings).number("SELECT precious FROM v3_invoice.invoice")
        }
        #expect(kept == 1)
    }

    @Test func `has MySQL's own dirt: zero dates, raw latin1, bits and sets`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        let settings = server.administrator
        _ = try await generateSampleData(
            SampleDataRequest(
                scale: 0.005, target: .mysql(settings),
                tables: [
                    "v3_customer.customer", "v3_contact.contact", "v3_user.user", "v3_network.cell",
                    "v3_partner.partner",
                ]))
        let dirt = [
            "v3_customer.customer WHERE churn_dt = '0000-00-00'",
            "v3_customer.customer WHERE CAST(dob AS CHAR) LIKE '%-00-00' AND YEAR(dob) > 1900",
            "v3_customer.customer WHERE cust_nm LIKE '%Ã©%'",
            "v3_customer.customer WHERE mktg_opts = 'email,sms'",
            "v3_contact.contact WHERE HEX(CAST(salut AS BINARY)) = '52656EE965'",
            "v3_user.user WHERE enabled = b'0'",
            "v3_user.user WHERE enabled = b'1'",
            "v3_network.cell WHERE FIND_IN_SET('4G', tech)",
            "v3_partner.partner WHERE tier IS NULL",
        ]
        let counts = try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            return try dirt.map { try connection.number("SELECT count(*) FROM \($0)") }
        }
        for (table, count) in zip(dirt, counts) { #expect(count > 0, "\(table)") }
    }
}

extension MySQLConnection {
    fileprivate func number(_ sql: String) throws -> Int64 {
        try query(sql).rows.first?.first.flatMap { $0 }.flatMap { Int64($0) } ?? -1
    }
}
