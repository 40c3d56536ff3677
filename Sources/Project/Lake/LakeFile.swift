internal import LakeModel
internal import Yams

/// What `lake.yaml` says, as far as it is right.
struct LakeFile {
    var name: String?
    var description: String?
    var store: StoreLocation?
    var zone: ZoneRules?
    var environment: String?
    /// Names of the connections in force, broken ones included; `nil` if it is not known which are in force.
    var connectionNames: [String]?
    var connections: [String: ConnectionDefinition] = [:]
    var tolerance = 0.01
    var resources = ResourceLimits()
    var exclusions: [Exclusion] = []
    var triggers = TriggerFile()
    var serve = ServeDefinition()
    var work = WorkDefinition()
    var openLineage: OpenLineageDefinition?
    /// `nil` if it is wrong, which has been reported.
    var metadata: MetadataLocation? = .sqlite

    static let file = "lake.yaml"

    init() {}

    init(_ root: Node, _ document: YAMLDocument, folder: LakeFolder, environment selected: String?) {
        guard let reader = MappingReader(root, LakeKeys.shape, document, mayBeEmpty: true) else { return }
        name = reader[LakeKeys.name]
        description = reader[LakeKeys.description]
        store = reader[LakeKeys.store].flatMap { StoreKeys.read($0.node, document, folder) }
        zone = reader.has(LakeKeys.timezone.name) ? reader[LakeKeys.timezone] : .utc
        tolerance = reader[LakeKeys.tolerance] ?? tolerance
        if let limits = reader[LakeKeys.resources] {
            resources = ResourceLimits(
                memoryLimit: limits[ResourceKeys.memoryLimit], threads: limits[ResourceKeys.threads],
                spillFolder: limits[ResourceKeys.spillFolder].map { folder.absolute($0) },
                spillLimit: limits[ResourceKeys.spillLimit])
        }
        exclusions = reader[LakeKeys.exclude] ?? []
        triggers = TriggerFile(reader, document, zone: zone ?? .utc)
        serve = reader[ServeKeys.serve].map { ServeKeys.read($0, folder: folder) } ?? serve
        work = WorkSettingsKeys.read(reader)
        openLineage = reader[OpenLineageKeys.openLineage].flatMap {
            OpenLineageKeys.read($0, name: name, folder: folder)
        }
        readEnvironments(reader, document, folder: folder, selected: selected)
        if reader.has(WorkSettingsKeys.metadata.name) {
            metadata = reader[WorkSettingsKeys.metadata].flatMap {
                MetadataKeys.read($0, names: connectionNames, connections: connections)
            }
        }
    }

    // MARK: Environments

    private mutating func readEnvironments(
        _ reader: MappingReader, _ document: YAMLDocument, folder: LakeFolder, selected: String?
    ) {
        let written = reader[LakeKeys.environment]
        guard reader.has(LakeKeys.environments.name) else {
            environment = selected ?? written?.value ?? "default"
            connectionNames = []
            return
        }
        guard let environments = reader[LakeKeys.environments] else { return }
        let names = environments.map(\.name)
        let node = written?.node ?? reader.node(of: LakeKeys.environments.name)
        if let name = selected ?? written?.value {
            if names.contains(name) {
                environment = name
            } else {
                let meant = suggestion(for: name, among: names)
                let shown = selected != nil || node.scalar?.holdsVariable != true ? "'\(name)'" : node.inWords
                document.report(
                    .unknownEnvironment, node,
                    "there is no environment \(shown)\(meant.isEmpty ? "." : meant)",
                    remedy: "Environments here: \(names.joined(separator: ", ")).")
            }
        } else if names.count == 1 {
            environment = names[0]
        } else if !reader.has(LakeKeys.environment.name) {
            document.report(
                .missingKey, node, "there are \(names.count) environments and none is chosen.",
                remedy: "Add 'environment: \(names.first ?? "name")' to lake.yaml.")
        }
        for entry in environments {
            guard let node = entry.value?.node else { continue }
            document.ignoresUnsetVariables = entry.name != environment
            let found = Self.connections(node, document, folder, store)
            document.ignoresUnsetVariables = false
            if entry.name == environment {
                connectionNames = found.names
                connections = found.connections
            }
        }
    }

    private static func connections(
        _ node: Node, _ document: YAMLDocument, _ folder: LakeFolder, _ store: StoreLocation?
    ) -> (names: [String]?, connections: [String: ConnectionDefinition]) {
        guard let reader = MappingReader(node, EnvironmentKeys.shape, document),
            let entries = reader[EnvironmentKeys.connections]
        else { return (nil, [:]) }
        var connections: [String: ConnectionDefinition] = [:]
        for entry in entries {
            guard let node = entry.value?.node,
                let kind = ConnectionKeys.read(node, document, folder: folder, store: store)
            else { continue }
            connections[entry.name] = ConnectionDefinition(
                name: entry.name, place: document.place(of: entry.key), kind: kind)
        }
        return (entries.map(\.name), connections)
    }
}
