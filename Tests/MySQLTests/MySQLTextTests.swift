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

    // The quick parsers answer for what servers print; about anything else they leave the answer to the
    // others, with which they never disagree.

    @Test func `read dates quickly as they do thoroughly`() {
        for _ in 0..<20_000 {
            let (year, month, day) = (
                Int.random(in: 0...9_999), Int.random(in: 0...13), Int.random(in: 0...32)
            )
            let text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            let time =
                "\(padded(.random(in: 0...24), 2)):\(padded(.random(in: 0...60), 2)):\(padded(.random(in: 0...60), 2))"
            let places = Int.random(in: 0...6)
            let fraction = places == 0 ? "" : "." + padded(.random(in: 0..<powers[places]), places)
            agree(mutated(text))
            agree(mutated("\(text) \(time)\(fraction)"))
        }
        for day in -719_162...2_932_896 where day % 397 == 0 {
            let slow = withBytes(dateText(of: day)) { MySQLText.date($0) }
            #expect(slow == .value(Int32(day)))
            agree(dateText(of: day))
        }
    }

    /// Each quick parser says what the thorough one says, or nothing; of a plain value it says something.
    private func agree(_ text: String) {
        withBytes(text) { bytes in
            let (date, quickDate) = (MySQLText.date(bytes), MySQLText.plainDate(bytes))
            if let quickDate { #expect(date == .value(quickDate), "\(text)") }
            if case .value = date { #expect(quickDate != nil, "\(text)") }
            let (moment, quickMoment) = (MySQLText.dateTime(bytes), MySQLText.plainDateTime(bytes))
            if let quickMoment { #expect(moment == .value(quickMoment), "\(text)") }
            if case .value = moment { #expect(quickMoment != nil, "\(text)") }
        }
    }

    @Test func `read decimals quickly as they do thoroughly`() {
        for _ in 0..<20_000 {
            let precision = Int.random(in: 1...18)
            let scale = Int.random(in: 0...precision)
            let whole = String(Int64.random(in: 0..<Int64(powers[Int.random(in: 0...17)])))
            let places = Bool.random() ? scale : Int.random(in: 0...18)
            let fraction = places == 0 ? "" : "." + padded(.random(in: 0..<powers[min(places, 17)]), places)
            let text = mutated((Bool.random() ? "-" : "") + whole + fraction)
            withBytes(text) { bytes in
                let thorough = MySQLText.decimal(bytes, precision: precision, scale: scale)
                let quick = MySQLText.shortDecimal(bytes, scale: scale, bound: UInt64(powers[precision]))
                if let quick { #expect(thorough == Int128(quick), "\(text) \(precision) \(scale)") }
            }
        }
        let plain = ["0.0000", "-0.0001", "99999999999999.9999", "-99999999999999.9999", "5.0000"]
        for text in plain {
            #expect(
                withBytes(text) { MySQLText.shortDecimal($0, scale: 4, bound: UInt64(powers[18])) } != nil)
        }
        for text in [
            "", "-", ".", "1", "1.", ".0001", "1.00000", "100000000000000.0000", "+1.0000", "1e1.0000",
        ] {
            let quick = withBytes(text) { MySQLText.shortDecimal($0, scale: 4, bound: UInt64(powers[18])) }
            #expect(quick == nil, "\(text)")
        }
    }

    @Test func `read integers of every length, and see every byte that is no digit`() {
        for count in 1...20 {
            for _ in 0..<200 {
                let text = String((0..<count).map { _ in Character(String(Int.random(in: 0...9))) })
                #expect(withBytes(text) { MySQLText.uint64($0) } == UInt64(text), "\(text)")
                #expect(withBytes("-" + text) { MySQLText.int64($0) } == Int64("-" + text), "\(text)")
            }
            for place in 0..<count {
                for wrong in UInt8.min...UInt8.max where !(0x30...0x39).contains(wrong) {
                    var bytes = [UInt8](repeating: 0x39, count: count)
                    bytes[place] = wrong
                    #expect(bytes.withUnsafeBytes { MySQLText.uint64($0) } == nil)
                }
            }
        }
    }

    private let powers: [Int] = (0...18).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

    private func padded(_ number: Int, _ count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// The text, with a byte changed in one of eight.
    private func mutated(_ text: String) -> String {
        guard Int.random(in: 0..<8) == 0, !text.isEmpty else { return text }
        var bytes = Array(text.utf8)
        bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0x20...0x7E)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Counted from the other end than the parsers do: whole years of 365 or 366 days, then months.
    private func dateText(of day: Int) -> String {
        let days = day + 719_162
        var year = days / 366 + 1
        func start(_ year: Int) -> Int {
            let before = year - 1
            return before * 365 + before / 4 - before / 100 + before / 400
        }
        while start(year + 1) <= days { year += 1 }
        let isLeap = start(year + 1) - start(year) == 366
        var (rest, month) = (days - start(year), 1)
        for length in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            if rest < length { break }
            rest -= length
            month += 1
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(rest + 1, 2))"
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
