extension CronExpression {
    /// The first instant after `instant` at which it comes true in `zone`; `nil` if that is beyond the
    /// calendar.
    ///
    /// Where clocks are put forward or back:
    /// - A time that they skip fires once, at the first instant after the gap, together with all others in
    ///   it.
    /// - A time that they show twice fires once, at the first.
    /// - Neither is needed where the expression's own rhythm goes on through the change: if its times
    ///   repeat every 15 or 60 minutes all day and the clocks move by a multiple of that, it follows real
    ///   time. So `*/15 * * * *` fires in both passes of an hour that is shown twice, and not more often
    ///   than that after a gap.
    package func next(after instant: Timestamp, in zone: ZoneRules) -> Timestamp? {
        var from = Timestamp(microseconds: instant.microseconds + 1)
        // Most expressions come true within days; few need the rules of several years.
        var length = Duration.seconds(3 * 86_400)
        while true {
            let end = from + length
            if let found = first(in: from..<end, zone) { return found }
            // Clocks and calendars differ from UTC by less than two days.
            guard let day = days.first(from: end.day + -2) else { return nil }
            from = max(end, Timestamp(startOfUTC: day + -2))
            length = .seconds(400 * 86_400)
        }
    }

    /// The first firing in `range`.
    private func first(in range: Range<Timestamp>, _ zone: ZoneRules) -> Timestamp? {
        // What the clocks showed shortly before decides what is shown again.
        let changes = zone.transitions(in: (range.lowerBound - .seconds(3 * 86_400))..<range.upperBound)
        var offset = changes.first?.offsetBefore ?? zone.offset(at: range.lowerBound)
        var start = range.lowerBound
        // Local times before this one have had their turn.
        var shown = Int64.min
        for change in changes {
            if change.instant > start {
                if let found = first(in: start..<change.instant, offset: offset, notBefore: shown) {
                    return found
                }
                start = change.instant
            }
            offset = change.offsetAfter
            let before = change.instant.localMicroseconds(offset: change.offsetBefore)
            let after = change.instant.localMicroseconds(offset: change.offsetAfter)
            if goesOnInRealTime(at: change) {
                shown = .min
                continue
            }
            shown = max(shown, before)
            if change.instant >= range.lowerBound, shown < after,
                firstLocal(from: shown, before: after) != nil
            {
                return change.instant
            }
        }
        return first(in: start..<range.upperBound, offset: offset, notBefore: shown)
    }

    /// The first firing in a stretch without a change of the clocks.
    private func first(in range: Range<Timestamp>, offset: Int, notBefore: Int64) -> Timestamp? {
        let from = max(range.lowerBound.localMicroseconds(offset: offset), notBefore)
        let end = range.upperBound.localMicroseconds(offset: offset)
        return firstLocal(from: from, before: end).map {
            Timestamp(microseconds: $0 - Int64(offset) * 1_000_000)
        }
    }

    /// The first minute on the wall's clock and calendar, in microseconds since 1970 there.
    private func firstLocal(from start: Int64, before end: Int64) -> Int64? {
        guard start < end else { return nil }
        let minute = (start + 59_999_999).floorDivided(by: 60_000_000)
        let day = minute.floorDivided(by: 1_440)
        guard var found = days.first(from: Day(daysSinceEpoch: Int(day))) else { return nil }
        var time = times.first(from: found.daysSinceEpoch == Int(day) ? Int(minute - day * 1_440) : 0)
        if time == nil {
            guard let next = days.first(from: found + 1) else { return nil }
            (found, time) = (next, times.first(from: 0))
        }
        guard let time else { return nil }
        let local = (Int64(found.daysSinceEpoch) * 1_440 + Int64(time)) * 60_000_000
        return local < end ? local : nil
    }

    /// Whether the times before and after a change of the clocks are in step.
    private func goesOnInRealTime(at change: ZoneRules.Transition) -> Bool {
        guard times.period < TimesOfDay.minutesOfDay,
            (change.offsetAfter - change.offsetBefore) % (times.period * 60) == 0
        else { return false }
        if days.isEveryDay { return true }
        let last = change.instant.microseconds - 1 + Int64(change.offsetBefore) * 1_000_000
        let next = change.instant.localMicroseconds(offset: change.offsetAfter)
        return [last, next].allSatisfy {
            days.contains(Day(daysSinceEpoch: Int($0.floorDivided(by: 86_400_000_000))))
        }
    }
}

extension Timestamp {
    /// Midnight in UTC.
    init(startOfUTC day: Day) { self.init(microseconds: Int64(day.daysSinceEpoch) * 86_400_000_000) }

    fileprivate func localMicroseconds(offset: Int) -> Int64 { microseconds + Int64(offset) * 1_000_000 }
}
