import LakeModel
import Testing

@Suite struct `When clocks are changed, a cron expression` {
    @Test(arguments: [
        // London: 01:00 to 02:00 is skipped on 2026-03-29, and shown twice on 2026-10-25.
        ("30 1 * * *", "2026-03-29", ["2026-03-29T01:00:00Z"]),
        ("0,30 1 * * *", "2026-03-29", ["2026-03-29T01:00:00Z"]),
        ("0 1,2 * * *", "2026-03-29", ["2026-03-29T01:00:00Z"]),
        ("30 1 * * *", "2026-10-25", ["2026-10-25T00:30:00Z"]),
        ("0 2 * * *", "2026-03-29", ["2026-03-29T01:00:00Z"]),
        ("0 2 * * *", "2026-10-25", ["2026-10-25T02:00:00Z"]),
        (
            "0 0-3 * * *", "2026-10-25",
            ["2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]
        ),
    ])
    func `of fixed hours fires once for a skipped time and once for a doubled one`(
        text: String, day: String, expected: [String]
    ) throws {
        let london = try zone("Europe/London")
        let first = try #require(Day(day))
        let found = try CronExpression(text).firings(
            after: london.start(of: first) - .microseconds(1),
            through: london.start(of: first + 1) - .microseconds(1), in: london)
        #expect(found.map(\.description) == expected)
    }

    @Test(arguments: [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
    func `of every hour follows real time`(day: String, hours: Int) throws {
        let london = try zone("Europe/London")
        let first = try #require(Day(day))
        for (text, perHour) in [
            ("0 * * * *", 1), ("*/15 * * * *", 4), ("7,37 * * * *", 2), ("* 0-23 * * *", 60),
        ] {
            let found = try CronExpression(text).firings(
                after: london.start(of: first) - .microseconds(1),
                through: london.start(of: first + 1) - .microseconds(1), in: london)
            #expect(found.count == hours * perHour, "\(text)")
            let steps = Set(zip(found, found.dropFirst()).map { $1 - $0 })
            if text != "7,37 * * * *" || hours > 0 {
                #expect(steps.count == 1 && steps.first == .seconds(3_600 / perHour), "\(text): \(steps)")
            }
        }
    }

    @Test func `of every second hour loses none and doubles none`() throws {
        // New York skips 02:00 to 03:00; Berlin shows 02:00 to 03:00 twice.
        let newYork = try zone("America/New_York")
        let expression = try CronExpression("0 */2 * * *")
        let gap = expression.firings(
            after: try at("2026-03-08T04:59:59Z"), through: try at("2026-03-08T10:00:00Z"), in: newYork)
        #expect(
            gap.map(\.description) == [
                "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z",
                "2026-03-08T10:00:00Z",
            ])
        let overlap = expression.firings(
            after: try at("2026-10-24T21:59:59Z"), through: try at("2026-10-25T05:00:00Z"),
            in: try zone("Europe/Berlin"))
        #expect(
            overlap.map(\.description) == [
                "2026-10-24T22:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z",
                "2026-10-25T05:00:00Z",
            ])
    }

    @Test func `is right where they move by half an hour`() throws {
        // Lord Howe Island: 02:00 to 02:30 is skipped on 2026-10-04; 01:30 to 02:00 is shown twice on
        // 2026-04-05.
        let lordHowe = try zone("Australia/Lord_Howe")
        func local(_ text: String, _ day: String) throws -> [String] {
            let first = try #require(Day(day))
            return try CronExpression(text).firings(
                after: lordHowe.start(of: first) - .microseconds(1),
                through: lordHowe.start(of: first + 1) - .microseconds(1), in: lordHowe
            ).map { String(lordHowe.localTime(at: $0).description.dropFirst(11).prefix(5)) }
        }
        #expect(try local("15 2 * * *", "2026-10-04") == ["02:30"])
        #expect(try local("45 1 * * *", "2026-04-05") == ["01:45"])
        // Hours cannot go on in step with such a change: none is lost, none comes twice.
        #expect(try local("0 1-3 * * *", "2026-10-04") == ["01:00", "02:30", "03:00"])
        #expect(try local("0 * * * *", "2026-10-04").count == 24)
        #expect(try local("45 * * * *", "2026-04-05").count == 24)
        // Half hours and quarters can.
        #expect(try local("*/30 * * * *", "2026-10-04").count == 47)
        #expect(try local("*/30 * * * *", "2026-04-05").count == 49)
        #expect(try local("*/15 1 * * *", "2026-04-05") == ["01:00", "01:15", "01:30", "01:45"])
    }

    @Test(arguments: [("Asia/Kolkata", "20:30"), ("Asia/Kathmandu", "20:15"), ("Pacific/Chatham", "12:15")])
    func `is right in zones of half and quarter hours`(name: String, utc: String) throws {
        let next = try CronExpression("0 2 * * *").next(after: at("2026-06-01T00:00:00Z"), in: zone(name))
        let hour = name == "Pacific/Chatham" ? "13:15" : utc
        #expect(String(next?.description.dropFirst(11).prefix(5) ?? "") == hour)
    }

    @Test func `of a day that was left out fires at the beginning of the next one`() throws {
        // Samoa had no December 30th in 2011.
        let apia = try zone("Pacific/Apia")
        let day = try CronExpression("30 1 30 12 *").firings(
            after: at("2011-12-01T00:00:00Z"), through: at("2012-02-01T00:00:00Z"), in: apia)
        #expect(day.map(\.description) == ["2011-12-30T10:00:00Z"])
        let hourly = try CronExpression("0 * * * *").firings(
            after: at("2011-12-30T06:30:00Z"), through: at("2011-12-30T13:00:00Z"), in: apia)
        #expect(hourly.count == 7)
        // Cuba puts its clocks forward at midnight, so Sunday begins at 01:00.
        let havana = try CronExpression("0 0 * * SUN").firings(
            after: at("2026-03-07T06:00:00Z"), through: at("2026-03-09T00:00:00Z"), in: zone("America/Havana")
        )
        #expect(havana.map(\.description) == ["2026-03-08T05:00:00Z"])
    }

    @Test(arguments: [
        "0 2 * * *", "30 1 * * *", "15,45 0-4 * * *", "0 */4 * * *", "17 23 L * *", "0 0 * * SUN,MON",
        "5 1-2 * * 0",
    ])
    func `of fixed hours fires once for each local time, in every zone`(text: String) throws {
        let expression = try CronExpression(text)
        #expect(zoneNames.count > 250)
        for name in zoneNames {
            let rules = try zone(name)
            for year in [2011, 2026, 2044] {
                let range = try at("\(year)-01-01T00:00:00Z")..<at("\(year + 1)-01-01T00:00:00Z")
                for change in rules.transitions(in: range) {
                    let (start, end) = (
                        change.instant - .seconds(86_400), change.instant + .seconds(86_400)
                    )
                    let found = expression.firings(after: start, through: end, in: rules)
                    let expected = byLocalTimes(expression, after: start, through: end, rules)
                    #expect(found == expected, "\(name) \(change.instant)")
                    #expect(zip(found, found.dropFirst()).allSatisfy { $0 < $1 })
                }
            }
        }
    }

    /// The same by other means: every local minute of the days around, each at the instant that shows it
    /// first.
    private func byLocalTimes(
        _ expression: CronExpression, after start: Timestamp, through end: Timestamp, _ zone: ZoneRules
    ) -> [Timestamp] {
        var found: Set<Timestamp> = []
        for days in -1...3 {
            let day = start.day + days
            for minute in 0..<1_440 {
                let local = LocalTime(day: day, hour: minute / 60, minute: minute % 60)
                guard expression.matches(local) else { continue }
                switch zone.instants(ofLocal: local) {
                case .none(let instant), .one(let instant), .two(let instant, _): found.insert(instant)
                }
            }
        }
        return found.filter { $0 > start && $0 <= end }.sorted()
    }

    @Test func `says the same from wherever it is asked`() throws {
        let newYork = try zone("America/New_York")
        for text in ["30 2 * * *", "*/20 1-2 * * *", "*/15 * * * *", "0 */2 * * *"] {
            let expression = try CronExpression(text)
            for day in ["2026-03-08", "2026-11-01"] {
                let start = try newYork.start(of: #require(Day(day)))
                let all = expression.firings(
                    after: start - .seconds(86_400), through: start + .seconds(2 * 86_400), in: newYork)
                for second in stride(from: 0, to: 86_400, by: 307) {
                    let instant = start + .seconds(second)
                    #expect(
                        expression.next(after: instant, in: newYork) == all.first { $0 > instant },
                        "\(text) \(instant)")
                }
            }
        }
    }

    @Test(arguments: ["*/15 * * * *", "*/30 * * * *", "* * * * *"])
    func `of every hour fires at each instant that shows such a minute, in every zone`(text: String) throws {
        let expression = try CronExpression(text)
        for (index, name) in zoneNames.enumerated() where index % 6 == 0 {
            let rules = try zone(name)
            for year in [1997, 2026, 2043] {
                let range = try at("\(year)-01-01T00:00:00Z")..<at("\(year + 1)-01-01T00:00:00Z")
                // Changes by other amounts put the rhythm out of step: those are the test above.
                for change in rules.transitions(in: range)
                where (change.offsetAfter - change.offsetBefore) % 1_800 == 0 {
                    let start = change.instant - .seconds(7_200)
                    let found = expression.firings(
                        after: start, through: start + .seconds(4 * 3_600), in: rules)
                    var expected: [Timestamp] = []
                    for second in stride(from: 60, through: 4 * 3_600, by: 60) {
                        let instant = start + .seconds(second)
                        if expression.matches(rules.localTime(at: instant)) { expected.append(instant) }
                    }
                    #expect(found == expected, "\(name) \(change.instant)")
                }
            }
        }
    }
}
