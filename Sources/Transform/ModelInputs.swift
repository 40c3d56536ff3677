package import LakeModel
internal import LakeSQL
package import Project

/// What a model reads, and what it may not: silver is a pure function of bronze.
struct ModelInputs {
    /// In the order of keys, each once.
    let inputs: [AssetKey]
    /// Those of which it reads every partition.
    let historyInputs: Set<AssetKey>
    /// The names that it reads, as they are spelt; in the order of keys, each once.
    let reads: [AssetKey]
    let mistakes: [any Diagnostic]

    init(
        of model: ModelDefinition, analysis: StatementAnalysis, loaded: LoadedLake, definition: LakeDefinition
    ) {
        let known = loaded.named
        var inputs: Set<AssetKey> = []
        var historyInputs: Set<AssetKey> = []
        var reads: Set<AssetKey> = []
        var mistakes: [any Diagnostic] = []
        for reference in analysis.tables {
            let place = model.place(ofByte: reference.position)
            let name = reference.schema.isEmpty ? reference.table : "\(reference.schema).\(reference.table)"
            let written = AssetKey(schema: reference.schema, table: reference.table)
            guard let written, let key = written.current else {
                mistakes.append(UnknownTable(name: name, model: model.key, place: place, known: known))
                continue
            }
            if let exclusion = definition.exclusion(of: key) {
                mistakes.append(ExcludedTable(name: name, exclusion: exclusion, place: place))
            } else if let source = key.source, loaded.unreadable.contains(source) {
                continue
            } else if !known.contains(key) {
                mistakes.append(UnknownTable(name: name, model: model.key, place: place, known: known))
            } else if key.layer > model.key.layer {
                mistakes.append(LayerMistake(input: key, model: model.key, place: place))
            } else {
                inputs.insert(key)
                reads.insert(written)
                if key.table.text != reference.table { historyInputs.insert(key) }
            }
        }
        for function in analysis.functions {
            guard let reason = Impurity(function) else { continue }
            mistakes.append(
                ImpureModel(
                    function: function.name, reason: reason, model: model.key,
                    place: model.place(ofByte: function.position)))
        }
        self.inputs = inputs.sorted()
        self.historyInputs = historyInputs
        self.reads = reads.sorted()
        self.mistakes = mistakes
    }
}

extension AssetKey {
    /// `bronze_s.t__all` names every row of every partition of the asset `bronze_s.t`.
    var current: AssetKey? {
        guard case .bronze(let source, let table) = self, table.text.hasSuffix("__all") else { return self }
        return TableName(String(table.text.dropLast(5))).map { .bronze(source, $0) }
    }
}

extension LakeDefinition {
    /// The exclusion of the lake that covers `key`, if there is one.
    package func exclusion(of key: AssetKey) -> Exclusion? {
        guard let source = key.source else { return nil }
        let ofSource = sources.first { $0.name == source }?.exclusions ?? []
        return (exclusions + ofSource).first { exclusion in
            switch exclusion.subject {
            case .source(let pattern): pattern.matches(source.text)
            case .table(let pattern):
                pattern.matches(key.table.text) || pattern.matches("\(source).\(key.table)")
            case .views: false
            }
        }
    }
}

extension ModelDefinition {
    /// The line and column of a byte of its SQL.
    package func place(ofByte position: Int) -> Place {
        var line = sqlPlace.line
        var column = sqlPlace.column
        for byte in sql.utf8.prefix(position) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Place(file: file, line: line, column: column)
    }
}

/// Why a function must not stand in a model.
enum Impurity {
    case readsOutside, changesByItself

    init?(_ function: StatementAnalysis.FunctionReference) {
        if Impurity.volatile.contains(function.name) {
            self = .changesByItself
        } else if function.isTableFunction, !Impurity.pureTableFunctions.contains(function.name) {
            self = .readsOutside
        } else {
            return nil
        }
    }

    private static let pureTableFunctions: Set<String> = [
        "range", "generate_series", "unnest", "json_each", "json_tree", "generate_subscripts", "repeat",
        "repeat_row",
    ]
    private static let volatile: Set<String> = [
        "random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "now", "current_timestamp",
        "get_current_timestamp", "transaction_timestamp", "current_date", "today", "current_time",
        "get_current_time",
        "current_localtime", "current_localtimestamp", "localtime", "localtimestamp", "nextval", "currval",
        "txid_current", "getenv", "getvariable", "current_setting", "query", "query_table", "tablesample",
    ]
}
