/// The name of one partition of an asset: `2026-11-22`, `2026-11`, `uk`, or `2026-11-22|uk` of two
/// dimensions.
///
/// It is part of paths and of command lines. Names of one asset sort by time, because times are written from
/// the year on.
package struct PartitionKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Returns: `nil` if `text` is no name: empty, longer than 200 bytes, or with characters that a path,
    ///   a range or a list of partitions gives another meaning (`/`, `\`, `,`, `=`, `..`, white space,
    ///   controls).
    package init?(_ text: String) {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !"/\\,=*?\"'".unicodeScalars.contains(scalar)
                && !scalar.properties.isWhitespace
        }
        guard isPlain, !text.isEmpty, text.utf8.count <= 200, !text.contains(".."), !text.hasPrefix("_"),
            !text.hasPrefix("-"), !text.hasPrefix(".")
        else { return nil }
        self.text = text
    }

    package init(_ day: Day) { text = day.description }

    package var description: String { text }

    package static func < (left: PartitionKey, right: PartitionKey) -> Bool { left.text < right.text }
}

extension PartitionKey: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let key = PartitionKey(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no name of a partition")
        }
        self = key
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
