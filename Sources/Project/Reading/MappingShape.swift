internal import Yams

/// How a value is written: what a reader takes and what the JSON Schema says of it, in one description.
struct ValueShape<Value>: Sendable {
    let schema: JSONValue
    /// `nil` after a mistake has been reported, or for an unset variable of what is not in force.
    let read: @Sendable (Node, YAMLDocument) -> Value?
}

/// One key of a mapping.
struct Key<Value>: Sendable {
    let name: String
    let isRequired: Bool
    /// What it means, for the editor that shows the schema.
    let doc: String
    let value: ValueShape<Value>

    init(_ name: String, _ value: ValueShape<Value>, isRequired: Bool = false, _ doc: String) {
        self.name = name
        self.value = value
        self.isRequired = isRequired
        self.doc = doc
    }
}

protocol MappingKey: Sendable {
    var name: String { get }
    var isRequired: Bool { get }
    /// The value's schema with the key's doc.
    var schema: JSONValue { get }
}

extension Key: MappingKey {
    var schema: JSONValue {
        guard case .object(let members) = value.schema else { return value.schema }
        return .object([("description", .string(doc))] + members)
    }
}

/// The keys of a mapping: nothing else may stand in it.
struct MappingShape: Sendable {
    /// As a noun with its article: `a table`.
    let noun: String
    let keys: [any MappingKey]
    let names: [String]

    init(_ noun: String, _ keys: [any MappingKey]) {
        self.noun = noun
        self.keys = keys
        names = keys.map(\.name)
    }

    var schema: JSONValue { schema(type: "object") }

    func schema(type: JSONValue) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [("type", type), ("additionalProperties", false)]
        let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { members.append(("required", .array(required))) }
        members.append(("properties", .object(keys.map { ($0.name, $0.schema) })))
        return .object(members)
    }
}

/// The values of one mapping by its keys; unknown and missing keys are reported when it is made.
struct MappingReader {
    let document: YAMLDocument
    let node: Node
    private let shape: MappingShape
    private var entries: [(key: Node, name: String, value: Node)] = []
    /// Whether one was reported, which may be a misspelling of one that is missed.
    private(set) var hasUnknownKeys = false

    /// `nil` after it has been reported that `node` is no mapping; nothing at all is a mapping without keys
    /// if `mayBeEmpty`.
    init?(_ node: Node, _ shape: MappingShape, _ document: YAMLDocument, mayBeEmpty: Bool = false) {
        self.document = document
        self.node = node
        self.shape = shape
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard let name = key.scalar?.string, shape.names.contains(name) else {
                    reportUnknown(key)
                    hasUnknownKeys = true
                    continue
                }
                entries.append((key, name, value))
            }
        case _ where mayBeEmpty && node.isNothing: break
        default:
            document.reportType(node, expected: "the keys of \(shape.noun)")
            return nil
        }
        for key in shape.keys where key.isRequired && !has(key.name) {
            document.report(
                .missingKey, node, "\(shape.noun) needs the key '\(key.name)'.",
                remedy: "Add '\(key.name):'. Keys here: \(shape.names.joined(separator: ", ")).")
        }
    }

    /// The value of `key`; `nil` if it is not there or wrong.
    subscript<Value>(key: Key<Value>) -> Value? {
        precondition(
            shape.names.contains(key.name), "'\(key.name)' is not listed among the keys of \(shape.noun)")
        return entries.first { $0.name == key.name }.flatMap { key.value.read($0.value, document) }
    }

    func has(_ name: String) -> Bool { entries.contains { $0.name == name } }

    /// Where the key stands, or the mapping if the key does not.
    func node(of name: String) -> Node { entries.first { $0.name == name }?.key ?? node }

    /// The node of the key's value.
    func value(of name: String) -> Node? { entries.first { $0.name == name }?.value }

    private func reportUnknown(_ key: Node) {
        let known = "Known keys here: \(shape.names.joined(separator: ", "))."
        guard let name = key.scalar?.string else {
            document.report(.unknownKey, key, "the keys of \(shape.noun) are words.", remedy: known)
            return
        }
        let meant = suggestion(for: name, among: shape.names)
        document.report(
            .unknownKey, key, "unknown key '\(name)'\(meant.isEmpty ? "." : meant)", remedy: known)
    }
}
