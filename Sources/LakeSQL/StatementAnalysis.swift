/// What a model's SELECT reads and what it is, from its syntax tree.
package struct StatementAnalysis: Hashable, Sendable, Codable {
    /// Every table that it names, except its own common table expressions; in the order of the text.
    package let tables: [TableReference]
    /// Every function that it calls, in lower case; also those that need no parentheses (`current_date`), and
    /// `tablesample` for a sample of rows.
    package let functions: [FunctionReference]
    /// SHA-256 of the tree without positions: a comment or another layout gives the same digest.
    package let digest: String

    package struct TableReference: Hashable, Sendable, Codable {
        /// Empty for a name without a schema.
        package let schema: String
        package let table: String
        /// Bytes from the statement's beginning.
        package let position: Int
    }

    package struct FunctionReference: Hashable, Sendable, Codable {
        package let name: String
        package let position: Int
        /// Whether it stands where a table stands (`FROM read_csv(…)`).
        package let isTableFunction: Bool
    }

    init(_ tree: SyntaxTree) {
        var walk = Walk()
        walk.visit(tree, expressions: [])
        tables = walk.tables.sorted { $0.position < $1.position }
        functions = walk.functions.sorted { $0.position < $1.position }
        digest = hexadecimalDigest(of: tree.canonical)
    }

    private struct Walk {
        var tables: [TableReference] = []
        var functions: [FunctionReference] = []

        /// `expressions` are the names of the common table expressions in whose scope `tree` stands.
        mutating func visit(_ tree: SyntaxTree, expressions: Set<String>) {
            switch tree {
            case .array(let elements):
                for element in elements { visit(element, expressions: expressions) }
            case .object(let members):
                var scope = expressions
                for entry in members["cte_map"]?["map"]?.elements ?? [] {
                    if let name = entry["key"]?.text { scope.insert(name.lowercased()) }
                }
                note(tree, scope: scope)
                let isTableFunction = tree["type"]?.text == "TABLE_FUNCTION"
                for (name, value) in members {
                    // The call itself is noted as what stands in the place of a table.
                    let inner = isTableFunction && name == "function" ? value["children"] ?? .null : value
                    visit(inner, expressions: scope)
                }
            default: break
            }
        }

        private mutating func note(_ tree: SyntaxTree, scope: Set<String>) {
            if case .object? = tree["sample"] {
                functions.append(
                    FunctionReference(
                        name: "tablesample", position: tree.position ?? 0, isTableFunction: false))
            }
            switch tree["type"]?.text {
            case "BASE_TABLE":
                let schema = tree["schema_name"]?.text ?? ""
                let table = tree["table_name"]?.text ?? ""
                if schema.isEmpty, scope.contains(table.lowercased()) { return }
                tables.append(TableReference(schema: schema, table: table, position: tree.position ?? 0))
            case "TABLE_FUNCTION":
                guard let call = tree["function"], let name = call["function_name"]?.text else { return }
                functions.append(
                    FunctionReference(
                        name: name.lowercased(), position: tree.position ?? call.position ?? 0,
                        isTableFunction: true))
            case "FUNCTION":
                guard let name = tree["function_name"]?.text else { return }
                functions.append(
                    FunctionReference(
                        name: name.lowercased(), position: tree.position ?? 0, isTableFunction: false))
            case "COLUMN_REF":
                // The parser takes these for columns; the binder calls them where no column has the name.
                guard let names = tree["column_names"]?.elements, names.count == 1,
                    let name = names[0].text?.lowercased(), Walk.callableByName.contains(name)
                else { return }
                functions.append(
                    FunctionReference(name: name, position: tree.position ?? 0, isTableFunction: false))
            default: return
            }
        }

        private static let callableByName: Set<String> = [
            "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
        ]
    }
}
