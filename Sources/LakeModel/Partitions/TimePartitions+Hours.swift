/// Hours: as long as the clocks show one hour of one day without being moved, it is one partition.
extension TimePartitions {
    /// The hour of `instant`, which lies in `stretch`.
    func hour(at instant: Timestamp, in stretch: ZoneStretch) -> TimeSlot {
        let hour = stretch.wallHour(at: instant)
        let isShownTwice = !stretch.isPlain(at: instant) && pieces(ofWallHour: hour).count > 1
        return TimeSlot(
            key: key(ofWallHour: hour, offset: isShownTwice ? stretch.offset : nil),
            window: stretch.range(ofWallHour: hour))
    }

    /// `2026-11-22T05`, or `2026-10-25T01+01:00` of an hour that is shown twice.
    func hour(named key: PartitionKey) -> TimeSlot? {
        let text = key.text
        guard let day = Day(String(text.prefix(10))), text.dropFirst(10).first == "T",
            let hourOfDay = Int(text.dropFirst(11).prefix(2)), (0..<24).contains(hourOfDay)
        else { return nil }
        let hour = Int64(day.daysSinceEpoch) * 24 + Int64(hourOfDay)
        let pieces = pieces(ofWallHour: hour)
        return pieces.lazy.map { piece in
            TimeSlot(
                key: self.key(ofWallHour: hour, offset: pieces.count > 1 ? piece.offset : nil),
                window: piece.range)
        }.first { $0.key == key }
    }

    /// The stretches of time during which the clocks show this hour, in order: none if it is skipped, two if
    /// they are put back over it.
    func pieces(ofWallHour hour: Int64) -> [ZoneStretch] {
        let asUTC = Timestamp(microseconds: hour * ZoneStretch.hour)
        let reach = (asUTC - ZoneStretch.margin)..<(asUTC + .seconds(3_600) + ZoneStretch.margin)
        return zone.stretches(in: reach).compactMap { stretch in
            let range = stretch.range(ofWallHour: hour)
            return range.isEmpty ? nil : ZoneStretch(range: range, offset: stretch.offset)
        }
    }

    func wallTime(ofHour hour: Int64) -> LocalTime {
        LocalTime(microsecondsSinceEpoch: hour * ZoneStretch.hour)
    }

    private func key(ofWallHour hour: Int64, offset: Int64?) -> PartitionKey {
        let days = hour.floorDivided(by: 24)
        let text = "\(Day(daysSinceEpoch: Int(days)))T\(padded(Int(hour - days * 24), 2))"
        return PartitionKey(known: text + (offset.map(TimePartitions.text) ?? ""))
    }

    /// `+01:00`, with seconds only where there are some.
    private static func text(ofOffset offset: Int64) -> String {
        let seconds = Int(abs(offset) / 1_000_000)
        let minutes = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2))"
        return (offset < 0 ? "-" : "+") + minutes
            + (seconds % 60 == 0 ? "" : ":\(padded(seconds % 60, 2))")
    }
}

/// Goes through partitions of time one by one, without looking up the zone's rules for each hour.
struct TimeWalker: Sendable {
    private let times: TimePartitions
    private let spans: [Range<Timestamp>]
    private let isNewestFirst: Bool
    private var index = 0
    /// Where the next partition begins, or ends if the newest comes first.
    private var position: Timestamp?
    private var stretch: ZoneStretch?

    /// - Parameter spans: In order, of whole partitions.
    init(_ times: TimePartitions, _ spans: [Range<Timestamp>], newestFirst: Bool) {
        self.times = times
        self.spans = newestFirst ? spans.reversed() : spans
        isNewestFirst = newestFirst
    }

    mutating func next() -> TimeSlot? {
        while index < spans.count {
            let span = spans[index]
            let position = position ?? (isNewestFirst ? span.upperBound : span.lowerBound)
            let instant = isNewestFirst ? position - .microseconds(1) : position
            guard span.contains(instant) else {
                index += 1
                self.position = nil
                continue
            }
            let slot = slot(at: instant)
            self.position = isNewestFirst ? slot.window.lowerBound : slot.window.upperBound
            return slot
        }
        return nil
    }

    private mutating func slot(at instant: Timestamp) -> TimeSlot {
        guard times.period == .hourly else { return times.slot(at: instant) }
        if let stretch, stretch.isPlain(at: instant) { return times.hour(at: instant, in: stretch) }
        let found = times.zone.stretch(at: instant, reach: .seconds(400 * 86_400))
        stretch = found
        return times.hour(at: instant, in: found)
    }
}
