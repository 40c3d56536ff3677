import DuckDB
import Foundation
import Synchronization
import Testing

@Suite struct `A connection` {
    let database: Database
    let connection: Connection

    init() throws {
        database = try Database(configuration: ["threads": "2"])
        connection = try database.connect()
    }

    @Test func `runs several statements, each seeing what the earlier ones made`() throws {
        try connection.execute(
            "CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1), (2); DELETE FROM t WHERE x = 1;")
        #expect(try connection.query("SELECT x FROM t").rows == [[.int32(2)]])
    }

    @Test func `tells statements apart and what each will return`() throws {
        let list = try connection.statements(
            in: "CREATE TABLE t (a INTEGER, b DECIMAL(9,2)); SELECT * FROM t; ; SET threads = 2")
        #expect(list.count == 3)
        let create = try list.prepare(0)
        #expect(create.kind == .create)
        try create.execute()
        let select = try list.prepare(1)
        #expect(select.kind == .select)
        #expect(
            select.columns == [
                ResultColumn(name: "a", type: .integer),
                ResultColumn(name: "b", type: .decimal(width: 9, scale: 2)),
            ])
        #expect(try list.prepare(2).kind == .set)
        #expect(try connection.statements(in: "-- nothing").count == 0)
    }

    @Test func `counts the rows that changed`() throws {
        try connection.execute("CREATE TABLE t AS SELECT range AS x FROM range(10)")
        let result = try connection.query("UPDATE t SET x = 0 WHERE x > 5")
        #expect(result.rowsChanged == 4)
        #expect(!result.returnsRows)
        #expect(try connection.prepare("DELETE FROM t").execute() == 10)
    }

    @Test func `binds by number and by name, and says when it cannot`() throws {
        let statement = try connection.prepare("SELECT $b || $a")
        #expect(statement.parameterCount == 2)
        try statement.bind("x", named: "a")
        try statement.bind("y", named: "b")
        #expect(try statement.query().rows == [["yx"]])
        #expect(throws: DuckDBError.self) { try statement.bind("z", named: "c") }
        #expect(throws: DuckDBError.self) { try connection.query("SELECT ?", [1, 2]) }
        let numbered = try connection.prepare("SELECT ?::DECIMAL(9,2)")
        #expect(numbered.parameterType(1) == .decimal(width: 9, scale: 2) || numbered.parameterType(1) == nil)
        #expect(throws: DuckDBError.self) { try numbered.bind(1, at: 2) }
    }

    @Test func `names the tables of a statement`() throws {
        try connection.execute(
            "CREATE SCHEMA silver; CREATE TABLE silver.a (x INTEGER); CREATE TABLE b (y INTEGER)")
        let names = try connection.tableNames(in: "SELECT * FROM silver.a JOIN b ON x = y")
        #expect(Set(names) == ["silver.a", "b"])
        #expect(throws: DuckDBError.self) { try connection.tableNames(in: "SELEC") }
    }

    @Test(arguments: ["json", "parquet", "icu"])
    func `has the extensions built in that the lake needs`(name: String) throws {
        let rows = try connection.query(
            "SELECT loaded, installed FROM duckdb_extensions() WHERE extension_name = ?", [.text(name)]
        ).rows
        #expect(rows == [[true, true]])
    }

    @Test func `serialises syntax trees, and knows its settings`() throws {
        let tree = try connection.query("SELECT json_serialize_sql('SELECT 1')").rows[0][0].text
        #expect(tree?.contains("\"statements\"") == true)
        #expect(try connection.setting("threads").integer == 2)
        #expect(throws: DuckDBError.self) { try connection.setting("no_such_setting") }
        #expect(throws: DuckDBError.self) {
            try connection.load(extensionAt: "/no/such/it's.duckdb_extension")
        }
    }

    @Test func `reads columns in place, also wide numbers that lie across alignments`() throws {
        try connection.execute(
            """
            CREATE TABLE t AS SELECT
                range::HUGEINT AS h, range::INTEGER AS i, if(range % 2 = 0, range::VARCHAR, NULL) AS s
            FROM range(10000)
            """
        )
        var (sum, wide, bytes, nulls) = (0, Int128(0), 0, 0)
        try connection.forEachChunk("SELECT i, h, s FROM t") { chunk in
            chunk.withInt32s(column: 0) { for row in $0.indices { sum += Int($0[row]) } }
            chunk.withInt128s(column: 1) { for row in $0.indices { wide += $0[row] } }
            chunk.withColumn(2) { column in
                for row in 0..<column.count {
                    if column.isValid(row: row) {
                        bytes += column.withBytes(row: row) { $0.count }
                    } else {
                        nulls += 1
                    }
                }
            }
        }
        #expect((sum, wide, nulls) == (49_995_000, 49_995_000, 5000))
        #expect(bytes == (0..<10000).filter { $0 % 2 == 0 }.map { String($0).count }.reduce(0, +))
    }

    @Test func `streams without holding the rows`() throws {
        // 160 million rows of 8 bytes: held, they would be 1.3 GB. DuckDB 2.0 reads ahead by up to 380 MB.
        let before = try residentBytes()
        var (rows, peak) = (0, 0)
        try connection.forEachChunk("SELECT range FROM range(160000000)") { chunk in
            rows += chunk.count
            if rows % (2048 * 512) == 0 { peak = max(peak, try residentBytes()) }
        }
        #expect(rows == 160_000_000)
        #expect(peak - before < 500_000_000)
    }

    @Test func `takes no other statement while it streams, and lives on after a stream was left`() throws {
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try connection.forEachChunk("SELECT range FROM range(10000000)") { _ in
                do {
                    try connection.execute("SELECT 1")
                } catch let error as DuckDBError where error.kind == .connection {
                    throw Enough()
                }
            }
        }
        #expect(try connection.query("SELECT 1").rows == [[.int32(1)]])
    }

    @Test func `refuses columns that it cannot read before it runs`() throws {
        let error = #expect(throws: DuckDBError.self) { try connection.query("SELECT 1::VARIANT AS v") }
        #expect(error?.kind == .notImplemented)
        #expect(error?.message.contains("'v'") == true)
    }

    private func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
        return (Int(pages) ?? 0) * 4096
    }
}

