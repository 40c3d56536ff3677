internal import LakeModel
internal import Yams

/// A value and where it stands.
struct Located<Value> {
    let value: Value
    let node: Node
}

/// One entry of a mapping whose keys are the user's names.
struct Named<Value> {
    let name: String
    let key: Node
    /// `nil` if it was wrong, which has been reported.
    let value: Value?
}

extension ValueShape {
    /// The same with its node.
    static func located<Inner>(_ inner: ValueShape<Inner>) -> ValueShape where Value == Located<Inner> {
        ValueShape(schema: inner.schema) { node, document in
            inner.read(node, document).map { Located(value: $0, node: node) }
        }
    }

    /// A value that is read later, when it is known whether it is in force.
    static func unread(_ schema: JSONValue) -> ValueShape where Value == Located<Void> {
        ValueShape(schema: schema) { node, _ in Located(value: (), node: node) }
    }

    /// A list in which nothing stands twice; with `orOne`, a single value is a list of one.
    static func list<Element>(of element: ValueShape<Element>, orOne: Bool = false, atLeast: Int = 0)
        -> ValueShape
    where Element: Hashable & Sendable, Value == [Located<Element>] {
        let whole = listOfAny(of: .located(element), orOne: orOne, atLeast: atLeast)
        return ValueShape(schema: whole.schema) { node, document in
            guard let elements = whole.read(node, document) else { return nil }
            var seen: Set<Element> = []
            return elements.filter { element in
                let isNew = seen.insert(element.value).inserted
                if !isNew {
                    document.report(
                        .duplicate, element.node, "\(element.node.inWords) stands twice in one list.",
                        remedy: "Remove one of the two.")
                }
                return isNew
            }
        }
    }

    /// A list; elements that are wrong are left out after they have been reported.
    static func listOfAny<Element>(
        of element: ValueShape<Element>, orOne: Bool = false, atLeast: Int = 0
    ) -> ValueShape where Value == [Element] {
        var list: [(key: String, value: JSONValue)] = [("type", "array"), ("items", element.schema)]
        if atLeast > 0 { list.append(("minItems", .integer(atLeast))) }
        let schema: JSONValue = orOne ? ["anyOf": [element.schema, .object(list)]] : .object(list)
        return ValueShape(schema: schema) { node, document in
            switch node {
            case .sequence(let sequence):
                if sequence.count < atLeast {
                    document.reportValue(
                        node, "the list is empty.", remedy: "Write what belongs here, or remove the key.")
                }
                return sequence.compactMap { element.read($0, document) }
            case .scalar where orOne && !node.isNothing: return element.read(node, document).map { [$0] }
            case .scalar, .mapping, .alias:
                document.reportType(node, expected: "a list")
                return nil
            }
        }
    }

    /// A mapping with the given keys and no other.
    static func mapping(_ shape: MappingShape, mayBeEmpty: Bool = false) -> ValueShape
    where Value == MappingReader {
        ValueShape(schema: mayBeEmpty ? shape.schema(type: ["object", "null"]) : shape.schema) {
            node, document in
            MappingReader(node, shape, document, mayBeEmpty: mayBeEmpty)
        }
    }

    /// A mapping from names of the user's choice to values of one shape.
    static func entries<Element>(of element: ValueShape<Element>, noun: String, atLeast: Int = 0)
        -> ValueShape
    where Value == [Named<Element>] {
        var schema: [(key: String, value: JSONValue)] = [
            ("type", "object"), ("additionalProperties", element.schema),
        ]
        if atLeast > 0 { schema.append(("minProperties", .integer(atLeast))) }
        return ValueShape(schema: .object(schema)) { node, document in
            guard case .mapping(let mapping) = node else {
                document.reportType(node, expected: "names of \(noun) with their settings")
                return nil
            }
            if mapping.count < atLeast {
                document.reportValue(
                    node, "there are no \(noun).", remedy: "Name at least one, or remove the file.")
            }
            return mapping.compactMap { key, value in
                guard let name = key.scalar?.string, !key.isNothing else {
                    document.reportType(key, expected: "a name")
                    return nil
                }
                return Named(name: name, key: key, value: element.read(value, document))
            }
        }
    }
}
