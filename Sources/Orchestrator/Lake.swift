internal import Blocking
internal import DuckDB
internal import Extraction
internal import FoundationEssentials
internal import Glibc
package import LakeModel
package import LakeSQL
package import LakeStore
package import Metadata
internal import Postgres
package import Project
internal import Quality
internal import Synchronization
package import Transform

/// An open lake: its definition, its store and its metadata. DuckDB starts when it is first needed.
package final class Lake: Sendable {
    package let graph: LakeGraph
    package let store: SealingStore
    /// The same store for queries of people, which may read parts of files from far away.
    package let queried: any ObjectStore
    package let metadata: any MetadataStore
    let feed = RowFeed()
    let keySets = KeySets()
    let comparisons = SliceComparisons()
    let gate = EngineGate()
    private let engine = Mutex<LakeSession?>(nil)
    /// What makes the engine able to read ``queried``; `nil` if it is anyway.
    private let secret: AzureSecret?
    private let extraction = Mutex<Database?>(nil)
    private let slots = Mutex<[SourceName: SourceSlots]>([:])
    private let rules: [AssetKey: AssetRules]

    package var definition: LakeDefinition { graph.definition }
    package var manifests: ManifestStore { ManifestStore(store) }

    private init(graph: LakeGraph, opened: OpenedStore, metadata: any MetadataStore) {
        self.graph = graph
        let zone = graph.definition.zone
        store = SealingStore(opened.store) { zone.day(at: Lake.now()) }
        queried = opened.queried
        secret = opened.secret
        self.metadata = metadata
        rules = graph.definition.rules
    }

    /// Opens the lake in `folder`.
    /// - Throws: ``Diagnostics`` with every mistake of its files and its SQL.
    package static func open(folder: String, variables: [String: String]) async throws -> Lake {
        let loaded = LakeDefinition.load(folder: folder, environmentVariables: variables)
        guard let definition = loaded.definition else { throw Diagnostics(loaded.mistakes) }
        let system = systemFolder(of: definition)
        try await BlockingPool.shared.run {
            guard mkdir(system, 0o755) == 0 || errno == EEXIST else {
                throw FolderUnusable(path: system, reason: String(cString: strerror(errno)))
            }
        }
        return try await open(
            loaded, definition, metadata: try await openMetadata(of: definition), variables: variables)
    }

    /// The same lake as its files say it now, over the same metadata.
    /// - Throws: ``Diagnostics`` with every mistake; ``MetadataMoved``.
    package func reopened(variables: [String: String]) async throws -> Lake {
        let loaded = LakeDefinition.load(folder: definition.folder, environmentVariables: variables)
        guard let definition = loaded.definition else { throw Diagnostics(loaded.mistakes) }
        guard definition.metadata.isSame(as: self.definition.metadata),
            definition.store.isSame(as: self.definition.store)
        else { throw LakeMoved(folder: definition.folder) }
        return try await Lake.open(loaded, definition, metadata: metadata, variables: variables)
    }

    private static func openMetadata(of definition: LakeDefinition) async throws -> any MetadataStore {
        switch definition.metadata {
        case .sqlite:
            try await SQLiteMetadataStore.open(at: "\(systemFolder(of: definition))/tarn.db", now: now())
        case .postgres(let address, let database, let schema):
            try await PostgresMetadataStore.open(
                PostgresSettings(address, database: database), schema: schema, now: now())
        }
    }

    private static func open(
        _ loaded: LoadedLake, _ definition: LakeDefinition, metadata: any MetadataStore,
        variables: [String: String]
    ) async throws -> Lake {
        let graph = try await LakeGraph.analyze(
            loaded, with: StatementAnalyzer(cache: FactCache(metadata: metadata)), at: now())
        let opened = try await OpenedStore(
            definition.store, systemFolder: systemFolder(of: definition), variables: variables)
        return Lake(graph: graph, opened: opened, metadata: metadata)
    }

    /// The folder with the metadata, the lock and what DuckDB spills.
    package static func systemFolder(of definition: LakeDefinition) -> String { "\(definition.folder)/.tarn" }

    package var systemFolder: String { Lake.systemFolder(of: definition) }

    /// The instant that it is.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// DuckDB over this lake, with the limits of `lake.yaml`. Blocks when it starts DuckDB.
    package func session() throws -> LakeSession {
        try engine.withLock { engine in
            if let engine { return engine }
            let database = try Database(configuration: engineSettings)
            let connection = try database.connect()
            try keySets.register(on: connection)
            let session = LakeSession(database: database, store: store)
            engine = session
            return session
        }
    }

    /// The same for queries of people, which read ``queried``.
    package func querySession() async throws -> LakeSession {
        try await BlockingPool.shared.run { [self] in
            let session = try session()
            if let secret {
                let connection = try session.database.connect()
                defer { connection.close() }
                try secret.create(on: connection)
            }
            return session
        }
    }

    /// The DuckDB that writes what sources send. Blocks when it starts DuckDB.
    func extractionDatabase() throws -> Database {
        try extraction.withLock { extraction in
            if let extraction { return extraction }
            let database = try Database(configuration: RowFeed.settings(engineSettings))
            try database.connect().register(feed)
            extraction = database
            return database
        }
    }

    /// Gives the engines' memory back to the system. Whoever needs them next starts them again. Blocks.
    func rest() {
        let wereRunning = [engine.withLock { $0.take() != nil }, extraction.withLock { $0.take() != nil }]
        // What goes on using one keeps it.
        if wereRunning.contains(true) { ProcessMemory.giveBack() }
    }

    var engineSettings: [String: String] {
        var settings = [
            "temp_directory": definition.resources.spillFolder ?? "\(systemFolder)/spill",
            // Rows keep the order of their files, so that the same inputs give the same file.
            "preserve_insertion_order": "true",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        ]
        if let limit = definition.resources.spillLimit { settings["max_temp_directory_size"] = limit }
        if let limit = definition.resources.memoryLimit { settings["memory_limit"] = limit }
        if let threads = definition.resources.threads { settings["threads"] = String(threads) }
        return settings
    }

    /// The connections to `source` that may be open at once.
    func slots(of source: SourceDefinition) -> SourceSlots {
        slots.withLock { slots in
            if let known = slots[source.name] { return known }
            let new = SourceSlots(source.connectionsMax)
            slots[source.name] = new
            return new
        }
    }

    /// What readers see of the tables that are published together, each group as it was at one instant.
    package func visibleTables() async throws -> [AssetKey: TableManifest] {
        var tables: [AssetKey: TableManifest] = [:]
        for group in graph.groups.keys.sorted() {
            guard let manifest = try await manifests.group(group)?.manifest else { continue }
            for table in manifest.tables where graph.models[table.asset]?.definition.group == group {
                tables[table.asset] = table
            }
        }
        return tables
    }

    /// How many units each pool has: a source has as many as connections.
    package var pools: [String: Int] {
        var pools: [String: Int] = [:]
        for source in definition.sources { pools["source/\(source.name)"] = source.connectionsMax }
        pools.merge(definition.work.pools) { first, _ in first }
        return pools
    }

    /// What building an asset takes of the pools.
    func poolUses(of asset: AssetKey) -> [PoolUse] {
        let table = graph.tables[asset]
        var uses = [
            table.map { PoolUse(pool: "source/\($0.source.name)") } ?? PoolUse(pool: "duckdb"),
            PoolUse(pool: "global"),
        ]
        for use in rules[asset]?.pools ?? [] {
            uses.removeAll { $0.pool == use.pool }
            uses.append(use)
        }
        return uses
    }

    /// How long a step of an asset may take; `nil` is for ever.
    func timeout(of asset: AssetKey) -> Duration? { rules[asset]?.timeout ?? definition.work.timeout }

    /// What is published of an asset; `nil` if nothing is.
    package func state(of key: AssetKey) async throws -> AssetState? {
        try await LakeSession.state(of: key, manifests, store)
    }

    /// What is published of each of `keys`, read side by side.
    ///
    /// - Parameter history: Those of which every partition is looked up, for who reads `__all`.
    /// - Parameter visible: What readers see instead of the newest version.
    /// - Parameter store: The store whose addresses their SQL has; `nil` is ``store``.
    package func states(
        of keys: [AssetKey], history: Set<AssetKey> = [], visible: [AssetKey: TableManifest] = [:],
        in other: (any ObjectStore)? = nil
    ) async throws -> [AssetKey: AssetState] {
        let store: any ObjectStore = other ?? store
        let read = keys.filter { $0.layer != .bronze && visible[$0] == nil }
        let known = try await manifests.manifests(of: read).merging(visible) { first, _ in first }
        return try await withThrowingTaskGroup(of: (AssetKey, AssetState?).self) { group in
            var states: [AssetKey: AssetState] = [:]
            for key in keys where known[key]?.view == nil {
                guard let manifest = known[key] else { continue }
                states[key] = AssetState(of: manifest, in: store)
            }
            let others = keys.filter { $0.layer == .bronze || known[$0]?.view != nil }
            for (index, key) in others.enumerated() {
                if index >= 16, let (key, state) = try await group.next() { states[key] = state }
                group.addTask {
                    (
                        key,
                        try await LakeSession.state(
                            of: key, hasHistory: history.contains(key), visible: known, self.manifests,
                            store)
                    )
                }
            }
            for try await (key, state) in group { states[key] = state }
            return states
        }
    }
}

