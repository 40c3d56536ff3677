/// A part of a table with rows of its own: the table itself, or one of its partitions.
package struct PostgresSegment: Hashable, Sendable {
    /// What to write behind FROM so that these rows are read, and no others.
    package let source: String
    /// Of the server's block size (8 kB), when it was asked. More may come, with rows that the snapshot does
    /// not see.
    package let blocks: Int64
    /// Whether ranges of blocks can be read by themselves without reading the rest.
    package let isDivisible: Bool

    /// The condition for the rows of some blocks. Without an upper bound it takes in whatever was added since
    /// ``blocks`` was asked, so the last range of a table has none.
    package static func condition(blocks: Range<Int64>, isLast: Bool) -> String {
        let lower = "ctid >= '(\(blocks.lowerBound),0)'::tid"
        return isLast ? lower : "\(lower) AND ctid < '(\(blocks.upperBound),0)'::tid"
    }
}

extension PostgresConnection {
    /// The parts of a table. Ask in the snapshot in which they are read.
    ///
    /// A table whose partitions this account may not read by themselves, or whose policies hold for the
    /// parent only, is one part that cannot be divided; so are views and foreign tables, and every table of
    /// a server before version 14, which reads the whole table for each range.
    package func segments(of table: PostgresTableDefinition) throws(PostgresError) -> [PostgresSegment] {
        let whole = PostgresSegment(
            source: Self.quoteName(table.schema, table.name), blocks: 0, isDivisible: false)
        guard table.kind != .view, table.kind != .foreign, !table.hasRowSecurity else { return [whole] }
        let result = try query(
            """
            WITH RECURSIVE tree AS (
                SELECT \(table.id)::oid AS member
                UNION ALL
                SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.member
            )
            SELECT n.nspname, c.relname, c.relkind, has_table_privilege(c.oid, 'SELECT'),
                CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid)
                    / current_setting('block_size')::bigint END,
                coalesce(m.amname = 'heap', false)
            FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.member
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
            WHERE c.relkind <> 'p' ORDER BY c.oid
            """)
        let isAlone = result.rows.count == 1
        guard isAlone || result.rows.allSatisfy({ $0[3] == "t" }) else { return [whole] }
        return result.rows.map { row in
            PostgresSegment(
                source: "ONLY \(Self.quoteName(row[0] ?? "", row[1] ?? ""))",
                blocks: row[4].flatMap { Int64($0) } ?? 0,
                isDivisible: serverVersion >= 140_000 && row[4] != nil && row[5] == "t")
        }
    }
}
