/// What became due since a schedule was last looked at.
package struct ScheduleEvaluation: Hashable, Sendable {
    /// To be started, not before ``ScheduledFiring/startsAt``; the oldest first.
    package let due: [ScheduledFiring]
    package let skipped: [SkippedFirings]
    /// To be passed to the next evaluation, and stored together with what was started. It goes back only
    /// when the clock does so by days.
    package let evaluatedThrough: Timestamp
    /// When the next firing is; `nil` if there is none.
    package let looksAgainAt: Timestamp?
}

/// Firings that start nothing, and why.
package struct SkippedFirings: Hashable, Sendable, CustomStringConvertible {
    package let schedule: TriggerName
    package let first: Timestamp
    package let last: Timestamp
    /// How many; no more than 1,000 are counted.
    package let count: Int
    package let isMore: Bool
    package let reason: Reason

    package enum Reason: Hashable, Sendable {
        case paused
        /// Nobody was there, and `catch_up` is `skip`.
        case missed
        /// Nobody was there, and `catch_up` is `latest`.
        case superseded
        /// Nobody was there, and no more than so many are caught up with.
        case beyondMax(Int)
        /// The window ended then.
        case windowOver(Timestamp)
    }

    package var description: String {
        let range =
            first == last ? "\(first)" : "\(count)\(isMore ? " or more" : "") from \(first) to \(last)"
        return "\(schedule): \(range) skipped: \(reason)"
    }
}

extension SkippedFirings.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .paused: "the schedule is paused"
        case .missed: "nothing was running then, and 'catch_up' is 'skip'"
        case .superseded: "nothing was running then, and only the latest is caught up with"
        case .beyondMax(let max): "nothing was running then, and only \(max) are caught up with"
        case .windowOver(let end): "its window was over at \(end)"
        }
    }
}

extension ScheduleDefinition {
    /// What is due at `now`.
    ///
    /// Nothing fires twice if the clock goes back: only what is after `last` counts. At the first
    /// evaluation (`last` is `nil`) nothing of the past fires. If `last` is days ahead, a wrong clock was set
    /// right: waiting until it is over would stop the schedule for as long, so it begins anew, and keys keep
    /// what did run from running again.
    package func evaluate(since last: Timestamp?, now: Timestamp) -> ScheduleEvaluation {
        let last = last.flatMap { $0 - now > Self.clockErrorMax ? nil : $0 }
        let through = max(last ?? now, now)
        let next = nextFiring(after: through)
        guard let last, last < now else {
            return ScheduleEvaluation(due: [], skipped: [], evaluatedThrough: through, looksAgainAt: next)
        }
        var due: [ScheduledFiring] = []
        var skipped: [SkippedFirings] = []
        let candidates = isPaused ? [] : newest(max(1, countMax), after: last, through: now)
        let older = candidates.first.map { Timestamp(microseconds: $0.microseconds - 1) } ?? now
        if isPaused || !candidates.isEmpty,
            let summary = summary(after: last, through: older, reason: isPaused ? .paused : reasonOfOlder)
        {
            skipped.append(summary)
        }
        for nominal in candidates {
            let firing = firing(at: nominal)
            if catchUp == .skip, now - nominal > Self.punctuality {
                skipped.append(SkippedFirings(firing, .missed))
            } else if let reason = firing.objection(toStartAt: now) {
                skipped.append(SkippedFirings(firing, reason))
            } else {
                due.append(firing)
            }
        }
        return ScheduleEvaluation(due: due, skipped: skipped, evaluatedThrough: through, looksAgainAt: next)
    }

    /// A firing that is not older was not missed: restarts take seconds, busy machines a little longer.
    package static let punctuality = Duration.seconds(300)

    /// How far a clock may go back and still be waited for.
    package static let clockErrorMax = Duration.seconds(2 * 86_400)

    private var countMax: Int {
        switch catchUp {
        case .skip, .latest: 1
        case .all(let max): max
        }
    }

    private var reasonOfOlder: SkippedFirings.Reason {
        switch catchUp {
        case .skip: .missed
        case .latest: .superseded
        case .all(let max): .beyondMax(max)
        }
    }

    /// The newest `count` firings in a range of time, in order.
    private func newest(_ count: Int, after last: Timestamp, through now: Timestamp) -> [Timestamp] {
        // Years of downtime are not walked through minute by minute: the search widens from the end.
        var length = Duration.seconds(3_600)
        while true {
            let start = max(last, now - length)
            var found: [Timestamp] = []
            var position = start
            while let next = nextFiring(after: position), next <= now {
                found.append(next)
                position = next
            }
            if found.count >= count || start == last { return found.suffix(count) }
            length *= 2
        }
    }

    /// All firings in a range of time in one remark; `nil` if there are none.
    private func summary(
        after start: Timestamp, through end: Timestamp, reason: SkippedFirings.Reason
    ) -> SkippedFirings? {
        guard start < end, let last = newest(1, after: start, through: end).last,
            let first = nextFiring(after: start)
        else { return nil }
        var count = 1
        var position = first
        while count < 1_000, let next = nextFiring(after: position), next <= end {
            count += 1
            position = next
        }
        return SkippedFirings(
            schedule: name, first: first, last: last, count: count, isMore: position < last, reason: reason)
    }
}

extension SkippedFirings {
    init(_ firing: ScheduledFiring, _ reason: Reason) {
        self.init(
            schedule: firing.schedule, first: firing.nominal, last: firing.nominal, count: 1, isMore: false,
            reason: reason)
    }
}
