internal import LakeModel
internal import Project

/// Decides what becomes of a table whose columns are not those that bronze has.
struct SchemaDecision {
    private let extraction: TableExtraction
    private let before: BronzeManifest?

    init(_ extraction: TableExtraction, before: BronzeManifest?) {
        self.extraction = extraction
        self.before = before
    }

    private var table: TableDefinition { extraction.table }
    private var source: SourceDefinition { extraction.source }

    /// - Throws: if the policy does not allow a change, or files of before could not be read with new ones.
    func agreed(on found: SourceTable) throws -> TableShape.Agreed {
        guard let before else {
            return TableShape.Agreed(table: found, changes: [], remarks: [], stored: nil)
        }
        let earlier = own(before.schema, beside: found)
        var shape = found
        var changes = SchemaDrift.changes(from: earlier, to: columns(of: shape))
        var remarks: [String] = []
        if table.schemaPolicy == .discard {
            let left = discarded(among: changes, of: found)
            changes.removeAll { left.contains($0.column) }
            shape = found.without(left)
            remarks = found.columns.filter { left.contains($0.name) }.map {
                "Column '\($0.name)' (\($0.type.sqlName)) is new at the source and is not read (schema_change: discard)."
            }
        }
        try requireAllowed(changes, in: found)
        return TableShape.Agreed(
            table: shape, changes: changes, remarks: remarks, stored: try stored(shape, after: before))
    }

    private func columns(of table: SourceTable) -> [ColumnSchema] {
        table.columns.map { ColumnSchema(name: $0.name, type: $0.type.sqlName) }
    }

    /// The columns without those of text beside them, which come and go with the lake's own rules.
    private func own(_ schema: [ColumnSchema], beside found: SourceTable) -> [ColumnSchema] {
        let sidecars = Set(schema.map { ColumnRule.sidecar(of: $0.name) })
        return schema.filter { !sidecars.contains($0.name) || found.column($0.name) != nil }
    }

    /// New columns that are not needed to tell rows apart or to find them.
    private func discarded(among changes: [SchemaChange], of found: SourceTable) -> Set<String> {
        let needed = Set(table.key + table.cursors + found.primaryKey)
        return Set(changes.filter { $0.kind == .added && !needed.contains($0.column) }.map(\.column))
    }

    private func requireAllowed(_ changes: [SchemaChange], in found: SourceTable) throws {
        guard !extraction.acceptsSchemaChange, !changes.isEmpty else { return }
        let refused: [SchemaChange]
        switch table.schemaPolicy {
        case .evolve: refused = changes.filter { $0.kind != .added && $0.kind != .widened }
        case .discard: refused = changes
        case .freeze:
            throw ExtractionMistake.frozenSchema(changes, table, of: source)
        }
        guard !refused.isEmpty else { return }
        if refused.contains(where: { $0.kind == .removed || $0.kind == .renamed }) {
            throw ExtractionMistake.vanishedColumns(refused, in: found, table, of: source)
        }
        throw ExtractionMistake.retypedColumns(refused, table, of: source)
    }

    /// The columns of all files of the table with one of this shape.
    ///
    /// Snapshots do not count, but carry what files from before them have: the table may be read
    /// incrementally again.
    private func stored(_ shape: SourceTable, after before: BronzeManifest) throws -> StoredSchema? {
        let files =
            before.storedSchema
            ?? (before.mode == .incremental || before.mode == .partitioned
                ? StoredSchema(columns: before.schema) : nil)
        guard table.mode == .incremental || table.mode == .partitioned, let files else { return files }
        let (stored, conflicts) = files.adding(shape.bronzeSchema)
        let key = Set((table.key.isEmpty ? shape.primaryKey : table.key).map { $0.lowercased() })
        // Numbers that become text are other keys: '1.00' is not '1'.
        let keys = stored.columns.compactMap { column -> SchemaChange? in
            let name = column.name.lowercased()
            guard key.contains(name), column.type == "VARCHAR",
                let now = shape.bronzeSchema.first(where: { $0.name.lowercased() == name }),
                let old = files.columns.first(where: { $0.name.lowercased() == name }),
                now.type != old.type
            else { return nil }
            return SchemaChange(.retyped, column: column.name, before: old.type, now: now.type)
        }
        guard conflicts.isEmpty, keys.isEmpty else {
            throw ExtractionMistake.unreadableTypes(conflicts, keys: keys, table, of: source)
        }
        let isShape = before.storedSchema == nil && Set(files.columns).isSubset(of: shape.bronzeSchema)
        return isShape ? nil : stored
    }
}

extension SourceTable {
    /// Without columns that are not to be read.
    func without(_ names: Set<String>) -> SourceTable {
        SourceTable(
            name: name, isView: isView, columns: columns.filter { !names.contains($0.name) },
            primaryKey: primaryKey, rowsEstimate: rowsEstimate)
    }
}
