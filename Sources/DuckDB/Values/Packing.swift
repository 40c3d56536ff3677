/// DuckDB's own packings of values that are not plain numbers.
enum Packing {
    /// A HUGEINT's order is the UUID's order because the highest bit is turned over.
    static func uuid(_ stored: Int128) -> UInt128 { UInt128(bitPattern: stored) ^ (1 << 127) }
    static func stored(uuid: UInt128) -> Int128 { Int128(bitPattern: uuid ^ (1 << 127)) }

    /// 40 bits of microseconds, 24 bits of (57,599 − offset), so that the number's order is the order of
    /// instants.
    static func timeTZ(_ bits: UInt64) -> Value {
        .timeTZ(microseconds: Int64(bits >> 24), offsetSeconds: 57_599 - Int32(bits & 0xFF_FFFF))
    }
    static func bits(microseconds: Int64, offsetSeconds: Int32) -> UInt64 {
        UInt64(bitPattern: microseconds) << 24
            | UInt64(UInt32(bitPattern: 57_599 - offsetSeconds) & 0xFF_FFFF)
    }

    /// The first byte counts the unused bits at the start of the second, which are all set.
    static func bit(_ bytes: UnsafeRawBufferPointer) -> [Bool] {
        guard let padding = bytes.first else { return [] }
        var bits: [Bool] = []
        bits.reserveCapacity(max(0, (bytes.count - 1) * 8 - Int(padding)))
        for index in Int(padding)..<max(Int(padding), (bytes.count - 1) * 8) {
            bits.append(bytes[1 + index / 8] >> (7 - UInt8(index % 8)) & 1 == 1)
        }
        return bits
    }
    static func bytes(bit bits: [Bool]) -> [UInt8] {
        let padding = (8 - bits.count % 8) % 8
        var bytes = [UInt8(padding)] + [UInt8](repeating: 0, count: (bits.count + padding) / 8)
        for index in 0..<padding { bytes[1 + index / 8] |= 0x80 >> UInt8(index % 8) }
        for (offset, isSet) in bits.enumerated() where isSet {
            let index = offset + padding
            bytes[1 + index / 8] |= 0x80 >> UInt8(index % 8)
        }
        return bytes
    }

    /// Three bytes of sign and length, then the magnitude; everything is inverted when it is negative.
    static func bignum(_ bytes: UnsafeRawBufferPointer) -> Value {
        guard bytes.count > 3 else { return .bignum(isNegative: false, magnitude: [0]) }
        let isNegative = bytes[0] & 0x80 == 0
        return .bignum(isNegative: isNegative, magnitude: bytes[3...].map { isNegative ? ~$0 : $0 })
    }
    static func bytes(bignum magnitude: [UInt8], isNegative: Bool) -> [UInt8] {
        var digits = Array(magnitude.drop { $0 == 0 })
        if digits.isEmpty { digits = [0] }
        let isNegative = isNegative && digits != [0]
        let header = UInt32(digits.count) | 0x80_0000
        let bytes = [UInt8(header >> 16 & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header & 0xFF)] + digits
        return isNegative ? bytes.map { ~$0 } : bytes
    }
}
