import Blocking
import DuckDB
import Extraction
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import MySQL
import Postgres
import Project
import SQLite
import Synchronization
import TarnTesting
import Testing

/// A lake in a temporary folder beside the source that it reads.
final class LittleLake: Sendable {
    let folder: TemporaryFolder
    let store: SealingStore
    let session: LakeSession
    let connection: ConnectionDefinition
    let database: String
    private let feed = RowFeed()
    private let extraction: Database
    private let state: State

    /// What tests change: the day, and how many runs there were; the lake's clock, and how hard the source
    /// may be read.
    private final class State: Sendable {
        let values = Mutex((day: Day(daysSinceEpoch: 20_000), runs: 0))
        let pace = Mutex((now: Timestamp(microseconds: 0), pace: Pace(), connections: 4))
    }

    private init(_ kind: (TemporaryFolder) -> ConnectionDefinition.Kind, database: String) throws {
        folder = try TemporaryFolder()
        let state = State()
        self.state = state
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/lake", withIntermediateDirectories: true)
        store = SealingStore(try LocalStore(root: "\(folder.path)/lake")) { state.values.withLock { $0.day } }
        session = LakeSession(database: try Database(configuration: ["threads": "2"]), store: store)
        extraction = try Database(configuration: RowFeed.settings(["threads": "2"]))
        try extraction.connect().register(feed)
        connection = ConnectionDefinition(
            name: "c", place: Place(file: "lake.yaml", line: 5), kind: kind(folder))
        self.database = database
    }

    /// Beside a SQLite file that `sql` made.
    convenience init(sqlite sql: String) throws {
        try self.init({ .sqlite(path: "\($0.path)/{database}.db") }, database: "app")
        try execute(sql)
    }

    /// Beside a database of MySQL.
    convenience init(mysql settings: MySQLSettings) throws {
        try self.init(
            { _ in
                .mysql(
                    .init(
                        host: settings.host, port: Int(settings.port), user: settings.user,
                        password: Secret(settings.password)))
            }, database: settings.database ?? "")
    }

    /// Beside a DuckDB file that `sql` made.
    convenience init(duckdb sql: String) throws {
        try self.init({ .duckdb(path: "\($0.path)/{database}.duckdb", schema: "main") }, database: "app")
        try executeDuckDB(sql)
    }

    /// Beside a folder of files.
    convenience init(files: [String: String] = [:]) throws {
        try self.init({ .files(folder: "\($0.path)/{database}") }, database: "landing")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/landing", withIntermediateDirectories: true)
        for (path, text) in files { try write(text, to: path) }
    }

    /// Changes the DuckDB source.
    func executeDuckDB(_ sql: String) throws {
        let connection = try Database(path: "\(folder.path)/\(database).duckdb").connect()
        defer { connection.close() }
        try connection.execute(sql)
    }

    /// Beside a database of PostgreSQL.
    convenience init(postgres settings: PostgresSettings) throws {
        try self.init(
            { _ in
                .postgres(
                    .init(
                        host: settings.host, port: Int(settings.port), user: settings.user,
                        password: Secret(settings.password)))
            }, database: settings.database)
    }

    /// Changes the SQLite source.
    func execute(_ sql: String) throws {
        try SQLiteConnection(path: "\(folder.path)/\(database).db", access: .create).execute(sql)
    }

    /// Sets how hard the source may be read.
    func slowDown(_ pace: Pace, connections: Int = 4) {
        state.pace.withLock { ($0.pace, $0.connections) = (pace, connections) }
    }

    /// Sets the lake's clock, which is in UTC.
    func setClock(_ now: Timestamp) { state.pace.withLock { $0.now = now } }

    func passMidnight() { state.values.withLock { $0.day = $0.day + 1 } }

    func source(_ table: TableDefinition) throws -> SourceDefinition {
        SourceDefinition(
            name: try #require(SourceName("s")), connection: connection, database: database,
            connectionsMax: state.pace.withLock { $0.connections }, pace: state.pace.withLock { $0.pace },
            tables: [table], place: Place(file: "sources/s.yaml"))
    }

