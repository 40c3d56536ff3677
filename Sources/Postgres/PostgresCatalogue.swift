/// One table or view of a database.
package struct PostgresTableDefinition: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case table = "r"
        case partitioned = "p"
        case foreign = "f"
        case materializedView = "m"
        case view = "v"
    }

    /// The number by which the catalogue knows it.
    package let id: UInt32
    package let schema: String
    package let name: String
    package let kind: Kind
    /// The server's own estimate, of all partitions together; nil when it has never looked.
    package let estimatedRows: Int64?
    /// An estimate of what its rows take, without indexes; nil for a view and a foreign table.
    package let bytes: Int64?
    package let comment: String
    /// Whether this session may read it.
    package let isReadable: Bool
    /// Whether policies decide who sees which rows.
    package let hasRowSecurity: Bool
}

/// One column of a table, as it was declared.
package struct PostgresColumnDefinition: Hashable, Sendable {
    package let name: String
    /// From 1; dropped columns leave gaps.
    package let position: Int
    /// "numeric(12,2)", "timestamp with time zone", "mood", …
    package let declaredType: String
    /// How its values arrive when ``exactSelection`` is selected.
    package let type: PostgresType
    /// An expression that loses nothing of the column.
    package let exactExpression: String
    package let isNullable: Bool
    package let isGenerated: Bool
    package let isIdentity: Bool
    /// In the order of the enum; empty for every other type.
    package let enumLabels: [String]
    package let comment: String

    /// The column as a SELECT item that loses nothing, under its own name.
    package var exactSelection: String {
        let quoted = PostgresConnection.quoteIdentifier(name)
        return exactExpression == quoted ? quoted : "\(exactExpression) AS \(quoted)"
    }
}

/// One index of a table.
package struct PostgresIndexDefinition: Hashable, Sendable {
    package let name: String
    package let isPrimary: Bool
    package let isUnique: Bool
    /// Whether it holds only some of the rows.
    package let isPartial: Bool
    /// "btree", "hash", "gin", …
    package let method: String
    /// In order, without those that are only carried along. An expression has nil in its place.
    package let columns: [String?]
}

extension PostgresConnection {
    /// The tables and views of a schema, or of all schemas but the system's, by name. Partitions are their
    /// parents' and not listed.
    package func tables(in schema: String? = nil) throws(PostgresError) -> [PostgresTableDefinition] {
        try tables(
            where: schema.map { "n.nspname = \(Self.literal($0))" }
                ?? "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'", partitions: false)
    }

    /// The table or view of that name, which may be a partition; nil if there is none.
    package func table(
        _ name: String, in schema: String
    ) throws(PostgresError) -> PostgresTableDefinition? {
        try tables(
            where: "n.nspname = \(Self.literal(schema)) AND c.relname = \(Self.literal(name))",
            partitions: true
        ).first
    }

    private func tables(
        where condition: String, partitions: Bool
    ) throws(PostgresError) -> [PostgresTableDefinition] {
        // Sizes come from the catalogue where it has them: asking the files waits for locks on the table.
        let result = try query(
            """
            WITH RECURSIVE listed AS (
                SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v') AND (\(condition))
                    \(partitions ? "" : "AND NOT c.relispartition")
            ), tree AS (
                SELECT oid AS root, oid AS member FROM listed
                UNION ALL
                SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.member
            ), size AS (
                SELECT t.root, sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind <> 'p') AS rows,
                    bool_or(c.reltuples > 0 OR (c.reltuples = 0 AND c.relpages > 0)) AS is_known,
                    sum(CASE WHEN c.relkind NOT IN ('r', 'm') THEN 0
                        WHEN c.relpages > 0 THEN c.relpages::bigint * current_setting('block_size')::bigint
                        ELSE pg_catalog.pg_relation_size(c.oid) END
                        + coalesce(s.relpages, 0)::bigint * current_setting('block_size')::bigint) AS bytes
                FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.member
                    LEFT JOIN pg_catalog.pg_class s ON s.oid = c.reltoastrelid
                GROUP BY t.root
            )
            SELECT l.oid, l.nspname, l.relname, l.relkind,
                CASE WHEN s.is_known THEN s.rows::bigint END,
                CASE WHEN l.relkind NOT IN ('f', 'v') THEN s.bytes::bigint END,
                pg_catalog.obj_description(l.oid, 'pg_class'),
                pg_catalog.has_table_privilege(l.oid, 'SELECT')
                    OR pg_catalog.has_any_column_privilege(l.oid, 'SELECT'),
                l.relrowsecurity
            FROM listed l JOIN size s ON s.root = l.oid ORDER BY l.nspname, l.relname
            """)
        return result.rows.compactMap(PostgresTableDefinition.init)
    }

