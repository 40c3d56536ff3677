internal import LakeModel
internal import Project

/// Compares a table at its source with what is declared of it and with what bronze has.
struct TableShape {
    private let extraction: TableExtraction
    private let before: BronzeManifest?

    init(_ extraction: TableExtraction, before: BronzeManifest?) {
        self.extraction = extraction
        self.before = before
    }

    private var table: TableDefinition { extraction.table }
    private var source: SourceDefinition { extraction.source }

    /// What an extraction reads, and what that means for bronze.
    struct Agreed {
        /// The columns that are read.
        let table: SourceTable
        let changes: [SchemaChange]
        /// Columns that are left out, in sentences.
        let remarks: [String]
        /// The columns of all files of an incremental table with this one; `nil` if they are this one's.
        let stored: StoredSchema?
    }

    /// The table as it is to be read, and how it differs from bronze.
    /// - Throws: if it cannot be read as it is declared, or differs in a way that its policy does not allow.
    func agreed(with session: any SourceSession) throws -> Agreed {
        guard let found = try session.describe(table.name), !found.columns.isEmpty else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        if found.isView, let exclusion = extraction.exclusions.first(where: { $0.subject == .views }) {
            throw ExtractionMistake.excludedView(table, of: source, exclusion)
        }
        let shape = try found.ruled(by: table)
        for column in table.key where shape.column(column) == nil {
            throw ExtractionMistake.missingColumn(column, as: "key", in: shape, table, of: source)
        }
        if table.mode == .incremental, table.key.isEmpty, shape.primaryKey.isEmpty {
            throw ExtractionMistake.missingKey(table, of: source)
        }
        return try SchemaDecision(extraction, before: before).agreed(on: shape)
    }

    /// - Throws: if the table is not any more what it was when the reading began.
    static func requireUnchanged(
        _ shape: SourceTable, in session: any SourceSession, _ extraction: TableExtraction
    ) throws {
        let now = try session.describe(shape.name).map { try $0.ruled(by: extraction.table) }
        // A column that is not read may come and go.
        let read = Set(shape.columns.map(\.name))
        let columns = now?.columns.filter {
            extraction.table.schemaPolicy != .discard || read.contains($0.name)
        }
        guard columns == shape.columns, now?.primaryKey == shape.primaryKey else {
            throw ExtractionMistake.changedWhileRead(extraction.table, of: extraction.source)
        }
    }
}
