internal import LakeModel
internal import Postgres
internal import Project

/// What a PostgreSQL database has: all schemas but the system's.
extension PostgresSession {
    func discover() throws -> [DiscoveredTable] {
        try wrap(nil) {
            let growing = try growingColumns()
            return try connection.tables().map { table in
                let columns = try connection.columns(of: table)
                let indexes = try connection.indexes(of: table)
                let leading = Set(
                    indexes.filter { $0.method == "btree" && !$0.isPartial }.compactMap {
                        $0.columns.first ?? nil
                    })
                return DiscoveredTable(
                    name: table.schema == "public" ? table.name : "\(table.schema).\(table.name)",
                    kind: DiscoveredTable.Kind(table.kind),
                    columns: columns.map {
                        DiscoveredColumn(
                            name: $0.name, declared: $0.declaredType, bronzeType: BronzeType($0.type).sqlName)
                    }, primaryKey: indexes.first { $0.isPrimary }?.columns.compactMap(\.self) ?? [],
                    rowsEstimate: table.estimatedRows, bytes: table.bytes,
                    cursors: CursorOption.ranked(
                        columns.map { column in
                            CursorTrait(
                                column: column.name, kind: BronzeType(column.type).cursorKind,
                                isNullable: column.isNullable, isIndexed: leading.contains(column.name),
                                isGrowing: column.isIdentity
                                    || growing.contains([table.schema, table.name, column.name]))
                        }), comment: table.comment,
                    obstacle: table.isReadable ? nil : "this account may not read it")
            }
        }
    }

    /// Schema, table and name of the columns that are filled from a sequence, as `serial` ones are.
    private func growingColumns() throws -> Set<[String]> {
        let rows = try connection.query(
            """
            SELECT table_schema, table_name, column_name FROM information_schema.columns \
            WHERE column_default LIKE 'nextval(%'
            """
        ).rows
        return Set(rows.map { $0.compactMap(\.self) })
    }

    /// A stream that is let go costs a cancel request; a result without rows does not.
    func probe(_ reading: TableReading) throws {
        try wrap(reading.table.name) {
            let items = reading.table.columns.map(\.selection).joined(separator: ", ")
            let from = try known(reading.table.name).quoted
            _ = try connection.query("SELECT \(items) FROM \(from) LIMIT 0")
        }
    }

    // MARK: Rights

    func inspect() throws -> SourceInspection? {
        try wrap(nil) {
            let row =
                try connection.query(
                    """
                    SELECT s.ssl, s.version, s.cipher, \
                    (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone'), \
                    pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') \
                    FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()
                    """
                ).rows.first ?? []
            guard row.count == 5 else { return nil }
            var protection = SourceInspection.Protection.clear
            if row[0] == "t" {
                protection = .encrypted([row[1], row[2]].compactMap(\.self).joined(separator: ", "))
            } else if connection.settings.socketFolder != nil {
                protection = .local("a socket of this machine")
            }
            return SourceInspection(
                protection: protection, zone: row[3],
                rights: [
                    SourceInspection.Right(
                        name: "open transactions", isGranted: row[4] == "t",
                        consequence:
                            "while others write, late commits are covered by 'overlap' alone, not by the oldest open "
                            + "transaction",
                        remedy:
                            "GRANT pg_read_all_stats TO \(PostgresConnection.quoteIdentifier(connection.settings.user))"
                    )
                ])
        }
    }
}

extension DiscoveredTable.Kind {
    init(_ kind: PostgresTableDefinition.Kind) {
        switch kind {
        case .table, .partitioned: self = .table
        case .view: self = .view
        case .materializedView: self = .other("a materialized view")
        case .foreign: self = .other("a foreign table")
        }
    }
}
