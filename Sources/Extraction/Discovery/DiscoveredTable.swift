internal import LakeModel
package import Project

/// A table or view that a source has, for whoever chooses what to extract.
package struct DiscoveredTable: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case table, view
        /// Neither: what the source calls it.
        case other(String)
    }

    /// As the source spells it, which may be no name that the lake can take.
    package let name: String
    package let kind: Kind
    /// In their order.
    package let columns: [DiscoveredColumn]
    /// In the key's order; empty if there is none.
    package let primaryKey: [String]
    /// About how many rows it has, as the source's statistics say; `nil` if it does not know.
    package let rowsEstimate: Int64?
    /// About how much room its rows take; `nil` if the source does not know.
    package let bytes: Int64?
    /// The best first.
    package let cursors: [CursorOption]
    package let comment: String
    /// Why it cannot be read; `nil` if it can, as far as the source's catalogue says.
    package let obstacle: String?

    package init(
        name: String, kind: Kind, columns: [DiscoveredColumn], primaryKey: [String] = [],
        rowsEstimate: Int64? = nil, bytes: Int64? = nil, cursors: [CursorOption] = [], comment: String = "",
        obstacle: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.columns = columns
        self.primaryKey = primaryKey
        self.rowsEstimate = rowsEstimate
        self.bytes = bytes
        self.cursors = cursors
        self.comment = comment
        self.obstacle = obstacle
    }
}

/// One column of a discovered table.
package struct DiscoveredColumn: Hashable, Sendable {
    package let name: String
    /// The type as the source declares it.
    package let declared: String
    /// The type in bronze, as DuckDB spells it.
    package let bronzeType: String

    package init(name: String, declared: String, bronzeType: String) {
        self.name = name
        self.declared = declared
        self.bronzeType = bronzeType
    }
}

/// All that a source has.
package struct DiscoveredSource: Sendable {
    /// `mariadb 10.11.19`, `sqlite 3.40.1`.
    package let system: String
    /// In the order of names.
    package let tables: [DiscoveredTable]
}

/// Lists what a source has. Blocks.
package struct SourceDiscovery: Sendable {
    private let connector: SourceConnector

    package init(_ source: SourceDefinition) { connector = SourceConnector(source) }

    /// - Throws: a ``SourceUnavailable``.
    package func run() throws -> DiscoveredSource {
        let session = try connector.connect()
        defer { session.close() }
        return DiscoveredSource(
            system: session.system, tables: try session.discover().sorted { $0.name < $1.name })
    }
}

extension SourceSession {
    /// What any session can say: the tables with their columns and keys, without sizes and indexes.
    func discover() throws -> [DiscoveredTable] {
        try tableNames().map { name in
            guard let table = TableName(name), let shape = try describe(table) else {
                return DiscoveredTable(name: name, kind: .table, columns: [])
            }
            return DiscoveredTable(
                name: name, kind: shape.isView ? .view : .table,
                columns: shape.columns.map {
                    DiscoveredColumn(name: $0.name, declared: $0.declared, bronzeType: $0.type.sqlName)
                }, primaryKey: shape.primaryKey, rowsEstimate: shape.rowsEstimate,
                cursors: CursorOption.ranked(
                    shape.columns.map {
                        CursorTrait(
                            column: $0.name, kind: $0.type.cursorKind, isNullable: $0.isNullable,
                            isIndexed: nil)
                    }))
        }
    }
}
