/// The name of one block of a blob: up to 64 bytes, written in Base64.
package struct BlockID: Hashable, Sendable {
    package let text: String
    package let bytes: [UInt8]

    /// `nil` of what is no Base64 of 1 to 64 bytes.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Base64.decode(text), (1...64).contains(bytes.count) else { return nil }
        self.text = String(text)
        self.bytes = bytes
    }

    /// Of a number, with eight digits: blocks of one blob have names of one length.
    package init(number: Int) {
        bytes = Array(padded(number).utf8)
        text = Base64.encode(bytes)
    }

    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
}
