/// The SQL that makes the rows of one table: all of day 0, or what changed between two business days.
struct RowQuery {
    let table: SampleTable
    let plan: SamplePlan

    private var rows: Int { table.size.rows(at: plan.scale) }
    private var rowsPerDay: Int { table.size.rowsPerDay(at: plan.scale) }
    private var updatesPerDay: Int { table.size.updatesPerDay(at: plan.scale) }

    /// Numbered rows that exist on `day`, without the older twins and versions of tables that have no key.
    func rowsOn(day: Int) -> Int { rows + day * rowsPerDay }

    /// Whether rows appear or change after day 0.
    var moves: Bool { rowsPerDay + updatesPerDay > 0 }

    /// Queries that together make every row of business day 0, each small enough to be held as a whole.
    func initialSlices() -> [String] {
        stride(from: 0, to: rows, by: Self.rowsPerSlice).map { start in
            let end = min(start + Self.rowsPerSlice, rows)
            var versions = "SELECT range AS n, 0 AS u FROM range(\(start), \(end))"
            if let every = table.duplicateEvery {
                versions += " UNION ALL SELECT range AS n, -1 AS u FROM range(\(start), \(end))"
                versions += " WHERE range % \(every) = 0"
            }
            return select(from: versions)
        }
    }

    /// Queries that together make the rows that are new or changed after business day `start` up to business
    /// day `end`. A row may come again in a later slice, as a later day left it.
    func changeSlices(after start: Int, through end: Int) -> [String] {
        let days = max(1, Self.rowsPerSlice / max(1, rowsPerDay + updatesPerDay))
        return stride(from: start, to: end, by: days).map {
            changedRows(after: $0, through: min($0 + days, end))
        }
    }

    /// With a primary key, each row as it is on `end`; without one each change is a row of its own.
    private func changedRows(after start: Int, through end: Int) -> String {
        let born = "range(\(rowsOn(day: start)), \(rowsOn(day: end)))"
        let picks =
            updatesPerDay == 0 ? "SELECT 0::BIGINT AS n, 0 AS t LIMIT 0" : updates(after: start, through: end)
        guard table.key.isEmpty else {
            return select(
                from: """
                    SELECT coalesce(born.range, touched.n) AS n, coalesce(touched.u, 0) AS u
                    FROM \(born) AS born
                    FULL JOIN (SELECT n, max(t) AS u FROM (\(picks)) GROUP BY n) AS touched
                    ON born.range = touched.n
                    """)
        }
        var versions =
            "SELECT range AS n, 0 AS u FROM \(born) UNION ALL SELECT DISTINCT n, t AS u FROM (\(picks))"
        if let every = table.duplicateEvery {
            versions += " UNION ALL SELECT range AS n, -1 AS u FROM \(born) WHERE range % \(every) = 0"
        }
        return select(from: versions)
    }

    private static let rowsPerSlice = 200_000

    /// Which row numbers each day updates: recent rows far more often than old ones.
    private func updates(after start: Int, through end: Int) -> String {
        let stream = plan.stream(table.qualifiedName + " updates")
        let before = "(\(rows) + (t - 1) * \(rowsPerDay))"
        return """
            SELECT t, \(before) - 1 - floor(\(before) * x * x * x)::BIGINT AS n FROM (
                SELECT days.range AS t,
                    unit(tarn_random(\(stream)::UBIGINT, days.range * 4294967296 + picks.range)) AS x
                FROM range(\(start + 1), \(end + 1)) AS days, range(\(updatesPerDay)) AS picks)
            """
    }

    private func select(from versions: String) -> String {
        let birth =
            rowsPerDay == 0 ? "0" : "CASE WHEN n < \(rows) THEN 0 ELSE 1 + (n - \(rows)) // \(rowsPerDay) END"
        var inner = "SELECT n, u::BIGINT AS u, (\(birth))::BIGINT AS b FROM (\(versions))"
        inner = "SELECT *, 21600 + d(99, 64800) AS sec FROM (\(inner))"
        if !table.steps.joined().contains(where: { $0.name == "day" }) {
            let day = table.createdOn ?? "CASE WHEN b > 0 THEN b ELSE day_of((n + 0.5::DOUBLE) / \(rows)) END"
            inner = "SELECT *, (\(day))::BIGINT AS day FROM (\(inner))"
        }
        for step in table.steps {
            let values = step.map { "(\($0.value)) AS \($0.name)" }.joined(separator: ", ")
            inner = "SELECT *, \(values) FROM (\(inner))"
        }
        let columns = table.columns.map { "(\($0.value))::\($0.kind.duckDBType) AS \"\($0.name)\"" }
        return passingContext(
            "SELECT \(columns.joined(separator: ",\n")) FROM (\(inner))",
            stream: String(plan.stream(table.qualifiedName)))
    }
}

extension SampleColumn.Kind {
    fileprivate var duckDBType: String {
        switch self {
        case .integer: "BIGINT"
        case .double: "DOUBLE"
        case .text: "VARCHAR"
        case .bytes: "BLOB"
        }
    }
}
