import DuckDB
import Synchronization
import Testing

@Suite struct `A table function in Swift` {
    @Test func `produces ten million rows, each once, in up to two threads`() throws {
        let connection = try Database(configuration: ["threads": "2"]).connect()
        let threads = Mutex<Int>(0)
        try connection.register(Numbers(locals: { threads.withLock { $0 += 1 } }))
        let row = try connection.query(
            "SELECT sum(n), count(*), count(DISTINCT n % 1000) FROM numbers(10000000)"
        ).rows[0]
        #expect(row[0] == .int128(49_999_995_000_000))
        #expect(row[1] == .int64(10_000_000))
        #expect(row[2] == .int64(1000))
        #expect((1...2).contains(threads.withLock { $0 }))
    }

    @Test func `writes only the columns that the query needs`() throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        try connection.register(Numbers())
        #expect(try connection.query("SELECT max(word) FROM numbers(5000)").rows == [["number 999 of many"]])
        #expect(
            try connection.query("SELECT word, n FROM numbers(2, start := 7)").rows == [
                ["number 7 of many", .int64(7)], ["number 8 of many", .int64(8)],
            ])
        #expect(try connection.query("SELECT count(*) FROM numbers(5000)").rows == [[.int64(5000)]])
        #expect(try connection.query("SELECT count(*) FROM numbers(0)").rows == [[.int64(0)]])
    }

    @Test(arguments: ["bind", "start", "local", "produce"])
    func `gives the caller the very error that it threw`(stage: String) throws {
        let database = try Database(configuration: ["threads": "2"])
        let connection = try database.connect()
        try connection.register(Failing())
        let sql = "SELECT * FROM failing('\(stage)')"
        for run in [
            { _ = try connection.query(sql) }, { try connection.execute(sql) },
            { try connection.forEachChunk(sql) { _ in } },
        ] {
            let error = try #require(#expect(throws: DuckDBError.self) { try run() })
            #expect(error.underlying as? Failing.Refused == Failing.Refused(stage: stage))
            #expect(error.message.contains("refused"))
        }
        let other = #expect(throws: DuckDBError.self) { try connection.query("SELECT no_such") }
        #expect(other?.underlying == nil)
    }

    @Test func `is released with the database`() throws {
        let alive = Counter()
        do {
            let database = try Database(configuration: ["threads": "2"])
            let connection = try database.connect()
            let token = Token(alive)
            try connection.register(Numbers(locals: { _ = token }))
            try connection.register(
                ScalarFunction("id", [.bigint], returns: .bigint) { _, _ in _ = token })
            try connection.query("SELECT sum(n) FROM numbers(10000)")
            #expect(alive.count == 1)
        }
        #expect(alive.count == 0)
    }
}

@Suite struct `A scalar function in Swift` {
    let connection: Connection

    init() throws { connection = try Database(configuration: ["threads": "2"]).connect() }

    @Test func `computes chunks, and NULL of NULL`() throws {
        try connection.register(
            ScalarFunction("twice", [.bigint], returns: .bigint) { rows, results in
                rows.withInt64s(column: 0) { values in
                    for row in values.indices { results.set(values[row] &* 2, row: row) }
                }
            })
        let sql =
            """
            SELECT sum(twice(x)), count(twice(x)) FROM (SELECT if(range % 2 = 0, range, NULL) AS x FROM range(100000))
            """
        #expect(try connection.query(sql).rows == [[.int128(4_999_900_000), .int64(50_000)]])
        #expect(try connection.query("SELECT twice(NULL), twice(21)").rows == [[.null, .int64(42)]])
    }

    @Test func `sees NULL if it wants to, and any number of arguments`() throws {
        try connection.register(
            ScalarFunction("nulls", [], variadic: .varchar, returns: .varchar, takesNulls: true) {
                rows, results in
                for row in 0..<rows.count {
                    let text = (0..<rows.columnCount).map { rows.isValid(row: row, column: $0) ? "." : "0" }
                        .joined()
                    try results.setText("a rather long \(text)", row: row)
                }
            })
        #expect(try connection.query("SELECT nulls('a', NULL, 'b')").rows == [["a rather long .0."]])
    }

