internal import Blocking
internal import LakeModel
internal import Postgres
internal import Synchronization

/// The connections of a store: a few, opened when they are needed, each lent to one transaction at a time.
final class PostgresSessions: Sendable {
    private let settings: PostgresSettings
    private let schema: String
    private let idle = Mutex<[Idle]>([])
    let threads: BlockingPool

    /// It changes hands, and is used by one thread at a time.
    private struct Idle: @unchecked Sendable {
        let connection: PostgresConnection
    }

    init(_ settings: PostgresSettings, schema: String, connectionsMax: Int) {
        self.settings = settings
        self.schema = schema
        threads = BlockingPool(threadsMax: connectionsMax)
    }

    /// A connection of the caller's own.
    func open() throws -> PostgresConnection {
        let connection = try PostgresConnection(settings)
        do {
            try connection.execute("SET search_path TO \(Self.quoted(schema))")
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    func close() {
        for one in idle.withLock({ idle in
            defer { idle = [] }
            return idle
        }) { one.connection.close() }
    }

    /// Runs `body` in a transaction, on a thread that may block.
    ///
    /// What the server gave up because of others is tried again. So is what failed because the connection
    /// had died meanwhile, unless the commit was under way: then nobody knows, and the caller must ask
    /// again.
    func transaction<T>(readOnly: Bool, _ body: (PostgresConnection) throws -> T) throws -> T {
        var attempt = 0
        while true {
            attempt += 1
            let connection = try idle.withLock { $0.popLast() }?.connection ?? open()
            var isCommitting = false
            do {
                try connection.execute(
                    readOnly
                        ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                        : "BEGIN ISOLATION LEVEL READ COMMITTED")
                let result = try body(connection)
                isCommitting = true
                try connection.execute("COMMIT")
                giveBack(connection)
                return result
            } catch let error as PostgresError {
                rollBack(connection)
                if isStale(error), attempt < 3 {
                    try connection.forgetPrepared()
                    giveBack(connection)
                    continue
                }
                giveBack(connection)
                let mayRepeat: Bool =
                    switch error.kind {
                    case .deadlock, .serialization: attempt < 8
                    case .lostConnection: !isCommitting && attempt < 3
                    default: false
                    }
                guard mayRepeat else { throw error }
            } catch {
                rollBack(connection)
                giveBack(connection)
                throw error
            }
        }
    }

    /// A node of a later version has changed a table.
    private func isStale(_ error: PostgresError) -> Bool {
        error.sqlState == "0A000" && error.message.contains("cached plan")
    }

    private func rollBack(_ connection: PostgresConnection) {
        guard connection.isInTransaction else { return }
        // If even that fails, the connection is of no more use.
        do { try connection.execute("ROLLBACK") } catch { connection.close() }
    }

    private func giveBack(_ connection: PostgresConnection) {
        guard connection.isOpen, !connection.isInTransaction else { return connection.close() }
        idle.withLock { $0.append(Idle(connection: connection)) }
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
