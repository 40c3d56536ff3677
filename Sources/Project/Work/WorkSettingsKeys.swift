internal import LakeModel
internal import Yams

/// Keys of `lake.yaml` about how work is carried out.
enum WorkSettingsKeys {
    static let metadata = Key(
        "metadata", .mapping(MetadataKeys.shape),
        "Where the history of runs is, for several nodes. Default: a file in the lake's folder.")
    static let retry = Key("retry", .mapping(RetryKeys.shape), "What happens to steps that fail.")
    static let leases = Key("leases", .mapping(LeaseKeys.shape), "When work counts as given up.")
    static let timeout = Key(
        "timeout", .duration, "How long a step may take, unless its table or model says otherwise.")
    static let pools = Key(
        "pools", .entries(of: .integer(1...10_000), noun: "pools"),
        "How many units there are of what is scarce; 'global' limits all steps, 'duckdb' all models.")
    static let workers = Key("workers", .mapping(WorkersKeys.shape), "How a node works.")

    static let all: [any MappingKey] = [metadata, retry, leases, timeout, pools, workers]

    static func read(_ reader: MappingReader) -> WorkDefinition {
        var work = WorkDefinition()
        if let retry = reader[retry] { work.retry = RetryKeys.read(retry) }
        if let leases = reader[leases] {
            work.leaseFor = LeaseKeys.atLeast(.seconds(5), LeaseKeys.ttl, leases) ?? work.leaseFor
            work.stallMax = LeaseKeys.atLeast(.seconds(1), LeaseKeys.stall, leases) ?? work.stallMax
        }
        work.timeout = LeaseKeys.atLeast(.seconds(1), timeout, reader)
        for entry in reader[pools] ?? [] {
            if entry.name.contains(where: { $0 == "=" || $0 == "/" || $0.isWhitespace }) {
                reader.document.reportValue(
                    entry.key, "\(entry.key.inWords) cannot be the name of a pool.",
                    remedy: "Write a word; the connections of a source are limited by its own 'connections'.")
            } else if let units = entry.value {
                work.pools[entry.name] = units
            }
        }
        if let workers = reader[workers] {
            work.slots = workers[WorkersKeys.slots] ?? work.slots
            work.grace = workers[WorkersKeys.grace] ?? work.grace
        }
        return work
    }
}

/// Keys of sources, tables and models about how they are worked on.
enum AssetRulesKeys {
    static let timeout = Key("timeout", .duration, "How long a step may take. Default: what the lake says.")
    static let pools = Key(
        "pools", .list(of: .poolUse, orOne: true),
        "Pools of the lake of which a step takes a unit, or several: heavy, heavy=2.")

    static let all: [any MappingKey] = [timeout, pools]

    /// - Parameters:
    ///   - known: The pools of the lake.
    ///   - source: What the table's source says.
    static func read(
        _ reader: MappingReader, known: [String: Int], else source: AssetRules = AssetRules()
    ) -> AssetRules {
        var rules = source
        rules.timeout = LeaseKeys.atLeast(.seconds(1), timeout, reader) ?? source.timeout
        guard reader.has(pools.name) else { return rules }
        let written = reader[pools] ?? []
        rules.pools = written.map(\.value)
        for use in written where known[use.value.pool] == nil {
            let meant = suggestion(for: use.value.pool, among: known.keys.sorted())
            reader.document.reportValue(
                use.node, "the lake has no pool \(use.node.inWords)\(meant.isEmpty ? "." : meant)",
                remedy: "Add it to lake.yaml: 'pools: { \(use.value.pool): 2 }'.")
        }
        return rules
    }
}

extension ValueShape where Value == PoolUse {
    /// `heavy`, or `heavy=2`.
    static var poolUse: ValueShape {
        parsed(
            "a pool such as heavy, or heavy=2",
            schema: orVariable(["type": "string", "pattern": "^[^=/\\s]+(=[1-9][0-9]{0,4})?$"])
        ) { text in
            if text.isEmpty || text.contains(where: { $0 == "/" || $0.isWhitespace }) { return nil }
            guard let sign = text.lastIndex(of: "=") else { return PoolUse(pool: text) }
            guard sign != text.startIndex, text.firstIndex(of: "=") == sign else { return nil }
            return PoolUse(text)
        }
    }
}

