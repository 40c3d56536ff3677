internal import LakeModel

extension LineageResolver {
    /// What stands behind FROM.
    func from(_ node: SyntaxTree, in surroundings: Surroundings) -> FromClause {
        let alias = node["alias"]?.text ?? ""
        let columnNames = node["column_name_alias"]?.elements.compactMap(\.text) ?? []
        switch node["type"]?.text {
        case "EMPTY", nil: return FromClause()
        case "BASE_TABLE": return table(node, in: surroundings)
        case "SUBQUERY":
            guard let query = node["subquery"]?["node"] else { return FromClause() }
            let found = named(relation(ofNode: query, in: surroundings), node: query, in: surroundings)
            return FromClause(found.renamed(columnNames), name: alias)
        case "JOIN": return join(node, in: surroundings)
        case "EXPRESSION_LIST":
            return FromClause(values(node, in: surroundings).renamed(columnNames), name: alias)
        case "TABLE_FUNCTION":
            let name = node["function"]?["function_name"]?.text ?? ""
            return FromClause(
                tableFunction(node, in: surroundings).renamed(columnNames), name: alias.isEmpty ? name : alias
            )
        case "PIVOT": return FromClause(pivot(node, in: surroundings).renamed(columnNames), name: alias)
        case "SHOW_REF":
            // DESCRIBE and SUMMARIZE of a query: rows about its columns.
            let inner = node["query"].map { relation(ofNode: $0, in: surroundings) } ?? Relation()
            let isSummary = node["show_type"]?.text == "SUMMARY"
            let all = isSummary ? inner.values.then(.derived) : Dependencies()
            return FromClause(
                Relation(
                    columns: boundColumns(of: node, dependencies: all, in: surroundings),
                    rows: isSummary ? inner.rows : Dependencies()), name: alias)
        case let other:
            note(gap: "a table of the kind \(other ?? "?") is not understood")
            return FromClause()
        }
    }

    private func join(_ node: SyntaxTree, in surroundings: Surroundings) -> FromClause {
        let left = from(node["left"] ?? .null, in: surroundings)
        // What stands on the right may look at the tables before it (LATERAL).
        var beside = surroundings
        let leftScope = NameScope(left, outer: surroundings.scope)
        beside.scope = leftScope
        let right = from(node["right"] ?? .null, in: beside)
        var both = left.joined(with: right)
        let kind = node["join_type"]?.text ?? ""
        let offset = left.tables.count
        var shared = node["using_columns"]?.elements.compactMap(\.text) ?? []
        if node["ref_type"]?.text == "NATURAL" {
            if (left.tables + right.tables).contains(where: { $0.unknownTable != nil }) {
                note(gap: "a NATURAL join reads a table whose columns are not known yet")
            }
            var seen: Set<String> = []
            shared = left.tables.flatMap(\.columns).compactMap(\.name).filter { name in
                seen.insert(name.lowercased()).inserted
                    && right.tables.contains {
                        $0.columns.contains { $0.name?.lowercased() == name.lowercased() }
                    }
            }
        }
        for name in shared {
            guard let one = left.column(name), let other = right.column(name) else {
                note(gap: "the column '\(name)' of USING is not known")
                continue
            }
            both.rows.formUnion(one.dependencies.then(.joinKey))
            both.rows.formUnion(other.dependencies.then(.joinKey))
            switch kind {
            case "RIGHT": both.merge(name, offset: offset, as: other)
            case "FULL", "OUTER":
                let all = one.dependencies.union(other.dependencies).then(.derived)
                both.merge(name, offset: offset, as: RelationColumn(name: one.name, dependencies: all))
            default: both.merge(name, offset: offset, as: one)
            }
        }
        if let condition = node["condition"], case .object = condition {
            let scope = NameScope(both, outer: surroundings.scope)
            var inner = surroundings
            inner.scope = scope
            let context = ExpressionContext(surroundings: inner, scope: scope, node: .null)
            both.rows.formUnion(dependencies(of: condition, in: context).then(.joinKey))
        }
        if kind == "SEMI" || kind == "ANTI" || kind == "MARK" || kind == "SINGLE" {
            // Of the right side nothing is seen; it only decides which rows of the left one stay.
            var visible = left
            visible.rows = both.rows
            return visible
        }
        return both
    }

    /// VALUES, as a table.
    private func values(_ node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        let scope = surroundings.scope ?? NameScope(FromClause(), outer: nil)
        let context = ExpressionContext(surroundings: surroundings, scope: scope, node: .null)
        var columns: [RelationColumn] = []
        let names = node["expected_names"]?.elements.compactMap(\.text) ?? []
        for row in node["values"]?.elements ?? [] {
            for (index, expression) in row.elements.enumerated() {
                let found = dependencies(of: expression, in: context).then(.derived)
                if index == columns.count {
                    let name = index < names.count ? names[index] : "col\(index)"
                    columns.append(RelationColumn(name: name, dependencies: found))
                } else if index < columns.count {
                    columns[index].dependencies.formUnion(found)
                }
            }
        }
        return Relation(columns: columns)
    }

