internal import LakeModel
internal import Yams

/// The keys of `partitions:`, of a table and of a model.
enum PartitionsKeys {
    static let by = Key(
        "by", .dimensions, isRequired: true,
        "hourly, daily, weekly, monthly, or { keys: [uk, ie] }, or a list of one time and one such list of keys."
    )
    static let column = Key("column", .text, "The column that decides in which partition a row is.")
    static let columns = Key(
        "columns", .list(of: .text, atLeast: 1), "The columns of several dimensions, in the order of 'by'.")
    static let start = Key("start", .day, "The first day of the first partition.")
    static let end = Key("end", .day, "The first day after the last partition. Default: it goes on.")
    static let endOffset = Key(
        "end_offset", .integer(-1_000...1_000),
        "By how many partitions what exists goes beyond those that are over: 1 is the present one, too. Default: 0."
    )
    static let timezone = Key("timezone", .located(.text), "An IANA name. Default: the lake's.")
    static let weekStarts = Key(
        "week_starts", .choice as ValueShape<DayOfWeek>, "The first day of a week. Default: monday.")

    static let shape = MappingShape(
        "partitions", [by, column, columns, start, end, endOffset, timezone, weekStarts])

    static let partitions = Key(
        "partitions", .partitions,
        "Into which parts it is divided, each of which is built by itself: daily, or 'by' with its settings.")
}

/// One dimension as it is written.
enum WrittenDimension: Hashable, Sendable {
    case time(WrittenPeriod)
    case keys([String])
    case dynamicKeys
}

enum WrittenPeriod: String, CaseIterable, Sendable {
    case hourly, daily, weekly, monthly
}

/// `partitions:` as it is written, before it is known what for.
struct WrittenPartitions {
    /// `nil` for a single word.
    let settings: MappingReader?
    let dimensions: [Located<WrittenDimension>]
    let node: Node
    let document: YAMLDocument
}

private enum DimensionKeys {
    static let keys = Key(
        "keys", .keysOfPartitions, isRequired: true,
        "The values that each are a partition, or 'dynamic' if they are found out.")
    static let shape = MappingShape("a dimension of partitions", [keys])
}

extension ValueShape where Value == WrittenPartitions {
    static var partitions: ValueShape {
        let words = WrittenPeriod.allCases.map { JSONValue.string($0.rawValue) }
        return ValueShape(
            schema: ["anyOf": [["enum": .array(words)], PartitionsKeys.shape.schema]]
        ) { node, document in
            if case .scalar = node {
                guard let period = (.choice as ValueShape<WrittenPeriod>).read(node, document) else {
                    return nil
                }
                return WrittenPartitions(
                    settings: nil, dimensions: [Located(value: .time(period), node: node)], node: node,
                    document: document)
            }
            guard let reader = MappingReader(node, PartitionsKeys.shape, document),
                let dimensions = reader[PartitionsKeys.by], !dimensions.isEmpty
            else { return nil }
            return WrittenPartitions(
                settings: reader, dimensions: dimensions, node: node, document: document)
        }
    }
}

extension ValueShape where Value == [Located<WrittenDimension>] {
    /// One of them, or a list.
    fileprivate static var dimensions: ValueShape {
        let one = ValueShape<WrittenDimension>.dimension
        let list = ValueShape.list(of: one, atLeast: 1)
        return ValueShape(schema: ["anyOf": [one.schema, list.schema]]) { node, document in
            if case .sequence = node { return list.read(node, document) }
            return one.read(node, document).map { [Located(value: $0, node: node)] }
        }
    }
}

extension ValueShape where Value == WrittenDimension {
    fileprivate static var dimension: ValueShape {
        let period = ValueShape<WrittenPeriod>.choice
        return ValueShape(schema: ["anyOf": [period.schema, DimensionKeys.shape.schema]]) { node, document in
            guard case .mapping = node else {
                return period.read(node, document).map { .time($0) }
            }
            return MappingReader(node, DimensionKeys.shape, document)?[DimensionKeys.keys]
        }
    }

    /// A list of keys, or `dynamic`.
    fileprivate static var keysOfPartitions: ValueShape {
        let key = ValueShape<String>(schema: ["type": ["string", "number", "boolean"]]) { node, document in
            guard let text = ValueShape<String>.anyScalar.read(node, document) else { return nil }
            guard KeyPartitions.key(text) != nil else {
                document.reportValue(
                    node, "\(node.inWords) cannot be the key of a partition.",
                    remedy:
                        "Keys have no white space, quotes, / \\ , | = * ? or '..', and are not 'all' or 'latest'."
                )
                return nil
            }
            return text
        }
        let list = ValueShape<[Located<String>]>.list(of: key, atLeast: 1)
        return ValueShape(schema: ["anyOf": [["const": "dynamic"], list.schema]]) { node, document in
            if case .scalar(let scalar) = node, scalar.string == "dynamic" { return .dynamicKeys }
            guard let keys = list.read(node, document), !keys.isEmpty else { return nil }
            return .keys(keys.map(\.value))
        }
    }
}

extension ValueShape where Value == Day {
    /// `2026-11-22`.
    static var day: ValueShape {
        let expected = "a day such as 2026-11-22"
        return ValueShape(
            schema: [
                "anyOf": [
                    ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"],
                    ["type": "string", "pattern": "\\$\\{"],
                ]
            ]
        ) { node, document in
            guard case .scalar(let scalar) = node, scalar.kind != .nothing else {
                document.reportType(node, expected: expected)
                return nil
            }
            guard let text = document.text(of: scalar) else { return nil }
            guard let day = Day(text) else {
                document.reportType(node, expected: expected)
                return nil
            }
            return day
        }
    }
}
