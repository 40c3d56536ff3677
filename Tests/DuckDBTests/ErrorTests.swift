import DuckDB
import Foundation
import Testing

@Suite struct `An error` {
    struct Case: Sendable, CustomTestStringConvertible {
        let sql: String
        let kind: DuckDBError.Kind
        let line: Int?
        let column: Int?
        var testDescription: String { sql }
    }

    static let cases = [
        Case(sql: "SELEC 1", kind: .parser, line: 1, column: 1),
        Case(sql: "SELECT 1,\n  no_such FROM range(3)", kind: .binder, line: 2, column: 3),
        Case(sql: "SELECT *\nFROM no_such", kind: .catalog, line: 2, column: 6),
        Case(sql: "SELECT 'ä', no_such FROM range(3)", kind: .binder, line: 1, column: 13),
        Case(
            sql: "SELECT " + (1...60).map { "\($0) AS c\($0), " }.joined() + "no_such FROM range(3)",
            kind: .binder,
            line: 1, column: 7 + (1...60).map { "\($0) AS c\($0), " }.joined().count + 1),
        Case(sql: "SELECT CAST('x' AS INTEGER)", kind: .conversion, line: 1, column: 8),
        Case(sql: "SELECT error('stop')", kind: .invalidInput, line: nil, column: nil),
        Case(sql: "SELECT * FROM '/no/such/file.parquet'", kind: .io, line: 1, column: 15),
    ]

    @Test(arguments: cases)
    func `has a kind, a sentence and the place`(example: Case) throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        for run in [
            { _ = try connection.query(example.sql) }, { try connection.execute(example.sql) },
            { try connection.forEachChunk(example.sql) { _ in } },
        ] {
            let error = try #require(#expect(throws: DuckDBError.self) { try run() })
            #expect(error.kind == example.kind)
            #expect(error.sql == example.sql)
            #expect(
                !error.message.isEmpty && !error.message.contains("LINE ")
                    && !error.message.contains("Error: "))
            if let line = example.line, let column = example.column, let position = error.position {
                #expect(position == .init(line: line, column: column))
            }
        }
    }

    @Test(arguments: cases.prefix(5))
    func `of syntax and names always has the place`(example: Case) throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        let error = #expect(throws: DuckDBError.self) { try connection.prepare(example.sql) }
        #expect(error?.position == .init(line: example.line ?? 0, column: example.column ?? 0))
    }

    @Test func `of a constraint is known by its kind`() throws {
        let connection = try Database().connect()
        try connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
        let error = #expect(throws: DuckDBError.self) { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.kind == .constraint)
    }

    @Test func `of memory is known by its kind`() throws {
        let database = try Database(configuration: [
            "memory_limit": "20MB", "temp_directory": "", "threads": "1",
        ])
        let error = #expect(throws: DuckDBError.self) {
            try database.connect().query("SELECT list(range) FROM range(100000000)")
        }
        #expect(error?.kind == .outOfMemory)
    }

    @Test func `of opening says why and leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/not-a-database"
        try Data(repeating: 0x41, count: 50_000).write(to: URL(filePath: path))
        for _ in 0..<50 {
            let error = #expect(throws: DuckDBError.self) { try Database(path: path) }
            #expect(error?.message.contains("not-a-database") == true)
            #expect(throws: DuckDBError.self) { try Database(path: folder.path + "/missing/x.duckdb") }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["not-a-database"])
    }

    @Test func `of configuration names the setting`() throws {
        let unknown = #expect(throws: DuckDBError.self) {
            try Database(configuration: ["no_such_setting": "1"])
        }
        #expect(unknown?.message.contains("no_such_setting") == true)
        #expect(unknown?.kind == .invalidConfiguration)
        #expect(throws: DuckDBError.self) { try Database(configuration: ["threads": "many"]) }
    }
}

@Suite struct `A database file` {
    @Test func `keeps its rows until it is opened again`() throws {
        let folder = try TemporaryFolder()
        do {
            let database = try Database(path: folder.path + "/x.duckdb")
            try database.connect().execute("CREATE TABLE t AS SELECT 42 AS x")
        }
        let again = try Database(path: folder.path + "/x.duckdb", configuration: ["access_mode": "READ_ONLY"])
        #expect(try again.connect().query("FROM t").rows == [[.int32(42)]])
    }
}
