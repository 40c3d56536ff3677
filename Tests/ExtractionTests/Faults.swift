import Blocking
import Foundation
import LakeModel
import MySQL
import Postgres
import Synchronization
import TarnTesting
import Testing

/// Asks until it is so.
func waitUntil(
    _ what: String, _ seconds: Int = 120, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw SetupFailed(reason: "this did not happen: \(what)")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Expects that no session of a reading is left at MariaDB: no statement, transaction or lock.
func expectNothingOfOurs(
    _ settings: MySQLSettings, _ location: SourceLocation = #_sourceLocation
) async throws {
    let left = try await BlockingPool.shared.run { () throws -> [[String?]] in
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        var left: [[String?]] = []
        // A session that was closed a moment ago may still be listed.
        let deadline = ContinuousClock.now + .seconds(10)
        repeat {
            left =
                try connection.query(
                    """
                    SELECT id, command, info FROM information_schema.processlist \
                    LEFT JOIN information_schema.innodb_trx ON trx_mysql_thread_id = id \
                    WHERE db = DATABASE() AND id <> CONNECTION_ID()
                    """
                ).rows
        } while !left.isEmpty && ContinuousClock.now < deadline
        try connection.execute("SET SESSION lock_wait_timeout = 2")
        try connection.execute("ALTER TABLE t COMMENT 'nobody holds it'")
        return left
    }
    #expect(left.isEmpty, sourceLocation: location)
}

/// Expects that no session of a reading is left at PostgreSQL.
func expectNothingOfOurs(
    _ settings: PostgresSettings, _ location: SourceLocation = #_sourceLocation
) async throws {
    let left = try await BlockingPool.shared.run { () throws -> [[String?]] in
        let connection = try PostgresConnection(settings)
        defer { connection.close() }
        var left: [[String?]] = []
        let deadline = ContinuousClock.now + .seconds(10)
        repeat {
            left =
                try connection.query(
                    """
                    SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                    """
                ).rows
        } while !left.isEmpty && ContinuousClock.now < deadline
        _ = try connection.execute("SET lock_timeout = '2s'; COMMENT ON TABLE t IS 'nobody holds it'")
        return left
    }
    #expect(left.isEmpty, sourceLocation: location)
}

/// Lends an account that may SELECT and nothing else.
func withReader(
    of settings: MySQLSettings, _ body: (MySQLSettings) async throws -> Void
) async throws {
    var reader = settings
    (reader.user, reader.password) = ("r\(settings.database?.suffix(12) ?? "")", "p")
    try await change(
        settings,
        [
            "CREATE USER \(reader.user) IDENTIFIED BY 'p'",
            "GRANT SELECT ON \(settings.database ?? "").* TO \(reader.user)",
        ])
    try await body(reader)
    try await change(settings, ["DROP USER \(reader.user)"])
}

/// Something that happens on a thread of its own while a test waits for an extraction, so that a machine that
/// is busy with other tests does not make it come late.
final class Disturbance: Sendable {
    private let outcome = Mutex<Result<Void, any Error>?>(nil)

    /// Begins at once.
    init(_ body: @escaping @Sendable () throws -> Void) {
        Thread.detachNewThread { [self] in
            let result = Result { try body() }
            outcome.withLock { $0 = result }
        }
    }

    /// Waits for its end.
    func end() async throws {
        try await waitUntil("the disturbance ends") { outcome.withLock { $0 != nil } }
        try outcome.withLock { try $0?.get() }
    }

    /// Blocks until it is so.
    static func await(_ what: String, _ condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while try !condition() {
            guard ContinuousClock.now < deadline else {
                throw SetupFailed(reason: "this did not happen: \(what)")
            }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }
}
