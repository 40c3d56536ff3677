internal import DuckDB
internal import Glibc
internal import LakeModel
internal import Project

/// Files whose columns have types of their own: Parquet files and workbooks.
struct TypedFiles {
    let files: FilesTable
    let inputs: [FoundFile]
    let found: [FoundColumn]
    private let connection: Connection
    private let isExcel: Bool
    /// All rows with their columns and the file in `__file`.
    private let rows: String

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
        }
        rows = isExcel ? TypedFiles.sheets(files, inputs) : TypedFiles.parquet(files, inputs)
        do {
            found = try connection.prepare("SELECT * EXCLUDE (__file) FROM \(rows)").columns.map {
                FoundColumn(name: $0.name, type: $0.type, file: inputs[0].path)
            }
        } catch {
            throw files.explain(error, inputs)
        }
    }

    /// Writes all rows to `path`.
    func write(_ columns: [FileColumn], _ shape: SourceTable, to path: String) throws -> ExtractionLedger {
        let values = try columns.map { column in
            "\(try expression(of: column)) AS \(quotedIdentifier(column.name))"
        }
        let record = shape.columns.dropFirst(columns.count).map {
            $0.name == InputFile.pathColumn ? "__file AS _file" : "CAST(NULL AS BIGINT) AS _line"
        }
        do {
            let written = try connection.query(
                """
                COPY (SELECT \((values + record).joined(separator: ", ")) FROM \(present)) \
                TO \(quotedLiteral(path)) (FORMAT parquet, COMPRESSION snappy)
                """)
            var ledger = ExtractionLedger()
            ledger.rows = written.rows.first?.first?.integer ?? 0
            ledger.bytes = inputs.reduce(0) { $0 + $1.status.bytes }
            if !isExcel { try requireWhole(ledger) }
            return ledger
        } catch let error as DuckDBError {
            throw files.explain(error, inputs)
        }
    }

    /// The rows that there are: a sheet ends where its last formatted cell is, not where its rows end.
    var present: String {
        let all = found.map { "\(quotedIdentifier($0.name)) IS NULL" }.joined(separator: " AND ")
        return isExcel && !all.isEmpty ? "(SELECT * FROM \(rows) WHERE NOT (\(all)))" : rows
    }

    private func requireWhole(_ ledger: ExtractionLedger) throws {
        let list = inputs.map { quotedLiteral($0.absolutePath) }.joined(separator: ", ")
        let counted = try connection.query(
            "SELECT CAST(sum(num_rows) AS BIGINT) FROM parquet_file_metadata([\(list)])"
        ).rows.first?.first?.integer
        guard counted == ledger.rows else {
            throw ExtractionMistake.lostRows(
                read: ledger.rows, counted: counted ?? 0, .shared("files"), files.table, of: files.source)
        }
    }

    /// The value of a column in its type of bronze, which was decided on when it was first seen.
    private func expression(of column: FileColumn) throws -> String {
        guard let found = column.found, let type = found.type else {
            return "CAST(NULL AS \(column.type))"
        }
        let held = type.heldByParquet
        let value = type.holding(quotedIdentifier(found.name))
        if held == column.type { return value }
        let isDeclared = files.table.columns.contains {
            $0.name.lowercased() == column.name.lowercased() && $0.type != nil
        }
        // Texts either are a value of the type or stop the extraction.
        guard isDeclared || held == .varchar || held.isHeld(by: column.type) else {
            throw FilesMistake.typeChanged(
                column.name, from: column.type.description, to: held.description, files.table,
                of: files.source)
        }
        return "CAST(\(value) AS \(column.type))"
    }

    private static func parquet(_ files: FilesTable, _ inputs: [FoundFile]) -> String {
        let list = inputs.map { quotedLiteral($0.absolutePath) }.joined(separator: ", ")
        return """
            (SELECT * EXCLUDE (__path), \(files.relativePath("__path")) AS __file FROM \
            read_parquet([\(list)], union_by_name = true, filename = '__path', hive_partitioning = false))
            """
    }

    private static func sheets(_ files: FilesTable, _ inputs: [FoundFile]) -> String {
        let options = files.files.workbook
        var settings = "header = \(options.hasHeader), stop_at_empty = false"
        if let sheet = options.sheet { settings += ", sheet = \(quotedLiteral(sheet))" }
        if let range = options.range { settings += ", range = \(quotedLiteral(range))" }
        let parts = inputs.map { input in
            """
            SELECT *, \(quotedLiteral(input.path)) AS __file \
            FROM read_xlsx(\(quotedLiteral(input.absolutePath)), \(settings))
            """
        }
        return "(\(parts.joined(separator: " UNION ALL BY NAME ")))"
    }
}

extension LogicalType {
    /// Whether every value of this type has exactly one in `other`.
    fileprivate func isHeld(by other: LogicalType) -> Bool {
        if other == .varchar { return true }
        let integers: [LogicalType: (bits: Int, isSigned: Bool)] = [
            .tinyint: (8, true), .smallint: (16, true), .integer: (32, true), .bigint: (64, true),
            .utinyint: (8, false), .usmallint: (16, false), .uinteger: (32, false), .ubigint: (64, false),
        ]
        if let own = integers[self], let wider = integers[other] {
            return own.isSigned == wider.isSigned
                ? own.bits <= wider.bits : wider.isSigned && own.bits < wider.bits
        }
        if let own = integers[self], other == .double { return own.bits <= 32 }
        if case .decimal(let width, let scale) = self, case .decimal(let wide, let fine) = other {
            return fine >= scale && wide - fine >= width - scale
        }
        return self == .float && other == .double || self == .date && other == .timestamp
    }
}

/// DuckDB's extension that reads workbooks, which is a file of its own.
enum ExcelExtension {
    static func load(on connection: Connection, _ files: FilesTable) throws {
        let path = besideLibrary()
        do {
            if let path, access(path, R_OK) == 0 {
                try connection.load(extensionAt: path)
            } else {
                // One that was installed into DuckDB's own folder.
                try connection.execute("LOAD excel")
            }
        } catch {
            throw FilesMistake.noExcel(looked: path, files.table, of: files.source)
        }
    }

    /// `extensions/excel.duckdb_extension` beside the library's folder, where scripts/setup puts it.
    private static func besideLibrary() -> String? {
        // The system tells which files the program has loaded.
        guard let maps = try? TextFile("/proc/self/maps", encoding: .utf8) else { return nil }
        while !maps.isAtEnd { guard (try? maps.extend()) != nil else { return nil } }
        let lines = String(decoding: maps.text, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.contains("/libduckdb") }),
            let start = line.firstIndex(of: "/")
        else { return nil }
        let folder = line[start...].split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(folder)/extensions/excel.duckdb_extension"
    }
}
