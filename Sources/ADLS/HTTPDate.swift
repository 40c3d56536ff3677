package import LakeModel

/// Instants as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Whole seconds; what is below them is cut.
    package static func text(_ instant: Timestamp) -> String {
        let day = instant.day
        let (year, month, date) = day.parts
        let seconds = Int((instant - Timestamp(ofDay: day)).components.seconds)
        // The first of January 1970 was a Thursday.
        let weekday = weekdays[((day.daysSinceEpoch + 3) % 7 + 7) % 7]
        let time = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return "\(weekday), \(padded(date, 2)) \(months[month - 1]) \(padded(year, 4)) "
            + "\(time.joined(separator: ":")) GMT"
    }

    /// `nil` of anything else; the weekday is not checked.
    package static func parse(_ text: some StringProtocol) -> Timestamp? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "-" })
        guard words.count == 6, words[5] == "GMT", words[0].hasSuffix(","), let date = Int(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]),
            (1_601...9_999).contains(year), let day = Day(year: year, month: month + 1, day: date)
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { $0.utf8.count == 2 ? Int($0) : nil }
        guard time.count == 3, (0..<24).contains(time[0]), (0..<60).contains(time[1]),
            (0...60).contains(time[2])
        else { return nil }
        let seconds = day.daysSinceEpoch * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
        return Timestamp(microseconds: Int64(seconds) * 1_000_000)
    }
}

extension Timestamp {
    fileprivate init(ofDay day: Day) {
        self.init(microseconds: Int64(day.daysSinceEpoch) * 86_400_000_000)
    }
}
