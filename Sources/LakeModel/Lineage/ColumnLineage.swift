/// What a column of an input does for a column that is made from it.
package enum ColumnRole: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// Its values are handed on unchanged.
    case direct
    /// Its values are computed with.
    case derived
    /// It decides which rows there are: WHERE, HAVING, QUALIFY, a set operation, a list that is unnested.
    case filter
    case joinKey = "join_key"
    /// Rows are brought together by it: GROUP BY, DISTINCT, PARTITION BY.
    case group
    /// Rows are put in order by it.
    case order

    /// Whether the values themselves get into the column; of all other roles only a decision does.
    package var isValue: Bool { self == .direct || self == .derived }

    /// The role of a column in what a second step makes from the first one's result.
    ///
    /// A decision stays the decision that it was first: the key of a join below a filter is the key of a
    /// join.
    package func then(_ next: ColumnRole) -> ColumnRole {
        self == .direct ? next : (isValue && !next.isValue ? next : self)
    }

    private var rank: Int { ColumnRole.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: ColumnRole, right: ColumnRole) -> Bool { left.rank < right.rank }
}

/// One column of one table of the lake.
package struct ColumnKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let asset: AssetKey
    package let column: String

    package init(_ asset: AssetKey, _ column: String) {
        self.asset = asset
        self.column = column
    }

    package var description: String { "\(asset).\(column)" }

    package static func < (left: ColumnKey, right: ColumnKey) -> Bool {
        left.asset != right.asset ? left.asset < right.asset : left.column < right.column
    }
}

/// A column of an input, and what it does.
package struct ColumnUse: Hashable, Sendable, Codable, Comparable {
    package let input: ColumnKey
    package let role: ColumnRole

    package init(_ input: ColumnKey, _ role: ColumnRole) {
        self.input = input
        self.role = role
    }

    package static func < (left: ColumnUse, right: ColumnUse) -> Bool {
        left.role != right.role ? left.role < right.role : left.input < right.input
    }
}

/// What decides a column, or the rows of a table.
package struct Dependencies: Hashable, Sendable, Codable {
    package var uses: Set<ColumnUse>
    /// The tables whose number of rows counts, whatever is in their columns: `count(*)` needs no column.
    package var tables: Set<AssetKey>

    package init(uses: Set<ColumnUse> = [], tables: Set<AssetKey> = []) {
        self.uses = uses
        self.tables = tables
    }

    package mutating func formUnion(_ other: Dependencies) {
        uses.formUnion(other.uses)
        tables.formUnion(other.tables)
    }

    package func union(_ other: Dependencies) -> Dependencies {
        var both = self
        both.formUnion(other)
        return both
    }

    /// What decides something for which this is used in `role`.
    package func then(_ role: ColumnRole) -> Dependencies {
        Dependencies(uses: Set(uses.map { ColumnUse($0.input, $0.role.then(role)) }), tables: tables)
    }

    /// In a fixed order; what is computed with somewhere does not count as handed on elsewhere.
    package var sortedUses: [ColumnUse] {
        uses.filter { $0.role != .direct || !uses.contains(ColumnUse($0.input, .derived)) }.sorted()
    }
}

/// One column of a SELECT's result with what decides it.
package struct ColumnLineage: Hashable, Sendable, Codable {
    package let name: String
    package let type: String
    /// The column's own; what decides which rows there are stands in ``StatementLineage/rows`` for all.
    package let dependencies: Dependencies
    /// The SQL that computes it; `nil` of a column that is handed on, or that several SELECTs give.
    package let expression: String?

    package init(name: String, type: String, dependencies: Dependencies, expression: String?) {
        self.name = name
        self.type = type
        self.dependencies = dependencies
        self.expression = expression
    }
}

/// Where the columns of a SELECT's result come from, in terms of the tables that it names.
package struct StatementLineage: Hashable, Sendable, Codable {
    /// In the order of the result.
    package let columns: [ColumnLineage]
    /// What decides which rows there are, how often and in which order; so it decides every column, too.
    package let rows: Dependencies
    /// Why it is not all; empty if it is.
    package let gaps: [String]

    package init(columns: [ColumnLineage], rows: Dependencies, gaps: [String]) {
        self.columns = columns
        self.rows = rows
        self.gaps = gaps
    }

    package var isComplete: Bool { gaps.isEmpty }

    /// The result's columns, for who reads it as a table. Without the binder's answer they have no types.
    package var schema: [ColumnSchema] { columns.map { ColumnSchema(name: $0.name, type: $0.type) } }

    package func column(_ name: String) -> ColumnLineage? {
        columns.first { $0.name == name } ?? columns.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Everything that decides a column: its own and what decides the rows.
    package func dependencies(of column: ColumnLineage) -> Dependencies {
        column.dependencies.union(rows)
    }
}
