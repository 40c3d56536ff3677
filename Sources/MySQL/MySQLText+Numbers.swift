internal import Glibc

/// Reads the values of the text protocol where they lie: no copy, no allocation, no locale.
///
/// Every parser takes the whole field and answers nil (or `.malformed`) for anything that is not exactly one
/// value: what cannot be represented is for the caller to count, never rounded or cut here.
public enum MySQLText {
    /// An integer of any width, zero-filled or not.
    @inlinable @inline(__always)
    public static func int64(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard let first = text.first else { return nil }
        guard first == UInt8(ascii: "-") else {
            return uint64(text).flatMap { Int64(exactly: $0) }
        }
        guard let magnitude = uint64(UnsafeRawBufferPointer(rebasing: text[1...])) else { return nil }
        return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    /// An unsigned integer, zero-filled or not.
    @inlinable @inline(__always)
    public static func uint64(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard let start = text.baseAddress, !text.isEmpty else { return nil }
        return text.count <= 16 ? digits(start, text.count) : longUInt64(text)
    }

    @inlinable
    static func longUInt64(_ text: UnsafeRawBufferPointer) -> UInt64? {
        var value: UInt64 = 0
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
            guard !overflows, !carries else { return nil }
            value = sum
        }
        return value
    }

    /// A DECIMAL as an integer of units of 10^-`scale`.
    ///
    /// - Parameter precision: At most 38, what an `Int128` of decimal digits holds.
    /// - Returns: Nil when the text has a digit other than zero beyond `scale`, or more than `precision`
    ///   digits.
    @inlinable
    public static func decimal(_ text: UnsafeRawBufferPointer, precision: Int, scale: Int) -> Int128? {
        precondition(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision)
        var index = 0
        var isNegative = false
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            index = 1
        }
        var value: UInt128 = 0
        var (significant, digits, fraction, sawPoint) = (0, 0, 0, false)
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            digits += 1
            if sawPoint {
                if fraction == scale {
                    guard digit == 0 else { return nil }
                    continue
                }
                fraction += 1
            }
            if digit != 0 || significant > 0 { significant += 1 }
            guard significant <= precision else { return nil }
            value = value &* 10 &+ UInt128(digit)
        }
        guard digits > 0 else { return nil }
        while fraction < scale {
            if significant > 0 { significant += 1 }
            guard significant <= precision else { return nil }
            value = value &* 10
            fraction += 1
        }
        let magnitude = Int128(truncatingIfNeeded: value)
        return isNegative ? 0 &- magnitude : magnitude
    }

    /// BIT(n): its bytes, the most significant first.
    @inlinable
    public static func bits(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard !bytes.isEmpty, bytes.count <= 8 else { return nil }
        var value: UInt64 = 0
        for byte in bytes { value = value << 8 | UInt64(byte) }
        return value
    }

    /// A UUID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, the first the most significant.
    public static func uuid(_ text: UnsafeRawBufferPointer) -> UInt128? {
        guard text.count == 36 else { return nil }
        var value: UInt128 = 0
        for (index, byte) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt128(byte - 0x30)
            case 0x61...0x66: value = value << 4 | UInt128(byte - 0x61 + 10)
            case 0x41...0x46: value = value << 4 | UInt128(byte - 0x41 + 10)
            default: return nil
            }
        }
        return value
    }

    /// YEAR: 0 or 1901–2155.
    @inlinable
    public static func year(_ text: UnsafeRawBufferPointer) -> Int16? {
        guard text.count <= 4, let value = uint64(text) else { return nil }
        return value == 0 || (1901...2155).contains(value) ? Int16(value) : nil
    }

    /// The double nearest to the text: exact for everything that a server prints from a DOUBLE.
    @inlinable
    public static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        // Both numbers are exact as doubles, so one operation rounds once.
        if let short = ShortNumber(text), short.digits <= 1 << 53, abs(short.exponent) <= 22 {
            let digits = Double(short.digits)
            let power = powersOfTen[abs(short.exponent)]
            let magnitude = short.exponent < 0 ? digits / power : digits * power
            return short.isNegative ? -magnitude : magnitude
        }
        return slowDouble(text)
    }

    /// The float nearest to the text.
    ///
    /// A server prints a FLOAT with six significant digits, which is not what it stores: select
    /// ``MySQLColumnDefinition/exactSelection`` to get them all.
    @inlinable
    public static func float(_ text: UnsafeRawBufferPointer) -> Float? {
        if let short = ShortNumber(text), short.digits <= 1 << 24, abs(short.exponent) <= 10 {
            let digits = Float(short.digits)
            let power = Float(powersOfTen[abs(short.exponent)])
            let magnitude = short.exponent < 0 ? digits / power : digits * power
            return short.isNegative ? -magnitude : magnitude
        }
        return slowFloat(text)
    }

    @usableFromInline
    static let powersOfTen: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18,
        1e19, 1e20, 1e21, 1e22,
    ]

    /// A number of at most 18 digits without an exponent, taken apart.
    @usableFromInline
    struct ShortNumber {
        @usableFromInline var digits: UInt64 = 0
        @usableFromInline var exponent = 0
        @usableFromInline var isNegative = false

        @inlinable
        init?(_ text: UnsafeRawBufferPointer) {
            guard text.count <= 19, let first = text.first else { return nil }
            isNegative = first == UInt8(ascii: "-")
            var (sawPoint, count) = (false, 0)
            for byte in isNegative ? UnsafeRawBufferPointer(rebasing: text[1...]) : text {
                if byte == UInt8(ascii: "."), !sawPoint {
                    sawPoint = true
                    continue
                }
                let digit = byte &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                digits = digits &* 10 &+ UInt64(digit)
                count += 1
                if sawPoint { exponent -= 1 }
            }
            guard count > 0 else { return nil }
        }
    }

    // A locale of its own: a process that calls setlocale would turn the point into a comma.
    // Never changed and never freed, so any thread may use it.
    nonisolated(unsafe) private static let cLocale = newlocale(1 << LC_NUMERIC, "C", nil)
    /// DOUBLE(255, 30) prints at most 287 characters.
    private static let numberBytesMax = 512

    @usableFromInline
    static func slowDouble(_ text: UnsafeRawBufferPointer) -> Double? {
        converted(text) { strtod($0, $1) }
    }

    @usableFromInline
    static func slowFloat(_ text: UnsafeRawBufferPointer) -> Float? {
        converted(text) { strtof($0, $1) }
    }

    private static func converted<T: BinaryFloatingPoint>(
        _ text: UnsafeRawBufferPointer,
        _ convert: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
    ) -> T? {
        // strtod also takes spaces, "inf", "nan" and hexadecimal, none of which is a value here.
        let isNumber = text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"),
                UInt8(ascii: "+"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isNumber, !text.isEmpty, text.count < numberBytesMax, let cLocale else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: numberBytesMax) { buffer -> T? in
            guard let start = buffer.baseAddress else { return nil }
            for (index, byte) in text.enumerated() { start[index] = CChar(bitPattern: byte) }
            start[text.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            let previous = uselocale(cLocale)
            let value = convert(start, &end)
            uselocale(previous)
            guard let end, end - start == text.count, value.isFinite else { return nil }
            return value
        }
    }
}
