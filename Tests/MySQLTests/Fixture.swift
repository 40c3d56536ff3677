import Blocking
import Glibc
import MySQL
import TarnTesting

/// Runs `body` on a blocking thread over a connection to a new, empty database.
func onDatabase<T: Sendable>(
    _ body: @escaping @Sendable (MySQLConnection) throws -> T
) async throws -> T {
    try await MariaDBServer.shared().withDatabase { settings in
        try await BlockingPool.shared.run { try body(MySQLConnection(settings)) }
    }
}

/// Lends the bytes of a literal, as a field of a row would.
func withBytes<T>(_ text: String, _ body: (UnsafeRawBufferPointer) -> T) -> T {
    Array(text.utf8).withUnsafeBytes(body)
}
