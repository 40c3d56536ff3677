/// Tables that nobody can change for a moment, held by a connection of its own.
///
/// It cannot outlive its use: closing the connection frees the tables, and so does the server when the
/// connection is silent for longer than ``SharedSnapshot/Effort/lockHold``.
final class SnapshotLock {
    /// The lock could not be had.
    struct Refused: Error {
        let reason: String
    }

    let isGlobal: Bool
    private let connection: MySQLConnection
    private let begin: ContinuousClock.Instant

    init(_ tables: [String], like reader: MySQLConnection, _ effort: SharedSnapshot.Effort) throws(Refused) {
        var settings = reader.settings
        // Nothing is written either way; a read-only session need not be let lock.
        (settings.isReadOnly, settings.allowsLocalData, settings.statementTimeout) = (false, false, nil)
        // Longer than the wait that the server is asked to keep, so that its answer arrives.
        settings.readTimeout = effort.lockWait * 3 + .seconds(5)
        do throws(MySQLError) {
            connection = try MySQLConnection(settings)
        } catch {
            throw Refused(reason: "no further connection for the lock: \(error.message)")
        }
        do throws(MySQLError) {
            (isGlobal, begin) = try Self.take(tables, connection, effort)
        } catch {
            connection.close()
            throw Refused(reason: Self.explain(error, effort))
        }
    }

    /// Frees the tables. After a throw nobody knows whether they were locked all the time.
    /// - Returns: How long they were.
    func release() throws(MySQLError) -> Duration {
        try connection.execute("UNLOCK TABLES")
        let held = begin.duration(to: .now)
        return held
    }

    func close() { connection.close() }

    private static func take(
        _ tables: [String], _ connection: MySQLConnection, _ effort: SharedSnapshot.Effort
    ) throws(MySQLError) -> (isGlobal: Bool, begin: ContinuousClock.Instant) {
        let seconds = { (span: Duration) in max(1, (span.microseconds + 999_999) / 1_000_000) }
        // Without autocommit LOCK TABLES takes InnoDB's own lock, too, which waits for rows that are changed
        // through foreign keys.
        try connection.execute(
            """
            SET SESSION lock_wait_timeout = \(seconds(effort.lockWait)), \
            innodb_lock_wait_timeout = \(seconds(effort.lockWait)), autocommit = 0, \
            wait_timeout = \(seconds(effort.lockHold))
            """)
        let names = tables.map { "\(MySQLConnection.quoteIdentifier($0)) READ" }.joined(separator: ", ")
        do throws(MySQLError) {
            if !tables.isEmpty {
                try connection.execute("LOCK TABLES \(names)")
                return (false, .now)
            }
        } catch {
            guard error.kind == .accessDenied else { throw error }
            do throws(MySQLError) {
                try connection.execute("FLUSH TABLES WITH READ LOCK")
                return (true, .now)
            } catch let second {
                throw second.kind == .accessDenied ? error : second
            }
        }
        try connection.execute("FLUSH TABLES WITH READ LOCK")
        return (true, .now)
    }

    private static func explain(_ error: MySQLError, _ effort: SharedSnapshot.Effort) -> String {
        switch error.kind {
        case .accessDenied: "no right to lock (\(error.message)); GRANT LOCK TABLES allows it"
        case .lockWait: "the lock was not free within \(effort.lockWait): somebody writes for longer"
        default: "no lock: \(error.message)"
        }
    }
}
