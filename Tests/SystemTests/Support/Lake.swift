import Foundation
import Glibc
import MySQL
import Testing

/// What kind of database a lake reads.
enum SourceSystem: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case sqlite, mariaDB
    var testDescription: String { self == .sqlite ? "SQLite" : "MariaDB" }
}

/// A lake in a folder of its own, and the program under test.
struct Lake: Sendable {
    let folder: String
    /// Besides PATH and HOME, which is all that programs of the tests inherit.
    var environment: [String: String] = [:]
    /// The server that the shop's database is on; SQLite if there is none.
    var server: MySQLSettings?

    /// The program under test: `TARN_BINARY`, or the one that was built with these tests.
    static let binary: Result<String, SetupFailed> = {
        let given = ProcessInfo.processInfo.environment["TARN_BINARY"]
        let built = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path =
            given ?? built.map { URL(filePath: $0).deletingLastPathComponent().path + "/tarn" } ?? "tarn"
        guard access(path, X_OK) == 0 else {
            return .failure(SetupFailed("there is no program \(path); build it, or set TARN_BINARY"))
        }
        return .success(path)
    }()

    /// Lends an empty folder and removes it afterwards.
    static func inEmptyFolder<T>(_ body: (Lake) async throws -> T) async throws -> T {
        let lake = Lake(folder: try makeTemporaryFolder("lake"))
        defer { try? FileManager.default.removeItem(atPath: lake.folder) }
        return try await body(lake)
    }

    /// Lends a lake of the telecom template.
    static func telecom<T>(
        scale: Double? = 0.0005, environment: [String: String] = [:], _ body: (Lake) async throws -> T
    ) async throws -> T {
        try await inEmptyFolder { lake in
            var lake = lake
            lake.environment = environment
            try await lake.succeeds("init", "--template", "telecom", lake.folder)
            if let scale { try await lake.succeeds("demo", "generate", "--scale", "\(scale)") }
            return try await body(lake)
        }
    }

    /// Lends a lake with one source, `shop`, one table in silver and one in gold.
    static func shop<T>(in system: SourceSystem = .sqlite, _ body: (Lake) async throws -> T) async throws -> T
    {
        try await inEmptyFolder { lake in
            var lake = lake
            try await lake.succeeds("init", lake.folder)
            for (name, text) in Lake.shopFiles { try lake.write(text, to: name) }
            try lake.write(try lake.text("lake.yaml") + Lake.exclusions, to: "lake.yaml")
            switch system {
            case .sqlite:
                try FileManager.default.createDirectory(
                    atPath: lake.path("databases"), withIntermediateDirectories: true)
            case .mariaDB:
                let server = try await SystemTestServer.settings()
                lake.server = server
                lake.environment = [
                    "SHOP_PORT": "\(server.port)", "SHOP_USER": server.user, "SHOP_PASSWORD": server.password,
                ]
                try lake.edit(
                    "lake.yaml", #"{ kind: sqlite, path: "databases/{database}.db" }"#,
                    #"{ kind: mysql, port: "${SHOP_PORT}", user: "${SHOP_USER}", password: "${SHOP_PASSWORD}" }"#
                )
                _ = try await SourceDatabases.mariaDB(server).rows(
                    "DROP DATABASE IF EXISTS shop; CREATE DATABASE shop", in: "information_schema")
            }
            try await lake.changeShop(Lake.shopTables)
            return try await body(lake)
        }
    }

    static let exclusions = """
        exclude:
          - { source: "old_*", reason: "Its rows are in shop." }
          - { kind: view, reason: "Views are rebuilt in silver." }

        """

    static let shopTables = """
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40), country CHAR(2), updated_at DATETIME);
        CREATE TABLE country (code CHAR(2) PRIMARY KEY, name VARCHAR(40));
        INSERT INTO country VALUES ('GB', 'Britain'), ('IE', 'Ireland');
        INSERT INTO customer VALUES
            (1, 'Ada', 'GB', '2026-01-01 10:00:00'), (2, 'Bob', 'IE', '2026-01-02 10:00:00'),
            (3, 'Cyd', 'GB', '2026-01-03 10:00:00');
        """

