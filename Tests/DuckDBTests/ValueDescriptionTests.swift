import DuckDB
import Testing

/// DuckDB itself says how each value is written.
@Suite struct `The description of a value` {
    static let expressions: [String] = [
        "true", "false", "(-128)::TINYINT", "127::TINYINT", "(-32768)::SMALLINT", "255::UTINYINT",
        "65535::USMALLINT", "4294967295::UINTEGER", "18446744073709551615::UBIGINT",
        "(-2147483648)::INTEGER", "9223372036854775807::BIGINT", "(-9223372036854775808)::BIGINT",
        "'170141183460469231731687303715884105727'::HUGEINT",
        "'-170141183460469231731687303715884105728'::HUGEINT",
        "'340282366920938463463374607431768211455'::UHUGEINT",
        "0.1::DOUBLE", "1e15::DOUBLE", "9.5e15::DOUBLE", "1e16::DOUBLE", "1.5e16::DOUBLE", "1e17::DOUBLE",
        "1e-4::DOUBLE", "1.25e-4::DOUBLE", "1e-5::DOUBLE", "1e100::DOUBLE", "-1.7976931348623157e308::DOUBLE",
        "5e-324::DOUBLE", "0::DOUBLE", "'-0.0'::DOUBLE", "123456.789::DOUBLE", "'nan'::DOUBLE",
        "'inf'::DOUBLE",
        "'-inf'::DOUBLE", "0.1::FLOAT", "16777216::FLOAT", "33554432::FLOAT", "1e10::FLOAT", "1e16::FLOAT",
        "3.4028235e38::FLOAT", "1e-45::FLOAT", "1e-5::FLOAT", "'nan'::FLOAT",
        "'99999999999999999999999999999999999999'::DECIMAL(38,0)", "-0.05::DECIMAL(4,2)",
        "0.05::DECIMAL(2,2)",
        "'0.99999999999999999999999999999999999999'::DECIMAL(38,38)", "0::DECIMAL(18,3)", "0::DECIMAL(3,3)",
        "'-99999999999999999999.999999999999999999'::DECIMAL(38,18)", "12345.678::DECIMAL(9,3)",
        "''", "'it''s'", "'äöü €'", "'\\x00\\xFFab\"''\\x5C'::BLOB", "''::BLOB", "'1'::BIT",
        "'0101010111'::BIT",
        "'00000000'::BIT", "'123e4567-e89b-12d3-a456-426614174000'::UUID",
        "'00000000-0000-0000-0000-000000000000'::UUID", "'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID",
        "'0'::BIGNUM", "'-123456789012345678901234567890123456789012345678901234567890'::BIGNUM",
        "'10000000000000000'::BIGNUM", "'99999999999999999999999999999999'::BIGNUM", "'-1'::BIGNUM",
        "'1970-01-01'::DATE", "'0001-01-01'::DATE", "'0044-03-15 (BC)'::DATE", "'infinity'::DATE",
        "'-infinity'::DATE", "'5881580-07-10'::DATE", "'5877642-06-25 (BC)'::DATE", "'2024-02-29'::DATE",
        "'12345-12-31'::DATE", "'00:00:00'::TIME", "'23:59:59.999999'::TIME", "'24:00:00'::TIME",
        "'12:34:56.7'::TIME", "'12:34:56+15:59:59'::TIMETZ", "'00:00:00-15:59:59'::TIMETZ",
        "'12:34:56.5+02'::TIMETZ", "'12:34:56+05:30'::TIMETZ", "'1969-12-31 23:59:59'::TIMESTAMP_S",
        "'2024-01-01 00:00:00.123'::TIMESTAMP_MS", "'1969-12-31 23:59:59.999999'::TIMESTAMP",
        "'290309-12-22 (BC) 00:00:00'::TIMESTAMP", "'294247-01-10 04:00:54.775806'::TIMESTAMP",
        "'infinity'::TIMESTAMP", "'-infinity'::TIMESTAMP", "'0044-03-15 (BC) 12:00:00'::TIMESTAMP",
        "'2262-04-11 23:47:16.854775806'::TIMESTAMP_NS", "'1677-09-22 00:12:43.145225'::TIMESTAMP_NS",
        "'2024-01-01 00:00:00.100'::TIMESTAMP_NS", "'infinity'::TIMESTAMP_NS", "'infinity'::TIMESTAMP_S",
        "'-infinity'::TIMESTAMP_MS", "'2024-06-01 12:00:00+02'::TIMESTAMPTZ", "'infinity'::TIMESTAMPTZ",
        "'-infinity'::TIMESTAMPTZ", "'0044-03-15 (BC) 12:00:00+00'::TIMESTAMPTZ",
        "INTERVAL '0 days'", "INTERVAL '1 year 1 month 1 day 1 hour'", "INTERVAL '-14 months -2 days'",
        "INTERVAL '-00:00:01.5'", "INTERVAL '100 hours 0.000001 seconds'", "INTERVAL '13 months'",
        "'b'::ENUM('a', 'b')", "[1, NULL, 3]", "[]::INTEGER[]",
        "['', 'a b', ' a', 'a ', 'null', 'x,y', 'it''s']",
        "['a\\b', 'NULLs', 'a:b', '{', '\"']", "{'a': 1, 'B c': 'x', 'd''e': NULL}", "row(1, 'a')",
        "MAP {'k': 1, 'l': NULL}", "MAP {}", "[[1], NULL, []]", "[1, 2]::INTEGER[2]", "['2024-01-01'::DATE]",
        "['2024-01-01 00:00:00'::TIMESTAMP]", "[{'a': MAP {1: [NULL, 'x=y']}}]", "union_value(a := 1)",
        "[union_value(a := 'x,y')]", "['ab'::BLOB, '\\xFF'::BLOB]", "[0.5::DOUBLE, 1e20]", "NULL::INTEGER",
        "'{\"a\": 1}'::JSON", "'12:34:56.123456789'::TIME_NS", "[INTERVAL '1 hour']",
        "['\u{0B}a', 'a\n']", "['Null', 'nUlL']", "[true, false]",
    ]

    @Test(arguments: expressions)
    func `is what DuckDB's cast to VARCHAR gives`(expression: String) throws {
        let connection = try Database(configuration: ["threads": "1"]).connect()
        try connection.execute("SET TimeZone = 'UTC'")
        let row = try connection.query("SELECT \(expression) AS x, CAST(x AS VARCHAR)").rows[0]
        let written = row[0].description
        #expect(written == row[1].text ?? "NULL")
    }
}
