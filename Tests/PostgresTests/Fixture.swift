import Blocking
import Dispatch
import Glibc
import Postgres
import Synchronization
import TarnTesting

extension PostgreSQLServer.Settings {
    /// A session that may write, for a test's own tables.
    var writable: PostgresSettings {
        PostgresSettings(
            host: host, port: port, user: user, password: password, database: database, isReadOnly: false)
    }
}

/// Runs `body` on a blocking thread over a connection to a new, empty database, which it may write to.
func onDatabase<T: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> T
) async throws -> T {
    try await PostgreSQLServer.shared().withDatabase { settings in
        try await BlockingPool.shared.run { try body(PostgresConnection(settings.writable)) }
    }
}

/// Lends bytes that are given in hexadecimal, as a field of a row would.
func withField<T>(_ hexadecimal: String, _ body: (UnsafeRawBufferPointer) -> T) -> T {
    var bytes: [UInt8] = []
    var digits = hexadecimal.filter { $0 != " " }[...]
    while digits.count >= 2 {
        bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
        digits = digits.dropFirst(2)
    }
    return bytes.withUnsafeBytes(body)
}

/// What `read` makes of each row's only field; nil for NULL.
func values<T>(
    of select: String, on connection: PostgresConnection, _ read: (UnsafeRawBufferPointer) -> T
) throws -> [T?] {
    let stream = try connection.copy(select)
    var values: [T?] = []
    while try stream.next() { values.append(stream.field(0).map(read)) }
    return values
}

func text(_ field: UnsafeRawBufferPointer) -> String { String(decoding: field, as: UTF8.self) }

/// Calls `cancel()` on a thread of its own, as somebody who is not the connection's user does.
final class CancellingThread: Sendable {
    private let finished = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Void, any Error>>(.success(()))

    init(_ canceller: PostgresCanceller) {
        DispatchQueue.global().async {
            let outcome = Result { try canceller.cancel() }
            self.outcome.withLock { $0 = outcome.mapError { $0 } }
            self.finished.signal()
        }
    }

    func join() throws {
        finished.wait()
        try outcome.withLock { $0 }.get()
    }
}
