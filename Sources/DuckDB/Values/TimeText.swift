/// Dates, times and intervals in DuckDB's spelling.
enum TimeText {
    static func text(_ value: Value) -> String {
        switch value {
        case .date(let days): date(days: days)
        case .time(let microseconds): time(microseconds, perSecond: 1_000_000)
        case .timeNS(let nanoseconds): time(nanoseconds, perSecond: 1_000_000_000)
        case .timeTZ(let microseconds, let offset):
            time(microseconds, perSecond: 1_000_000) + zone(offsetSeconds: offset)
        case .timestampS(let seconds): timestamp(seconds, perSecond: 1)
        case .timestampMS(let milliseconds): timestamp(milliseconds, perSecond: 1000)
        case .timestamp(let microseconds): timestamp(microseconds, perSecond: 1_000_000)
        case .timestampNS(let nanoseconds): timestamp(nanoseconds, perSecond: 1_000_000_000)
        case .timestampTZ(let microseconds): timestamp(microseconds, perSecond: 1_000_000, zone: "+00")
        case .timestampTZNS(let nanoseconds): timestamp(nanoseconds, perSecond: 1_000_000_000, zone: "+00")
        default: ""
        }
    }

    static func interval(_ span: Value.Interval) -> String {
        var parts: [String] = []
        func add(_ count: Int32, _ name: String) {
            if count != 0 { parts.append("\(count) \(name)\(count == 1 || count == -1 ? "" : "s")") }
        }
        add(span.months / 12, "year")
        add(span.months % 12, "month")
        add(span.days, "day")
        if span.microseconds != 0 {
            let (seconds, rest) = span.microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
            let clock = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
            parts.append((span.microseconds < 0 ? "-" : "") + clock + fraction(rest, digits: 6))
        }
        return parts.isEmpty ? "00:00:00" : parts.joined(separator: " ")
    }

    /// The Gregorian date of a day, also before 1582.
    static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Years are counted from March, so that the leap day is the last; 146,097 days are 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    private static func date(days: Int32) -> String {
        switch days {
        case .max: "infinity"
        case -.max: "-infinity"
        default: date(days: Int64(days), clock: "")
        }
    }

    /// The clock goes between the day and the mark of the years before 1.
    private static func date(days: Int64, clock: String) -> String {
        let (year, month, day) = civil(days: days)
        let shown = String(year > 0 ? year : 1 - year)
        let padded = String(repeating: "0", count: max(0, 4 - shown.count)) + shown
        return "\(padded)-\(two(month.magnitude))-\(two(day.magnitude))\(year > 0 ? "" : " (BC)")\(clock)"
    }

    private static func timestamp(_ count: Int64, perSecond: Int64, zone: String = "") -> String {
        switch count {
        case .max: return "infinity"
        case -.max: return "-infinity"
        default:
            let perDay = 86_400 * perSecond
            var (days, rest) = count.quotientAndRemainder(dividingBy: perDay)
            if rest < 0 {
                days -= 1
                rest += perDay
            }
            return date(days: days, clock: " " + time(rest, perSecond: perSecond) + zone)
        }
    }

    private static func time(_ count: Int64, perSecond: Int64) -> String {
        let (seconds, rest) = count.magnitude.quotientAndRemainder(dividingBy: perSecond.magnitude)
        let clock = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return clock + fraction(rest, digits: String(perSecond).count - 1)
    }

    private static func zone(offsetSeconds: Int32) -> String {
        let seconds = UInt64(offsetSeconds.magnitude)
        var text = (offsetSeconds < 0 ? "-" : "+") + two(seconds / 3600)
        if seconds % 3600 != 0 { text += ":" + two(seconds / 60 % 60) }
        if seconds % 60 != 0 { text += ":" + two(seconds % 60) }
        return text
    }

    private static func fraction(_ count: UInt64, digits: Int) -> String {
        guard count != 0 else { return "" }
        var text = String(count)
        text = String(repeating: "0", count: digits - text.count) + text
        while text.last == "0" { text.removeLast() }
        return "." + text
    }

    private static func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
