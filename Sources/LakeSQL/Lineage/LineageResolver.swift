package import LakeModel

/// A table of the lake as a statement names it.
package struct LineageInput: Hashable, Sendable, Codable {
    package let asset: AssetKey
    /// The name behind the schema: the asset's, or with `__all`.
    package let table: String
    /// `nil` while nobody knows them.
    package let columns: [ColumnSchema]?

    package init(_ asset: AssetKey, table: String? = nil, columns: [ColumnSchema]?) {
        self.asset = asset
        self.table = table ?? asset.table.text
        self.columns = columns
    }
}

/// Finds for each column of a SELECT the columns of its inputs that decide it.
///
/// It walks the syntax tree and keeps the rules by which DuckDB looks up names. What a tree cannot tell
/// (which columns a regular expression matches, how a structure is unnested) it asks the binder. What it does
/// not understand becomes a gap: the result is then marked as incomplete, never silently wrong.
final class LineageResolver {
    let questions: any LineageQuestions
    private let inputs: [String: LineageInput]
    private(set) var gaps: [String] = []

    init(inputs: [LineageInput], questions: any LineageQuestions) {
        self.questions = questions
        self.inputs = Dictionary(
            inputs.map { ("\($0.asset.schema).\($0.table)".lowercased(), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What a query sees of the queries around it.
    struct Surroundings {
        var expressions: [String: Relation] = [:]
        /// The same as they stand in the tree, for who asks the binder.
        var trees: [SyntaxTree] = []
        var scope: NameScope?
    }

    func note(gap: String) {
        if !gaps.contains(gap) { gaps.append(gap) }
    }

    // MARK: Queries

    func relation(ofNode node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        let inner = adding(expressionsOf: node, to: surroundings)
        switch node["type"]?.text {
        case "SELECT_NODE": return select(node, in: inner)
        case "SET_OPERATION_NODE": return setOperation(node, in: inner)
        case "RECURSIVE_CTE_NODE": return recursion(node, in: inner)
        case let other:
            note(gap: "a query of the kind \(other ?? "?") is not understood")
            return Relation()
        }
    }

    private func adding(expressionsOf node: SyntaxTree, to surroundings: Surroundings) -> Surroundings {
        var result = surroundings
        for entry in node["cte_map"]?["map"]?.elements ?? [] {
            guard let name = entry["key"]?.text, let query = entry["value"]?["query"]?["node"] else {
                continue
            }
            let aliases = entry["value"]?["aliases"]?.elements.compactMap(\.text) ?? []
            let found = named(relation(ofNode: query, in: result), node: query, in: result)
            result.expressions[name.lowercased()] = found.renamed(aliases)
            result.trees.removeAll { $0["key"]?.text?.lowercased() == name.lowercased() }
            result.trees.append(entry)
        }
        return result
    }

    /// With the names that only the binder knows, and equal ones told apart.
    func named(_ relation: Relation, node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        var result = relation
        if relation.columns.contains(where: { $0.name == nil }),
            let names = columnNames(ofNode: node, in: surroundings), names.count == relation.columns.count
        {
            for (index, name) in names.enumerated() { result.columns[index].name = name }
        }
        return result.withDistinctNames
    }

    /// Asks the binder for the columns of a query that stands inside of others.
    func columnNames(ofNode node: SyntaxTree, in surroundings: Surroundings) -> [String]? {
        let own = node["cte_map"]?["map"]?.elements ?? []
        let names = Set(own.compactMap { $0["key"]?.text?.lowercased() })
        let around = surroundings.trees.filter { !names.contains($0["key"]?.text?.lowercased() ?? "") }
        return questions.columnNames(
            ofNode: node.with(["cte_map": .object(["map": .array(around + own)])]))
    }

    private func select(_ node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        let from = from(node["from_table"] ?? .null, in: surroundings)
        let scope = NameScope(from, outer: surroundings.scope)
        var inner = surroundings
        inner.scope = scope
        let context = ExpressionContext(surroundings: inner, scope: scope, node: node)
        var columns: [RelationColumn] = []
        var groups: [RelationColumn] = []
        let hasAutomaticGroups = node["aggregate_handling"]?.text == "FORCE_AGGREGATES"
        for item in node["select_list"]?.elements ?? [] {
            let items = self.columns(of: item, in: context)
            if let alias = item["alias"]?.text, !alias.isEmpty, let first = items.first {
                scope.aliases[alias.lowercased()] = first
            }
            columns += items
            if hasAutomaticGroups, !hasAggregate(item) { groups += items }
        }
        var rows = from.rows
        for (member, role) in [
            ("where_clause", ColumnRole.filter), ("having", .filter), ("qualify", .filter),
        ] {
            guard let clause = node[member] else { continue }
            rows.formUnion(dependencies(of: clause, in: context).then(role))
        }
        for expression in node["group_expressions"]?.elements ?? [] {
            if let ordinal = ordinal(expression), columns.indices.contains(ordinal - 1) {
                groups.append(columns[ordinal - 1])
            } else {
                rows.formUnion(dependencies(of: expression, in: context).then(.group))
            }
        }
        for group in groups { rows.formUnion(group.dependencies.then(.group)) }
        rows.formUnion(modifiers(of: node, columns: columns, in: context))
        rows.formUnion(scope.rowEffects.then(.filter))
        let isWhole = from.tables.count == 1 && node["select_list"]?.elements.map(\.isPlainStar) == [true]
        return Relation(
            columns: columns, rows: rows, unknownTable: isWhole ? from.tables.first?.unknownTable : nil)
    }

    /// What ORDER BY, DISTINCT and LIMIT decide.
    private func modifiers(
        of node: SyntaxTree, columns: [RelationColumn], in context: ExpressionContext
    ) -> Dependencies {
        var rows = Dependencies()
        let all = Relation(columns: columns).values
        for modifier in node["modifiers"]?.elements ?? [] {
            switch modifier["type"]?.text {
            case "ORDER_MODIFIER":
                for order in modifier["orders"]?.elements ?? [] {
                    guard let expression = order["expression"] else { continue }
                    rows.formUnion(
                        chosen(expression, of: columns, all: all, in: context).then(.order))
                }
            case "DISTINCT_MODIFIER":
                let targets = modifier["distinct_on_targets"]?.elements ?? []
                if targets.isEmpty { rows.formUnion(all.then(.group)) }
                for target in targets {
                    rows.formUnion(chosen(target, of: columns, all: all, in: context).then(.group))
                }
            default: rows.formUnion(dependencies(inMembersOf: modifier, in: context).then(.filter))
            }
        }
        return rows
    }

    /// What an expression of ORDER BY or DISTINCT ON means: a result's column by its number or its name, or
    /// an expression of its own.
    private func chosen(
        _ expression: SyntaxTree, of columns: [RelationColumn], all: Dependencies,
        in context: ExpressionContext
    ) -> Dependencies {
        if let ordinal = ordinal(expression), columns.indices.contains(ordinal - 1) {
            return columns[ordinal - 1].dependencies
        }
        // ORDER BY ALL is written down as a star.
        if expression["class"]?.text == "STAR" { return all }
        var context = context
        context.prefersAlias = true
        return dependencies(of: expression, in: context)
    }

    private func ordinal(_ expression: SyntaxTree) -> Int? {
        guard expression["class"]?.text == "CONSTANT",
            case .number(let number)? = expression["value"]?["value"]
        else { return nil }
        return Int(number)
    }

    private func setOperation(_ node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        guard let leftNode = node["left"], let rightNode = node["right"] else {
            note(gap: "a set operation without two sides is not understood")
            return Relation()
        }
        let kind = node["setop_type"]?.text ?? ""
        // Only where columns are matched by name does anybody need them yet.
        let isByName = kind == "UNION_BY_NAME"
        func side(_ node: SyntaxTree) -> Relation {
            let found = relation(ofNode: node, in: surroundings)
            return isByName ? named(found, node: node, in: surroundings) : found
        }
        let left = side(leftNode)
        let right = side(rightNode)
        var result = Relation(rows: left.rows.union(right.rows))
        switch kind {
        case "UNION_BY_NAME":
            result.columns = left.columns.map { RelationColumn(name: $0.name, dependencies: $0.dependencies) }
            for column in right.columns {
                if let index = result.columns.firstIndex(where: {
                    $0.name?.lowercased() == column.name?.lowercased()
                }) {
                    result.columns[index].dependencies.formUnion(column.dependencies)
                } else {
                    result.columns.append(
                        RelationColumn(name: column.name, dependencies: column.dependencies))
                }
            }
        case "UNION":
            result.columns = zip(left.columns, right.columns).map { one, other in
                RelationColumn(name: one.name, dependencies: one.dependencies.union(other.dependencies))
            }
        default:
            result.columns = left.columns
            result.rows.formUnion(left.values.then(.filter))
            result.rows.formUnion(right.values.then(.filter))
        }
        if left.unknownTable != nil || right.unknownTable != nil {
            note(gap: "a set operation reads a table whose columns are not known yet")
        }
        if case .boolean(true)? = node["setop_all"] {
        } else {
            result.rows.formUnion(result.values.then(.group))
        }
        guard node["modifiers"]?.elements.isEmpty == false else { return result }
        let withNames = named(result, node: node, in: surroundings)
        let scope = NameScope(FromClause(withNames, name: ""), outer: surroundings.scope)
        let context = ExpressionContext(surroundings: surroundings, scope: scope, node: node)
        result.rows.formUnion(modifiers(of: node, columns: result.columns, in: context))
        return result
    }

    /// A recursive expression: what its own rows decide is added until nothing is new.
    private func recursion(_ node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        guard let name = node["cte_name"]?.text, let left = node["left"], let right = node["right"] else {
            note(gap: "a recursive query without two sides is not understood")
            return Relation()
        }
        let aliases = node["aliases"]?.elements.compactMap(\.text) ?? []
        var result = named(relation(ofNode: left, in: surroundings), node: left, in: surroundings).renamed(
            aliases)
        for index in result.columns.indices { result.columns[index].expression = nil }
        while true {
            var inner = surroundings
            inner.expressions[name.lowercased()] = result
            let next = relation(ofNode: right, in: inner)
            var grown = result
            for (index, column) in next.columns.enumerated() where index < grown.columns.count {
                grown.columns[index].dependencies.formUnion(column.dependencies)
            }
            grown.rows.formUnion(next.rows)
            if case .boolean(true)? = node["union_all"] {
            } else {
                grown.rows.formUnion(grown.values.then(.group))
            }
            let isSettled =
                grown.rows == result.rows
                && grown.columns.map(\.dependencies) == result.columns.map(\.dependencies)
            result = grown
            if isSettled { return result }
        }
    }

    // MARK: Tables

    /// A table by its name: an expression of WITH where one is in scope, or one of the lake.
    func table(_ node: SyntaxTree, in surroundings: Surroundings) -> FromClause {
        let schema = node["schema_name"]?.text ?? ""
        let table = node["table_name"]?.text ?? ""
        let alias = node["alias"]?.text ?? ""
        let columnNames = node["column_name_alias"]?.elements.compactMap(\.text) ?? []
        if schema.isEmpty || schema.lowercased() == "recurring",
            let expression = surroundings.expressions[table.lowercased()]
        {
            return FromClause(expression.renamed(columnNames), name: alias.isEmpty ? table : alias)
        }
        guard let input = inputs["\(schema).\(table)".lowercased()] else {
            note(gap: "'\(schema.isEmpty ? table : "\(schema).\(table)")' is not known")
            return FromClause(Relation(), name: alias.isEmpty ? table : alias)
        }
        var relation = Relation(
            columns: (input.columns ?? []).map {
                RelationColumn(
                    name: $0.name,
                    dependencies: Dependencies(uses: [ColumnUse(ColumnKey(input.asset, $0.name), .direct)]))
            },
            rows: Dependencies(tables: [input.asset]))
        if input.columns == nil {
            relation.unknownTable = input.asset
        }
        return FromClause(
            relation.renamed(columnNames), name: alias.isEmpty ? table : alias,
            schema: alias.isEmpty ? schema : "")
    }
}

/// Where an expression stands.
struct ExpressionContext {
    var surroundings: LineageResolver.Surroundings
    let scope: NameScope
    /// The SELECT, for questions to the binder.
    let node: SyntaxTree
    /// Names of a lambda's parameters, in lower case.
    var parameters: Set<String> = []
    /// The column that `COLUMNS(…)` stands for at the moment.
    var starColumn: RelationColumn?
    /// ORDER BY takes a name for the result's column first.
    var prefersAlias = false
}
