internal import DuckDB
internal import LakeModel
internal import Project

/// A column of a table of files, and its type in bronze.
struct FileColumn: Hashable, Sendable {
    /// As bronze has it, or as the first file spells it.
    let name: String
    let type: LogicalType
    /// What the files have under its name; `nil` if none of the new ones has the column.
    let found: FoundColumn?
}

/// A column that files have.
struct FoundColumn: Hashable, Sendable {
    let name: String
    /// `nil` if the files hold texts, whose types must be found out.
    let type: LogicalType?
    /// The first file that has it.
    let file: String
}

/// Decides on the columns of a table of files: what is declared, then what bronze has, then what the files
/// look like, once.
struct FileSchema {
    let files: FilesTable
    let before: [ColumnSchema]
    let connection: Connection
    let takesOver: SchemaPolicy

    /// - Parameter sniff: Finds out the types of columns of texts.
    func columns(
        _ found: [FoundColumn], sniff: ([FoundColumn]) throws -> [String: LogicalType]
    ) throws -> [FileColumn] {
        try requireUsable(found)
        let byName = Dictionary(
            found.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        let known = before.filter { !FileSchema.isReserved($0.name) }
        let knownNames = Set(known.map { $0.name.lowercased() })
        let declared = try declaredTypes()
        var new = found.filter { !knownNames.contains($0.name.lowercased()) }
        if !before.isEmpty, let first = new.first {
            switch takesOver {
            case .evolve: break
            case .freeze:
                throw FilesMistake.newColumns(
                    new.map(\.name), in: first.file, files.table, of: files.source)
            case .discard: new = []
            }
        }
        try requireDeclaredFound(declared, found, knownNames)
        let sniffed = try sniff(
            new.filter { $0.type == nil && declared[$0.name.lowercased()] == nil })
        var columns: [FileColumn] = []
        for column in known {
            let name = column.name.lowercased()
            let type = try declared[name] ?? logicalType(column.type)
            columns.append(FileColumn(name: column.name, type: type, found: byName[name]))
        }
        for column in new {
            let type =
                declared[column.name.lowercased()] ?? column.type?.heldByParquet ?? sniffed[column.name]
                ?? .varchar
            columns.append(FileColumn(name: column.name, type: type, found: column))
        }
        return columns
    }

    /// What is new to bronze.
    func changes(_ columns: [FileColumn]) -> [SchemaChange] {
        guard !before.isEmpty else { return [] }
        let known = Dictionary(
            before.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        return columns.compactMap { column in
            let type = BronzeType(duckdb: column.type).sqlName
            guard let old = known[column.name] else {
                return SchemaChange(.added, column: column.name, now: type)
            }
            return old == type ? nil : SchemaChange(.retyped, column: column.name, before: old, now: type)
        }
    }

    /// The names of columns in files that name none.
    func unnamed(_ count: Int) -> [String] {
        let declared = files.table.columns.map(\.name)
        let known = before.map(\.name).filter { !FileSchema.isReserved($0) }
        let names = declared.count == count ? declared : known.isEmpty ? declared : known
        return (0..<count).map { $0 < names.count ? names[$0] : "column\($0)" }
    }

    func logicalType(_ type: String) throws -> LogicalType {
        let column = try connection.prepare("SELECT CAST(NULL AS \(type))").columns.first
        return column?.type ?? .varchar
    }

    static func isReserved(_ name: String) -> Bool {
        [InputFile.pathColumn, InputFile.lineColumn].contains(name.lowercased())
    }

    private func declaredTypes() throws -> [String: LogicalType] {
        var types: [String: LogicalType] = [:]
        for column in files.table.columns {
            guard let type = column.type else { continue }
            do {
                types[column.name.lowercased()] = try logicalType(type).heldByParquet
            } catch let error as DuckDBError {
                throw FilesMistake.columnType(
                    type, column, reason: error.message, files.table, of: files.source)
            }
        }
        return types
    }

    private func requireUsable(_ found: [FoundColumn]) throws {
        let ours: Set = ["__file", "__path"]
        for column in found
        where FileSchema.isReserved(column.name) || ours.contains(column.name.lowercased()) {
            throw FilesMistake.columnName(
                "the column '\(column.name)' has the name of one that Tarn adds", in: column.file,
                files.table, of: files.source)
        }
    }

    /// A declared column that nothing ever had is usually misspelt.
    private func requireDeclaredFound(
        _ declared: [String: LogicalType], _ found: [FoundColumn], _ known: Set<String>
    ) throws {
        guard !found.isEmpty else { return }
        let names = Set(found.map { $0.name.lowercased() })
        for column in files.table.columns where declared[column.name.lowercased()] != nil {
            guard names.contains(column.name.lowercased()) || known.contains(column.name.lowercased()) else {
                let shape = SourceTable(
                    name: files.table.name, isView: false,
                    columns: found.map { SourceColumn(name: $0.name, type: .text, selection: "") },
                    primaryKey: [])
                throw ExtractionMistake.missingColumn(
                    column.name, as: "declared column", in: shape, files.table, of: files.source)
            }
        }
    }
}
