package import DuckDB
package import LakeModel
package import Project

/// Opens connections to the database of a source.
package struct SourceConnector: Sendable {
    private let source: SourceDefinition
    private let engine: Database?

    /// - Parameter engine: The DuckDB whose limits hold for whatever DuckDB reads of the source.
    package init(_ source: SourceDefinition, engine: Database? = nil) {
        self.source = source
        self.engine = engine
    }

    /// Connects. The caller closes the session.
    /// - Throws: a ``SourceUnavailable``.
    func connect() throws -> any SourceSession {
        switch source.connection.kind {
        case .sqlite(let path):
            return try SQLiteSession(source: source, path: SourceConnector.path(path, of: source))
        case .duckdb(let path, let schema):
            return try DuckDBFileSession(
                source: source, path: SourceConnector.path(path, of: source), schema: schema, engine: engine)
        case .files(let folder):
            return FilesSession(
                source: source, folder: SourceConnector.path(folder, of: source), engine: engine)
        case .mysql(let address):
            return try MySQLSession(source: source, address: address)
        case .postgres(let address):
            return try PostgresSession(source: source, address: address)
        }
    }

    /// A text that is another one whenever a committed change may have happened; `nil` if the source cannot
    /// promise that, which is known without connecting. Blocks.
    package func fingerprint() throws -> String? {
        switch source.connection.kind {
        case .mysql, .postgres: return nil
        case .duckdb(let path, _):
            // The file is not opened for it: that would lock its writers out.
            return FileStatus.fingerprint(ofDuckDB: SourceConnector.path(path, of: source))
        case .sqlite, .files:
            let session = try connect()
            defer { session.close() }
            return try session.fingerprint()
        }
    }

    /// How many rows of a table its current state in bronze must have now: `COUNT(*)`, or the number of
    /// different keys if the source does not keep the declared key unique. Blocks.
    package func countRows(of table: TableDefinition) throws -> Int64 {
        if let files = FilesTable(source, table) { return try files.countRows(engine: engine) }
        let session = try connect()
        defer { session.close() }
        guard let shape = try session.describe(table.name) else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        let isMerged = table.mode == .incremental && !table.key.isEmpty && table.key != shape.primaryKey
        guard isMerged else { return try session.count(TableReading(table: shape)) }
        return try session.countDistinct(table.key, of: shape)
    }

    /// How many rows these partitions of a table have now, and those that are in none, as the column that
    /// decides is NULL. Blocks.
    package func countRows(of table: TableDefinition, in partitions: PartitionSet) throws -> Int64 {
        guard let definition = table.partitions else { return try countRows(of: table) }
        let session = try connect()
        defer { session.close() }
        guard let shape = try session.describe(table.name) else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        func condition(_ key: PartitionKey) throws -> PartitionCondition {
            try PartitionCondition(key, of: definition, in: shape, table, source)
        }
        var rows: Int64 = 0
        var ranges = partitions.ranges[...]
        var nulls: String?
        while !ranges.isEmpty {
            // A statement of any length is nobody's friend.
            let some = ranges.prefix(100)
            ranges = ranges.dropFirst(100)
            let conditions = try some.map { range in
                let first = try condition(range.first)
                nulls = nulls ?? first.nulls(for: session)
                return "(\(try first.sql(through: condition(range.last), for: session)))"
            }
            rows += try count(shape, conditions.joined(separator: " OR "), session)
        }
        if let nulls { rows += try count(shape, nulls, session) }
        return rows
    }

    /// The values that the column with the keys of a table has now. Blocks.
    /// - Throws: if one of them cannot be the key of a partition: its rows would be in none.
    package func partitionKeys(of table: TableDefinition) throws -> [PartitionKey] {
        guard let name = table.partitions?.keyColumn else { return [] }
        let session = try connect()
        defer { session.close() }
        guard let shape = try session.describe(table.name) else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        guard let column = shape.column(name) else {
            throw ExtractionMistake.missingColumn(
                name, as: "partition column", in: shape, table, of: source)
        }
        let values = try session.values(of: column, in: shape, limit: SourceConnector.keysMax + 1)
        guard values.count <= SourceConnector.keysMax else {
            throw PartitionMistake.tooManyKeys(
                name, max: SourceConnector.keysMax, at: table.partitions?.place)
        }
        let keys = values.compactMap { KeyPartitions.key($0) }
        guard keys.count == values.count else {
            throw PartitionMistake.noKeys(
                name, count: values.count - keys.count, at: table.partitions?.place)
        }
        return keys.sorted()
    }

    private static let keysMax = 10_000

    private func count(
        _ shape: SourceTable, _ condition: String, _ session: any SourceSession
    ) throws -> Int64 {
        var reading = TableReading(table: shape)
        reading.partition = "(\(condition))"
        return try session.count(reading)
    }

    /// The file of a source's database, in which `{database}` stands for the database's name.
    package static func path(_ template: String, of source: SourceDefinition) -> String {
        var path = ""
        var rest = Substring(template)
        while let found = rest.firstRange(of: "{database}") {
            path += rest[..<found.lowerBound] + source.database
            rest = rest[found.upperBound...]
        }
        return path + rest
    }
}
