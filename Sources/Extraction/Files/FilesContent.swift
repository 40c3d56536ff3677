internal import DuckDB
internal import LakeModel
internal import Project

/// What some files of a table hold, as rows of the table.
struct FilesContent {
    let files: FilesTable
    let inputs: [FoundFile]
    /// The table as it is written.
    let shape: SourceTable
    let changes: [SchemaChange]
    private let connection: Connection
    private let content: Content

    private enum Content {
        case texts(TextRows, [FileColumn])
        case typed(TypedFiles, [FileColumn])
        case nothing
    }

    /// What was written of them.
    struct Written {
        var ledger = ExtractionLedger()
        /// By file.
        var rows: [String: Int64] = [:]
        var badRows: Int64 = 0
    }

    init(
        files: FilesTable, inputs: [FoundFile], before: BronzeManifest?, takesOver: SchemaPolicy,
        feed: RowFeed, connection: Connection, readersMax: Int, progress: ExtractionProgress,
        governor: Governor
    ) throws {
        self.files = files
        self.inputs = inputs
        self.connection = connection
        let schema = FileSchema(
            files: files, before: before?.schema ?? [], connection: connection,
            takesOver: takesOver)
        let columns: [FileColumn]
        let format = try files.format(of: inputs)
        switch format {
        case .csv, .ndjson, .json:
            let rows = try TextRows(
                files: files, inputs: inputs, format: format ?? .csv, schema: schema, connection: connection,
                feed: feed, readersMax: readersMax, progress: progress, governor: governor)
            columns = try schema.columns(rows.found) { try rows.sniff($0) }
            content = .texts(rows, columns)
        case .parquet, .excel:
            let rows = try TypedFiles(
                files: files, inputs: inputs, isExcel: format == .excel, connection: connection)
            columns = try schema.columns(rows.found) { _ in [:] }
            content = .typed(rows, columns)
        case nil:
            columns = try schema.columns([]) { _ in [:] }
            content = .nothing
        }
        changes = schema.changes(columns)
        let hasLines = format == .csv || format == .ndjson
        let record = [
            SourceColumn(name: InputFile.pathColumn, type: .text, selection: "", isNullable: false),
            SourceColumn(
                name: InputFile.lineColumn, type: .integer(bits: 64, isSigned: true), selection: ""),
        ].prefix(hasLines || before?.schema.contains { $0.name == InputFile.lineColumn } ?? false ? 2 : 1)
        shape = SourceTable(
            name: files.table.name, isView: false,
            columns: columns.map {
                SourceColumn(name: $0.name, type: BronzeType(duckdb: $0.type), selection: "")
            } + record, primaryKey: [])
    }

    /// Writes the rows to a new Parquet file at `path`, and what is no row to one at `quarantine`.
    func write(to path: String, quarantine: String) throws -> Written {
        var written = Written()
        switch content {
        case .texts(let rows, let columns):
            written = try rows.write(columns, shape, to: path, quarantine: quarantine)
        case .typed(let rows, let columns):
            written = try rows.write(columns, shape, to: path, quarantine: quarantine)
        case .nothing:
            let nulls = shape.columns.map {
                "CAST(NULL AS \($0.type.sqlName)) AS \(quotedIdentifier($0.name))"
            }
            try connection.execute(
                """
                COPY (SELECT \(nulls.joined(separator: ", ")) WHERE false) TO \(quotedLiteral(path)) \
                (FORMAT parquet, COMPRESSION snappy)
                """)
        }
        let counts = try connection.query(
            """
            SELECT \(quotedIdentifier(InputFile.pathColumn)), count(*) FROM \
            read_parquet(\(quotedPath(path)), hive_partitioning = false) GROUP BY 1
            """)
        for row in counts.rows {
            if case .text(let file)? = row.first { written.rows[file] = row[1].integer ?? 0 }
        }
        // Rows of any other file, or of none, are rows that were not asked for.
        let asked = Set(inputs.map(\.path))
        let counted = written.rows.filter { asked.contains($0.key) }.values.reduce(0, +)
        guard counted == written.ledger.rows else {
            throw ExtractionMistake.lostRows(
                read: counted, counted: written.ledger.rows, .shared("files"), files.table, of: files.source)
        }
        return written
    }
}