@Suite struct `An interrupted query` {
    /// Takes minutes unless it is stopped.
    static let endless =
        "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range * b.range % 7 = 3"

    @Test(arguments: [endless, "SELECT a.range FROM range(100000000000) a WHERE a.range < 0"])
    func `ends when its task is cancelled`(sql: String) async throws {
        let database = try Database(configuration: ["threads": "2"])
        let (begun, signal) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await database.withConnection { connection in
                signal.finish()
                try connection.forEachChunk(sql) { _ in }
            }
        }
        for await _ in begun {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let answer = try await database.withConnection { try $0.query("SELECT 1").rows }
        #expect(answer == [[.int32(1)]])
    }

    @Test func `is known by its kind, and its connection goes on`() throws {
        let database = try Database(configuration: ["threads": "1"])
        let connection = try database.connect()
        let interrupter = connection.interrupter
        try connection.register(
            ScalarFunction("stop", [.bigint], returns: .bigint, isVolatile: true) { rows, results in
                interrupter.interrupt()
                for row in 0..<rows.count { results.set(Int64(row), row: row) }
            })
        let error = #expect(throws: DuckDBError.self) {
            try connection.query("SELECT sum(stop(a.range)) FROM range(100000000000) a")
        }
        #expect(error?.isInterrupt == true)
        #expect(try connection.query("SELECT 1").rows == [[.int32(1)]])
        connection.close()
        interrupter.interrupt()
        #expect(interrupter.progress() == nil)
        let closed = #expect(throws: DuckDBError.self) { try connection.query("SELECT 1") }
        #expect(closed?.kind == .connection)
    }

    @Test func `a cancelled connection starts nothing more`() throws {
        let connection = try Database().connect()
        connection.interrupter.cancel()
        let error = #expect(throws: DuckDBError.self) { try connection.execute("SELECT 1") }
        #expect(error?.isInterrupt == true)
    }

    @Test func `tells other threads how far it is`() throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        try connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        let interrupter = connection.interrupter
        let seen = Mutex<[QueryProgress]>([])
        try connection.register(
            ScalarFunction("observe", [.bigint], returns: .bigint, isVolatile: true) { rows, results in
                if let progress = interrupter.progress() { seen.withLock { $0.append(progress) } }
                for row in 0..<rows.count { results.set(0 as Int64, row: row) }
            })
        try connection.execute("CREATE TABLE t AS SELECT range AS x FROM range(2000000)")
        try connection.query("SELECT sum(observe(x)) FROM t")
        let percentages = seen.withLock { $0.map(\.percentage) }
        #expect(percentages.contains { $0 > 0 })
        #expect(percentages.allSatisfy { $0 <= 100 })
    }
}
