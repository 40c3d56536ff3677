import TarnTesting
import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import Metadata
import Orchestrator
import SQLite
import Synchronization
import Testing

/// A lake of two SQLite sources and three models in a temporary folder.
struct LittleLake {
    let folder: TemporaryFolder

    init(_ changes: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        var files = [
            "lake.yaml": """
            name: little
            store: store
            environments:
              local:
                connections:
                  files: { kind: sqlite, path: "{database}.db" }
            resources: { threads: 2 }
            """,
            "sources/app.yaml": "connection: files\ntables:\n  customer:\n",
            "sources/shop.yaml": """
            connection: files
            tables:
              invoice: { mode: incremental, cursor: at }
              item: { key: k, cursor: at, mode: incremental }
            """,
            "models/silver/dim_customer.sql": """
            /*---
            columns: { id: { checks: [not_null, unique] } }
            ---*/
            SELECT * FROM bronze_app.customer
            """,
            "models/silver/fact_invoice.sql":
                "SELECT i.*, c.name FROM bronze_shop.invoice i JOIN silver.dim_customer c ON c.id = i.customer_id",
            "models/gold/revenue.sql":
                "SELECT name, sum(amount) AS amount FROM silver.fact_invoice GROUP BY name",
        ]
        files.merge(changes) { $1 }
        for (name, text) in files { try write(text, to: name) }
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/store", withIntermediateDirectories: true)
        try execute(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO customer VALUES (1, 'Ann'), (2, 'Bob')",
            in: "app")
        try execute(
            """
            CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INT, amount DECIMAL(10,2), at DATETIME);
            INSERT INTO invoice VALUES (1, 1, 10.50, '2024-01-01 10:00:00'), (2, 2, 5, '2024-01-01 11:00:00');
            CREATE TABLE item (k INT, v TEXT, at DATETIME);
            INSERT INTO item VALUES (1, 'a', '2024-01-01 10:00:00'), (1, 'b', '2024-01-02 10:00:00'), (2, 'c', '2024-01-01 10:00:00')
            """, in: "shop")
    }

    func write(_ text: String, to name: String) throws {
        let path = "\(folder.path)/\(name)"
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let needsHeader = name.hasSuffix(".sql") && !text.hasPrefix("/*---")
        let header = needsHeader ? "/*---\ndescription: A model.\n---*/\n" : ""
        try Data((header + text).utf8).write(to: URL(filePath: path))
    }

    func execute(_ sql: String, in database: String) throws {
        try SQLiteConnection(path: "\(folder.path)/\(database).db", access: .create).execute(sql)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    }

    func open() async throws -> Lake { try await Lake.open(folder: folder.path, variables: [:]) }

    /// Opens the lake as a new process would, and runs it.
    @discardableResult
    func run(
        _ include: String..., options: RunOptions = RunOptions(), observer: any RunObserver = Watching()
    ) async throws -> RunReport {
        try await run(RunScope(Selection(include)), options: options, observer: observer)
    }

    @discardableResult
    func run(
        _ scope: RunScope, options: RunOptions = RunOptions(), observer: any RunObserver = Watching()
    ) async throws -> RunReport {
        try await LakeRun(open(), scope, options: options, observer: observer).run()
    }

    func query(_ sql: String, _ asset: String) async throws -> [String] {
        let lake = try await open()
        let key = try #require(AssetKey(asset))
        let state = try #require(try await lake.state(of: key))
        let session = try lake.session()
        return try await session.database.withConnection { connection in
            try session.define([state], on: connection)
            return try connection.query(sql).rows.map { $0.map(\.description).joined(separator: "|") }
        }
    }
}

/// Keeps what a run tells.
final class Watching: RunObserver {
    private let events = Mutex<[RunProgress]>([])
    private let react: @Sendable (RunProgress) -> Void

    init(_ react: @escaping @Sendable (RunProgress) -> Void = { _ in }) { self.react = react }

    func observe(_ event: RunProgress) {
        events.withLock { $0.append(event) }
        react(event)
    }

    var finished: [AssetKey] {
        events.withLock { $0 }.compactMap { if case .stepFinished(let asset, _) = $0 { asset } else { nil } }
    }

    func remarks(of asset: AssetKey) -> [String] {
        events.withLock { $0 }.flatMap {
            if case .stepFinished(asset, let end) = $0 { end.remarks } else { [String]() }
        }
    }

    var reasons: [AssetKey: [BuildReason]] {
        var found: [AssetKey: [BuildReason]] = [:]
        for case .stepStarted(let asset, let reasons, _) in events.withLock({ $0 }) { found[asset] = reasons }
        return found
    }
}

extension RunReport {
    /// `asset state` of every step, in order.
    var states: [String] { steps.map { "\($0.step.asset) \($0.state.rawValue)" } }

    func step(_ asset: String) throws -> StepRecord {
        try #require(steps.first { $0.step.asset.description == asset })
    }
}
