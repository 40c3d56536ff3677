/// A rule that a table must meet. Each is a query for the rows that break it.
package struct Check: Hashable, Sendable {
    package let rule: Rule
    package let severity: Severity
    package let place: Place

    package enum Rule: Hashable, Sendable {
        /// The column is never NULL.
        case notNull(column: String)
        /// No two rows share the values of the columns; rows with a NULL in one of them do not count.
        case unique(columns: [String])
        /// The column holds one of the values, or NULL.
        case acceptedValues(column: String, values: [String])
        /// Every value of the column, except NULL, stands in `otherColumn` of `other`.
        case relationships(column: String, other: AssetKey, otherColumn: String)
        /// The table has at least and at most so many rows.
        case rowCount(min: Int64?, max: Int64?)
    }

    /// What a broken rule means.
    package enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
        /// The table is not published; yesterday's stays in place.
        case block
        /// It is published, and the result says so.
        case warn
    }

    package init(_ rule: Rule, severity: Severity = .block, place: Place) {
        self.rule = rule
        self.severity = severity
        self.place = place
    }

    /// `not_null(invoice_id)`, `unique(invoice_id, service_id)`, `row_count(min: 1)`.
    package var name: String {
        switch rule {
        case .notNull(let column): "not_null(\(column))"
        case .unique(let columns): "unique(\(columns.joined(separator: ", ")))"
        case .acceptedValues(let column, _): "accepted_values(\(column))"
        case .relationships(let column, let other, let otherColumn):
            "relationships(\(column) -> \(other).\(otherColumn))"
        case .rowCount(let min, let max):
            "row_count("
                + [min.map { "min: \($0)" }, max.map { "max: \($0)" }].compactMap { $0 }.joined(
                    separator: ", ") + ")"
        }
    }

    /// The other table that the rule looks at, if there is one.
    package var otherAsset: AssetKey? {
        if case .relationships(_, let other, _) = rule { other } else { nil }
    }

    /// The columns of the table that the rule looks at.
    package var columns: [String] {
        switch rule {
        case .notNull(let column), .acceptedValues(let column, _), .relationships(let column, _, _): [column]
        case .unique(let columns): columns
        case .rowCount: []
        }
    }
}

/// What a check found on one version of a table.
package struct CheckResult: Hashable, Sendable, Codable {
    package let check: String
    package let severity: Check.Severity
    /// Rows that break the rule; for a row count, how many rows are missing or too many.
    package let failures: Int64
    /// A Parquet file with some of these rows, relative to the lake; `nil` if none is kept.
    package var sample: String?

    package init(check: String, severity: Check.Severity, failures: Int64, sample: String? = nil) {
        self.check = check
        self.severity = severity
        self.failures = failures
        self.sample = sample
    }

    package var passed: Bool { failures == 0 }
    /// Whether it keeps the table from being published.
    package var blocks: Bool { !passed && severity == .block }
}
