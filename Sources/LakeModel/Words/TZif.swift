/// What one TZif file says (RFC 9636, section 3); times are seconds since 1970, offsets seconds east.
struct TZifContents {
    let firstOffset: Int
    /// In order of time: from this second on, this offset.
    let changes: [(second: Int64, offset: Int)]
    let footer: YearlyRule?

    /// `nil` if the bytes are cut short, contradict themselves or are of version 1.
    init?(_ bytes: [UInt8]) {
        // The first block holds 32-bit times for old readers and is skipped.
        guard let old = Header(bytes, at: 0), old.version >= UInt8(ascii: "2"),
            let header = Header(bytes, at: old.end(timeSize: 4))
        else { return nil }
        let times = header.start
        let kinds = times + header.times * 8
        let types = kinds + header.times
        guard header.end(timeSize: 8) <= bytes.count, header.types > 0 else { return nil }

        func offset(ofType type: Int) -> Int {
            Int(Int32(truncatingIfNeeded: bigEndian(bytes, at: types + type * 6, size: 4)))
        }
        var changes: [(second: Int64, offset: Int)] = []
        for index in 0..<header.times {
            let second = bigEndian(bytes, at: times + index * 8, size: 8)
            let type = Int(bytes[kinds + index])
            // Beyond these bounds seconds do not fit a Timestamp's microseconds; such entries mean "always".
            guard type < header.types, changes.last.map({ $0.second < second }) ?? true else { return nil }
            guard second.magnitude < 1 << 42 else { continue }
            changes.append((second, offset(ofType: type)))
        }
        firstOffset = offset(ofType: 0)
        self.changes = changes

        let text = bytes[header.end(timeSize: 8)...]
        guard text.first == UInt8(ascii: "\n"), let end = text.dropFirst().firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        let rule = text[(text.startIndex + 1)..<end]
        if rule.isEmpty {
            footer = nil
        } else {
            guard let parsed = YearlyRule(posix: Array(rule)) else { return nil }
            footer = parsed
        }
    }

    private struct Header {
        let start: Int
        let version: UInt8
        let times, types: Int
        private let characters, leaps, standards, universals: Int

        init?(_ bytes: [UInt8], at position: Int) {
            guard position + 44 <= bytes.count, bytes[position..<(position + 4)].elementsEqual("TZif".utf8)
            else { return nil }
            func count(_ index: Int) -> Int { Int(bigEndian(bytes, at: position + 20 + index * 4, size: 4)) }
            start = position + 44
            version = bytes[position + 4]
            universals = count(0)
            standards = count(1)
            leaps = count(2)
            times = count(3)
            types = count(4)
            characters = count(5)
        }

        func end(timeSize: Int) -> Int {
            start + times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standards
                + universals
        }
    }
}

private func bigEndian(_ bytes: [UInt8], at position: Int, size: Int) -> Int64 {
    bytes[position..<(position + size)].reduce(0) { $0 << 8 | Int64($1) }
}

/// The rule of a zone's present and future: `GMT0BST,M3.5.0/1,M10.5.0` (POSIX TZ with RFC 9636's hours).
struct YearlyRule: Hashable, Sendable {
    /// Seconds east of Greenwich.
    let standard: Int
    let daylight: Daylight?

    struct Daylight: Hashable, Sendable {
        let offset: Int
        let start, end: Moment
    }

    /// A day of the year, and seconds after its midnight, which may be negative or beyond the day.
    struct Moment: Hashable, Sendable {
        let date: Date
        let seconds: Int
    }

    enum Date: Hashable, Sendable {
        /// 1 to 365; February 29th is never counted.
        case dayWithoutLeap(Int)
        /// 0 to 365; February 29th counts.
        case dayFromZero(Int)
        /// The `week`th (5 is the last) such `weekday` (0 is Sunday) of the month.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    func offset(at instant: Timestamp) -> Int {
        guard daylight != nil else { return standard }
        // The rule's last change is at most a year back, and a few days for hours beyond the day.
        let recent = transitions(in: (instant - .seconds(400 * 86_400))..<(instant + .microseconds(1)))
        return recent.last?.offsetAfter ?? standard
    }

