import TarnTesting
import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import Synchronization
import Testing

/// A lake in a temporary folder into which tests commit rows that they write in SQL.
final class LittleLake: Sendable {
    let folder: TemporaryFolder
    let store: SealingStore
    let session: LakeSession
    private let clock: Clock

    private final class Clock: Sendable {
        let day = Mutex(Day(daysSinceEpoch: 20_000))
    }

    init(under name: String = "lake") throws {
        folder = try TemporaryFolder()
        let clock = Clock()
        self.clock = clock
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        store = SealingStore(try LocalStore(root: "\(folder.path)/\(name)")) { clock.day.withLock { $0 } }
        session = LakeSession(database: try Database(), store: store)
    }

    func passMidnight() { clock.day.withLock { $0 = $0 + 1 } }

    /// Commits the rows of a SELECT as an extraction of `bronze_s.t` would.
    @discardableResult
    func commit(
        _ sql: String, run: String, mode: ExtractionMode = .incremental, key: [String] = ["id"],
        isKeyUnique: Bool = true, cursor: String = "ts"
    ) async throws -> AssetState {
        let asset = try #require(AssetKey("bronze_s.t"))
        let run = try #require(RunID(run))
        let path = try #require(try await store.localPath(forWriting: LakeLayout.staged(asset, of: run)))
        let (rows, schema) = try await write(sql, to: path)
        let upper = CursorValue.integer(rows)
        _ = try await BronzeCommit(store, now: { Timestamp(microseconds: 0) }).publish(
            StagedExtraction(
                source: try #require(asset.source), table: asset.table, run: run, epoch: .first, mode: mode,
                rows: rows,
                range: mode == .incremental ? CursorRange(cursor: cursor, lower: nil, upper: upper) : nil,
                schema: schema,
                key: key, isKeyUnique: isKeyUnique, cursor: mode == .incremental ? cursor : nil,
                origin: .init(
                    system: "test", fingerprint: nil, rows: rows, readAt: Timestamp(microseconds: 0))))
        return try #require(try await session.state(of: asset))
    }

    /// Publishes the rows of a SELECT as `silver.t`.
    func publish(_ sql: String, run: String) async throws -> AssetState {
        let asset = try #require(AssetKey("silver.t"))
        let run = try #require(RunID(run))
        let path = try #require(try await store.localPath(forWriting: LakeLayout.staged(asset, of: run)))
        let (rows, schema) = try await write(sql, to: path)
        _ = try await TablePublish(store, now: { Timestamp(microseconds: 0) }).publish(
            StagedTable(
                asset: asset, run: run, epoch: .first, rows: rows, version: run.text, codeHash: "",
                engine: "", inputs: [],
                schema: schema, checks: [], seconds: 0))
        return try #require(try await session.state(of: asset))
    }

    private func write(_ sql: String, to path: String) async throws -> (Int64, [ColumnSchema]) {
        try await session.database.withConnection { connection in
            let count = try connection.query("COPY (\(sql)) TO \(quotedLiteral(path)) (FORMAT parquet)").rows
                .first?.first
            let columns = try connection.prepare(sql).columns
            return (
                count?.integer ?? 0, columns.map { ColumnSchema(name: $0.name, type: $0.type.description) }
            )
        }
    }

    /// The rows of a query as texts.
    func query(_ sql: String, defining states: [AssetState] = []) async throws -> [String] {
        let session = session
        return try await session.database.withConnection { connection in
            try session.define(states, on: connection)
            return try connection.query(sql).rows.map { $0.map(\.description).joined(separator: " ") }
        }
    }
}
