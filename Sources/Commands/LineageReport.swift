internal import LakeModel
internal import Terminal

/// What `tarn lineage` answers, as text and as JSON.
struct LineageReport {
    let asset: AssetKey
    let columns: [String]
    let graph: LineageGraph
    let isDownstream: Bool
    let depth: Int

    var json: LineageJSON {
        LineageJSON(
            asset: asset.description, direction: isDownstream ? "downstream" : "upstream",
            isComplete: gaps.isEmpty, gaps: gaps,
            columns: columns.map { name in
                let key = ColumnKey(asset, name)
                let column = graph.models[asset]?.column(name)
                let type = column?.type ?? graph.bronze[asset]?.first { $0.name == name }?.type
                let reached =
                    isDownstream ? graph.readers(of: key, depth: depth) : graph.inputs(of: key, depth: depth)
                return LineageJSON.Column(
                    column: name, type: type.flatMap { $0.isEmpty ? nil : $0 },
                    expression: column?.expression,
                    rowsOf: column.flatMap { column in
                        graph.models[asset]?.dependencies(of: column).tables.sorted().map(\.description)
                    } ?? [],
                    reached: reached.map(LineageJSON.Reached.init))
            })
    }

    var text: String {
        var lines = isDownstream ? downstreamLines : upstreamLines
        for gap in gaps { lines.append("\(Output.style.yellow("incomplete")): \(gap)") }
        return lines.joined(separator: "\n")
    }

    /// Downstream, gaps of any table may hide a reader.
    private var gaps: [String] {
        guard isDownstream else { return graph.gaps(of: asset) }
        return graph.models.sorted { $0.key < $1.key }.flatMap { key, lineage in
            lineage.gaps.map { "\(key): \($0)" }
        }
    }

    private var downstreamLines: [String] {
        var lines: [String] = []
        for name in columns {
            let reached = graph.readers(of: ColumnKey(asset, name), depth: depth)
            lines.append(Output.style.bold("\(asset).\(name)"))
            lines += LineageReport.tree(
                reached.isEmpty
                    ? [Branch("nothing is made from it")]
                    : LineageReport.byTable(reached).map { table, uses in
                        Branch(table.description, uses.map { Branch($0) })
                    })
        }
        return lines
    }

    /// The columns of each table with their roles in one line: `net_amount (derived, filter)`.
    private static func byTable(_ reached: [LineageGraph.Reached]) -> [(AssetKey, [String])] {
        var tables: [(AssetKey, [String])] = []
        let byTable = Dictionary(grouping: reached, by: \.column.asset)
        let order = byTable.sorted {
            ($0.value.map(\.steps).min() ?? 0, $0.key) < ($1.value.map(\.steps).min() ?? 0, $1.key)
        }
        for (table, uses) in order {
            let byColumn = Dictionary(grouping: uses, by: \.column.column)
            let values = byColumn.filter { $0.value.contains(where: \.role.isValue) }
            let rest = byColumn.filter { !$0.value.contains(where: \.role.isValue) }
            var lines = values.sorted { $0.key < $1.key }.map { name, uses in
                "\(name) (\(roles(uses)))"
            }
            let byRoles = Dictionary(grouping: rest.keys, by: { roles(rest[$0] ?? []) })
            for (roles, names) in byRoles.sorted(by: { $0.key < $1.key }) {
                lines.append("\(names.sorted().joined(separator: ", ")) (\(roles))")
            }
            tables.append((table, lines))
        }
        return tables
    }

    private static func roles(_ uses: [LineageGraph.Reached]) -> String {
        var seen: Set<ColumnRole> = []
        return uses.map(\.role).sorted().filter { seen.insert($0).inserted }.map(\.rawValue)
            .joined(separator: ", ")
    }

