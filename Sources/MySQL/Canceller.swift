internal import CMariaDB
internal import Glibc
internal import Synchronization

/// Stops what one ``MySQLConnection`` does, from any thread. It never keeps the connection alive.
///
/// There are two ways, because the gentle one talks to the server and so may itself wait:
/// - ``cancel()`` ends the running statement at the server; the connection stays usable.
/// - ``disconnect()`` returns at once: the waiting call fails with `.lostConnection`. This is the one for a
///   task's cancellation handler. The server notices when it next writes; ``cancel()`` afterwards, from a
///   thread that may block, makes it notice now.
package final class Canceller: Sendable {
    private let settings: MySQLSettings
    private let connectionID: UInt64
    /// Which server it is, see ``serverIdentity``.
    let server: String
    /// The socket while the connection is open; nil afterwards, when the number may be somebody else's.
    private let socket: Mutex<Int32?>
    private let isCut = Atomic(false)

    /// Names one server process's data, so that a KILL sent through a load balancer cannot hit the session
    /// that has the same number on another server.
    static let serverIdentity = "CONCAT_WS(':', @@hostname, @@port, @@server_id, @@datadir, @@pid_file)"

    init(settings: MySQLSettings, connectionID: UInt64, server: String, socket: Int32) {
        var settings = settings
        settings.connectTimeout = min(settings.connectTimeout, .seconds(5))
        (settings.readTimeout, settings.writeTimeout) = (.seconds(5), .seconds(5))
        // A dropped database must not be what saves a statement from being cancelled.
        settings.database = nil
        (settings.isReadOnly, settings.allowsLocalData) = (false, false)
        (self.settings, self.connectionID, self.server) = (settings, connectionID, server)
        self.socket = Mutex(socket)
    }

    /// Ends the statement that the connection runs now, if any, with `.interrupted`; after ``disconnect()``
    /// the whole session.
    ///
    /// Blocks for one new connection to the server, some seconds at most. A statement that ends meanwhile is
    /// not harmed, but the connection's next one may be the one that is hit.
    /// - Throws: whatever hinders that connection; `.other` when it reached a different server.
    package func cancel() throws(MySQLError) {
        guard isOpen else { return }
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        guard connection.canceller.server == server else {
            throw MySQLError(
                number: 0, message: "\(settings.address) led to another server; nothing is cancelled")
        }
        do {
            // A statement that the server had not yet begun to read when the connection was cut would survive
            // KILL QUERY, and run for nobody.
            try connection.execute(isDisconnected ? "KILL \(connectionID)" : "KILL QUERY \(connectionID)")
        } catch  where error.number == ER_NO_SUCH_THREAD {
            return
        }
    }

    /// Cuts the connection: its running or next call throws `.lostConnection` at once. Does not block.
    package func disconnect() {
        isCut.store(true, ordering: .relaxed)
        // Only shut down: closing would free the number while the library still reads from it.
        socket.withLock { socket in
            if let socket { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    var isOpen: Bool { socket.withLock { $0 != nil } }
    /// Whether the connection has been cut and can only be closed.
    var isDisconnected: Bool { isCut.load(ordering: .relaxed) }

    /// - Returns: Whether this call is the one that has to close the handle.
    func retire() -> Bool {
        socket.withLock { socket in
            defer { socket = nil }
            return socket != nil
        }
    }
}
