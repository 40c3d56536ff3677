/// A date or time of MySQL, which stores more than a calendar has.
public enum MySQLTemporal<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
    /// `0000-00-00`, with a time of zero if there is one.
    case zero
    /// The year, the month or the day is zero, but not everything is: `2024-00-00`.
    case partial
    /// A well-formed date that does not exist (`2024-02-31` under ALLOW_INVALID_DATES), or a time outside its
    /// type's range.
    case outOfRange
    case malformed
}

extension MySQLText {
    /// `YYYY-MM-DD` as days since 1970-01-01.
    @inlinable
    public static func date(_ text: UnsafeRawBufferPointer) -> MySQLTemporal<Int32> {
        guard text.count == 10 else { return .malformed }
        return days(text)
    }

    /// `YYYY-MM-DD HH:MM:SS` with up to six digits of a second's fraction, as microseconds since
    /// 1970-01-01 00:00:00.
    ///
    /// A TIMESTAMP is in UTC, because the session is; a DATETIME is in whatever zone its writer meant.
    @inlinable
    public static func dateTime(_ text: UnsafeRawBufferPointer) -> MySQLTemporal<Int64> {
        guard text.count >= 19, text[10] == UInt8(ascii: " ") else { return .malformed }
        guard let time = clock(UnsafeRawBufferPointer(rebasing: text[11...])) else { return .malformed }
        switch days(UnsafeRawBufferPointer(rebasing: text[..<10])) {
        case .value(let days):
            guard time < 86_400_000_000 else { return .outOfRange }
            return .value(Int64(days) &* 86_400_000_000 &+ time)
        case .zero: return time == 0 ? .zero : .partial
        case .partial: return .partial
        case .outOfRange: return .outOfRange
        case .malformed: return .malformed
        }
    }

    /// `[-]H…:MM:SS` with up to six digits of a second's fraction, as microseconds: a span from
    /// -838:59:59.999999 to 838:59:59.999999, not a time of day.
    @inlinable
    public static func time(_ text: UnsafeRawBufferPointer) -> MySQLTemporal<Int64> {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? UnsafeRawBufferPointer(rebasing: text[1...]) : text
        guard let span = clock(digits) else { return .malformed }
        guard span < 839 * 3_600_000_000 else { return .outOfRange }
        return .value(isNegative ? -span : span)
    }

    /// Ten bytes as days since 1970-01-01.
    @inlinable
    static func days(_ text: UnsafeRawBufferPointer) -> MySQLTemporal<Int32> {
        guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let century = pair(text, 0), let yearOfCentury = pair(text, 2), let month = pair(text, 5),
            let day = pair(text, 8)
        else { return .malformed }
        let year = century * 100 + yearOfCentury
        if year == 0, month == 0, day == 0 { return .zero }
        guard month <= 12 else { return .malformed }
        guard year > 0, month > 0, day > 0 else { return day <= 31 ? .partial : .malformed }
        guard day <= daysOfMonth(month, year: year) else { return day <= 31 ? .outOfRange : .malformed }
        return .value(daysSinceEpoch(year, month, day))
    }

    /// `H…:MM:SS[.ffffff]` as microseconds; the hours have two or three digits.
    @inlinable
    static func clock(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 8 else { return nil }
        var (hours, position): (Int, Int)
        if text[2] == UInt8(ascii: ":") {
            guard let pair = pair(text, 0) else { return nil }
            (hours, position) = (pair, 2)
        } else {
            let first = text[0] &- UInt8(ascii: "0")
            guard first <= 9, text[3] == UInt8(ascii: ":"), text.count >= 9, let pair = pair(text, 1) else {
                return nil
            }
            (hours, position) = (Int(first) * 100 + pair, 3)
        }
        guard let minutes = pair(text, position + 1), minutes < 60, text[position + 3] == UInt8(ascii: ":"),
            let seconds = pair(text, position + 4), seconds < 60
        else { return nil }
        let whole = Int64((hours * 60 + minutes) * 60 + seconds) * 1_000_000
        position += 6
        guard position < text.count else { return whole }
        guard text[position] == UInt8(ascii: "."), text.count - position <= 7, text.count - position >= 2
        else {
            return nil
        }
        var (fraction, unit): (Int64, Int64) = (0, 1_000_000)
        for index in (position + 1)..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            unit /= 10
            fraction += Int64(digit) * unit
        }
        return whole + fraction
    }

    @inlinable @inline(__always)
    static func pair(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        let (tens, ones) = (text[index] &- UInt8(ascii: "0"), text[index + 1] &- UInt8(ascii: "0"))
        return tens <= 9 && ones <= 9 ? Int(tens) * 10 + Int(ones) : nil
    }

    @inlinable
    static func daysOfMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days between 1970-01-01 and a date of the proleptic Gregorian calendar, years 1 to 9999.
    @inlinable
    static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int32 {
        // Years that begin in March put the leap day last, and 153 days make every five months from there.
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
        return Int32(truncatingIfNeeded: days + (monthFromMarch * 153 + 2) / 5 + day - 1 - 719_468)
    }
}
