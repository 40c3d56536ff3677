internal import LakeModel
internal import Project

/// Tables whose columns are not those that bronze has.
extension ExtractionMistake {
    static func vanishedColumns(
        _ changes: [SchemaChange], in shape: SourceTable, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.column-vanished",
            problem: """
                \(source.name).\(table.name) no longer has what bronze has of it: \(changes.inWords).
                """,
            place: table.place,
            remedy: """
                Nothing was committed. If that is meant: \(acceptance(of: table, source)). What bronze has stays; \
                \(table.mode == .full ? "newer snapshots do not have the column" : "newer rows have NULL there"). Its \
                columns now: \(shape.columns.map(\.name).joined(separator: ", "))
                """)
    }

    static func retypedColumns(
        _ changes: [SchemaChange], _ table: TableDefinition, of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.column-retyped",
            problem: "\(source.name).\(table.name) has other types than bronze: \(changes.inWords).",
            place: table.place,
            remedy: """
                Nothing was committed. See what reads it (tarn assets show bronze_\(source.name).\(table.name)). If that \
                is meant: \(acceptance(of: table, source))
                """)
    }

    /// - Parameter keys: Columns of the key whose values would not be the same any more.
    static func unreadableTypes(
        _ changes: [SchemaChange], keys: [SchemaChange], _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        let reasons = [
            changes.isEmpty
                ? nil : "no type holds both the old and the new values of \(changes.inWords)",
            keys.isEmpty
                ? nil : "the key would not find its older rows any more: \(keys.inWords)",
        ].compactMap { $0 }
        let column = changes.first { $0.before != "BLOB" && $0.now != "BLOB" }?.column
        let text =
            column.map {
                """
                Keep both as text ('columns: { \($0): { type: VARCHAR } }', then run once with \
                --accept-schema-change), or read
                """
            } ?? "Read"
        return ExtractionMistake(
            code: "extraction.column-retyped",
            problem: """
                \(source.name).\(table.name) cannot be read together with the files that bronze has: \
                \(reasons.joined(separator: "; ")).
                """,
            place: table.place, remedy: "Nothing was committed. \(text) the table whole (mode: full).")
    }

    static func frozenSchema(
        _ changes: [SchemaChange], _ table: TableDefinition, of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.schema-frozen",
            problem: """
                \(source.name).\(table.name) has changed, and its columns are frozen (schema_change: freeze): \
                \(changes.inWords).
                """,
            place: table.place,
            remedy: """
                Nothing was committed. To take the changes over once: \(acceptance(of: table, source)). To follow the \
                source from now on: schema_change: evolve.
                """)
    }

    private static func acceptance(of table: TableDefinition, _ source: SourceDefinition) -> String {
        "tarn run bronze_\(source.name).\(table.name) --accept-schema-change"
    }
}

extension [SchemaChange] {
    fileprivate var inWords: String { map(\.inWords).joined(separator: ", ") }
}
