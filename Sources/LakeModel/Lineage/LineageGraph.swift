/// The lineage of all columns of a lake, through every table to bronze and back.
package struct LineageGraph: Sendable {
    /// Of each model what its SQL makes of its inputs.
    package let models: [AssetKey: StatementLineage]
    /// The columns of bronze tables, as far as they are known.
    package let bronze: [AssetKey: [ColumnSchema]]

    package init(models: [AssetKey: StatementLineage], bronze: [AssetKey: [ColumnSchema]]) {
        self.models = models
        self.bronze = bronze
    }

    /// A column that was reached from another one.
    package struct Reached: Hashable, Sendable {
        package let column: ColumnKey
        package let role: ColumnRole
        /// How many tables lie between, plus one; of several ways the shortest.
        package let steps: Int
    }

    /// The names of an asset's columns, in their order; `nil` while nobody knows them.
    package func columns(of asset: AssetKey) -> [String]? {
        models[asset]?.columns.map(\.name) ?? bronze[asset]?.map(\.name)
    }

    /// Why what is known of an asset is not all, for it and everything that it is made from.
    package func gaps(of asset: AssetKey) -> [String] {
        var gaps: [String] = []
        var seen: Set<AssetKey> = []
        var waiting = [asset]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let lineage = models[next] else { continue }
            gaps += lineage.gaps.map { "\(next): \($0)" }
            waiting += lineage.allInputs.sorted()
        }
        return gaps.sorted()
    }

    /// Everything that decides a column, in at most `depth` steps; sorted by steps, role and name.
    package func inputs(of column: ColumnKey, depth: Int = .max) -> [Reached] {
        guard let lineage = models[column.asset], let found = lineage.column(column.column) else { return [] }
        return inputs(of: lineage.dependencies(of: found), depth: depth)
    }

    private func inputs(of start: Dependencies, depth: Int) -> [Reached] {
        var reached: [ColumnUse: Int] = [:]
        var tables: Set<AssetKey> = []
        var layer = start
        var steps = 1
        while steps <= depth, !(layer.uses.isEmpty && layer.tables.isEmpty) {
            var next = Dependencies()
            for use in layer.uses where reached[use] == nil {
                reached[use] = steps
                guard let lineage = models[use.input.asset],
                    let column = lineage.column(use.input.column)
                else { continue }
                next.formUnion(lineage.dependencies(of: column).then(use.role))
            }
            for table in layer.tables where tables.insert(table).inserted {
                if let lineage = models[table] { next.formUnion(lineage.rows) }
            }
            layer = next
            steps += 1
        }
        return LineageGraph.sorted(reached)
    }

    /// Every column that `column` decides, in at most `depth` steps.
    package func readers(of column: ColumnKey, depth: Int = .max) -> [Reached] {
        let index = ReaderIndex(models)
        var reached: [ColumnUse: Int] = [:]
        var rowsReached: [AssetKey: Set<ColumnRole>] = [:]
        var layer: Set<ColumnUse> = [ColumnUse(column, .direct)]
        /// Tables whose rows it decides, with the role in which it does.
        var rows: [AssetKey: Set<ColumnRole>] = [:]
        var steps = 1
        while steps <= depth, !(layer.isEmpty && rows.isEmpty) {
            var next: Set<ColumnUse> = []
            var nextRows: [AssetKey: Set<ColumnRole>] = [:]
            for use in layer {
                for reader in index.readers[use.input] ?? [] {
                    next.insert(ColumnUse(reader.input, use.role.then(reader.role)))
                }
                for (table, role) in index.rowReaders[use.input] ?? [] {
                    nextRows[table, default: []].insert(use.role.then(role))
                }
            }
            for (table, found) in rows {
                let roles = found.subtracting(rowsReached[table] ?? [])
                rowsReached[table, default: []].formUnion(roles)
                for reader in index.tableReaders[table] ?? [] {
                    for role in roles { next.insert(ColumnUse(reader, role)) }
                }
                for reader in index.tableRowReaders[table] ?? [] {
                    nextRows[reader, default: []].formUnion(roles)
                }
            }
            // What decides the rows of a table decides each of its columns.
            for (table, roles) in nextRows {
                for name in columns(of: table) ?? [] {
                    for role in roles { next.insert(ColumnUse(ColumnKey(table, name), role)) }
                }
            }
            layer = next.filter { reached[$0] == nil }
            for use in layer { reached[use] = steps }
            rows = nextRows.filter { !$0.value.isSubset(of: rowsReached[$0.key] ?? []) }
            steps += 1
        }
        return LineageGraph.sorted(reached)
    }

    private static func sorted(_ reached: [ColumnUse: Int]) -> [Reached] {
        reached.filter { use, steps in
            use.role != .direct || reached[ColumnUse(use.input, .derived)].map { $0 > steps } ?? true
        }.map { Reached(column: $0.key.input, role: $0.key.role, steps: $0.value) }
            .sorted { ($0.steps, $0.role, $0.column) < ($1.steps, $1.role, $1.column) }
    }
}

extension StatementLineage {
    /// Every table that decides a column or the rows.
    package var allInputs: Set<AssetKey> {
        columns.reduce(into: rows.inputs) { $0.formUnion($1.dependencies.inputs) }
    }
}

extension Dependencies {
    /// The tables of its columns, and those whose rows count.
    package var inputs: Set<AssetKey> { tables.union(uses.map(\.input.asset)) }
}

/// The lineage of all models, from the inputs' side.
private struct ReaderIndex {
    /// Of each column the columns that are made from it.
    var readers: [ColumnKey: Set<ColumnUse>] = [:]
    /// Of each column the tables whose rows it decides.
    var rowReaders: [ColumnKey: [(AssetKey, ColumnRole)]] = [:]
    /// Of each table the columns that depend on which rows it has, whatever is in them.
    var tableReaders: [AssetKey: Set<ColumnKey>] = [:]
    /// The same for whole tables.
    var tableRowReaders: [AssetKey: Set<AssetKey>] = [:]

    init(_ models: [AssetKey: StatementLineage]) {
        for (asset, lineage) in models {
            for column in lineage.columns {
                let key = ColumnKey(asset, column.name)
                for use in column.dependencies.uses {
                    readers[use.input, default: []].insert(ColumnUse(key, use.role))
                }
                for table in column.dependencies.tables { tableReaders[table, default: []].insert(key) }
            }
            for use in lineage.rows.uses { rowReaders[use.input, default: []].append((asset, use.role)) }
            for table in lineage.rows.tables { tableRowReaders[table, default: []].insert(asset) }
        }
    }
}
