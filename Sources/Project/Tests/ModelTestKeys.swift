internal import LakeModel
internal import Yams

/// The keys of `tests/<name>.yaml`.
enum ModelTestKeys {
    static let name = Key("name", .text, isRequired: true, "What the test shows, in words.")
    static let model = Key(
        "model", .located(asset), isRequired: true, "The model: silver.<table> or gold.<table>.")
    static let given = Key(
        "given", .entries(of: .writtenRows, noun: "tables"),
        "What the model's inputs hold: a list of rows, CSV text, or { sql: SELECT … }. Others are empty.")
    static let types = Key(
        "types", .entries(of: .entries(of: .text, noun: "columns"), noun: "tables"),
        "Types of given columns that are not what they would be taken for, as DuckDB spells them.")
    static let expect = Key(
        "expect", .writtenRows,
        "The rows that the SELECT gives, in any order. Only the columns that are named here are compared.")
    static let expectError = Key(
        "expect_error", .text, "The SELECT must fail; its message holds this text.")

    static let test = MappingShape("a test", [name, model, given, types, expect, expectError])
    static let tests = Key(
        "tests", .listOfAny(of: .located(.mapping(test)), atLeast: 1), isRequired: true, "Tests of models.")
    static let shape = MappingShape("a file of tests", [tests])

    private static var asset: ValueShape<AssetKey> {
        ValueShape(schema: ["type": "string", "pattern": "^(silver|gold)\\..+$"]) { node, document in
            guard let text = document.text(node, expected: "the name of a model") else { return nil }
            if let key = AssetKey(text), key.layer != .bronze { return key }
            document.reportValue(
                node, "\(node.inWords) is not the name of a model.",
                remedy: "Write silver.<table> or gold.<table>.")
            return nil
        }
    }

    static let sql = Key("sql", .text, isRequired: true, "A SELECT that gives the rows.")
    static let sqlShape = MappingShape("rows of a SELECT", [sql])
}

extension ValueShape where Value == WrittenRows {
    /// A list of rows, CSV text, or a SELECT.
    static var writtenRows: ValueShape {
        let row: JSONValue = ["type": "object", "additionalProperties": [:]]
        let schema: JSONValue = [
            "anyOf": [
                ["type": "array", "items": row], ["type": "string", "minLength": 1],
                ModelTestKeys.sqlShape.schema,
            ]
        ]
        return ValueShape(schema: schema) { node, document in
            switch node {
            case .sequence(let sequence): return rows(sequence, document)
            case .mapping:
                guard let reader = MappingReader(node, ModelTestKeys.sqlShape, document),
                    let sql = reader[ModelTestKeys.sql]
                else { return nil }
                return .sql(sql, document.place(of: reader.value(of: ModelTestKeys.sql.name) ?? node))
            case .scalar(let scalar) where scalar.kind == .text:
                return CSVText(scalar, node, document).rows()
            case .scalar, .alias:
                document.reportType(node, expected: "a list of rows, CSV text or { sql: … }")
                return nil
            }
        }
    }

    private static func rows(_ sequence: Node.Sequence, _ document: YAMLDocument) -> WrittenRows {
        var columns: [WrittenColumn] = []
        var known: Set<String> = []
        var rows: [WrittenRow] = []
        for element in sequence {
            guard case .mapping(let mapping) = element else {
                document.reportType(element, expected: "a row: columns with their values")
                continue
            }
            var cells: [WrittenCell] = []
            for (key, node) in mapping {
                guard let name = key.scalar?.string, !key.isNothing else {
                    document.reportType(key, expected: "the name of a column")
                    continue
                }
                let place = document.place(of: key)
                if known.insert(name.lowercased()).inserted {
                    columns.append(WrittenColumn(name: name, place: place))
                }
                if cells.contains(where: { $0.column.lowercased() == name.lowercased() }) {
                    document.report(
                        .duplicate, key, "the column '\(name)' stands twice in one row.",
                        remedy: "Remove one of the two: upper and lower case are one column.")
                    continue
                }
                cells.append(
                    WrittenCell(column: name, value: WrittenValue(node), place: document.place(of: node)))
            }
            rows.append(WrittenRow(cells: cells, place: document.place(of: element)))
        }
        return .values(columns: columns, rows: rows)
    }
}

extension WrittenValue {
    init(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            self = .structure(
                mapping.map { Field(name: $0.key.scalar?.string ?? "", value: WrittenValue($0.value)) })
        case .sequence(let sequence): self = .list(sequence.map(WrittenValue.init))
        case .alias: self = .null
        case .scalar(let scalar):
            switch scalar.kind {
            case .nothing: self = .null
            case .bool: self = .boolean(scalar.string.lowercased() == "true")
            case .number: self = .number(WrittenValue.decimal(scalar.string))
            case .text:
                self = .text(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any)
            }
        }
    }

    /// YAML also has hexadecimal and octal numbers.
    private static func decimal(_ text: String) -> String {
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map(String.init) ?? text }
        if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8).map(String.init) ?? text }
        return text
    }
}
