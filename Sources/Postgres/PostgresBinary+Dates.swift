/// A date or instant of PostgreSQL, which has two values beyond every calendar.
public enum PostgresTemporal<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
    /// `infinity`.
    case infinity
    /// `-infinity`.
    case negativeInfinity
    /// A value that a count of days or microseconds since 1970 cannot hold, or no reader of such counts
    /// knows: timestamps after the year 294246.
    case outOfRange
    case malformed
}

/// A time of day with its own offset from UTC.
public struct PostgresZonedTime: Hashable, Sendable {
    /// Since midnight; midnight at the end of the day is 86,400,000,000.
    public let microseconds: Int64
    /// East of Greenwich is positive, as in ISO 8601.
    public let offsetSeconds: Int32

    public init(microseconds: Int64, offsetSeconds: Int32) {
        self.microseconds = microseconds
        self.offsetSeconds = offsetSeconds
    }
}

extension PostgresBinary {
    /// A date as days since 1970-01-01, from 4713 BC to the year 5874897.
    @inlinable @inline(__always)
    public static func date(_ field: UnsafeRawBufferPointer) -> PostgresTemporal<Int32> {
        guard let days = int32(field) else { return .malformed }
        if days == .max { return .infinity }
        if days == .min { return .negativeInfinity }
        let (since1970, overflows) = days.addingReportingOverflow(daysFrom1970To2000)
        return overflows ? .outOfRange : .value(since1970)
    }

    /// A timestamp, or a timestamptz, as microseconds since 1970-01-01 00:00:00.
    ///
    /// A timestamptz is an instant of UTC; a timestamp is in whatever zone its writer meant.
    @inlinable @inline(__always)
    public static func timestamp(_ field: UnsafeRawBufferPointer) -> PostgresTemporal<Int64> {
        guard let microseconds = int64(field) else { return .malformed }
        if microseconds == .max { return .infinity }
        if microseconds == .min { return .negativeInfinity }
        let (since1970, overflows) = microseconds.addingReportingOverflow(
            Int64(daysFrom1970To2000) * 86_400_000_000)
        // The greatest number means infinity to DuckDB.
        return overflows || since1970 == .max ? .outOfRange : .value(since1970)
    }

    /// A time of day as microseconds since midnight, 0 to 86,400,000,000: `24:00:00` is a value.
    @inlinable @inline(__always)
    public static func time(_ field: UnsafeRawBufferPointer) -> Int64? {
        guard let microseconds = int64(field), microseconds >= 0, microseconds <= 86_400_000_000 else {
            return nil
        }
        return microseconds
    }

    /// A timetz.
    @inlinable
    public static func zonedTime(_ field: UnsafeRawBufferPointer) -> PostgresZonedTime? {
        guard field.count == 12 else { return nil }
        guard let microseconds = time(UnsafeRawBufferPointer(rebasing: field[..<8])) else { return nil }
        // The server counts seconds west of Greenwich.
        let west = Int32(bitPattern: field.bigEndian(8, as: UInt32.self))
        guard west.magnitude < 86_400 else { return nil }
        return PostgresZonedTime(microseconds: microseconds, offsetSeconds: -west)
    }

    @usableFromInline static var daysFrom1970To2000: Int32 { 10_957 }

    /// An interval in ISO 8601, as PostgreSQL prints it: `P1Y2M3DT4H5M6.789S`, `PT0S`.
    /// - Returns: False for bytes that are none; `text` then is empty.
    public static func interval(_ field: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        guard field.count == 16 else { return false }
        let microseconds = Int64(bitPattern: field.bigEndian(0, as: UInt64.self))
        let days = Int32(bitPattern: field.bigEndian(8, as: UInt32.self))
        let months = Int32(bitPattern: field.bigEndian(12, as: UInt32.self))
        switch (microseconds, days, months) {
        case (.max, .max, .max): text += Array("infinity".utf8)
        case (.min, .min, .min): text += Array("-infinity".utf8)
        case (0, 0, 0): text += Array("PT0S".utf8)
        default:
            text.append(UInt8(ascii: "P"))
            append(Int64(months / 12), "Y", to: &text)
            append(Int64(months % 12), "M", to: &text)
            append(Int64(days), "D", to: &text)
            if microseconds != 0 { appendTime(microseconds, to: &text) }
        }
        return true
    }

    /// Every unit has the sign of the whole.
    private static func appendTime(_ microseconds: Int64, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "T"))
        let (minutes, rest) = microseconds.quotientAndRemainder(dividingBy: 60_000_000)
        append(minutes / 60, "H", to: &text)
        append(minutes % 60, "M", to: &text)
        guard rest != 0 else { return }
        if rest < 0 { text.append(UInt8(ascii: "-")) }
        let (seconds, fraction) = rest.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        text += Array(String(seconds).utf8)
        if fraction > 0 {
            var digits = Array(String(1_000_000 + fraction).utf8.dropFirst())
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            text += [UInt8(ascii: ".")] + digits
        }
        text.append(UInt8(ascii: "S"))
    }

    private static func append(_ number: Int64, _ unit: Character, to text: inout [UInt8]) {
        guard number != 0 else { return }
        text += Array(String(number).utf8) + Array(String(unit).utf8)
    }

    /// A timetz as PostgreSQL prints it: `13:14:15.123456+02`, `01:02:03+05:30`.
    /// - Returns: False for bytes that are none; `text` then is empty.
    public static func zonedTime(_ field: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        guard let time = zonedTime(field) else { return false }
        let seconds = time.microseconds / 1_000_000
        appendPairs([seconds / 3600, seconds / 60 % 60, seconds % 60], to: &text)
        let fraction = time.microseconds % 1_000_000
        if fraction > 0 {
            var digits = Array(String(1_000_000 + fraction).utf8.dropFirst())
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            text += [UInt8(ascii: ".")] + digits
        }
        let offset = Int64(time.offsetSeconds.magnitude)
        text.append(time.offsetSeconds < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        var parts = [offset / 3600, offset / 60 % 60, offset % 60]
        while parts.count > 1, parts.last == 0 { parts.removeLast() }
        appendPairs(parts, to: &text)
        return true
    }

    /// Numbers of two digits with colons between them.
    private static func appendPairs(_ numbers: [Int64], to text: inout [UInt8]) {
        for (index, number) in numbers.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ":")) }
            text += [UInt8(ascii: "0") + UInt8(number / 10), UInt8(ascii: "0") + UInt8(number % 10)]
        }
    }
}