extension MetadataLocation {
    /// Whether the history is in the same place, however that is reached.
    fileprivate func isSame(as other: MetadataLocation) -> Bool {
        switch (self, other) {
        case (.sqlite, .sqlite): true
        case (
            .postgres(let one, let database, let schema),
            .postgres(let two, let otherDatabase, let otherSchema)
        ):
            one.host == two.host && one.port == two.port && one.socket == two.socket
                && database == otherDatabase && schema == otherSchema
        default: false
        }
    }
}

/// The files of a lake that is open name another store, or another place for the history.
struct LakeMoved: Diagnostic {
    let folder: String

    var code: String { "lake.moved" }
    var problem: String {
        "lake.yaml in \(folder) names another 'store' or 'metadata' than the one that is open."
    }
    var remedy: String { "Stop tarn and start it again: it cannot move while it works." }
}

/// Remembers analyses of SQL as facts of the metadata.
struct FactCache: AnalysisCache {
    let metadata: any MetadataStore
    private static let namespace = FactNamespace("sql-analysis-1")

    func analyses(for keys: [String]) async throws -> [String: StatementAnalysis] {
        let facts = Array(try await metadata.facts(FactCache.namespace, keys: keys))
        let read = mapOnAllProcessors(facts) { key, json in
            // What cannot be read any more is derived again.
            (key, try? JSONDecoder().decode(StatementAnalysis.self, from: Data(json.utf8)))
        }
        return Dictionary(uniqueKeysWithValues: read.compactMap { key, found in found.map { (key, $0) } })
    }

    func remember(_ analyses: [String: StatementAnalysis]) async throws {
        guard !analyses.isEmpty else { return }
        let values = try analyses.mapValues { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try await metadata.storeFacts(FactCache.namespace, values, at: Lake.now())
    }
}

/// The folder for the lake's own files cannot be made.
struct FolderUnusable: Diagnostic {
    let path: String
    let reason: String

    var code: String { "lake.folder-unusable" }
    var problem: String { "\(path) cannot be made: \(reason)." }
    var remedy: String { "The folder of the lake must be writable for the user who runs tarn." }
}
