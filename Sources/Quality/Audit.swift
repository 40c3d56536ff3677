package import DuckDB
package import LakeModel

/// Runs the checks of one table on its staged rows, before anything is published.
///
/// Every check is a query for the rows that break it. Those that look at single rows are answered together
/// in one scan of the table, `unique` and `relationships` of integers in another; other keys of large tables
/// are compared by their hashes first, and what is left needs a query each. Of a Parquet file, its own
/// statistics say how many values of a column are NULL.
package struct Audit: Sendable {
    package let asset: AssetKey
    /// An SQL expression that stands for the table, such as `read_parquet('…')`.
    package let table: String
    /// The one Parquet file that `table` is, if it is one.
    package let file: String?
    /// If only rows that changed are looked at: an expression for all rows, for the rules that need them.
    package let whole: String?
    /// With ``whole``: columns of which no value is in changed rows and in others.
    package let changedBy: [String]
    /// Registered with the database that is asked; without them every `unique` and `relationships` is a
    /// query.
    package let sets: KeySets?
    package let checks: [Check]

    package init(
        of asset: AssetKey, table: String, file: String? = nil, whole: String? = nil,
        changedBy: [String] = [], sets: KeySets? = nil, checks: [Check]
    ) {
        self.asset = asset
        self.table = table
        self.file = file
        self.whole = whole
        self.changedBy = changedBy
        self.sets = sets
        self.checks = checks
    }

    /// One result for each check, in their order.
    ///
    /// Tables that `relationships` names must be defined in `connection`.
    package func run(on connection: Connection) throws -> [CheckResult] {
        guard let whole else { return try runAll(on: connection) }
        let ofAll = checks.filter { !isOfChanges($0.rule) }
        let all = Audit(of: asset, table: whole, sets: sets, checks: ofAll)
        var resultsOfAll = try all.runAll(on: connection)[...]
        let changes = Audit(
            of: asset, table: table, file: file, whole: whole, sets: sets,
            checks: checks.filter { isOfChanges($0.rule) })
        var resultsOfChanges = try changes.runAll(on: connection)[...]
        return checks.compactMap {
            isOfChanges($0.rule) ? resultsOfChanges.popFirst() : resultsOfAll.popFirst()
        }
    }

    /// Whether a rule that held before holds still if it holds for the rows that changed.
    private func isOfChanges(_ rule: Check.Rule) -> Bool {
        switch rule {
        case .notNull, .acceptedValues, .relationships: true
        case .unique(let columns): changedBy.contains { columns.contains($0) }
        case .rowCount: false
        }
    }

    private func runAll(on connection: Connection) throws -> [CheckResult] {
        var failures = try nullCounts(on: connection)
        try scan(on: connection, into: &failures)
        if let sets {
            let integers = IntegerAudit(asset: asset, table: table, sets: sets, relation: relation)
            failures.merge(try integers.run(checks, on: connection)) { known, _ in known }
            let keys = HashedKeyAudit(table: table, sets: sets)
            for (index, check) in checks.enumerated() where failures[index] == nil {
                guard case .unique(let columns) = check.rule else { continue }
                failures[index] = try keys.copies(of: columns, on: connection)
            }
        }
        for (index, check) in checks.enumerated() where failures[index] == nil {
            guard let query = separateQuery(for: check.rule) else { continue }
            failures[index] = try count(query, on: connection)
        }
        return checks.enumerated().map { index, check in
            CheckResult(check: check.name, severity: check.severity, failures: failures[index] ?? 0)
        }
    }

    /// Writes some of the rows that broke checks into a file for each, and says so in its result. Where that
    /// does not work, nothing is said: the result counts, the sample helps.
    ///
    /// - Parameter path: Where the rows that break a check go: the file, and its name in the lake.
    package func keepingSamples(
        of results: [CheckResult], rowsMax: Int = 100, on connection: Connection,
        at path: (Check) -> (file: String, name: String)?
    ) -> [CheckResult] {
        zip(checks, results).map { check, result in
            guard result.failures > 0, let query = failingRows(of: check), let place = path(check) else {
                return result
            }
            var kept = result
            let copy =
                "COPY (SELECT * FROM (\(query)) LIMIT \(rowsMax)) TO \(quotedLiteral(place.file)) (FORMAT parquet)"
            if (try? connection.execute(copy)) != nil { kept.sample = place.name }
            return kept
        }
    }

    /// The query that gives the rows that break `check`, for a person who looks for them; `nil` for a row
    /// count.
    package func failingRows(of check: Check) -> String? {
        switch check.rule {
        case .notNull, .acceptedValues:
            brokenCondition(of: check.rule).map { "SELECT * FROM \(table) WHERE \($0)" }
        case .unique(let columns):
            """
            SELECT * FROM \(table) QUALIFY count(*) OVER (PARTITION BY \(list(columns))) > 1 \
            AND \(columns.map { "\(quotedIdentifier($0)) IS NOT NULL" }.joined(separator: " AND "))
            """
        case .relationships(let column, let other, let otherColumn):
            """
            SELECT * FROM \(table) AS t WHERE t.\(quotedIdentifier(column)) IS NOT NULL AND NOT EXISTS \
            (SELECT 1 FROM \(relation(other)) AS o WHERE o.\(quotedIdentifier(otherColumn)) = \
            t.\(quotedIdentifier(column)))
            """
        case .rowCount: nil
        }
    }

    /// The failures of `not_null` as the statistics of the file give them, as far as it has any.
    private func nullCounts(on connection: Connection) throws -> [Int: Int64] {
        guard let file, checks.contains(where: { if case .notNull = $0.rule { true } else { false } }) else {
            return [:]
        }
        let rows = try connection.query(
            """
            SELECT path_in_schema, CAST(sum(stats_null_count) AS BIGINT), count(*) = count(stats_null_count) \
            FROM parquet_metadata(\(quotedPath(file))) GROUP BY ALL
            """
        ).rows
        var counts: [String: Int64] = [:]
        for row in rows {
            guard row.count == 3, row[2].boolean == true, let name = row[0].text, let nulls = row[1].integer
            else { continue }
            counts[name] = nulls
        }
        var failures: [Int: Int64] = [:]
        for (index, check) in checks.enumerated() {
            if case .notNull(let column) = check.rule { failures[index] = counts[column] }
        }
        return failures
    }

    private func scan(on connection: Connection, into failures: inout [Int: Int64]) throws {
        var expressions: [(index: Int, sql: String)] = []
        for (index, check) in checks.enumerated() where failures[index] == nil {
            if let condition = brokenCondition(of: check.rule) {
                expressions.append((index, "count(*) FILTER (WHERE \(condition))"))
            } else if case .rowCount(let min, let max) = check.rule {
                // How many rows are missing or too many.
                let below = min.map { "greatest(\($0) - count(*), 0)" } ?? "0"
                let above = max.map { "greatest(count(*) - \($0), 0)" } ?? "0"
                expressions.append((index, "\(below) + \(above)"))
            }
        }
        guard !expressions.isEmpty else { return }
        let columns = expressions.map { "CAST(\($0.sql) AS BIGINT)" }.joined(separator: ", ")
        let row = try connection.query("SELECT \(columns) FROM \(table)").rows.first ?? []
        for (position, expression) in expressions.enumerated() where position < row.count {
            failures[expression.index] = row[position].integer ?? 0
        }
    }

    /// What is true of a row that breaks a rule about single rows; `nil` for other rules.
    private func brokenCondition(of rule: Check.Rule) -> String? {
        switch rule {
        case .notNull(let column): "\(quotedIdentifier(column)) IS NULL"
        case .acceptedValues(let column, let values):
            // NULL is not among the values and passes: not_null is a check of its own.
            "CAST(\(quotedIdentifier(column)) AS VARCHAR) NOT IN (\(values.map(quotedLiteral).joined(separator: ", ")))"
        case .unique, .relationships, .rowCount: nil
        }
    }

    /// A query that counts the rows that break a rule which a scan cannot decide.
    private func separateQuery(for rule: Check.Rule) -> String? {
        switch rule {
        case .unique(let columns):
            """
            SELECT CAST(coalesce(sum(copies - 1), 0) AS BIGINT) FROM (SELECT count(*) AS copies FROM \(table) WHERE \
            \(columns.map { "\(quotedIdentifier($0)) IS NOT NULL" }.joined(separator: " AND ")) \
            GROUP BY \(list(columns)) HAVING count(*) > 1)
            """
        case .relationships(let column, let other, let otherColumn):
            """
            SELECT count(*) FROM \(table) AS t ANTI JOIN \(relation(other)) AS o \
            ON t.\(quotedIdentifier(column)) = o.\(quotedIdentifier(otherColumn)) \
            WHERE t.\(quotedIdentifier(column)) IS NOT NULL
            """
        case .notNull, .acceptedValues, .rowCount: nil
        }
    }

    private func count(_ query: String, on connection: Connection) throws -> Int64 {
        try connection.query(query).rows.first?.first?.integer ?? 0
    }

    /// A table that refers to itself is judged by its new rows, which nobody else can see yet.
    private func relation(_ other: AssetKey) -> String { other == asset ? whole ?? table : other.quotedName }

    private func list(_ columns: [String]) -> String { columns.map(quotedIdentifier).joined(separator: ", ") }
}
