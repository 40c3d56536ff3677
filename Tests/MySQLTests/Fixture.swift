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

/// The kilobytes of memory that this process holds, from `/proc/self/statm`.
func residentKilobytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    guard fgets(&buffer, 256, file) != nil else { return 0 }
    let words = String(decoding: buffer.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
}
