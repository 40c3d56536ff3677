internal import DuckDB
internal import LakeModel
internal import Project

/// Files that have the same columns of the same types.
struct TypedPart {
    let columns: [FoundColumn]
    /// All rows with their columns, and the file in `__file`.
    let rows: String
    private let byName: [String: FoundColumn]

    private init(_ columns: [FoundColumn], rows: String) {
        self.columns = columns
        self.rows = rows
        byName = Dictionary(
            columns.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }

    init(workbook: FoundFile, columns: [FoundColumn], _ files: FilesTable) throws {
        // A sheet ends where its last formatted cell is, not where its rows end.
        let isEmpty = columns.map { "\(quotedIdentifier($0.name)) IS NULL" }.joined(separator: " AND ")
        self.init(
            columns,
            rows: """
                (SELECT *, \(quotedLiteral(workbook.path)) AS __file FROM \(TypedPart.sheet(workbook, files))\
                \(isEmpty.isEmpty ? "" : " WHERE NOT (\(isEmpty))"))
                """)
    }

    /// The files in the order of their paths, those with equal columns together.
    static func parquet(
        _ inputs: [FoundFile], _ files: FilesTable, columns: (FoundFile) throws -> [FoundColumn]
    ) rethrows -> [TypedPart] {
        struct Signature: Hashable {
            let names: [String]
            let types: [LogicalType?]
        }
        var order: [Signature] = []
        var groups: [Signature: (columns: [FoundColumn], inputs: [FoundFile])] = [:]
        for input in inputs {
            let columns = try columns(input)
            let signature = Signature(names: columns.map(\.name), types: columns.map(\.type))
            if groups[signature] == nil { order.append(signature) }
            groups[signature, default: (columns, [])].inputs.append(input)
        }
        return order.compactMap { signature in
            groups[signature].map { columns, inputs in
                TypedPart(
                    columns,
                    rows: """
                        (SELECT * EXCLUDE (__path), \(files.relativePath("__path")) AS __file \
                        FROM \(parquet(inputs, naming: "__path")))
                        """)
            }
        }
    }

    static func parquet(_ inputs: [FoundFile], naming path: String? = nil) -> String {
        let list = inputs.map { quotedPath($0.absolutePath) }.joined(separator: ", ")
        let name = path.map { ", filename = \(quotedLiteral($0))" } ?? ""
        return "read_parquet([\(list)], hive_partitioning = false\(name))"
    }

    static func sheet(_ input: FoundFile, _ files: FilesTable) -> String {
        let options = files.files.workbook
        var settings = "header = \(options.hasHeader), stop_at_empty = false"
        if let sheet = options.sheet { settings += ", sheet = \(quotedLiteral(sheet))" }
        if let range = options.range { settings += ", range = \(quotedLiteral(range))" }
        return "read_xlsx(\(quotedPath(input.absolutePath)), \(settings))"
    }

    /// How the value of one column is made of the files' rows.
    struct Value {
        let column: FileColumn
        let sql: String
        /// Whether something was there that the type does not hold; `nil` if it holds everything.
        let isLost: String?
    }

    /// The value of a column in its type of bronze: exactly, or not at all.
    func value(
        of column: FileColumn, isExcel: Bool
    ) -> Value {
        let target = column.type
        guard let found = byName[column.found?.name.lowercased() ?? ""], let type = found.type else {
            return Value(column: column, sql: "CAST(NULL AS \(target))", isLost: nil)
        }
        let held = type.heldByParquet
        let value = type.holding(quotedIdentifier(found.name))
        if held == target { return Value(column: column, sql: value, isLost: nil) }
        let cast = "CAST(\(value) AS \(target))"
        if held.isHeld(by: target) { return Value(column: column, sql: cast, isLost: nil) }
        if held == .varchar {
            let casts = TextCasts(text: DelimitedText())
            let casted = casts.cast(value, to: target)
            // A workbook's formula that comes to nothing is an empty text.
            let isLost =
                isExcel
                ? casts.isLost(value, casted, target) : "(\(value) IS NOT NULL AND (\(casted)) IS NULL)"
            return Value(column: column, sql: casted, isLost: isLost)
        }
        let tried = "TRY_CAST(\(value) AS \(target))"
        return Value(
            column: column, sql: tried,
            isLost: """
                (\(value) IS NOT NULL AND TRY_CAST(\(tried) AS \(held)) IS DISTINCT FROM \(value))
                """)
    }

    /// What goes to the quarantine of the rows with `values`; `nil` if all can be rows.
    func badRows(_ values: [Value]) -> String? {
        let lost = values.compactMap { value in value.isLost.map { (value.column, $0) } }
        guard !lost.isEmpty else { return nil }
        let name = lost.map { "WHEN \($1) THEN \(quotedLiteral($0.name))" }.joined(separator: " ")
        let error = lost.map {
            "WHEN \($1) THEN \(quotedLiteral("a value of '\($0.name)' is no \($0.type)"))"
        }.joined(separator: " ")
        let fields = columns.map { "\(quotedLiteral($0.name)): \(quotedIdentifier($0.name))" }
        let row = "{\(fields.joined(separator: ", "))}"
        return """
            SELECT __file AS file, CAST(NULL AS BIGINT) AS line, CASE \(name) END AS "column", \
            CASE \(error) END AS error, CAST(to_json(\(row)) AS VARCHAR) AS raw \
            FROM \(rows) WHERE \(lost.map(\.1).joined(separator: " OR "))
            """
    }
}
