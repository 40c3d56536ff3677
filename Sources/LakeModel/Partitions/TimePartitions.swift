/// One partition of time.
package struct TimeSlot: Hashable, Sendable {
    package let key: PartitionKey
    /// Its instants: an hour, 23 to 25 hours of a day, and so on.
    package let window: Range<Timestamp>
}

/// Hours, days, weeks or months of a time zone, each of which is a partition.
///
/// Partitions follow each other without a gap: every instant lies in one. A day that a zone left out has no
/// partition, an hour that its clocks showed twice has two. What exists is bounded by ``start``, ``end`` and
/// the time; what is asked for one partition is not.
package struct TimePartitions: Hashable, Sendable {
    package let period: PartitionPeriod
    package let zone: ZoneRules
    /// The first day of the first partition; `nil` is not known.
    package let start: Day?
    /// The first day after the last partition.
    package let end: Day?
    /// By how many partitions what exists goes beyond those that are over: 1 is the present one, too.
    package let endOffset: Int

    /// ``start`` and ``end`` must begin partitions: see ``neighbours(of:in:)``.
    package init(
        _ period: PartitionPeriod, zone: ZoneRules, start: Day? = nil, end: Day? = nil, endOffset: Int = 0
    ) {
        self.period = period
        self.zone = zone
        self.start = start
        self.end = end
        self.endOffset = endOffset
    }

    /// The nearest days before and after `day` that begin a partition; `nil` if it begins one itself.
    package static func neighbours(of day: Day, in period: PartitionPeriod) -> (before: Day, after: Day)? {
        let calendar = period.calendar
        let number = calendar.number(of: day)
        let before = calendar.firstDay(of: number)
        return before == day ? nil : (before, calendar.firstDay(of: number + 1))
    }

    package func starting(on day: Day?) -> TimePartitions {
        TimePartitions(period, zone: zone, start: day, end: end, endOffset: endOffset)
    }

    // MARK: One partition

    /// The partition that `instant` lies in, whether it exists or not.
    package func slot(at instant: Timestamp) -> TimeSlot {
        guard period != .hourly else { return hour(at: instant, in: zone.stretch(at: instant)) }
        let calendar = period.calendar
        // Where clocks went back over midnight, a day goes on for a while after the next has begun.
        var number = calendar.number(of: zone.day(at: instant))
        while start(ofPeriod: number + 1) <= instant { number += 1 }
        while start(ofPeriod: number) > instant { number -= 1 }
        return slot(ofPeriod: number)
    }

    /// `nil` if `key` names none: it is written otherwise, or a day or hour that never was.
    package func slot(_ key: PartitionKey) -> TimeSlot? {
        guard period != .hourly else { return hour(named: key) }
        guard let number = period.calendar.number(named: key.text) else { return nil }
        let slot = slot(ofPeriod: number)
        return slot.window.isEmpty ? nil : slot
    }

    package func next(after slot: TimeSlot) -> TimeSlot { self.slot(at: slot.window.upperBound) }

    package func previous(before slot: TimeSlot) -> TimeSlot {
        self.slot(at: slot.window.lowerBound - .microseconds(1))
    }

    /// So many partitions later, or earlier.
    package func slot(_ count: Int, after slot: TimeSlot) -> TimeSlot {
        var slot = slot
        for _ in 0..<abs(count) { slot = count > 0 ? next(after: slot) : previous(before: slot) }
        return slot
    }

    /// What clocks on the wall show during the partition, for values that have no zone.
    ///
    /// Each time of the wall belongs to one partition: one that is shown twice to the first, one that is
    /// skipped to the one after the jump. So it is empty for the second of two equal hours.
    package func wall(of slot: TimeSlot) -> Range<LocalTime> {
        switch period {
        case .hourly:
            let stretch = zone.stretch(at: slot.window.lowerBound)
            let hour = stretch.wallHour(at: slot.window.lowerBound)
            guard pieces(ofWallHour: hour).first?.range == slot.window else {
                return wallTime(ofHour: hour)..<wallTime(ofHour: hour)
            }
            var first = hour
            while pieces(ofWallHour: first - 1).isEmpty { first -= 1 }
            return wallTime(ofHour: first)..<wallTime(ofHour: hour + 1)
        case .daily, .weekly, .monthly:
            let calendar = period.calendar
            guard let number = calendar.number(named: slot.key.text) else {
                preconditionFailure("A slot has the name that its period gives.")
            }
            var first = number
            while self.slot(ofPeriod: first - 1).window.isEmpty { first -= 1 }
            return LocalTime(
                day: calendar.firstDay(of: first))..<LocalTime(day: calendar.firstDay(of: number + 1))
        }
    }

    /// The partition to which a time of the wall belongs: see ``wall(of:)``.
    package func slot(atWall time: LocalTime) -> TimeSlot {
        switch zone.instants(ofLocal: time) {
        case .one(let instant), .two(let instant, _): slot(at: instant)
        case .none(let resumesAt): slot(at: resumesAt)
        }
    }

    // MARK: Many

    /// The instant from which partitions exist; `nil` is not known.
    package var begin: Timestamp? { start.map(zone.start) }

    /// The end of the newest partition that exists at `now`.
    package func limit(at now: Timestamp) -> Timestamp {
        let present = slot(at: now)
        let limit = slot(endOffset, after: present).window.lowerBound
        return end.map { min(limit, zone.start(of: $0)) } ?? limit
    }

    /// The span of all partitions that exist at `now`; `nil` if it is not known where they begin.
    package func span(at now: Timestamp) -> Range<Timestamp>? {
        begin.map { $0..<max($0, limit(at: now)) }
    }

    /// How many partitions there are between two instants at which partitions begin.
    package func count(in span: Range<Timestamp>) -> Int {
        guard !span.isEmpty else { return 0 }
        if period == .hourly {
            return zone.stretches(in: span).reduce(0) { count, stretch in
                let last = stretch.wallHour(at: stretch.range.upperBound - .microseconds(1))
                return count + Int(last - stretch.wallHour(at: stretch.range.lowerBound)) + 1
            }
        }
        let (first, last) = (
            number(of: slot(at: span.lowerBound)), number(of: slot(at: span.upperBound - .microseconds(1)))
        )
        guard period == .daily else { return last - first + 1 }
        let skipped = zone.transitions(in: span).filter { $0.offsetAfter - $0.offsetBefore >= 86_400 }
            .reduce(0) { count, jump in
                let (before, after) = (
                    number(of: slot(at: jump.instant - .microseconds(1))), number(of: slot(at: jump.instant))
                )
                return count + max(0, after - before - 1)
            }
        return last - first + 1 - skipped
    }

    /// `span` grown to whole partitions.
    func whole(_ span: Range<Timestamp>) -> Range<Timestamp> {
        guard !span.isEmpty else { return span }
        let first = slot(at: span.lowerBound).window.lowerBound
        return first..<slot(at: span.upperBound - .microseconds(1)).window.upperBound
    }

    // MARK: Calendar periods

    private func number(of slot: TimeSlot) -> Int { period.calendar.number(named: slot.key.text) ?? 0 }

    private func start(ofPeriod number: Int) -> Timestamp {
        zone.start(of: period.calendar.firstDay(of: number))
    }

    private func slot(ofPeriod number: Int) -> TimeSlot {
        let start = start(ofPeriod: number)
        return TimeSlot(
            key: PartitionKey(known: period.calendar.name(of: number)),
            window: start..<max(start, self.start(ofPeriod: number + 1)))
    }
}

extension PartitionKey {
    /// For text that is a name by construction.
    init(known text: String) { self.text = text }
}
