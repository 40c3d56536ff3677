internal import LakeModel

/// A column of a relation in the middle of a statement.
struct RelationColumn {
    /// `nil` where only the binder knows it.
    var name: String?
    var dependencies: Dependencies
    /// What computes it; `nil` of a column that is handed on.
    var expression: SyntaxTree?
}

/// Rows in the middle of a statement, and what decides them.
struct Relation {
    var columns: [RelationColumn]
    var rows: Dependencies
    /// The table whose columns nobody knows yet; every name that is asked of it is taken for one of them.
    var unknownTable: AssetKey?

    init(columns: [RelationColumn] = [], rows: Dependencies = Dependencies(), unknownTable: AssetKey? = nil) {
        self.columns = columns
        self.rows = rows
        self.unknownTable = unknownTable
    }

    /// The dependencies of all columns together.
    var values: Dependencies {
        columns.reduce(into: Dependencies()) { $0.formUnion($1.dependencies) }
    }

    /// With the names of a column list, `t(a, b)`; columns behind its end keep theirs.
    func renamed(_ names: [String]) -> Relation {
        var renamed = self
        for (index, name) in names.enumerated() where index < renamed.columns.count {
            renamed.columns[index].name = name
        }
        return renamed
    }

    /// With names as DuckDB tells equal ones apart: `id`, `id_1`.
    var withDistinctNames: Relation {
        var distinct = self
        var known: Set<String> = []
        for index in distinct.columns.indices {
            guard let name = distinct.columns[index].name else { continue }
            var candidate = name
            var count = 1
            while !known.insert(candidate.lowercased()).inserted {
                candidate = "\(name)_\(count)"
                count += 1
            }
            distinct.columns[index].name = candidate
        }
        return distinct
    }
}

/// What stands behind FROM: tables with their names, and the columns that USING has merged.
struct FromClause {
    var tables: [Table] = []
    var merged: [MergedColumn] = []
    var rows = Dependencies()

    struct Table {
        let name: String
        /// Empty of what has no schema, or an alias.
        let schema: String
        let columns: [RelationColumn]
        let unknownTable: AssetKey?

        func column(_ name: String) -> RelationColumn? {
            if let known = columns.first(where: { $0.name?.lowercased() == name.lowercased() }) {
                return known
            }
            return unknownTable.map { table in
                RelationColumn(
                    name: name, dependencies: Dependencies(uses: [ColumnUse(ColumnKey(table, name), .direct)])
                )
            }
        }
    }

    /// A column that stands for one of each of several tables.
    struct MergedColumn {
        let name: String
        let tables: Set<Int>
        let column: RelationColumn
    }

    init() {}

    init(_ relation: Relation, name: String, schema: String = "") {
        tables = [
            Table(name: name, schema: schema, columns: relation.columns, unknownTable: relation.unknownTable)
        ]
        rows = relation.rows
    }

    /// The column that a bare name means.
    func column(_ name: String) -> RelationColumn? {
        if let merged = merged.first(where: { $0.name == name.lowercased() }) { return merged.column }
        let known = tables.lazy.compactMap { table in
            table.columns.first { $0.name?.lowercased() == name.lowercased() }
        }
        return known.first ?? tables.lazy.compactMap { $0.column(name) }.first
    }

    func table(_ name: String, schema: String? = nil) -> Table? {
        tables.first {
            $0.name.lowercased() == name.lowercased()
                && (schema == nil || $0.schema.lowercased() == schema?.lowercased())
        }
    }

    /// The tables of `self` before those of `right`, each with its own columns.
    func joined(with right: FromClause) -> FromClause {
        var both = self
        let offset = tables.count
        both.tables += right.tables
        both.merged += right.merged.map {
            MergedColumn(name: $0.name, tables: Set($0.tables.map { $0 + offset }), column: $0.column)
        }
        both.rows.formUnion(right.rows)
        return both
    }

    /// Makes one column of the equally named ones of the tables before `offset` and of those behind it.
    mutating func merge(_ name: String, offset: Int, as column: RelationColumn) {
        let lowercased = name.lowercased()
        var members: Set<Int> = []
        for part in [tables[..<offset], tables[offset...]] {
            let before = merged.first { $0.name == lowercased && !$0.tables.isDisjoint(with: part.indices) }
            members.formUnion(
                before?.tables
                    ?? Set(part.indices.first { tables[$0].column(name) != nil }.map { [$0] } ?? []))
        }
        merged.removeAll { $0.name == lowercased }
        merged.append(MergedColumn(name: lowercased, tables: members, column: column))
    }
}

/// Where names are looked up: the FROM clause of one SELECT, its aliases, then the SELECT around it.
final class NameScope {
    let from: FromClause
    let outer: NameScope?
    var aliases: [String: RelationColumn] = [:]
    /// What decides the rows without standing in a clause for that: a list that a column unnests.
    var rowEffects = Dependencies()

    init(_ from: FromClause, outer: NameScope?) {
        self.from = from
        self.outer = outer
    }

    /// The column that a reference names, and whether only a field of it is meant.
    func column(_ names: [String], prefersAlias: Bool = false) -> (RelationColumn, isPart: Bool)? {
        if let found = own(names, prefersAlias: prefersAlias) { return found }
        return outer?.column(names)
    }

    private func own(_ names: [String], prefersAlias: Bool) -> (RelationColumn, isPart: Bool)? {
        guard let first = names.first else { return nil }
        if prefersAlias, names.count == 1, let alias = aliases[first.lowercased()] { return (alias, false) }
        if names.count > 2, let found = from.table(names[1], schema: names[0])?.column(names[2]) {
            return (found, names.count > 3)
        }
        if names.count > 3, let found = from.table(names[2], schema: names[1])?.column(names[3]) {
            return (found, names.count > 4)
        }
        if names.count > 1, let found = from.table(first)?.column(names[1]) {
            return (found, names.count > 2)
        }
        if let found = knownColumn(first) { return (found, names.count > 1) }
        if let alias = aliases[first.lowercased()] { return (alias, names.count > 1) }
        if let table = from.table(first), table.unknownTable == nil {
            // A table's name in the place of a column is the structure of all its columns.
            let all = Relation(columns: table.columns).values
            return (RelationColumn(name: first, dependencies: all), true)
        }
        return nil
    }

    /// A column of a table whose columns nobody knows is believed only where no alias has its name.
    private func knownColumn(_ name: String) -> RelationColumn? {
        aliases[name.lowercased()] != nil && from.tables.contains { $0.unknownTable != nil }
            ? nil : from.column(name)
    }
}
