/// Every table and view of the legacy databases.
package enum SampleCatalog {
    /// In the order in which they are listed and, within one database, made.
    package static let tables: [SampleTable] =
        customerTables + serviceTables + billingTables + operationsTables + usageTables

    /// The databases, in the order of their first tables.
    package static let databases: [String] = tables.reduce(into: []) { names, table in
        if !names.contains(table.database) { names.append(table.database) }
    }

    package static func tables(of database: String) -> [SampleTable] {
        tables.filter { $0.database == database }
    }

    /// Views that the lake leaves alone: silver does what they did.
    package static let views: [SampleView] = [
        SampleView(
            database: "v3_customer", name: "v_customer_active",
            select: "SELECT cust_id, cust_nm, updated_at FROM customer WHERE stat = 1"),
        SampleView(
            database: "v3_invoice", name: "v_invoice_full",
            select: """
                SELECT i.inv_id, i.inv_no, s.stat_nm, d.net_amt
                FROM invoice i JOIN invoice_status s ON s.inv_stat_id = i.inv_stat_id
                JOIN invoice_data d ON d.inv_id = i.inv_id
                """),
        SampleView(
            database: "v3_service", name: "v_service_live",
            select: "SELECT svc_id, cust_id, cli FROM service WHERE svc_stat IN ('A', 'a')"),
    ]
}

package struct SampleView: Sendable {
    package let database: String
    package let name: String
    package let select: String
}
