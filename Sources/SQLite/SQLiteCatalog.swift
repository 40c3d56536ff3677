/// One table or view of a database file.
package struct SQLiteTableDefinition: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case table, view, virtualTable }

    package let name: String
    package let kind: Kind
    /// The statement that made it.
    package let sql: String
}

/// One column of a table or view.
package struct SQLiteColumnDefinition: Hashable, Sendable {
    package enum Visibility: Hashable, Sendable {
        case normal
        /// A column of a virtual table that `SELECT *` leaves out.
        case hidden
        case generatedVirtual, generatedStored
    }

    package let name: String
    /// From 0.
    package let position: Int
    /// As written, possibly empty: it promises nothing about the values, except in a STRICT table.
    package let declaredType: String
    package let isNotNull: Bool
    package let defaultText: String?
    /// The place in the primary key, from 1; nil outside it.
    package let primaryKeyPosition: Int?
    package let visibility: Visibility
}

extension SQLiteConnection {
    /// The tables and views by name, without SQLite's own.
    package func tables() throws(SQLiteError) -> [SQLiteTableDefinition] {
        let statement = try prepare(
            """
            SELECT name, type, coalesce(sql, '') FROM sqlite_schema \
            WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
            """)
        var tables: [SQLiteTableDefinition] = []
        while try statement.step() {
            let sql = statement.text(2) ?? ""
            let isVirtual = sql.prefix(14).uppercased() == "CREATE VIRTUAL"
            let kind: SQLiteTableDefinition.Kind =
                if statement.text(1) == "view" { .view } else if isVirtual { .virtualTable } else { .table }
            tables.append(SQLiteTableDefinition(name: statement.text(0) ?? "", kind: kind, sql: sql))
        }
        return tables
    }

    /// The columns of a table or view in their order, hidden and generated ones too. Empty when there is no
    /// such table.
    package func columns(of table: String) throws(SQLiteError) -> [SQLiteColumnDefinition] {
        let statement = try prepare(
            """
            SELECT cid, name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid
            """
        )
        try statement.bind(table, at: 1)
        var columns: [SQLiteColumnDefinition] = []
        while try statement.step() {
            let keyPosition = Int(statement.int64(5))
            columns.append(
                SQLiteColumnDefinition(
                    name: statement.text(1) ?? "", position: Int(statement.int64(0)),
                    declaredType: statement.text(2) ?? "", isNotNull: statement.int64(3) != 0,
                    defaultText: statement.text(4), primaryKeyPosition: keyPosition == 0 ? nil : keyPosition,
                    visibility: SQLiteColumnDefinition.Visibility(statement.int64(6))))
        }
        return columns
    }

    /// The columns of the primary key in the key's order; empty when there is none.
    package func primaryKey(of table: String) throws(SQLiteError) -> [String] {
        try columns(of: table)
            .filter { $0.primaryKeyPosition != nil }
            .sorted { ($0.primaryKeyPosition ?? 0) < ($1.primaryKeyPosition ?? 0) }
            .map(\.name)
    }
}

extension SQLiteColumnDefinition.Visibility {
    fileprivate init(_ hidden: Int64) {
        self =
            switch hidden {
            case 1: .hidden
            case 2: .generatedVirtual
            case 3: .generatedStored
            default: .normal
            }
    }
}
