internal import LakeModel
internal import MySQL
internal import Project
internal import Synchronization

/// A MySQL or MariaDB database as a source: text protocol, unbuffered, session in UTC.
final class MySQLSession: SourceSession {
    let connection: MySQLConnection
    let source: SourceDefinition
    private let cut = Cut()

    /// Whether the connection was cut; other threads hold it, too.
    private final class Cut: Sendable {
        let isDone = Atomic(false)
    }

    init(source: SourceDefinition, address: ConnectionDefinition.ServerAddress) throws {
        self.source = source
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
        do {
            connection = try MySQLConnection(settings)
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

    /// InnoDB's `UPDATE_TIME` is forgotten at a restart and has whole seconds, so it promises nothing.
    func fingerprint() -> String? { nil }

    func describe(_ table: TableName) throws -> SourceTable? {
        try wrap(table) {
            let name = MySQLConnection.literal(table.text)
            let kinds = try connection.query(
                """
                SELECT table_type FROM information_schema.tables WHERE table_schema = DATABASE() \
                AND table_name = \(name)
                """)
            guard let kind = kinds.rows.first?.first ?? nil else { return nil }
            return SourceTable(
                name: table, isView: kind.contains("VIEW"),
                columns: try connection.columns(of: table.text, in: source.database).map {
                    // FLOAT as text has six digits; exactSelection has them all.
                    SourceColumn(
                        name: $0.name, type: BronzeType(DeclaredType($0.columnType)),
                        selection: $0.exactSelection, declared: $0.columnType, isNullable: $0.isNullable)
                },
                primaryKey: try connection.primaryKey(of: table.text, in: source.database))
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

    func clock() throws -> SourceClock {
        let rows = try wrap(nil) {
            try connection.query(
                """
                SELECT UTC_TIMESTAMP(6), CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', @@global.time_zone)
                """
            ).rows
        }
        let text = rows.first?[0] ?? ""
        guard let now = Timestamp(text + "Z") else { throw SourceUnavailable(clock: text, source: source) }
        let local = rows.first?[1].flatMap { Timestamp($0 + "Z") } ?? now
        return SourceClock(
            now: now, localNow: local.microseconds, oldestWriter: .unseen("this build does not look"))
    }

    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot {
        try wrap(nil) { try connection.beginConsistentSnapshot() }
        return SourceSnapshot(readers: [self], consistency: .shared("one transaction"))
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
            let rows = try connection.query(
                "SELECT MIN(\(column)), MAX(\(column)) FROM \(name)\(condition)"
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
