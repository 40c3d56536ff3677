/// The days on which a cron expression comes true.
struct CronDays: Hashable, Sendable {
    var months = SmallSet()
    var days = SmallSet()
    var hasLastDay = false
    /// 0 is Sunday.
    var weekdays = SmallSet()
    var ordinals: Set<Ordinal> = []
    /// Whether the day of the month or the day of the week is enough. Vixie cron's rule: it is, unless one of
    /// the two fields begins with `*`; then both must hold.
    var isEither = false

    /// The second Monday of a month, or its last one.
    struct Ordinal: Hashable, Sendable {
        let weekday: Int
        /// 1 to 5; `nil` is the last.
        let number: Int?
    }

    /// Whether no day is left out.
    var isEveryDay: Bool {
        let isWholeMonth = days == SmallSet(CronField.dayOfMonth.whole)
        let isWholeWeek = weekdays == SmallSet(CronField.dayOfWeek.whole)
        return months == SmallSet(CronField.month.whole)
            && (isEither ? isWholeMonth || isWholeWeek : isWholeMonth && isWholeWeek)
    }

    func contains(_ day: Day) -> Bool {
        let (year, month, number) = day.parts
        return months.contains(month)
            && matches(number, weekday: day.weekday, length: Day.length(ofMonth: month, inYear: year))
    }

    /// The first one that is not before `day`; `nil` if 400 years, after which the calendar repeats, have
    /// none.
    func first(from day: Day) -> Day? {
        var (year, month, number) = day.parts
        for _ in 0...(400 * 12) {
            if months.contains(month) {
                guard let first = Day(year: year, month: month, day: 1) else { return nil }
                let length = Day.length(ofMonth: month, inYear: year)
                while number <= length {
                    if matches(number, weekday: (first.weekday + number - 1) % 7, length: length) {
                        return first + (number - 1)
                    }
                    number += 1
                }
            }
            number = 1
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
        }
        return nil
    }

    private func matches(_ number: Int, weekday: Int, length: Int) -> Bool {
        let isDay = days.contains(number) || hasLastDay && number == length
        if isEither ? isDay : !isDay { return isEither }
        return weekdays.contains(weekday)
            || ordinals.contains(Ordinal(weekday: weekday, number: (number - 1) / 7 + 1))
            || number + 7 > length && ordinals.contains(Ordinal(weekday: weekday, number: nil))
    }
}
