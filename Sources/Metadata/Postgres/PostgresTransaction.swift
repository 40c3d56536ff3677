internal import Postgres

/// A transaction of PostgreSQL's. Statements are prepared once for each connection.
final class PostgresTransaction: SQLConnection {
    private let connection: PostgresConnection
    private(set) var isCalling = false

    init(connection: PostgresConnection) { self.connection = connection }

    var dialect: SQLDialect { .postgres }

    func execute(_ sql: String, _ arguments: [(any SQLBindable)?]) throws -> Int {
        Int(try connection.run(numbered(sql), arguments.map(text)).changed)
    }

    func rows(_ sql: String, _ arguments: [(any SQLBindable)?]) throws -> [SQLRow] {
        let result = try connection.run(numbered(sql), arguments.map(text)).result
        let columns = SQLColumns(result.columns)
        return result.rows.map { row in
            SQLRow(columns, zip(row, result.types).map(value))
        }
    }

    func call() { isCalling = true }

    private func text(_ argument: (any SQLBindable)?) -> String? {
        switch argument?.sqlValue {
        case .integer(let number)?: String(number)
        case .real(let number)?: String(number)
        case .text(let text)?: text
        case .null?, nil: nil
        }
    }

    /// `int8`, `int4` and `int2`, `float8`; everything else is text.
    private func value(_ text: String?, _ type: UInt32) -> SQLValue {
        guard let text else { return .null }
        switch type {
        case 20, 21, 23: return Int64(text).map { .integer($0) } ?? .text(text)
        case 701: return Double(text).map { .real($0) } ?? .text(text)
        default: return .text(text)
        }
    }

    /// `?` as `$1`, `$2`, …. No statement of ours has one in a text.
    private func numbered(_ sql: String) -> String {
        guard sql.utf8.contains(UInt8(ascii: "?")) else { return sql }
        var result = ""
        result.reserveCapacity(sql.utf8.count + 16)
        var number = 0
        for character in sql {
            if character == "?" {
                number += 1
                result += "$\(number)"
            } else {
                result.append(character)
            }
        }
        return result
    }
}
