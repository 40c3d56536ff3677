internal import LakeModel
internal import Yams

/// The keys of one input of a model.
enum InputKeys {
    static let map = Key(
        "map", .mapping,
        "Which of its partitions one of the model's is made from: same, all, last 3, or { from: -6, through: 0 }, or keys."
    )
    static let column = Key(
        "column", .text,
        "Of an input without partitions: the column that says for which partition a row counts."
    )
    static let shape = MappingShape("an input", [map, column])

    static let inputs = Key(
        "inputs", .entries(of: .mapping(shape), noun: "inputs"),
        "Which partitions of the tables that it reads count for one of its own, or which column of them decides that."
    )

    static func read(_ entries: [Named<MappingReader>], _ document: YAMLDocument) -> [InputDefinition] {
        entries.compactMap { entry in
            guard let asset = AssetKey(entry.name) else {
                document.reportValue(
                    entry.key, "'\(entry.name)' is not the name of a table.",
                    remedy: "Write silver.<table>, gold.<table> or bronze_<source>.<table>.")
                return nil
            }
            guard let reader = entry.value else { return nil }
            guard reader.has(map.name) != reader.has(column.name) else {
                document.report(
                    .conflict, entry.key, "'\(entry.name)' needs either 'map' or 'column'.",
                    remedy:
                        "Write 'map' for an input with partitions, 'column' for one without; see docs/partitions.md."
                )
                return nil
            }
            let place = document.place(of: entry.key)
            if let column = reader[column] {
                return InputDefinition(asset: asset, mapping: nil, column: column, place: place)
            }
            return reader[map].map { InputDefinition(asset: asset, mapping: $0, place: place) }
        }
    }
}

private enum MappingKeys {
    static let time = Key("time", .timeMapping, "same, all, or last 3.")
    static let from = Key(
        "from", .integer(-100_000...100_000), "So many partitions later, or earlier if it is negative.")
    static let through = Key("through", .integer(-100_000...100_000), "The last of them.")
    static let keys = Key("keys", .keyMapping, "same, all, or for each key a list of the input's.")
    static let shape = MappingShape("a mapping of partitions", [time, from, through, keys])
}

extension ValueShape where Value == PartitionMapping {
    fileprivate static var mapping: ValueShape {
        let time = ValueShape<PartitionMapping.Times>.timeMapping
        return ValueShape(schema: ["anyOf": [time.schema, MappingKeys.shape.schema]]) { node, document in
            guard case .mapping = node else {
                guard let times = time.read(node, document) else { return nil }
                // `all` of an input is all of it.
                return times == .all ? .all : PartitionMapping(times: times)
            }
            guard let reader = MappingReader(node, MappingKeys.shape, document) else { return nil }
            var times = reader[MappingKeys.time] ?? .overlapping
            let hasOffsets = reader.has(MappingKeys.from.name) || reader.has(MappingKeys.through.name)
            if hasOffsets {
                if reader.has(MappingKeys.time.name) {
                    document.report(
                        .conflict, reader.node(of: MappingKeys.time.name),
                        "'time' stands beside 'from' and 'through'.", remedy: "Write one of the two.")
                    return nil
                }
                let (from, through) = (reader[MappingKeys.from] ?? 0, reader[MappingKeys.through] ?? 0)
                guard from <= through else {
                    document.report(
                        .conflict, reader.node(of: MappingKeys.from.name),
                        "the partitions from \(from) through \(through) end before they begin.",
                        remedy: "Make 'from' at most 'through'.")
                    return nil
                }
                times = .offsets(from: from, through: through)
            }
            return PartitionMapping(times: times, keys: reader[MappingKeys.keys] ?? .same)
        }
    }
}

extension ValueShape where Value == PartitionMapping.Times {
    fileprivate static var timeMapping: ValueShape {
        let expected = "same, all or 'last <number>'"
        return ValueShape(
            schema: ["type": "string", "pattern": "^(same|all|last [1-9][0-9]{0,5})$|\\$\\{"]
        ) { node, document in
            guard let text = document.text(node, expected: expected) else { return nil }
            switch text {
            case "same": return .overlapping
            case "all": return .all
            default:
                let number = text.hasPrefix("last ") ? Int(text.dropFirst(5)) : nil
                if let number, (1...999_999).contains(number), "last \(number)" == text {
                    return .last(number)
                }
                document.reportValue(
                    node, "expected \(expected), found \(node.inWords).",
                    remedy: "Write \(expected), or { from: -6, through: 0 }.")
                return nil
            }
        }
    }
}

extension ValueShape where Value == PartitionMapping.Keys {
    fileprivate static var keyMapping: ValueShape {
        let key = ValueShape<PartitionKey>(schema: ["type": ["string", "number", "boolean"]]) {
            node, document in
            guard let text = ValueShape<String>.anyScalar.read(node, document) else { return nil }
            guard let key = KeyPartitions.key(text) else {
                document.reportValue(
                    node, "\(node.inWords) cannot be the key of a partition.",
                    remedy: "Write one of the keys of the input.")
                return nil
            }
            return key
        }
        let table = ValueShape<[Named<[Located<PartitionKey>]>]>.entries(
            of: .list(of: key, orOne: true, atLeast: 1), noun: "keys", atLeast: 1)
        return ValueShape(schema: ["anyOf": [["enum": ["same", "all"]], table.schema]]) { node, document in
            if case .scalar(let scalar) = node {
                if scalar.string == "same" { return .same }
                if scalar.string == "all" { return .all }
                document.reportValue(
                    node, "expected same, all or keys with the input's, found \(node.inWords).",
                    remedy: "Write, say, 'keys: { uk: [gb, ni] }'.")
                return nil
            }
            guard let entries = table.read(node, document) else { return nil }
            var keys: [PartitionKey: [PartitionKey]] = [:]
            for entry in entries {
                guard let name = KeyPartitions.key(entry.name) else {
                    document.reportValue(
                        entry.key, "'\(entry.name)' cannot be the key of a partition.",
                        remedy: "Write one of the keys of this model.")
                    continue
                }
                keys[name] = (entry.value ?? []).map(\.value)
            }
            return .table(keys)
        }
    }
}
