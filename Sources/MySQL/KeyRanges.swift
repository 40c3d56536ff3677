/// One table cut into pieces of similar size, so that several connections can read it at once.
///
/// The pieces are disjoint and together have every row, whatever the estimates were worth: each boundary is
/// the end of one piece and the beginning of the next, compared by the server in the column's own order. Rows
/// whose key is NULL are in the first piece.
package struct KeyRanges: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        /// For a WHERE clause; nil takes every row.
        package let condition: String?
        /// The first key, for messages; empty for the first piece.
        package let lower: [String]
        /// The key that it ends before; empty for the last piece.
        package let upper: [String]
        /// As far as the server can tell without reading.
        package let rowsEstimate: Int64
    }

    package let pieces: [Piece]
    /// The columns that the boundaries are values of; empty for a table in one piece.
    package let columns: [String]
    /// The index whose order it is.
    package let index: String?
    /// Why the table is in one piece, or why not in as many as were asked for.
    package let reason: String?
    /// What it cost: statements sent to the server. None of them reads more than a few rows.
    package let queries: Int
}

extension MySQLConnection {
    /// Cuts a table into about `count` pieces of similar size.
    ///
    /// - Parameters:
    ///   - table: a name in the connection's database.
    ///   - condition: SQL that the rows fulfil. If an index finds them, the pieces are parts of that index;
    ///     if not, every piece has to look at its share of the whole table, and the shares are equal.
    ///   - rowsMin: no piece is meant to be smaller.
    package func keyRanges(
        of table: String, into count: Int, where condition: String? = nil, rowsMin: Int64 = 1
    ) throws(MySQLError) -> KeyRanges {
        let search = KeySearch(self, table: table)
        func whole(_ reason: String?) -> KeyRanges {
            let piece = KeyRanges.Piece(condition: nil, lower: [], upper: [], rowsEstimate: search.tableRows)
            return KeyRanges(
                pieces: [piece], columns: [], index: nil, reason: reason, queries: search.queries)
        }
        guard count > 1 else { return whole(nil) }
        let choice = try search.choose(for: condition)
        guard let key = choice.key else { return whole(choice.reason) }
        let pieces = max(1, min(Int64(count), search.rows(of: key) / max(1, rowsMin)))
        guard pieces > 1 else { return whole("about \(search.rows(of: key)) rows are too few to share") }
        let leaves = try KeyBisection(search, key, pieces: Int(pieces)).leaves()
        let groups = KeyRanges.grouped(leaves, into: Int(pieces))
        guard groups.count > 1 else {
            return whole(
                "nearly all rows have one value of \(key.columns.map(\.name).joined(separator: ", "))")
        }
        return KeyRanges(
            pieces: KeyRanges.cut(groups, key), columns: key.columns.map(\.name), index: key.index,
            reason: groups.count < count ? "the rows fall into \(groups.count) groups only" : nil,
            queries: search.queries)
    }
}

extension KeyRanges {
    /// Joins neighbours, so that each group ends as near to its share as a leaf's end can be.
    static func grouped(_ leaves: [KeyInterval], into count: Int) -> [[KeyInterval]] {
        let total = leaves.reduce(0) { $0 + $1.rows }
        var groups: [[KeyInterval]] = []
        var group: [KeyInterval] = []
        var sum: Int64 = 0
        for leaf in leaves {
            let end = Int64(Double(total) * Double(groups.count + 1) / Double(count))
            let (without, with) = (sum - end, sum + leaf.rows - end)
            if !group.isEmpty, groups.count < count - 1, with > 0, with >= -without {
                groups.append(group)
                group = []
            }
            group.append(leaf)
            sum += leaf.rows
        }
        return group.isEmpty ? groups : groups + [group]
    }

    fileprivate static func cut(_ groups: [[KeyInterval]], _ key: TableKey) -> [Piece] {
        groups.indices.map { index in
            let lower = index == 0 ? [] : groups[index][0].start
            let upper = index + 1 == groups.count ? [] : groups[index + 1][0].start
            var parts: [String] = []
            if !lower.isEmpty { parts.append(key.isAtLeast(lower)) }
            if !upper.isEmpty { parts.append(key.isBelow(upper)) }
            var condition = parts.joined(separator: " AND ")
            if index == 0, key.columns[0].isNullable {
                condition = "(\(key.columns[0].quoted) IS NULL OR \(condition))"
            }
            return Piece(
                condition: condition, lower: key.describe(lower), upper: key.describe(upper),
                rowsEstimate: groups[index].reduce(0) { $0 + $1.rows })
        }
    }
}

/// The key that a table is cut by.
struct TableKey {
    let index: String
    let columns: [KeyColumn]
    /// What the rows fulfil, when this is the index that finds them.
    let condition: String?
    let rowsEstimate: Int64

    /// The tuple is the boundary or comes after it. Written out, because servers rarely use an index for
    /// `(a, b) >= (x, y)`; the first comparison alone already lets them.
    func isAtLeast(_ boundary: [KeyValue]) -> String { compare(boundary, ">", last: ">=") }

    /// The tuple comes before the boundary.
    func isBelow(_ boundary: [KeyValue]) -> String { compare(boundary, "<", last: "<") }

    private func compare(_ boundary: [KeyValue], _ sign: String, last: String) -> String {
        var sql = ""
        for (column, value) in zip(columns, boundary).reversed() {
            let (left, right) = (column.comparable, column.domain.literal(value))
            sql =
                sql.isEmpty
                ? "\(left) \(last) \(right)"
                : "\(left) \(sign)= \(right) AND (\(left) \(sign) \(right) OR (\(left) = \(right) AND \(sql)))"
        }
        return boundary.count > 1 ? "(\(sql))" : sql
    }

    func describe(_ boundary: [KeyValue]) -> [String] {
        zip(columns, boundary).map { $0.domain.describe($1) }
    }
}

/// One column of a key.
struct KeyColumn {
    let name: String
    let domain: KeyDomain
    let isNullable: Bool

    var quoted: String { MySQLConnection.quoteIdentifier(name) }
    /// What stands at the left of a comparison. An ENUM is ordered by its number but compared by its label.
    var comparable: String {
        if case .enumeration = domain { "(\(quoted) + 0)" } else { quoted }
    }
    /// The items by which a value is fetched: what ``KeyDomain/value(_:_:)`` takes.
    var selection: String {
        switch domain {
        case .text: "HEX(\(quoted)), HEX(CONVERT(\(quoted) USING utf8mb4))"
        case .bytes: "HEX(\(quoted)), NULL"
        case .enumeration: "\(quoted) + 0, NULL"
        case .number, .double, .moment, .uuid: "\(quoted), NULL"
        }
    }

    /// For an index dive: rows with this value.
    func equals(_ value: KeyValue) -> String {
        if case .enumeration(let labels) = domain {
            return "\(quoted) = \(KeyDomain.label(value, labels))"
        }
        return "\(quoted) = \(domain.literal(value))"
    }

    /// For an index dive: rows from `lower` to before `upper`.
    func lies(from lower: KeyValue, to upper: KeyValue?) -> String {
        if case .enumeration(let labels) = domain, case .number(let first) = lower {
            var end = Int128(labels.count + 1)
            if case .number(let number)? = upper { end = min(end, number) }
            let list = (max(1, first)..<max(2, end, first + 1)).map { KeyDomain.label(.number($0), labels) }
            return "\(quoted) IN (\(list.joined(separator: ", ")))"
        }
        let from = "\(quoted) >= \(domain.literal(lower))"
        return upper.map { "\(from) AND \(quoted) < \(domain.literal($0))" } ?? from
    }
}
