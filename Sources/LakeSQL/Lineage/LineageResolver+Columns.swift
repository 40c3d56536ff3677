internal import LakeModel

extension LineageResolver {
    /// The columns that one item of a SELECT gives: several for a star, `COLUMNS(…)` or an unnested
    /// structure.
    func columns(of item: SyntaxTree, in context: ExpressionContext) -> [RelationColumn] {
        let alias = item["alias"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        if item["class"]?.text == "STAR", !item.isColumns { return starColumns(item, in: context) }
        if item["class"]?.text == "FUNCTION", item["children"]?.elements.first?.isPlainStar == true {
            // `* LIKE 'x%'` stands there as a function of a star.
            return matching(
                starColumns(item["children"]?.elements.first ?? .star, in: context), item, in: context)
        }
        if let star = item.columnsExpression {
            return chosenColumns(of: star, in: context).map { column in
                var inner = context
                inner.starColumn = column
                let isItself = item["class"]?.text == "STAR"
                // An alias may hold what a regular expression has matched.
                let name = alias.map { $0.contains("\\") ? nil : $0 } ?? column.name
                return RelationColumn(
                    name: name,
                    dependencies: isItself ? column.dependencies : dependencies(of: item, in: inner),
                    expression: isItself ? column.expression : item)
            }
        }
        if item["class"]?.text == "COLUMN_REF" {
            let column = reference(item, in: context)
            return [
                RelationColumn(
                    name: alias ?? column?.name ?? item["column_names"]?.elements.last?.text,
                    dependencies: column?.dependencies ?? Dependencies(), expression: column?.expression)
            ]
        }
        let found = dependencies(of: item, in: context)
        let name = item["function_name"]?.text?.lowercased()
        if name == "unnest" || name == "unlist", let names = names(ofItem: item, in: context) {
            return names.map { RelationColumn(name: $0, dependencies: found, expression: item) }
        }
        return [RelationColumn(name: alias, dependencies: found, expression: item)]
    }

    /// The columns that `COLUMNS(…)` chooses.
    func chosenColumns(of star: SyntaxTree, in context: ExpressionContext) -> [RelationColumn] {
        let all = starColumns(star, in: context)
        guard star.isColumns, case .object? = star["expr"] else { return all }
        return matching(all, star.with(["alias": .text("")]), in: context)
    }

    /// Those of `columns` that the binder gives for `item`, in their order.
    private func matching(
        _ columns: [RelationColumn], _ item: SyntaxTree, in context: ExpressionContext
    ) -> [RelationColumn] {
        guard let names = names(ofItem: item, in: context) else {
            note(gap: "the columns that a pattern chooses are not known")
            return columns
        }
        var rest = columns[...]
        var chosen: [RelationColumn] = []
        for name in names {
            // A list names them in an order of its own.
            let index =
                rest.firstIndex { $0.name?.lowercased() == name.lowercased() }
                ?? columns.firstIndex { $0.name?.lowercased() == name.lowercased() }
            guard let index else {
                note(gap: "the column '\(name)' that a pattern chooses is not known")
                continue
            }
            chosen.append(columns[index])
            rest = columns[(index + 1)...]
        }
        return chosen
    }

    /// The names that the binder gives to one item of a SELECT.
    private func names(ofItem item: SyntaxTree, in context: ExpressionContext) -> [String]? {
        guard let from = context.node["from_table"] else { return nil }
        return columnNames(ofNode: .query(selecting: [item], from: from), in: context.surroundings)
    }

    /// All columns of a star, with EXCLUDE, REPLACE and RENAME.
    func starColumns(_ star: SyntaxTree, in context: ExpressionContext) -> [RelationColumn] {
        let from = context.scope.from
        let relation = star["relation_name"]?.text ?? ""
        if !relation.isEmpty, from.table(relation) == nil {
            return structureColumns(star, named: relation, in: context)
        }
        var columns: [RelationColumn] = []
        var used: Set<String> = []
        for (index, table) in from.tables.enumerated() {
            guard relation.isEmpty || table.name.lowercased() == relation.lowercased() else { continue }
            if let unknown = table.unknownTable {
                note(gap: "which columns a star takes of \(unknown) is not known before it is built")
            }
            for column in table.columns {
                let name = column.name?.lowercased() ?? ""
                if star.excludes(name, of: table.name) { continue }
                let merged =
                    relation.isEmpty
                    ? from.merged.first { $0.name == name && $0.tables.contains(index) } : nil
                if merged != nil, !used.insert(name).inserted { continue }
                var chosen = merged?.column ?? column
                chosen.name = column.name
                if let replacement = star.replacement(of: name) {
                    chosen.dependencies = dependencies(of: replacement, in: context)
                    chosen.expression = replacement["class"]?.text == "COLUMN_REF" ? nil : replacement
                }
                if let new = star.newName(of: name, table: table.name) { chosen.name = new }
                columns.append(chosen)
            }
        }
        return columns
    }

    /// The fields of a structure, `s.*`.
    private func structureColumns(
        _ star: SyntaxTree, named name: String, in context: ExpressionContext
    ) -> [RelationColumn] {
        guard let (column, _) = context.scope.column([name]), let names = names(ofItem: star, in: context)
        else {
            note(gap: "the table or structure '\(name)' of a star is not known")
            return []
        }
        return names.map { RelationColumn(name: $0, dependencies: column.dependencies.then(.derived)) }
    }
}

extension SyntaxTree {
    /// Whether a star is one of `COLUMNS(…)`.
    var isColumns: Bool {
        if case .boolean(true)? = self["columns"] { true } else { false }
    }

    var isPlainStar: Bool { self["class"]?.text == "STAR" && !isColumns }

    /// The `COLUMNS(…)` because of which an expression stands for several; not one that is unpacked into its
    /// arguments.
    var columnsExpression: SyntaxTree? {
        switch self {
        case .object(let members):
            if self["class"]?.text == "STAR" { return isColumns ? self : nil }
            if self["type"]?.text == "OPERATOR_UNPACK" || self["class"]?.text == "SUBQUERY" { return nil }
            return members.sorted { $0.key < $1.key }.lazy.compactMap(\.value.columnsExpression).first
        case .array(let elements): return elements.lazy.compactMap(\.columnsExpression).first
        default: return nil
        }
    }

    fileprivate func excludes(_ name: String, of table: String) -> Bool {
        if self["exclude_list"]?.elements.contains(where: { $0.text?.lowercased() == name }) == true {
            return true
        }
        return self["qualified_exclude_list"]?.elements.contains { $0.isColumn(name, of: table) } == true
    }

    fileprivate func replacement(of name: String) -> SyntaxTree? {
        self["replace_list"]?.elements.first { $0["key"]?.text?.lowercased() == name }?["value"]
    }

    fileprivate func newName(of name: String, table: String) -> String? {
        self["rename_list"]?.elements.first { $0["key"]?.isColumn(name, of: table) == true }?["value"]?.text
    }

    private func isColumn(_ name: String, of table: String) -> Bool {
        let own = self["table"]?.text?.lowercased() ?? ""
        return self["column"]?.text?.lowercased() == name && (own.isEmpty || own == table.lowercased())
    }
}
