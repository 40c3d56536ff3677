package import DuckDB
internal import LakeModel
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
