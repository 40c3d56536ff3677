/// A cron expression that cannot be read, or that would never come true.
package struct CronMistake: Diagnostic, Hashable {
    package let expression: String
    package let kind: Kind

    package enum Kind: Hashable, Sendable {
        case fieldCount(Int)
        case unknownWord(nearest: String?)
        /// What stands in a field is not understood.
        case notAllowed(CronField, text: String)
        case backwards(CronField, text: String)
        /// A step that is 0, or longer than the field.
        case badStep(CronField, text: String)
        /// `5/15`: some programs take it for one value, others for a beginning.
        case stepOfOneValue(CronField, text: String)
        /// No day of the calendar matches.
        case neverComes
    }

    package init(expression: String, kind: Kind) {
        self.expression = expression
        self.kind = kind
    }

    package var code: String { "project.bad-cron" }

    package var problem: String {
        let found = "the cron expression '\(boundedText(expression, bytesMax: 60))'"
        switch kind {
        case .fieldCount(let count):
            return "\(found) has \(count) \(count == 1 ? "field" : "fields") instead of five."
        case .unknownWord(let nearest):
            return "\(found) is none of the known words\(nearest.map { ": did you mean '\($0)'?" } ?? ".")"
        case .notAllowed(let field, let text):
            let shown = text.isEmpty ? "nothing" : "'\(boundedText(text, bytesMax: 40))'"
            return "\(found) has \(shown) for the \(field.name), which is not allowed there."
        case .backwards(let field, let text):
            return "\(found) has '\(text)' for the \(field.name): the range runs backwards."
        case .badStep(let field, let text):
            return "\(found) has '\(text)' for the \(field.name): no such step fits between "
                + "\(field.bounds.lowerBound) and \(field.bounds.upperBound)."
        case .stepOfOneValue(let field, let text):
            return "\(found) has '\(text)' for the \(field.name): a step needs a range."
        case .neverComes:
            return "\(found) never comes: no such day is in the calendar."
        }
    }

    package var remedy: String {
        switch kind {
        case .fieldCount(6):
            "Leave out the seconds or the year: minute, hour, day of month, month, day of week."
        case .fieldCount:
            "Write minute, hour, day of month, month and day of week, such as '30 5 * * MON-FRI'."
        case .unknownWord: "Use one of \(CronWord.allCases.map(\.rawValue).joined(separator: ", "))."
        case .notAllowed(let field, _):
            "The \(field.name) is *, \(field.allowed), a range, a step (*/2) or a list with commas."
        case .backwards(let field, let text): Self.split(text, field)
        case .badStep(let field, _):
            "Steps begin anew with each \(field.larger): every 90 minutes, for example, has to be written as a list of "
                + "expressions."
        case .stepOfOneValue(let field, let text):
            "Write '\(text.replacing("/", with: "-\(field.whole.upperBound)/"))'."
        case .neverComes: "Give a day that the month has; L is the last day of every month."
        }
    }

    /// `22-4` is `22-23,0-4`.
    private static func split(_ text: String, _ field: CronField) -> String {
        let ends = text.split(separator: "/")[0].split(separator: "-")
        guard ends.count == 2 else { return "Write the smaller value first." }
        let (low, high) = (field.whole.lowerBound, field.whole.upperBound)
        return "Write '\(ends[0])-\(field.word(for: high)),\(field.word(for: low))-\(ends[1])'."
    }
}

extension CronField {
    /// What it is a part of.
    fileprivate var larger: String {
        switch self {
        case .minute: "hour"
        case .hour: "day"
        case .dayOfMonth: "month"
        case .month: "year"
        case .dayOfWeek: "week"
        }
    }
}

/// Words for whole expressions.
enum CronWord: String, CaseIterable {
    case hourly = "@hourly"
    case daily = "@daily"
    case midnight = "@midnight"
    case weekly = "@weekly"
    case monthly = "@monthly"
    case yearly = "@yearly"
    case annually = "@annually"

    var expression: String {
        switch self {
        case .hourly: "0 * * * *"
        case .daily, .midnight: "0 0 * * *"
        case .weekly: "0 0 * * 0"
        case .monthly: "0 0 1 * *"
        case .yearly, .annually: "0 0 1 1 *"
        }
    }
}
