/// What a schedule remembers from one look to the next. It is stored together with the runs that it starts.
package struct ScheduleMemory: Hashable, Sendable {
    /// ``ScheduleDefinition/timing`` at the last look.
    package var timing: String
    package var evaluatedThrough: Timestamp
    /// Firings that are due and wait for their start, because of their jitter; the oldest first.
    package var pending: [Timestamp]

    package init(timing: String, evaluatedThrough: Timestamp, pending: [Timestamp] = []) {
        self.timing = timing
        self.evaluatedThrough = evaluatedThrough
        self.pending = pending
    }
}

/// What follows from one look at a schedule.
package struct ScheduleTick: Hashable, Sendable {
    /// To be started now, the oldest first.
    package let starts: [ScheduledFiring]
    package let skipped: [SkippedFirings]
    package let memory: ScheduleMemory
    /// When the next look is worth it; `nil` is never.
    package let looksAgainAt: Timestamp?
}

extension ScheduleDefinition {
    /// What is to be started at `now`, and what is to be remembered with it.
    ///
    /// A schedule that fires at other times than at the last look begins anew: what it would have fired by
    /// its new times was never announced.
    /// - Parameter isPaused: Overrides the definition, if somebody has said so.
    package func tick(_ memory: ScheduleMemory?, isPaused: Bool? = nil, now: Timestamp) -> ScheduleTick {
        let definition = isPaused.map(pausing) ?? self
        let known = memory.flatMap { $0.timing == timing ? $0 : nil }
        let evaluation = definition.evaluate(since: known?.evaluatedThrough, now: now)
        var skipped = evaluation.skipped
        var starts: [ScheduledFiring] = []
        var waiting: [ScheduledFiring] = []
        for firing in (known?.pending ?? []).map(firing) + evaluation.due {
            if definition.isPaused {
                skipped.append(SkippedFirings(firing, .paused))
            } else if let reason = firing.objection(toStartAt: now) {
                skipped.append(SkippedFirings(firing, reason))
            } else if firing.startsAt <= now {
                starts.append(firing)
            } else {
                waiting.append(firing)
            }
        }
        return ScheduleTick(
            starts: starts, skipped: skipped,
            memory: ScheduleMemory(
                timing: timing, evaluatedThrough: evaluation.evaluatedThrough,
                pending: waiting.map(\.nominal)),
            looksAgainAt: (waiting.map(\.startsAt) + [evaluation.looksAgainAt].compactMap { $0 }).min())
    }

    private func pausing(_ isPaused: Bool) -> ScheduleDefinition {
        ScheduleDefinition(
            name: name, description: description, work: work, expressions: expressions, zone: zone,
            window: window, catchUp: catchUp, jitter: jitter, isPaused: isPaused, place: place)
    }
}
