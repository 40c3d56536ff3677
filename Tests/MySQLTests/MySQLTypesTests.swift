import MySQL
import Testing

@Suite struct `Every column type of the server` {
    /// Stores `literals` in one column each and lends the single row that comes back.
    private func roundTrip<T: Sendable>(
        _ columns: [(declaration: String, literal: String)],
        _ check: @escaping @Sendable (RowStream) throws -> T
    ) async throws -> T {
        try await onDatabase { connection in
            let declarations = columns.enumerated().map { "c\($0) \($1.declaration)" }
            try connection.execute("CREATE TABLE t (\(declarations.joined(separator: ",")))")
            try connection.execute("INSERT INTO t VALUES (\(columns.map(\.literal).joined(separator: ",")))")
            let stream = try connection.stream("SELECT * FROM t")
            #expect(try stream.next())
            let value = try check(stream)
            #expect(try !stream.next())
            return value
        }
    }

    @Test func `keeps its integers at both ends`() async throws {
        let cases: [(String, String, MySQLColumn.WireType)] = [
            ("TINYINT", "-128", .tiny), ("TINYINT UNSIGNED", "255", .tiny), ("SMALLINT", "-32768", .short),
            ("MEDIUMINT UNSIGNED", "16777215", .int24), ("INT", "-2147483648", .long),
            ("INT UNSIGNED", "4294967295", .long), ("BIGINT", "-9223372036854775808", .longLong),
            ("INT(10) ZEROFILL", "42", .long),
        ]
        try await roundTrip(cases.map { ($0.0, $0.1) } + [("BIGINT UNSIGNED", "18446744073709551615")]) {
            stream in
            for (index, (declaration, literal, type)) in cases.enumerated() {
                #expect(stream.field(index).flatMap { MySQLText.int64($0) } == Int64(literal))
                #expect(stream.columns[index].type == type)
                let isUnsigned = declaration.contains("UNSIGNED") || declaration.contains("ZEROFILL")
                #expect(stream.columns[index].flags.contains(.unsigned) == isUnsigned)
            }
            #expect(stream.columns[7].flags.contains(.zerofill))
            #expect(stream.field(8).flatMap { MySQLText.uint64($0) } == .max)
        }
    }

