/// When the clocks of a time zone change: the contents of one TZif file (RFC 9636).
///
/// Instants after the file's last transition follow the rule in its footer, so a night in 2045 is answered as
/// surely as the last one.
package struct ZoneRules: Hashable, Sendable {
    /// The IANA name, such as `Europe/London`.
    package let name: String
    /// Ordered by instant.
    private let table: [Transition]
    private let firstOffset: Int
    private let footer: YearlyRule?

    /// One change of a zone's offset.
    package struct Transition: Hashable, Sendable {
        /// The first instant of the new offset.
        package let instant: Timestamp
        /// Seconds east of Greenwich, before and from `instant` on.
        package let offsetBefore: Int
        package let offsetAfter: Int
    }

    /// Which instants show a given time on the wall.
    package enum Instants: Hashable, Sendable {
        /// The clocks were put forward over that time; `resumesAt` is the instant of the jump.
        case none(resumesAt: Timestamp)
        case one(Timestamp)
        /// The clocks were put back over that time; in order.
        case two(Timestamp, Timestamp)
    }

    package static let utc = ZoneRules(name: "UTC", table: [], firstOffset: 0, footer: nil)

    /// `nil` unless `bytes` are a TZif file of version 2 or later.
    package init?(name: String, tzif bytes: [UInt8]) {
        guard let contents = TZifContents(bytes) else { return nil }
        var before = contents.firstOffset
        var table: [Transition] = []
        for (second, offset) in contents.changes {
            let instant = Timestamp(microseconds: second * 1_000_000)
            table.append(Transition(instant: instant, offsetBefore: before, offsetAfter: offset))
            before = offset
        }
        self.init(name: name, table: table, firstOffset: contents.firstOffset, footer: contents.footer)
    }

    private init(name: String, table: [Transition], firstOffset: Int, footer: YearlyRule?) {
        self.name = name
        self.table = table
        self.firstOffset = firstOffset
        self.footer = footer
    }

    /// Seconds east of Greenwich.
    package func offset(at instant: Timestamp) -> Int {
        guard let last = table.last else { return footer?.offset(at: instant) ?? firstOffset }
        if instant >= last.instant { return footer?.offset(at: instant) ?? last.offsetAfter }
        let index = firstIndex(after: instant)
        return index == 0 ? firstOffset : table[index - 1].offsetAfter
    }

    /// What the wall's clock and calendar show.
    package func localTime(at instant: Timestamp) -> LocalTime {
        LocalTime(microsecondsSinceEpoch: instant.microseconds + Int64(offset(at: instant)) * 1_000_000)
    }

    package func day(at instant: Timestamp) -> Day { localTime(at: instant).day }

    /// The instants at which the clocks show `local`.
    package func instants(ofLocal local: LocalTime) -> Instants {
        // No offset is beyond a day, so whatever shows `local` lies within a day of it.
        let asUTC = Timestamp(microseconds: local.microsecondsSinceEpoch)
        let (from, to) = (asUTC - .seconds(93_600), asUTC + .seconds(93_600))
        let changes = transitions(in: from..<to)
        let offsets = Set([offset(at: from)] + changes.map(\.offsetAfter))
        let found = offsets.compactMap { offset -> Timestamp? in
            let instant = asUTC - .seconds(offset)
            return self.offset(at: instant) == offset ? instant : nil
        }.sorted()
        if found.count >= 2 { return .two(found[0], found[found.count - 1]) }
        if let only = found.first { return .one(only) }
        let jump = changes.first { asUTC < $0.instant + .seconds($0.offsetAfter) }
        return .none(resumesAt: jump?.instant ?? asUTC)
    }

    /// The first instant of `day`; where midnight was skipped, the instant of the jump.
    package func start(of day: Day) -> Timestamp {
        switch instants(ofLocal: LocalTime(day: day)) {
        case .none(let instant), .one(let instant), .two(let instant, _): instant
        }
    }

    /// The changes of the offset in `range`, in order.
    package func transitions(in range: Range<Timestamp>) -> [Transition] {
        let first = firstIndex(after: range.lowerBound - .microseconds(1))
        let end = firstIndex(after: range.upperBound - .microseconds(1))
        var found = Array(table[first..<max(first, end)])
        let after = table.last?.instant
        if let footer, after.map({ $0 < range.upperBound }) ?? true {
            found += footer.transitions(in: range).filter { change in
                after.map { change.instant > $0 } ?? true
            }
        }
        return found.filter { $0.offsetBefore != $0.offsetAfter }
    }

    private func firstIndex(after instant: Timestamp) -> Int {
        var (low, high) = (0, table.count)
        while low < high {
            let middle = (low + high) / 2
            if table[middle].instant <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A day and a time of day on somebody's wall; no instant until a zone says so.
package struct LocalTime: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let day: Day
    /// 0 to 86,399,999,999.
    package let microsecondsOfDay: Int64

    /// Midnight unless told otherwise. Hours, minutes and seconds must be in range.
    package init(day: Day, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        precondition(
            (0..<24).contains(hour) && (0..<60).contains(minute) && (0..<60).contains(second),
            "\(hour):\(minute):\(second) is no time of day")
        self.day = day
        microsecondsOfDay = Int64((hour * 60 + minute) * 60 + second) * 1_000_000
    }

    package init(microsecondsSinceEpoch microseconds: Int64) {
        let days = microseconds.floorDivided(by: 86_400_000_000)
        day = Day(daysSinceEpoch: Int(days))
        microsecondsOfDay = microseconds - days * 86_400_000_000
    }

    package var hour: Int { Int(microsecondsOfDay / 3_600_000_000) }
    package var minute: Int { Int(microsecondsOfDay / 60_000_000 % 60) }
    package var second: Int { Int(microsecondsOfDay / 1_000_000 % 60) }

    package var microsecondsSinceEpoch: Int64 {
        Int64(day.daysSinceEpoch) * 86_400_000_000 + microsecondsOfDay
    }

    /// `2026-11-22 23:04:05`; a fraction is cut.
    package var description: String { "\(day) \(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))" }

    package static func < (left: LocalTime, right: LocalTime) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }
}
