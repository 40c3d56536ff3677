import LakeModel
import Testing

@Suite struct `A freshness policy` {
    private let asset = AssetKey("gold.revenue") ?? .gold(TableName("x")!)

    private func policy(_ hours: Int, by: Int? = nil, days: String = "*", zone name: String = "Europe/London")
        throws
        -> FreshnessPolicy
    {
        let rules = try zone(name)
        let weekdays = try #require(Weekdays(days))
        return FreshnessPolicy(
            ageMax: .seconds(hours * 3_600),
            deadline: by.map { .init(minuteOfDay: $0, zone: rules, weekdays: weekdays) },
            place: Place(file: "x"))
    }

    private func verdict(
        _ policy: FreshnessPolicy, newest: String?, now: String, expected: Int? = 1_800,
        attempted: String? = nil,
        isUnderWay: Bool = false
    ) throws -> FreshnessVerdict {
        policy.verdict(
            on: asset,
            FreshnessFacts(
                newest: try newest.map { try at($0) }, watchedSince: try at("2026-11-01T00:00:00Z"),
                expected: expected.map { .seconds($0) }, attemptedAt: try attempted.map { try at($0) },
                isUnderWay: isUnderWay), now: try at(now))
    }

    @Test func `reads as it is meant`() throws {
        #expect(
            try policy(26, by: 450, days: "MON-FRI").description
                == "at most 26h old by 07:30 Europe/London, MON-FRI")
        #expect(try policy(26, by: 450).description == "at most 26h old by 07:30 Europe/London")
        #expect(try policy(72).description == "at most 3d old")
    }

    @Test func `without a time of day asks for a run before the table is too old`() throws {
        let policy = try policy(6)
        let fresh = try verdict(policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T07:00:00Z")
        #expect(fresh.due == nil && fresh.breachedSince == nil)
        // Half an hour expected: two tries and ten minutes before 12:00.
        #expect(fresh.looksAgainAt.description == "2026-11-23T10:50:00Z")
        let due = try verdict(policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T10:50:00Z")
        #expect(due.due?.key == "freshness/gold.revenue/2026-11-23T12:00:00Z")
        #expect(
            due.due?.reason
                == "it is of 2026-11-23T06:00:00Z, and has to be at most 6h old: too old from 2026-11-23 12:00:00 UTC on"
        )
        #expect(due.breachedSince == nil)
        let late = try verdict(policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T13:00:00Z")
        #expect(late.breachedSince?.description == "2026-11-23T12:00:00Z")
        #expect(late.due != nil)
        let edge = try verdict(policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T12:00:00Z")
        #expect(edge.breachedSince == nil, "6 hours are not more than 6 hours")
    }

    @Test func `decides when to run so that data is young enough at the deadline`() throws {
        let policy = try policy(26, by: 450)
        // Built at 07:00: at most 26h old at 07:30 today and tomorrow at 07:30 it is 24.5h old.
        let fresh = try verdict(policy, newest: "2026-11-23T07:00:00Z", now: "2026-11-23T07:40:00Z")
        #expect(fresh.due == nil && fresh.breachedSince == nil)
        #expect(fresh.looksAgainAt.description == "2026-11-25T06:20:00Z")
        // Built at 05:00: tomorrow at 07:30 it would be 26.5h old, so it runs tomorrow, as late as is safe.
        let early = try verdict(policy, newest: "2026-11-23T05:00:00Z", now: "2026-11-23T12:00:00Z")
        #expect(early.due == nil)
        #expect(early.looksAgainAt.description == "2026-11-24T06:20:00Z")
        let slow = try verdict(
            policy, newest: "2026-11-23T05:00:00Z", now: "2026-11-23T12:00:00Z", expected: 3 * 3_600)
        #expect(slow.looksAgainAt.description == "2026-11-24T01:20:00Z")
        let due = try verdict(policy, newest: "2026-11-23T05:00:00Z", now: "2026-11-24T06:20:00Z")
        #expect(due.due?.deadline.description == "2026-11-24T07:30:00Z")
        #expect(
            due.looksAgainAt.description == "2026-11-24T06:50:00Z"
                || due.looksAgainAt.description == "2026-11-24T06:30:00Z")
        let late = try verdict(policy, newest: "2026-11-23T05:00:00Z", now: "2026-11-24T08:00:00Z")
        #expect(late.breachedSince?.description == "2026-11-24T07:30:00Z")
        #expect(late.due?.reason.contains("too old since 2026-11-24 07:30:00 Europe/London") == true)
        // The breach is as old as the first deadline that was missed.
        let days = try verdict(policy, newest: "2026-11-20T05:00:00Z", now: "2026-11-24T08:00:00Z")
        #expect(days.breachedSince?.description == "2026-11-21T07:30:00Z")
    }

    @Test func `means its own days and its own clock`() throws {
        let policy = try policy(26, by: 450, days: "MON-FRI")
        // Built on Friday; Saturday and Sunday do not count, so the next deadline is on Monday.
        let friday = try verdict(policy, newest: "2026-11-20T06:00:00Z", now: "2026-11-21T12:00:00Z")
        #expect(friday.breachedSince == nil && friday.due == nil)
        #expect(friday.looksAgainAt.description == "2026-11-23T06:20:00Z")
        // In summer 07:30 in London is 06:30 in UTC.
        let summer = try verdict(
            try self.policy(26, by: 450), newest: "2026-07-01T02:00:00Z", now: "2026-07-01T12:00:00Z")
        #expect(summer.looksAgainAt.description == "2026-07-02T05:20:00Z")
        // Skipped by the clocks: the deadline is the jump.
        #expect(
            try self.policy(1, by: 90).deadline(after: at("2026-03-28T23:30:00Z")).description
                == "2026-03-29T01:00:00Z")
        // Shown twice: the first.
        #expect(
            try self.policy(1, by: 90).deadline(after: at("2026-10-24T22:30:00Z")).description
                == "2026-10-25T00:30:00Z")
    }

    @Test func `builds what was never built at once, and calls it late when it stays so`() throws {
        let policy = try policy(26, by: 450)
        let new = try verdict(policy, newest: nil, now: "2026-11-01T12:00:00Z")
        #expect(new.due?.reason == "it was never built, and has to be at most 26h old by 07:30 Europe/London")
        #expect(new.breachedSince == nil)
        let old = try verdict(
            policy, newest: nil, now: "2026-11-04T12:00:00Z", attempted: "2026-11-04T11:59:00Z")
        #expect(old.breachedSince?.description == "2026-11-02T07:30:00Z")
        #expect(old.due == nil)
    }

    @Test func `tries again after a while, with another key, and not while a run is under way`() throws {
        let policy = try policy(6)
        let soon = try verdict(
            policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T11:00:00Z",
            attempted: "2026-11-23T10:50:00Z")
        #expect(soon.due == nil)
        #expect(soon.looksAgainAt.description == "2026-11-23T11:20:00Z")
        let again = try verdict(
            policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T11:20:00Z",
            attempted: "2026-11-23T10:50:00Z")
        #expect(again.due?.key == "freshness/gold.revenue/2026-11-23T12:00:00Z/2026-11-23T10:50:00Z")
        let busy = try verdict(
            policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T11:20:00Z", isUnderWay: true)
        #expect(busy.due == nil)
        #expect(busy.looksAgainAt.description == "2026-11-23T11:50:00Z")
        let unknown = try verdict(
            policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T07:00:00Z", expected: nil)
        #expect(unknown.looksAgainAt.description == "2026-11-23T10:50:00Z")
        // What takes longer than it may be old is begun at half of that, not all the time.
        let hopeless = try verdict(
            policy, newest: "2026-11-23T06:00:00Z", now: "2026-11-23T07:00:00Z", expected: 90_000)
        #expect(hopeless.looksAgainAt.description == "2026-11-23T09:00:00Z")
    }

    @Test func `keeps a table young in a simulated month, without runs that nobody needs`() throws {
        let policy = try policy(26, by: 450, days: "MON-FRI")
        var now = try at("2026-10-10T00:00:00Z")
        let end = try at("2026-11-10T00:00:00Z")
        var newest: Timestamp?
        var runs = 0
        while now < end {
            let facts = FreshnessFacts(
                newest: newest, watchedSince: try at("2026-10-10T00:00:00Z"), expected: .seconds(1_800))
            let found = policy.verdict(on: asset, facts, now: now)
            #expect(found.breachedSince == nil, "\(now)")
            if found.due != nil {
                runs += 1
                now = now + .seconds(1_800)
                newest = now
            } else {
                #expect(found.looksAgainAt > now)
                now = found.looksAgainAt
            }
        }
        // What is built at seven on a Monday is young enough on Tuesday, so three a week are enough.
        #expect(runs == 14)
    }
}