    @Test func `fails the query by its own error`() throws {
        struct Odd: Error, Equatable {}
        try connection.register(ScalarFunction("odd", [.bigint], returns: .bigint) { _, _ in throw Odd() })
        let error = #expect(throws: DuckDBError.self) {
            try connection.query("SELECT odd(range) FROM range(3)")
        }
        #expect(error?.underlying is Odd)
        #expect(try connection.query("SELECT TRY(odd(range)) FROM range(1)").rows == [[.null]])
        let other = #expect(throws: DuckDBError.self) { try connection.query("SELECT error('x')") }
        #expect(other?.underlying == nil)
    }

    @Test func `is called for every row when it is volatile`() throws {
        let calls = Mutex(0)
        try connection.register(
            ScalarFunction("tick", [], returns: .bigint, isVolatile: true) { rows, results in
                for row in 0..<rows.count {
                    results.set(
                        Int64(
                            calls.withLock {
                                $0 += 1
                                return $0
                            }), row: row)
                }
            })
        #expect(
            try connection.query("SELECT count(DISTINCT tick()) FROM range(3000)").rows == [[.int64(3000)]])
    }
}

@Suite struct `An appender` {
    let connection: Connection

    init() throws {
        connection = try Database(configuration: ["threads": "1"]).connect()
        try connection.execute(
            "CREATE TABLE t (n BIGINT NOT NULL, s VARCHAR DEFAULT 'none', d DECIMAL(20,2))")
    }

    @Test func `takes whole chunks, column by column`() throws {
        let appender = try Appender(connection, table: "t")
        for chunk in 0..<3 {
            try appender.append { rows in
                rows.withValues(column: 0, as: Int64.self) { values in
                    for row in values.indices { values[row] = Int64(chunk * 2048 + row) }
                }
                for row in 0..<rows.capacity {
                    if row % 2 == 0 {
                        rows.setNull(row: row, column: 1)
                    } else {
                        try rows.setValue(.text("row number \(row)"), row: row, column: 1)
                    }
                    try rows.setDecimal(Int128(row), row: row, column: 2)
                }
                rows.count = rows.capacity
            }
        }
        try appender.close()
        let row = try connection.query("SELECT count(*), sum(n), count(s), sum(d), max(s) FROM t").rows[0]
        #expect(row[0...2] == [.int64(6144), .int128(18_871_296), .int64(3072)])
        #expect(row[3].description == "62883.84" && row[4] == "row number 999")
    }

    @Test func `takes short texts of every length, whose cells compare equal to DuckDB's own`() throws {
        let texts = (0...13).map { count in String("abcdefghijklm".prefix(count)) }
        let appender = try Appender(connection, table: "t")
        try appender.append { rows in
            for (row, text) in (texts + texts).enumerated() {
                rows.set(Int64(row), row: row, column: 0)
                rows.setNull(row: row, column: 2)
                var text = text
                text.withUTF8 { bytes in
                    let bytes = UnsafeRawBufferPointer(bytes)
                    rows.withColumn(1) { column in
                        let isWritten = row < texts.count && column.setASCII(bytes, row: row)
                        #expect(isWritten == (row < texts.count && bytes.count <= 12))
                        if !isWritten { column.setBytes(bytes, row: row) }
                    }
                }
            }
            rows.count = texts.count * 2
            rows.withColumn(1) { column in
                #expect(!Array("Zoë".utf8).withUnsafeBytes { column.setASCII($0, row: 40) })
            }
        }
        try appender.close()
        let known = texts.map { "('\($0)')" }.joined(separator: ", ")
        let found = try connection.query(
            "SELECT count(*), count(DISTINCT t.s) FROM t JOIN (VALUES \(known)) k(s) ON t.s = k.s")
        #expect(found.rows == [[.int64(28), .int64(14)]])
    }

    @Test func `writes only the columns that it was opened for`() throws {
        let appender = try Appender(connection, table: "t", columns: ["n"])
        try appender.append(row: [7])
        try appender.close()
        #expect(try connection.query("FROM t").rows == [[.int64(7), "none", .null]])
    }

    @Test func `says at close what the table refuses, and drops what was not flushed`() throws {
        let appender = try Appender(connection, table: "t")
        try appender.append(row: [1, "a", nil])
        try appender.flush()
        try appender.append(row: [nil, "b", nil])
        let error = #expect(throws: DuckDBError.self) { try appender.close() }
        #expect(error?.kind == .constraint)
        do {
            let abandoned = try Appender(connection, table: "t")
            try abandoned.append(row: [2, "c", nil])
        }
        #expect(try connection.query("SELECT n FROM t").rows == [[.int64(1)]])
        #expect(throws: DuckDBError.self) { try Appender(connection, table: "no_such") }
        #expect(throws: DuckDBError.self) { try Appender(connection, table: "t", columns: ["no_such"]) }
    }