    @discardableResult
    func extract(
        _ table: TableDefinition, run: String? = nil, exclusions: [Exclusion] = [],
        isFullRefresh: Bool = false,
        acceptsSchemaChange: Bool = false, progress: ExtractionProgress = ExtractionProgress()
    ) async throws -> TableExtraction.Outcome {
        let number = state.values.withLock {
            $0.runs += 1
            return $0.runs
        }
        return try await TableExtraction(
            source: try source(table), table: table, exclusions: exclusions, store: store,
            database: extraction,
            feed: feed, slots: SourceSlots(state.pace.withLock { $0.connections }),
            now: { [state] in state.pace.withLock { $0.now } }, isFullRefresh: isFullRefresh,
            acceptsSchemaChange: acceptsSchemaChange
        ).run(
            try #require(RunID(run ?? "run-\(number)")), epoch: LeaseEpoch(Int64(number)), progress: progress)
    }

    /// Extracts partitions and returns what was committed.
    func commit(
        _ table: TableDefinition, _ partitions: [String], acceptsSchemaChange: Bool = false,
        confirmLease: () async throws -> Void = {}
    ) async throws -> (BronzeManifest, ExtractionLedger) {
        let number = state.values.withLock {
            $0.runs += 1
            return $0.runs
        }
        let keys = try partitions.map { try #require(PartitionKey($0)) }
        let outcome = try await TableExtraction(
            source: try source(table), table: table, exclusions: [], store: store, database: extraction,
            feed: feed, slots: SourceSlots(state.pace.withLock { $0.connections }),
            now: { [state] in state.pace.withLock { $0.now } }, acceptsSchemaChange: acceptsSchemaChange
        ).run(
            keys, try #require(RunID("run-\(number)")), epoch: LeaseEpoch(Int64(number)),
            progress: ExtractionProgress(), confirmLease: confirmLease)
        guard case .committed(let manifest, let ledger) = outcome else {
            throw SetupFailed(reason: "nothing was committed")
        }
        return (manifest, ledger)
    }

    /// Extracts and returns what was committed.
    func commit(
        _ table: TableDefinition, isFullRefresh: Bool = false, acceptsSchemaChange: Bool = false,
        progress: ExtractionProgress = ExtractionProgress()
    ) async throws -> (BronzeManifest, ExtractionLedger) {
        guard
            case .committed(let manifest, let ledger) = try await extract(
                table, isFullRefresh: isFullRefresh, acceptsSchemaChange: acceptsSchemaChange,
                progress: progress)
        else {
            throw SetupFailed(reason: "nothing was committed")
        }
        return (manifest, ledger)
    }

    /// Extracts and expects that there is nothing new.
    func expectNothingNew(_ table: TableDefinition, _ location: SourceLocation = #_sourceLocation)
        async throws
    {
        if case .committed(let manifest, _) = try await extract(table) {
            Issue.record("committed \(manifest.rows) rows", sourceLocation: location)
        }
    }

    /// The rows of a query over the current state of `table`, as texts.
    func query(_ sql: String, of table: String = "t") async throws -> [String] {
        let session = session
        let asset = try #require(AssetKey("bronze_s.\(table)"))
        let state = try #require(try await session.state(of: asset))
        return try await session.database.withConnection { connection in
            try session.define([state], on: connection)
            return try connection.query(sql).rows.map { $0.map(\.description).joined(separator: "|") }
        }
    }

    func manifest(of table: String = "t") async throws -> BronzeManifest? {
        try await ManifestStore(store).currentFiles(
            of: try #require(SourceName("s")), try #require(TableName(table)))?.newest
    }

    func files() async throws -> [String] {
        try await store.list(under: .root).map(\.path.text)
    }
}

extension TableDefinition {
    static func full(_ name: String = "t") throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName(name)), place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }

    static func incremental(
        _ name: String = "t", key: [String] = [], cursor: String = "at", overlap: Duration = .zero,
        chunk: ChunkSize? = nil
    ) throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName(name)), mode: .incremental, key: key,
            cursors: cursor.split(separator: ", ").map(String.init),
            overlap: ["id", "batch, line"].contains(cursor) ? .number(0) : .time(overlap), chunk: chunk,
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}

/// Lends a lake beside a new MariaDB database that `statements` filled, and a connection to change it.
func withMariaDB<T: Sendable>(
    _ statements: [String], _ body: (LittleLake, MySQLSettings) async throws -> T
) async throws -> T {
    try await MariaDBServer.shared().withDatabase { settings in
        try await change(settings, statements)
        return try await body(try LittleLake(mysql: settings), settings)
    }
}

func change(_ settings: MySQLSettings, _ statements: [String]) async throws {
    try await BlockingPool.shared.run {
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        for statement in statements { _ = try connection.execute(statement) }
    }
}
