import MySQL
import Testing

@Suite struct `The text protocol's parsers` {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("0000000042", 42), ("-128", -128), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min), ("-9223372036854775807", Int64.min + 1),
    ])
    func `read every 64-bit integer`(text: String, value: Int64) {
        #expect(withBytes(text) { MySQLText.int64($0) } == value)
    }

    @Test(arguments: [
        "", "-", "+1", " 1", "1 ", "1.0", "9223372036854775808", "-9223372036854775809",
        "18446744073709551616", "99999999999999999999999", "12a", "--1",
    ])
    func `refuse what is no 64-bit integer`(text: String) {
        #expect(withBytes(text) { MySQLText.int64($0) } == nil)
    }

    @Test func `read unsigned integers to the last one`() {
        #expect(withBytes("18446744073709551615") { MySQLText.uint64($0) } == .max)
        #expect(withBytes("00000000000000000000018446744073709551615") { MySQLText.uint64($0) } == .max)
        #expect(withBytes("18446744073709551616") { MySQLText.uint64($0) } == nil)
        #expect(withBytes("-1") { MySQLText.uint64($0) } == nil)
    }

    @Test(arguments: [
        ("123.45", 18, 4, 1_234_500 as Int128?), ("-0.0001", 18, 4, -1), ("-.5", 18, 4, -5000),
        ("0", 1, 0, 0),
        ("1.23000", 18, 2, 123), ("1.239", 18, 2, nil), ("10", 1, 0, nil), ("9", 1, 0, 9), ("1", 1, 1, nil),
        ("0.9", 1, 1, 9), ("000.90", 1, 1, 9), ("0", 38, 38, 0), ("", 5, 2, nil), (".", 5, 2, nil),
        ("1e3", 5, 2, nil), ("1.2.3", 5, 2, nil), ("12a", 5, 2, nil), ("123456", 5, 0, nil),
        (
            "-99999999999999999999999999999999999999", 38, 0,
            -99_999_999_999_999_999_999_999_999_999_999_999_999
        ),
        (
            "99999999999999999999999999999999999999.0", 38, 0,
            99_999_999_999_999_999_999_999_999_999_999_999_999
        ),
        ("100000000000000000000000000000000000000", 38, 0, nil), ("999999999", 10, 2, nil),
    ])
    func `read a decimal that fits, and only that`(text: String, precision: Int, scale: Int, value: Int128?) {
        #expect(withBytes(text) { MySQLText.decimal($0, precision: precision, scale: scale) } == value)
    }

    @Test func `read exactly the double that the standard library reads`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(withBytes("\(value)") { MySQLText.double($0) } == value)
            let short = Double(Int64.random(in: -1 << 53...1 << 53)) / 1000
            #expect(withBytes("\(short)") { MySQLText.double($0) } == short)
            let single = Float(bitPattern: UInt32.random(in: 0...UInt32.max))
            if single.isFinite { #expect(withBytes("\(single)") { MySQLText.float($0) } == single) }
        }
        for text in [
            "1.7976931348623157e308", "2.2250738585072014e-308", "4.9e-324", "-0", "0.1", "1e22",
            "123456789012345678",
        ] {
            #expect(withBytes(text) { MySQLText.double($0) } == Double(text), "\(text)")
        }
        #expect(withBytes("-0") { MySQLText.double($0)?.sign } == .minus)
    }

    @Test(arguments: ["", "-", ".", "nan", "inf", "0x10", " 1", "1 ", "1e999", "1e", "1.2.3", "1,5"])
    func `refuse what is no finite number`(text: String) {
        #expect(withBytes(text) { MySQLText.double($0) } == nil)
        #expect(withBytes(text) { MySQLText.float($0) } == nil)
    }

    @Test(arguments: [
        ("1970-01-01", MySQLTemporal<Int32>.value(0)), ("1969-12-31", .value(-1)),
        ("2000-02-29", .value(11_016)),
        ("0001-01-01", .value(-719_162)), ("9999-12-31", .value(2_932_896)), ("1000-01-01", .value(-354_285)),
        ("0000-00-00", .zero), ("2024-00-00", .partial), ("2024-05-00", .partial), ("0000-05-01", .partial),
        ("2024-00-15", .partial), ("2023-02-29", .outOfRange), ("1900-02-29", .outOfRange),
        ("2024-04-31", .outOfRange), ("2024-13-01", .malformed), ("2024-01-32", .malformed),
        ("2024-1-01", .malformed), ("2024/01/01", .malformed), ("", .malformed), ("20x4-01-01", .malformed),
    ])
    func `read a date, or say what is wrong with it`(text: String, date: MySQLTemporal<Int32>) {
        #expect(withBytes(text) { MySQLText.date($0) } == date)
    }

    @Test(arguments: [
        ("1970-01-01 00:00:00", MySQLTemporal<Int64>.value(0)), ("1970-01-01 00:00:00.000001", .value(1)),
        ("1969-12-31 23:59:59.999999", .value(-1)), ("2024-03-01 12:30:45.5", .value(1_709_296_245_500_000)),
        ("9999-12-31 23:59:59.999999", .value(253_402_300_799_999_999)), ("0000-00-00 00:00:00", .zero),
        ("0000-00-00 00:00:00.000000", .zero), ("0000-00-00 00:00:01", .partial),
        ("2024-00-00 10:00:00", .partial), ("2024-02-30 10:00:00", .outOfRange), ("2024-02-03", .malformed),
        ("2024-02-03T10:00:00", .malformed), ("2024-02-03 24:00:00", .outOfRange),
        ("2024-02-03 10:60:00", .malformed), ("2024-02-03 10:00:00.", .malformed),
        ("2024-02-03 10:00:00.1234567", .malformed), ("2024-02-03 10:00", .malformed),
    ])
    func `read a date with a time`(text: String, moment: MySQLTemporal<Int64>) {
        #expect(withBytes(text) { MySQLText.dateTime($0) } == moment)
    }

    @Test(arguments: [
        ("00:00:00", MySQLTemporal<Int64>.value(0)), ("-00:00:00.000001", .value(-1)),
        ("838:59:59.999999", .value(3_020_399_999_999)), ("-838:59:59.999999", .value(-3_020_399_999_999)),
        ("12:00:00.25", .value(43_200_250_000)), ("839:00:00", .outOfRange), ("1:00:00", .malformed),
        ("12:00", .malformed), ("", .malformed), ("-", .malformed), ("100:00:0", .malformed),
        ("12:61:00", .malformed), ("1000:00:00", .malformed),
    ])
    func `read a span of time`(text: String, span: MySQLTemporal<Int64>) {
        #expect(withBytes(text) { MySQLText.time($0) } == span)
    }

    @Test func `read bits and years`() {
        #expect([UInt8](repeating: 0xFF, count: 8).withUnsafeBytes { MySQLText.bits($0) } == .max)
        #expect([UInt8]([0x01, 0x02]).withUnsafeBytes { MySQLText.bits($0) } == 0x0102)
        #expect([UInt8](repeating: 0, count: 9).withUnsafeBytes { MySQLText.bits($0) } == nil)
        #expect(withBytes("") { MySQLText.bits($0) } == nil)
        #expect(withBytes("2155") { MySQLText.year($0) } == 2155)
        #expect(withBytes("0000") { MySQLText.year($0) } == 0)
        #expect(withBytes("1900") { MySQLText.year($0) } == nil)
    }
}
