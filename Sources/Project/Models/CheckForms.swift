internal import LakeModel
internal import Yams

/// A check as it is written, before it is known which columns and tables there are.
struct WrittenCheck {
    let rule: Rule
    let severity: Check.Severity
    let node: Node

    enum Rule {
        case notNull
        case unique(columns: [Located<String>])
        case acceptedValues([String])
        case relationships(to: Located<AssetKey>, column: String)
        case rowCount(min: Int?, max: Int?)
    }
}

/// The ways to write a check: `not_null`, `{unique: [a, b]}`, `{row_count: {min: 1, severity: warn}}`.
enum CheckForms {
    static let ofColumn = shape(
        [notNull, uniqueColumn, acceptedValues, relationships], others: [rowCount], of: "a column")
    static let ofTable = shape(
        [uniqueColumns, rowCount], others: [notNull, acceptedValues, relationships], of: "the table")

    fileprivate static let severity = Key(
        "severity", .choice as ValueShape<Check.Severity>,
        "block: what breaks the rule is not published. warn: it is published with a remark. Default: block.")

    private static let notNull = CheckForm(name: "not_null", settings: [severity], bare: { .notNull }) { _ in
        .notNull
    }

    private static let uniqueColumn = CheckForm(
        name: "unique", settings: [severity], bare: { .unique(columns: []) }
    ) { _ in
        .unique(columns: [])
    }

    private static let columns = Key(
        "columns", .list(of: .text, atLeast: 1), isRequired: true,
        "No two rows share the values of these columns.")
    private static let uniqueColumns = CheckForm(
        name: "unique", settings: [columns, severity],
        list: (columns.value.schema, { columns.value.read($0, $1).map { .unique(columns: $0) } })
    ) { $0[columns].map { .unique(columns: $0) } }

    private static let values = Key(
        "values", .list(of: .anyScalar, atLeast: 1), isRequired: true,
        "The column holds one of these, or NULL.")
    private static let acceptedValues = CheckForm(
        name: "accepted_values", settings: [values, severity],
        list: (values.value.schema, { values.value.read($0, $1).map { .acceptedValues($0.map(\.value)) } })
    ) { $0[values].map { .acceptedValues($0.map(\.value)) } }

    private static let to = Key(
        "to", .located(asset), isRequired: true, "The table that holds every value of this column.")
    private static let column = Key("column", .text, isRequired: true, "The column of that table.")
    private static let relationships = CheckForm(name: "relationships", settings: [to, column, severity]) {
        reader in
        let (to, column) = (reader[to], reader[column])
        guard let to, let column else { return nil }
        return .relationships(to: to, column: column)
    }

    private static let min = Key("min", .integer(0...Int.max), "The table has at least so many rows.")
    private static let max = Key("max", .integer(0...Int.max), "The table has at most so many rows.")
    private static let rowCount = CheckForm(name: "row_count", settings: [min, max, severity]) { reader in
        let (least, most) = (reader[min], reader[max])
        if !reader.has(min.name), !reader.has(max.name) {
            reader.document.report(
                .missingKey, reader.node, "a row count has 'min', 'max' or both.", remedy: "Add 'min: 1'.")
            return nil
        }
        if let least, let most, least > most {
            reader.document.report(
                .conflict, reader.node(of: max.name),
                "no table has at least \(least) and at most \(most) rows.",
                remedy: "Make 'min' at most 'max'.")
            return nil
        }
        return .rowCount(min: least, max: most)
    }

    private static var asset: ValueShape<AssetKey> {
        ValueShape(schema: ["type": "string", "pattern": "^(silver|gold|bronze_[a-z][a-z0-9_]*)\\..+$"]) {
            node, document in
            guard let text = document.text(node, expected: "the name of a table") else { return nil }
            if let key = AssetKey(text) { return key }
            document.reportValue(
                node, "\(node.inWords) is not the name of a table.",
                remedy: "Write silver.<table>, gold.<table> or bronze_<source>.<table>.")
            return nil
        }
    }

