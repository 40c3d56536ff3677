/// A stretch of time in which a zone's clocks run evenly, and how far they are ahead of UTC.
struct ZoneStretch: Hashable, Sendable {
    let range: Range<Timestamp>
    /// Microseconds east of Greenwich.
    let offset: Int64

    static let hour: Int64 = 3_600_000_000
    /// No offset is beyond a day.
    static let margin = Duration.seconds(27 * 3_600)

    /// The number of the hour on the wall, counted from midnight of 1970-01-01 on the wall.
    func wallHour(at instant: Timestamp) -> Int64 {
        (instant.microseconds + offset).floorDivided(by: ZoneStretch.hour)
    }

    /// The part of the stretch in which the clocks show this hour; empty if they never do.
    func range(ofWallHour hour: Int64) -> Range<Timestamp> {
        let start = Timestamp(microseconds: hour * ZoneStretch.hour - offset)
        return (start..<(start + .seconds(3_600))).clamped(to: range)
    }

    /// Whether the hour of `instant` lies so deep inside that no other stretch shows the same.
    func isPlain(at instant: Timestamp) -> Bool {
        range.lowerBound + ZoneStretch.margin < instant && instant < range.upperBound - ZoneStretch.margin
    }
}

extension ZoneRules {
    /// The stretch that `instant` lies in, cut off where it is further away than `reach`.
    func stretch(at instant: Timestamp, reach: Duration = .seconds(30 * 3_600)) -> ZoneStretch {
        let reach = (instant - reach)..<(instant + reach)
        var range = reach
        for change in transitions(in: reach) {
            if change.instant <= instant {
                range = change.instant..<range.upperBound
            } else {
                range = range.lowerBound..<change.instant
                break
            }
        }
        return ZoneStretch(range: range, offset: Int64(offset(at: instant)) * 1_000_000)
    }

    /// All stretches of `range`, in order.
    func stretches(in range: Range<Timestamp>) -> [ZoneStretch] {
        guard !range.isEmpty else { return [] }
        var found: [ZoneStretch] = []
        var begin = range.lowerBound
        for change in transitions(in: range) where change.instant > begin {
            found.append(
                ZoneStretch(
                    range: begin..<change.instant, offset: Int64(change.offsetBefore) * 1_000_000))
            begin = change.instant
        }
        found.append(
            ZoneStretch(range: begin..<range.upperBound, offset: Int64(offset(at: begin)) * 1_000_000))
        return found
    }
}
