internal import LakeModel
internal import MySQL
internal import Project
internal import Synchronization

/// A MySQL or MariaDB database as a source: text protocol, unbuffered, session in UTC.
final class MySQLSession: SourceSession {
    let connection: MySQLConnection
    let source: SourceDefinition
    let address: ConnectionDefinition.ServerAddress
    /// The server's number of the connection.
    let id: UInt64
    private let cut = Cut()

    /// Whether the connection was cut; other threads hold it, too.
    private final class Cut: Sendable {
        let isDone = Atomic(false)
    }

    init(source: SourceDefinition, address: ConnectionDefinition.ServerAddress) throws {
        self.source = source
        self.address = address
        var settings = MySQLSettings(
            host: address.host, port: UInt16(clamping: address.port), user: address.user,
            password: address.password.reveal(), database: source.database)
        settings.socket = address.socket
        settings.tls =
            switch address.tls {
            case .off: .disabled
            case .on: .required
            case .verified(let authority): .verified(authority: authority)
            }
        settings.isReadOnly = true
        settings.statementTimeout = source.statementTimeout
        do {
            connection = try MySQLConnection(settings)
            id = connection.connectionID
        } catch {
            throw SourceUnavailable(error, source: source)
        }
    }

    var system: String { "\(connection.isMariaDB ? "mariadb" : "mysql") \(connection.serverVersion)" }

    /// Cuts the connection, which never waits; ``close()``, on a thread that may, makes the server notice.
    ///
    /// A KILL alone would miss a query that is about to be sent.
    var cancel: @Sendable () -> Void {
        let canceller = connection.canceller
        let cut = cut
        return {
            cut.isDone.store(true, ordering: .releasing)
            canceller.disconnect()
        }
    }

    func quoted(_ name: String) -> String { MySQLConnection.quoteIdentifier(name) }

    /// The first half finds the rows in an index, the second leaves out what the collation takes for equal.
    func condition(_ column: String, isExactly literal: String) -> String {
        "\(column) = \(literal) AND CAST(CONVERT(\(column) USING utf8mb4) AS BINARY) = CAST(\(literal) AS BINARY)"
    }

    /// InnoDB's `UPDATE_TIME` is forgotten at a restart and has whole seconds, so it promises nothing.
    func fingerprint() -> String? { nil }

    func describe(_ table: TableName) throws -> SourceTable? {
        try wrap(table) {
            let name = MySQLConnection.literal(table.text)
            let kinds = try connection.query(
                """
                SELECT table_type, table_rows FROM information_schema.tables WHERE table_schema = DATABASE() \
                AND table_name = \(name)
                """)
            guard let row = kinds.rows.first, let kind = row[0] else { return nil }
            return SourceTable(
                name: table, isView: kind.contains("VIEW"),
                columns: try connection.columns(of: table.text, in: source.database).map {
                    // Invisible and generated columns, too: they are values of the row.
                    SourceColumn(
                        name: $0.name, type: BronzeType(DeclaredType($0.columnType)),
                        selection: $0.exactSelection, declared: $0.columnType, isNullable: $0.isNullable)
                },
                primaryKey: try connection.primaryKey(of: table.text, in: source.database),
                rowsEstimate: row[1].flatMap { Int64($0) })
        }
    }

    func tableNames() throws -> [String] {
        try wrap(nil) {
            try connection.query(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            )
            .rows.compactMap { $0[0] }
        }
    }

    func count(_ reading: TableReading) throws -> Int64 {
        try wrap(reading.table.name) {
            let name = MySQLConnection.quoteIdentifier(reading.table.name.text)
            let condition = reading.whereClause(quote: MySQLConnection.quoteIdentifier)
            let count = try connection.query("SELECT COUNT(*) FROM \(name)\(condition)")
            return count.rows.first?[0].flatMap { Int64($0) } ?? 0
        }
    }

    func countDistinct(_ key: [String], of table: SourceTable) throws -> Int64 {
        try wrap(table.name) {
            let name = MySQLConnection.quoteIdentifier(table.name.text)
            let columns = key.enumerated().map { index, column in
                // Collations take 'a' and 'A' for equal; DuckDB does not.
                let isText = table.column(column)?.type == .text
                let quoted = MySQLConnection.quoteIdentifier(column)
                return "\(isText ? "CAST(\(quoted) AS BINARY)" : quoted) AS k\(index)"
            }.joined(separator: ", ")
            let count = try connection.query(
                "SELECT COUNT(*) FROM (SELECT DISTINCT \(columns) FROM \(name)) AS k")
            return count.rows.first?[0].flatMap { Int64($0) } ?? 0
        }
    }

    func values(of column: SourceColumn, in table: SourceTable, limit: Int) throws -> [String] {
        try wrap(table.name) {
            let name = MySQLConnection.quoteIdentifier(column.name)
            let from = MySQLConnection.quoteIdentifier(table.name.text)
            // Collations take 'a' and 'A' for equal, and pass over spaces at the end; partitions do not.
            let select =
                column.type == .text
                ? "MAX(CONVERT(\(name) USING utf8mb4)) FROM \(from) WHERE \(name) IS NOT NULL GROUP BY CAST(\(name) AS BINARY)"
                : "DISTINCT CAST(\(name) AS CHAR) FROM \(from) WHERE \(name) IS NOT NULL"
            let answer = try connection.query("SELECT \(select) LIMIT \(limit)")
            return answer.rows.compactMap { $0[0] }
        }
    }

    func hasRowsBeyond(_ reading: TableReading) throws -> Bool {
        guard let sql = reading.selectBeyond(quote: MySQLConnection.quoteIdentifier) else { return false }
        return try wrap(reading.table.name) {
            let rows = try connection.query(sql)
            return !rows.rows.isEmpty
        }
    }

    func ends(ofCursorIn reading: TableReading) throws -> (least: CursorValue, greatest: CursorValue)? {
        guard let cursor = reading.bounds?.leading else { return nil }
        return try wrap(reading.table.name) {
            let column = MySQLConnection.quoteIdentifier(cursor.name)
            let name = MySQLConnection.quoteIdentifier(reading.table.name.text)
            let condition = reading.whereClause(quote: MySQLConnection.quoteIdentifier)
            // A zero date has no place among the pieces; it comes with the first one.
            let isTime = cursor.type.cursorKind != .number
            let calendar = isTime ? "\(condition.isEmpty ? " WHERE" : " AND") \(column) >= '1000-01-01'" : ""
            let rows = try connection.query(
                "SELECT MIN(\(column)), MAX(\(column)) FROM \(name)\(condition)\(calendar)"
            ).rows
            guard let row = rows.first, let least = row[0], let greatest = row[1] else { return nil }
            guard let first = CursorValue(text: least, of: cursor),
                let last = CursorValue(text: greatest, of: cursor)
            else { return nil }
            return (first, last)
        }
    }

    func rows(_ reading: TableReading) throws -> any RowProducer {
        try wrap(reading.table.name) {
            let sql = reading.select(quote: MySQLConnection.quoteIdentifier)
            return MySQLRows(try connection.stream(sql), reading: reading) { [source] in
                SourceUnavailable($0, source: source, table: reading.table.name)
            }
        }
    }

    func close() {
        // If the server cannot be told, it notices when it next writes.
        if cut.isDone.load(ordering: .acquiring) { try? connection.canceller.cancel() }
        connection.close()
    }

    func wrap<T>(_ table: TableName?, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as MySQLError {
            throw SourceUnavailable(error, source: source, table: table)
        }
    }
}