    func transitions(in range: Range<Timestamp>) -> [ZoneRules.Transition] {
        guard let daylight else { return [] }
        var found: [ZoneRules.Transition] = []
        for year in (range.lowerBound.day.parts.year - 1)...(range.upperBound.day.parts.year + 1) {
            // Where summer ends and begins at one instant it lasts all year, so the end comes first.
            found.append(
                ZoneRules.Transition(
                    instant: daylight.end.instant(year: year, offset: daylight.offset),
                    offsetBefore: daylight.offset, offsetAfter: standard))
            found.append(
                ZoneRules.Transition(
                    instant: daylight.start.instant(year: year, offset: standard),
                    offsetBefore: standard, offsetAfter: daylight.offset))
        }
        // `sorted` keeps the order of equals.
        return found.sorted { $0.instant < $1.instant }.filter { range.contains($0.instant) }
    }
}

extension YearlyRule.Moment {
    fileprivate func instant(year: Int, offset: Int) -> Timestamp {
        Timestamp(
            microseconds: Int64(date.day(in: year).daysSinceEpoch * 86_400 + seconds - offset) * 1_000_000)
    }
}

extension YearlyRule.Date {
    func day(in year: Int) -> Day {
        let newYear = Day.first(of: 1, in: year)
        switch self {
        case .dayFromZero(let number): return newYear + number
        case .dayWithoutLeap(let number):
            let isLeap = Day.first(of: 3, in: year) - newYear == 60
            return newYear + (number - 1) + (isLeap && number >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let first = Day.first(of: month, in: year)
            let next = month == 12 ? Day.first(of: 1, in: year + 1) : Day.first(of: month + 1, in: year)
            var day = first + ((weekday - first.weekday + 7) % 7 + (week - 1) * 7)
            if day >= next { day = day + -7 }
            return day
        }
    }
}

extension YearlyRule {
    /// `nil` unless `text` is a whole POSIX TZ string; daylight time without its dates is refused.
    init?(posix text: [UInt8]) {
        var reader = PosixReader(rest: text[...])
        guard reader.skipName(), let west = reader.time() else { return nil }
        standard = -west
        if reader.rest.isEmpty {
            daylight = nil
            return
        }
        guard reader.skipName() else { return nil }
        var offset = standard + 3_600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let west = reader.time() else { return nil }
            offset = -west
        }
        guard let start = reader.moment(), let end = reader.moment(), reader.rest.isEmpty else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }
}

private struct PosixReader {
    var rest: ArraySlice<UInt8>

    mutating func skip(_ character: Character) -> Bool {
        guard let byte = rest.first, byte == character.asciiValue else { return false }
        rest.removeFirst()
        return true
    }

    mutating func skipName() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let letters = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(_ bounds: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return bounds.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time() -> Int? {
        let sign = skip("-") ? -1 : 1
        if sign == 1 { _ = skip("+") }
        guard let hours = number(0...167) else { return nil }
        var seconds = hours * 3_600
        for unit in [60, 1] where skip(":") {
            guard let value = number(0...59) else { return nil }
            seconds += value * unit
        }
        return sign * seconds
    }

    /// `,M3.5.0/1`, `,J60` or `,59/2`.
    mutating func moment() -> YearlyRule.Moment? {
        guard skip(","), let date = date() else { return nil }
        guard skip("/") else { return YearlyRule.Moment(date: date, seconds: 7_200) }
        return time().map { YearlyRule.Moment(date: date, seconds: $0) }
    }

    private mutating func date() -> YearlyRule.Date? {
        if skip("J") { return number(1...365).map { .dayWithoutLeap($0) } }
        guard skip("M") else { return number(0...365).map { .dayFromZero($0) } }
        guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
            let weekday = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }
}

extension Day {
    /// The first day of a month, of any year.
    fileprivate static func first(of month: Int, in year: Int) -> Day {
        // 400 years are 146,097 days and repeat, so the year is moved among those that `Day` spells.
        let cycle = (year >= 2000 ? year - 2000 : year - 2399) / 400
        guard let day = Day(year: year - cycle * 400, month: month, day: 1) else {
            preconditionFailure("there is no month \(month)")
        }
        return day + cycle * 146_097
    }
}
