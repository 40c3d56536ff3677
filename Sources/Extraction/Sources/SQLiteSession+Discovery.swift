internal import Glibc
internal import SQLite

/// What a SQLite file has.
extension SQLiteSession {
    func discover() throws -> [DiscoveredTable] {
        try wrap(nil) {
            let isSmall = fileSize() < SQLiteSession.bytesToCount
            return try connection.tables().map { table in
                let columns = try connection.columns(of: table.name)
                let key = columns.filter { $0.primaryKeyPosition != nil }
                // Such a column is the number of the row itself.
                let rowNumber =
                    key.count == 1 && key[0].declaredType.uppercased() == "INTEGER" ? key[0].name : nil
                var leading = try leadingColumns(of: table.name)
                if let rowNumber { leading.insert(rowNumber) }
                let described = columns.map { ($0, BronzeType(sqlite: DeclaredType($0.declaredType))) }
                return DiscoveredTable(
                    name: table.name, kind: table.kind == .view ? .view : .table,
                    columns: described.map {
                        DiscoveredColumn(
                            name: $0.name, declared: $0.declaredType, bronzeType: $1.sqlName)
                    },
                    primaryKey: try connection.primaryKey(of: table.name),
                    rowsEstimate: table.kind == .table
                        ? try rowsEstimate(of: table.name, counts: isSmall) : nil,
                    cursors: CursorOption.ranked(
                        described.map { column, type in
                            CursorTrait(
                                column: column.name, kind: type.cursorKind,
                                isNullable: !column.isNotNull && column.name != rowNumber,
                                isIndexed: leading.contains(column.name),
                                isGrowing: column.name == rowNumber)
                        }))
            }
        }
    }

    func inspect() -> SourceInspection? {
        SourceInspection(protection: .local("a file of this machine"), zone: nil, rights: [])
    }

    /// Up to this size of the file rows are counted, which takes a moment.
    private static let bytesToCount: Int64 = 256 << 20

    private func fileSize() -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private func leadingColumns(of table: String) throws -> Set<String> {
        let statement = try connection.prepare(
            """
            SELECT DISTINCT i.name FROM pragma_index_list(?1) AS l, pragma_index_info(l.name) AS i \
            WHERE i.seqno = 0 AND l.partial = 0 AND i.name IS NOT NULL
            """)
        try statement.bind(table, at: 1)
        var columns: Set<String> = []
        while try statement.step() { if let name = statement.text(0) { columns.insert(name) } }
        return columns
    }

    /// In a large file what ANALYZE found, or the greatest number of a row, which deleted rows do not lower.
    private func rowsEstimate(of table: String, counts: Bool) throws -> Int64? {
        let name = SQLiteConnection.quoteIdentifier(table)
        if counts { return try integer("SELECT COUNT(*) FROM \(name)") }
        if let known = try? connection.prepare(
            "SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = ?1 LIMIT 1")
        {
            try known.bind(table, at: 1)
            if try known.step() { return known.int64(0) }
        }
        return try? integer("SELECT max(rowid) FROM \(name)")
    }

    private func integer(_ sql: String) throws -> Int64? {
        let statement = try connection.prepare(sql)
        return try statement.step() ? statement.int64(0) : nil
    }
}
