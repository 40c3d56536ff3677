internal import LakeModel
internal import Yams

/// Reads one file of `models/silver` or `models/gold`.
struct ModelFile {
    /// `nil` if its header or its SQL cannot be read at all.
    let definition: ModelDefinition?
    /// Tables that its checks name, to be looked for when all models are known.
    let references: [Reference]

    struct Reference {
        let asset: AssetKey
        let place: Place
        let written: String
    }

    init(
        _ text: String, key: AssetKey, file: String, zone: ZoneRules, pools: [String: Int],
        variables: [String: String], _ mistakes: MistakeList
    ) {
        guard let parts = Self.parts(text, file: file, mistakes) else {
            (definition, references) = (nil, [])
            return
        }
        let sqlPlace = Place(file: file, line: parts.sqlLine, column: parts.sqlColumn)
        if parts.isSQLEmpty {
            mistakes.add(
                .emptySQL, at: sqlPlace, "there is no SELECT after the header.",
                remedy: "Write the SELECT that yields the rows of \(key), or remove the file.")
        }
        let document = YAMLDocument(
            file: file, linesBefore: parts.linesBeforeHeader, variables: variables, mistakes: mistakes)
        guard let root = document.root(of: parts.header),
            let reader = MappingReader(root, ModelKeys.shape, document, mayBeEmpty: true)
        else {
            (definition, references) = (nil, [])
            return
        }
        var checks = Checks(document: document)
        let columns = Self.columns(reader, &checks)
        let declared = reader.has(ModelKeys.columns.name) ? columns.map(\.name) : nil
        for check in reader[ModelKeys.checks] ?? [] { checks.add(check, column: nil, declared: declared) }
        references = checks.references
        let partitions = reader[PartitionsKeys.partitions]?.definition(of: .model, zone: zone)
        if let partitions, let declared { Self.check(partitions, declared, document) }
        let inputs = InputKeys.read(reader[InputKeys.inputs] ?? [], document)
        let freshness = reader[ModelKeys.freshness].flatMap { FreshnessKeys.read($0, zone: zone) }
        let rules = AssetRulesKeys.read(reader, known: pools)
        let form = ModelForm(reader, declared: declared, isPartitioned: partitions != nil)
        let (access, breaking) = Self.contract(reader)
        definition =
            parts.isSQLEmpty
            ? nil
            : ModelDefinition(
                key: key, description: reader[ModelKeys.description], grain: reader[ModelKeys.grain],
                owner: reader[ModelKeys.owner], tags: (reader[ModelKeys.tags] ?? []).map(\.value),
                materialization: form.materialization, layout: form.layout, resources: form.resources,
                group: reader[ModelKeys.publish], columns: columns,
                checks: form.checks(beside: checks.all), partitions: partitions, inputs: inputs,
                freshness: freshness, rules: rules, access: access, breaking: breaking,
                isStrict: reader[ModelKeys.strict] ?? false, sql: parts.sql, sqlPlace: sqlPlace)
    }

    /// Columns that decide on partitions are among those that the model declares.
    private static func check(
        _ partitions: PartitionsDefinition, _ declared: [String], _ document: YAMLDocument
    ) {
        for column in partitions.columns where !declared.contains(column) {
            let meant = suggestion(for: column, among: declared)
            document.mistakes.add(
                .unknownColumn, at: partitions.place,
                "the partitions are by the column '\(column)', which is not declared"
                    + (meant.isEmpty ? "." : meant),
                remedy: "Columns of this model: \(declared.joined(separator: ", ")).")
        }
    }

    private static func contract(_ reader: MappingReader) -> (ModelDefinition.Access, String?) {
        let (access, breaking) = (reader[ModelKeys.access] ?? .private, reader[ModelKeys.breaking])
        if breaking != nil, access == .private, !reader.hasUnknownKeys {
            reader.document.report(
                .conflict, reader.node(of: ModelKeys.breaking.name),
                "'breaking' is of a public model: columns of others may change at any time.",
                remedy: "Remove it, or write 'access: public'.")
        }
        return (access, breaking)
    }

