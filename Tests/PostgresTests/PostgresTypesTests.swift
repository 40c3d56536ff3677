import Postgres
import TarnTesting
import Testing

@Suite struct `A binary value of PostgreSQL` {
    @Test func `is read whole, at both ends of its type`() async throws {
        try await onDatabase { c throws in
            #expect(
                try values(of: "VALUES (true), (false), (NULL)", on: c, PostgresBinary.bool) == [
                    true, false, nil,
                ])
            #expect(
                try values(of: "VALUES ((-32768)::int2), (32767::int2)", on: c, PostgresBinary.int16)
                    == [.min, .max])
            #expect(
                try values(of: "VALUES ((-2147483648)::int4), (2147483647)", on: c, PostgresBinary.int32)
                    == [.min, .max])
            #expect(
                try values(
                    of: "VALUES ((-9223372036854775808)::int8), (9223372036854775807)", on: c,
                    PostgresBinary.int64) == [.min, .max])
            #expect(
                try values(of: "VALUES (4294967295::oid), (0::oid)", on: c, PostgresBinary.uint32) == [
                    .max, 0,
                ])
            #expect(
                try values(
                    of: "VALUES (3.4028235e38::float4), (1e-45::float4), ('-0'::float4), ('Infinity'), (0.1)",
                    on: c, PostgresBinary.float)
                    == [.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, .infinity, 0.1])
            #expect(
                try values(
                    of: "VALUES (1.7976931348623157e308::float8), (5e-324), ('-Infinity'), (0.1)", on: c,
                    PostgresBinary.double)
                    == [.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.infinity, 0.1])
            let nan = try values(of: "SELECT 'NaN'::float8", on: c, PostgresBinary.double)
            #expect(nan[0]??.isNaN == true)
        }
    }

    @Test func `that is text arrives as it is`() async throws {
        try await onDatabase { c throws in
            try c.execute("CREATE TYPE mood AS ENUM ('so lala', 'gut 👍')")
            #expect(
                try values(
                    of: "VALUES ('a''b\\ 日本'::text), (''::text)", on: c, text) == ["a'b\\ 日本", ""])
            #expect(try values(of: "SELECT 'ab'::char(5)", on: c, text) == ["ab   "])
            #expect(try values(of: "SELECT 'gut 👍'::mood", on: c, text) == ["gut 👍"])
            #expect(try values(of: "SELECT 'pg_class'::name", on: c, text) == ["pg_class"])
            let json = #"{"b": 1.10,  "a": [12345678901234567890], "b": 2}"#
            #expect(try values(of: "SELECT '\(json)'::json", on: c, text) == [json])
            #expect(
                try values(of: "SELECT '\(json)'::jsonb", on: c) { PostgresBinary.jsonb($0).map(text) }
                    == [#"{"a": [12345678901234567890], "b": 2}"#])
        }
    }

    @Test func `of an unchecked encoding is told byte by byte`() async throws {
        try await onDatabase { c throws in
            try c.execute(
                "CREATE DATABASE ascii_\(c.backendID) ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
            var settings = c.settings
            settings.database = "ascii_\(c.backendID)"
            do {
                let other = try PostgresConnection(settings)
                #expect(
                    try values(of: "SELECT E'a\\xE9b'::text", on: other, Array.init) == [[0x61, 0xE9, 0x62]])
            }
            try c.execute("DROP DATABASE ascii_\(c.backendID) WITH (FORCE)")
        }
    }

    @Test func `that is a uuid, bytes or bits keeps every bit`() async throws {
        try await onDatabase { c throws in
            let uuid = "00112233-4455-6677-8899-aabbccddeeff"
            #expect(
                try values(of: "SELECT '\(uuid)'::uuid", on: c, PostgresBinary.uuid)
                    == [0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF])
            #expect(
                try values(of: "SELECT '\(uuid)'::uuid", on: c) { field in
                    var text: [UInt8] = [1]
                    return PostgresBinary.uuid(field, into: &text) ? text : []
                } == [Array(uuid.utf8)])
            #expect(try values(of: "SELECT '\\x00ff10'::bytea", on: c, Array.init) == [[0, 0xFF, 0x10]])
            for bits in ["", "1", "0101", "10101010", "110011001", String(repeating: "10", count: 100)] {
                let read = try values(of: "SELECT '\(bits)'::varbit", on: c) { field in
                    var text: [UInt8] = [1]
                    return PostgresBinary.bits(field, into: &text)
                        ? String(decoding: text, as: UTF8.self) : nil
                }
                #expect(read == [bits])
            }
        }
    }

    @Test func `that is a date counts days from 1970, before Christ too`() async throws {
        try await onDatabase { c throws in
            let dates = [
                "4713-01-01 BC", "0001-12-31 BC", "0001-01-01", "1582-10-15", "1969-12-31", "1970-01-01",
                "2000-02-29", "9999-12-31", "5874897-12-31",
            ]
            for date in dates {
                let days = try values(of: "SELECT '\(date)'::date", on: c, PostgresBinary.date)[0]
                let expected = try c.query("SELECT '\(date)'::date - '1970-01-01'::date").rows[0][0]
                #expect(days == expected.flatMap { Int32($0) }.map(PostgresTemporal.value), "\(date)")
            }
            #expect(
                try values(of: "VALUES ('infinity'::date), ('-infinity')", on: c, PostgresBinary.date)
                    == [.infinity, .negativeInfinity])
        }
    }

    @Test func `that is a timestamp counts microseconds from 1970, of an instant in UTC`() async throws {
        try await onDatabase { c throws in
            func read(_ text: String, _ type: String) throws -> PostgresTemporal<Int64>? {
                try values(of: "SELECT '\(text)'::\(type)", on: c, PostgresBinary.timestamp)[0]
            }
            #expect(try read("1970-01-01 00:00:00.000001", "timestamp") == .value(1))
            #expect(try read("1969-12-31 23:59:59.999999", "timestamp") == .value(-1))
            #expect(try read("2026-03-29 02:30:00+02", "timestamptz") == .value(1_774_744_200_000_000))
            #expect(try read("2026-03-29 00:30:00", "timestamp") == .value(1_774_744_200_000_000))
            #expect(try read("4713-01-01 00:00:00 BC", "timestamp") == .value(-210_863_520_000_000_000))
            #expect(try read("294247-01-10 04:00:54.775806", "timestamp") == .value(.max - 1))
            #expect(try read("294247-01-10 04:00:54.775807", "timestamp") == .outOfRange)
            #expect(try read("294276-12-31 23:59:59.999999", "timestamp") == .outOfRange)
            #expect(try read("infinity", "timestamp") == .infinity)
            #expect(try read("-infinity", "timestamptz") == .negativeInfinity)
        }
    }

    @Test func `that is a time of day reaches to its end`() async throws {
        try await onDatabase { c throws in
            #expect(
                try values(
                    of: "VALUES ('00:00'::time), ('23:59:59.999999'), ('24:00:00')", on: c,
                    PostgresBinary.time)
                    == [0, 86_399_999_999, 86_400_000_000])
            let zoned = ["13:14:15.120000+02", "00:00:00-15:59", "24:00:00+00", "01:02:03+05:30:15"]
            for given in zoned {
                let expected = try c.query("SELECT '\(given)'::timetz").rows[0][0]
                let read = try values(of: "SELECT '\(given)'::timetz", on: c) { field in
                    var text: [UInt8] = []
                    return PostgresBinary.zonedTime(field, into: &text)
                        ? String(decoding: text, as: UTF8.self) : nil
                }
                #expect(read == [expected])
            }
        }
    }

    @Test(arguments: [
        "0", "1 year 2 months 3 days 04:05:06.789", "-1 year -2 months +3 days -04:05:06.000001", "25 hours",
        "-0.5 seconds", "-1 day +00:00:00.1", "178000000 years", "1 month -1 day", "59.999999 seconds",
        "-2562047788 hours -54.775807 seconds", "13 months", "-13 months", "1 microsecond",
    ])
    func `that is an interval is printed as the server prints it`(interval: String) async throws {
        try await onDatabase { c throws in
            let read = try values(of: "SELECT '\(interval)'::interval", on: c) { field in
                var text: [UInt8] = []
                return PostgresBinary.interval(field, into: &text)
                    ? String(decoding: text, as: UTF8.self) : nil
            }
            #expect(read == [try c.query("SELECT '\(interval)'::interval").rows[0][0]])
        }
    }

    @Test func `that is cut or too long is refused`() {
        for field in ["", "00", "000000", "0000000000", "00000000000000000000"] {
            withField(field) { field in
                #expect(PostgresBinary.int32(field) == nil && PostgresBinary.int64(field) == nil)
                #expect(PostgresBinary.date(field) == .malformed)
                #expect(PostgresBinary.timestamp(field) == .malformed)
                #expect(PostgresBinary.uuid(field) == nil && PostgresBinary.zonedTime(field) == nil)
                #expect(PostgresBinary.time(field) == nil)
                var text: [UInt8] = [1]
                #expect(!PostgresBinary.interval(field, into: &text) && text.isEmpty)
            }
        }
        withField("02") { #expect(PostgresBinary.bool($0) == nil && PostgresBinary.jsonb($0) == nil) }
        // More bits than bytes, and a negative number of them.
        for field in ["00000009 ff", "ffffffff", "00000000 00"] {
            var text: [UInt8] = [1]
            #expect(!withField(field) { PostgresBinary.bits($0, into: &text) } && text.isEmpty)
        }
        withField("ffffffffffffffff") { #expect(PostgresBinary.time($0) == nil) }
    }
}

@Suite struct `A numeric of PostgreSQL` {
    private static let samples = [
        "0", "0.00", "1", "-1", "10000", "9999", "0.0001", "0.00001", "12.34", "-12.3400", "100000000",
        "99999999999999999999999999999999999999", "-99999999999999999999999999999999999999",
        "0.00000000000000000000000000000000000001", "123456789012345678.12345678901234567890",
        "1234567890123456.7891", "1e37", "1e-20", "1e38", "1e100", "1e-100", "1e-1000",
        "12345678901234567890e20",
        "0.10203040506070809", "10.0000000001", "5000000000000", "4.4e30", "0.99999",
        "3.14159265358979323846",
    ]

    @Test func `is an exact number of units, or out of range`() async throws {
        try await onDatabase { c throws in
            for (precision, scale) in [(38, 0), (38, 38), (38, 10), (18, 2), (9, 4), (4, 0), (1, 1), (1, 0)] {
                for sample in Self.samples {
                    let read = try values(of: "SELECT \(sample)::numeric", on: c) {
                        PostgresBinary.numeric($0, precision: precision, scale: scale)
                    }[0]
                    let units = "(\(sample)::numeric * 1e\(scale)::numeric)"
                    let row = try c.query(
                        """
                        SELECT trim_scale(\(units))::text, \(units) = trunc(\(units)) \
                        AND abs(\(units)) < 1e\(precision)::numeric
                        """
                    ).rows[0]
                    let expected: PostgresNumeric? =
                        row[1] == "t" ? row[0].flatMap { Int128($0) }.map { .value($0) } : .outOfRange
                    #expect(read == expected, "\(sample) as \(precision), \(scale)")
                }
            }
        }
    }

    @Test func `agrees with the server on 20,000 random values`() async throws {
        try await onDatabase { c throws in
            let stream = try c.copy(
                """
                SELECT v, trunc(v * 1000000)::text, v = trunc(v, 6), v::text FROM (
                    SELECT round((random() - 0.5)::numeric * (10 ^ (random() * 30))::numeric,
                        (random() * 8)::int) AS v FROM generate_series(1, 20000)) AS t
                """)
            var (rows, text) = (0, [UInt8]())
            while try stream.next() {
                guard let field = stream.field(0), let units = stream.field(1), let exact = stream.field(2),
                    let printed = stream.field(3)
                else { break }
                let read = PostgresBinary.numeric(field, precision: 38, scale: 6)
                let expected = Int128(String(decoding: units, as: UTF8.self)).map {
                    PostgresNumeric.value($0)
                }
                #expect(read == (exact[0] == 1 ? expected : .outOfRange))
                #expect(PostgresBinary.numeric(field, into: &text) && text.elementsEqual(printed))
                rows += 1
            }
            #expect(rows == 20_000)
        }
    }

    @Test func `is printed with every digit, as the server prints it`() async throws {
        try await onDatabase { c throws in
            let long =
                "\(String(repeating: "1234567890", count: 1000)).\(String(repeating: "10", count: 8000))"
            for sample in Self.samples + [long, "'NaN'", "'Infinity'", "'-Infinity'", "1e131071"] {
                let read = try values(of: "SELECT \(sample)::numeric", on: c) { field in
                    var text: [UInt8] = []
                    return PostgresBinary.numeric(field, into: &text)
                        ? String(decoding: text, as: UTF8.self) : nil
                }
                #expect(read == [try c.query("SELECT \(sample)::numeric").rows[0][0]])
            }
        }
    }

    @Test func `that is no number says which`() async throws {
        try await onDatabase { c throws in
            #expect(
                try values(of: "VALUES ('NaN'::numeric), ('Infinity'), ('-Infinity')", on: c) {
                    PostgresBinary.numeric($0, precision: 10, scale: 2)
                } == [.nan, .infinity, .negativeInfinity])
        }
    }

    @Test func `with impossible digits, a wrong length or sign is refused`() {
        func read(_ field: String) -> PostgresNumeric {
            withField(field) { PostgresBinary.numeric($0, precision: 38, scale: 2) }
        }
        #expect(read("") == .malformed && read("0001 0000 0000") == .malformed)
        #expect(read("0002 0000 0000 0000 0001") == .malformed)
        #expect(read("0001 0000 1234 0000 0001") == .malformed)
        #expect(read("0001 0000 0000 0000 2710") == .outOfRange)
        #expect(read("0001 7fff 0000 0000 0001") == .outOfRange)
        #expect(read("0001 8000 0000 0000 0001") == .outOfRange)
        #expect(read("0000 7fff 0000 0000") == .value(0))
        var text: [UInt8] = []
        let isRead = withField("0001 0000 0000 0000 2710") { PostgresBinary.numeric($0, into: &text) }
        #expect(!isRead)
    }
}
