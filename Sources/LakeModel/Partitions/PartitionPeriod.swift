/// How long a partition of time is.
package enum PartitionPeriod: Hashable, Sendable {
    case hourly
    case daily
    /// Weeks that begin on this day.
    case weekly(from: DayOfWeek)
    case monthly

    /// As it is written in YAML.
    package var word: String {
        switch self {
        case .hourly: "hourly"
        case .daily: "daily"
        case .weekly: "weekly"
        case .monthly: "monthly"
        }
    }

    /// `hour`, `day`, `week` or `month`.
    package var unit: String {
        switch self {
        case .hourly: "hour"
        case .daily: "day"
        case .weekly: "week"
        case .monthly: "month"
        }
    }

    /// The period of calendar days that the first day of a partition begins; an hour begins on any.
    package var calendar: CalendarPeriod {
        switch self {
        case .hourly, .daily: .day
        case .weekly(let first): .week(from: first)
        case .monthly: .month
        }
    }

    /// Periods that are longer and whose names select all that lies in them.
    var longer: [PartitionPeriod] {
        switch self {
        case .hourly: [.daily, .weekly(from: .monday), .monthly]
        case .daily: [.weekly(from: .monday), .monthly]
        case .weekly, .monthly: []
        }
    }
}

package enum DayOfWeek: String, CaseIterable, Hashable, Sendable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    package init(of day: Day) {
        // 1970-01-01 was a Thursday.
        self = DayOfWeek.allCases[((day.daysSinceEpoch + 3) % 7 + 7) % 7]
    }

    /// Days from `first` on to this one, 0 to 6.
    func days(after first: DayOfWeek) -> Int { (index - first.index + 7) % 7 }

    private var index: Int { DayOfWeek.allCases.firstIndex(of: self) ?? 0 }
}

/// Days, weeks or months, each with a number: consecutive ones have consecutive numbers.
package enum CalendarPeriod: Hashable, Sendable {
    case day
    case week(from: DayOfWeek)
    case month

    /// The number of the period that `day` lies in.
    func number(of day: Day) -> Int {
        switch self {
        case .day: return day.daysSinceEpoch
        case .week(let first):
            // 1970-01-01 was a Thursday, so that week 0 is the one it lies in.
            let days = day.daysSinceEpoch + DayOfWeek.thursday.days(after: first)
            return days >= 0 ? days / 7 : (days - 6) / 7
        case .month:
            let (year, month, _) = day.parts
            return year * 12 + month - 1
        }
    }

    func firstDay(of number: Int) -> Day {
        switch self {
        case .day: return Day(daysSinceEpoch: number)
        case .week(let first):
            return Day(daysSinceEpoch: number * 7 - DayOfWeek.thursday.days(after: first))
        case .month:
            let year = number >= 0 ? number / 12 : (number - 11) / 12
            return Day(year: year, month: number - year * 12 + 1, day: 1) ?? Day(daysSinceEpoch: 0)
        }
    }

    /// `2026-11-22`, `2026-W47` or `2026-11`.
    ///
    /// A week belongs to the year that most of it lies in, as ISO 8601 has it for weeks from Monday on.
    func name(of number: Int) -> String {
        switch self {
        case .day: return firstDay(of: number).description
        case .week:
            let middle = firstDay(of: number) + 3
            let year = middle.parts.year
            let newYear = Day(year: year, month: 1, day: 1) ?? middle
            return "\(padded(year, 4))-W\(padded((middle - newYear) / 7 + 1, 2))"
        case .month: return String(firstDay(of: number).description.prefix(7))
        }
    }

    /// `nil` if `name` names no such period, or not as ``name(of:)`` does.
    func number(named name: String) -> Int? {
        let found: Int?
        switch self {
        case .day: found = Day(name).map(number)
        case .month: found = Day(name + "-01").map(number)
        case .week:
            let parts = name.split(separator: "-W", omittingEmptySubsequences: false)
            guard parts.count == 2, let week = Int(parts[1]), (1...53).contains(week),
                let inFirstWeek = Day("\(parts[0])-01-04")
            else { return nil }
            // Wherever weeks begin, January 4th lies in the first.
            found = number(of: inFirstWeek) + week - 1
        }
        return found.flatMap { self.name(of: $0) == name ? $0 : nil }
    }
}
