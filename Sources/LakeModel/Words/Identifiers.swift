/// One run: `20261122T031502Z-4f9a1c`, which sorts by time and is part of the names of the files it writes.
package struct RunID: Hashable, Sendable, Comparable {
    package let text: String

    /// A new one. `random` keeps two runs of one second apart; its low 24 bits count.
    package init(at time: Timestamp, random: UInt32) {
        let stamp = time.description.filter { $0 != "-" && $0 != ":" }.prefix(15)
        let hexadecimal = String(random & 0xFF_FFFF, radix: 16)
        text = "\(stamp)Z-\(String(repeating: "0", count: 6 - hexadecimal.count))\(hexadecimal)"
    }

    /// `nil` unless `text` is of letters, digits and `-`, 1 to 40 of them: it becomes part of paths.
    package init?(_ text: String) {
        guard (1...40).contains(text.utf8.count),
            text.utf8.allSatisfy({
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            })
        else { return nil }
        self.text = text
    }

    package static func < (left: RunID, right: RunID) -> Bool { left.text < right.text }

    /// The name under which a step's attempt writes after `lost` attempts were lost: the run's own at first,
    /// then `20261122T031502Z-4f9a1c-r1`. Whoever was lost may still write under the name before.
    package func writer(afterLost lost: Int) -> RunID {
        guard lost > 0, let writer = RunID("\(text)-r\(lost)") else { return self }
        return writer
    }

    /// The run of a writer.
    package var ofWriter: RunID {
        guard let end = text.firstRange(of: "-r"), !text[end.upperBound...].isEmpty,
            text[end.upperBound...].allSatisfy(\.isNumber), let run = RunID(String(text[..<end.lowerBound]))
        else { return self }
        return run
    }
}

extension RunID: CustomStringConvertible, Codable {
    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let run = RunID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a run's id")
        }
        self = run
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Counts who held a step: every new holder gets the next one, and an older one cannot commit.
package struct LeaseEpoch: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let number: Int64

    package init(_ number: Int64) { self.number = number }

    package static let first = LeaseEpoch(1)
    package var description: String { String(number) }
    package static func < (left: LeaseEpoch, right: LeaseEpoch) -> Bool { left.number < right.number }

    package init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

extension RunID {
    /// When it was made, to the second; `nil` of one that was named otherwise.
    package var time: Timestamp? {
        let text = Array(text)
        guard text.count >= 16, text[15] == "Z" else { return nil }
        let (day, clock) = (text[0..<8].map(String.init), text[9..<15].map(String.init))
        return Timestamp(
            """
            \(day[0..<4].joined())-\(day[4..<6].joined())-\(day[6..<8].joined())T\
            \(clock[0..<2].joined()):\(clock[2..<4].joined()):\(clock[4..<6].joined())Z
            """)
    }
}
