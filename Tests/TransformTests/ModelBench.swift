import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import Project
import TarnTesting
import Testing
import Transform

/// A silver table `in` that models read, published with `rows`, and everything that building needs.
struct ModelBench {
    let folder: TemporaryFolder
    let store: SealingStore
    let session: LakeSession

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/lake", withIntermediateDirectories: true)
        store = SealingStore(try LocalStore(root: "\(folder.path)/lake")) { Day(daysSinceEpoch: 20_000) }
        session = LakeSession(database: try Database(), store: store)
    }

    func build(
        _ sql: String, header: String = "owner: me", name: String = "m", run: String,
        inputs: [AssetState] = [], isWhole: Bool = false,
        checks: [CheckResult] = []
    ) async throws -> TableManifest {
        let model = try await ModelBench.model(sql, header, name, inputs: inputs.map(\.key))
        return try await ModelBuild(
            model, inputs: inputs, session: session, store: store, isWhole: isWhole,
            now: { Timestamp(microseconds: 0) }
        ).run(try #require(RunID(run)), epoch: .first, watch: { _ in }) { _, _ in checks }
    }

    func state(_ name: String) async throws -> AssetState {
        let asset = try #require(AssetKey(name))
        return try #require(try await session.state(of: asset))
    }

    static func model(
        _ sql: String, _ header: String, _ name: String, inputs: [AssetKey] = []
    ) async throws -> LakeGraph.Model {
        var files = LakeFiles(["models/silver/in.sql": "SELECT 1 AS x"])
        for input in inputs { files.files["models/silver/\(input.table).sql"] = "SELECT 1 AS x" }
        files.files["models/silver/\(name).sql"] = "/*---\n\(header)\n---*/\n\(sql)"
        let graph = try await files.graph()
        let key = try #require(AssetKey("silver.\(name)"))
        return try #require(graph.models[key])
    }

    func query(_ sql: String, _ states: [AssetState]) async throws -> [String] {
        let session = session
        return try await session.database.withConnection { connection in
            try session.define(states, on: connection)
            return try connection.query(sql).rows.map { $0.map(\.description).joined(separator: "|") }
        }
    }
}
