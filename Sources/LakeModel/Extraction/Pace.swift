/// How hard a source may be read.
package struct Pace: Hashable, Sendable {
    /// Of all connections of one table together.
    package let rowsPerSecond: Int?
    /// When it may be read; `nil` is always.
    package let hours: Hours?
    /// Reading waits while the source is further behind the server that it replicates.
    package let replicaLagMax: Duration?
    /// Reading waits while more statements than these run at the source.
    package let threadsRunningMax: Int?

    package init(
        rowsPerSecond: Int? = nil, hours: Hours? = nil, replicaLagMax: Duration? = nil,
        threadsRunningMax: Int? = nil
    ) {
        self.rowsPerSecond = rowsPerSecond
        self.hours = hours
        self.replicaLagMax = replicaLagMax
        self.threadsRunningMax = threadsRunningMax
    }

    /// A part of the day in the lake's time zone; it may pass midnight. The end is not in it.
    package struct Hours: Hashable, Sendable {
        /// Minutes since midnight.
        package let from: Int
        package let to: Int

        package init?(from: Int, to: Int) {
            guard (0..<1_440).contains(from), (0...1_440).contains(to), from != to else { return nil }
            self.from = from
            self.to = to
        }
    }

    /// Whether nothing slows the reading down.
    package var isFree: Bool { self == Pace() }
    /// Whether the source must be asked how busy it is.
    package var dependsOnLoad: Bool { replicaLagMax != nil || threadsRunningMax != nil }

    /// Why `load` is too much, in words; `nil` if it is not. What the source does not say stops nobody.
    package func objection(to load: SourceLoad) -> String? {
        if let replicaLagMax, let lag = load.replicaLag, lag > replicaLagMax {
            return "replica is \(lag.wholeSeconds) s behind (max \(replicaLagMax.wholeSeconds) s)"
        }
        if let threadsRunningMax, let running = load.threadsRunning, running > threadsRunningMax {
            return "\(running) statements run at the source (max \(threadsRunningMax))"
        }
        return nil
    }
}

extension Pace.Hours {
    /// From `22:00-06:00`; `nil` if it is none.
    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end -> Int? in
            let parts = end.filter { $0 != " " }.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
                let minute = Int(parts[1]), (0...24).contains(hour), (0..<60).contains(minute),
                hour < 24 || minute == 0
            else { return nil }
            return hour * 60 + minute
        }
        guard ends.count == 2, let from = ends[0], let to = ends[1] else { return nil }
        self.init(from: from, to: to)
    }
}

extension Pace.Hours: CustomStringConvertible {
    /// `22:00–06:00`.
    package var description: String { "\(Self.text(from))–\(Self.text(to))" }

    private static func text(_ minutes: Int) -> String {
        "\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    }

    /// On a day of 24 hours.
    package var length: Duration {
        let minutes = (to - from + 1_440) % 1_440
        return .seconds((minutes == 0 ? 1_440 : minutes) * 60)
    }

    /// Whether the wall's clock shows a time within them.
    package func contains(_ time: LocalTime) -> Bool {
        contains(minuteOfDay: time.hour * 60 + time.minute)
    }

    /// Whether that many minutes after midnight are within them.
    package func contains(minuteOfDay minute: Int) -> Bool {
        from < to ? (from..<to).contains(minute) : minute >= from || minute < to
    }

    /// The first instant after `now` that is within them: when they begin on the wall, or when the clocks are
    /// put forward or back into them.
    package func next(after now: Timestamp, in zone: ZoneRules) -> Timestamp {
        let today = zone.day(at: now)
        var candidates = zone.transitions(in: now..<(now + .seconds(4 * 86_400))).map(\.instant)
        for days in 0...3 {
            let begin = LocalTime(day: today + days, hour: from / 60, minute: from % 60)
            switch zone.instants(ofLocal: begin) {
            case .none(let instant), .one(let instant): candidates.append(instant)
            case .two(let first, let second): candidates += [first, second]
            }
        }
        // Whatever the zone does, they begin within two days.
        return candidates.filter { $0 > now && contains(zone.localTime(at: $0)) }.min()
            ?? now + .seconds(86_400)
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { components.seconds }
}
