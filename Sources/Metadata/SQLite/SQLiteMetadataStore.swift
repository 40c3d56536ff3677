internal import Blocking
internal import GRDB
internal import Glibc
package import LakeModel

/// The metadata in one SQLite file, for one machine. Several processes may use it at once.
///
/// The file is in WAL mode: readers never wait. A writer waits for another process's writer up to the time
/// limit. After a power cut the last transactions may be missing, never a part of one (`synchronous =
/// NORMAL`); after the death of the process nothing is missing.
package final class SQLiteMetadataStore: SQLMetadataStore {
    package let path: String
    let busyTimeout: Duration
    let pool: DatabasePool

    /// Opens the database of a lake, and creates or upgrades it where needed.
    ///
    /// Its folder is created if only that is missing. Processes that open a new file at once wait for each
    /// other.
    /// - Parameter busyTimeout: How long a write waits for another process.
    /// - Throws: ``MetadataTooNew``, ``MetadataDamaged``, ``MetadataForeign``, ``MetadataInaccessible``,
    ///   ``MetadataBusy``, ``MetadataDiskFull``.
    package static func open(
        at path: String, now: Timestamp, busyTimeout: Duration = .seconds(10)
    ) async throws -> SQLiteMetadataStore {
        try await BlockingPool.shared.run {
            try SQLiteMetadataStore(path: path, now: now, busyTimeout: busyTimeout)
        }
    }

    /// The same, on the calling thread.
    /// - Parameter pagesMax: The size that the file may reach, in pages of 4 KiB, as a disk's end would
    ///   limit it.
    init(path: String, now: Timestamp, busyTimeout: Duration, pagesMax: Int? = nil) throws {
        self.path = path
        self.busyTimeout = busyTimeout
        let failures = SQLiteFailures(database: path, busyTimeout: busyTimeout)
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            // Fails if it exists or cannot be made; in the second case opening the file says so.
            _ = mkdir(String(path[..<slash]), 0o755)
        }
        pool = try failures.translating {
            let pool = try SQLiteMetadataStore.openPool(path, busyTimeout: busyTimeout, pagesMax: pagesMax)
            try SQLiteMigrator(database: path).upgrade(pool, now: now)
            return pool
        }
    }

    package func awaitChange(atMost patience: Duration) async {
        let before = try? dataVersion()
        let deadline = ContinuousClock.now + patience
        // A look at a shared page: no other process can call this one.
        while ContinuousClock.now < deadline, !Task.isCancelled, before == (try? dataVersion()) {
            try? await Task.sleep(for: min(.milliseconds(200), deadline - ContinuousClock.now))
        }
    }

    /// Another number when another process has written.
    private func dataVersion() throws -> Int? {
        try pool.unsafeRead { try Int.fetchOne($0, sql: "PRAGMA data_version") }
    }

    /// Ends all use of the file; the WAL is written back if no other process has it open.
    package func close() throws {
        try translating { try pool.close() }
    }

    private static func openPool(_ path: String, busyTimeout: Duration, pagesMax: Int?) throws -> DatabasePool
    {
        var configuration = Configuration()
        configuration.label = "tarn.metadata"
        configuration.busyMode = .timeout(busyTimeout.seconds)
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { db in
            if let pagesMax { try db.execute(sql: "PRAGMA max_page_count = \(pagesMax)") }
        }
        // Setting a new file to WAL mode answers "busy" at once, without the timeout, when another process is
        // doing the same: https://sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode".
        let clock = ContinuousClock()
        let deadline = clock.now + busyTimeout
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && clock.now < deadline
            {
                usleep(5_000)
            }
        }
    }

    package func write<T: Sendable>(_ body: @escaping @Sendable (MetadataTables) throws -> T) async throws
        -> T
    {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncWrite({ try body(MetadataTables(db: SQLiteConnection(db: $0))) }) { _, result in
                    continuation.resume(with: result)
                }
            }
        } catch {
            throw translated(error)
        }
    }

    package func read<T: Sendable>(_ body: @escaping @Sendable (MetadataTables) throws -> T) async throws -> T
    {
        do {
            return try await pool.read { try body(MetadataTables(db: SQLiteConnection(db: $0))) }
        } catch {
            throw translated(error)
        }
    }

    private func translated(_ error: any Error) -> any Error {
        SQLiteFailures(database: path, busyTimeout: busyTimeout).translated(error)
    }

    private func translating<T>(_ body: () throws -> T) throws -> T {
        try SQLiteFailures(database: path, busyTimeout: busyTimeout).translating(body)
    }
}
