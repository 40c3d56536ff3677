internal import DuckDB
internal import Glibc
internal import LakeModel
internal import Project
internal import Synchronization

/// A DuckDB file as a source. It is opened read-only, which keeps every writer out while it is read: all
/// reads see one state.
final class DuckDBFileSession: SourceSession {
    private let source: SourceDefinition
    private let path: String
    private let schema: String
    private let connection: Connection
    private let loan: DuckDBFiles.Loan
    private var isOpen = true

    init(source: SourceDefinition, path: String, schema: String, engine: Database?) throws {
        self.source = source
        self.path = path
        self.schema = schema
        guard let status = FileStatus(path) else {
            throw SourceUnavailable(missingFile: path, source: source)
        }
        do {
            loan = try DuckDBFiles.shared.borrow(path, status, like: engine)
        } catch let error as DuckDBError {
            throw SourceUnavailable(error, source: source, path: path)
        }
        do {
            connection = try loan.database.connect()
        } catch {
            DuckDBFiles.shared.giveBack(loan)
            throw SourceUnavailable(error, source: source, path: path)
        }
        // Without its calendar DuckDB has no other zone anyway.
        _ = try? connection.query("SET TimeZone = 'UTC'")
    }

    deinit { close() }

    var system: String { "duckdb \(Database.libraryVersion.drop { $0 == "v" })" }

    var cancel: @Sendable () -> Void {
        let interrupter = connection.interrupter
        return { interrupter.cancel() }
    }

    func fingerprint() throws -> String? { loan.fingerprint }

    func describe(_ table: TableName) throws -> SourceTable? {
        try wrap(table) {
            let name = quotedLiteral(table.text)
            let place = """
                database_name = current_database() AND schema_name = \(quotedLiteral(schema)) AND NOT internal
                """
            let found = try connection.query(
                """
                SELECT false, estimated_size::BIGINT FROM duckdb_tables() WHERE \(place) AND table_name = \(name) \
                UNION ALL SELECT true, NULL FROM duckdb_views() WHERE \(place) AND view_name = \(name)
                """)
            guard let row = found.rows.first else { return nil }
            let key = try connection.query(
                """
                SELECT unnest(constraint_column_names) FROM duckdb_constraints() \
                WHERE database_name = current_database() AND schema_name = \(quotedLiteral(schema)) \
                AND table_name = \(name) AND constraint_type = 'PRIMARY KEY'
                """)
            let required = try connection.query(
                """
                SELECT column_name FROM duckdb_columns() WHERE \(place) AND table_name = \(name) \
                AND NOT is_nullable
                """
            ).texts
            let columns = try connection.prepare("SELECT * FROM \(qualified(table))").columns
            return SourceTable(
                name: table, isView: row[0] == .boolean(true),
                columns: columns.map { column in
                    SourceColumn(
                        name: column.name, type: BronzeType(duckdb: column.type.heldByParquet),
                        selection: column.type.holding(quotedIdentifier(column.name)),
                        declared: column.type.description, isNullable: !required.contains(column.name))
                }, primaryKey: key.texts, rowsEstimate: row[1].integer)
        }
    }

    func tableNames() throws -> [String] {
        try wrap(nil) {
            try connection.query(
                """
                SELECT table_name FROM information_schema.tables WHERE table_catalog = current_database() \
                AND table_schema = \(quotedLiteral(schema))
                """
            ).texts
        }
    }

    /// The clock is this machine's, and nobody writes while the file is open.
    func clock() throws -> SourceClock {
        let now = FileStatus.now() / 1_000
        return SourceClock(now: Timestamp(microseconds: now), localNow: now, oldestWriter: .none)
    }

    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot {
        SourceSnapshot(readers: [self], consistency: .shared("the file is locked against writers"))
    }

    func count(_ reading: TableReading) throws -> Int64 {
        try number(
            "SELECT count(*) FROM \(qualified(reading.table.name))\(reading.whereClause(quote: quotedIdentifier))",
            reading.table.name)
    }

    func countDistinct(_ key: [String], of table: SourceTable) throws -> Int64 {
        let columns = key.map(quotedIdentifier).joined(separator: ", ")
        return try number(
            "SELECT count(*) FROM (SELECT DISTINCT \(columns) FROM \(qualified(table.name)))", table.name)
    }

