internal import LakeModel

/// What a model's header says of how its rows become a table.
struct ModelForm {
    let materialization: TableForm
    let layout: TableLayout
    let resources: ResourceLimits
    private let place: Place

    /// - Parameter declared: The columns that the model declares; `nil` if it declares none.
    init(_ reader: MappingReader, declared: [String]?, isPartitioned: Bool) {
        let document = reader.document
        place =
            reader.has(ModelKeys.key.name)
            ? document.place(of: reader.node(of: ModelKeys.key.name)) : document.place(of: reader.node)
        let word = reader[ModelKeys.materialization] ?? .full
        let key = reader[ModelKeys.key]
        ModelForm.checkKeys(reader, word, isPartitioned: isPartitioned)
        switch word {
        case .full: materialization = .full
        case .view: materialization = .view
        case .incremental:
            ModelForm.areDeclared(key ?? [], declared, document)
            let followed = reader[ModelKeys.incremental] ?? []
            let inputs = followed.compactMap { entry -> IncrementalRules.Input? in
                guard let asset = AssetKey(entry.name) else {
                    document.reportValue(
                        entry.key, "'\(entry.name)' is not the name of a table.",
                        remedy: "Write silver.<table>, gold.<table> or bronze_<source>.<table>.")
                    return nil
                }
                return entry.value.map {
                    IncrementalRules.Input(
                        asset: asset, column: $0.value, place: document.place(of: entry.key))
                }
            }
            materialization = .incremental(IncrementalRules(key: (key ?? []).map(\.value), inputs: inputs))
        case .scd2:
            ModelForm.areDeclared(key ?? [], declared, document)
            let history = reader[ModelKeys.history]
            ModelForm.areDeclared(history?[HistoryKeys.compare] ?? [], declared, document)
            materialization = .history(
                HistoryRules(
                    key: (key ?? []).map(\.value), observed: history?[HistoryKeys.observed]?.value ?? "",
                    compared: history?[HistoryKeys.compare]?.map(\.value),
                    deletes: history?[HistoryKeys.deletes] ?? .ignore))
        }
        let written = reader[ModelKeys.layout]
        ModelForm.areDeclared(written?[LayoutKeys.sort] ?? [], declared, document)
        layout = TableLayout(
            sort: (written?[LayoutKeys.sort] ?? []).map(\.value), rowGroup: written?[LayoutKeys.rowGroup])
        let limits = reader[ModelKeys.resources]
        resources = ResourceLimits(
            memoryLimit: limits?[ResourceKeys.memoryLimit], threads: limits?[ResourceKeys.threads])
    }

    /// The checks without which the materialization would not be what it says, unless they are there already.
    func checks(beside written: [Check]) -> [Check] {
        var rules: [Check.Rule] = []
        switch materialization {
        case .full, .view: break
        case .incremental(let form):
            rules = form.key.map { .notNull(column: $0) } + [.unique(columns: form.key)]
        case .history(let form):
            rules = form.key.map { .notNull(column: $0) } + [.notNull(column: HistoryColumns.from)]
        }
        let missing = rules.filter { rule in
            !written.contains { $0.rule == rule && $0.severity == .block }
        }
        return written + missing.map { Check($0, severity: .block, place: place) }
    }

    private static func checkKeys(
        _ reader: MappingReader, _ word: ModelKeys.Word, isPartitioned: Bool
    ) {
        let needed: [String: [ModelKeys.Word]] = [
            ModelKeys.key.name: [.incremental, .scd2], ModelKeys.incremental.name: [.incremental],
            ModelKeys.history.name: [.scd2],
        ]
        for (name, words) in needed.sorted(by: { $0.key < $1.key }) {
            if words.contains(word), !reader.has(name) {
                reader.document.report(
                    .missingKey, reader.node(of: ModelKeys.materialization.name),
                    "materialization \(word.rawValue) needs '\(name)'.",
                    remedy: "Add it; docs/models.md says what it means.")
            } else if !words.contains(word), reader.has(name) {
                reader.document.report(
                    .conflict, reader.node(of: name),
                    "'\(name)' has no meaning with materialization \(word.rawValue).",
                    remedy:
                        "Remove it, or write materialization: \(words.map(\.rawValue).joined(separator: " or "))."
                )
            }
        }
        if isPartitioned, word != .full {
            reader.document.report(
                .conflict, reader.node(of: ModelKeys.materialization.name),
                "a table with partitions cannot have materialization \(word.rawValue).",
                remedy: "Remove 'partitions' or 'materialization'.")
        }
        if word == .view {
            for name in [
                ModelKeys.layout.name, ModelKeys.resources.name, ModelKeys.publish.name,
                ModelKeys.strict.name,
            ] where reader.has(name) {
                reader.document.report(
                    .conflict, reader.node(of: name),
                    "'\(name)' has no meaning for a view, which has no file.",
                    remedy: "Remove it.")
            }
        }
    }

    private static func areDeclared(
        _ columns: [Located<String>], _ declared: [String]?, _ document: YAMLDocument
    ) {
        guard let declared else { return }
        for column in columns where !declared.contains(column.value) {
            let meant = suggestion(for: column.value, among: declared)
            document.report(
                .unknownColumn, column.node,
                "the column \(column.node.inWords) is not declared" + (meant.isEmpty ? "." : meant),
                remedy: "Columns of this model: \(declared.joined(separator: ", ")).")
        }
    }
}
