/// When a part of the lake is built, as `lake.yaml` says it.
package struct ScheduleDefinition: Hashable, Sendable {
    package let name: TriggerName
    package let description: String?
    package let work: TriggeredWork
    /// Any of these; not empty.
    package let expressions: [CronExpression]
    /// Where its clocks are.
    package let zone: ZoneRules
    /// It fires only within, and what has not started by the end is skipped; `nil` is always.
    package let window: Pace.Hours?
    package let catchUp: CatchUp
    /// Starts are spread over so much time.
    package let jitter: Duration
    package let isPaused: Bool
    package let place: Place
    /// ``expressions``, less what is outside of the window.
    let firing: [CronExpression]

    package init(
        name: TriggerName, description: String? = nil, work: TriggeredWork, expressions: [CronExpression],
        zone: ZoneRules, window: Pace.Hours? = nil, catchUp: CatchUp = .latest, jitter: Duration = .zero,
        isPaused: Bool = false, place: Place
    ) {
        self.name = name
        self.description = description
        self.work = work
        self.expressions = expressions
        self.zone = zone
        self.window = window
        self.catchUp = catchUp
        self.jitter = jitter
        self.isPaused = isPaused
        self.place = place
        firing = window.map { window in expressions.compactMap { $0.within(window) } } ?? expressions
    }

    /// What becomes of firings that nobody was there for.
    package enum CatchUp: Hashable, Sendable {
        /// None of them runs.
        case skip
        /// Only the newest one.
        case latest
        /// So many of the newest ones, the oldest first.
        case all(max: Int)
    }

    /// What decides when it fires, in one line. If it is another one than at the last evaluation, that
    /// evaluation says nothing of this schedule: begin anew, or times that were never announced would be
    /// caught up with.
    package var timing: String {
        let within = window.map { " within \($0)" } ?? ""
        return "\(expressions.map(\.text).joined(separator: "; ")) \(zone.name)\(within)"
    }

    /// The first firing after `instant`, paused or not; `nil` if there is none.
    package func nextFiring(after instant: Timestamp) -> Timestamp? {
        firing.compactMap { $0.next(after: instant, in: zone) }.min()
    }
}

/// One time at which a schedule says that something starts.
package struct ScheduledFiring: Hashable, Sendable {
    package let schedule: TriggerName
    /// When the schedule says.
    package let nominal: Timestamp
    /// The same with jitter: not before then.
    package let startsAt: Timestamp
    /// From then on it is too late: the end of the window.
    package let endsAt: Timestamp?

    /// The idempotency key of its run: the same wherever and however often it is computed.
    package var key: String { "schedule/\(schedule)/\(nominal)" }

    /// Why it may not start at `now`, because its window is over; `nil` if it may.
    package func objection(toStartAt now: Timestamp) -> SkippedFirings.Reason? {
        guard let endsAt, now >= endsAt else { return nil }
        return .windowOver(endsAt)
    }
}

extension ScheduleDefinition {
    /// The firing at `nominal`, which must be one of its times.
    package func firing(at nominal: Timestamp) -> ScheduledFiring {
        let end = windowEnd(after: nominal)
        var spread = jitter
        // Starts stay within their window, and in the order of their firings.
        if let end { spread = min(spread, end - nominal) }
        if spread > .zero, let next = nextFiring(after: nominal) { spread = min(spread, next - nominal) }
        let seconds = spread.components.seconds
        let delay = seconds > 0 ? Int64(truncatingIfNeeded: digest(of: nominal) % UInt64(seconds)) : 0
        return ScheduledFiring(
            schedule: name, nominal: nominal, startsAt: nominal + .seconds(delay), endsAt: end)
    }

    /// When the window that `nominal` is in ends; `nil` without one.
    private func windowEnd(after nominal: Timestamp) -> Timestamp? {
        guard let window else { return nil }
        let local = zone.localTime(at: nominal)
        // A time that the clocks skipped may have taken the whole window with it: then it is as long, but
        // later.
        guard window.contains(local) else { return nominal + window.length }
        let isNextDay = window.from > window.to && local.hour * 60 + local.minute >= window.from
        let day = local.day + (isNextDay ? 1 : 0)
        let end =
            window.to == 1_440
            ? zone.start(of: day + 1)
            : zone.instant(
                ofLocal: LocalTime(day: day, hour: window.to / 60, minute: window.to % 60), after: nominal)
        return end > nominal ? end : nominal + window.length
    }

    /// FNV-1a of the name and the instant, stirred. Swift's own hashes differ from process to process.
    private func digest(of nominal: Timestamp) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(name)/\(nominal)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}

extension ZoneRules {
    /// When clocks show `local`: the first such instant after `instant` if they do so twice, the jump if
    /// never.
    func instant(ofLocal local: LocalTime, after instant: Timestamp = Timestamp(microseconds: .min))
        -> Timestamp
    {
        switch instants(ofLocal: local) {
        case .none(let jump): jump
        case .one(let only): only
        case .two(let first, let second): first > instant ? first : second
        }
    }
}
