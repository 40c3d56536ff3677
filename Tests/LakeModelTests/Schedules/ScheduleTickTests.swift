import LakeModel
import Testing

@Suite struct `A look at a schedule` {
    private func schedule(
        _ cron: String, catchUp: ScheduleDefinition.CatchUp = .latest, jitter: Duration = .zero,
        window: Pace.Hours? = nil, isPaused: Bool = false
    ) throws -> ScheduleDefinition {
        ScheduleDefinition(
            name: try #require(TriggerName("night")),
            work: TriggeredWork(action: .chores([.housekeeping])), expressions: [try CronExpression(cron)],
            zone: .utc, window: window, catchUp: catchUp, jitter: jitter, isPaused: isPaused,
            place: Place(file: "lake.yaml"))
    }

    private let noon = Timestamp(microseconds: 1_790_000_000_000_000)

    /// Looks every ten seconds, and forgets now and then what was not stored.
    private func starts(
        of schedule: ScheduleDefinition, hours: Int, from start: Timestamp, storingEvery: Int
    ) -> [Timestamp] {
        var (memory, stored): (ScheduleMemory?, ScheduleMemory?) = (nil, nil)
        var starts: [Timestamp] = []
        for step in 0..<(hours * 360) {
            let now = start + .seconds(step * 10)
            let tick = schedule.tick(memory, now: now)
            // What happened is stored at once; a look at which nothing did may be lost.
            let isNews = !tick.starts.isEmpty || tick.memory.pending != memory?.pending || memory == nil
            memory = tick.memory
            if isNews { stored = memory }
            starts += tick.starts.map(\.nominal)
            if step % storingEvery == 0 { memory = stored }
        }
        return starts
    }

    @Test func `starts each firing once, however often the process dies between two looks`() throws {
        let hourly = try schedule("0 * * * *")
        let expected = starts(of: hourly, hours: 24, from: noon, storingEvery: .max)
        #expect(expected.count == 24)
        for storingEvery in [1, 2, 7, 360, 1_000] {
            #expect(starts(of: hourly, hours: 24, from: noon, storingEvery: storingEvery) == expected)
        }
    }

    @Test func `keeps what waits for its jitter, and starts it at its time`() throws {
        let hourly = try schedule("0 * * * *", jitter: .seconds(1_800))
        #expect(starts(of: hourly, hours: 24, from: noon, storingEvery: 3).count >= 23)
        let nominal = try #require(hourly.nextFiring(after: noon))
        let firing = hourly.firing(at: nominal)
        try #require(firing.startsAt > nominal + .seconds(1))
        let first = hourly.tick(nil, now: noon)
        let due = hourly.tick(first.memory, now: nominal + .seconds(1))
        #expect(due.starts.isEmpty && due.memory.pending == [nominal])
        #expect(due.looksAgainAt == firing.startsAt)
        let late = hourly.tick(due.memory, now: firing.startsAt)
        #expect(late.starts == [firing] && late.memory.pending.isEmpty)
    }

    @Test func `begins anew when its times are others`() throws {
        let daily = try schedule("0 2 * * *")
        let memory = daily.tick(nil, now: noon).memory
        let changed = try schedule("0 * * * *")
        // Two days of hourly firings were never announced.
        let tick = changed.tick(memory, now: noon + .seconds(172_800))
        #expect(tick.starts.isEmpty && tick.memory.timing == changed.timing)
        #expect(daily.tick(memory, now: noon + .seconds(172_800)).starts.count == 1)
    }

    @Test func `starts nothing while somebody has paused it, and drops what waited`() throws {
        let hourly = try schedule("0 * * * *", jitter: .seconds(1_800))
        let nominal = try #require(hourly.nextFiring(after: noon))
        let waiting = hourly.tick(hourly.tick(nil, now: noon).memory, now: nominal + .seconds(1))
        let paused = hourly.tick(waiting.memory, isPaused: true, now: nominal + .seconds(3_599))
        #expect(paused.starts.isEmpty && paused.memory.pending.isEmpty)
        #expect(paused.skipped.map(\.reason) == [.paused])
        // A pause of the files can be lifted by hand.
        let off = try schedule("0 * * * *", isPaused: true)
        let memory = off.tick(nil, now: noon).memory
        #expect(off.tick(memory, now: nominal + .seconds(60)).starts.isEmpty)
        #expect(off.tick(memory, isPaused: false, now: nominal + .seconds(60)).starts.count == 1)
    }
}
