package import LakeModel
internal import Project

/// A table that cannot be extracted as it is declared.
package struct ExtractionMistake: Diagnostic {
    package let code: String
    package let problem: String
    package let place: Place?
    package let remedy: String
    package let isTransient: Bool

    init(code: String, problem: String, place: Place?, remedy: String, isTransient: Bool = false) {
        self.code = code
        self.problem = problem
        self.place = place
        self.remedy = remedy
        self.isTransient = isTransient
    }

    static func missingTable(_ table: TableDefinition, of source: SourceDefinition, existing: [String])
        -> ExtractionMistake
    {
        let nearest = nearestName(to: table.name.text, among: existing)
        return ExtractionMistake(
            code: "extraction.unknown-table",
            problem: "\(source.name) has no table '\(table.name)' in its database '\(source.database)'.",
            place: table.place,
            remedy: (nearest.map { "Did you mean '\($0)'? " } ?? "")
                + "If it was dropped, take it out of this file; what bronze has of it stays.")
    }

    static func excludedView(
        _ table: TableDefinition, of source: SourceDefinition, _ exclusion: Exclusion
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.excluded-view",
            problem:
                "\(source.name).\(table.name) is a database view, and views are excluded: \(exclusion.reason)",
            place: table.place,
            remedy: "Take it out of this file, or change the exclusion (\(exclusion.place)).")
    }

    static func missingColumn(
        _ column: String, as role: String, in shape: SourceTable, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        let nearest = nearestName(to: column, among: shape.columns.map(\.name))
        return ExtractionMistake(
            code: "extraction.unknown-column",
            problem: "\(source.name).\(table.name) has no column '\(column)', which is its \(role).",
            place: table.place,
            remedy: (nearest.map { "Did you mean '\($0)'? " } ?? "") + "Its columns: "
                + shape.columns.map(\.name).joined(separator: ", "))
    }

    static func unusableCursor(
        _ column: SourceColumn, _ table: TableDefinition, of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.cursor-type",
            problem:
                "\(source.name).\(table.name): '\(column.name)' is \(column.type.sqlName), which cannot be a cursor.",
            place: table.place,
            remedy: "A cursor is a DATETIME, a TIMESTAMP, a DATE or a whole number that only grows.")
    }

    static func missingKey(_ table: TableDefinition, of source: SourceDefinition) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.missing-key",
            problem:
                "\(source.name).\(table.name) is incremental, but has no primary key and declares no 'key'.",
            place: table.place,
            remedy: "Say which columns identify a row (key: [id]), or read it whole (mode: full).")
    }

    static func lostRows(
        read: Int64, counted: Int64, _ consistency: SourceSnapshot.Consistency, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        var remedy = "Nothing was committed. Run it again; if it happens twice, report it with the run's log."
        if case .none(let reason) = consistency {
            remedy = "Nothing was committed. There was no snapshot: \(reason). Stop its writers meanwhile."
        }
        return ExtractionMistake(
            code: "extraction.lost-rows",
            problem: """
                \(source.name).\(table.name): \(read) rows were read where the source counted \(counted) in the same \
                snapshot.
                """,
            place: table.place, remedy: remedy)
    }

    static func wrongChecksum(
        _ wanted: ColumnChecksum, _ found: ColumnChecksum, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.wrong-checksum",
            problem: """
                \(source.name).\(table.name): the column '\(wanted.column)' has \(wanted.values) values with the sum \
                \(wanted.sum ?? "-") at the source and \(found.values) with \(found.sum ?? "-") in the file.
                """,
            place: table.place,
            remedy:
                "Nothing was committed. Run it again; if it happens twice, report it with the column's type.")
    }

    static func changedValues(
        _ values: Int64, _ check: ExtractionCheck, _ conversions: [Conversion], _ table: TableDefinition,
        of source: SourceDefinition
    ) -> ExtractionMistake {
        let samples = conversions.flatMap { line in
            line.samples.map { "\(line.column) of row \($0.key): '\($0.value)' (\(line.reason.rawValue))" }
        }
        return ExtractionMistake(
            code: "extraction.changed-values",
            problem: """
                \(source.name).\(table.name) breaks \(check.name): \(values) values would be changed.\
                \(samples.isEmpty ? "" : " Some of them: " + samples.prefix(3).joined(separator: "; ") + ".")
                """,
            place: check.place,
            remedy: "Nothing was committed. Correct them at the source, or allow them here.")
    }

    static func lostValue(
        _ lost: LostValue, _ table: TableDefinition, of source: SourceDefinition
    ) -> ExtractionMistake {
        let row = lost.sample.key.isEmpty ? "a row" : "the row \(lost.sample.key)"
        let subject = "\(source.name).\(table.name): '\(lost.column)' of \(row)"
        let column = table.columns.first { $0.name == lost.column }
        guard lost.reason == .invalidText else {
            return ExtractionMistake(
                code: "extraction.value-lost",
                problem: """
                    \(subject) is '\(lost.sample.value)', which \(lost.type.sqlName) cannot hold \
                    (\(lost.reason.rawValue)).
                    """,
                place: column?.place ?? table.place,
                remedy: """
                    Nothing was committed. Correct it at the source, or choose 'losses: null', which counts such \
                    values, or 'losses: text_sidecar', which also keeps their text in '\
                    \(ColumnRule.sidecar(of: lost.column))'.
                    """)
        }
        return ExtractionMistake(
            code: "extraction.invalid-text",
            problem: "\(subject) is not UTF-8: \(lost.sample.value)",
            place: column?.place ?? table.place,
            remedy: """
                Nothing was committed. Correct it at the source, or choose 'invalid_text: replace', which counts such \
                texts, or 'invalid_text: binary', which keeps the column as bytes.
                """)
    }

    static func changedWhileRead(_ table: TableDefinition, of source: SourceDefinition) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.changed-while-read",
            problem: "\(source.name).\(table.name): its columns were changed while it was read.",
            place: table.place, remedy: "Nothing was committed. Run it again.", isTransient: true)
    }

    static func wrongSpan(
        _ key: String, of column: SourceColumn, _ table: TableDefinition, of source: SourceDefinition
    ) -> ExtractionMistake {
        let isNumber = column.type.cursorKind == .number
        return ExtractionMistake(
            code: "extraction.wrong-span",
            problem: """
                \(source.name).\(table.name): '\(key)' does not suit the cursor '\(column.name)', which is \
                \(column.type.sqlName).
                """,
            place: table.place,
            remedy: isNumber
                ? "Write a number, such as '\(key): 100000'." : "Write a time, such as '\(key): 1d'.")
    }

    static func unwritableStore(_ table: TableDefinition, of source: SourceDefinition) -> ExtractionMistake {
        ExtractionMistake(
            code: "extraction.store",
            problem:
                "\(source.name).\(table.name) cannot be staged: the lake's store has no files that DuckDB can write.",
            place: table.place, remedy: "Use a local store.")
    }

    static func nullKey(_ count: Int64, _ table: TableDefinition, of source: SourceDefinition)
        -> ExtractionMistake
    {
        ExtractionMistake(
            code: "extraction.null-key",
            problem:
                "\(source.name).\(table.name): \(count) rows have a NULL in the key, which must tell rows apart.",
            place: table.place, remedy: "Declare another 'key', or read the table whole (mode: full).")
    }
}