    static let shopFiles = [
        "sources/shop.yaml": """
        description: The shop's database.
        connection: files
        database: shop
        tables:
          customer:
            mode: incremental
            key: [id]
            cursor: updated_at
          country: {}

        """,
        "models/silver/customer.sql": """
        /*---
        description: Customers with the names of their countries.
        columns:
          id: { checks: [not_null, unique] }
          country: { checks: [not_null] }
        ---*/
        SELECT c.id, c.name, k.name AS country
        FROM bronze_shop.customer AS c
        LEFT JOIN bronze_shop.country AS k ON k.code = c.country

        """,
        "models/gold/customers_by_country.sql": """
        /*---
        description: How many customers each country has.
        ---*/
        SELECT country, count(*) AS customers FROM silver.customer GROUP BY country

        """,
    ]

    func path(_ relative: String) -> String { "\(folder)/\(relative)" }

    /// Runs statements on the shop's own database.
    func changeShop(_ sql: String) async throws {
        let databases = server.map { SourceDatabases.mariaDB($0) } ?? .sqlite(folder: path("databases"))
        _ = try await databases.rows(sql, in: "shop")
    }

    /// Runs `tarn` in the lake's folder.
    func tarn(_ arguments: [String], input: String = "") async throws -> Ended {
        try await start(arguments, input: input).end()
    }

    func tarn(_ arguments: String..., input: String = "") async throws -> Ended {
        try await tarn(arguments, input: input)
    }

    func start(_ arguments: [String], input: String = "", terminal: String? = nil) throws -> Program {
        try Program(
            [try Lake.binary.get()] + arguments, in: folder,
            environment: ["PATH": Program.path, "HOME": folder, "TERM": "xterm"].merging(environment) { $1 },
            input: input, terminal: terminal)
    }

    /// Runs `tarn` and expects that it ends well.
    @discardableResult
    func succeeds(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> Ended
    {
        let ended = try await tarn(arguments)
        try #require(ended.code == 0, "tarn \(arguments): \(ended.all)", sourceLocation: sourceLocation)
        return ended
    }

    /// The rows of a query, as lines of CSV without the header.
    func rows(_ sql: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String] {
        let ended = try await tarn("sql", "--format", "csv", sql)
        try #require(ended.code == 0, "\(sql): \(ended.all)", sourceLocation: sourceLocation)
        return Array(ended.lines.dropFirst())
    }

    func write(_ text: String, to relative: String) throws {
        try text.write(toFile: path(relative), atomically: false, encoding: .utf8)
    }

    func text(_ relative: String) throws -> String {
        try String(contentsOfFile: path(relative), encoding: .utf8)
    }

    /// Replaces the only occurrence of `old` in a file.
    func edit(_ relative: String, _ old: String, _ new: String) throws {
        let text = try text(relative)
        try #require(text.components(separatedBy: old).count == 2, "'\(old)' is not once in \(relative)")
        try write(text.replacingOccurrences(of: old, with: new), to: relative)
    }

    /// The paths of all files below `relative`, relative to it, sorted.
    func files(below relative: String) throws -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: path(relative)) else { return [] }
        return walk.compactMap { $0 as? String }.filter { file in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path("\(relative)/\(file)"), isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    /// The bytes of all files below `relative` whose path contains `part`.
    func bytes(below relative: String, where isWanted: (String) -> Bool = { _ in true }) throws -> [String:
        Data]
    {
        var bytes: [String: Data] = [:]
        for file in try files(below: relative) where isWanted(file) {
            bytes[file] = FileManager.default.contents(atPath: path("\(relative)/\(file)"))
        }
        return bytes
    }

    /// How the steps of the newest run ended, by asset.
    func statesOfNewestRun() async throws -> [String: String] {
        let status = try await succeeds("status", "--json").json()
        var states: [String: String] = [:]
        for step in try status.get("newest").list("steps") {
            states[try step.text("asset")] = try step.text("state")
        }
        return states
    }

    /// Reads the store's clock as a day in `zone` from now on.
    ///
    /// The days of the two ends of the earth never agree: Etc/GMT+12 is always a day or two behind
    /// Pacific/Kiritimati. So a lake has a yesterday without touching the system's clock.
    func live(in zone: String) throws {
        let lines = try text("lake.yaml").components(separatedBy: "\n").map {
            $0.hasPrefix("timezone:") ? "timezone: \(zone)" : $0
        }
        try write(lines.joined(separator: "\n"), to: "lake.yaml")
    }

    static let yesterday = "Etc/GMT+12"
    static let today = "Pacific/Kiritimati"
}
