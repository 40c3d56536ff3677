/// A stretch of a key's order.
struct KeyInterval {
    /// The boundary at which it begins.
    let start: [KeyValue]
    /// The values of the columns before the one that is cut.
    let prefix: [KeyValue]
    let lower: KeyValue
    /// Not part of it; nil for the rest of the rows with this prefix.
    let upper: KeyValue?
    /// `upper`, or the last value there is.
    let last: KeyValue
    var rows: Int64
    /// Whether nothing lies between its ends.
    var isAtomic = false
}

/// Halves a key's range where the rows are, until every part is a small share of the whole.
///
/// The server's index tells how many rows a range has without reading them; the more so the smaller the
/// range. A key of which most values lie close together only costs more halvings.
struct KeyBisection {
    private let search: KeySearch
    private let key: TableKey
    private let pieces: Int
    private static let levelsMax = 200
    private static let queriesMax = 600

    init(_ search: KeySearch, _ key: TableKey, pieces: Int) {
        (self.search, self.key, self.pieces) = (search, key, pieces)
    }

    /// In order, each with its estimate. Only the first may lack rows that come before it: it has no lower
    /// end in a piece's condition.
    func leaves() throws(MySQLError) -> [KeyInterval] {
        guard let root = try search.interval(key, prefix: [], start: [], rows: search.rows(of: key)) else {
            return []
        }
        var intervals = [root]
        // The first estimate of the whole may be far off; the sum of the parts is better.
        for _ in 0..<3 {
            let total = intervals.reduce(0) { $0 + $1.rows }
            let limit = max(1, total / Int64(pieces * 6))
            try divide(&intervals, until: limit)
            let sum = intervals.reduce(0) { $0 + $1.rows }
            if sum / Int64(pieces * 6) >= limit / 2 { break }
        }
        return intervals
    }

    private func divide(_ intervals: inout [KeyInterval], until limit: Int64) throws(MySQLError) {
        for _ in 0..<Self.levelsMax where search.queries < Self.queriesMax {
            let heavy = intervals.indices.filter { intervals[$0].rows > limit && !intervals[$0].isAtomic }
            guard !heavy.isEmpty else { return }
            let middles = try search.middles(of: heavy.map { intervals[$0] }, key)
            var children: [Int: [KeyInterval]] = [:]
            for (index, middle) in zip(heavy, middles) {
                if let middle {
                    children[index] = halves(of: intervals[index], at: middle)
                } else {
                    children[index] = try descended(intervals[index])
                }
            }
            var next: [KeyInterval] = []
            var fresh: [Int] = []
            for index in intervals.indices {
                guard let parts = children[index] else {
                    next.append(intervals[index])
                    continue
                }
                if parts.count > 1 { fresh += next.count..<(next.count + parts.count) }
                next += parts
            }
            for (index, rows) in zip(fresh, try search.estimates(of: fresh.map { next[$0] }, key)) {
                // A range that the index cannot tell about is as large as it was.
                next[index].rows = rows ?? next[index].rows
            }
            intervals = next
        }
    }

    private func halves(of interval: KeyInterval, at middle: KeyValue) -> [KeyInterval] {
        [
            KeyInterval(
                start: interval.start, prefix: interval.prefix, lower: interval.lower, upper: middle,
                last: middle, rows: interval.rows / 2),
            KeyInterval(
                start: interval.prefix + [middle], prefix: interval.prefix, lower: middle,
                upper: interval.upper, last: interval.last, rows: interval.rows / 2),
        ]
    }

    /// One value of this column has too many rows: cut by the next column.
    private func descended(_ interval: KeyInterval) throws(MySQLError) -> [KeyInterval] {
        let prefix = interval.prefix + [interval.lower]
        var child: KeyInterval?
        if prefix.count < key.columns.count {
            child = try search.interval(key, prefix: prefix, start: interval.start, rows: interval.rows)
        }
        if let child { return [child] }
        var interval = interval
        interval.isAtomic = true
        return [interval]
    }
}