    @Test func `refuses a value that does not fit, and the next row starts clean`() throws {
        let appender = try Appender(connection, table: "t")
        #expect(throws: DuckDBError.self) { try appender.append(row: [nil, nil, "text"]) }
        #expect(throws: DuckDBError.self) { try appender.append(row: [1]) }
        #expect(throws: DuckDBError.self) {
            try appender.append(row: [
                1, nil, .decimal(unscaled: 1_000_000_000_000_000_000_00, width: 38, scale: 2),
            ])
        }
        try appender.append(row: [3, "kept", .decimal(unscaled: 150, width: 4, scale: 2)])
        try appender.close()
        #expect(
            try connection.query("FROM t").rows == [
                [.int64(3), "kept", .decimal(unscaled: 150, width: 20, scale: 2)]
            ])
    }

    @Test(arguments: [[0xFF], [0xC3], Array("twelve bytes and ".utf8) + [0xED, 0xA0, 0x80]] as [[UInt8]])
    func `refuses text that is not UTF-8 instead of making it NULL`(bytes: [UInt8]) throws {
        let appender = try Appender(connection, table: "t")
        let error = #expect(throws: DuckDBError.self) {
            try appender.append { rows in
                try bytes.withUnsafeBytes { try rows.setText(row: 0, column: 1, bytes: $0) }
            }
        }
        #expect(error?.kind == .invalidInput)
    }
}

/// `numbers(count, start := 0)`: numbers and words, in blocks that threads claim.
private struct Numbers: TableFunction {
    let name = "numbers"
    let parameters: [LogicalType] = [.bigint]
    let namedParameters: [LogicalType.Field] = [.init("start", .bigint)]
    let projectsColumns = true
    var locals: @Sendable () -> Void = {}

    final class Blocks: Sendable {
        let columns: [Int]
        let next = Atomic<Int>(0)
        init(columns: [Int]) { self.columns = columns }
    }

    func bind(_ arguments: BindArguments) throws -> TableBinding<Range<Int>> {
        let start = Int(arguments.named["start"]?.integer ?? 0)
        let count = Int(arguments.positional[0].integer ?? 0)
        return TableBinding(
            columns: [ResultColumn(name: "n", type: .bigint), ResultColumn(name: "word", type: .varchar)],
            bound: start..<(start + count), cardinality: count, isCardinalityExact: true)
    }

    func start(_ bound: Range<Int>, columns: [Int]) throws -> TableScan<Blocks> {
        TableScan(Blocks(columns: columns), threadsMax: 2)
    }

    func makeLocal(_ bound: Range<Int>, scan: Blocks) throws -> Range<Int> {
        locals()
        return 0..<0
    }

    func produce(_ bound: Range<Int>, scan: Blocks, local: inout Range<Int>, into chunk: inout OutputChunk)
        throws
    {
        if local.isEmpty {
            let block = scan.next.add(1, ordering: .relaxed).oldValue
            local = (bound.lowerBound + block * 100_000)..<(bound.lowerBound + (block + 1) * 100_000)
            local = local.clamped(to: bound)
        }
        let part = local.prefix(chunk.capacity)
        local = part.upperBound..<local.upperBound
        for (column, wanted) in scan.columns.enumerated() {
            for (row, number) in part.enumerated() {
                if wanted == 0 {
                    chunk.set(Int64(number), row: row, column: column)
                } else {
                    try chunk.setValue(.text("number \(number) of many"), row: row, column: column)
                }
            }
        }
        chunk.count = part.count
    }
}

private struct Failing: TableFunction {
    struct Refused: Error, Equatable, CustomStringConvertible {
        let stage: String
        var description: String { "refused at \(stage)" }
    }
    let name = "failing"
    let parameters: [LogicalType] = [.varchar]

    func bind(_ arguments: BindArguments) throws -> TableBinding<String> {
        let stage = arguments.positional[0].text ?? ""
        if stage == "bind" { throw Refused(stage: stage) }
        return TableBinding(columns: [ResultColumn(name: "x", type: .integer)], bound: stage)
    }
    func start(_ bound: String, columns: [Int]) throws -> TableScan<Int> {
        if bound == "start" { throw Refused(stage: bound) }
        return TableScan(0, threadsMax: 2)
    }
    func makeLocal(_ bound: String, scan: Int) throws -> Int {
        if bound == "local" { throw Refused(stage: bound) }
        return 0
    }
    func produce(_ bound: String, scan: Int, local: inout Int, into chunk: inout OutputChunk) throws {
        guard local > 3 else {
            for row in 0..<chunk.capacity { chunk.set(Int32(row), row: row, column: 0) }
            chunk.count = chunk.capacity
            local += 1
            return
        }
        throw Refused(stage: bound)
    }
}

private final class Counter: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add(_ difference: Int) { value.add(difference, ordering: .relaxed) }
}

private final class Token: Sendable {
    let counter: Counter
    init(_ counter: Counter) {
        self.counter = counter
        counter.add(1)
    }
    deinit { counter.add(-1) }
}
