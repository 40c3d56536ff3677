internal import LakeModel
internal import Yams

/// The keys of `lake.yaml`.
enum LakeKeys {
    static let name = Key("name", .text, isRequired: true, "What people call this lake.")
    static let description = Key("description", .text, "What it is for.")
    static let store = Key(
        "store", StoreKeys.value, isRequired: true,
        "Where bronze, silver and gold are: a folder, relative to the one with lake.yaml, or an address of ADLS Gen2."
    )
    static let timezone = Key(
        "timezone", .timeZone, "The IANA time zone that decides which day it is. Default: UTC.")
    static let environment = Key(
        "environment", .located(.text),
        "The environment whose connections are in force. May be left out if there is only one.")
    static let environments = Key(
        "environments", .entries(of: .unread(EnvironmentKeys.shape.schema), noun: "environments"),
        "Connections by environment: the same names everywhere, other databases.")
    static let tolerance = Key(
        "tolerance", .share, "How far row counts of source and bronze may differ. Default: 1%.")
    static let resources = Key(
        "resources", .mapping(ResourceKeys.shape), "What building may use of this machine.")
    static let exclude = Key(
        "exclude", .listOfAny(of: ExclusionKeys.ofLake), "What is deliberately not in this lake, and why.")

    static let shape = MappingShape(
        "lake.yaml",
        [
            name, description, store, timezone, environment, environments, tolerance, resources, exclude,
            TriggerKeys.schedules, TriggerKeys.sensors, TriggerKeys.backfills, ServeKeys.serve,
            OpenLineageKeys.openLineage,
        ] + WorkSettingsKeys.all)
}

/// The keys of one environment.
enum EnvironmentKeys {
    static let connections = Key(
        "connections",
        .entries(of: .unread(ConnectionKeys.schema), noun: "connections"), isRequired: true,
        "How each database is reached, by the name that sources use.")

    static let shape = MappingShape("an environment", [connections])
}

/// The keys of `resources`.
enum ResourceKeys {
    static let memoryLimit = Key("memory_limit", .size, "The memory that DuckDB may use, such as 4GB or 80%.")
    static let threads = Key(
        "threads", .integer(1...1_024), "Threads that DuckDB may use. Default: one per core.")
    static let spillFolder = Key(
        "spill_folder", .text, "Where DuckDB puts what does not fit into memory. Default: inside the lake.")

    static let spillLimit = Key(
        "spill_limit", .size,
        "How much of the disk that may take, such as 50GB. Default: 90% of what is free.")

    static let shape = MappingShape("resources", [memoryLimit, threads, spillFolder, spillLimit])
}

/// The keys of an exclusion. One of `source`, `table` and `kind` says what is excluded.
enum ExclusionKeys {
    enum Kind: String, CaseIterable, Sendable { case view }

    static let source = Key(
        "source", .text, "Sources whose name matches; * stands for any characters, ? for one.")
    static let table = Key(
        "table", .text, "Tables whose name matches; * stands for any characters, ? for one.")
    static let kind = Key("kind", .choice as ValueShape<Kind>, "Database views.")
    static let reason = Key("reason", .text, isRequired: true, "Why; whoever tries to add it is told.")

    static let ofLake = shape(MappingShape("an exclusion", [source, table, kind, reason]), subjects: 3)
    static let ofSource = shape(MappingShape("an exclusion of a source", [table, kind, reason]), subjects: 2)

    private static func shape(_ mapping: MappingShape, subjects: Int) -> ValueShape<Exclusion> {
        let names = Array(mapping.names.prefix(subjects))
        let oneOf = names.map { JSONValue.object([("required", .array([.string($0)]))]) }
        return ValueShape(schema: ["allOf": [mapping.schema, ["oneOf": .array(oneOf)]]]) { node, document in
            guard let reader = MappingReader(node, mapping, document) else { return nil }
            let given = names.filter { reader.has($0) }
            if given.isEmpty, reader.hasUnknownKeys { return nil }
            if given.count != 1 {
                document.report(
                    given.isEmpty ? .missingKey : .conflict, given.last.map { reader.node(of: $0) } ?? node,
                    "an exclusion has exactly one of \(names.joined(separator: ", ")); found "
                        + (given.isEmpty ? "none." : "\(given.joined(separator: " and "))."),
                    remedy: "Write one entry per thing that is excluded.")
                return nil
            }
            let subject: Exclusion.Subject?
            switch given[0] {
            case source.name: subject = reader[source].map { .source(Glob($0)) }
            case table.name: subject = reader[table].map { .table(Glob($0)) }
            default: subject = reader[kind].map { _ in .views }
            }
            guard let reason = reader[reason], let subject else { return nil }
            return Exclusion(subject: subject, reason: reason, place: document.place(of: node))
        }
    }
}
