internal import Glibc
internal import LakeModel
internal import Project
internal import SQLite

/// A SQLite file as a source.
final class SQLiteSession: SourceSession {
    let connection: SQLiteConnection
    private let source: SourceDefinition
    let path: String

    init(source: SourceDefinition, path: String) throws {
        self.source = source
        self.path = path
        guard access(path, F_OK) == 0 else { throw SourceUnavailable(missingFile: path, source: source) }
        do {
            connection = try SQLiteConnection(path: path, access: .readOnly)
        } catch {
            throw SourceUnavailable(error, source: source, path: path)
        }
    }

    var system: String { "sqlite \(SQLiteConnection.libraryVersion)" }

    var cancel: @Sendable () -> Void {
        let interrupter = connection.interrupter
        return { interrupter.interrupt() }
    }

    func fingerprint() throws -> String? { try wrap(nil) { try connection.fingerprint().description } }

    func describe(_ table: TableName) throws -> SourceTable? {
        try wrap(table) {
            guard let found = try connection.tables().first(where: { $0.name == table.text }) else {
                return nil
            }
            return SourceTable(
                name: table, isView: found.kind == .view,
                columns: try connection.columns(of: table.text).map {
                    SourceColumn(
                        name: $0.name, type: BronzeType(sqlite: DeclaredType($0.declaredType)),
                        selection: SQLiteConnection.quoteIdentifier($0.name), declared: $0.declaredType,
                        isNullable: !$0.isNotNull)
                },
                primaryKey: try connection.primaryKey(of: table.text))
        }
    }

    func tableNames() throws -> [String] { try wrap(nil) { try connection.tables().map(\.name) } }

    /// SQLite has no clock but this machine's, and one writer at a time: what a snapshot does not have, was
    /// not committed when it began.
    func clock() throws -> SourceClock {
        let now = try wrap(nil) {
            let statement = try connection.prepare("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
            return try statement.step() ? statement.text(0).flatMap { Timestamp($0) } ?? .epoch : .epoch
        }
        return SourceClock(now: now, localNow: now.microseconds, oldestWriter: .none)
    }

    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot {
        try wrap(nil) { try connection.beginSnapshot() }
        return SourceSnapshot(readers: [self], consistency: .shared("one transaction"))
    }

    func condition(_ column: String, isExactly literal: String) -> String {
        "\(column) = \(literal) COLLATE BINARY"
    }

    func count(_ reading: TableReading) throws -> Int64 {
        try wrap(reading.table.name) {
            let name = SQLiteConnection.quoteIdentifier(reading.table.name.text)
            let condition = reading.whereClause(quote: SQLiteConnection.quoteIdentifier)
            let statement = try connection.prepare("SELECT COUNT(*) FROM \(name)\(condition)")
            return try statement.step() ? statement.int64(0) : 0
        }
    }

    func countDistinct(_ key: [String], of table: SourceTable) throws -> Int64 {
        try wrap(table.name) {
            let name = SQLiteConnection.quoteIdentifier(table.name.text)
            let columns = key.map(SQLiteConnection.quoteIdentifier).joined(separator: ", ")
            let statement = try connection.prepare(
                "SELECT COUNT(*) FROM (SELECT DISTINCT \(columns) FROM \(name))")
            return try statement.step() ? statement.int64(0) : 0
        }
    }

    func values(of column: SourceColumn, in table: SourceTable, limit: Int) throws -> [String] {
        try wrap(table.name) {
            let name = SQLiteConnection.quoteIdentifier(column.name)
            let statement = try connection.prepare(
                """
                SELECT DISTINCT CAST(\(name) AS TEXT) COLLATE BINARY FROM \(SQLiteConnection.quoteIdentifier(table.name.text))
                WHERE \(name) IS NOT NULL LIMIT \(limit)
                """)
            var values: [String] = []
            while try statement.step() { if let value = statement.text(0) { values.append(value) } }
            return values
        }
    }

    func hasRowsBeyond(_ reading: TableReading) throws -> Bool {
        guard let sql = reading.selectBeyond(quote: SQLiteConnection.quoteIdentifier) else { return false }
        return try wrap(reading.table.name) {
            let statement = try connection.prepare(sql)
            return try statement.step()
        }
    }

    func ends(ofCursorIn reading: TableReading) throws -> (least: CursorValue, greatest: CursorValue)? {
        guard let cursor = reading.bounds?.leading else { return nil }
        return try wrap(reading.table.name) {
            let column = SQLiteConnection.quoteIdentifier(cursor.name)
            let name = SQLiteConnection.quoteIdentifier(reading.table.name.text)
            let condition = reading.whereClause(quote: SQLiteConnection.quoteIdentifier)
            let statement = try connection.prepare(
                "SELECT CAST(MIN(\(column)) AS TEXT), CAST(MAX(\(column)) AS TEXT) FROM \(name)\(condition)")
            guard try statement.step(), let least = statement.text(0), let greatest = statement.text(1),
                let first = CursorValue(text: least, of: cursor),
                let last = CursorValue(text: greatest, of: cursor)
            else { return nil }
            return (first, last)
        }
    }

    func rows(_ reading: TableReading) throws -> any RowProducer {
        try wrap(reading.table.name) {
            let sql = reading.select(quote: SQLiteConnection.quoteIdentifier)
            return SQLiteRows(try connection.prepare(sql), reading: reading) { [source, path] in
                SourceUnavailable($0, source: source, table: reading.table.name, path: path)
            }
        }
    }

    func close() {}

    func wrap<T>(_ table: TableName?, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw SourceUnavailable(error, source: source, table: table, path: path)
        }
    }
}

extension BronzeType {
    /// SQLite's INTEGER holds 64 bits and its FLOAT a double, whatever MySQL means by the words; a column
    /// without a type holds anything.
    init(sqlite declared: DeclaredType) {
        switch declared.name {
        case "integer": self = .integer(bits: 64, isSigned: true)
        case "float", "float4": self = .double
        // Nobody checks what is in it.
        case "uuid": self = .text
        default: self = BronzeType(declared)
        }
    }
}

extension Timestamp {
    /// 1970-01-01T00:00:00Z.
    static let epoch = Timestamp(microseconds: 0)
}
