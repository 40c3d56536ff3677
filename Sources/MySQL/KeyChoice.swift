/// Which key a table is cut by, or why by none.
struct KeyChoice {
    let key: TableKey?
    let reason: String

    init(_ key: TableKey) { (self.key, reason) = (key, "") }
    init(none reason: String) { (key, self.reason) = (nil, reason) }
}

/// An index with what the choice depends on.
private struct IndexFacts {
    let name: String
    let isUnique: Bool
    /// In order; nil for an expression.
    var columns: [String?] = []
    /// How many different values the first column has, estimated.
    let selectivity: Int64
    /// Whether the column at the same place is indexed by its beginning only.
    var prefixed: [Bool] = []
}

extension KeySearch {
    /// A leading column with fewer different values gives pieces of very different size.
    private static let selectivityMin: Int64 = 40

    /// The index that finds the rows of the condition; else the primary key; else a unique index; else any
    /// whose first column is selective.
    func choose(for condition: String?) throws(MySQLError) -> KeyChoice {
        let name = MySQLConnection.literal(table)
        let facts = try query(
            """
            SELECT engine, table_rows, table_type FROM information_schema.tables \
            WHERE table_schema = DATABASE() AND table_name = \(name)
            """
        ).rows.first
        guard let facts else { return KeyChoice(none: "there is no table \(table)") }
        guard let engine = facts[0] else { return KeyChoice(none: "a view has no keys") }
        tableRows = facts[1].flatMap { Int64($0) } ?? 0
        let indexes = try readIndexes()
        guard !indexes.isEmpty else { return KeyChoice(none: "the table has no index that keeps an order") }
        var columns: [String: KeyColumn] = [:]
        let database = try query("SELECT DATABASE()").rows.first?[0] ?? ""
        for column in try connection.columns(of: table, in: database) {
            columns[column.name] = KeyDomain(column).map {
                KeyColumn(name: column.name, domain: $0, isNullable: column.isNullable)
            }
        }
        queries += 1
        let primary = engine == "InnoDB" ? indexes.first { $0.name == "PRIMARY" } : nil
        if let condition, let choice = try finding(condition, indexes, columns, primary) { return choice }
        for index in ranked(indexes, columns) {
            let parts = Self.parts(of: index, columns, primary)
            guard let first = parts.first else { continue }
            guard index.isUnique || index.selectivity >= Self.selectivityMin else {
                return KeyChoice(
                    none: "no unique index, and \(first.name) has only about \(index.selectivity) values")
            }
            return KeyChoice(
                TableKey(index: index.name, columns: parts, condition: nil, rowsEstimate: tableRows))
        }
        let names = indexes.map { $0.columns.first.flatMap(\.self) ?? "an expression" }
        return KeyChoice(
            none:
                "no index begins with a column of a type that can be cut by (\(names.joined(separator: ", ")))"
        )
    }

    /// The index by which the server would find the condition's rows, when they are a minority.
    private func finding(
        _ condition: String, _ indexes: [IndexFacts], _ columns: [String: KeyColumn], _ primary: IndexFacts?
    ) throws(MySQLError) -> KeyChoice? {
        let result = try query(
            """
            EXPLAIN FORMAT=TRADITIONAL SELECT * FROM \(MySQLConnection.quoteIdentifier(table)) \
            WHERE \(condition)
            """)
        func item(_ name: String) -> String? {
            result.columns.firstIndex(of: name).flatMap { result.rows.first?[$0] }
        }
        guard let rows = item("rows").flatMap({ Int64($0) }), let type = item("type"), type == "range",
            let index = indexes.first(where: { $0.name == item("key") })
        else { return nil }
        let parts = Self.parts(of: index, columns, primary)
        guard !parts.isEmpty else { return nil }
        return KeyChoice(
            TableKey(index: index.name, columns: parts, condition: condition, rowsEstimate: rows))
    }

    private func readIndexes() throws(MySQLError) -> [IndexFacts] {
        // An index that the server is told to ignore cannot be forced: SHOW INDEX tells, under two names.
        let shown = try query("SHOW INDEX FROM \(MySQLConnection.quoteIdentifier(table))")
        func place(_ name: String) -> Int? { shown.columns.firstIndex { $0.lowercased() == name } }
        let places = ["key_name", "non_unique", "column_name", "cardinality", "sub_part", "index_type"].map(
            place)
        var indexes: [IndexFacts] = []
        for row in shown.rows {
            func item(_ number: Int) -> String? { places[number].flatMap { row[$0] } }
            let isHidden =
                place("ignored").flatMap { row[$0] } == "YES" || place("visible").flatMap { row[$0] } == "NO"
            guard let name = item(0), item(5) == "BTREE", !isHidden else { continue }
            if indexes.last?.name != name {
                indexes.append(
                    IndexFacts(
                        name: name, isUnique: item(1) == "0",
                        selectivity: item(3).flatMap { Int64($0) } ?? 0))
            }
            indexes[indexes.count - 1].columns.append(item(2))
            indexes[indexes.count - 1].prefixed.append(item(4) != nil)
        }
        return indexes
    }

    private func ranked(_ indexes: [IndexFacts], _ columns: [String: KeyColumn]) -> [IndexFacts] {
        func rank(_ index: IndexFacts) -> Int {
            guard let first = index.columns.first.flatMap(\.self).flatMap({ columns[$0] }) else { return 9 }
            if case .enumeration = first.domain { return 8 }
            if index.name == "PRIMARY" { return 0 }
            if index.isUnique { return first.isNullable ? 2 : 1 }
            return 3
        }
        return indexes.filter { rank($0) < 9 }
            .sorted { (rank($0), $1.selectivity, $0.name) < (rank($1), $0.selectivity, $1.name) }
    }

    /// The columns to cut by: as far as every one can be, and has no NULL after the first. A secondary index
    /// of InnoDB ends with the primary key.
    private static func parts(
        of index: IndexFacts, _ columns: [String: KeyColumn], _ primary: IndexFacts?
    ) -> [KeyColumn] {
        var parts: [KeyColumn] = []
        var names = Array(zip(index.columns, index.prefixed))
        if let primary, primary.name != index.name, !index.prefixed.contains(true) {
            names += zip(primary.columns, primary.prefixed).filter { !index.columns.contains($0.0) }
        }
        for (name, isPrefixed) in names {
            guard let name, let column = columns[name], parts.isEmpty || !column.isNullable else { break }
            parts.append(column)
            if isPrefixed { break }
        }
        return parts
    }
}
