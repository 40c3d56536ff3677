internal import MySQL

/// Writes one database of a MySQL or MariaDB server, by LOAD DATA LOCAL without a file.
struct MySQLSampleWriter: SampleWriter {
    private let connection: MySQLConnection
    private let database: String

    static func inUse(_ names: [String], of server: MySQLSettings) throws -> [String] {
        let list = names.map(MySQLConnection.literal).joined(separator: ", ")
        let sql =
            "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema IN (\(list))"
        return try MySQLConnection(server).query(sql).rows.compactMap { $0[0] }.sorted()
    }

    init(database name: String, of server: MySQLSettings, isAnew: Bool) throws {
        var settings = server
        settings.allowsLocalData = true
        settings.isReadOnly = false
        connection = try MySQLConnection(settings)
        database = name
        let quoted = MySQLConnection.quoteIdentifier(name)
        // The legacy server's lax mode, in which zero dates got into it.
        try connection.execute("SET SESSION sql_mode = '', unique_checks = 0, foreign_key_checks = 0")
        if isAnew { try connection.execute("DROP DATABASE IF EXISTS \(quoted)") }
        try connection.execute("CREATE DATABASE IF NOT EXISTS \(quoted) CHARACTER SET utf8mb4")
        try connection.execute("USE \(quoted)")
    }

    func create(_ table: SampleTable) throws {
        var parts = table.columns.map { "\(quoted($0.name)) \($0.mySQLType)" }
        if !table.key.isEmpty {
            parts.append("PRIMARY KEY (\(table.key.map(quoted).joined(separator: ", ")))")
        }
        if let cursor = table.cursor { parts.append("KEY (\(quoted(cursor)))") }
        try connection.execute("DROP TABLE IF EXISTS \(quoted(table.name))")
        try connection.execute(
            """
            CREATE TABLE \(quoted(table.name)) (\(parts.joined(separator: ", ")))
            ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
            """
        )
    }

    func store(_ slices: [String], of table: SampleTable, from source: RowSource) throws -> Int {
        let batch = RowBatch(table)
        var pending = slices[...]
        var buffer: [UInt8] = []
        var sent = 0
        var rows = 0
        let outcome = try connection.loadLocalData(loadStatement(table)) { target in
            while sent == buffer.count {
                guard let slice = pending.popFirst() else { return 0 }
                buffer.removeAll(keepingCapacity: true)
                sent = 0
                try source.forEachBatch(of: slice, into: batch) { batch in
                    rows += batch.count
                    for row in 0..<batch.count { Self.append(row, of: batch, to: &buffer) }
                }
            }
            let count = min(target.count, buffer.count - sent)
            buffer.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + count)]))
            }
            sent += count
            return count
        }
        guard outcome.warnings == 0 else {
            throw SampleDataError(reason: .altered(table: table.qualifiedName, values: outcome.warnings))
        }
        return rows
    }

    /// Bits arrive as digits; `CHARACTER SET binary` leaves the bytes of latin1 columns alone.
    private func loadStatement(_ table: SampleTable) -> String {
        let isBit = { (column: SampleColumn) in column.mySQLType.hasPrefix("BIT") }
        let targets = table.columns.map { isBit($0) ? "@\(quoted($0.name))" : quoted($0.name) }
        let bits = table.columns.filter(isBit).map {
            "\(quoted($0.name)) = CAST(@\(quoted($0.name)) AS UNSIGNED)"
        }
        return """
            LOAD DATA LOCAL INFILE 'rows' REPLACE INTO TABLE \(quoted(table.name)) CHARACTER SET binary
            FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'
            (\(targets.joined(separator: ", ")))\(bits.isEmpty ? "" : " SET " + bits.joined(separator: ", "))
            """
    }

    private static func append(_ row: Int, of batch: RowBatch, to buffer: inout [UInt8]) {
        for (index, column) in batch.columns.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: "\t")) }
            if column.isNull[row] {
                buffer.append(UInt8(ascii: "\\"))
                buffer.append(UInt8(ascii: "N"))
                continue
            }
            switch column.kind {
            case .integer: buffer.append(contentsOf: column.integers[row].description.utf8)
            case .double: buffer.append(contentsOf: column.doubles[row].description.utf8)
            case .text, .bytes:
                column.withBytes(row: row) { bytes in
                    for byte in bytes {
                        if byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
                            || byte == UInt8(ascii: "\\")
                        {
                            buffer.append(UInt8(ascii: "\\"))
                        }
                        buffer.append(byte)
                    }
                }
            }
        }
        buffer.append(UInt8(ascii: "\n"))
    }

    func create(_ view: SampleView) throws {
        try connection.execute("CREATE OR REPLACE VIEW \(quoted(view.name)) AS \(view.select)")
    }

    func execute(_ sql: String) throws { try connection.execute(sql) }

    func strings(_ sql: String) throws -> [[String]] {
        try connection.query(sql).rows.map { $0.map { $0 ?? "" } }
    }

    func hasTable(_ name: String) throws -> Bool {
        let schema = MySQLConnection.literal(database)
        return try !connection.query(
            """
            SELECT 1 FROM information_schema.tables
            WHERE table_schema = \(schema) AND table_name = \(MySQLConnection.literal(name))
            """
        ).rows.isEmpty
    }

    private func quoted(_ name: String) -> String { MySQLConnection.quoteIdentifier(name) }
}
