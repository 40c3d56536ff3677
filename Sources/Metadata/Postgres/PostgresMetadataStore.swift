internal import Blocking
package import LakeModel
package import Postgres
internal import Synchronization

/// The metadata in a schema of a PostgreSQL database, for several nodes.
///
/// Who waits for work is called by `NOTIFY`, so that nobody asks again and again.
package final class PostgresMetadataStore: SQLMetadataStore {
    package let address: String
    private let sessions: PostgresSessions
    private let channel: String
    private let listener = Mutex<Listener?>(nil)
    private let waiting = SharedListening()
    /// One thread, which waits for notifications.
    private let listening = BlockingPool(threadsMax: 1)

    private struct Listener: @unchecked Sendable {
        let connection: PostgresConnection
    }

    /// Opens the store, and creates or upgrades its tables where needed. Nodes that do so at once wait for
    /// each other.
    /// - Parameter schema: Made if it is missing.
    /// - Throws: ``MetadataUnreachable``, ``MetadataTooNew``, ``MetadataForeign``, ``MetadataFailure``.
    package static func open(
        _ settings: PostgresSettings, schema: String = "tarn", now: Timestamp, connectionsMax: Int = 8
    ) async throws -> PostgresMetadataStore {
        let store = PostgresMetadataStore(settings, schema: schema, connectionsMax: connectionsMax)
        do {
            try await store.sessions.threads.run {
                try PostgresMigrator(database: store.address, schema: schema).upgrade(
                    store.sessions, now: now)
            }
            return store
        } catch {
            throw store.translated(error)
        }
    }

    private init(_ settings: PostgresSettings, schema: String, connectionsMax: Int) {
        var settings = settings
        settings.isReadOnly = false
        settings.lockTimeout = .seconds(30)
        settings.statementTimeout = .seconds(60)
        settings.readTimeout = .seconds(90)
        settings.idleInTransactionTimeout = .seconds(60)
        settings.applicationName = "tarn metadata"
        address = "\(settings.address)/\(settings.database)"
        channel = "tarn_\(schema)"
        sessions = PostgresSessions(settings, schema: schema, connectionsMax: connectionsMax)
    }

    package func close() { sessions.close() }

    package func write<T: Sendable>(_ body: @escaping @Sendable (MetadataTables) throws -> T) async throws
        -> T
    {
        let (sessions, channel) = (sessions, channel)
        do {
            // It must be carried out although the task may be cancelled.
            return try await sessions.threads.runToEnd {
                try sessions.transaction(readOnly: false) { connection in
                    let transaction = PostgresTransaction(connection: connection)
                    let result = try body(MetadataTables(db: transaction))
                    // It is sent with the commit.
                    if transaction.isCalling {
                        try connection.execute("NOTIFY \(PostgresSessions.quoted(channel))")
                    }
                    return result
                }
            }
        } catch {
            throw translated(error)
        }
    }

    package func read<T: Sendable>(_ body: @escaping @Sendable (MetadataTables) throws -> T) async throws -> T
    {
        let sessions = sessions
        do {
            return try await sessions.threads.run {
                try sessions.transaction(readOnly: true) {
                    try body(MetadataTables(db: PostgresTransaction(connection: $0)))
                }
            }
        } catch {
            throw translated(error)
        }
    }

    package func awaitChange(atMost patience: Duration) async {
        await waiting.wait(atMost: patience) { patience in
            let isCancelled = Atomic(false)
            // A server that does not answer is found out by the next question.
            let isCalled = try? await self.listening.run(
                onCancel: {
                    isCancelled.store(true, ordering: .releasing)
                    self.listener.withLock { $0 }?.connection.canceller.disconnect()
                }
            ) {
                try self.listen(patience) { isCancelled.load(ordering: .acquiring) }
            }
            if isCalled == nil { try? await Task.sleep(for: min(patience, .seconds(1))) }
            return isCalled ?? true
        }
    }

    private func listen(_ patience: Duration, isCancelled: () -> Bool) throws -> Bool {
        let connection: PostgresConnection
        if let known = listener.withLock({ $0 })?.connection, known.isOpen {
            connection = known
        } else {
            connection = try sessions.open()
            try connection.execute("LISTEN \(PostgresSessions.quoted(channel))")
            listener.withLock { $0 = Listener(connection: connection) }
            // Something may have happened before it listened.
            return true
        }
        // Whoever is cancelled from now on has the connection to cut.
        if isCancelled() { return false }
        return try connection.awaitNotification(patience: patience)
    }

    private func translated(_ error: any Error) -> any Error {
        switch error {
        case let error as StoredContradiction: MetadataDamaged(database: address, detail: error.detail)
        case let error as PostgresError: translated(error)
        default: error
        }
    }

    private func translated(_ error: PostgresError) -> any Error {
        switch error.kind {
        case .unreachable, .lostConnection, .tooManyConnections, .timeout, .lockWait, .deadlock,
            .serialization,
            .outOfResources:
            MetadataUnreachable(database: address, detail: error.message)
        case .accessDenied, .unknownDatabase, .tls, .readOnly:
            MetadataInaccessible(database: address, detail: error.message)
        default: MetadataFailure(database: address, detail: error.description)
        }
    }
}
