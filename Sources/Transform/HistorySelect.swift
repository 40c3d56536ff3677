internal import LakeModel
internal import LakeSQL
internal import Project

/// The SELECT that makes versions out of observations.
///
/// It looks at all observations of a key in the order of their times, whenever they came: an observation that
/// comes late, or out of order, finds its place among the others by itself, and the same observations give
/// the same versions.
struct HistorySelect {
    /// Yields the observations.
    let sql: String
    /// Of `sql`.
    let columns: [String]
    let rules: HistoryRules

    /// What the statement fails with if one key was seen in two ways at one time.
    static let tie = "tarn: a key was seen in two ways at one time"

    var text: String {
        let observed = quotedIdentifier(rules.observed)
        let key = rules.key.map(quotedIdentifier).joined(separator: ", ")
        let kept = columns.filter { !isSame($0, rules.observed) }
        let compared = kept.filter { column in
            !rules.key.contains { isSame($0, column) }
                && (rules.compared?.contains { isSame($0, column) } ?? true)
        }
        // Without a column to compare, being there is all that is observed.
        let state = compared.isEmpty ? "true" : "row(\(compared.map(quotedIdentifier).joined(separator: ", ")))"
        // The time after the one before this should be this one, or the key was away.
        let returns =
            rules.deletes == .close
            ? " OR lag(__next) OVER w IS DISTINCT FROM \(observed) AND lag(\(observed)) OVER w IS DISTINCT FROM \(observed)"
            : ""
        let end = rules.deletes == .close ? "__next" : "__after"
        return """
            WITH __tarn_seen AS (
            \(sql)
            ), __tarn_times AS (
                SELECT __time, lead(__time) OVER (ORDER BY __time) AS __next
                FROM (SELECT DISTINCT \(observed) AS __time FROM __tarn_seen)
            ), __tarn_steps AS (
                SELECT s.*, __next, lead(s.\(observed)) OVER w AS __after,
                    CASE WHEN row_number() OVER w = 1 THEN true
                        WHEN lag(s.\(observed)) OVER w IS NOT DISTINCT FROM s.\(observed)
                            AND lag(\(state)) OVER w IS DISTINCT FROM \(state)
                        THEN CAST(error(\(quotedLiteral(HistorySelect.tie))) AS BOOLEAN)
                        ELSE lag(\(state)) OVER w IS DISTINCT FROM \(state)\(returns) END AS __begins
                FROM __tarn_seen AS s JOIN __tarn_times ON __time IS NOT DISTINCT FROM s.\(observed)
                WINDOW w AS (PARTITION BY \(key) ORDER BY s.\(observed))
            ), __tarn_ends AS (
                SELECT *, lead(__begins) OVER w AS __is_last,
                    last_value(CASE WHEN __begins THEN \(observed) END IGNORE NULLS) OVER (
                        PARTITION BY \(key) ORDER BY \(observed) ROWS UNBOUNDED PRECEDING) AS __from
                FROM __tarn_steps WINDOW w AS (PARTITION BY \(key) ORDER BY \(observed))
            )
            SELECT \(kept.map(quotedIdentifier).joined(separator: ", ")), __from AS \(HistoryColumns.from),
                \(end) AS \(HistoryColumns.to), \(end) IS NULL AS \(HistoryColumns.isCurrent)
            FROM __tarn_ends WHERE coalesce(__is_last, true) ORDER BY \(key), \(HistoryColumns.from)
            """
    }

    private func isSame(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}