    @Test func `keeps its decimals, the longest as text`() async throws {
        let nines = String(repeating: "9", count: 35) + "." + String(repeating: "9", count: 30)
        try await roundTrip([
            ("DECIMAL(65,30)", "-\(nines)"), ("DECIMAL(38,10)", "9999999999999999999999999999.9999999999"),
            ("DECIMAL(18,4)", "-12345678901234.5678"), ("DECIMAL(5,0)", "0"),
        ]) { stream in
            #expect(stream.field(0).map { String(decoding: $0, as: UTF8.self) } == "-\(nines)")
            #expect(stream.field(0).flatMap { MySQLText.decimal($0, precision: 38, scale: 10) } == nil)
            #expect(
                stream.field(1).flatMap { MySQLText.decimal($0, precision: 38, scale: 10) }
                    == 99_999_999_999_999_999_999_999_999_999_999_999_999)
            #expect(
                stream.field(2).flatMap { MySQLText.decimal($0, precision: 18, scale: 4) }
                    == -123_456_789_012_345_678)
            #expect(stream.columns[2].type == .decimal && stream.columns[2].decimals == 4)
            #expect(stream.field(3).flatMap { MySQLText.decimal($0, precision: 5, scale: 0) } == 0)
        }
    }

    @Test func `keeps doubles exactly, and floats when they are selected exactly`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (id INT PRIMARY KEY, d DOUBLE, f FLOAT)")
            let doubles = [
                0.1, -0.0, 1.7976931348623157e308, 2.2250738585072014e-308, 1.0 / 3, 123456789.123456789,
            ]
            let floats: [Float] = [16_777_215, 0.1, 3.4028235e38, 1.1754944e-38, -1 / 3, 123_456.79]
            for (index, (double, float)) in zip(doubles, floats).enumerated() {
                // Only with an exponent is a literal a double and not a decimal.
                let literals = [double, Double(float)].map { "\($0)".contains("e") ? "\($0)" : "\($0)e0" }
                try connection.execute("INSERT INTO t VALUES (\(index), \(literals[0]), \(literals[1]))")
            }
            let database = connection.settings.database ?? ""
            let items = try connection.columns(of: "t", in: database).map(\.exactSelection)
            let stream = try connection.stream("SELECT \(items.joined(separator: ",")) FROM t ORDER BY id")
            #expect(stream.columns.map(\.name) == ["id", "d", "f"])
            for (double, float) in zip(doubles, floats) {
                #expect(try stream.next())
                #expect(stream.field(1).flatMap { MySQLText.double($0) } == double)
                #expect(stream.field(2).flatMap { MySQLText.float($0) } == float)
            }
        }
    }

    @Test func `keeps dates and times, also those that no calendar has`() async throws {
        try await roundTrip([
            ("DATE", "'9999-12-31'"), ("DATE", "'0000-00-00'"), ("DATE", "'2024-00-00'"),
            ("DATETIME(6)", "'1000-01-01 00:00:00.000001'"), ("DATETIME", "'0000-00-00'"),
            ("TIMESTAMP(3) NULL", "'2038-01-19 03:14:07.999'"), ("TIME(6)", "'-838:59:59.999999'"),
            ("TIME", "'838:59:59'"), ("YEAR", "2155"), ("YEAR", "0"),
        ]) { stream in
            #expect(stream.field(0).map { MySQLText.date($0) } == .value(2_932_896))
            #expect(stream.field(1).map { MySQLText.date($0) } == .zero)
            #expect(stream.field(2).map { MySQLText.date($0) } == .partial)
            #expect(stream.field(3).map { MySQLText.dateTime($0) } == .value(-30_610_223_999_999_999))
            #expect(stream.field(4).map { MySQLText.dateTime($0) } == .zero)
            #expect(stream.field(5).map { MySQLText.dateTime($0) } == .value(2_147_483_647_999_000))
            #expect(stream.field(6).map { MySQLText.time($0) } == .value(-3_020_399_999_999))
            #expect(stream.field(7).map { MySQLText.time($0) } == .value(3_020_399_000_000))
            #expect(stream.field(8).flatMap { MySQLText.year($0) } == 2155)
            #expect(stream.field(9).flatMap { MySQLText.year($0) } == 0)
            #expect(
                stream.columns.map(\.type) == [
                    .date, .date, .date, .dateTime, .dateTime, .timestamp, .time, .time, .year, .year,
                ])
            #expect(stream.columns[3].decimals == 6)
        }
    }

    @Test func `tells a timestamp in UTC, whatever zone its writer had`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (at TIMESTAMP)")
            try connection.execute("SET time_zone = '-05:00'")
            try connection.execute("INSERT INTO t VALUES ('2024-01-01 19:00:00')")
            try connection.execute("SET time_zone = '+00:00'")
            #expect(try connection.query("SELECT at FROM t").rows == [["2024-01-02 00:00:00"]])
            #expect(try MySQLConnection(connection.settings).query("SELECT @@time_zone").rows == [["+00:00"]])
        }
    }

    @Test func `keeps text of every character set and bytes of every value`() async throws {
        let bytes = [UInt8](0...255)
        let hexadecimal = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        try await roundTrip([
            ("VARCHAR(20)", "'日本 👩‍👩‍👧'"), ("VARCHAR(20) CHARACTER SET latin1", "'Zoë ÿ €'"),
            ("LONGTEXT", "'\\0\\n\\t\\\\'"), ("BLOB", "x'\(hexadecimal)'"), ("BINARY(4)", "x'00ff'"),
            ("ENUM('a','b c')", "'b c'"), ("SET('x','y','z')", "'x,z'"),
            ("BIT(64)", "b'\(String(repeating: "1", count: 64))'"),
            ("BIT(10)", "b'1000000001'"), ("JSON", "'{\"a\": [1, null]}'"), ("CHAR(5)", "'ab'"),
            ("VARCHAR(5)", "NULL"), ("VARCHAR(5)", "''"), ("UUID", "'123e4567-e89b-12d3-a456-426655440000'"),
            ("GEOMETRY", "POINT(1, 2)"),
        ]) { stream in
            let texts = stream.columns.indices.map { column in
                stream.field(column).map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(texts[0] == "日本 👩‍👩‍👧")
            #expect(texts[1] == "Zoë ÿ €")
            #expect(texts[2] == "\0\n\t\\")
            #expect(stream.field(3).map { [UInt8]($0) } == bytes)
            #expect(stream.field(4).map { [UInt8]($0) } == [0, 255, 0, 0])
            #expect(texts[5] == "b c" && stream.columns[5].flags.contains(.enumeration))
            #expect(texts[6] == "x,z" && stream.columns[6].flags.contains(.set))
            #expect(stream.field(7).flatMap { MySQLText.bits($0) } == .max)
            #expect(stream.field(8).flatMap { MySQLText.bits($0) } == 513)
            #expect(texts[9] == "{\"a\": [1, null]}" && stream.columns[9].extendedType == "json")
            #expect(texts[10] == "ab")
            #expect(stream.field(11) == nil)
            #expect(texts[12] == "")
            #expect(stream.columns[13].extendedType == "uuid")
            let isBinary = stream.columns.indices.filter { stream.columns[$0].isBinary }
            #expect(isBinary == [3, 4, 7, 8, 14])
        }
    }

    @Test func `is described with its table, whatever it is called in the result`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT)")
            let column = try connection.stream("SELECT id AS `näme` FROM t AS alias").columns[0]
            #expect(column.name == "näme" && column.originalName == "id" && column.originalTable == "t")
            #expect(column.flags.isSuperset(of: [.primaryKey, .notNull, .autoIncrement]))
        }
    }
}