    private static func parts(_ text: String, file: String, _ mistakes: MistakeList) -> ModelText? {
        do throws(ModelText.Failure) {
            return try ModelText(text)
        } catch {
            switch error {
            case .noHeader:
                mistakes.add(
                    .missingHeader, at: Place(file: file), "the model does not begin with a header.",
                    remedy: "Begin the file with '/*---', a line 'description: …', and '---*/'.")
            case .openHeader(let line):
                mistakes.add(
                    .missingHeader, at: Place(file: file, line: line), "the header is not closed.",
                    remedy: "End it with a line '---*/' before the SELECT.")
            }
            return nil
        }
    }

    private static func columns(_ reader: MappingReader, _ checks: inout Checks) -> [ColumnDefinition] {
        (reader[ModelKeys.columns] ?? []).map { entry in
            if entry.value?[ColumnKeys.nullable] == false, let reader = entry.value {
                checks.add(
                    WrittenCheck(
                        rule: .notNull, severity: .block, node: reader.node(of: ColumnKeys.nullable.name)),
                    column: entry.name, declared: nil)
            }
            for check in entry.value?[ColumnKeys.checks] ?? [] {
                checks.add(check, column: entry.name, declared: nil)
            }
            return ColumnDefinition(
                name: entry.name, type: entry.value?[ColumnKeys.type],
                description: entry.value?[ColumnKeys.description],
                place: reader.document.place(of: entry.key))
        }
    }
}

/// The checks of one model as they are gathered from its columns and its list.
private struct Checks {
    let document: YAMLDocument
    private(set) var all: [Check] = []
    private(set) var references: [ModelFile.Reference] = []

    init(document: YAMLDocument) { self.document = document }

    /// `column` is the one that the check stands at; `declared` are those that a check of the table may name,
    /// `nil` for any.
    mutating func add(_ check: WrittenCheck, column: String?, declared: [String]?) {
        guard let rule = rule(check, column: column, declared: declared) else { return }
        let added = Check(rule, severity: check.severity, place: document.place(of: check.node))
        if let twin = all.first(where: { $0.rule == rule }) {
            document.report(
                .duplicate, check.node,
                "the check \(added.name) stands twice: first on line \(twin.place.line).",
                remedy: "Remove one of the two.")
            return
        }
        all.append(added)
    }

    private mutating func rule(_ check: WrittenCheck, column: String?, declared: [String]?) -> Check.Rule? {
        switch check.rule {
        case .notNull: return column.map { .notNull(column: $0) }
        case .acceptedValues(let values): return column.map { .acceptedValues(column: $0, values: values) }
        case .relationships(let to, let otherColumn):
            references.append(
                ModelFile.Reference(
                    asset: to.value, place: document.place(of: to.node), written: to.node.inWords))
            return column.map { .relationships(column: $0, other: to.value, otherColumn: otherColumn) }
        case .unique(let columns):
            if let column { return .unique(columns: [column]) }
            return areDeclared(columns, declared) ? .unique(columns: columns.map(\.value)) : nil
        case .rowCount(let min, let max): return .rowCount(min: min.map(Int64.init), max: max.map(Int64.init))
        }
    }

    private func areDeclared(_ columns: [Located<String>], _ declared: [String]?) -> Bool {
        guard let declared else { return true }
        let unknown = columns.filter { !declared.contains($0.value) }
        for column in unknown {
            let meant = suggestion(for: column.value, among: declared)
            document.report(
                .unknownColumn, column.node,
                "the check names the column \(column.node.inWords), which is not declared"
                    + (meant.isEmpty ? "." : meant),
                remedy: "Columns of this model: \(declared.joined(separator: ", ")).")
        }
        return unknown.isEmpty
    }
}
