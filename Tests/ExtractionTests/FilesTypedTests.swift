import Extraction
import Foundation
import Glibc
import LakeModel
import Project
import TarnTesting
import Testing

@Suite struct `Files that have types` {
    /// A lake with files that DuckDB writes, by their names and the queries that are their rows.
    private func lake(_ files: [String: String]) throws -> LittleLake {
        let lake = try LittleLake(files: [:])
        for (name, query) in files {
            try lake.make("COPY (\(query)) TO '{landing}/tmp'  (FORMAT parquet)")
            try lake.move("tmp", to: name)
        }
        return lake
    }

    @Test func `may have names that are patterns to DuckDB`() async throws {
        let names = ["a[1]", "a1", "b*", "bx", "c?", "cc", "d's", "e{1,2}", "f#%20"]
        let lake = try lake(
            Dictionary(
                uniqueKeysWithValues: names.map {
                    ("\($0).parquet", "SELECT '\($0.replacing("'", with: "''"))' AS v")
                }))
        _ = try await lake.commit(.files("*.parquet"))
        #expect(
            try await lake.query("SELECT v, _file FROM bronze_s.t ORDER BY v")
                == names.sorted().map { "\($0)|\($0).parquet" })
        let documents = try LittleLake(
            files: Dictionary(uniqueKeysWithValues: names.map { ("\($0).json", "[{\"v\": \"\($0)\"}]") }))
        _ = try await documents.commit(.files("*.json"))
        #expect(
            try await documents.query("SELECT v, _file FROM bronze_s.t ORDER BY v")
                == names.sorted().map { "\($0)|\($0).json" })
    }

    @Test(arguments: [
        ("1.5::DOUBLE", "INTEGER"), ("2.345::DECIMAL(9,3)", "DECIMAL(9,2)"),
        ("TIMESTAMP '2024-01-01 10:00:00'", "DATE"), ("'n/a'", "INTEGER"), ("''", "INTEGER"),
        ("9007199254740993::BIGINT", "DOUBLE"), ("300::INTEGER", "UTINYINT"), ("2::INTEGER", "BOOLEAN"),
        ("'2.345'", "DECIMAL(9,2)"), ("0.1::DOUBLE", "FLOAT"),
    ])
    func `are refused where a declared type would round a value`(value: String, type: String) async throws {
        let lake = try lake(["a.parquet": "SELECT 1 AS id, \(value) AS v UNION ALL SELECT 2, NULL"])
        let strict = try TableDefinition.files("*.parquet", columns: ["v": type])
        let mistake = await #expect(throws: FilesMistake.self) { try await lake.extract(strict) }
        #expect(mistake?.code == "files.bad-rows" && mistake?.problem.contains("a.parquet") == true)
        _ = try await lake.commit(.files("*.parquet", badRowsMax: 1, columns: ["v": type]))
        #expect(try await lake.query("SELECT id, v FROM bronze_s.t") == ["2|NULL"])
        let bad = try await lake.quarantine("SELECT file, line, \"column\", error FROM q")
        #expect(bad == ["a.parquet|NULL|v|a value of 'v' is no \(type)"])
        #expect(try await lake.quarantine("SELECT raw->>'id' FROM q") == ["1"])
    }

    @Test(arguments: [
        ("2.00::DOUBLE", "INTEGER", "2"), ("2.340::DECIMAL(9,3)", "DECIMAL(9,2)", "2.34"),
        ("TIMESTAMP '2024-01-01 00:00:00'", "DATE", "2024-01-01"), ("' 7 '", "INTEGER", "7"),
        ("12.5::DOUBLE", "DECIMAL(9,2)", "12.50"), ("7::BIGINT", "VARCHAR", "7"),
    ])
    func `become a declared type that holds all values`(value: String, type: String, held: String)
        async throws
    {
        let lake = try lake(["a.parquet": "SELECT \(value) AS v"])
        _ = try await lake.commit(.files("*.parquet", columns: ["v": type]))
        #expect(try await lake.query("SELECT v, typeof(v) FROM bronze_s.t") == ["\(held)|\(type)"])
    }

    @Test func `are united without loss where their types differ`() async throws {
        let lake = try lake([
            "a.parquet": "SELECT 1::INTEGER AS n, 'x' AS s, 1.0::DOUBLE AS d",
            "b.parquet": "SELECT 5000000000::BIGINT AS n, NULL::INTEGER AS s, 7::BIGINT AS d",
        ])
        let (manifest, _) = try await lake.commit(.files("*.parquet"))
        #expect(manifest.schema.prefix(3).map(\.type) == ["BIGINT", "VARCHAR", "DOUBLE"])
        #expect(
            try await lake.query("SELECT n, s, d FROM bronze_s.t ORDER BY n") == [
                "1|x|1.0", "5000000000|NULL|7.0",
            ])
        let other = try self.lake([
            "a.parquet": "SELECT 0.5::DOUBLE AS n", "b.parquet": "SELECT 9007199254740993::BIGINT AS n",
        ])
        let mistake = await #expect(throws: FilesMistake.self) { try await other.extract(.files()) }
        #expect(mistake?.problem.contains("b.parquet: a value of 'n' is no DOUBLE") == true)
        let nested = try self.lake([
            "a.parquet": "SELECT 1 AS n", "b.parquet": "SELECT [1] AS n",
        ])
        let unlike = await #expect(throws: FilesMistake.self) { try await nested.extract(.files()) }
        #expect(unlike?.problem.contains("b.parquet: a value of 'n' is no INTEGER") == true)
    }

    @Test func `whose later files have other types fit bronze, or are refused by name`() async throws {
        let lake = try lake(["a.parquet": "SELECT 1::BIGINT AS n"])
        let table = try TableDefinition.files("*.parquet")
        _ = try await lake.commit(table)
        // What pandas makes of whole numbers with gaps.
        try lake.make("COPY (FROM (VALUES (2.0::DOUBLE), (NULL)) AS v(n)) TO '{landing}/b.parquet'")
        try lake.touch("b.parquet", age: 60)
        _ = try await lake.commit(table)
        #expect(
            try await lake.query("SELECT n FROM bronze_s.t ORDER BY n NULLS LAST") == ["1", "2", "NULL"])
        try lake.make("COPY (SELECT 2.5 AS n) TO '{landing}/c.parquet'")
        try lake.touch("c.parquet", age: 60)
        let mistake = await #expect(throws: FilesMistake.self) { try await lake.extract(table) }
        #expect(mistake?.problem.contains("c.parquet: a value of 'n' is no BIGINT") == true)
    }
}

