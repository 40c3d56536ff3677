internal import LakeModel
internal import Yams

extension ValueShape where Value == CronExpression {
    /// `0 5 * * MON-FRI` or `@daily`.
    static var cron: ValueShape {
        ValueShape(schema: ["type": "string", "minLength": 1]) { node, document in
            guard let text = document.text(node, expected: "a cron expression such as '30 5 * * MON-FRI'")
            else { return nil }
            do throws(CronMistake) {
                return try CronExpression(text)
            } catch {
                let holdsVariable = node.scalar?.holdsVariable == true
                document.report(
                    .badCron, node,
                    holdsVariable ? "\(node.inWords) gives no cron expression." : error.problem,
                    remedy: error.remedy)
                return nil
            }
        }
    }
}

extension ValueShape where Value == ZoneRules {
    /// An IANA name, with its rules from this machine's database.
    static var timeZone: ValueShape {
        ValueShape(schema: ["type": "string", "minLength": 1]) { node, document in
            guard let name = document.text(node) else { return nil }
            do throws(UnknownTimeZone) {
                return try TimeZoneFiles(environmentVariables: document.variables).load(name)
            } catch {
                let written =
                    node.scalar?.holdsVariable == true
                    ? "the time zone of \(node.inWords) is unknown." : error.problem
                document.report(.unknownTimeZone, node, written, remedy: error.remedy)
                return nil
            }
        }
    }
}

/// Minutes after midnight.
struct TimeOfDay: Hashable, Sendable {
    let minutes: Int
}

extension ValueShape where Value == TimeOfDay {
    /// `07:30`.
    static var timeOfDay: ValueShape {
        parsed(
            "a time of day such as \"07:30\"",
            schema: orVariable(["type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"])
        ) { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
                let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
            else { return nil }
            return TimeOfDay(minutes: hour * 60 + minute)
        }
    }
}

extension ValueShape where Value == Weekdays {
    /// `MON-FRI` or `TUE,SAT`.
    static var weekdays: ValueShape {
        let days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"].map { name in
            name.map { "[\($0)\($0.lowercased())]" }.joined()
        }
        let day = "([0-7]|\(days.joined(separator: "|")))"
        let part = "(\\*|\(day)(-\(day))?)(/[1-7])?"
        return parsed(
            "days of the week such as MON-FRI",
            schema: orVariable(["type": "string", "pattern": .string("^\(part)(,\(part))*$")])
        ) { Weekdays($0) }
    }
}

extension ValueShape where Value == TriggeredWork.PartitionChoice {
    /// `newest`, `current`, `missing`, or how many of the newest.
    static var partitionChoice: ValueShape {
        let expected = "newest, current, missing, or how many of the newest"
        return ValueShape(
            schema: orVariable(
                ["enum": ["newest", "current", "missing"]],
                ["type": "integer", "minimum": 1, "maximum": 10_000])
        ) { node, document in
            guard case .scalar(let scalar) = node, scalar.kind != .nothing,
                let text = document.text(of: scalar)
            else {
                document.reportType(node, expected: expected)
                return nil
            }
            switch text {
            case "newest": return .newestComplete(1)
            case "current": return .current
            case "missing": return .missing
            default:
                if let count = Int(text), (1...10_000).contains(count) { return .newestComplete(count) }
                document.reportType(node, expected: expected)
                return nil
            }
        }
    }
}
