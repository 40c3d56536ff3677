package import DuckDB
package import LakeModel

/// What the footers of a table's files say, without a look at its rows.
package struct FileStatistics: Sendable {
    /// In all files together: readers skip those whose least and greatest values do not concern them.
    package let rowGroups: Int64
    package let columns: [Column]

    package struct Column: Sendable {
        package let name: String
        package let type: String
        /// `nil` if a file does not say.
        package let nulls: Int64?
        /// As text; `nil` if a file does not say, and of types without an order.
        package let least: String?
        package let greatest: String?
    }

    /// - Parameters:
    ///   - files: As DuckDB reads them; not empty.
    ///   - schema: The table's columns.
    /// - Throws: `DuckDBError`.
    package init(of files: [String], schema: [ColumnSchema], on connection: Connection) throws {
        let list = files.map(quotedPath).joined(separator: ", ")
        let metadata = "parquet_metadata([\(list)])"
        rowGroups =
            try connection.query(
                "SELECT count(*) FROM (SELECT DISTINCT file_name, row_group_id FROM \(metadata))"
            ).rows.first?.first?.integer ?? 0
        // Bounds of texts and blobs are cut off by some writers; these are the least that is said.
        let selects = schema.enumerated().map { index, column in
            let name = quotedLiteral(column.name)
            let isOrdered =
                !column.type.hasSuffix("]")
                && !["STRUCT", "MAP", "UNION", "JSON", "BLOB", "BIT"].contains {
                    column.type.hasPrefix($0)
                }
            let bound = { (function: String, value: String) in
                guard isOrdered else { return "CAST(NULL AS VARCHAR)" }
                let found = "\(function)(TRY_CAST(\(value) AS \(column.type)))"
                return "CAST(CASE WHEN count(*) = count(\(value)) THEN \(found) END AS VARCHAR)"
            }
            return """
                SELECT \(index), CASE WHEN count(*) = count(stats_null_count) \
                THEN CAST(sum(stats_null_count) AS BIGINT) END, \
                \(bound("min", "coalesce(stats_min_value, stats_min)")), \
                \(bound("max", "coalesce(stats_max_value, stats_max)")) \
                FROM m WHERE path_in_schema = \(name)
                """
        }
        guard !selects.isEmpty else {
            columns = []
            return
        }
        let rows = try connection.query(
            "WITH m AS MATERIALIZED (SELECT * FROM \(metadata)) \(selects.joined(separator: " UNION ALL "))"
        ).rows
        var found: [Int: [Value]] = [:]
        for row in rows { if let index = row.first?.integer { found[Int(index)] = row } }
        columns = schema.enumerated().map { index, column in
            let row = found[index] ?? []
            return Column(
                name: column.name, type: column.type, nulls: row.count == 4 ? row[1].integer : nil,
                least: row.count == 4 ? row[2].text : nil, greatest: row.count == 4 ? row[3].text : nil)
        }
    }
}
