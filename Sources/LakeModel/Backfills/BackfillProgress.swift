/// How far a backfill is, how fast it goes, and when it will be done.
package struct BackfillProgress: Hashable, Sendable {
    /// In partitions.
    package let total: Int
    package let done: Int
    package let running: Int
    package let failed: Int
    /// Of its newest chunks, while they ran; `nil` before the first was done.
    package let perHour: Double?
    /// When all is done if it goes on like this; `nil` if it does not go on, or nobody can tell.
    package let endsAt: Timestamp?

    package var left: Int { total - done - failed }
    /// From 0 to 1.
    package var share: Double { total == 0 ? 1 : Double(done) / Double(total) }
}

extension Backfill {
    package func progress(at now: Timestamp, in zone: ZoneRules) -> BackfillProgress {
        func count(_ state: Chunk.State) -> Int {
            chunks.values.reduce(0) { $0 + ($1.state == state ? $1.count : 0) }
        }
        let failed = count(.failed)
        let rate = rate
        let left = plan.count - done - failed
        var endsAt: Timestamp?
        if state == .running, let rate, rate > 0 {
            endsAt = end(after: .seconds(Double(left) / rate * 3_600), from: now, in: zone)
        }
        return BackfillProgress(
            total: plan.count, done: done, running: count(.running), failed: failed, perHour: rate,
            endsAt: endsAt)
    }

    /// Partitions in an hour in which chunks ran, as far as its pace allows them.
    private var rate: Double? {
        var (busy, partitions) = (Duration.zero, 0)
        var reached: Timestamp?
        // What ran at once counts once.
        for one in recent.sorted(by: { $0.began < $1.began }) {
            let began = reached.map { max($0, one.began) } ?? one.began
            if one.ended > began { busy += one.ended - began }
            reached = reached.map { max($0, one.ended) } ?? one.ended
            partitions += one.count
        }
        guard partitions > 0 else { return nil }
        let measured = Double(partitions) / max(busy.seconds, 0.001) * 3_600
        return plan.pace.ratePerHour.map { min(measured, Double($0)) } ?? measured
    }

    /// When `work` is done that goes on only within the hours; `nil` if that is years away.
    private func end(after work: Duration, from now: Timestamp, in zone: ZoneRules) -> Timestamp? {
        guard work < Backfill.horizon else { return nil }
        guard let hours = plan.pace.hours, let closed = hours.complement else { return now + work }
        var (time, left) = (now, work)
        for _ in 0..<Backfill.windowsMax {
            if !hours.contains(zone.localTime(at: time)) { time = hours.next(after: time, in: zone) }
            let end = closed.next(after: time, in: zone)
            guard end - time < left else { return time + left }
            left -= end - time
            time = end
        }
        return nil
    }

    private static let horizon = Duration.seconds(20 * 366 * 86_400)
    private static let windowsMax = 4_000
}

extension Pace.Hours {
    /// The rest of the day; `nil` if there is none.
    var complement: Pace.Hours? {
        from == 0 && to == 1_440 ? nil : Pace.Hours(from: to % 1_440, to: from == 0 ? 1_440 : from)
    }
}
