package import LakeModel
internal import Project

/// A table of a source as the source describes it.
package struct SourceTable: Hashable, Sendable {
    package let name: TableName
    package let isView: Bool
    package let columns: [SourceColumn]
    /// The columns of the primary key, in its order; empty if there is none.
    package let primaryKey: [String]
    /// About how many rows it has, as the source's statistics say; `nil` if it does not know.
    package let rowsEstimate: Int64?

    package init(
        name: TableName, isView: Bool, columns: [SourceColumn], primaryKey: [String],
        rowsEstimate: Int64? = nil
    ) {
        self.name = name
        self.isView = isView
        self.columns = columns
        self.primaryKey = primaryKey
        self.rowsEstimate = rowsEstimate
    }

    package func column(_ name: String) -> SourceColumn? { columns.first { $0.name == name } }

    /// The columns of its file in bronze: its own in their order, then the text columns beside them.
    package var bronzeSchema: [ColumnSchema] {
        columns.map { ColumnSchema(name: $0.name, type: $0.type.sqlName) }
            + columns.filter(\.hasSidecar).map {
                ColumnSchema(name: ColumnRule.sidecar(of: $0.name), type: BronzeType.text.sqlName)
            }
    }

    /// The table as it is read when `definition` has its say: types that were declared, and what becomes of
    /// values that do not fit.
    func ruled(by definition: TableDefinition) throws -> SourceTable {
        SourceTable(
            name: name, isView: isView,
            columns: columns.map { column in
                let rule = definition.rule(of: column.name)
                var type = column.type
                switch definition.columns.first(where: { $0.name == column.name })?.type {
                case "BOOLEAN": type = .boolean
                case "VARCHAR": type = .text
                case "BLOB": type = .binary
                default: break
                }
                if type == .text, rule.invalidText == .binary { type = .binary }
                return SourceColumn(
                    name: column.name, type: type, selection: column.selection, declared: column.declared,
                    isNullable: column.isNullable, rule: rule)
            }, primaryKey: primaryKey, rowsEstimate: rowsEstimate)
    }
}

/// A column of a source and its type in bronze.
package struct SourceColumn: Hashable, Sendable {
    package let name: String
    package let type: BronzeType
    /// The expression that selects it at the source.
    let selection: String
    /// The type as the source declares it, for people.
    package let declared: String
    package let isNullable: Bool
    let rule: ColumnRule

    init(
        name: String, type: BronzeType, selection: String, declared: String = "", isNullable: Bool = true,
        rule: ColumnRule = ColumnRule()
    ) {
        self.name = name
        self.type = type
        self.selection = selection
        self.declared = declared
        self.isNullable = isNullable
        self.rule = rule
    }

    /// Whether a column of text stands beside it in bronze, for values that its type cannot hold.
    var hasSidecar: Bool { rule.losses == .textSidecar && type.canLose }
}
