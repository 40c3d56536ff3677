package import DuckDB
package import LakeModel
package import Project

/// The first rows of a table as bronze would hold them: they come by the very path of an extraction.
package struct TablePreview: Sendable {
    package let system: String
    package let columns: [DiscoveredColumn]
    package let primaryKey: [String]
    /// Rows that were read.
    package let rows: Int64
    /// What was changed in these rows on the way.
    package let conversions: [Conversion]

    /// The temporary table that has the rows.
    package static let table = "tarn_preview"

    /// Reads up to `rowsMax` rows into ``table`` of `connection`. Blocks.
    /// - Parameter feed: Registered with the connection's database.
    package init(
        of table: TableDefinition, in source: SourceDefinition, rowsMax: Int, feed: RowFeed,
        on connection: Connection
    ) throws {
        let session = try SourceConnector(source).connect()
        defer { session.close() }
        guard let found = try session.describe(table.name), !found.columns.isEmpty else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        let shape = try found.ruled(by: table)
        var reading = TableReading(table: shape)
        reading.rowsMax = rowsMax
        let reader = FeedReader(
            session, reading, SliceQueue([.whole]), counting: .nothing, progress: ExtractionProgress(),
            governor: Governor(Pace()))
        try feed.run(RowFeed.Feed([reader], of: shape), on: connection) { rows in
            // One row more, so that a source which keeps the limit itself is read to its end.
            "CREATE OR REPLACE TEMP TABLE \(TablePreview.table) AS SELECT * FROM \(rows) LIMIT \(rowsMax + 1)"
        }
        let ledger = reader.ledgerSoFar
        system = session.system
        columns = shape.columns.map {
            DiscoveredColumn(name: $0.name, declared: $0.declared, bronzeType: $0.type.sqlName)
        }
        primaryKey = shape.primaryKey
        rows = ledger.rows
        conversions = ledger.conversions
    }
}
