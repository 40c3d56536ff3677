import DuckDB
import Testing

/// Every type at its extremes goes in by each way in, and comes out as it was.
@Suite struct `A value of every type` {
    struct Sample: Sendable, CustomTestStringConvertible {
        let type: String
        let values: [String]
        /// Parquet has no such type and DuckDB stores another one.
        var isExactInParquet = true
        var testDescription: String { type }
    }

    static let samples: [Sample] = [
        Sample(type: "BOOLEAN", values: ["true", "false"]),
        Sample(type: "TINYINT", values: ["-128", "127"]),
        Sample(type: "SMALLINT", values: ["-32768", "32767"]),
        Sample(type: "INTEGER", values: ["-2147483648", "2147483647"]),
        Sample(type: "BIGINT", values: ["-9223372036854775808", "9223372036854775807"]),
        Sample(
            type: "HUGEINT",
            values: [
                "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727", "-1",
                "0",
            ], isExactInParquet: false),
        Sample(type: "UTINYINT", values: ["0", "255"]),
        Sample(type: "USMALLINT", values: ["65535"]),
        Sample(type: "UINTEGER", values: ["4294967295"]),
        Sample(type: "UBIGINT", values: ["18446744073709551615"]),
        Sample(
            type: "UHUGEINT", values: ["340282366920938463463374607431768211455", "0"],
            isExactInParquet: false),
        Sample(type: "FLOAT", values: ["3.4028235e38", "-1e-45", "inf"]),
        Sample(type: "DOUBLE", values: ["1.7976931348623157e308", "5e-324", "-inf", "0.1"]),
        Sample(type: "DECIMAL(4,2)", values: ["-99.99", "99.99", "0.00"]),
        Sample(type: "DECIMAL(9,0)", values: ["-999999999", "999999999"]),
        Sample(type: "DECIMAL(18,6)", values: ["-999999999999.999999", "0.000001"]),
        Sample(
            type: "DECIMAL(38,10)",
            values: ["9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999"]),
        Sample(type: "DECIMAL(38,38)", values: ["0.99999999999999999999999999999999999999"]),
        Sample(
            type: "VARCHAR",
            values: ["", "twelve bytes", "thirteen byte", "ä€😀", String(repeating: "long ", count: 999)]),
        Sample(type: "JSON", values: ["{\"a\": [1, null]}"]),
        Sample(
            type: "BLOB",
            values: ["", "\\x00\\xFF", "\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0A\\x0B\\x0C"]),
        Sample(
            type: "BIT", values: ["1", "00000000", "010101011101010101110101010111"],
            isExactInParquet: false),
        Sample(
            type: "BIGNUM", values: ["0", "-1", "1234567890123456789012345678901234567890", "-255", "256"],
            isExactInParquet: false),
        Sample(
            type: "UUID",
            values: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
        Sample(
            type: "DATE", values: ["1969-12-31", "0044-03-15 (BC)", "9999-12-31", "infinity", "-infinity"]),
        Sample(type: "TIME", values: ["00:00:00", "23:59:59.999999", "24:00:00"]),
        Sample(type: "TIME_NS", values: ["23:59:59.999999999"]),
        Sample(
            type: "TIMETZ", values: ["12:34:56.789+15:59:59", "00:00:00-15:59:59"], isExactInParquet: false),
        Sample(type: "TIMESTAMP_S", values: ["1969-12-31 23:59:59", "9999-12-31 00:00:00"]),
        Sample(type: "TIMESTAMP_MS", values: ["1969-12-31 23:59:59.999"]),
        Sample(
            type: "TIMESTAMP",
            values: [
                "1969-12-31 23:59:59.999999", "290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775806",
                "infinity",
            ]),
        Sample(
            type: "TIMESTAMP_NS", values: ["2262-04-11 23:47:16.854775806", "1677-09-22 00:12:43.145225"]),
        Sample(type: "TIMESTAMPTZ", values: ["2024-06-01 12:00:00.5+00", "infinity", "-infinity"]),
        Sample(
            type: "INTERVAL",
            values: ["-14 months 3 days -00:00:01.5", "178956970 years 7 months", "00:00:00"],
            isExactInParquet: false),
        Sample(type: "ENUM('', 'a', 'it''s')", values: ["a", "it's", ""]),
        Sample(type: "INTEGER[]", values: ["[]", "[1, NULL, 3]"]),
        Sample(type: "VARCHAR[][]", values: ["[[], NULL, ['', 'thirteen byte']]"]),
        Sample(type: "INTEGER[3]", values: ["[1, NULL, 3]"], isExactInParquet: false),
        Sample(type: "STRUCT(a INTEGER, \"b c\" VARCHAR)", values: ["{'a': NULL, 'b c': 'thirteen byte'}"]),
        Sample(type: "MAP(VARCHAR, DECIMAL(38,2))", values: ["{}", "{a=1.50, b=NULL}"]),
        Sample(
            type: "STRUCT(k VARCHAR, m MAP(INTEGER, DOUBLE[]))[]",
            values: ["[{'k': x, 'm': {1=[0.5, NULL], 2=NULL}}, NULL, {'k': NULL, 'm': NULL}]"]),
        Sample(type: "UNION(n INTEGER, t VARCHAR)", values: ["7", "word"], isExactInParquet: false),
    ]

    /// A row for each value, then rows of NULL and values in turn across two borders of chunks.
    private func rows(of sample: Sample, _ connection: Connection) throws -> [Value] {
        let values = try sample.values.map { text in
            let literal =
                "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
                + "'"
            return try connection.query("SELECT CAST(\(literal) AS \(sample.type))").rows[0][0]
        }
        #expect(!values.contains(.null))
        return values + (0..<4200).map { $0 % 3 == 1 ? .null : values[$0 % values.count] }
    }

    private func read(_ sql: String, _ connection: Connection) throws -> [Value] {
        var values: [Value] = []
        try connection.forEachChunk(sql) { chunk in
            for row in 0..<chunk.count { values.append(chunk.value(row: row, column: 0)) }
        }
        return values
    }

    @Test(arguments: samples)
    func `survives the appender, binding and Parquet`(sample: Sample) throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        try connection.execute("SET TimeZone = 'UTC'")
        let rows = try rows(of: sample, connection)

        try connection.execute("CREATE TABLE t (x \(sample.type), after INTEGER)")
        let appender = try Appender(connection, table: "t")
        for (index, value) in rows.enumerated() { try appender.append(row: [value, .int64(Int64(index))]) }
        try appender.close()
        #expect(try read("SELECT x FROM t", connection) == rows)
        #expect(
            try connection.query("SELECT sum(after) FROM t").rows[0][0].integer
                == Int64(rows.count * (rows.count - 1) / 2))

