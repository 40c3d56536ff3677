import LakeModel
import Testing

@Suite struct `A cron expression` {
    @Test(arguments: [
        // On a Monday, 2026-11-23, at noon.
        ("0 5 * * *", "2026-11-24T05:00:00Z"), ("30 12 * * *", "2026-11-23T12:30:00Z"),
        ("0 12 * * *", "2026-11-24T12:00:00Z"), ("*/15 * * * *", "2026-11-23T12:15:00Z"),
        ("5-59/20 * * * *", "2026-11-23T12:05:00Z"), ("0 8-18/2 * * *", "2026-11-23T14:00:00Z"),
        ("0 6,18 * * *", "2026-11-23T18:00:00Z"), ("0 0 1 * *", "2026-12-01T00:00:00Z"),
        ("0 0 * * SUN", "2026-11-29T00:00:00Z"), ("0 0 * * 7", "2026-11-29T00:00:00Z"),
        ("0 0 * * 0", "2026-11-29T00:00:00Z"), ("0 0 * * fri-sun", "2026-11-27T00:00:00Z"),
        ("0 0 * * Sat-7", "2026-11-28T00:00:00Z"), ("0 0 * jan,mar *", "2027-01-01T00:00:00Z"),
        ("0 0 L * *", "2026-11-30T00:00:00Z"), ("0 0 l 2 *", "2027-02-28T00:00:00Z"),
        ("0 0 15,L * *", "2026-11-30T00:00:00Z"), ("0 0 * * MON#2", "2026-12-14T00:00:00Z"),
        ("0 0 * * MON#4", "2026-12-28T00:00:00Z"), ("0 0 * * wed#5", "2026-12-30T00:00:00Z"),
        ("0 0 * * FRIL", "2026-11-27T00:00:00Z"), ("0 0 * * 5L,SUN#1", "2026-11-27T00:00:00Z"),
        ("@hourly", "2026-11-23T13:00:00Z"), ("@daily", "2026-11-24T00:00:00Z"),
        ("@midnight", "2026-11-24T00:00:00Z"), ("@weekly", "2026-11-29T00:00:00Z"),
        ("@monthly", "2026-12-01T00:00:00Z"), ("@Yearly", "2027-01-01T00:00:00Z"),
        ("@annually", "2027-01-01T00:00:00Z"),
        // Vixie cron: one of the two days is enough, unless one field begins with a star.
        ("0 0 13 * FRI", "2026-11-27T00:00:00Z"), ("0 0 */2 * TUE", "2026-12-01T00:00:00Z"),
        ("0 0 24 * */2", "2026-11-24T00:00:00Z"),
        // Far away, and not found minute by minute.
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"), ("59 23 31 12 *", "2026-12-31T23:59:00Z"),
        ("0 0 * 2 MON#5", "2044-02-29T00:00:00Z"), ("0 0 29 2 WED#9", ""),
    ])
    func `says when it comes next`(text: String, expected: String) throws {
        guard !expected.isEmpty else {
            #expect(throws: CronMistake.self) { try CronExpression(text) }
            return
        }
        let next = try CronExpression(text).next(after: at("2026-11-23T12:00:00Z"), in: .utc)
        #expect(next?.description == expected)
    }

