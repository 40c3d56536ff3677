/// The questions about a table's keys; each is answered from an index in a few steps.
final class KeySearch {
    let connection: MySQLConnection
    let table: String
    var queries = 0
    /// The server's estimate; 0 until ``choose(for:)``.
    var tableRows: Int64 = 0
    private var alphabets: [String: KeyAlphabet] = [:]
    /// The characters of the keys that were met so far.
    private var seen: [String: Set<Unicode.Scalar>] = [:]
    private static let branchesMax = 40
    /// How often to look for a text between two others, before one a few rows on must do.
    private static let guessesMax = 6
    /// How many entries of an index one question may read.
    private static let entriesMax: Int64 = 2_000
    private static let sampleMax = 50

    init(_ connection: MySQLConnection, table: String) {
        (self.connection, self.table) = (connection, table)
    }

    func query(_ sql: String) throws(MySQLError) -> MySQLResult {
        queries += 1
        return try connection.query(sql)
    }

    func rows(of key: TableKey) -> Int64 { key.rowsEstimate }

    private func from(_ key: TableKey) -> String {
        """
        FROM \(MySQLConnection.quoteIdentifier(table)) \
        FORCE INDEX (\(MySQLConnection.quoteIdentifier(key.index)))
        """
    }

    private func conditions(_ key: TableKey, _ prefix: [KeyValue], _ others: [String]) -> String {
        let parts =
            zip(key.columns, prefix).map { $0.equals($1) } + others
            + (key.condition.map { ["(\($0))"] } ?? [])
        return parts.isEmpty ? "TRUE" : parts.joined(separator: " AND ")
    }

    // MARK: The ends of a range

    /// Everything with this prefix; nil when there is nothing.
    func interval(
        _ key: TableKey, prefix: [KeyValue], start: [KeyValue], rows: Int64
    ) throws(MySQLError) -> KeyInterval? {
        let column = key.columns[prefix.count]
        if case .enumeration(let labels) = column.domain {
            return KeyInterval(
                start: start, prefix: prefix, lower: .number(1), upper: nil,
                last: .number(Int128(labels.count)), rows: rows)
        }
        let others = column.isNullable ? ["\(column.quoted) IS NOT NULL"] : []
        let select = "SELECT \(column.selection) \(from(key)) WHERE \(conditions(key, prefix, others))"
        var ends: [KeyValue] = []
        for direction in ["ASC", "DESC"] {
            // The columns before this one have one value each, so this is the index's own order.
            let row = try query("\(select) ORDER BY \(column.quoted) \(direction) LIMIT 1").rows.first
            guard let text = row?[0], let value = column.domain.value(text, row?[1]) else { return nil }
            ends.append(value)
            if case .text = column.domain {
                let sample = try query(
                    "\(select) ORDER BY \(column.quoted) \(direction) LIMIT \(Self.sampleMax)")
                for row in sample.rows {
                    if let text = row[0] { see(column, column.domain.value(text, row[1])) }
                }
            }
        }
        return KeyInterval(
            start: start, prefix: prefix, lower: ends[0], upper: nil, last: ends[1], rows: rows)
    }

    // MARK: Sizes

