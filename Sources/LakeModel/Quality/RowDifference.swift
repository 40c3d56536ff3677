/// How the rows that a query gave differ from those that were expected; their order does not matter.
package struct RowDifference: Hashable, Sendable {
    /// A row as text; `nil` is NULL.
    package typealias Row = [String?]

    package let columns: [String]
    /// How many rows are equal.
    package let equal: Int
    /// Expected, but not given.
    package let missing: [Row]
    /// Given, but not expected.
    package let unexpected: [Row]
    /// Rows that have most columns in common, and are most likely meant to be the same.
    package let differing: [Pair]

    package struct Pair: Hashable, Sendable {
        package let expected: Row
        package let actual: Row
        /// Indices of the columns that differ.
        package let columns: [Int]
    }

    /// How the values of a column are compared.
    package enum Comparison: Hashable, Sendable {
        case text
        /// `12.50` is `12.5`.
        case exactNumber
        /// As exactly as sums of floating-point numbers are the same in any order.
        case approximateNumber
    }

    /// `nil` if there is no difference.
    ///
    /// - Parameter comparisons: One of each column.
    package static func between(
        expected: [Row], actual: [Row], columns: [String], comparisons: [Comparison]
    ) -> RowDifference? {
        var left: [Row: [Int]] = [:]
        for (index, row) in actual.enumerated() {
            left[canonical(row, comparisons), default: []].append(index)
        }
        var missing: [Row] = []
        var equal = 0
        for row in expected {
            let key = canonical(row, comparisons)
            if left[key]?.popLast() != nil { equal += 1 } else { missing.append(row) }
        }
        var unexpected = left.values.flatMap { $0 }.sorted().map { actual[$0] }
        // Floating-point numbers at the edge of a rounding.
        missing = missing.filter { row in
            guard let twin = unexpected.firstIndex(where: { differences(row, $0, comparisons).isEmpty })
            else {
                return true
            }
            unexpected.remove(at: twin)
            equal += 1
            return false
        }
        guard !missing.isEmpty || !unexpected.isEmpty else { return nil }
        let pairs = pairs(missing, unexpected, comparisons)
        let pairedLeft = Set(pairs.map(\.0))
        let pairedRight = Set(pairs.map(\.1))
        return RowDifference(
            columns: columns, equal: equal,
            missing: missing.indices.filter { !pairedLeft.contains($0) }.map { missing[$0] },
            unexpected: unexpected.indices.filter { !pairedRight.contains($0) }.map { unexpected[$0] },
            differing: pairs.map {
                Pair(
                    expected: missing[$0], actual: unexpected[$1],
                    columns: differences(missing[$0], unexpected[$1], comparisons))
            })
    }

    /// The most alike first, each row in one pair; rows that have nothing in common are none, unless nothing
    /// else is left.
    private static func pairs(
        _ missing: [Row], _ unexpected: [Row], _ comparisons: [Comparison]
    ) -> [(Int, Int)] {
        guard missing.count * unexpected.count <= pairsMax else { return [] }
        if missing.count == 1, unexpected.count == 1 { return [(0, 0)] }
        var candidates: [(left: Int, right: Int, differences: Int)] = []
        for (left, row) in missing.enumerated() {
            for (right, other) in unexpected.enumerated() {
                let count = differences(row, other, comparisons).count
                if count < comparisons.count { candidates.append((left, right, count)) }
            }
        }
        candidates.sort { ($0.differences, $0.left, $0.right) < ($1.differences, $1.left, $1.right) }
        var (usedLeft, usedRight): (Set<Int>, Set<Int>) = ([], [])
        var pairs: [(Int, Int)] = []
        for candidate in candidates
        where !usedLeft.contains(candidate.left) && !usedRight.contains(candidate.right) {
            usedLeft.insert(candidate.left)
            usedRight.insert(candidate.right)
            pairs.append((candidate.left, candidate.right))
        }
        return pairs.sorted { $0.0 < $1.0 }
    }

    /// Beyond so many comparisons nobody reads the pairs.
    private static let pairsMax = 250_000

    private static func differences(_ one: Row, _ other: Row, _ comparisons: [Comparison]) -> [Int] {
        comparisons.indices.filter { !isEqual(one[$0], other[$0], comparisons[$0]) }
    }

    private static func isEqual(_ one: String?, _ other: String?, _ comparison: Comparison) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        switch comparison {
        case .text: return one == other
        case .exactNumber: return canonicalNumber(one) == canonicalNumber(other)
        case .approximateNumber:
            guard one != other, let one = Double(one), let other = Double(other) else { return one == other }
            if one.isNaN || other.isNaN { return one.isNaN && other.isNaN }
            return one == other || abs(one - other) <= 1e-9 * max(abs(one), abs(other))
        }
    }

    private static func canonical(_ row: Row, _ comparisons: [Comparison]) -> Row {
        zip(row, comparisons).map { value, comparison in
            value.map { comparison == .exactNumber ? canonicalNumber($0) : $0 }
        }
    }
}

/// A number's text less what does not change it: `+012.50` is `12.5`, `1.5e2` is `150`. Other text stays.
package func canonicalNumber(_ text: String) -> String {
    guard let parts = decimalParts(of: text) else { return text }
    let digits = parts.digits.drop { $0 == "0" }
    guard !digits.isEmpty else { return "0" }
    var whole: Substring
    var fraction: Substring
    let pointAt = digits.count - parts.scale
    if parts.scale <= 0 {
        whole = Substring(digits + String(repeating: "0", count: -parts.scale))
        fraction = ""
    } else if pointAt > 0 {
        whole = digits.prefix(pointAt)
        fraction = digits.suffix(parts.scale)
    } else {
        whole = "0"
        fraction = Substring(String(repeating: "0", count: -pointAt) + digits)
    }
    while fraction.last == "0" { fraction.removeLast() }
    return (parts.isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : ".\(fraction)")
}

/// The digits of a decimal number without its point, and how many of them stand behind it; `nil` if the text
/// is no number of at most a few hundred digits.
package func decimalParts(of text: String) -> (isNegative: Bool, digits: String, scale: Int)? {
    var rest = Substring(text)
    var isNegative = false
    if let sign = rest.first, sign == "-" || sign == "+" {
        isNegative = sign == "-"
        rest.removeFirst()
    }
    var exponent = 0
    if let mark = rest.firstIndex(where: { $0 == "e" || $0 == "E" }) {
        guard let number = Int(rest[rest.index(after: mark)...]), abs(number) <= 400 else { return nil }
        exponent = number
        rest = rest[..<mark]
    }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { return nil }
    let digits = parts.joined()
    guard !digits.isEmpty, digits.count <= 400, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
    }
    return (isNegative, digits, (parts.count == 2 ? parts[1].count : 0) - exponent)
}
