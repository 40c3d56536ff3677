import LakeModel
import Testing

@Suite struct `A schedule` {
    private func schedule(
        _ crons: String..., zone: ZoneRules = .utc, window: Pace.Hours? = nil,
        catchUp: ScheduleDefinition.CatchUp = .latest, jitter: Duration = .zero, isPaused: Bool = false,
        name: String = "nightly"
    ) throws -> ScheduleDefinition {
        ScheduleDefinition(
            name: try #require(TriggerName(name)),
            work: TriggeredWork(action: .run(try Selection(["tag:light"]))),
            expressions: try crons.map { try CronExpression($0) }, zone: zone, window: window,
            catchUp: catchUp,
            jitter: jitter, isPaused: isPaused, place: Place(file: "lake.yaml"))
    }

    @Test func `fires nothing of the past at its first evaluation`() throws {
        let nightly = try schedule("0 2 * * *", catchUp: .all(max: 100))
        let found = try nightly.evaluate(since: nil, now: at("2026-11-23T12:00:00Z"))
        #expect(found.due == [] && found.skipped == [])
        #expect(try found.evaluatedThrough == at("2026-11-23T12:00:00Z"))
        #expect(try found.looksAgainAt == at("2026-11-24T02:00:00Z"))
    }

    @Test func `fires once, whenever and however often it is looked at`() throws {
        let nightly = try schedule("0 2 * * *")
        var last: Timestamp? = try at("2026-11-20T00:00:00Z")
        var now = try at("2026-11-20T00:00:00Z")
        var keys: [String] = []
        // Steps of a prime number of seconds; every fourth one goes back.
        for step in 0..<2_000 {
            now = step % 4 == 3 ? now - .seconds(1_009) : now + .seconds(503)
            let found = nightly.evaluate(since: last, now: now)
            keys += found.due.map(\.key)
            #expect(last.map { found.evaluatedThrough >= $0 } ?? true)
            #expect(try #require(found.looksAgainAt) > found.evaluatedThrough)
            last = found.evaluatedThrough
        }
        #expect(
            keys
                == [
                    "schedule/nightly/2026-11-20T02:00:00Z", "schedule/nightly/2026-11-21T02:00:00Z",
                    "schedule/nightly/2026-11-22T02:00:00Z",
                ].prefix(keys.count).map(\.self))
        #expect(keys.count >= 2)
    }

    @Test func `does not fire again what it fired, when the clock goes back by a day`() throws {
        let nightly = try schedule("0 2 * * *")
        let found = try nightly.evaluate(since: at("2026-11-23T03:00:00Z"), now: at("2026-11-22T01:00:00Z"))
        #expect(found.due == [] && found.skipped == [])
        #expect(try found.evaluatedThrough == at("2026-11-23T03:00:00Z"))
        #expect(try found.looksAgainAt == at("2026-11-24T02:00:00Z"))
    }

    @Test func `goes on at once when a clock that was a year ahead is set right`() throws {
        let nightly = try schedule("0 2 * * *")
        let found = try nightly.evaluate(since: at("2027-11-23T03:00:00Z"), now: at("2026-11-23T12:00:00Z"))
        #expect(found.due == [])
        #expect(try found.looksAgainAt == at("2026-11-24T02:00:00Z"))
        let next = try nightly.evaluate(since: found.evaluatedThrough, now: at("2026-11-24T02:00:01Z"))
        #expect(next.due.map(\.key) == ["schedule/nightly/2026-11-24T02:00:00Z"])
    }

    @Test func `catches up after a downtime as it says`() throws {
        let (last, now) = (try at("2026-11-01T12:00:00Z"), try at("2026-11-23T12:00:00Z"))
        let latest = try schedule("0 2 * * *").evaluate(since: last, now: now)
        #expect(latest.due.map(\.nominal.description) == ["2026-11-23T02:00:00Z"])
        #expect(
            latest.skipped.map(\.description) == [
                "nightly: 21 from 2026-11-02T02:00:00Z to 2026-11-22T02:00:00Z skipped: nothing was running then, and only the latest is caught up with"
            ])
        let skip = try schedule("0 2 * * *", catchUp: .skip).evaluate(since: last, now: now)
        #expect(skip.due == [])
        #expect(skip.skipped.map(\.count) == [21, 1])
        #expect(skip.skipped.allSatisfy { $0.reason == .missed })
        let all = try schedule("0 2 * * *", catchUp: .all(max: 5)).evaluate(since: last, now: now)
        #expect(
            all.due.map(\.nominal.day.description) == [
                "2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23",
            ])
        #expect(all.skipped.map(\.reason) == [.beyondMax(5)] && all.skipped.map(\.count) == [17])
        let everything = try schedule("0 2 * * *", catchUp: .all(max: 50)).evaluate(since: last, now: now)
        #expect(everything.due.count == 22 && everything.skipped == [])
    }

    @Test func `that skips what was missed still runs what is a moment late`() throws {
        let skip = try schedule("0 2 * * *", catchUp: .skip)
        let (last, late) = (try at("2026-11-23T01:59:00Z"), try at("2026-11-23T02:04:00Z"))
        #expect(skip.evaluate(since: last, now: late).due.count == 1)
        #expect(try skip.evaluate(since: last, now: at("2026-11-23T02:06:00Z")).due == [])
    }

    @Test func `of every minute is evaluated at once after ten years`() throws {
        let start = ContinuousClock.now
        let minutely = try schedule("* * * * *", catchUp: .all(max: 100))
        let found = try minutely.evaluate(since: at("2016-01-01T00:00:00Z"), now: at("2026-01-01T00:00:00Z"))
        #expect(found.due.count == 100)
        #expect(try found.due.last?.nominal == at("2026-01-01T00:00:00Z"))
        #expect(found.skipped.map(\.count) == [1_000] && found.skipped.first?.isMore == true)
        #expect(try found.skipped.first?.last == at("2025-12-31T22:20:00Z"))
        #expect(ContinuousClock.now - start < .seconds(3))
    }

    @Test func `of several expressions fires once where they meet`() throws {
        let both = try schedule("0 2 * * *", "0 */2 * * *")
        let found = try both.evaluate(since: at("2026-11-23T01:00:00Z"), now: at("2026-11-23T02:00:30Z"))
        #expect(found.due.map(\.nominal.description) == ["2026-11-23T02:00:00Z"])
        #expect(try found.looksAgainAt == at("2026-11-23T04:00:00Z"))
    }

    @Test func `that is paused starts nothing, and does not catch up with it later`() throws {
        let paused = try schedule("0 2 * * *", isPaused: true)
        let found = try paused.evaluate(since: at("2026-11-20T12:00:00Z"), now: at("2026-11-23T12:00:00Z"))
        #expect(found.due == [])
        #expect(found.skipped.map(\.reason) == [.paused] && found.skipped.map(\.count) == [3])
        let again = try schedule("0 2 * * *").evaluate(
            since: found.evaluatedThrough, now: at("2026-11-23T12:01:00Z"))
        #expect(again.due == [] && again.skipped == [])
    }

    // MARK: Windows

    @Test func `fires only within its window, and not when that is over`() throws {
        let window = try #require(Pace.Hours(from: 120, to: 180))
        let nightly = try schedule("*/20 * * * *", window: window, catchUp: .all(max: 10))
        let preview = try nightly.preview(
            after: at("2026-11-23T00:00:00Z"), before: at("2026-11-24T00:00:00Z"))
        #expect(
            preview.map { $0.local.description } == [
                "2026-11-23 02:00:00", "2026-11-23 02:20:00", "2026-11-23 02:40:00",
            ])
        #expect(preview.allSatisfy { $0.firing.endsAt?.description == "2026-11-23T03:00:00Z" })
        let late = try nightly.evaluate(since: at("2026-11-23T01:00:00Z"), now: at("2026-11-23T03:00:00Z"))
        #expect(late.due == [])
        #expect(
            late.skipped.map(\.reason)
                == .init(repeating: .windowOver(try at("2026-11-23T03:00:00Z")), count: 3))
        let inTime = try nightly.evaluate(since: at("2026-11-23T01:00:00Z"), now: at("2026-11-23T02:59:59Z"))
        #expect(inTime.due.count == 3)
        #expect(try inTime.due.first?.objection(toStartAt: at("2026-11-23T02:59:59Z")) == nil)
        #expect(
            try inTime.due.first?.objection(toStartAt: at("2026-11-23T03:00:00Z"))?.description
                == "its window was over at 2026-11-23T03:00:00Z")
    }

    @Test func `has windows that pass midnight`() throws {
        let window = try #require(Pace.Hours(from: 22 * 60, to: 6 * 60))
        let hourly = try schedule("0 * * * *", zone: zone("Europe/London"), window: window)
        let preview = try hourly.preview(
            after: at("2026-11-23T00:30:00Z"), before: at("2026-11-24T00:30:00Z"))
        #expect(preview.map(\.local.hour) == [1, 2, 3, 4, 5, 22, 23, 0])
        #expect(
            preview.map { $0.firing.endsAt?.description ?? "" } == Array(
                repeating: "2026-11-23T06:00:00Z", count: 5)
                + Array(repeating: "2026-11-24T06:00:00Z", count: 3))
    }

    @Test func `keeps its window on the days on which clocks change`() throws {
        let newYork = try zone("America/New_York")
        let window = try #require(Pace.Hours(from: 120, to: 180))
        let nightly = try schedule("30 2 * * *", zone: newYork, window: window)
        // 02:00 to 03:00 is skipped: the window comes after it, as long as ever.
        let gap = try nightly.preview(after: at("2026-03-08T05:00:00Z"), before: at("2026-03-09T04:00:00Z"))
        #expect(gap.map(\.firing.nominal.description) == ["2026-03-08T07:00:00Z"])
        let moved = try #require(gap.first)
        #expect(moved.firing.endsAt?.description == "2026-03-08T08:00:00Z")
        #expect(moved.dayLength == .seconds(23 * 3_600))
        #expect(moved.clockChange?.description == "for 02:30, which the clocks skip")
        // London: of 01:00 to 02:00, twice, it is the first pass, and the window lasts through both.
        let hour = try #require(Pace.Hours(from: 60, to: 120))
        let twice = try schedule("*/30 * * * *", zone: zone("Europe/London"), window: hour)
        let overlap = try twice.preview(after: at("2026-10-24T23:00:00Z"), before: at("2026-10-25T12:00:00Z"))
        #expect(
            overlap.map(\.firing.nominal.description) == ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"])
        #expect(overlap.map(\.clockChange) == [.firstOfTwo, .firstOfTwo])
        #expect(overlap.first?.firing.endsAt?.description == "2026-10-25T02:00:00Z")
    }

    // MARK: Jitter

    @Test func `has a jitter that every node computes alike, within its window and in order`() throws {
        let window = try #require(Pace.Hours(from: 120, to: 180))
        let names = (0..<50).map { "s\($0)" }
        let starts = try names.map { name in
            try schedule("0 2 * * *", window: window, jitter: .seconds(1_800), name: name).firing(
                at: at("2026-11-23T02:00:00Z"))
        }
        let nominal = try at("2026-11-23T02:00:00Z")
        #expect(starts.allSatisfy { $0.startsAt >= nominal && $0.startsAt < nominal + .seconds(1_800) })
        // They are spread, and not by chance on this process alone.
        #expect(Set(starts.map(\.startsAt)).count > 40)
        #expect(starts.first?.startsAt.description == Self.startOfS0)
        let quick = try schedule("*/5 * * * *", jitter: .seconds(3_600))
        let found = try quick.preview(after: at("2026-11-23T00:00:00Z"), before: at("2026-11-23T06:00:00Z"))
            .map(\.firing.startsAt)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0 < $1 })
        let tight = try schedule("55 2 * * *", window: window, jitter: .seconds(3_600))
        let last = try tight.firing(at: at("2026-11-23T02:55:00Z"))
        #expect(try last.startsAt < at("2026-11-23T03:00:00Z"))
    }

    /// Written down, so that another process, another machine and another version must say the same.
    private static let startOfS0 = "2026-11-23T02:07:04Z"

    @Test func `tells apart times that it was given at another time`() throws {
        let window = try #require(Pace.Hours(from: 120, to: 180))
        let london = try zone("Europe/London")
        #expect(
            try schedule("0 2 * * *", zone: london, window: window).timing
                == "0 2 * * * Europe/London within 02:00–03:00")
        #expect(try schedule("0 2 * * *", zone: london).timing != schedule("0 2 * * *").timing)
    }
}
