internal import LakeModel
internal import Project

/// The type that values are taken for where nothing else says it.
enum InferredType {
    /// As DuckDB spells it; `nil` if there is nothing but NULL, which goes with every type. Lists and
    /// structures have the type of their literal.
    static func of(_ values: some Sequence<WrittenValue>) -> String? {
        var kinds: Set<Kind> = []
        var digits = 0
        var scale = 0
        for value in values {
            guard let kind = Kind(value) else { continue }
            kinds.insert(kind)
            if case .number(let text) = value, let parts = decimalParts(of: text) {
                scale = max(scale, parts.scale)
                digits = max(digits, parts.digits.drop { $0 == "0" }.count - parts.scale)
            }
        }
        guard !kinds.isEmpty else { return nil }
        if kinds == [.boolean] { return "BOOLEAN" }
        if kinds == [.integer] { return "BIGINT" }
        if kinds.isSubset(of: [.integer, .hugeInteger]) { return digits <= 38 ? "HUGEINT" : "DOUBLE" }
        if kinds.isSubset(of: [.integer, .hugeInteger, .decimal]) {
            // Wide enough that sums and products in the SQL do not overflow for a sample's small numbers.
            let width = max(18, digits + scale)
            return width <= 38 ? "DECIMAL(\(width),\(scale))" : "DOUBLE"
        }
        if kinds.isSubset(of: [.integer, .hugeInteger, .decimal, .double]) { return "DOUBLE" }
        if kinds == [.date] { return "DATE" }
        if kinds.isSubset(of: [.date, .timestamp]) { return "TIMESTAMP" }
        if kinds.isSubset(of: [.date, .timestamp, .timestampWithZone]) { return "TIMESTAMP WITH TIME ZONE" }
        return "VARCHAR"
    }

    private enum Kind {
        case boolean, integer, hugeInteger, decimal, double, date, timestamp, timestampWithZone, text

        /// `nil` of NULL.
        init?(_ value: WrittenValue) {
            switch value {
            case .null: return nil
            case .boolean: self = .boolean
            case .number(let text):
                if text.contains(where: { $0 == "e" || $0 == "E" }) {
                    self = .double
                } else if text.contains(".") {
                    self = .decimal
                } else {
                    self = Int64(text) == nil ? .hugeInteger : .integer
                }
            case .text(let text, isQuoted: false): self = Kind(plain: text)
            case .text, .list, .structure: self = .text
            }
        }

        /// `2026-11-23`, `2026-11-23 10:00`, `2026-11-23T10:00:00.5Z`, `2026-11-23 10:00:00+02:00`.
        private init(plain text: String) {
            self = .text
            guard text.utf8.count >= 10, Day(String(text.prefix(10))) != nil else { return }
            var rest = text.dropFirst(10)
            if rest.isEmpty {
                self = .date
                return
            }
            guard let separator = rest.popFirst(), separator == " " || separator == "T" else { return }
            let time = rest.prefix { $0.isASCII && $0.isNumber || $0 == ":" || $0 == "." }
            let zone = rest.dropFirst(time.count)
            let parts = time.split(separator: ":", omittingEmptySubsequences: false)
            guard (2...3).contains(parts.count), parts[0].count == 2, parts[1].count == 2,
                parts.count == 2 || parts[2].prefix(2).count == 2 && Double(parts[2]) != nil
            else { return }
            if zone.isEmpty {
                self = .timestamp
            } else if zone == "Z" || zone.first == "+" || zone.first == "-",
                zone.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber || $0 == ":" })
            {
                self = .timestampWithZone
            }
        }
    }
}
