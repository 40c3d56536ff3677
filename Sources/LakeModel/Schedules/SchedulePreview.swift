/// A firing to come, as people read it.
package struct FiringPreview: Hashable, Sendable {
    package let firing: ScheduledFiring
    /// What the wall's clock shows then.
    package let local: LocalTime
    /// Seconds east of Greenwich.
    package let offset: Int
    /// How long its day is: not 24 hours where clocks change.
    package let dayLength: Duration
    /// `nil` on ordinary times.
    package let clockChange: ClockChange?

    package enum ClockChange: Hashable, Sendable, CustomStringConvertible {
        /// It stands in for this time, which the clocks skip.
        case skipped(LocalTime)
        /// The clocks show this time twice.
        case firstOfTwo, secondOfTwo

        package var description: String {
            switch self {
            case .skipped(let time):
                "for \(padded(time.hour, 2)):\(padded(time.minute, 2)), which the clocks skip"
            case .firstOfTwo: "the first of two such times"
            case .secondOfTwo: "the second of two such times"
            }
        }
    }
}

extension ScheduleDefinition {
    /// Its firings after one instant and before another, paused or not.
    package func preview(after start: Timestamp, before end: Timestamp) -> [FiringPreview] {
        var firings: [FiringPreview] = []
        var position = start
        while let next = nextFiring(after: position), next < end {
            let local = zone.localTime(at: next)
            firings.append(
                FiringPreview(
                    firing: firing(at: next), local: local, offset: zone.offset(at: next),
                    dayLength: zone.start(of: local.day + 1) - zone.start(of: local.day),
                    clockChange: clockChange(at: next)))
            position = next
        }
        return firings
    }

    private func clockChange(at instant: Timestamp) -> FiringPreview.ClockChange? {
        let local = zone.localTime(at: instant)
        if firing.contains(where: { $0.matches(local) && local.second == 0 }) {
            guard case .two(let first, _) = zone.instants(ofLocal: local) else { return nil }
            return instant == first ? .firstOfTwo : .secondOfTwo
        }
        let change = zone.transitions(in: instant..<(instant + .microseconds(1))).first
        guard let change else { return nil }
        var skipped = instant.microseconds + Int64(change.offsetBefore) * 1_000_000
        skipped = (skipped + 59_999_999).floorDivided(by: 60_000_000) * 60_000_000
        while skipped < instant.microseconds + Int64(change.offsetAfter) * 1_000_000 {
            let time = LocalTime(microsecondsSinceEpoch: skipped)
            if firing.contains(where: { $0.matches(time) }) { return .skipped(time) }
            skipped += 60_000_000
        }
        return nil
    }
}
