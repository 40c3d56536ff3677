internal import DuckDB
internal import LakeModel
internal import Project

/// A folder of files as a source.
///
/// An extraction goes through ``FilesReader``, which knows what was read before; a session is for looking at
/// the folder, and one reader's share of an extraction.
final class FilesSession: SourceSession {
    private let source: SourceDefinition
    private let folder: String
    private let engine: Database?
    private let plan: TextPlan?

    init(source: SourceDefinition, folder: String, engine: Database?) {
        self.source = source
        self.folder = folder
        self.engine = engine
        plan = nil
    }

    /// Reads the text files of one extraction, each as a slice.
    init(files: FilesTable, plan: TextPlan) {
        source = files.source
        folder = files.folder
        engine = nil
        self.plan = plan
    }

    var system: String { "files" }

    /// What runs is stopped by its DuckDB.
    var cancel: @Sendable () -> Void { {} }

    func fingerprint() throws -> String? {
        var all: [String] = []
        for table in source.tables {
            guard let own = try FilesTable(source, table)?.fingerprint() else { return nil }
            all.append(own)
        }
        return all.count == 1 ? all[0] : sha256(of: all.joined(separator: "\n"))
    }

    func describe(_ table: TableName) throws -> SourceTable? {
        guard let files = self.files(of: table) else { return nil }
        return try withContent(of: files) { $0.shape }
    }

    func tableNames() throws -> [String] { source.tables.map(\.name.text) }

    func clock() throws -> SourceClock {
        let now = FileStatus.now() / 1_000
        return SourceClock(now: Timestamp(microseconds: now), localNow: now, oldestWriter: .none)
    }

    func beginSnapshot(of table: SourceTable, readers: Int) throws -> SourceSnapshot {
        SourceSnapshot(readers: [self], consistency: .none("files can be written to at any time"))
    }

    func count(_ reading: TableReading) throws -> Int64 {
        guard let files = self.files(of: reading.table.name) else { return 0 }
        return try files.countRows(engine: engine)
    }

    func countDistinct(_ key: [String], of table: SourceTable) throws -> Int64 {
        try count(TableReading(table: table))
    }

    /// Files have no partitions.
    func values(of column: SourceColumn, in table: SourceTable, limit: Int) throws -> [String] { [] }

    func ends(ofCursorIn reading: TableReading) throws -> (least: CursorValue, greatest: CursorValue)? { nil }

    func rows(_ reading: TableReading) throws -> any RowProducer {
        guard let plan, let path = reading.slice.condition, let file = plan.files[path],
            let files = self.files(of: reading.table.name)
        else { throw DuckDBError(.notImplemented, "Files are read by extractions only.") }
        return try FileRows(plan, file, explain: files.unreadable(file.found))
    }

    /// Describing a table has read its files.
    func probe(_ reading: TableReading) throws {}

    func close() {}

    private func files(of table: TableName) -> FilesTable? {
        source.tables.first { $0.name == table }.flatMap { FilesTable(source, $0) }
    }

    /// Lends what all files of a table hold now, in a DuckDB of its own.
    func withContent<T>(of files: FilesTable, _ body: (FilesContent) throws -> T) throws -> T {
        let database = try Database(configuration: ["threads": "2"])
        let feed = RowFeed()
        let connection = try database.connect()
        defer { connection.close() }
        try connection.register(feed)
        return try body(
            FilesContent(
                files: files, inputs: try files.listing().ready, before: nil, takesOver: .evolve, feed: feed,
                connection: connection, readersMax: 2, progress: ExtractionProgress(),
                governor: Governor(Pace())))
    }
}

extension FilesTable {
    /// How many rows the files that match now have, those that are none included. Blocks.
    func countRows(engine: Database?) throws -> Int64 {
        let ready = try listing().ready
        guard let format = try format(of: ready) else { return 0 }
        switch format {
        case .csv, .ndjson:
            var rows: Int64 = 0
            for file in ready {
                do {
                    let style = format == .csv ? files.text : nil
                    let scanner = try RecordScanner(
                        file.absolutePath, encoding: files.text.encoding, style: style)
                    try scanner.skipHeader(style)
                    while try scanner.next() != .end { rows += 1 }
                } catch {
                    throw unreadable(file)(error)
                }
            }
            return rows
        case .json, .parquet, .excel:
            guard !ready.isEmpty else { return 0 }
            let connection = try (engine ?? Database(configuration: ["threads": "2"])).connect()
            defer { connection.close() }
            do {
                guard format == .json else {
                    return try TypedFiles(
                        files: self, inputs: ready, isExcel: format == .excel, connection: connection
                    ).count()
                }
                let objects = try JSONDocuments(self, ready).select
                return try connection.query("SELECT count(*) FROM (\(objects))").rows.first?.first?.integer
                    ?? 0
            } catch let error as DuckDBError {
                throw explain(error, ready)
            }
        }
    }
}
