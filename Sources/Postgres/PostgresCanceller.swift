internal import CPostgres
internal import Glibc
internal import Synchronization

/// Stops what one ``PostgresConnection`` does, from any thread. It never keeps the connection alive.
///
/// There are two ways, because the gentle one talks to the server and so may itself wait:
/// - ``cancel()`` ends the running statement at the server; the connection stays usable, its transaction
///   does not.
/// - ``disconnect()`` returns at once: the waiting call fails with `.lostConnection`. This is the one for a
///   task's cancellation handler. The server notices within some seconds; ``cancel()`` afterwards, from a
///   thread that may block, makes it notice now.
package final class PostgresCanceller: Sendable {
    private struct State {
        /// The socket while the connection is open; nil afterwards, when the number may be somebody else's.
        var socket: Int32?
        var key: CancelKey?
    }

    private let state: Mutex<State>
    private let isCut = Atomic(false)
    private let secret: String

    init(_ handle: OpaquePointer, secret: String) {
        state = Mutex(State(socket: PQsocket(handle), key: CancelKey(handle)))
        self.secret = secret
    }

    /// Ends the statement that the connection runs now, if any, with `.interrupted`. A statement that has
    /// ended is not harmed, and neither is the next one.
    ///
    /// Blocks for one new connection to the server, which is not encrypted: it carries a number that is good
    /// for nothing else.
    /// - Throws: `.unreachable`: whatever hinders that connection.
    package func cancel() throws(PostgresError) {
        // Asked outside of the lock, which disconnect() needs at once.
        guard let key = state.withLock({ $0.key }) else { return }
        var reason = [CChar](repeating: 0, count: 256)
        guard PQcancel(key.pointer, &reason, Int32(reason.count)) != 1 else { return }
        let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw PostgresError(.unreachable, message: text, secret: secret)
    }

    /// Cuts the connection: its running or next call throws `.lostConnection` at once. Does not block.
    package func disconnect() {
        isCut.store(true, ordering: .relaxed)
        // Only shut down: closing would free the number while the library still reads from it.
        state.withLock { state in
            if let socket = state.socket { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    var isOpen: Bool { state.withLock { $0.socket != nil } }
    /// Whether the connection has been cut and can only be closed.
    var isDisconnected: Bool { isCut.load(ordering: .relaxed) }

    /// - Returns: Whether this call is the one that has to close the handle.
    func retire() -> Bool {
        state.withLock { state in
            defer { (state.socket, state.key) = (nil, nil) }
            return state.socket != nil
        }
    }
}

/// What the server takes to cancel a session's statement.
///
/// Sendable without the compiler's proof: the library never changes it, and says that any thread may use it.
private final class CancelKey: @unchecked Sendable {
    let pointer: OpaquePointer

    init?(_ handle: OpaquePointer) {
        guard let pointer = PQgetCancel(handle) else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }
}