    func values(of column: SourceColumn, in table: SourceTable, limit: Int) throws -> [String] {
        let name = quotedIdentifier(column.name)
        return try wrap(table.name) {
            try connection.query(
                """
                SELECT DISTINCT CAST(\(name) AS VARCHAR) FROM \(qualified(table.name))
                WHERE \(name) IS NOT NULL LIMIT \(limit)
                """
            ).rows.compactMap { row in
                if case .text(let value)? = row.first { value } else { nil }
            }
        }
    }

    func checksums(of reading: TableReading) throws -> [ColumnChecksum]? {
        try wrap(reading.table.name) {
            try reading.table.columns.map { column in
                let value = column.expression
                let sum = column.type.checksumMeasure(of: value).map { "CAST(sum(\($0)) AS VARCHAR)" }
                let found = try connection.query(
                    """
                    SELECT count(\(value)), \(sum ?? "NULL") FROM \(qualified(reading.table.name))\
                    \(reading.whereClause(quote: quotedIdentifier))
                    """)
                let row = found.rows.first ?? []
                return ColumnChecksum(
                    column: column.name, values: row.first?.integer ?? 0,
                    sum: row.count > 1 && !row[1].isNull ? "\(row[1])" : nil)
            }
        }
    }

    func hasRowsBeyond(_ reading: TableReading) throws -> Bool {
        guard
            let sql = reading.selectBeyond(quote: { [qualified] in
                $0 == reading.table.name.text ? qualified(reading.table.name) : quotedIdentifier($0)
            })
        else { return false }
        return try wrap(reading.table.name) { try !connection.query(sql).rows.isEmpty }
    }

    func ends(ofCursorIn reading: TableReading) throws -> (least: CursorValue, greatest: CursorValue)? {
        guard let cursor = reading.bounds?.leading else { return nil }
        return try wrap(reading.table.name) {
            let column = quotedIdentifier(cursor.name)
            let row =
                try connection.query(
                    """
                    SELECT min(\(column)), max(\(column)) FROM \(qualified(reading.table.name))\
                    \(reading.whereClause(quote: quotedIdentifier))
                    """
                ).rows.first ?? []
            guard row.count == 2, let least = CursorValue(row[0]), let greatest = CursorValue(row[1]) else {
                return nil
            }
            return (least, greatest)
        }
    }

    func relation(_ reading: TableReading) throws -> SourceRelation? {
        let sidecars = reading.table.columns.filter(\.hasSidecar).map {
            "CAST(NULL AS VARCHAR) AS \(quotedIdentifier(ColumnRule.sidecar(of: $0.name)))"
        }
        let columns = reading.table.columns.map { "\($0.expression) AS \(quotedIdentifier($0.name))" }
        let select = """
            SELECT \((columns + sidecars).joined(separator: ", ")) FROM \(qualified(reading.table.name))\
            \(reading.whereClause(quote: quotedIdentifier))\(reading.limitClause)
            """
        return SourceRelation(connection: connection, select: select) { [source, path] error in
            // What the lake's own disk and memory refuse is not the source's fault.
            if error.kind == .outOfMemory || error.message.contains("No space left") { return error }
            return SourceUnavailable(error, source: source, table: reading.table.name, path: path)
        }
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        connection.close()
        DuckDBFiles.shared.giveBack(loan)
    }

    private func qualified(_ table: TableName) -> String {
        "\(quotedIdentifier(schema)).\(quotedIdentifier(table.text))"
    }

    private func number(_ sql: String, _ table: TableName) throws -> Int64 {
        try wrap(table) { try connection.query(sql).rows.first?.first?.integer ?? 0 }
    }

    private func wrap<T>(_ table: TableName?, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DuckDBError {
            throw SourceUnavailable(error, source: source, table: table, path: path)
        }
    }
}

extension SourceColumn {
    /// Its value in bronze, where DuckDB reads the source.
    fileprivate var expression: String {
        switch type {
        case .boolean, .text: "CAST(\(selection) AS \(type.sqlName))"
        // A cast of a text to BLOB would take \x for an escape.
        case .binary: declared == "BLOB" ? selection : "encode(CAST(\(selection) AS VARCHAR))"
        default: selection
        }
    }
}

extension QueryResult {
    /// The first column, as texts.
    var texts: [String] {
        rows.compactMap { if case .text(let text)? = $0.first { text } else { nil } }
    }
}
