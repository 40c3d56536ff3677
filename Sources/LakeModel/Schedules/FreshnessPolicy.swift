/// How old a table may be, always or at named times: "at most 26h old by 07:30 Europe/London".
package struct FreshnessPolicy: Hashable, Sendable, CustomStringConvertible {
    package let ageMax: Duration
    /// `nil` is always.
    package let deadline: Deadline?
    package let place: Place

    package init(ageMax: Duration, deadline: Deadline? = nil, place: Place) {
        self.ageMax = ageMax
        self.deadline = deadline
        self.place = place
    }

    /// A time of day by which the table must be young enough.
    package struct Deadline: Hashable, Sendable {
        /// Minutes after midnight.
        package let minuteOfDay: Int
        package let zone: ZoneRules
        package let weekdays: Weekdays

        package init(minuteOfDay: Int, zone: ZoneRules, weekdays: Weekdays = .all) {
            self.minuteOfDay = minuteOfDay
            self.zone = zone
            self.weekdays = weekdays
        }

        /// The first one after `instant`. Where clocks skip it, the instant of the jump; where they show it
        /// twice, the first.
        func first(after instant: Timestamp) -> Timestamp {
            let today = zone.day(at: instant)
            var days = 0
            while true {
                let day = today + days
                let local = LocalTime(day: day, hour: minuteOfDay / 60, minute: minuteOfDay % 60)
                let found = zone.instant(ofLocal: local)
                // Weekdays are never empty, so a week or two have one.
                if weekdays.contains(day), found > instant || days > 20 { return found }
                days += 1
            }
        }
    }

    /// `at most 26h old by 07:30 Europe/London, MON-FRI`.
    package var description: String {
        guard let deadline else { return "at most \(spanText(ageMax)) old" }
        let time = "\(padded(deadline.minuteOfDay / 60, 2)):\(padded(deadline.minuteOfDay % 60, 2))"
        let days = deadline.weekdays == .all ? "" : ", \(deadline.weekdays)"
        return "at most \(spanText(ageMax)) old by \(time) \(deadline.zone.name)\(days)"
    }
}

/// What is known of a table when its freshness is judged.
package struct FreshnessFacts: Hashable, Sendable {
    /// When it was last built, or found to be what it would be built as; `nil` if never.
    package let newest: Timestamp?
    /// Since when the policy is in force: what was never built is late from then on.
    package let watchedSince: Timestamp
    /// How long it takes with all that it is made from: the median of recent runs; `nil` if not known.
    package let expected: Duration?
    /// When a run for it was last started, even in vain; `nil` if never.
    package let attemptedAt: Timestamp?
    /// Whether a run that builds it is queued or under way.
    package let isUnderWay: Bool

    package init(
        newest: Timestamp?, watchedSince: Timestamp, expected: Duration? = nil,
        attemptedAt: Timestamp? = nil, isUnderWay: Bool = false
    ) {
        self.newest = newest
        self.watchedSince = watchedSince
        self.expected = expected
        self.attemptedAt = attemptedAt
        self.isUnderWay = isUnderWay
    }
}

/// Whether a table is young enough, and what has to be done about it.
package struct FreshnessVerdict: Hashable, Sendable {
    /// To be started now, with all that it is made from; `nil` if nothing is.
    package let due: DueRun?
    /// Since when the policy is broken; `nil` if it holds.
    package let breachedSince: Timestamp?
    /// When this can change by itself: not before then, unless the table is built.
    package let looksAgainAt: Timestamp

    package struct DueRun: Hashable, Sendable {
        /// To be built, after all that it is made from.
        package let asset: AssetKey
        /// By when it is needed.
        package let deadline: Timestamp
        /// In words.
        package let reason: String
        /// The idempotency key of the run: another one after each attempt.
        package let key: String
    }
}

extension FreshnessPolicy {
    /// Decides for `asset` at `now`.
    ///
    /// A run is due as late as there is still room for a second try before the deadline, so that the data
    /// is as young as it can be.
    package func verdict(on asset: AssetKey, _ facts: FreshnessFacts, now: Timestamp) -> FreshnessVerdict {
        // A table that was never built counts as one of the moment at which the policy came into force, but
        // its first run does not wait.
        let deadline = deadline(after: facts.newest ?? facts.watchedSince)
        let breachedSince = deadline < now ? deadline : nil
        let retryDelay = max(facts.expected ?? .zero, .seconds(600))
        var startsAt = facts.newest == nil ? facts.watchedSince : deadline - lead(expecting: facts.expected)
        // An attempt of the future is one of a clock that was wrong.
        if let attemptedAt = facts.attemptedAt, attemptedAt <= now {
            startsAt = max(startsAt, attemptedAt + retryDelay)
        }
        let isDue = now >= startsAt && !facts.isUnderWay
        var looksAgainAt = now >= startsAt ? now + retryDelay : startsAt
        if breachedSince == nil { looksAgainAt = min(looksAgainAt, deadline + .microseconds(1)) }
        var due: FreshnessVerdict.DueRun?
        if isDue {
            let attempt = facts.attemptedAt.map { "/\($0)" } ?? ""
            due = FreshnessVerdict.DueRun(
                asset: asset, deadline: deadline, reason: reason(facts, deadline: deadline, now: now),
                key: "freshness/\(asset)/\(deadline)\(attempt)")
        }
        return FreshnessVerdict(due: due, breachedSince: breachedSince, looksAgainAt: looksAgainAt)
    }

    /// The first instant at which a table of `newest` is too old.
    package func deadline(after newest: Timestamp) -> Timestamp {
        let end = newest + ageMax
        return deadline?.first(after: end) ?? end
    }

    /// How long before the deadline a run is started: it, a second one, and a little.
    private func lead(expecting expected: Duration?) -> Duration {
        // A run that is begun too early would be too old again at the deadline.
        min((expected ?? .seconds(1_800)) * 2 + .seconds(600), ageMax / 2)
    }

    private func reason(_ facts: FreshnessFacts, deadline: Timestamp, now: Timestamp) -> String {
        guard let newest = facts.newest else { return "it was never built, and has to be \(self)" }
        let past = deadline < now
        let zone = self.deadline?.zone ?? .utc
        let when = "\(zone.localTime(at: deadline)) \(zone.name)"
        return past
            ? "it is of \(newest), and had to be \(self): too old since \(when)"
            : "it is of \(newest), and has to be \(self): too old from \(when) on"
    }
}
