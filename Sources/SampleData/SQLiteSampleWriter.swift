internal import FoundationEssentials
internal import SQLite

/// Writes one SQLite file.
struct SQLiteSampleWriter: SampleWriter {
    private let connection: SQLiteConnection

    static func inUse(_ names: [String], of folder: String) -> [String] {
        names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0).db") }
    }

    /// `folder` is the folder of the files.
    init(database name: String, of folder: String, isAnew: Bool) throws {
        let path = "\(folder)/\(name).db"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            if isAnew {
                for file in [path, path + "-journal", path + "-wal", path + "-shm"]
                where FileManager.default.fileExists(atPath: file) {
                    try FileManager.default.removeItem(atPath: file)
                }
            }
        } catch {
            throw SampleDataError(reason: .folder("\(error)"))
        }
        let isNew = !FileManager.default.fileExists(atPath: path)
        connection = try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(60))
        // A new file is worth nothing until it is whole, so its first load goes without a journal.
        try connection.execute(
            "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768")
        if isNew {
            try connection.execute(
                "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE")
        }
    }

    func create(_ table: SampleTable) throws {
        var parts = table.columns.map { "\(quoted($0.name)) \($0.sqliteType)" }
        if !table.key.isEmpty {
            parts.append("PRIMARY KEY (\(table.key.map(quoted).joined(separator: ", ")))")
        }
        try connection.execute("DROP TABLE IF EXISTS \(quoted(table.name))")
        try connection.execute("CREATE TABLE \(quoted(table.name)) (\(parts.joined(separator: ", ")))")
    }

    func store(_ slices: [String], of table: SampleTable, from source: RowSource) throws -> Int {
        // Text arrives as bytes, which may be no UTF-8: SQLite keeps them as they are.
        let marks = table.columns.map { $0.kind == .text || $0.kind == .bytes ? "CAST(? AS TEXT)" : "?" }
        let insert = try connection.prepare(
            "INSERT OR REPLACE INTO \(quoted(table.name)) VALUES (\(marks.joined(separator: ", ")))")
        let batch = RowBatch(table)
        var rows = 0
        try connection.execute("BEGIN IMMEDIATE")
        do {
            for slice in slices {
                try source.forEachBatch(of: slice, into: batch) { batch in
                    rows += batch.count
                    for row in 0..<batch.count { try Self.insert(row, of: batch, with: insert) }
                }
            }
            try connection.execute("COMMIT")
        } catch {
            // The first failure is the one to tell; a rollback that fails too leaves the closing to undo it.
            _ = Result { try connection.execute("ROLLBACK") }
            throw error
        }
        return rows
    }

    private static func insert(_ row: Int, of batch: RowBatch, with statement: SQLiteStatement) throws {
        for (index, column) in batch.columns.enumerated() {
            if column.isNull[row] {
                try statement.bindNull(at: index + 1)
                continue
            }
            switch column.kind {
            case .integer: try statement.bind(column.integers[row], at: index + 1)
            case .double: try statement.bind(column.doubles[row], at: index + 1)
            case .text, .bytes:
                try column.withBytes(row: row) { bytes throws(SQLiteError) in
                    try statement.bind(bytes, at: index + 1)
                }
            }
        }
        _ = try statement.step()
    }

    func create(_ view: SampleView) throws {
        try connection.execute("DROP VIEW IF EXISTS \(quoted(view.name))")
        try connection.execute("CREATE VIEW \(quoted(view.name)) AS \(view.select)")
    }

    func execute(_ sql: String) throws { try connection.execute(sql) }

    func strings(_ sql: String) throws -> [[String]] {
        let statement = try connection.prepare(sql)
        var rows: [[String]] = []
        while try statement.step() {
            rows.append(
                (0..<statement.columnCount).map { column in
                    statement.storageClass(column) == .integer
                        ? String(statement.int64(column)) : statement.text(column) ?? ""
                })
        }
        return rows
    }

    func hasTable(_ name: String) throws -> Bool { try connection.tables().contains { $0.name == name } }

    private func quoted(_ name: String) -> String { SQLiteConnection.quoteIdentifier(name) }
}
