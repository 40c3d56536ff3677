package import DuckDB
internal import LakeModel

/// Makes a division by zero an error that says where, instead of NULL or an infinite number.
///
/// The divisors are found in the syntax tree, so that nothing else of the statement changes.
package enum StrictDivision {
    /// The same SELECT, strict; `nil` if nothing in it is divided by what may be zero. Blocks.
    ///
    /// - Parameter columns: The names of its columns, which stay as they are.
    package static func rewritten(
        _ sql: String, columns: [String], on connection: Connection
    ) throws -> String? {
        guard case .success(let statement) = try syntaxTree(of: sql, on: connection) else { return nil }
        let rewriter = Rewriter(statement)
        guard !rewriter.positions.isEmpty else { return nil }
        let strict = rewriter.rewritten(statement)
        let tree = SyntaxTree.object([
            "error": .boolean(false), "statements": .array([strict]),
        ])
        let answer = try connection.query(
            "SELECT json_deserialize_sql(CAST(? AS JSON))", [.text(tree.json)])
        guard case .text(let text)? = answer.rows.first?.first else { return nil }
        // An expression without an alias is the name of its column.
        guard try connection.prepare("\n\(text)\n").columns.map(\.name) != columns else { return text }
        let names = columns.map(quotedIdentifier).joined(separator: ", ")
        return "SELECT * FROM (\(text)) AS __tarn_strict(\(names))"
    }

    /// Where the statement divided by zero, in bytes of it; `nil` if that is not what an error says.
    package static func position(in message: String) -> Int? {
        guard let range = message.firstRange(of: said) else { return nil }
        return Int(message[range.upperBound...].prefix { $0.isNumber })
    }

    private static let said = "tarn: division by zero at byte "
    private static let divisions: Set<String> = ["/", "//", "%", "divide", "mod", "fmod"]

    private struct Rewriter {
        /// Where each division stands first, by its spelling: equal expressions must stay equal, or GROUP BY
        /// would tell them apart.
        private(set) var positions: [String: Int] = [:]

        init(_ statement: SyntaxTree) { note(statement) }

        private mutating func note(_ tree: SyntaxTree) {
            switch tree {
            case .array(let elements): for element in elements { note(element) }
            case .object(let members):
                for value in members.values { note(value) }
                guard divisor(of: tree) != nil else { return }
                let (spelling, position) = (spelling(of: tree), tree.position ?? 0)
                positions[spelling] = min(positions[spelling] ?? position, position)
            default: break
            }
        }

        func rewritten(_ tree: SyntaxTree) -> SyntaxTree {
            switch tree {
            case .array(let elements): return .array(elements.map(rewritten))
            case .object(let members):
                let inner = SyntaxTree.object(members.mapValues(rewritten))
                guard divisor(of: tree) != nil, let position = positions[spelling(of: tree)],
                    let divisor = divisor(of: inner), let dividend = inner["children"]?.elements.first
                else { return inner }
                return inner.with(["children": .array([dividend, checked(divisor, position)])])
            default: return tree
            }
        }

        private func spelling(of tree: SyntaxTree) -> String { tree.with(["alias": .text("")]).canonical }

        /// `nil` if the node is no division, or one by a number that is not zero.
        private func divisor(of tree: SyntaxTree) -> SyntaxTree? {
            guard tree["class"]?.text == "FUNCTION", let name = tree["function_name"]?.text,
                divisions.contains(name.lowercased()), tree["schema"]?.text == "",
                let children = tree["children"]?.elements, children.count == 2, !isNumberButZero(children[1])
            else { return nil }
            return children[1]
        }

        private func isNumberButZero(_ divisor: SyntaxTree) -> Bool {
            guard divisor["class"]?.text == "CONSTANT", case .number(let number)? = divisor["value"]?["value"]
            else { return false }
            return Double(number).map { $0 != 0 } ?? false
        }

        /// `CASE WHEN divisor = 0 THEN error(…) ELSE divisor END`
        private func checked(_ divisor: SyntaxTree, _ position: Int) -> SyntaxTree {
            func node(_ of: String, _ type: String, _ members: [String: SyntaxTree]) -> SyntaxTree {
                let head: [String: SyntaxTree] = [
                    "class": .text(of), "type": .text(type), "alias": .text(""),
                    "query_location": .number("0"),
                ]
                return .object(head.merging(members) { $1 })
            }
            func constant(_ value: SyntaxTree, _ type: String) -> SyntaxTree {
                let type = SyntaxTree.object(["id": .text(type), "type_info": .null])
                return node(
                    "CONSTANT", "VALUE_CONSTANT",
                    ["value": .object(["type": type, "is_null": .boolean(false), "value": value])])
            }
            let error = node(
                "FUNCTION", "FUNCTION",
                [
                    "function_name": .text("error"), "schema": .text(""), "catalog": .text(""),
                    "children": .array([constant(.text("\(said)\(position)"), "VARCHAR")]), "filter": .null,
                    "order_bys": .object(["type": .text("ORDER_MODIFIER"), "orders": .array([])]),
                    "distinct": .boolean(false), "is_operator": .boolean(false),
                    "export_state": .boolean(false),
                ])
            let isZero = node(
                "COMPARISON", "COMPARE_EQUAL", ["left": divisor, "right": constant(.number("0"), "INTEGER")])
            return node(
                "CASE", "CASE_EXPR",
                [
                    "case_checks": .array([.object(["when_expr": isZero, "then_expr": error])]),
                    "else_expr": divisor,
                ])
        }
    }
}