@Suite struct `Files that are not as they seem` {
    @Test func `a change that keeps size and time is seen`() async throws {
        let lake = try LittleLake(files: ["a.csv": "id\n1\n"])
        _ = try await lake.commit(.files())
        let path = "\(lake.landing)/a.csv"
        var status = stat()
        try #require(stat(path, &status) == 0)
        try Data("id\n2\n".utf8).write(to: URL(filePath: path))
        let times = (status.st_atim, status.st_mtim)
        let outcome = withUnsafePointer(to: times) {
            $0.withMemoryRebound(to: timespec.self, capacity: 2) { utimensat(AT_FDCWD, path, $0, 0) }
        }
        try #require(outcome == 0)
        _ = try await lake.commit(.files())
        #expect(try await lake.query("SELECT id FROM bronze_s.t") == ["2"])
    }

    @Test func `a file that two patterns match is read once`() async throws {
        let lake = try LittleLake(files: ["a.csv": "id\n1\n"])
        #expect(try await lake.commit(.files("*.csv", "a*", "**/*.csv")).1.rows == 1)
    }

    @Test func `a name that is no UTF-8 is refused, not skipped`() async throws {
        let lake = try LittleLake(files: ["a.csv": "id\n1\n"])
        let name = Array("\(lake.landing)/".utf8) + [0xFF] + Array(".csv".utf8) + [0]
        let descriptor = name.withUnsafeBufferPointer {
            $0.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
        }
        try #require(descriptor >= 0)
        close(descriptor)
        let mistake = await #expect(throws: FilesMistake.self) {
            try await lake.extract(.files("*.csv", settle: .seconds(0)))
        }
        #expect(mistake?.code == "files.unreadable")
    }
}

@Suite struct `A DuckDB file that is in use` {
    @Test func `is busy while a writer has it, and is read when it lets go`() async throws {
        let lake = try LittleLake(duckdb: "CREATE TABLE t AS SELECT 1 AS id")
        let writer = try FileHolder("\(lake.folder.path)/app.duckdb")
        let busy = await #expect(throws: SourceUnavailable.self) { try await lake.extract(.full()) }
        #expect(busy?.code == "source.busy" && busy?.isTransient == true)
        writer.letGo()
        #expect(try await lake.commit(.full()).1.rows == 1)
    }

    @Test func `is read with what its write-ahead log holds`() async throws {
        let lake = try LittleLake(duckdb: "CREATE TABLE t AS SELECT 1 AS id")
        _ = try await lake.commit(.full())
        // A writer that was killed leaves the log behind.
        let path = "\(lake.folder.path)/app.duckdb"
        try lake.executeDuckDB(
            """
            PRAGMA disable_checkpoint_on_shutdown; PRAGMA wal_autocheckpoint = '1GB';
            INSERT INTO t VALUES (2)
            """)
        try #require(FileManager.default.fileExists(atPath: path + ".wal"))
        #expect(try await lake.commit(.full()).1.rows == 2)
        #expect(try await lake.query("SELECT id FROM bronze_s.t ORDER BY id") == ["1", "2"])
    }
}

/// Another process that locks a file as one that writes to it does.
private final class FileHolder {
    private let process = Process()
    private let input = Pipe()

    init(_ path: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let program = "import fcntl,sys; f=open(sys.argv[1],'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); "
        process.arguments = ["python3", "-c", program + "print('held', flush=True); sys.stdin.read()", path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.availableData
        try #require(said.starts(with: Data("held".utf8)))
    }

    func letGo() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
