/// When something is to happen, in the notation of cron: minute, hour, day of month, month, day of week.
///
/// Lists, ranges, steps and names as everywhere; `L` is the last day of a month, `MON#2` its second Monday,
/// `FRIL` its last Friday; `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly` stand for whole
/// expressions. If neither day of month nor day of week begins with `*`, one of the two is enough.
/// ``next(after:in:)`` says what becomes of times that clocks skip or show twice.
package struct CronExpression: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    package let text: String
    let times: TimesOfDay
    let days: CronDays

    init(text: String, times: TimesOfDay, days: CronDays) {
        self.text = text
        self.times = times
        self.days = days
    }

    /// - Throws: ``CronMistake``, also if no day ever matches.
    package init(_ text: String) throws(CronMistake) {
        var written = text
        if text.hasPrefix("@") {
            guard let word = CronWord(rawValue: text.lowercased()) else {
                let nearest = nearestName(to: text, among: CronWord.allCases.map(\.rawValue))
                throw CronMistake(expression: text, kind: .unknownWord(nearest: nearest))
            }
            written = word.expression
        }
        let fields = written.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard fields.count == CronField.allCases.count else {
            throw CronMistake(expression: text, kind: .fieldCount(fields.count))
        }
        var minutes = SmallSet()
        var hours = SmallSet()
        var days = CronDays()
        for field in CronField.allCases {
            let part = CronPart(field, in: text)
            let (set, others) = try part.read(fields[field.rawValue])
            switch field {
            case .minute: minutes = set
            case .hour: hours = set
            case .dayOfMonth: (days.days, days.hasLastDay) = (set, others.contains(.lastDay))
            case .month: days.months = set
            case .dayOfWeek:
                days.weekdays = set
                days.ordinals = Set(others.compactMap(\.ordinal))
            }
        }
        days.isEither = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
        guard days.first(from: Day(daysSinceEpoch: 0)) != nil else {
            throw CronMistake(expression: text, kind: .neverComes)
        }
        self.init(text: text, times: TimesOfDay(hours: hours, minutes: minutes), days: days)
    }

    package var description: String { text }

    /// Whether the wall's clock and calendar show one of its minutes; seconds are passed over.
    package func matches(_ local: LocalTime) -> Bool {
        times.contains(local.hour * 60 + local.minute) && days.contains(local.day)
    }

    /// The same, but only within a part of the day; `nil` if it never comes in there.
    package func within(_ hours: Pace.Hours) -> CronExpression? {
        let left = times.within(hours)
        return left.isEmpty ? nil : CronExpression(text: text, times: left, days: days)
    }
}

/// Days of the week, written as cron writes them: `MON-FRI`, `TUE,SAT`.
package struct Weekdays: Hashable, Sendable, CustomStringConvertible {
    private let set: SmallSet
    /// As it was written.
    package let description: String

    package static let all = Weekdays(set: SmallSet(CronField.dayOfWeek.whole), description: "*")

    private init(set: SmallSet, description: String) {
        self.set = set
        self.description = description
    }

    /// `nil` unless `text` names days of the week, whichever week it is.
    package init?(_ text: String) {
        guard let (set, others) = try? CronPart(.dayOfWeek, in: text).read(text[...]), others.isEmpty else {
            return nil
        }
        self.init(set: set, description: text)
    }

    package func contains(_ day: Day) -> Bool { set.contains(day.weekday) }

    package static func == (left: Weekdays, right: Weekdays) -> Bool { left.set == right.set }
    package func hash(into hasher: inout Hasher) { hasher.combine(set) }
}

/// Reads the text of one field.
private struct CronPart {
    let field: CronField
    /// For mistakes.
    let expression: String

    init(_ field: CronField, in expression: String) {
        self.field = field
        self.expression = expression
    }

    /// What is no plain value.
    enum Other: Hashable {
        case lastDay
        case ordinal(CronDays.Ordinal)

        var ordinal: CronDays.Ordinal? { if case .ordinal(let ordinal) = self { ordinal } else { nil } }
    }

    func read(_ text: Substring) throws(CronMistake) -> (set: SmallSet, others: Set<Other>) {
        var set = SmallSet()
        var others: Set<Other> = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            if let other = other(entry) {
                others.insert(other)
            } else {
                set.formUnion(try values(entry))
            }
        }
        return (set, others)
    }

    private func other(_ entry: Substring) -> Other? {
        switch field {
        case .dayOfMonth: return entry.uppercased() == "L" ? .lastDay : nil
        case .dayOfWeek:
            let parts = entry.split(separator: "#", omittingEmptySubsequences: false)
            if parts.count == 2, let weekday = field.value(of: parts[0]), parts[1].utf8.count == 1,
                let number = Int(parts[1]), (1...5).contains(number)
            {
                return .ordinal(CronDays.Ordinal(weekday: weekday % 7, number: number))
            }
            if entry.last == "L" || entry.last == "l", let weekday = field.value(of: entry.dropLast()) {
                return .ordinal(CronDays.Ordinal(weekday: weekday % 7, number: nil))
            }
            return nil
        case .minute, .hour, .month: return nil
        }
    }

    /// `*`, `5`, `8-18`, `*/15` or `8-18/2`.
    private func values(_ entry: Substring) throws(CronMistake) -> SmallSet {
        let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let range = try range(parts[0], entry)
        var step = 1
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count),
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1])
            else { throw mistake(.notAllowed(field, text: String(entry))) }
            guard number >= 1, number <= field.whole.count else {
                throw mistake(.badStep(field, text: String(entry)))
            }
            guard parts[0].contains(where: { $0 == "*" || $0 == "-" }) else {
                throw mistake(.stepOfOneValue(field, text: String(entry)))
            }
            step = number
        }
        var set = SmallSet()
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            set.insert(field == .dayOfWeek ? value % 7 : value)
        }
        return set
    }

    private func range(_ text: Substring, _ entry: Substring) throws(CronMistake) -> ClosedRange<Int> {
        if text == "*" { return field.whole }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = field.value(of: ends[0]) else {
            throw mistake(.notAllowed(field, text: String(entry)))
        }
        guard ends.count == 2 else { return first...first }
        guard var last = field.value(of: ends[1]) else {
            throw mistake(.notAllowed(field, text: String(entry)))
        }
        // A week may end with Sunday.
        if field == .dayOfWeek, last == 0, first > 0 { last = 7 }
        guard first <= last else { throw mistake(.backwards(field, text: String(entry))) }
        return first...last
    }

    private func mistake(_ kind: CronMistake.Kind) -> CronMistake {
        CronMistake(expression: expression, kind: kind)
    }
}
