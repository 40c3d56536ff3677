internal import LakeModel
internal import MySQL

extension MySQLSession {
    /// One pass over the rows, in the server.
    func checksums(of reading: TableReading) throws -> [ColumnChecksum]? {
        let columns = reading.table.columns
        let items = columns.flatMap { column in
            let name = MySQLConnection.quoteIdentifier(column.name)
            return ["COUNT(\(name))", column.mysqlMeasure(name).map { "CAST(SUM(\($0)) AS CHAR)" } ?? "NULL"]
        }
        return try wrap(reading.table.name) {
            let name = MySQLConnection.quoteIdentifier(reading.table.name.text)
            let condition = reading.whereClause(quote: MySQLConnection.quoteIdentifier)
            let sql = "SELECT \(items.joined(separator: ", ")) FROM \(name)\(condition)"
            let row = try connection.query(sql).rows.first ?? []
            guard row.count == 2 * columns.count else { return nil }
            return columns.enumerated().map { index, column in
                ColumnChecksum(
                    column: column.name, values: row[2 * index].flatMap { Int64($0) } ?? 0,
                    sum: row[2 * index + 1])
            }
        }
    }
}

extension SourceColumn {
    /// What ``BronzeType/checksumMeasure(of:)`` measures, in MySQL's words; nil if it is only counted.
    fileprivate func mysqlMeasure(_ column: String) -> String? {
        switch type {
        case .boolean: return "CAST(\(column) AS UNSIGNED) <> 0"
        case .bits: return "CAST(\(column) AS UNSIGNED)"
        case .integer, .decimal: return column
        case .date: return "DATEDIFF(\(column), '1970-01-01')"
        case .localTimestamp, .instant: return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', \(column))"
        case .timeSpan:
            // HOUR() and its like leave the sign out.
            return """
                IF(\(column) < CAST('00:00:00' AS TIME), -1, 1) * (((HOUR(\(column)) * 60 \
                + MINUTE(\(column))) * 60 + SECOND(\(column))) * 1000000 + MICROSECOND(\(column)))
                """
        case .text: return "LENGTH(CONVERT(\(column) USING utf8mb4))"
        case .binary:
            // A geometry is sent as WKB: without the four bytes in front, unless they tell something.
            if selection != column {
                return "LENGTH(CAST(\(column) AS BINARY)) - IF(ST_SRID(\(column)) = 0, 4, 0)"
            }
            // Text that is kept as bytes arrives in another character set than the column's.
            return declared.contains("char") || declared.contains("text") ? nil : "LENGTH(\(column))"
        case .float, .double, .uuid, .exact: return nil
        }
    }
}
