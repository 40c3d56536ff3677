/// One of the five fields of a cron expression.
package enum CronField: Int, Hashable, Sendable, CaseIterable {
    case minute, hour, dayOfMonth, month, dayOfWeek

    /// As a noun.
    package var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        }
    }

    /// What may stand in it, besides `*`, ranges, steps and lists.
    package var allowed: String {
        switch self {
        case .minute: "0-59"
        case .hour: "0-23"
        case .dayOfMonth: "1-31 or L, the last day"
        case .month: "1-12 or JAN-DEC"
        case .dayOfWeek:
            "0-7 or SUN-SAT (0 and 7 are Sunday), MON#2 for the second, FRIL for the last of a month"
        }
    }

    /// The values it may name; 7 is another word for Sunday.
    var bounds: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// The values that `*` means.
    var whole: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : bounds }

    /// The words for its values; the first one is for the lowest value.
    private var words: [String] {
        switch self {
        case .month:
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        case .minute, .hour, .dayOfMonth: []
        }
    }

    /// The value of a number or a word in either case; `nil` if it is neither, or outside of the bounds.
    func value(of text: Substring) -> Int? {
        if let index = words.firstIndex(of: text.uppercased()) { return index + bounds.lowerBound }
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text), bounds.contains(number)
        else { return nil }
        return number
    }

    /// The word for a value, or its digits.
    func word(for value: Int) -> String {
        let index = value - bounds.lowerBound
        return words.indices.contains(index) ? words[index] : String(value)
    }
}

/// Small numbers, from 0 to 63.
struct SmallSet: Hashable, Sendable {
    private(set) var bits: UInt64 = 0

    init() {}

    init(_ range: ClosedRange<Int>) { for number in range { insert(number) } }

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }
    mutating func formUnion(_ other: SmallSet) { bits |= other.bits }
    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }
    var isEmpty: Bool { bits == 0 }

    /// Its least number that is at least `number`.
    func first(from number: Int) -> Int? {
        guard number < 64 else { return nil }
        let rest = bits & (.max << UInt64(max(0, number)))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The numbers in order.
    var elements: [Int] { (0..<64).filter(contains) }
}