    private func tableFunction(_ node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        let scope = surroundings.scope ?? NameScope(FromClause(), outer: nil)
        let context = ExpressionContext(surroundings: surroundings, scope: scope, node: .null)
        let call = node["function"] ?? .null
        let name = call["function_name"]?.text?.lowercased() ?? ""
        var arguments = Dependencies()
        for argument in call["children"]?.elements ?? [] {
            arguments.formUnion(dependencies(of: argument, in: context).then(.derived))
        }
        var columns = boundColumns(of: node, dependencies: arguments, in: surroundings, isRequired: false)
        if columns.isEmpty {
            // It takes columns of the tables beside it, so it cannot be bound by itself.
            var names = LineageResolver.columnsOfTableFunctions[name]
            if names == nil {
                note(gap: "the columns that \(name)() gives are not known")
                names = []
            }
            if node["with_ordinality"]?.text == "WITH_ORDINALITY" { names?.append("ordinality") }
            columns = (names ?? []).map { RelationColumn(name: $0, dependencies: arguments) }
        }
        return Relation(columns: columns, rows: arguments.then(.filter))
    }

    private static let columnsOfTableFunctions = [
        "unnest": ["unnest"], "range": ["range"], "generate_series": ["generate_series"],
        "json_each": ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"],
        "json_tree": ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"],
    ]

    /// PIVOT and UNPIVOT.
    private func pivot(_ node: SyntaxTree, in surroundings: Surroundings) -> Relation {
        let source = from(node["source"] ?? .null, in: surroundings)
        let scope = NameScope(source, outer: surroundings.scope)
        var inner = surroundings
        inner.scope = scope
        let wholeNode = SyntaxTree.query(selecting: [.star], from: node["source"] ?? .null)
        let context = ExpressionContext(surroundings: inner, scope: scope, node: wholeNode)
        guard
            let names = columnNames(
                ofNode: .query(selecting: [.star], from: node.with(["alias": .text("")])),
                in: surroundings)
        else {
            note(gap: "the columns of a PIVOT are not known")
            return Relation(rows: source.rows)
        }
        let pivots = node["pivots"]?.elements ?? []
        let valueNames = node["unpivot_names"]?.elements.compactMap(\.text) ?? []
        guard valueNames.isEmpty else {
            return unpivot(pivots, valueNames: valueNames, names: names, source: source, in: context)
        }
        var aggregated = Dependencies()
        for expression in node["aggregates"]?.elements ?? [] {
            aggregated.formUnion(dependencies(of: expression, in: context).then(.derived))
        }
        var mentioned = aggregated
        for pivot in pivots {
            for expression in pivot["pivot_expressions"]?.elements ?? [] {
                let found = dependencies(of: expression, in: context)
                mentioned.formUnion(found)
                aggregated.formUnion(found.then(.filter))
            }
        }
        // The result begins with what it is grouped by: what was named, or all that is not mentioned.
        let groupNames = node["groups"]?.elements.compactMap { $0.text?.lowercased() } ?? []
        var relation = Relation(rows: source.rows)
        var isGroup = true
        for name in names {
            let column = isGroup ? source.column(name) : nil
            if let column,
                groupNames.isEmpty
                    ? !isMentioned(column, in: mentioned) : groupNames.contains(name.lowercased())
            {
                relation.columns.append(RelationColumn(name: name, dependencies: column.dependencies))
                relation.rows.formUnion(column.dependencies.then(.group))
            } else {
                isGroup = false
                relation.columns.append(RelationColumn(name: name, dependencies: aggregated))
            }
        }
        return relation
    }

    private func isMentioned(_ column: RelationColumn, in mentioned: Dependencies) -> Bool {
        let inputs = Set(mentioned.uses.map(\.input))
        return column.dependencies.uses.contains { $0.role == .direct && inputs.contains($0.input) }
    }

    private func unpivot(
        _ pivots: [SyntaxTree], valueNames: [String], names: [String], source: FromClause,
        in context: ExpressionContext
    ) -> Relation {
        let nameColumns = Set(
            pivots.flatMap { $0["unpivot_names"]?.elements ?? [] }.compactMap { $0.text?.lowercased() })
        var turned = Dependencies()
        for entry in pivots.flatMap({ $0["entries"]?.elements ?? [] }) {
            for value in entry["values"]?.elements ?? [] {
                guard let name = value["value"]?.text, let column = source.column(name) else { continue }
                turned.formUnion(column.dependencies)
            }
            if let star = entry["star_expr"], case .object = star {
                for column in columns(of: star, in: context) { turned.formUnion(column.dependencies) }
            }
        }
        // A row whose value is NULL is left out.
        var relation = Relation(rows: source.rows.union(turned.then(.filter)))
        let values = Set(valueNames.map { $0.lowercased() })
        for name in names {
            if values.contains(name.lowercased()) {
                relation.columns.append(RelationColumn(name: name, dependencies: turned))
            } else if nameColumns.contains(name.lowercased()) {
                relation.columns.append(RelationColumn(name: name, dependencies: Dependencies()))
            } else {
                let column = source.column(name)
                if column == nil { note(gap: "the column '\(name)' of an UNPIVOT is not known") }
                relation.columns.append(
                    RelationColumn(name: name, dependencies: column?.dependencies ?? Dependencies()))
            }
        }
        return relation
    }

    /// The columns of a table as the binder names them, all with the same dependencies.
    private func boundColumns(
        of table: SyntaxTree, dependencies: Dependencies, in surroundings: Surroundings,
        isRequired: Bool = true
    ) -> [RelationColumn] {
        let node = SyntaxTree.query(
            selecting: [.star], from: table.with(["column_name_alias": .array([])]))
        guard let names = columnNames(ofNode: node, in: surroundings) else {
            if isRequired { note(gap: "the columns of a table in FROM are not known") }
            return []
        }
        return names.map { RelationColumn(name: $0, dependencies: dependencies) }
    }
}
