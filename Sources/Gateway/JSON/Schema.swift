/// What a value of the API looks like, as OpenAPI 3.1 (JSON Schema) says it.
struct Schema: Sendable {
    let json: JSON

    init(_ json: JSON) { self.json = json }

    static func text(_ doc: String = "", format: String? = nil) -> Schema {
        described(["type": "string"], doc, format.map { ["format": .text($0)] } ?? [:])
    }

    /// An instant such as `2026-11-22T23:04:05Z`.
    static func instant(_ doc: String = "") -> Schema { text(doc, format: "date-time") }

    static func integer(_ doc: String = "", in bounds: ClosedRange<Int64>? = nil) -> Schema {
        var members: [String: JSON] = [:]
        if let bounds {
            members = ["minimum": .integer(bounds.lowerBound), "maximum": .integer(bounds.upperBound)]
        }
        return described(["type": "integer"], doc, members)
    }

    static func number(_ doc: String = "") -> Schema { described(["type": "number"], doc) }
    static func bool(_ doc: String = "") -> Schema { described(["type": "boolean"], doc) }

    static func choice<T: CaseIterable & RawRepresentable>(of type: T.Type, _ doc: String = "") -> Schema
    where T.RawValue == String {
        described(["type": "string", "enum": .list(T.allCases.map { .text($0.rawValue) })], doc)
    }

    static func list(of element: Schema, _ doc: String = "") -> Schema {
        described(["type": "array", "items": element.json], doc)
    }

    static func map(to value: Schema, _ doc: String = "") -> Schema {
        described(["type": "object", "additionalProperties": value.json], doc)
    }

    /// One of the named schemas of the document.
    static func named(_ type: any Described.Type) -> Schema {
        Schema(["$ref": .text("#/components/schemas/\(type.schemaName)")])
    }

    /// An object with these members and no other; those in `optional` may be missing.
    static func object(
        _ doc: String = "", _ members: [String: Schema], optional: [String: Schema] = [:]
    ) -> Schema {
        described(
            [
                "type": "object", "additionalProperties": false,
                "required": .list(members.keys.sorted().map { .text($0) }),
                "properties": .object(members.merging(optional) { first, _ in first }.mapValues(\.json)),
            ], doc)
    }

    static func object(_ members: [String: Schema], optional: [String: Schema] = [:]) -> Schema {
        object("", members, optional: optional)
    }

    private static func described(
        _ json: [String: JSON], _ doc: String, _ more: [String: JSON] = [:]
    ) -> Schema {
        var json = json.merging(more) { first, _ in first }
        if !doc.isEmpty { json["description"] = .text(doc) }
        return Schema(.object(json))
    }
}

/// A value of the API that the OpenAPI document knows by a name.
protocol Described: Encodable, Sendable {
    static var schemaName: String { get }
    static var schema: Schema { get }
}
