internal import LakeModel

extension LineageResolver {
    /// What decides the value of an expression.
    func dependencies(of expression: SyntaxTree, in context: ExpressionContext) -> Dependencies {
        switch expression["class"]?.text {
        case nil: return dependencies(inMembersOf: expression, in: context)
        case "CONSTANT", "PARAMETER", "DEFAULT": return Dependencies()
        case "COLUMN_REF": return reference(expression, in: context)?.dependencies ?? Dependencies()
        case "POSITIONAL_REFERENCE":
            guard case .number(let number)? = expression["index"], let index = Int(number) else { break }
            let all = starColumns(.star, in: context)
            if all.indices.contains(index - 1) { return all[index - 1].dependencies }
        case "STAR":
            if let column = context.starColumn { return column.dependencies }
            return Relation(columns: chosenColumns(of: expression, in: context)).values.then(.derived)
        case "SUBQUERY": return subquery(expression, in: context)
        case "LAMBDA":
            // An arrow outside of a function of lists takes a value out of a JSON document.
            var both = dependencies(of: expression["lhs"] ?? .null, in: context)
            both.formUnion(dependencies(of: expression["expr"] ?? .null, in: context))
            return both.then(.derived)
        case "FUNCTION": return function(expression, in: context)
        case "WINDOW": return window(expression, in: context)
        default: return dependencies(inMembersOf: expression, in: context).then(.derived)
        }
        note(gap: "an expression of the class \(expression["class"]?.text ?? "?") is not understood")
        return Dependencies()
    }

    /// What decides all expressions that a node holds.
    func dependencies(inMembersOf node: SyntaxTree, in context: ExpressionContext) -> Dependencies {
        var all = Dependencies()
        switch node {
        case .object(let members):
            for (name, member) in members where name != "cast_type" {
                switch member {
                case .object, .array: all.formUnion(dependencies(of: member, in: context))
                default: continue
                }
            }
        case .array(let elements):
            for element in elements { all.formUnion(dependencies(of: element, in: context)) }
        default: break
        }
        return all
    }

    /// The column that a reference means; `nil` of one that takes its value from no column.
    func reference(_ expression: SyntaxTree, in context: ExpressionContext) -> RelationColumn? {
        let names = expression["column_names"]?.elements.compactMap(\.text) ?? []
        guard let first = names.first else { return nil }
        if context.parameters.contains(first.lowercased()) { return nil }
        if let (column, isPart) = context.scope.column(names, prefersAlias: context.prefersAlias) {
            guard isPart else { return column }
            return RelationColumn(
                name: names.last, dependencies: column.dependencies.then(.derived), expression: expression)
        }
        if names.count == 1, LineageResolver.callableByName.contains(first.lowercased()) { return nil }
        note(gap: "the column '\(names.joined(separator: "."))' is not known")
        return nil
    }

    private static let callableByName: Set<String> = [
        "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user",
        "current_catalog", "current_schema", "session_user", "user",
    ]

    private func subquery(_ expression: SyntaxTree, in context: ExpressionContext) -> Dependencies {
        guard let node = expression["subquery"]?["node"] else { return Dependencies() }
        let inner = relation(ofNode: node, in: context.surroundings)
        var all = inner.rows
        if expression["subquery_type"]?.text != "EXISTS" {
            all.formUnion(inner.values)
            if inner.unknownTable != nil {
                note(gap: "a subquery reads a table whose columns are not known yet")
            }
        }
        if let child = expression["child"] { all.formUnion(dependencies(of: child, in: context)) }
        return all.then(.derived)
    }

    private func function(_ call: SyntaxTree, in context: ExpressionContext) -> Dependencies {
        let name = call["function_name"]?.text?.lowercased() ?? ""
        var all = Dependencies()
        for argument in call["children"]?.elements ?? [] {
            if argument["class"]?.text == "LAMBDA", LineageResolver.takesLambda.contains(name) {
                var inner = context
                inner.parameters.formUnion(parameters(of: argument["lhs"] ?? .null))
                all.formUnion(dependencies(of: argument["expr"] ?? .null, in: inner))
            } else {
                all.formUnion(dependencies(of: argument, in: context))
            }
        }
        all = all.then(.derived)
        if name == "unnest" || name == "unlist" { context.scope.rowEffects.formUnion(all) }
        if let filter = call["filter"] { all.formUnion(dependencies(of: filter, in: context).then(.filter)) }
        if let orders = call["order_bys"] {
            all.formUnion(dependencies(of: orders, in: context).then(.order))
        }
        return all
    }

    private static let takesLambda: Set<String> = [
        "list_transform", "array_transform", "list_apply", "array_apply", "apply", "list_filter",
        "array_filter", "filter", "list_reduce", "array_reduce", "reduce",
    ]

    /// The names before a lambda's arrow: one column reference, or a row of them.
    private func parameters(of node: SyntaxTree) -> Set<String> {
        var names = Set(node["column_names"]?.elements.compactMap { $0.text?.lowercased() } ?? [])
        for child in node["children"]?.elements ?? [] { names.formUnion(parameters(of: child)) }
        return names
    }

    private func window(_ call: SyntaxTree, in context: ExpressionContext) -> Dependencies {
        guard case .object(let members) = call else { return Dependencies() }
        var all = Dependencies()
        for (name, member) in members {
            let role: ColumnRole =
                switch name {
                case "partitions": .group
                case "orders", "arg_orders": .order
                case "filter_expr": .filter
                default: .derived
                }
            switch member {
            case .object, .array: all.formUnion(dependencies(of: member, in: context).then(role))
            default: continue
            }
        }
        return all
    }

    /// Whether an expression makes one value of many rows, so that GROUP BY ALL does not group by it.
    func hasAggregate(_ expression: SyntaxTree) -> Bool {
        switch expression {
        case .object(let members):
            switch expression["class"]?.text {
            case "SUBQUERY": return false
            case "FUNCTION":
                if let name = expression["function_name"]?.text?.lowercased(), questions.isAggregate(name) {
                    return true
                }
            default: break
            }
            return members.values.contains(where: hasAggregate)
        case .array(let elements): return elements.contains(where: hasAggregate)
        default: return false
        }
    }
}