/// The keys of `retry`.
enum RetryKeys {
    static let attempts = Key(
        "attempts", .integer(1...100), "Attempts of a step in all, the first included. Default: 3.")
    static let backoff = Key(
        "backoff", .duration, "Before the second attempt; doubled for every further one. Default: 1s.")
    static let backoffMax = Key("backoff_max", .duration, "The longest wait. Default: 15m.")
    static let jitter = Key(
        "jitter", .share, "By which share waits are lengthened at random. Default: 25%.")

    static let shape = MappingShape("retry", [attempts, backoff, backoffMax, jitter])

    static func read(_ reader: MappingReader) -> RetryPolicy {
        var policy = RetryPolicy()
        policy.attemptsMax = reader[attempts] ?? policy.attemptsMax
        policy.backoff = reader[backoff] ?? policy.backoff
        policy.backoffMax = reader[backoffMax] ?? max(policy.backoffMax, policy.backoff)
        policy.jitter = reader[jitter] ?? policy.jitter
        if policy.backoffMax < policy.backoff {
            reader.document.report(
                .conflict, reader.node(of: backoffMax.name), "'backoff_max' is shorter than 'backoff'.",
                remedy: "Make it longer, or remove it.")
        }
        return policy
    }
}

/// The keys of `leases`.
enum LeaseKeys {
    static let ttl = Key(
        "ttl", .duration,
        "After how long a step is taken from a node that does not answer. Default: 30s, at least 5s.")
    static let stall = Key(
        "stall", .duration, "How long the work on a step may stand still. Default: 15m.")

    static let shape = MappingShape("leases", [ttl, stall])

    /// A duration that is not too short to mean anything; `nil` if it is, or is not there.
    static func atLeast(_ least: Duration, _ key: Key<Duration>, _ reader: MappingReader) -> Duration? {
        guard let duration = reader[key] else { return nil }
        guard duration < least, let node = reader.value(of: key.name) else { return duration }
        reader.document.reportValue(
            node, "'\(key.name)' cannot be shorter than \(spanText(least)).", remedy: "Make it longer.")
        return nil
    }
}

/// The keys of `workers`.
enum WorkersKeys {
    static let slots = Key(
        "slots", .integer(1...64), "How many steps a node works on at once. Default: 4.")
    static let grace = Key(
        "grace", .duration,
        "How long a node that is told to end goes on with what runs; then it hands it back. Default: 30s.")

    static let shape = MappingShape("workers", [slots, grace])
}

/// The keys of `metadata`.
enum MetadataKeys {
    static let connection = Key(
        "connection", .located(.text), isRequired: true,
        "A connection of the kind postgres, of the environment in force.")
    static let database = Key("database", .text, isRequired: true, "A database there; it must exist.")
    static let schema = Key(
        "schema", .located(.text), "A schema of it for this lake alone; made if it is missing. Default: tarn."
    )

    static let shape = MappingShape("metadata", [connection, database, schema])

    /// `nil` after a mistake was reported, or if it is not known which connections there are.
    /// - Parameters:
    ///   - names: Of all connections in force, broken ones included; `nil` if they are not known.
    static func read(
        _ reader: MappingReader, names: [String]?, connections: [String: ConnectionDefinition]
    ) -> MetadataLocation? {
        let document = reader.document
        let schema = reader[schema]
        if let schema, !isPlainIdentifier(schema.value) || schema.value.utf8.count > 50 {
            document.reportValue(
                schema.node, "\(schema.node.inWords) cannot be the name of the schema.",
                remedy: "Write lower-case letters, digits and _, a letter first, at most 50 bytes.")
            return nil
        }
        guard let written = reader[connection], let database = reader[database], let names else { return nil }
        guard names.contains(written.value) else {
            let meant = suggestion(for: written.value, among: names)
            document.report(
                .unknownConnection, written.node,
                "there is no connection \(written.node.inWords)\(meant.isEmpty ? "." : meant)",
                remedy: "Connections here: \(names.joined(separator: ", ")).")
            return nil
        }
        // A broken one has been reported.
        guard let found = connections[written.value] else { return nil }
        guard case .postgres(let address) = found.kind else {
            document.report(
                .conflict, written.node, "\(written.node.inWords) is not a connection to PostgreSQL.",
                remedy: "Name one of the kind postgres, or remove 'metadata' to keep it in a file.")
            return nil
        }
        return .postgres(address, database: database, schema: schema?.value ?? "tarn")
    }
}
