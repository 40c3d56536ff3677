/// One table or view of a database.
package struct MySQLTableDefinition: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case table, view, systemView, sequence
        /// What a newer server calls it.
        case other(String)
    }

    package let name: String
    package let kind: Kind
    /// "InnoDB", "MyISAM", …; nil for a view.
    package let engine: String?
    package let comment: String
}

/// One column of a table, as it was declared.
package struct MySQLColumnDefinition: Hashable, Sendable {
    package enum Generation: Hashable, Sendable { case virtual, stored }

    package let name: String
    /// From 1, without gaps.
    package let position: Int
    /// "int", "varchar", "enum", …, in lower case.
    package let dataType: String
    /// "int(11) unsigned", "enum('a','b')", …
    package let columnType: String
    package let isNullable: Bool
    /// Nil for what is not text.
    package let characterSet: String?
    package let collation: String?
    /// In characters, for text and bytes.
    package let charactersMax: UInt64?
    /// Decimal digits, or bits of a BIT.
    package let numericPrecision: Int?
    package let numericScale: Int?
    /// The digits of a second's fraction, 0 to 6.
    package let dateTimePrecision: Int?
    /// The default's text as the server keeps it, which is an expression on MariaDB.
    package let defaultText: String?
    package let generation: Generation?
    /// Whether `SELECT *` leaves it out.
    package let isInvisible: Bool
    package let isAutoIncrement: Bool
    /// Whether the server writes the present moment into it at every update of a row.
    package let isTouchedByUpdates: Bool
    package let comment: String

    package var isUnsigned: Bool { columnType.contains(" unsigned") }

    /// The column as a SELECT item that loses nothing, under its own name.
    ///
    /// The text protocol prints a FLOAT with six digits where the stored value needs up to nine; as a double
    /// it is printed whole. A geometry becomes WKB. Every other type is exact as it is.
    package var exactSelection: String {
        let quoted = MySQLConnection.quoteIdentifier(name)
        if dataType == "float" { return "(\(quoted) + 0E0) AS \(quoted)" }
        guard isGeometry else { return quoted }
        // Four bytes of SRID, then WKB. A SRID that is not 0 goes into the WKB as in PostGIS's extended form:
        // a bit of the type's fourth byte, and the number after the type.
        let bytes = "CAST(\(quoted) AS BINARY)"
        return """
            IF(ST_SRID(\(quoted)) = 0, SUBSTRING(\(bytes), 5), CONCAT(SUBSTRING(\(bytes), 5, 4), X'20', \
            SUBSTRING(\(bytes), 1, 4), SUBSTRING(\(bytes), 10))) AS \(quoted)
            """
    }

    package var isGeometry: Bool {
        [
            "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
            "geometrycollection", "geomcollection",
        ].contains(dataType)
    }
}

/// One index of a table.
package struct MySQLIndexDefinition: Hashable, Sendable {
    package let name: String
    package let isUnique: Bool
    /// "BTREE", "HASH", "FULLTEXT", "SPATIAL", …
    package let method: String
    /// In order. An index on an expression has nil in its place.
    package let columns: [String?]

    package var isPrimary: Bool { name == "PRIMARY" }
}

extension MySQLConnection {
    /// The tables and views of a database, by name. Empty for a database that does not exist or may not be
    /// seen.
    package func tables(in database: String) throws(MySQLError) -> [MySQLTableDefinition] {
        let result = try query(
            """
            SELECT table_name, table_type, engine, table_comment FROM information_schema.tables \
            WHERE table_schema = \(Self.literal(database)) ORDER BY table_name
            """)
        return result.rows.map { row in
            MySQLTableDefinition(
                name: row[0] ?? "", kind: MySQLTableDefinition.Kind(row[1] ?? ""), engine: row[2],
                comment: row[3] ?? "")
        }
    }

    /// The columns of a table in their order, invisible ones too. Empty for a table that does not exist.
    package func columns(of table: String, in database: String) throws(MySQLError) -> [MySQLColumnDefinition]
    {
        let result = try query(
            """
            SELECT column_name, ordinal_position, data_type, column_type, is_nullable, character_set_name, \
            collation_name, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, \
            column_default, extra, column_comment FROM information_schema.columns \
            WHERE table_schema = \(Self.literal(database)) AND table_name = \(Self.literal(table)) \
            ORDER BY ordinal_position
            """)
        return result.rows.map(MySQLColumnDefinition.init)
    }

    /// The columns of the primary key in the key's order; empty when there is none.
    package func primaryKey(of table: String, in database: String) throws(MySQLError) -> [String] {
        try indexes(of: table, in: database).first { $0.isPrimary }?.columns.compactMap(\.self) ?? []
    }

    /// The indexes of a table: the primary key first, then by name.
    package func indexes(of table: String, in database: String) throws(MySQLError) -> [MySQLIndexDefinition] {
        let result = try query(
            """
            SELECT index_name, non_unique, index_type, column_name FROM information_schema.statistics \
            WHERE table_schema = \(Self.literal(database)) AND table_name = \(Self.literal(table)) \
            ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index
            """)
        var indexes: [MySQLIndexDefinition] = []
        for row in result.rows {
            let name = row[0] ?? ""
            let earlier = indexes.last?.name == name ? indexes.removeLast().columns : []
            indexes.append(
                MySQLIndexDefinition(
                    name: name, isUnique: row[1] == "0", method: row[2] ?? "", columns: earlier + [row[3]]))
        }
        return indexes
    }
}

extension MySQLTableDefinition.Kind {
    fileprivate init(_ text: String) {
        self =
            switch text {
            case "BASE TABLE", "SYSTEM VERSIONED": .table
            case "VIEW": .view
            case "SYSTEM VIEW": .systemView
            case "SEQUENCE": .sequence
            default: .other(text)
            }
    }
}

extension MySQLColumnDefinition {
    fileprivate init(_ row: [String?]) {
        let extra = (row[12] ?? "").uppercased()
        name = row[0] ?? ""
        position = row[1].flatMap { Int($0) } ?? 0
        dataType = (row[2] ?? "").lowercased()
        columnType = row[3] ?? ""
        isNullable = row[4] == "YES"
        (characterSet, collation) = (row[5], row[6])
        charactersMax = row[7].flatMap { UInt64($0) }
        numericPrecision = row[8].flatMap { Int($0) }
        numericScale = row[9].flatMap { Int($0) }
        dateTimePrecision = row[10].flatMap { Int($0) }
        defaultText = row[11]
        generation =
            if extra.contains("VIRTUAL GENERATED") { .virtual } else if extra.contains("STORED GENERATED") {
                .stored
            } else { nil }
        isInvisible = extra.contains("INVISIBLE")
        isAutoIncrement = extra.contains("AUTO_INCREMENT")
        isTouchedByUpdates = extra.contains("ON UPDATE CURRENT_TIMESTAMP")
        comment = row[13] ?? ""
    }
}
