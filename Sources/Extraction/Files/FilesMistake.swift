package import LakeModel
internal import Project

/// Files that cannot be read as the table that they are declared to be.
package struct FilesMistake: Diagnostic {
    package let code: String
    package let problem: String
    package let place: Place?
    package let remedy: String
    package let isTransient: Bool

    private init(
        _ code: String, _ table: TableDefinition, of source: SourceDefinition, at place: Place? = nil,
        _ problem: String, remedy: String, isTransient: Bool = false
    ) {
        self.code = "files.\(code)"
        self.problem = "\(source.name).\(table.name): \(problem)"
        self.place = place ?? table.place
        self.remedy = remedy
        self.isTransient = isTransient
    }

    static func noMatch(
        folder: String, _ files: FilesDefinition, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "no-match", table, of: source,
            "no file in \(folder) matches \(files.patterns.joined(separator: " or ")), and none ever did.",
            remedy:
                "Correct 'files', or the folder of the connection. '*' stops at '/'; '**/' goes into folders."
        )
    }

    static func unreadableFolder(
        _ path: String, reason: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "unreadable", table, of: source, "the folder \(path) cannot be looked into: \(reason).",
            remedy: "Make it readable for the user who runs tarn.")
    }

    static func unreadableName(
        _ path: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "unreadable", table, of: source, "the name of the file \(path) is not UTF-8.",
            remedy: "Rename it.")
    }

    /// A file as a whole is not what it should be.
    static func unreadable(
        _ path: String, reason: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "unreadable", table, of: source, "\(path) cannot be read: \(reason).",
            remedy: "Nothing was committed. Mend the file, or move it out of the folder.")
    }

    static func unknownFormat(
        _ path: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "format", table, of: source, "the ending of \(path) does not say what it holds.",
            remedy: "Add 'format: csv', or another of json, ndjson, parquet and excel.")
    }

    static func mixedFormats(
        _ one: String, _ other: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "format", table, of: source, "\(one) and \(other) are of different formats.",
            remedy: "Make them two tables, or say with 'format' how both are to be read.")
    }

    static func changedFile(
        _ path: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "changed", table, of: source, "\(path) has changed since it was read, and 'on_change' is fail.",
            remedy: "Give the new version another name, or write 'on_change: replace' or 'on_change: append'."
        )
    }

    static func changedWhileRead(
        _ path: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "changed-while-read", table, of: source, "\(path) was changed while it was read.",
            remedy: "Nothing was committed. Run it again; a longer 'settle' waits until its writer is done.",
            isTransient: true)
    }

    static func badRows(
        _ count: Int64, _ places: [String], _ files: FilesDefinition, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "bad-rows", table, of: source,
            """
            \(count) \(count == 1 ? "line is no row" : "lines are no rows"), where \(files.badRowsMax) may be. \
            \(places.joined(separator: "; "))\(Int64(places.count) < count ? "; …" : ".")
            """,
            remedy: """
                Nothing was committed. Correct the files, 'options' or the types of 'columns'; or let 'bad_rows_max' \
                allow them: they are then kept in the quarantine.
                """)
    }

    static func columnName(
        _ problem: String, in path: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "column-name", table, of: source, "\(path): \(problem).",
            remedy: "Rename the column in the file, or say 'header: false' and name them all in 'columns'.")
    }

    static func columnType(
        _ type: String, _ column: ColumnDefinition, reason: String, _ table: TableDefinition,
        of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "column-type", table, of: source, at: column.place,
            "the column '\(column.name)' cannot be \(type): \(reason)",
            remedy: "Write a type of DuckDB, such as BIGINT, DECIMAL(18,2), DATE, TIMESTAMP or VARCHAR.")
    }

    static func newColumns(
        _ columns: [String], in path: String, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "new-columns", table, of: source,
            "\(path) has columns that bronze has not: \(columns.joined(separator: ", ")).",
            remedy:
                "Write 'schema_change: evolve' to take them over, or 'schema_change: discard' to leave them.")
    }

    static func noExcel(
        looked path: String?, _ table: TableDefinition, of source: SourceDefinition
    ) -> FilesMistake {
        FilesMistake(
            "no-excel", table, of: source,
            "DuckDB's excel extension is not installed\(path.map { ": there is no \($0)" } ?? "").",
            remedy:
                "Run scripts/setup, or 'INSTALL excel' in a DuckDB of the same version; or export to CSV."
        )
    }
}
