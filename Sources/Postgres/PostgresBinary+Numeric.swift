/// A numeric of PostgreSQL.
public enum PostgresNumeric: Hashable, Sendable {
    /// In units of 10^-scale.
    case value(Int128)
    case nan
    /// From PostgreSQL 14 on.
    case infinity, negativeInfinity
    /// More digits than asked for, before or behind the point. Its text is still exact.
    case outOfRange
    case malformed
}

extension PostgresBinary {
    /// A numeric as an integer of units of 10^-`scale`.
    ///
    /// - Parameter precision: At most 38, what an `Int128` of decimal digits holds.
    /// - Returns: `.outOfRange` when the value has a digit other than zero beyond `scale`, or more than
    ///   `precision` digits.
    @inlinable
    public static func numeric(
        _ field: UnsafeRawBufferPointer, precision: Int, scale: Int
    ) -> PostgresNumeric {
        precondition(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision)
        guard let header = NumericHeader(field) else { return .malformed }
        switch header.sign {
        case .positive, .negative: break
        case .nan: return .nan
        case .infinity: return .infinity
        case .negativeInfinity: return .negativeInfinity
        }
        // The first group is never zero, so a weight beyond what fits decides at once.
        guard header.count > 0 else { return .value(0) }
        guard header.weight * 4 + scale < 38 else { return .outOfRange }
        let magnitude =
            header.count <= 4 ? shortMagnitude(header, field, scale) : longMagnitude(header, field, scale)
        guard let magnitude, magnitude < power(precision) else { return .outOfRange }
        return .value(header.sign == .negative ? -Int128(magnitude) : Int128(magnitude))
    }

    /// Of at most sixteen digits, which is every ordinary amount: one division decides what is behind the
    /// scale.
    /// - Returns: Nil for a digit behind the scale, or for more than 38 digits.
    @inlinable @inline(__always)
    static func shortMagnitude(
        _ header: NumericHeader, _ field: UnsafeRawBufferPointer, _ scale: Int
    ) -> UInt128? {
        var value: UInt64 = 0
        for index in 0..<header.count {
            let group = header.group(index, of: field)
            guard group < 10_000 else { return nil }
            value = value &* 10_000 &+ UInt64(group)
        }
        // The decimal exponent, in units of 10^-scale, of the last digit.
        let last = (header.weight - (header.count - 1)) * 4 + scale
        if last < 0 {
            guard last > -20 else { return nil }
            let unit = UInt64(truncatingIfNeeded: power(-last))
            return value % unit == 0 ? UInt128(value / unit) : nil
        }
        return times(UInt128(value), last)
    }

    @usableFromInline
    static func longMagnitude(
        _ header: NumericHeader, _ field: UnsafeRawBufferPointer, _ scale: Int
    ) -> UInt128? {
        var value: UInt128 = 0
        for index in 0..<header.count {
            let group = UInt128(header.group(index, of: field))
            guard group < 10_000 else { return nil }
            let exponent = (header.weight - index) * 4 + scale
            // Digits of this group that are behind the scale.
            let cut = min(4, max(0, -exponent))
            guard group % power(cut) == 0, let shifted = times(value, 4 - cut) else { return nil }
            value = shifted + group / power(cut)
        }
        return times(value, max(0, (header.weight - (header.count - 1)) * 4 + scale))
    }

    /// `value` times 10^`digits`, or nil if that has more than 38 digits.
    @usableFromInline
    static func times(_ value: UInt128, _ digits: Int) -> UInt128? {
        if digits == 0 || value == 0 { return value }
        guard digits < 38, value < power(38 - digits) else { return nil }
        return value * power(digits)
    }

    /// A numeric as PostgreSQL prints it, with all its digits; `NaN`, `Infinity`, `-Infinity`.
    /// - Returns: False for bytes that are none; `text` then is empty.
    public static func numeric(_ field: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        guard let header = NumericHeader(field) else { return false }
        switch header.sign {
        case .nan: text += Array("NaN".utf8)
        case .infinity: text += Array("Infinity".utf8)
        case .negativeInfinity: text += Array("-Infinity".utf8)
        case .positive, .negative:
            for index in 0..<header.count where header.group(index, of: field) >= 10_000 { return false }
            appendDigits(of: header, field, to: &text)
        }
        return true
    }

    private static func appendDigits(
        of header: NumericHeader, _ field: UnsafeRawBufferPointer, to text: inout [UInt8]
    ) {
        func group(_ index: Int) -> UInt16 {
            index >= 0 && index < header.count ? header.group(index, of: field) : 0
        }
        if header.sign == .negative { text.append(UInt8(ascii: "-")) }
        if header.weight < 0 {
            text.append(UInt8(ascii: "0"))
        } else {
            for index in 0...header.weight {
                let digits = Array(String(group(index)).utf8)
                // Only the first group has no zeros in front.
                if index > 0 { text += [UInt8](repeating: UInt8(ascii: "0"), count: 4 - digits.count) }
                text += digits
            }
        }
        guard header.scale > 0 else { return }
        text.append(UInt8(ascii: "."))
        var left = header.scale
        var index = header.weight + 1
        while left > 0 {
            let value = group(index)
            for power in [1000, 100, 10, 1] as [UInt16] where left > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / power % 10))
                left -= 1
            }
            index += 1
        }
    }

    /// The four numbers in front of a numeric's groups of four digits.
    @usableFromInline
    struct NumericHeader {
        @usableFromInline
        enum Sign { case positive, negative, nan, infinity, negativeInfinity }

        @usableFromInline var count: Int
        /// The power of 10,000 that the first group stands for.
        @usableFromInline var weight: Int
        /// The digits behind the point that are printed.
        @usableFromInline var scale: Int
        @usableFromInline var sign: Sign

        @inlinable
        init?(_ field: UnsafeRawBufferPointer) {
            guard field.count >= 8 else { return nil }
            count = Int(field.bigEndian(0, as: UInt16.self))
            weight = Int(Int16(bitPattern: field.bigEndian(2, as: UInt16.self)))
            scale = Int(field.bigEndian(6, as: UInt16.self))
            guard field.count == 8 + 2 * count, scale <= 16_383 else { return nil }
            switch field.bigEndian(4, as: UInt16.self) {
            case 0x0000: sign = .positive
            case 0x4000: sign = .negative
            case 0xC000: sign = .nan
            case 0xD000: sign = .infinity
            case 0xF000: sign = .negativeInfinity
            default: return nil
            }
        }

        @inlinable @inline(__always)
        func group(_ index: Int, of field: UnsafeRawBufferPointer) -> UInt16 {
            field.bigEndian(8 + 2 * index, as: UInt16.self)
        }
    }

    /// 10^`digits`, up to 10^38.
    @usableFromInline
    static func power(_ digits: Int) -> UInt128 { powers[digits] }

    private static let powers: [UInt128] = (0...38).map { digits in
        (0..<digits).reduce(1 as UInt128) { value, _ in value * 10 }
    }
}
