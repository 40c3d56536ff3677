/// Digits eight at a time: the bytes of a number are loaded as one word and added up by multiplications.
extension MySQLText {
    /// Up to sixteen decimal digits; nil if a byte is none.
    ///
    /// - Precondition: `count` is from 1 to 16, and so many bytes can be read.
    @inlinable @inline(__always)
    static func digits(_ start: UnsafeRawPointer, _ count: Int) -> UInt64? {
        if count <= 8 {
            let digits = rightAligned(start, count)
            return isDigits(digits) ? sum(digits) : nil
        }
        let high = rightAligned(start, count &- 8)
        let low = word(start + (count &- 8)) ^ zeros
        return isDigits(high) && isDigits(low) ? sum(high) &* 100_000_000 &+ sum(low) : nil
    }

    @inlinable static var zeros: UInt64 { 0x3030_3030_3030_3030 }

    @inlinable @inline(__always)
    static func word(_ start: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
    }

    /// One to eight characters less `0`, the last one in the highest byte, zeros before the first. Reads no
    /// byte beyond them: shorter texts are two loads that overlap.
    @inlinable @inline(__always)
    static func rightAligned(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        let bytes: UInt64
        if count == 8 { return word(start) ^ zeros }
        if count >= 4 {
            let last = UInt32(littleEndian: (start + (count &- 4)).loadUnaligned(as: UInt32.self))
            bytes =
                UInt64(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
                | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* (count &- 4))
        } else if count >= 2 {
            let last = UInt16(littleEndian: (start + (count &- 2)).loadUnaligned(as: UInt16.self))
            bytes =
                UInt64(UInt16(littleEndian: start.loadUnaligned(as: UInt16.self)))
                | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* (count &- 2))
        } else {
            bytes = UInt64(start.load(as: UInt8.self))
        }
        let shift = UInt64(truncatingIfNeeded: 8 &* (8 &- count))
        return (bytes &<< shift) ^ (zeros &<< shift)
    }

    /// Whether each byte is from 0 to 9.
    @inlinable @inline(__always)
    static func isDigits(_ bytes: UInt64) -> Bool {
        // 0x76 takes 10 and more over 0x7F; a byte that is over it already says so itself.
        ((bytes &+ 0x7676_7676_7676_7676) | bytes) & 0x8080_8080_8080_8080 == 0
    }

    /// Eight digits as a number, the first digit in the lowest byte.
    @inlinable @inline(__always)
    static func sum(_ digits: UInt64) -> UInt64 {
        let pairs = digits &* 10 &+ (digits &>> 8)
        let (even, odd) = (pairs & 0x0000_00FF_0000_00FF, (pairs &>> 16) & 0x0000_00FF_0000_00FF)
        // Each product has what belongs together in its upper half.
        return (even &* (100 + 1_000_000 << 32) &+ odd &* (1 + 10_000 << 32)) &>> 32
    }

    /// A DECIMAL as the server prints it, `[-]digits.digits` with exactly `scale` of them after the point and
    /// at most 18 in all; nil for anything else, about which ``decimal(_:precision:scale:)`` decides.
    ///
    /// - Parameter bound: 10 to the power of the precision.
    @inlinable @inline(__always)
    public static func shortDecimal(_ text: UnsafeRawBufferPointer, scale: Int, bound: UInt64) -> Int64? {
        guard var start = text.baseAddress, text.count > 0 else { return nil }
        var count = text.count
        let isNegative = start.load(as: UInt8.self) == UInt8(ascii: "-")
        if isNegative {
            start += 1
            count &-= 1
        }
        var value: UInt64
        if scale == 0 {
            guard count >= 1, count <= 16, let whole = digits(start, count) else { return nil }
            value = whole
        } else {
            let point = count &- 1 &- scale
            guard point >= 1, point <= 16, scale <= 16, count <= 19,
                (start + point).load(as: UInt8.self) == UInt8(ascii: "."),
                let whole = digits(start, point), let fraction = digits(start + (point &+ 1), scale)
            else { return nil }
            value = whole &* integerPowersOfTen[scale] &+ fraction
        }
        guard value < bound else { return nil }
        return isNegative ? 0 &- Int64(truncatingIfNeeded: value) : Int64(truncatingIfNeeded: value)
    }

    @usableFromInline
    static let integerPowersOfTen: InlineArray<19, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ]

    /// A date that exists, as days since 1970-01-01; nil for anything else, about which ``date(_:)`` decides.
    @inlinable @inline(__always)
    public static func plainDate(_ text: UnsafeRawBufferPointer) -> Int32? {
        guard text.count == 10, let start = text.baseAddress else { return nil }
        return plainDays(start)
    }

    /// Ten bytes as days; see ``plainDate(_:)``.
    @inlinable @inline(__always)
    static func plainDays(_ start: UnsafeRawPointer) -> Int32? {
        // Where a hyphen must be, nothing is left of one; digits are left as their values.
        let first = word(start) ^ 0x2D30_302D_3030_3030
        let last = UInt64(UInt16(littleEndian: (start + 8).loadUnaligned(as: UInt16.self))) ^ 0x3030
        guard isDigits(first), isDigits(last), first & 0xFF00_00FF_0000_0000 == 0 else { return nil }
        let pairs = first &* 10 &+ (first &>> 8)
        let year = Int(pairs & 0xFF) &* 100 &+ Int((pairs &>> 16) & 0xFF)
        let month = Int((pairs &>> 40) & 0xFF)
        let day = Int((last &* 10 &+ (last &>> 8)) & 0xFF)
        guard year > 0, month >= 1, month <= 12, day >= 1, day <= 28 || day <= daysOfMonth(month, year: year)
        else { return nil }
        return daysSinceEpoch(year, month, day)
    }

    /// A date that exists with a time of day, as microseconds since 1970-01-01 00:00:00; nil for anything
    /// else, about which ``dateTime(_:)`` decides.
    @inlinable @inline(__always)
    public static func plainDateTime(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 19, let start = text.baseAddress, text[10] == UInt8(ascii: " "),
            let days = plainDays(start)
        else { return nil }
        let clock = word(start + 11) ^ 0x3030_3A30_303A_3030
        guard isDigits(clock), clock & 0x0000_FF00_00FF_0000 == 0 else { return nil }
        let pairs = clock &* 10 &+ (clock &>> 8)
        let (hour, minute) = (Int64(pairs & 0xFF), Int64((pairs &>> 24) & 0xFF))
        let second = Int64((pairs &>> 48) & 0xFF)
        guard hour < 24, minute < 60, second < 60 else { return nil }
        let whole =
            Int64(days) &* 86_400_000_000 &+ ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000_000
        guard text.count > 19 else { return whole }
        let places = text.count &- 20
        guard places >= 1, places <= 6, text[19] == UInt8(ascii: "."),
            let fraction = digits(start + 20, places)
        else { return nil }
        return whole &+ Int64(truncatingIfNeeded: fraction &* integerPowersOfTen[6 &- places])
    }
}
