internal import DuckDB
internal import LakeModel
internal import Project

/// Files whose columns have types of their own: Parquet files and workbooks.
struct TypedFiles {
    let files: FilesTable
    let inputs: [FoundFile]
    /// The columns of all of them. Where their types differ it is the one that holds all values of the
    /// others, or the first file's.
    let found: [FoundColumn]
    private let connection: Connection
    private let isExcel: Bool
    private let parts: [TypedPart]

    init(files: FilesTable, inputs: [FoundFile], isExcel: Bool, connection: Connection) throws {
        self.files = files
        self.inputs = inputs
        self.connection = connection
        self.isExcel = isExcel
        if isExcel {
            for input in inputs {
                do { try WorkbookFile.verify(input.absolutePath) } catch {
                    throw files.unreadable(input)(error)
                }
            }
            try ExcelExtension.load(on: connection, files)
            parts = try inputs.map {
                try TypedPart(workbook: $0, columns: files.columns(of: $0, isExcel: true, connection), files)
            }
        } else {
            parts = try TypedPart.parquet(inputs, files) {
                try files.columns(of: $0, isExcel: false, connection)
            }
        }
        found = TypedFiles.united(parts)
    }

    /// Writes all rows to `path`; if there is a value that the type of its column does not hold exactly, its
    /// row to `quarantine`.
    func write(
        _ columns: [FileColumn], _ shape: SourceTable, to path: String, quarantine: String
    ) throws -> FilesContent.Written {
        let selects = parts.map { part in
            let values = columns.map { part.value(of: $0, isExcel: isExcel) }
            let record = shape.columns.dropFirst(columns.count).map {
                $0.name == InputFile.pathColumn ? "__file AS _file" : "CAST(NULL AS BIGINT) AS _line"
            }
            let list = values.map { "\($0.sql) AS \(quotedIdentifier($0.column.name))" } + record
            return (part, values, list.joined(separator: ", "))
        }
        let good = selects.map { part, values, list in
            let isBad = values.compactMap(\.isLost).joined(separator: " OR ")
            return "SELECT \(list) FROM \(part.rows)\(isBad.isEmpty ? "" : " WHERE NOT (\(isBad))")"
        }
        var written = FilesContent.Written()
        do {
            written.ledger.rows = try copy(good, to: path)
            written.ledger.bytes = inputs.reduce(0) { $0 + $1.status.bytes }
            let all = try count()
            guard all != written.ledger.rows else { return written }
            let bad = selects.compactMap { part, values, _ in part.badRows(values) }
            if !bad.isEmpty { written.badRows = try copy(bad, to: quarantine) }
            guard all == written.ledger.rows + written.badRows else {
                throw ExtractionMistake.lostRows(
                    read: written.ledger.rows + written.badRows, counted: all, .shared("files"), files.table,
                    of: files.source)
            }
        } catch let error as DuckDBError {
            throw files.explain(error, inputs)
        }
        let list = BadRows(connection: connection, path: quarantine)
        guard written.badRows <= files.files.badRowsMax else {
            throw FilesMistake.badRows(
                written.badRows, try list.places(), files.files, files.table, of: files.source)
        }
        written.ledger.conversions = try list.conversions()
        return written
    }

    private func copy(_ selects: [String], to path: String) throws -> Int64 {
        try connection.query(
            """
            COPY (\(selects.joined(separator: " UNION ALL "))) TO \(quotedLiteral(path)) \
            (FORMAT parquet, COMPRESSION snappy)
            """
        ).rows.first?.first?.integer ?? 0
    }

    /// How many rows the files say they have.
    func count() throws -> Int64 {
        let list = inputs.map { quotedPath($0.absolutePath) }.joined(separator: ", ")
        let counts = parts.map { "SELECT count(*) AS n FROM \($0.rows)" }
        return try connection.query(
            isExcel
                ? "SELECT CAST(sum(n) AS BIGINT) FROM (\(counts.joined(separator: " UNION ALL ")))"
                : "SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata([\(list)])"
        ).rows.first?.first?.integer ?? 0
    }

    private static func united(_ parts: [TypedPart]) -> [FoundColumn] {
        var found: [FoundColumn] = []
        var places: [String: Int] = [:]
        for part in parts {
            for column in part.columns {
                let name = column.name.lowercased()
                guard let place = places[name] else {
                    places[name] = found.count
                    found.append(column)
                    continue
                }
                guard let type = column.type?.heldByParquet, let known = found[place].type?.heldByParquet,
                    known.isHeld(by: type), type != known
                else { continue }
                found[place] = FoundColumn(name: found[place].name, type: type, file: column.file)
            }
        }
        return found
    }
}

extension FilesTable {
    /// The columns of one file that has types.
    fileprivate func columns(
        of file: FoundFile, isExcel: Bool, _ connection: Connection
    ) throws -> [FoundColumn] {
        let rows = isExcel ? TypedPart.sheet(file, self) : TypedPart.parquet([file])
        do {
            return try connection.prepare("SELECT * FROM \(rows)").columns.map {
                FoundColumn(name: $0.name, type: $0.type, file: file.path)
            }
        } catch {
            throw explain(error, [file])
        }
    }
}