    /// One of `forms`. `others` are those that belong elsewhere, for the mistake that says so.
    private static func shape(_ forms: [CheckForm], others: [CheckForm], of subject: String) -> ValueShape<
        WrittenCheck
    > {
        let names = forms.map(\.name)
        let otherNames = Set(others.map(\.name))
        return ValueShape(schema: ["oneOf": .array(forms.flatMap(\.schemas))]) { node, document in
            guard let (name, key, settings) = nameAndSettings(node, document, known: names) else {
                return nil
            }
            guard let form = forms.first(where: { $0.name == name }) else {
                let belongs =
                    subject == "a column" ? "the table: write it under 'checks'" : "a column: write it there"
                let meant = suggestion(for: name, among: names)
                document.report(
                    .unknownCheck, key,
                    otherNames.contains(name)
                        ? "'\(name)' is a check of \(belongs)."
                        : "unknown check '\(name)'\(meant.isEmpty ? "." : meant)",
                    remedy: "Checks of \(subject): \(names.joined(separator: ", ")).")
                return nil
            }
            return form.read(settings, node, document)
        }
    }

    /// `not_null` or `{not_null: …}`.
    private static func nameAndSettings(
        _ node: Node, _ document: YAMLDocument, known: [String]
    ) -> (name: String, key: Node, settings: Node?)? {
        switch node {
        case .scalar(let scalar) where scalar.kind == .text: return (scalar.string, node, nil)
        case .mapping(let mapping) where mapping.count == 1:
            if let (key, value) = mapping.first, let name = key.scalar?.string { return (name, key, value) }
        case .mapping, .scalar, .sequence, .alias: break
        }
        document.report(
            .wrongType, node,
            "expected one check, found \(node.mapping.map { "\($0.count) keys" } ?? node.inWords).",
            remedy: "Write '- \(known[0])' or '- {\(known[0]): …}': one check per entry of the list.")
        return nil
    }
}

/// One kind of check: its name and what may stand behind it.
private struct CheckForm: Sendable {
    let name: String
    let settings: MappingShape
    /// What the name alone means, if it is enough.
    let bare: (@Sendable () -> WrittenCheck.Rule)?
    /// A list behind the name, instead of settings.
    let list: (schema: JSONValue, read: @Sendable (Node, YAMLDocument) -> WrittenCheck.Rule?)?
    let rule: @Sendable (MappingReader) -> WrittenCheck.Rule?

    init(
        name: String, settings: [any MappingKey], bare: (@Sendable () -> WrittenCheck.Rule)? = nil,
        list: (schema: JSONValue, read: @Sendable (Node, YAMLDocument) -> WrittenCheck.Rule?)? = nil,
        rule: @escaping @Sendable (MappingReader) -> WrittenCheck.Rule?
    ) {
        self.name = name
        self.settings = MappingShape("the check '\(name)'", settings)
        self.bare = bare
        self.list = list
        self.rule = rule
    }

    var schemas: [JSONValue] {
        let value: JSONValue = list.map { ["anyOf": [$0.schema, settings.schema]] } ?? settings.schema
        let long: JSONValue = .object([
            ("type", "object"), ("additionalProperties", false), ("required", .array([.string(name)])),
            ("properties", .object([(name, value)])),
        ])
        return bare != nil ? [["const": .string(name)], long] : [long]
    }

    func read(_ node: Node?, _ check: Node, _ document: YAMLDocument) -> WrittenCheck? {
        guard let node, !node.isNothing else {
            guard node == nil, let bare else {
                let wanted = list == nil ? "" : "a list, or "
                document.report(
                    .missingKey, check,
                    "the check '\(name)' needs \(wanted)the keys \(settings.names.joined(separator: ", ")).",
                    remedy: "Write '- {\(name): …}'.")
                return nil
            }
            return WrittenCheck(rule: bare(), severity: .block, node: check)
        }
        if let list, case .sequence = node {
            return list.read(node, document).map { WrittenCheck(rule: $0, severity: .block, node: check) }
        }
        guard let reader = MappingReader(node, settings, document) else { return nil }
        let severity = reader[CheckForms.severity] ?? .block
        return rule(reader).map { WrittenCheck(rule: $0, severity: severity, node: check) }
    }
}
