/// Minutes of the day on the wall.
struct TimesOfDay: Hashable, Sendable {
    /// Of each hour.
    private let minutes: [SmallSet]
    /// After how many minutes the times of the day are the same again, from any of them: 15 of `*/15 * * *
    /// *`, 60 of `5,35 * * * *`, less than 1440 only if all of the day is alike.
    let period: Int

    static let minutesOfDay = 1_440

    init(hours: SmallSet, minutes: SmallSet) {
        self.init((0..<24).map { hours.contains($0) ? minutes : SmallSet() })
    }

    private init(_ minutes: [SmallSet]) {
        self.minutes = minutes
        period = Self.period(of: minutes)
    }

    var isEmpty: Bool { minutes.allSatisfy(\.isEmpty) }

    func contains(_ minute: Int) -> Bool { minutes[minute / 60].contains(minute % 60) }

    /// The first one that is not before `minute`.
    func first(from minute: Int) -> Int? {
        var (hour, rest) = (minute / 60, minute % 60)
        while hour < 24 {
            if let found = minutes[hour].first(from: rest) { return hour * 60 + found }
            (hour, rest) = (hour + 1, 0)
        }
        return nil
    }

    /// Those within a part of the day.
    func within(_ hours: Pace.Hours) -> TimesOfDay {
        TimesOfDay(
            minutes.enumerated().map { hour, set in
                var left = SmallSet()
                for minute in set.elements where hours.contains(minuteOfDay: hour * 60 + minute) {
                    left.insert(minute)
                }
                return left
            })
    }

    private static func period(of minutes: [SmallSet]) -> Int {
        // Times of cron are hours with the same minutes in each: what repeats is a part of an hour, or hours.
        let isHourly = minutes.allSatisfy { $0 == minutes[0] }
        for period in 1..<minutesOfDay where minutesOfDay % period == 0 {
            if isHourly ? 60 % period != 0 : period % 60 != 0 { continue }
            let isSame = (0..<minutesOfDay).allSatisfy { minute in
                let later = (minute + period) % minutesOfDay
                return minutes[minute / 60].contains(minute % 60) == minutes[later / 60].contains(later % 60)
            }
            if isSame { return period }
        }
        return minutesOfDay
    }
}
