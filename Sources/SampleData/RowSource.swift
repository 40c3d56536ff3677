internal import DuckDB
internal import Synchronization

/// Makes rows: a DuckDB session with the generator's random function and macros.
final class RowSource {
    private let connection: Connection
    private let cancellation: Cancellation

    /// Another session of a database that ``makeDatabase(_:)`` made.
    init(_ database: Database, _ cancellation: Cancellation) throws {
        connection = try database.connect()
        self.cancellation = cancellation
    }

    /// A database in memory that holds nothing but the functions. Each session computes on its own thread
    /// alone: whole databases are made side by side instead.
    static func makeDatabase(_ plan: SamplePlan) throws -> Database {
        let database = try Database(configuration: ["threads": "1", "memory_limit": "1GB"])
        let connection = try database.connect()
        try connection.register(.sampleRandom)
        for statement in samplePrelude(plan) { try connection.execute(statement) }
        return database
    }

    /// Lends the rows of one query, at most 2048 at a time.
    /// - Throws: `CancellationError` between them; what `body` throws; `DuckDBError`.
    func forEachBatch(of query: String, into batch: RowBatch, _ body: (RowBatch) throws -> Void) throws {
        try cancellation.check()
        try connection.forEachChunk(query) { chunk in
            try cancellation.check()
            batch.fill(from: chunk)
            try body(batch)
        }
    }
}

/// Carries a task's cancellation to the threads that work for it, where no task can be asked.
final class Cancellation: Sendable {
    private let isCancelled = Atomic(false)

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` after ``cancel()``.
    func check() throws {
        if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
    }
}