    @Test func `finds February 29th across the year 2100, which has none, at once`() throws {
        let leap = try CronExpression("0 0 29 2 *")
        let start = ContinuousClock.now
        for _ in 0..<100 {
            #expect(
                try leap.next(after: at("2096-03-01T00:00:00Z"), in: zone("Europe/London"))
                    == at("2104-02-29T00:00:00Z"))
        }
        // A walk through eight years minute by minute takes seconds each time.
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func `never begins at the instant that is given`() throws {
        let daily = try CronExpression("0 5 * * *")
        #expect(try daily.next(after: at("2026-11-23T05:00:00Z"), in: .utc) == at("2026-11-24T05:00:00Z"))
        #expect(
            try daily.next(after: at("2026-11-23T04:59:59.999999Z"), in: .utc) == at("2026-11-23T05:00:00Z"))
    }

    @Test(arguments: [
        ("* * * *", "has 4 fields instead of five", "minute, hour, day of month"),
        ("", "has 0 fields", "minute, hour"),
        ("0 0 5 * * *", "has 6 fields", "Leave out the seconds"),
        ("60 * * * *", "'60' for the minute", "0-59"), ("0 24 * * *", "'24' for the hour", "0-23"),
        ("0 0 0 * *", "'0' for the day of month", "1-31 or L"),
        ("0 0 32 * *", "'32' for the day of month", "L"),
        ("0 0 * 13 *", "'13' for the month", "JAN-DEC"), ("0 0 * * 8", "'8' for the day of week", "SUN-SAT"),
        ("0 0 * * MON#6", "'MON#6' for the day of week", "MON#2"), ("0 0 * * MON#0", "'MON#0'", "MON#2"),
        ("0 0 * MAI *", "'MAI' for the month", "JAN-DEC"), ("x * * * *", "'x' for the minute", "0-59"),
        ("1, * * * *", "has '' ", ""), ("- * * * *", "'-' for the minute", ""), ("-1 * * * *", "'-1'", ""),
        ("1-2-3 * * * *", "'1-2-3'", ""), ("*/0 * * * *", "'*/0' for the minute: no such step", "anew"),
        ("*/90 * * * *", "no such step fits between 0 and 59", "every 90 minutes"),
        ("*/x * * * *", "'*/x' for the minute", ""), ("5/15 * * * *", "a step needs a range", "'5-59/15'"),
        ("0 22-4 * * *", "'22-4' for the hour: the range runs backwards", "'22-23,0-4'"),
        ("0 0 * NOV-FEB *", "backwards", "'NOV-DEC,JAN-FEB'"),
        ("0 0 * * FRI-MON", "backwards", "'FRI-SAT,SUN-MON'"),
        ("0 0 31 2 *", "never comes", "L is the last day"), ("0 0 30 FEB *", "never comes", "last day"),
        ("0 0 31 4,6,9,11 *", "never comes", "last day"), ("0 0 */31 * MON#2", "never comes", ""),
        ("@dayly", "did you mean '@daily'?", "@hourly"), ("@reboot", "none of the known words", "@hourly"),
        ("0 0 ? * MON", "'?' for the day of month", ""), ("٣ * * * *", "'٣' for the minute", "0-59"),
        ("0 0 1W * *", "'1W'", ""), ("999999999999999999999 * * * *", "for the minute", "0-59"),
    ])
    func `that is wrong says where, what and what is allowed`(text: String, problem: String, remedy: String) {
        do {
            _ = try CronExpression(text)
            Issue.record("'\(text)' was taken")
        } catch {
            let wanted = problem == "has '' " ? "has nothing for the minute" : problem
            #expect(error.problem.contains(wanted), "\(error.problem)")
            #expect(error.remedy.contains(remedy), "\(error.remedy)")
            #expect(error.code == "project.bad-cron")
        }
    }

    @Test func `is read or refused, whatever is written`() throws {
        // A linear congruential generator: the same texts every time.
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let parts = [
            "*", "/", "-", ",", "#", "L", "0", "1", "5", "7", "12", "31", "59", "60", "99", "MON", "JAN",
            "FRIL",
            "*/2", "1-5", " ", " ", " ", " ", "@", "é", "\u{0}", "?", "W", "18446744073709551616",
        ]
        var read = 0
        for _ in 0..<20_000 {
            var text = (0..<(1 + random(11))).map { _ in parts[random(parts.count)] }.joined()
            if random(2) == 0 { text = (0..<5).map { _ in parts[random(20)] }.joined(separator: " ") }
            guard let expression = try? CronExpression(text) else { continue }
            read += 1
            let next = try expression.next(after: at("2026-11-23T12:00:00Z"), in: .utc)
            let local = try ZoneRules.utc.localTime(at: #require(next, "\(text)"))
            #expect(expression.matches(local), "\(text)")
        }
        #expect(read > 100)
    }

    @Test func `ends with the calendar`() throws {
        let daily = try CronExpression("@daily")
        #expect(try daily.next(after: at("9999-12-30T12:00:00Z"), in: .utc) == at("9999-12-31T00:00:00Z"))
        #expect(try daily.next(after: at("9999-12-31T00:00:00Z"), in: zone("Europe/London")) == nil)
    }

    @Test func `agrees with a calendar that is walked day by day`() throws {
        let texts = [
            "0 0 L * *", "0 0 * * TUE#3", "0 0 13 * FRI", "0 0 */5 * *", "0 0 * 2 *", "0 0 29 2 *",
            "0 0 * * THUL",
            "0 0 1-7 * MON", "0 0 */2 * MON", "0 0 31 * *",
        ]
        for text in texts {
            let expression = try CronExpression(text)
            let (start, end) = (try at("2027-01-01T00:00:00Z"), try at("2033-01-01T00:00:00Z"))
            let found = expression.firings(after: start, through: end, in: .utc).map(\.day)
            var day = try #require(Day("2027-01-02"))
            var expected: [Day] = []
            while day <= end.day {
                if walked(text, day) { expected.append(day) }
                day = day + 1
            }
            #expect(found == expected, "\(text)")
        }
    }

    /// The same by other means: day of the week by Zeller's congruence, months from their lengths.
    private func walked(_ text: String, _ day: Day) -> Bool {
        let (year, month, number) = day.parts
        let (m, y) = month < 3 ? (month + 12, year - 1) : (month, year)
        let zeller = (number + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400) % 7
        let weekday = (zeller + 6) % 7
        let isLast = (day + 1).parts.day == 1
        switch text {
        case "0 0 L * *": return isLast
        case "0 0 * * TUE#3": return weekday == 2 && (15...21).contains(number)
        case "0 0 13 * FRI": return number == 13 || weekday == 5
        case "0 0 */5 * *": return number % 5 == 1
        case "0 0 * 2 *": return month == 2
        case "0 0 29 2 *": return month == 2 && number == 29
        case "0 0 * * THUL": return weekday == 4 && (day + 7).parts.month != month
        case "0 0 1-7 * MON": return number <= 7 || weekday == 1
        case "0 0 */2 * MON": return number % 2 == 1 && weekday == 1
        case "0 0 31 * *": return number == 31
        default: return false
        }
    }
}
