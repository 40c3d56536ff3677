import Foundation
import LakeModel
import Testing

@Suite struct `Partitions of time`: PartitionWords {
    @Test(arguments: [
        // A day of 24, of 23 and of 25 hours.
        (PartitionPeriod.daily, "2026-11-22", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
        (.daily, "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),
        (.daily, "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
        (.daily, "2026-07-01", "2026-06-30T23:00:00Z", "2026-07-01T23:00:00Z"),
        (.weekly(from: .monday), "2026-W47", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
        (.weekly(from: .monday), "2020-W53", "2020-12-28T00:00:00Z", "2021-01-04T00:00:00Z"),
        (.weekly(from: .monday), "2026-W01", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
        (.weekly(from: .sunday), "2026-W47", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"),
        (.weekly(from: .saturday), "2026-W01", "2026-01-03T00:00:00Z", "2026-01-10T00:00:00Z"),
        (.monthly, "2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        (.monthly, "2026-03", "2026-03-01T00:00:00Z", "2026-03-31T23:00:00Z"),
        (.monthly, "2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        (.hourly, "2026-11-22T05", "2026-11-22T05:00:00Z", "2026-11-22T06:00:00Z"),
        (.hourly, "2026-10-25T00", "2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z"),
        (.hourly, "2026-10-25T01+01:00", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
        (.hourly, "2026-10-25T01+00:00", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
        (.hourly, "2026-10-25T02", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"),
        (.hourly, "2026-03-29T00", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
        (.hourly, "2026-03-29T02", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
    ])
    func `of London have their windows`(
        period: PartitionPeriod, name: String, start: String, end: String
    ) throws {
        let slot = try #require(try times(period).slot(key(name)))
        #expect(slot.window == (try at(start)..<at(end)))
        #expect(try times(period).slot(at: at(start)).key.text == name)
        #expect(try times(period).slot(at: at(end) - .microseconds(1)).key.text == name)
        #expect(try times(period).slot(at: at(end)).key.text != name)
    }

    @Test(arguments: [
        (PartitionPeriod.daily, "2026-11-31"), (.daily, "2026-11"), (.daily, "20261122"),
        (.daily, "2026-1-1"), (.weekly(from: .monday), "2026-W54"), (.weekly(from: .monday), "2025-W53"),
        (.weekly(from: .monday), "2026-W1"), (.weekly(from: .monday), "2026-47"), (.monthly, "2026-13"),
        (.monthly, "2026-1"), (.hourly, "2026-11-22T24"), (.hourly, "2026-11-22"),
        (.hourly, "2026-11-22T5"), (.hourly, "2026-11-22T05+00:00"), (.hourly, "2026-11-22T05x"),
        // Skipped, and shown twice.
        (.hourly, "2026-03-29T01"), (.hourly, "2026-10-25T01"), (.hourly, "2026-10-25T01+02:00"),
    ])
    func `have no other names`(period: PartitionPeriod, name: String) throws {
        #expect(try times(period).slot(key(name)) == nil)
    }

    @Test func `leave out a day that a zone left out`() throws {
        let apia = try times(.daily, "Pacific/Apia", from: "2011-12-01")
        #expect(try apia.slot(key("2011-12-30")) == nil)
        let before = try #require(try apia.slot(key("2011-12-29")))
        #expect(apia.next(after: before).key.text == "2011-12-31")
        #expect(try apia.count(in: #require(try apia.span(at: at("2012-01-01T10:00:00Z")))) == 31)
        // What a row without a zone says of the day that never was, belongs to the next.
        let after = try #require(try apia.slot(key("2011-12-31")))
        #expect(apia.wall(of: after).lowerBound == LocalTime(day: try day("2011-12-30")))
    }

    @Test func `give half an hour of Lord Howe's autumn a partition of its own`() throws {
        let hours = try times(.hourly, "Australia/Lord_Howe")
        let first = try #require(try hours.slot(key("2026-04-05T01+11:00")))
        let second = hours.next(after: first)
        #expect(second.key.text == "2026-04-05T01+10:30")
        #expect(second.window.upperBound - second.window.lowerBound == .seconds(1_800))
        #expect(hours.wall(of: second).isEmpty)
        #expect(hours.wall(of: first).lowerBound.description == "2026-04-05 01:00:00")
        #expect(hours.wall(of: first).upperBound.description == "2026-04-05 02:00:00")
        #expect(hours.next(after: second).key.text == "2026-04-05T02")
    }

    static let zones = [
        "UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
        "America/St_Johns", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca", "Asia/Beirut",
        "America/Scoresbysund", "Pacific/Kwajalein", "Antarctica/Troll", "Europe/Dublin", "Asia/Gaza",
    ]
    static let periods: [PartitionPeriod] = [
        .hourly, .daily, .weekly(from: .monday), .weekly(from: .sunday), .monthly,
    ]

    /// Around every change of the clocks in these years, and at instants far from any.
    @Test(arguments: zones)
    func `cover every instant once, and so do their names and the times on the wall`(name: String) throws {
        let zone = try rules(name)
        var random = Seeded(state: 20_261_122)
        let (from, to) = (try at("1905-01-01T00:00:00Z"), try at("2060-01-01T00:00:00Z"))
        var instants = zone.transitions(in: from..<to).flatMap { change in
            [-90_000, -3_601, -1, 0, 1, 1_800, 3_600, 90_000].map { change.instant + .seconds($0) }
        }
        for _ in 0..<100 {
            instants.append(
                Timestamp(microseconds: .random(in: from.microseconds..<to.microseconds, using: &random)))
        }
        for period in `Partitions of time`.periods {
            let times = TimePartitions(period, zone: zone)
            for instant in instants {
                let slot = times.slot(at: instant)
                let next = times.next(after: slot)
                guard slot.window.contains(instant), times.slot(slot.key) == slot,
                    next.window.lowerBound == slot.window.upperBound, times.previous(before: next) == slot
                else {
                    Issue.record("\(name) \(period) at \(instant): \(slot), then \(next)")
                    continue
                }
                // The walls follow each other as the windows do, but for hours that come again.
                let (wall, wallAfter) = (times.wall(of: slot), times.wall(of: next))
                if !wall.isEmpty, !wallAfter.isEmpty, wall.upperBound != wallAfter.lowerBound {
                    Issue.record("\(name) \(period) at \(instant): \(wall), then \(wallAfter)")
                }
                let shown = zone.localTime(at: instant)
                // All of an hour that the clocks began twice belongs to the first.
                if case .one = zone.instants(ofLocal: shown), !wall.isEmpty, !wall.contains(shown) {
                    Issue.record("\(name) \(period): \(shown) is not in \(wall) of \(slot.key)")
                }
            }
        }
    }

    @Test(arguments: zones)
    func `are counted without being made`(name: String) throws {
        let zone = try rules(name)
        for period in `Partitions of time`.periods {
            for years in [(1993, 1994), (2011, 2013), (2026, 2027), (2044, 2046)] {
                let start = try #require(Day(year: years.0, month: 1, day: 1))
                let begin =
                    TimePartitions.neighbours(of: start, in: period)?.after ?? start
                let scheme = PartitionScheme.time(TimePartitions(period, zone: zone, start: begin))
                let all = scheme.all(at: try at("\(years.1)-01-01T00:00:00Z"))
                let made = Array(all.oldestFirst)
                #expect(all.count == made.count, "\(name) \(period) \(years)")
                #expect(Set(made).count == made.count)
                #expect(Array(all.newestFirst) == made.reversed())
            }
        }
    }

    @Test func `agree with the calendar of Foundation`() throws {
        for name in ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"] {
            var calendar = Calendar(identifier: .iso8601)
            calendar.timeZone = try #require(TimeZone(identifier: name))
            let days = try times(.daily, name)
            let weeks = try times(.weekly(from: .monday), name)
            for step in 0..<800 {
                let instant = Timestamp(
                    microseconds: (1_640_995_200 + Int64(step) * 86_400 + 43_000) * 1_000_000)
                let date = Date(timeIntervalSince1970: Double(instant.microseconds) / 1e6)
                let start = calendar.startOfDay(for: date).timeIntervalSince1970
                #expect(days.slot(at: instant).window.lowerBound.microseconds == Int64(start * 1e6))
                let parts = calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: date)
                let (year, week) = (parts.yearForWeekOfYear ?? 0, parts.weekOfYear ?? 0)
                #expect(weeks.slot(at: instant).key.text == "\(year)-W\(week < 10 ? "0" : "")\(week)")
            }
        }
    }

    @Test func `exist when they are over, or as many more as the offset says`() throws {
        let noon = try at("2026-11-22T12:00:00Z")
        func latest(_ offset: Int, before: String? = nil) throws -> String? {
            let scheme = PartitionScheme.time(try times(before: before, offset: offset))
            return scheme.all(at: noon).newestFirst.first { _ in true }?.text
        }
        #expect(try latest(0) == "2026-11-21")
        #expect(try latest(1) == "2026-11-22")
        #expect(try latest(3) == "2026-11-24")
        #expect(try latest(-1) == "2026-11-20")
        #expect(try latest(1, before: "2026-11-01") == "2026-10-31")
        let scheme = PartitionScheme.time(try times())
        #expect(try scheme.has(key("2026-11-21"), at: noon))
        #expect(try !scheme.has(key("2026-11-22"), at: noon))
        #expect(try scheme.has(key("2022-05-01"), at: noon))
        #expect(try !scheme.has(key("2022-04-30"), at: noon))
        // At the very instant at which the day ends it is over.
        #expect(try scheme.has(key("2026-11-22"), at: at("2026-11-23T00:00:00Z")))
        #expect(try !scheme.has(key("2026-11-22"), at: at("2026-11-22T23:59:59Z")))
        // Before the first there is none.
        #expect(scheme.all(at: try at("2020-01-01T00:00:00Z")).isEmpty)
        #expect(scheme.all(at: try at("2020-01-01T00:00:00Z")).count == 0)
    }

    @Test func `may be a million hours`() throws {
        let scheme = PartitionScheme.time(try times(.hourly, from: "1912-01-01"))
        let all = scheme.all(at: try at("2026-11-22T12:00:00Z"))
        let clock = ContinuousClock()
        var count = 0
        #expect(clock.measure { count = all.count } < .milliseconds(50))
        #expect(count > 1_000_000)
        var made = 0
        // In a debug build; each is made from the hour's number, not by looking up the zone.
        #expect(clock.measure { for _ in all.oldestFirst { made += 1 } } < .seconds(60))
        #expect(made == count)
        #expect(clock.measure { _ = all.newestFirst.first { _ in true } } < .milliseconds(50))
    }

    @Test func `begin on days that begin one`() throws {
        #expect(TimePartitions.neighbours(of: try day("2022-05-01"), in: .monthly) == nil)
        let month = try #require(TimePartitions.neighbours(of: try day("2022-05-15"), in: .monthly))
        #expect("\(month.before) \(month.after)" == "2022-05-01 2022-06-01")
        let week = try #require(
            TimePartitions.neighbours(of: try day("2022-05-01"), in: .weekly(from: .monday)))
        #expect("\(week.before) \(week.after)" == "2022-04-25 2022-05-02")
        #expect(TimePartitions.neighbours(of: try day("2022-05-01"), in: .weekly(from: .sunday)) == nil)
        #expect(TimePartitions.neighbours(of: try day("2022-05-15"), in: .hourly) == nil)
    }
}

@Suite struct `A scheme of two dimensions`: PartitionWords {
    @Test func `has each time for each key`() throws {
        let scheme = PartitionScheme.product(try times(), KeyPartitions(fixed: try keys("uk", "ie")))
        let all = scheme.all(at: try at("2022-05-03T12:00:00Z"))
        #expect(
            all.oldestFirst.map(\.text)
                == ["2022-05-01|uk", "2022-05-01|ie", "2022-05-02|uk", "2022-05-02|ie"])
        #expect(
            all.newestFirst.map(\.text)
                == ["2022-05-02|uk", "2022-05-02|ie", "2022-05-01|uk", "2022-05-01|ie"])
        #expect(all.count == 4)
        #expect(try scheme.window(of: key("2022-05-02|ie")) == times().slot(key("2022-05-02"))?.window)
        #expect(try scheme.next(after: key("2022-05-02|ie"))?.text == "2022-05-03|ie")
        #expect(try scheme.previous(before: key("2022-05-02|ie"))?.text == "2022-05-01|ie")
        for wrong in ["2022-05-02", "uk", "2022-05-02|fr", "uk|2022-05-02", "2022-05-02|uk|ie"] {
            #expect(try scheme.partition(key(wrong)) == nil, "\(wrong)")
        }
    }

    @Test func `learns its keys when they are dynamic`() throws {
        let scheme = PartitionScheme.product(try times(), .dynamic)
        let now = try at("2022-05-02T12:00:00Z")
        #expect(scheme.hasDynamicKeys)
        #expect(scheme.all(at: now).isEmpty)
        let known = scheme.knowing(keys: try keys("a", "b"))
        #expect(known.all(at: now).oldestFirst.map(\.text) == ["2022-05-01|a", "2022-05-01|b"])
        #expect(try known.has(key("2022-05-01|a"), at: now))
        #expect(try !known.has(key("2022-05-01|c"), at: now))
        // A key may come that nobody knows yet.
        #expect(try known.partition(key("2022-05-01|c")) != nil)
        // Declared keys do not change.
        let fixed = PartitionScheme.keys(KeyPartitions(fixed: try keys("uk")))
        #expect(fixed.knowing(keys: try keys("x")) == fixed)
    }

    @Test(arguments: ["all", "latest", "latest:7", "a|b", "a,b", "a b", "a..b", "", "_a", "../x", "a=b"])
    func `has no keys that selections read otherwise`(text: String) {
        #expect(KeyPartitions.key(text) == nil)
    }
}
