/// Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates).
@inline(__always)
package func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    let count = bytes.count
    var index = 0
    // Most legacy text is ASCII: sixteen bytes at a time, and the end of a text once more with what is
    // before it.
    while index &+ 16 <= count {
        let low = (start + index).loadUnaligned(as: UInt64.self)
        let high = (start + (index &+ 8)).loadUnaligned(as: UInt64.self)
        guard (low | high) & 0x8080_8080_8080_8080 == 0 else {
            return isValidUTF8(start, from: index, count)
        }
        index &+= 16
    }
    if count >= 16 {
        let low = (start + (count &- 16)).loadUnaligned(as: UInt64.self)
        let high = (start + (count &- 8)).loadUnaligned(as: UInt64.self)
        return (low | high) & 0x8080_8080_8080_8080 == 0 || isValidUTF8(start, from: index, count)
    }
    return isValidUTF8(start, from: index, count)
}

/// The rest of a text that begins with a character at `index`.
@inline(never)
private func isValidUTF8(_ start: UnsafeRawPointer, from: Int, _ count: Int) -> Bool {
    var index = from
    while index < count {
        let first = (start + index).load(as: UInt8.self)
        if first < 0x80 {
            index &+= 1
            while index &+ 8 <= count {
                let high =
                    UInt64(littleEndian: (start + index).loadUnaligned(as: UInt64.self))
                    & 0x8080_8080_8080_8080
                guard high == 0 else {
                    index &+= high.trailingZeroBitCount / 8
                    break
                }
                index &+= 8
            }
            continue
        }
        let length: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, lowest) = (3, 0xA0)
        case 0xED: (length, highest) = (3, 0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, lowest) = (4, 0x90)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, highest) = (4, 0x8F)
        default: return false
        }
        guard index &+ length <= count else { return false }
        let second = (start + (index &+ 1)).load(as: UInt8.self)
        guard second >= lowest, second <= highest else { return false }
        for offset in 2..<max(length, 2)
        where (start + (index &+ offset)).load(as: UInt8.self) & 0xC0 != 0x80 {
            return false
        }
        index &+= length
    }
    return true
}
