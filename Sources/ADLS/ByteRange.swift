/// The part of a file that a request asks for: `bytes=100-1099`.
package enum ByteRange: Hashable, Sendable {
    /// From the offset to the end, or to the last byte that is named, which is included.
    case from(Int64, through: Int64?)
    /// The last bytes.
    case last(Int64)

    /// `nil` of what is no single range of bytes; such a header counts as none.
    package init?(_ text: some StringProtocol) {
        guard text.lowercased().hasPrefix("bytes=") else { return nil }
        let sides = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, !text.contains(",") else { return nil }
        if sides[0].isEmpty {
            guard let count = Self.number(sides[1]) else { return nil }
            self = .last(count)
        } else {
            guard let first = Self.number(sides[0]) else { return nil }
            if sides[1].isEmpty {
                self = .from(first, through: nil)
            } else {
                guard let last = Self.number(sides[1]), last >= first else { return nil }
                self = .from(first, through: last)
            }
        }
    }

    private static func number(_ text: some StringProtocol) -> Int64? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int64(text) : nil
    }

    /// The bytes of a file of this size; `nil` if it has none of them.
    package func bytes(of size: Int64) -> Range<Int64>? {
        switch self {
        case .from(let first, let last):
            first < size ? first..<(min(size - 1, last ?? size) + 1) : nil
        case .last(let count):
            count > 0 && size > 0 ? max(0, size - count)..<size : nil
        }
    }

    package static func header(_ range: Range<Int64>) -> String {
        "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
    }
}
