/// A connection in the middle of a transaction. What both databases understand is written once, over this.
///
/// Every call blocks. Placeholders are `?`.
protocol SQLConnection {
    var dialect: SQLDialect { get }

    /// - Returns: How many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: [(any SQLBindable)?]) throws -> Int

    func rows(_ sql: String, _ arguments: [(any SQLBindable)?]) throws -> [SQLRow]

    /// Whoever waits for work is to be called when the transaction is committed.
    func call()
}

extension SQLConnection {
    func row(_ sql: String, _ arguments: [(any SQLBindable)?] = []) throws -> SQLRow? {
        try rows(sql, arguments).first
    }

    func rows(_ sql: String) throws -> [SQLRow] { try rows(sql, []) }

    /// Runs `sql` for as many of `values` at a time as a statement may have arguments; `{list}` becomes
    /// their placeholders.
    func rows(
        _ sql: String, _ arguments: [(any SQLBindable)?] = [], in values: [String]
    ) throws -> [SQLRow] {
        var found: [SQLRow] = []
        var rest = values[...]
        while !rest.isEmpty {
            let part = rest.prefix(500)
            rest = rest.dropFirst(500)
            let list = part.map { _ in "?" }.joined(separator: ", ")
            guard let place = sql.firstRange(of: "{list}") else { return try rows(sql, arguments) }
            found += try rows(
                sql.replacingCharacters(in: place, with: "(\(list))"), arguments + part.map { $0 })
        }
        return found
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}

/// Where the databases differ.
enum SQLDialect {
    case sqlite, postgres

    /// Keeps others from changing the selected rows until the transaction ends. SQLite has one writer.
    var forUpdate: String { self == .sqlite ? "" : " FOR UPDATE" }

    /// The same, and leaves out what others keep.
    func forUpdateSkippingLocked(of table: String) -> String {
        self == .sqlite ? "" : " FOR UPDATE OF \(table) SKIP LOCKED"
    }
}

/// What can be an argument of a statement.
protocol SQLBindable: Sendable {
    var sqlValue: SQLValue { get }
}

enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}

extension String: SQLBindable { var sqlValue: SQLValue { .text(self) } }
extension Int: SQLBindable { var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int32: SQLBindable { var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int64: SQLBindable { var sqlValue: SQLValue { .integer(self) } }
extension Double: SQLBindable { var sqlValue: SQLValue { .real(self) } }

/// A row of an answer, by the names of its columns.
struct SQLRow: Sendable {
    private let columns: SQLColumns
    private let values: [SQLValue]

    init(_ columns: SQLColumns, _ values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// `nil` if the answer has no such column.
    subscript(column: String) -> SQLValue? { columns.places[column].map { values[$0] } }
}

/// The names of an answer's columns, which its rows share.
final class SQLColumns: Sendable {
    let places: [String: Int]

    init(_ names: some Sequence<String>) {
        places = Dictionary(
            names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }
}
