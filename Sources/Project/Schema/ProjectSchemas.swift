/// JSON Schemas (draft 2020-12) of the lake's YAML, made from the same descriptions that the readers use.
package enum ProjectSchemas {
    /// `lake.yaml`.
    package static var lake: String { text(of: LakeKeys.shape, title: "lake.yaml") }

    /// `sources/<name>.yaml`.
    package static var source: String { text(of: SourceKeys.shape, title: "sources/<name>.yaml") }

    /// The header of `models/{silver,gold}/<name>.sql`.
    package static var modelHeader: String {
        text(of: ModelKeys.shape, title: "The header of a model", mayBeEmpty: true)
    }

    /// `schedules/<name>.yaml`.
    package static var schedules: String {
        text(of: TriggerKeys.shape, title: "schedules/<name>.yaml", mayBeEmpty: true)
    }

    /// `tests/<name>.yaml`.
    package static var tests: String { text(of: ModelTestKeys.shape, title: "tests/<name>.yaml") }

    private static func text(of shape: MappingShape, title: String, mayBeEmpty: Bool = false) -> String {
        let schema = mayBeEmpty ? shape.schema(type: ["object", "null"]) : shape.schema
        guard case .object(let members) = schema else { return schema.text() }
        let head: [(key: String, value: JSONValue)] = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"), ("title", .string(title)),
        ]
        return JSONValue.object(head + members).text() + "\n"
    }
}
