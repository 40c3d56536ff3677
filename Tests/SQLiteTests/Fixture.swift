import Glibc
import SQLite

/// Lends the path of a database that does not exist yet, in a folder of its own.
func withDatabasePath<T>(_ body: (String) throws -> T) throws -> T {
    var template = Array("/tmp/tarn-sqlite-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FixtureFailure(number: errno) }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink("\(folder)/lake.db\(suffix)") }
        rmdir(folder)
    }
    return try body("\(folder)/lake.db")
}

struct FixtureFailure: Error {
    let number: Int32
}

/// Every value of every row, as a test can compare it.
enum Value: Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

func rows(_ statement: SQLiteStatement) throws -> [[Value]] {
    var rows: [[Value]] = []
    while try statement.step() {
        rows.append(
            (0..<statement.columnCount).map { column in
                switch statement.storageClass(column) {
                case .null: .null
                case .integer: .integer(statement.int64(column))
                case .real: .real(statement.double(column))
                case .text: .text(String(decoding: statement.bytes(column), as: UTF8.self))
                case .blob: .blob([UInt8](statement.bytes(column)))
                }
            })
    }
    return rows
}

func rows(_ sql: String, _ connection: SQLiteConnection) throws -> [[Value]] {
    try rows(connection.prepare(sql))
}