    /// The index's estimate of each range's rows; nil where it has none.
    func estimates(of intervals: [KeyInterval], _ key: TableKey) throws(MySQLError) -> [Int64?] {
        var estimates: [Int64?] = []
        var rest = intervals[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.branchesMax)
            rest = rest.dropFirst(part.count)
            let branches = part.map { interval in
                let column = key.columns[interval.prefix.count]
                let range = column.lies(from: interval.lower, to: interval.upper)
                return """
                    SELECT \(key.columns[0].quoted) \(from(key)) \
                    WHERE \(conditions(key, interval.prefix, [range]))
                    """
            }
            estimates += try explained(branches)
        }
        return estimates
    }

    private func explained(_ branches: [String]) throws(MySQLError) -> [Int64?] {
        let result = try query("EXPLAIN FORMAT=TRADITIONAL \(branches.joined(separator: " UNION ALL "))")
        var estimates = [Int64?](repeating: nil, count: branches.count)
        let places = ["id", "type", "rows", "Extra"].map { name in result.columns.firstIndex(of: name) }
        for row in result.rows {
            func item(_ place: Int) -> String? { places[place].flatMap { row[$0] } }
            guard let branch = item(0).flatMap({ Int($0) }), estimates.indices.contains(branch - 1) else {
                continue
            }
            let rows = item(2).flatMap { Int64($0) }
            // "Impossible WHERE", "no matching row": nothing is read.
            guard let type = item(1) else {
                estimates[branch - 1] = 0
                continue
            }
            // A scan of everything says nothing about the range.
            estimates[branch - 1] = type == "ALL" || type == "index" ? nil : rows
        }
        return estimates
    }

    // MARK: Places between

    /// A value inside each interval by which it can be cut, or nil when there is none.
    func middles(of intervals: [KeyInterval], _ key: TableKey) throws(MySQLError) -> [KeyValue?] {
        var middles = [KeyValue?](repeating: nil, count: intervals.count)
        var probes: [KeyProbe] = []
        for (index, interval) in intervals.enumerated() {
            let domain = key.columns[interval.prefix.count].domain
            if case .number = interval.lower {
                middles[index] = domain.middle(interval)
            } else {
                probes.append(KeyProbe(interval: index, high: interval.last))
            }
        }
        for guess in 0...Self.guessesMax where !probes.isEmpty {
            let found = try probe(&probes, intervals, key, round: guess)
            for (probe, value) in zip(probes, found) { middles[probe.interval] = value }
            probes = zip(probes, found).filter { $1 == nil && !$0.isHopeless }.map { $0.0 }
        }
        return middles
    }

    private struct KeyProbe {
        let interval: Int
        /// Above it there is nothing.
        var high: KeyValue
        var isHopeless = false
    }

    /// Asks for the first key at or above a guess, strictly inside the interval. Keys are only ever compared
    /// by the server: its order need not be ours.
    private func probe(
        _ probes: inout [KeyProbe], _ intervals: [KeyInterval], _ key: TableKey, round: Int
    ) throws(MySQLError) -> [KeyValue?] {
        let isLast = round == Self.guessesMax
        var branches: [String] = []
        for (number, probe) in probes.enumerated() {
            let interval = intervals[probe.interval]
            let column = key.columns[interval.prefix.count]
            var others = ["\(column.quoted) > \(column.domain.literal(interval.lower))"]
            if let upper = interval.upper {
                others.append("\(column.quoted) < \(column.domain.literal(upper))")
            }
            let guess =
                isLast
                ? nil
                : column.domain.guess(
                    interval.lower, probe.high, try alphabet(of: column),
                    seen: round % 3 == 2 ? nil : seen[column.name] ?? [])
            let entries: String
            if let guess {
                others.append("\(column.quoted) >= \(column.domain.guessLiteral(guess))")
                probes[number].high = guess
                entries = "LIMIT 1"
            } else {
                probes[number].isHopeless = true
                entries = "LIMIT \(max(1, min(Self.entriesMax, interval.rows / 2)))"
            }
            let keys = """
                SELECT \(column.quoted) \(from(key)) \
                WHERE \(conditions(key, interval.prefix, others)) ORDER BY \(column.quoted) \(entries)
                """
            // Of the entries read the last: of a guess there is only one.
            branches.append(
                """
                (SELECT \(number), \(column.selection) FROM (\(keys)) AS e \
                ORDER BY \(column.quoted) DESC LIMIT 1)
                """)
        }
        var found = [KeyValue?](repeating: nil, count: probes.count)
        var rest = branches[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.branchesMax)
            rest = rest.dropFirst(part.count)
            for row in try query(part.joined(separator: " UNION ALL ")).rows {
                guard let number = row[0].flatMap({ Int($0) }), let text = row[1] else { continue }
                let interval = intervals[probes[number].interval]
                let column = key.columns[interval.prefix.count]
                found[number] = column.domain.value(text, row[2])
                see(column, found[number])
            }
        }
        return found
    }

    private func see(_ column: KeyColumn, _ value: KeyValue?) {
        guard case .text(_, let text)? = value, seen[column.name]?.count ?? 0 < 2_000 else { return }
        seen[column.name, default: []].formUnion(text.unicodeScalars)
    }

    private func alphabet(of column: KeyColumn) throws(MySQLError) -> KeyAlphabet {
        guard case .text(let characterSet, let collation) = column.domain else { return KeyAlphabet([]) }
        if let known = alphabets[collation] { return known }
        let sql = KeyAlphabet.question(characterSet: characterSet, collation: collation)
        let alphabet = KeyAlphabet(try query(sql).rows.compactMap { $0[0] })
        alphabets[collation] = alphabet
        return alphabet
    }
}
