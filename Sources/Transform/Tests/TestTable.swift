internal import DuckDB
internal import LakeModel
internal import Project

/// An input of a model as a test sees it: columns, and rows that somebody wrote.
struct TestTable {
    let asset: AssetKey
    private(set) var columns: [Column] = []
    /// Whether there can be no others.
    let isComplete: Bool
    var rows: WrittenRows?

    struct Column {
        let name: String
        /// `nil` is a bare NULL, which goes with every type.
        var type: String?
        /// Whether ``rows`` have values of it.
        var isGiven: Bool
    }

    init(_ asset: AssetKey, _ known: KnownColumns) {
        self.asset = asset
        isComplete = known.isComplete
        columns = known.columns.map { Column(name: $0.name, type: $0.type, isGiven: false) }
    }

    func index(of column: String) -> Int? {
        let wanted = column.lowercased()
        return columns.firstIndex { $0.name.lowercased() == wanted }
    }

    /// Adds a column, or says more of one that is there.
    mutating func note(_ name: String, type: String? = nil, isGiven: Bool = false) {
        if let index = index(of: name) {
            if let type { columns[index].type = type }
            if isGiven { columns[index].isGiven = true }
        } else {
            columns.append(Column(name: name, type: type, isGiven: isGiven))
        }
    }

    mutating func set(_ type: String?, ofColumn index: Int) { columns[index].type = type }
    mutating func removeLast() { columns.removeLast() }

    /// A SELECT of its rows.
    var select: String {
        guard !columns.isEmpty else { return "SELECT NULL AS __tarn_none WHERE false" }
        switch rows {
        case .sql(let sql, _):
            return "SELECT \(selected { quotedIdentifier($0.name) }) FROM (\n\(sql)\n)"
        case .values(_, let rows) where !rows.isEmpty:
            let given = columns.filter(\.isGiven)
            var names = ["__row"]
            var isNested: [Bool] = []
            for (index, column) in given.enumerated() {
                names.append("c\(index)")
                isNested.append(rows.contains { $0.cell(column.name)?.value.isNested ?? false })
            }
            let values = rows.enumerated().map { number, row in
                let cells = zip(given, isNested).map { column, isNested in
                    let value = row.cell(column.name)?.value ?? .null
                    return isNested ? value.literal : value.textLiteral
                }
                return "(\(([String(number)] + cells).joined(separator: ", ")))"
            }
            let places = Dictionary(
                given.enumerated().map { ($0.element.name, "c\($0.offset)") }, uniquingKeysWith: { a, _ in a }
            )
            return """
                SELECT \(selected { places[$0.name] ?? "NULL" }) \
                FROM (VALUES \(values.joined(separator: ", "))) AS v(\(names.joined(separator: ", ")))
                """
        case .values, nil:
            return "SELECT \(selected { _ in "NULL" }) WHERE false"
        }
    }

    private func selected(_ value: (Column) -> String) -> String {
        columns.map { column in
            let written = column.isGiven ? value(column) : "NULL"
            let typed = column.type.map { "CAST(\(written) AS \($0))" } ?? written
            return "\(typed) AS \(quotedIdentifier(column.name))"
        }.joined(separator: ", ")
    }

    /// The first written value that its column's type cannot hold. Is asked when something has failed.
    func badValue(on connection: Connection) throws(DuckDBError) -> ModelTestMistake? {
        guard case .values(_, let rows) = rows else { return nil }
        for row in rows {
            for cell in row.cells {
                guard let index = index(of: cell.column), let type = columns[index].type, cell.value != .null,
                    !cell.value.isNested
                else { continue }
                let literal = cell.value.textLiteral
                if try connection.query("SELECT TRY_CAST(\(literal) AS \(type))").rows.first?.first?.isNull
                    ?? true
                {
                    return ModelTestMistake(value: cell.place, of: cell.column, type: type)
                }
            }
        }
        return nil
    }
}

extension [TestTable] {
    /// Decides on the types of what is made from them.
    var shape: String {
        map { table in
            table.columns.map { "\($0.name) \($0.type ?? "") \($0.isGiven && $0.type == nil)" }.joined(
                separator: ",")
        }.joined(separator: ";")
    }
}

/// What is known of a table's columns before it is read.
struct KnownColumns {
    var columns: [(name: String, type: String?)]
    /// Whether there are no others.
    var isComplete: Bool
}

extension WrittenValue {
    var isNested: Bool {
        switch self {
        case .list, .structure: true
        case .null, .boolean, .number, .text: false
        }
    }

    /// As text that is cast to the column's type.
    var textLiteral: String { text.map(quotedLiteral) ?? "NULL" }

    /// As it was written; `nil` of NULL and of what has parts.
    var text: String? {
        switch self {
        case .null, .list, .structure: nil
        case .boolean(let truth): truth ? "true" : "false"
        case .number(let text), .text(let text, _): text
        }
    }

    /// As a value of SQL with the type that it looks like.
    var literal: String {
        switch self {
        case .null: return "NULL"
        case .boolean(let truth): return truth ? "true" : "false"
        case .number(let text): return "CAST('\(text)' AS \(InferredType.of([self]) ?? "DOUBLE"))"
        case .text(let text, _):
            let type = InferredType.of([self]) ?? "VARCHAR"
            return type == "VARCHAR" ? quotedLiteral(text) : "CAST(\(quotedLiteral(text)) AS \(type))"
        case .list(let elements): return "[\(elements.map(\.literal).joined(separator: ", "))]"
        case .structure(let fields):
            return
                "{\(fields.map { "\(quotedLiteral($0.name)): \($0.value.literal)" }.joined(separator: ", "))}"
        }
    }
}
