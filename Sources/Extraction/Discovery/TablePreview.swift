internal import Glibc
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
        system = session.system
        columns = shape.columns.map {
            DiscoveredColumn(name: $0.name, declared: $0.declared, bronzeType: $0.type.sqlName)
        }
        primaryKey = shape.primaryKey
        if let file = try TablePreview.fileOfRows(table, in: source, reading, of: session) {
            defer { unlink(file) }
            try connection.execute(
                """
                CREATE OR REPLACE TEMP TABLE \(TablePreview.table) AS SELECT * FROM \
                read_parquet(\(quotedPath(file)), hive_partitioning = false) LIMIT \(rowsMax)
                """)
            let count = try connection.query("SELECT count(*) FROM \(TablePreview.table)")
            (rows, conversions) = (count.rows.first?.first?.integer ?? 0, [])
            return
        }
        let reader = FeedReader(
            session, reading, SliceQueue([.whole]), counting: .nothing, progress: ExtractionProgress(),
            governor: Governor(Pace()))
        try feed.run(RowFeed.Feed([reader], of: shape), on: connection) { rows in
            // One row more, so that a source which keeps the limit itself is read to its end.
            "CREATE OR REPLACE TEMP TABLE \(TablePreview.table) AS SELECT * FROM \(rows) LIMIT \(rowsMax + 1)"
        }
        let ledger = reader.ledgerSoFar
        rows = ledger.rows
        conversions = ledger.conversions
    }

    /// Where DuckDB reads the source by itself, a temporary file with the rows; `nil` elsewhere.
    private static func fileOfRows(
        _ table: TableDefinition, in source: SourceDefinition, _ reading: TableReading,
        of session: any SourceSession
    ) throws -> String? {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = "\(folder)/tarn-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16)).parquet"
        if let relation = try session.relation(reading) {
            _ = try relation.write(reading, to: path)
            return path
        }
        guard let files = FilesTable(source, table) else { return nil }
        let bad = path + ".bad"
        defer { unlink(bad) }
        try (session as? FilesSession)?.withContent(of: files) {
            _ = try $0.write(to: path, quarantine: bad)
        }
        return path
    }
}
