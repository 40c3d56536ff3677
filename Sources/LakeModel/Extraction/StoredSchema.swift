/// The columns of all files of an incremental table, where they are not just those of the newest file.
package struct StoredSchema: Hashable, Sendable, Codable {
    /// Columns that are gone from the source included, each in a type that holds the values of all files.
    package let columns: [ColumnSchema]
    /// Whether the files have types of which the newest does not simply hold the older ones.
    package let hasMixedTypes: Bool

    package init(columns: [ColumnSchema], hasMixedTypes: Bool = false) {
        self.columns = columns
        self.hasMixedTypes = hasMixedTypes
    }

    /// What the files are together with one more, and the columns whose values have no type in common.
    package func adding(_ file: [ColumnSchema]) -> (StoredSchema, conflicts: [SchemaChange]) {
        var columns = columns
        var isMixed = hasMixedTypes
        var conflicts: [SchemaChange] = []
        for column in file {
            let name = column.name.lowercased()
            guard let index = columns.firstIndex(where: { $0.name.lowercased() == name }) else {
                columns.append(column)
                continue
            }
            let (before, now) = (StoredType(columns[index].type), StoredType(column.type))
            guard let common = before.common(with: now) else {
                conflicts.append(
                    SchemaChange(.retyped, column: column.name, before: before.name, now: column.type))
                continue
            }
            if !now.holds(before) { isMixed = true }
            columns[index] = ColumnSchema(name: columns[index].name, type: common.name)
        }
        return (StoredSchema(columns: columns, hasMixedTypes: isMixed), conflicts)
    }
}
