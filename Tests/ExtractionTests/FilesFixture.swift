import DuckDB
import FoundationEssentials
import Glibc
import LakeModel
import LakeSQL
import LakeStore
import Project
import TarnTesting
import Testing

extension LittleLake {
    /// Where the files of a source are.
    var landing: String { "\(folder.path)/landing" }

    /// Writes a file that has been there for a while.
    func write(_ text: String, to path: String, age: Int = 3_600) throws {
        try write(Array(text.utf8), to: path, age: age)
    }

    func write(_ bytes: [UInt8], to path: String, age: Int = 3_600) throws {
        let absolute = "\(landing)/\(path)"
        let parent = absolute.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/\(parent)", withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: absolute))
        try touch(path, age: age)
    }

    /// Sets the time of change to `age` seconds ago.
    func touch(_ path: String, age: Int) throws {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        now.tv_sec -= age
        let outcome = withUnsafePointer(to: (now, now)) {
            $0.withMemoryRebound(to: timespec.self, capacity: 2) {
                utimensat(AT_FDCWD, "\(landing)/\(path)", $0, 0)
            }
        }
        try #require(outcome == 0)
    }

    /// Gives a file that has been there for a while another name.
    func move(_ path: String, to new: String) throws {
        try FileManager.default.moveItem(atPath: "\(landing)/\(path)", toPath: "\(landing)/\(new)")
        try touch(new, age: 3_600)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: "\(landing)/\(path)") }

    /// Runs SQL in a DuckDB that can write files beside the others; `{landing}` is their folder.
    func make(_ sql: String) throws {
        let connection = try session.database.connect()
        defer { connection.close() }
        try connection.execute(sql.replacing("{landing}", with: landing))
    }

    /// The rows of a query over the quarantine of a table, as texts.
    func quarantine(_ sql: String = "SELECT file, line, \"column\", error, raw FROM q ORDER BY ALL")
        async throws
        -> [String]
    {
        let files = try await files().filter { $0.hasPrefix("_tarn/quarantine/") }
        let list = files.map { "'\(folder.path)/lake/\($0)'" }.joined(separator: ", ")
        return try await session.database.withConnection { connection in
            try connection.query("WITH q AS (FROM read_parquet([\(list)])) \(sql)").rows.map {
                $0.map(\.description).joined(separator: "|")
            }
        }
    }
}

extension TableDefinition {
    static func files(
        _ patterns: String..., format: FileFormat? = nil, mode: ExtractionMode = .files,
        text: DelimitedText = DelimitedText(), settle: Duration = .seconds(10), marker: String? = nil,
        onChange: ChangedFilePolicy = .replace, badRowsMax: Int64 = 0, columns: [String: String] = [:],
        schema: SchemaPolicy = .evolve, workbook: WorkbookRange = WorkbookRange()
    ) throws -> TableDefinition {
        TableDefinition(
            name: try #require(TableName("t")), mode: mode, schemaPolicy: schema,
            columns: columns.sorted { $0.key < $1.key }.map {
                ColumnDefinition(
                    name: $0.key, type: $0.value, place: Place(file: "sources/s.yaml", line: 6, column: 5))
            },
            files: FilesDefinition(
                patterns: patterns.isEmpty ? ["*"] : patterns, format: format, text: text,
                workbook: workbook, settle: settle, marker: marker, onChange: onChange,
                badRowsMax: badRowsMax),
            place: Place(file: "sources/s.yaml", line: 4, column: 3))
    }
}
