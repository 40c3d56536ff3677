internal import DuckDB
internal import LakeModel

/// Answers `unique` and `relationships` of single columns of integers, all in one reading of the table.
///
/// Where the values lie too far apart for a bit each, and for other types, a check is left to a query of
/// its own.
struct IntegerAudit {
    let asset: AssetKey
    let table: String
    let sets: KeySets
    /// The SQL expression that stands for another table.
    let relation: (AssetKey) -> String

    /// One check that can be answered here.
    private struct Question {
        let index: Int
        let column: String
        let set: KeySet
        let use: KeySet.Use
    }

    /// The number of rows that break each check that can be answered here, by its position in `checks`.
    func run(_ checks: [Check], on connection: Connection) throws -> [Int: Int64] {
        var questions: [Question] = []
        for (index, check) in checks.enumerated() {
            if let question = try question(check.rule, index, on: connection) { questions.append(question) }
        }
        guard !questions.isEmpty else { return [:] }
        let counts = try count(questions[...], [], on: connection)
        return Dictionary(zip(questions.map(\.index), counts)) { first, _ in first }
    }

    private func question(_ rule: Check.Rule, _ index: Int, on connection: Connection) throws -> Question? {
        switch rule {
        case .unique(let columns):
            guard columns.count == 1, let set = try emptySet(for: columns[0], of: table, on: connection)
            else { return nil }
            return Question(index: index, column: columns[0], set: set, use: .requiringNew)
        case .relationships(let column, let other, let otherColumn):
            guard try isInteger(column, of: table, on: connection),
                let set = try emptySet(for: otherColumn, of: relation(other), on: connection)
            else { return nil }
            try sets.with(set, .collecting) { wrong in
                _ = try connection.query(
                    "SELECT count(*) FROM \(relation(other)) WHERE \(wrong(quotedIdentifier(otherColumn)))")
            }
            return Question(index: index, column: column, set: set, use: .requiringKnown)
        case .notNull, .acceptedValues, .rowCount: return nil
        }
    }

    /// Lends each question its set, then asks all of them at once.
    private func count(
        _ questions: ArraySlice<Question>, _ expressions: [String], on connection: Connection
    ) throws -> [Int64] {
        guard let question = questions.first else {
            let columns = expressions.map { "count(*) FILTER (WHERE \($0))" }.joined(separator: ", ")
            return try connection.query("SELECT \(columns) FROM \(table)").rows.first?.map { $0.integer ?? 0 }
                ?? []
        }
        return try sets.with(question.set, question.use) { wrong in
            try count(
                questions.dropFirst(), expressions + [wrong(quotedIdentifier(question.column))],
                on: connection)
        }
    }

    /// A set that can take all values of `column`; `nil` if they are no integers or lie too far apart.
    private func emptySet(for column: String, of relation: String, on connection: Connection) throws
        -> KeySet?
    {
        guard try isInteger(column, of: relation, on: connection) else { return nil }
        let name = quotedIdentifier(column)
        let row =
            try connection.query("SELECT min(\(name)), max(\(name)), count(*) FROM \(relation)").rows.first
            ?? []
        guard row.count == 3, let rows = row[2].integer else { return nil }
        // No value at all: any range will do.
        guard let low = row[0].integer, let high = row[1].integer else { return KeySet(0...0, bitsMax: 1) }
        return KeySet(low...high, bitsMax: max(Int(rows) * 16, 1 << 20))
    }

    private func isInteger(_ column: String, of relation: String, on connection: Connection) throws -> Bool {
        switch try connection.prepare("SELECT \(quotedIdentifier(column)) FROM \(relation)").columns.first?
            .type
        {
        case .bigint, .integer, .smallint, .tinyint, .uinteger, .usmallint, .utinyint: true
        default: false
        }
    }
}
