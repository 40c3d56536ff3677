/// An instant: microseconds since 1970-01-01T00:00:00Z, as Parquet and DuckDB count them.
package struct Timestamp: Hashable, Sendable, Comparable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// From `YYYY-MM-DDTHH:MM:SS[.ffffff]Z` (a space instead of `T` is fine); otherwise `nil`.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 27, bytes.last == UInt8(ascii: "Z"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let day = Day(String(text.prefix(10))),
            let hour = Timestamp.number(bytes[11..<13]), let minute = Timestamp.number(bytes[14..<16]),
            let second = Timestamp.number(bytes[17..<19]), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction = 0
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), let digits = Timestamp.number(bytes[20..<(bytes.count - 1)])
            else { return nil }
            fraction = digits
            for _ in 0..<(6 - (bytes.count - 21)) { fraction *= 10 }
        }
        let seconds = (day.daysSinceEpoch * 24 + hour) * 3_600 + minute * 60 + second
        microseconds = Int64(seconds) * 1_000_000 + Int64(fraction)
    }

    /// The day in UTC.
    package var day: Day { Day(daysSinceEpoch: Int(microseconds.floorDivided(by: 86_400_000_000))) }

    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(microseconds: left.microseconds + right.microseconds)
    }

    package static func - (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(microseconds: left.microseconds - right.microseconds)
    }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return digits.isEmpty ? nil : value
    }
}

extension Timestamp: CustomStringConvertible, Codable {
    /// `2026-11-22T23:04:05Z`, with six fractional digits if there is a fraction.
    package var description: String {
        let ofDay = Int(microseconds - microseconds.floorDivided(by: 86_400_000_000) * 86_400_000_000)
        let seconds = ofDay / 1_000_000
        let fraction = ofDay % 1_000_000
        let time = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(day)T\(time)\(fraction == 0 ? "" : ".\(padded(fraction, 6))")Z"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let timestamp = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an instant")
        }
        self = timestamp
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero.
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }

    /// Whole nanoseconds, rounded towards zero.
    package var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// Seconds with a fraction, for reports.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; `divisor` is positive.
    func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
