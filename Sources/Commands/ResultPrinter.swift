internal import DuckDB
internal import Terminal

/// Prints the rows of a statement as they come: as a table, as CSV, or as a JSON array of objects.
struct ResultPrinter {
    let format: SQLCommand.Format
    /// Rows that a table shows; 0 is all. CSV and JSON always have all rows.
    let rowsMax: Int
    let width: Int?

    /// Runs the statement and prints what it returns; nothing if it returns no rows by its nature.
    func print(_ statement: Statement) throws {
        switch format {
        case .table: try printTable(statement)
        case .csv: try printCSV(statement)
        case .json: try printJSON(statement)
        }
    }

    private func printTable(_ statement: Statement) throws {
        let columns = statement.columns
        var table = TextTable(
            columns: columns.map {
                .init(
                    $0.name, type: $0.type.description.lowercased(),
                    alignment: $0.type.isNumber ? .right : .left)
            })
        var total: Int64 = 0
        try statement.forEachChunk { chunk in
            for row in 0..<chunk.count {
                if rowsMax == 0 || total < rowsMax {
                    table.append(
                        columns.indices.map { column in
                            let value = chunk.value(row: row, column: column)
                            return value.isNull ? nil : value.description
                        })
                }
                total += 1
            }
        }
        guard statement.returnsRows else { return }
        Output.line(table.boxed(widthMax: width, rowsTotal: total, style: Output.style))
    }

    /// RFC 4180, with a header. NULL is an empty field, an empty text is `""`.
    private func printCSV(_ statement: Statement) throws {
        let columns = statement.columns
        guard statement.returnsRows else { return try statement.forEachChunk { _ in } }
        Output.line(columns.map { quoted($0.name) }.joined(separator: ","))
        try statement.forEachChunk { chunk in
            var lines: [String] = []
            for row in 0..<chunk.count {
                lines.append(
                    columns.indices.map { column in
                        let value = chunk.value(row: row, column: column)
                        return value.isNull ? "" : quoted(value.description)
                    }.joined(separator: ","))
            }
            Output.line(lines.joined(separator: "\n"))
        }
    }

    private func quoted(_ text: String) -> String {
        guard
            text.isEmpty
                || text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D })
        else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            + "\""
    }

    private func printJSON(_ statement: Statement) throws {
        guard statement.returnsRows else { return try statement.forEachChunk { _ in } }
        let names = statement.columns.map { JSONText.string($0.name) }
        var isFirst = true
        Output.line("[")
        try statement.forEachChunk { chunk in
            var lines: [String] = []
            for row in 0..<chunk.count {
                let members = names.indices.map {
                    "\(names[$0]): \(JSONText.value(chunk.value(row: row, column: $0)))"
                }
                lines.append("\(isFirst ? " " : ",") {\(members.joined(separator: ", "))}")
                isFirst = false
            }
            Output.line(lines.joined(separator: "\n"))
        }
        Output.line("]")
    }
}

extension Statement {
    /// Whether its rows mean something to a reader.
    var returnsRows: Bool {
        switch kind {
        case .select, .explain, .pragma, .call, .relation: true
        default: !columns.isEmpty && columns.first?.name != "Count" && columns.first?.name != "Success"
        }
    }
}

extension LogicalType {
    var isNumber: Bool {
        switch self {
        case .tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger, .ubigint,
            .uhugeint,
            .float, .double, .decimal:
            true
        default: false
        }
    }
}

/// Values of DuckDB as JSON text.
enum JSONText {
    static func value(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .boolean(let isTrue): isTrue ? "true" : "false"
        case .float(let number): number.isFinite ? value.description : string(value.description)
        case .double(let number): number.isFinite ? value.description : string(value.description)
        case .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128, .decimal:
            value.description
        case .list(let elements), .array(let elements):
            "[\(elements.map(self.value).joined(separator: ", "))]"
        case .structure(let fields):
            "{\(fields.map { "\(string($0.name)): \(self.value($0.value))" }.joined(separator: ", "))}"
        case .map(let entries):
            "{\(entries.map { "\(string($0.key.description)): \(self.value($0.value))" }.joined(separator: ", "))}"
        default: string(value.description)
        }
    }

    static func string(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