        let statement = try connection.prepare("SELECT CAST($1 AS \(sample.type)) AS x")
        for value in rows.prefix(8) {
            try statement.bind(value, at: 1)
            #expect(try statement.query().rows == [[value]])
        }

        if sample.isExactInParquet {
            let folder = try TemporaryFolder()
            try connection.execute("COPY t TO '\(folder.path)/t.parquet'")
            let stored = try read(
                "SELECT CAST(x AS \(sample.type)) FROM '\(folder.path)/t.parquet'", connection)
            #expect(stored == rows)
        }
    }

    @Test(arguments: samples)
    func `has a type that is the same in SQL`(sample: Sample) throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        let result = try connection.query("SELECT NULL::\(sample.type) AS x, typeof(x)")
        #expect(result.columns[0].type.description == result.rows[0][1].text)
    }

    @Test func `of a table function's argument comes as it was given`() throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        try connection.execute("SET TimeZone = 'UTC'")
        for sample in Self.samples
        where !["BIT", "BIGNUM", "UNION(n INTEGER, t VARCHAR)", "INTEGER[3]"].contains(sample.type) {
            let value = try rows(of: sample, connection)[0]
            let type = try connection.query("SELECT NULL::\(sample.type)").columns[0].type
            let name = "echo_\(abs(sample.type.hashValue))"
            try connection.register(Echo(name: name, parameters: [type]))
            #expect(
                try connection.query("SELECT * FROM \(name)(CAST($1 AS \(sample.type)))", [value]).rows == [
                    [.text(value.description)]
                ])
        }
    }
}

/// One row: how its argument is written.
private struct Echo: TableFunction {
    let name: String
    let parameters: [LogicalType]

    func bind(_ arguments: BindArguments) throws -> TableBinding<String> {
        TableBinding(
            columns: [ResultColumn(name: "x", type: .varchar)], bound: arguments.positional[0].description)
    }
    func start(_ bound: String, columns: [Int]) throws -> TableScan<Bool> { TableScan(true) }
    func makeLocal(_ bound: String, scan: Bool) throws -> Bool { false }
    func produce(_ bound: String, scan: Bool, local isDone: inout Bool, into chunk: inout OutputChunk) throws
    {
        guard !isDone else { return }
        try chunk.setValue(.text(bound), row: 0, column: 0)
        chunk.count = 1
        isDone = true
    }
}
