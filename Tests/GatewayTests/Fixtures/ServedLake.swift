import Foundation
import LakeModel
import Logging
import Metadata
import Project
import SQLite
import ServiceLifecycle
import Synchronization
import TarnTesting
import Testing

@testable import Gateway
@testable import Orchestrator

/// A lake of one SQLite source and two models in a temporary folder.
struct SmallLake {
    let folder: TemporaryFolder

    init(serve: String = "") throws {
        folder = try TemporaryFolder()
        let files = [
            "lake.yaml": """
            name: small
            store: store
            environments: { local: { connections: { files: { kind: sqlite, path: "{database}.db" } } } }
            resources: { threads: 2 }
            schedules:
              night: { cron: 30 1 * * *, timezone: Europe/London, run: "*", tags: [nightly] }
              chores: { cron: 0 8 * * *, do: housekeeping, paused: true }
            sensors:
              dims: { materialized: silver.*, run: gold.* }
            \(serve)
            """,
            "sources/app.yaml": "connection: files\ntables:\n  customer:\n    freshness: { max_age: 26h }\n",
            "models/silver/dim_customer.sql": """
            /*---
            columns: { id: { description: Its number., checks: [not_null, unique] } }
            tags: [core]
            ---*/
            SELECT * FROM bronze_app.customer
            """,
            "models/gold/names.sql":
                "/*---\ndescription: Names.\n---*/\nSELECT count(*) AS names FROM silver.dim_customer",
        ]
        for (name, text) in files { try write(text, to: name) }
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/store", withIntermediateDirectories: true)
        try SQLiteConnection(path: "\(folder.path)/app.db", access: .create).execute(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO customer VALUES (1, 'Ann'), (2, 'Bob')"
        )
    }

    func write(_ text: String, to name: String) throws {
        let path = "\(folder.path)/\(name)"
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    func open() async throws -> Lake { try await Lake.open(folder: folder.path, variables: [:]) }
}

/// A process that serves, as a test wants it to be.
final class TestHost: GatewayHost {
    private let state: Mutex<State>
    private let small: SmallLake

    struct State {
        var lake: Lake?
        var condition = HostCondition(.serving)
    }

    init(_ small: SmallLake, _ lake: Lake?) {
        self.small = small
        state = Mutex(State(lake: lake))
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var lake: Lake? { state.withLock { $0.lake } }
    var condition: HostCondition { state.withLock { $0.condition } }
    let identity = HostNode(
        worker: WorkerID("test-1-a"),
        process: ProcessIdentity(host: "test-host", bootID: "b", pid: 1, startTicks: 1), version: "9.9.9",
        startedAt: Lake.now(), isScheduler: true)
    var workCounts: WorkCounts {
        var counts = WorkCounts()
        counts.claimed = 42
        return counts
    }

    func reload() async throws {
        do {
            let lake = try await small.open()
            change {
                $0.lake = lake
                $0.condition = HostCondition(.serving)
            }
        } catch let error as Diagnostics {
            change { $0.condition.projectMistakes = error.all }
            throw error
        }
    }
}

/// A gateway that listens on a port of the system's choice.
struct Served: Sendable {
    let small: SmallLake
    let lake: Lake
    let host: TestHost
    let port: Int
    let group: ServiceGroup
    /// Of the role operate.
    static let operate = "operate-0123456789abcdef"
    static let read = "read-only-0123456789abcdef"

    func connect() throws -> Connection { try Connection(port: port) }

    /// Asks once, over a connection of its own.
    func ask(
        _ method: String = "GET", _ path: String, token: String? = Served.operate, json: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> HTTPAnswer {
        let connection = try connect()
        try await connection.send(
            Served.request(method, path, token: token, json: json, headers: headers))
        return try await connection.answer(isHead: method == "HEAD")
    }

    static func request(
        _ method: String = "GET", _ path: String, token: String? = Served.operate, json: String? = nil,
        headers: [String: String] = [:]
    ) -> String {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let json {
            text += "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)"
        } else {
            text += "\r\n"
        }
        return text
    }

    /// Works on the runs that wait until there are none.
    func work() async throws {
        let lake = host.lake ?? self.lake
        let options = RunOptions()
        let process = try ProcessTable.current()
        let worker = Worker(
            id: WorkerID(process, random: 1), metadata: lake.metadata,
            executor: LakeSteps(lake: lake, options: options, observer: Nobody()), observer: Nobody(),
            settings: options.worker, pools: { [lake] in lake.pools })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.work() }
            while true {
                let load = try await lake.metadata.workload(at: Lake.now(), endedSince: Lake.now())
                if load.queuedRuns + load.runningRuns == 0 { break }
                await lake.metadata.awaitChange(atMost: .milliseconds(100))
            }
            await worker.drain()
            try await group.waitForAll()
        }
    }

    /// A run that nobody works on.
    @discardableResult
    func launch(_ json: String = #"{"selection": "*"}"#, key: String? = nil) async throws -> String {
        let answer = try await ask(
            "POST", "/api/v1/runs", json: json, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
        return try #require(try answer.json.at("run"), "\(answer.text)")
    }
}

struct Nobody: RunObserver {
    func observe(_ event: RunProgress) {}
}

func withGateway<T: Sendable>(
    _ serve: ServeDefinition? = nil, options change: (inout GatewayOptions) -> Void = { _ in },
    _ body: (Served) async throws -> T
) async throws -> T {
    let place = Place(file: "lake.yaml")
    let standard = ServeDefinition(
        listen: ListenAddress(host: "127.0.0.1", port: 0),
        tokens: [
            .init(name: "ops", token: Secret(Served.operate), role: .operate, place: place),
            .init(name: "eyes", token: Secret(Served.read), role: .read, place: place),
        ])
    var options = GatewayOptions(serve ?? standard)
    options.metricsAge = .zero
    change(&options)
    let small = try SmallLake()
    let lake = try await small.open()
    let host = TestHost(small, lake)
    let ports = AsyncStream.makeStream(of: Int.self)
    let gateway = try Gateway(
        options, host: host, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { ports.continuation.yield($0.port) }
    let services = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: [gateway], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { ports.continuation.finish() }
            try await services.run()
        }
        var first: Int?
        for await port in ports.stream {
            first = port
            break
        }
        guard let port = first else {
            try await group.waitForAll()
            throw ClientFailed("nothing listens")
        }
        let result: T
        do {
            result = try await body(
                Served(small: small, lake: lake, host: host, port: port, group: services))
        } catch {
            await services.triggerGracefulShutdown()
            throw error
        }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
        return result
    }
}