    private var upstreamLines: [String] {
        guard let lineage = graph.models[asset] else {
            return columns.map { "\(Output.style.bold("\(asset).\($0)")) is extracted from its source" }
        }
        let rows = rowBranches(lineage, of: asset, depth: depth)
        if columns.count == 1, let column = columns.first.flatMap(lineage.column) {
            let branches = rows.map { Branch("rows of \($0)", $1) }
            return [title(column)] + LineageReport.tree(self.branches(of: column) + branches)
        }
        var lines: [String] = []
        for column in columns.compactMap(lineage.column) {
            lines.append(title(column))
            lines += LineageReport.tree(branches(of: column))
        }
        for (table, branches) in rows {
            lines.append(Output.style.bold("rows of \(table)"))
            lines += LineageReport.tree(branches)
        }
        return lines
    }

    private func title(_ column: ColumnLineage) -> String {
        let type = column.type.isEmpty ? "" : " \(Output.style.dim(column.type))"
        return Output.style.bold("\(asset).\(column.name)") + type
    }

    private func branches(of column: ColumnLineage) -> [Branch] {
        let branches =
            (column.expression.map { [Branch("= \(shortened($0))")] } ?? [])
            + column.dependencies.sortedUses.map { branch($0, depth: depth) }
        return branches.isEmpty ? [Branch("made from no column")] : branches
    }

    /// A column with what it is itself made from, without what decides the rows of its table.
    private func branch(_ use: ColumnUse, depth: Int) -> Branch {
        let children =
            depth > 1
            ? graph.models[use.input.asset]?.column(use.input.column)?.dependencies.sortedUses ?? [] : []
        return Branch(
            "\(use.role.rawValue) \(use.input)", children.map { branch($0, depth: depth - 1) })
    }

    /// What decides the rows of a table and of those that it is made from, each once.
    private func rowBranches(
        _ lineage: StatementLineage, of table: AssetKey, depth: Int
    ) -> [(AssetKey, [Branch])] {
        var result: [(AssetKey, [Branch])] = []
        var seen: Set<AssetKey> = [table]
        var waiting = [(table, lineage, depth)]
        while !waiting.isEmpty {
            let (table, lineage, depth) = waiting.removeFirst()
            let uses = lineage.rows.sortedUses
            if !uses.isEmpty { result.append((table, uses.map { branch($0, depth: depth) })) }
            guard depth > 1 else { continue }
            for input in lineage.allInputs.sorted() where seen.insert(input).inserted {
                if let next = graph.models[input] { waiting.append((input, next, depth - 1)) }
            }
        }
        return result
    }

    private func shortened(_ expression: String) -> String {
        expression.count > 100 ? "\(expression.prefix(99))…" : expression
    }

    private struct Branch {
        let text: String
        let children: [Branch]

        init(_ text: String, _ children: [Branch] = []) {
            self.text = text
            self.children = children
        }
    }

    private static func tree(_ branches: [Branch], indent: String = "") -> [String] {
        branches.enumerated().flatMap { index, branch in
            let isLast = index == branches.count - 1
            return ["\(indent)\(isLast ? "└─ " : "├─ ")\(branch.text)"]
                + tree(branch.children, indent: "\(indent)\(isLast ? "   " : "│  ")")
        }
    }
}

/// `tarn lineage --json`.
struct LineageJSON: Encodable {
    let asset: String
    /// `upstream` or `downstream`.
    let direction: String
    let isComplete: Bool
    /// Why it is not complete.
    let gaps: [String]
    let columns: [Column]

    struct Column: Encodable {
        let column: String
        let type: String?
        let expression: String?
        /// The inputs whose number of rows counts, whatever is in their columns.
        let rowsOf: [String]
        let reached: [Reached]
    }

    struct Reached: Encodable {
        let asset: String
        let column: String
        /// `value`, `filter`, `join_key`, `group` or `order`.
        let role: String
        /// Whether a value is handed on unchanged; left out of other roles.
        let isDirect: Bool?
        let steps: Int

        init(_ reached: LineageGraph.Reached) {
            asset = reached.column.asset.description
            column = reached.column.column
            role = reached.role.isValue ? "value" : reached.role.rawValue
            isDirect = reached.role.isValue ? reached.role == .direct : nil
            steps = reached.steps
        }
    }
}