    /// The columns of a table in their order.
    package func columns(of table: PostgresTableDefinition) throws(PostgresError)
        -> [PostgresColumnDefinition]
    {
        let result = try query(
            """
            SELECT a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.attgenerated <> '', a.attidentity <> '', pg_catalog.col_description(a.attrelid, a.attnum),
                t.oid, t.typtype, t.typcategory, base.modifier
            FROM pg_catalog.pg_attribute a
            CROSS JOIN LATERAL (
                WITH RECURSIVE chain AS (
                    SELECT a.atttypid AS id, a.atttypmod AS modifier, 0 AS depth
                    UNION ALL
                    SELECT d.typbasetype, CASE WHEN chain.modifier >= 0 THEN chain.modifier ELSE d.typtypmod END,
                        depth + 1
                    FROM chain JOIN pg_catalog.pg_type d ON d.oid = chain.id AND d.typtype = 'd'
                ) SELECT id, modifier FROM chain ORDER BY depth DESC LIMIT 1
            ) base
            JOIN pg_catalog.pg_type t ON t.oid = base.id
            WHERE a.attrelid = \(table.id) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """)
        let hasEnum = result.rows.contains { $0[8] == "e" }
        let labels = hasEnum ? try enumLabels() : [:]
        return result.rows.map { PostgresColumnDefinition($0, labels: labels) }
    }

    private func enumLabels() throws(PostgresError) -> [String: [String]] {
        let result = try query(
            "SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY enumtypid, enumsortorder")
        return result.rows.reduce(into: [:]) { labels, row in
            if let type = row[0], let label = row[1] { labels[type, default: []].append(label) }
        }
    }

    /// The columns of the primary key in the key's order; empty when there is none.
    package func primaryKey(of table: PostgresTableDefinition) throws(PostgresError) -> [String] {
        try indexes(of: table).first { $0.isPrimary }?.columns.compactMap(\.self) ?? []
    }

    /// The valid indexes of a table: the primary key first, then by name.
    package func indexes(of table: PostgresTableDefinition) throws(PostgresError) -> [PostgresIndexDefinition]
    {
        let result = try query(
            """
            SELECT i.relname, x.indisprimary, x.indisunique, x.indpred IS NOT NULL, m.amname, a.attname
            FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
            JOIN pg_catalog.pg_am m ON m.oid = i.relam
            CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
            LEFT JOIN pg_catalog.pg_attribute a
                ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0
            WHERE x.indrelid = \(table.id) AND x.indisvalid AND k.place <= x.indnkeyatts
            ORDER BY NOT x.indisprimary, i.relname, k.place
            """)
        var indexes: [PostgresIndexDefinition] = []
        for row in result.rows {
            let name = row[0] ?? ""
            let earlier = indexes.last?.name == name ? indexes.removeLast().columns : []
            indexes.append(
                PostgresIndexDefinition(
                    name: name, isPrimary: row[1] == "t", isUnique: row[2] == "t", isPartial: row[3] == "t",
                    method: row[4] ?? "", columns: earlier + [row[5]]))
        }
        return indexes
    }
}

extension PostgresTableDefinition {
    fileprivate init?(_ row: [String?]) {
        guard let id = row[0].flatMap({ UInt32($0) }), let kind = row[3].flatMap(Kind.init) else {
            return nil
        }
        (self.id, self.kind) = (id, kind)
        (schema, name) = (row[1] ?? "", row[2] ?? "")
        estimatedRows = row[4].flatMap { Int64($0) }
        bytes = row[5].flatMap { Int64($0) }
        comment = row[6] ?? ""
        (isReadable, hasRowSecurity) = (row[7] == "t", row[8] == "t")
    }
}

extension PostgresColumnDefinition {
    fileprivate init(_ row: [String?], labels: [String: [String]]) {
        name = row[0] ?? ""
        position = row[1].flatMap { Int($0) } ?? 0
        declaredType = row[2] ?? ""
        isNullable = row[3] != "t"
        (isGenerated, isIdentity) = (row[4] == "t", row[5] == "t")
        comment = row[6] ?? ""
        let facts = PostgresType.Facts(
            id: row[7].flatMap { UInt32($0) } ?? 0, kind: row[8] ?? "", category: row[9] ?? "",
            modifier: row[10].flatMap { Int($0) } ?? -1)
        (type, exactExpression) = PostgresType.reading(
            facts, quoted: PostgresConnection.quoteIdentifier(name))
        enumLabels = row[7].flatMap { labels[$0] } ?? []
    }
}
