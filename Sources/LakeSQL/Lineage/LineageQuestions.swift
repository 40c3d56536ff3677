internal import DuckDB

/// What the syntax tree alone does not tell, and DuckDB's binder does.
protocol LineageQuestions {
    /// The names of the columns of a query's node; `nil` if it cannot be bound by itself.
    func columnNames(ofNode node: SyntaxTree) -> [String]?
    /// An expression as SQL; `nil` if it cannot be written.
    func text(of expression: SyntaxTree) -> String?
    /// Whether a function, by its name in lower case, makes one value of many rows.
    func isAggregate(_ function: String) -> Bool
}

/// Asks a connection on which every input is a table.
final class BinderQuestions: LineageQuestions {
    private let connection: Connection
    private var aggregates: Set<String>?

    init(_ connection: Connection) { self.connection = connection }

    func columnNames(ofNode node: SyntaxTree) -> [String]? {
        guard let sql = statement(node) else { return nil }
        return (try? connection.prepare(sql).columns)?.map(\.name)
    }

    func text(of expression: SyntaxTree) -> String? {
        let node = SyntaxTree.query(selecting: [expression], from: .object(["type": .text("EMPTY")]))
        guard let sql = statement(node), sql.hasPrefix("SELECT ") else { return nil }
        return String(sql.dropFirst(7))
    }

    func isAggregate(_ function: String) -> Bool {
        if let aggregates { return aggregates.contains(function) }
        let answer = try? connection.query(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'")
        let names = Set((answer?.rows ?? []).compactMap { $0.first?.text?.lowercased() })
        aggregates = names
        return names.contains(function)
    }

    private func statement(_ node: SyntaxTree) -> String? {
        let json = SyntaxTree.object([
            "error": .boolean(false),
            "statements": .array([.object(["node": node, "named_param_map": .array([])])]),
        ]).json
        let answer = try? connection.query(
            "SELECT json_deserialize_sql(CAST(? AS JSON))", [.text(json)])
        guard case .text(let sql)? = answer?.rows.first?.first else { return nil }
        return sql
    }
}

extension SyntaxTree {
    /// The node of a SELECT of some expressions and nothing else.
    static func query(
        selecting expressions: [SyntaxTree], from: SyntaxTree, expressions tables: [SyntaxTree] = []
    ) -> SyntaxTree {
        .object([
            "type": .text("SELECT_NODE"), "modifiers": .array([]),
            "cte_map": .object(["map": .array(tables)]), "select_list": .array(expressions),
            "from_table": from, "where_clause": .null, "group_expressions": .array([]),
            "group_sets": .array([]), "aggregate_handling": .text("STANDARD_HANDLING"), "having": .null,
            "sample": .null, "qualify": .null,
        ])
    }

    static let star = SyntaxTree.object([
        "class": .text("STAR"), "type": .text("STAR"), "alias": .text(""), "relation_name": .text(""),
        "exclude_list": .array([]), "replace_list": .array([]), "columns": .boolean(false), "expr": .null,
        "qualified_exclude_list": .array([]), "rename_list": .array([]),
    ])

    /// The same object with other members.
    func with(_ changes: [String: SyntaxTree]) -> SyntaxTree {
        guard case .object(let members) = self else { return self }
        return .object(members.merging(changes) { $1 })
    }

    /// The tree as JSON, as `json_deserialize_sql` takes it.
    var json: String {
        var out = ""
        writeJSON(to: &out)
        return out
    }

    private func writeJSON(to out: inout String) {
        switch self {
        case .object(let members):
            out += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { out += "," }
                SyntaxTree.writeJSON(member.key, to: &out)
                out += ":"
                member.value.writeJSON(to: &out)
            }
            out += "}"
        case .array(let elements):
            out += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { out += "," }
                element.writeJSON(to: &out)
            }
            out += "]"
        case .text(let text): SyntaxTree.writeJSON(text, to: &out)
        case .number(let number): out += number
        case .boolean(let boolean): out += boolean ? "true" : "false"
        case .null: out += "null"
        }
    }

    private static func writeJSON(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
