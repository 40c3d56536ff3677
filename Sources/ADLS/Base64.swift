/// Base64 with its standard alphabet and padding, as keys, signatures, digests and block ids are written.
package enum Base64 {
    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes.makeIterator()
        while let first = rest.next() {
            let second = rest.next()
            let third = second == nil ? nil : rest.next()
            let group = UInt32(first) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
            text.append(letters[Int(group >> 18)])
            text.append(letters[Int(group >> 12 & 63)])
            text.append(second == nil ? UInt8(ascii: "=") : letters[Int(group >> 6 & 63)])
            text.append(third == nil ? UInt8(ascii: "=") : letters[Int(group & 63)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `nil` of what is no whole, padded Base64.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count % 4 == 0 else { return nil }
        let padding = letters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3)
        var group: UInt32 = 0
        for (index, letter) in letters.enumerated() {
            var value: UInt8 = 0
            if index < letters.count - padding {
                value = values[Int(letter)]
                guard value != 255 else { return nil }
            }
            group = group << 6 | UInt32(value)
            guard index % 4 == 3 else { continue }
            bytes.append(UInt8(group >> 16 & 255))
            bytes.append(UInt8(group >> 8 & 255))
            bytes.append(UInt8(group & 255))
            group = 0
        }
        return Array(bytes.dropLast(padding))
    }
}
