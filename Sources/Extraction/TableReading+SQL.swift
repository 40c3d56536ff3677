internal import LakeModel

/// What a reading is in SQL; the same for every source but for the quotes around names.
extension TableReading {
    /// The SELECT of its rows.
    func select(quote: (String) -> String) -> String {
        let columns = table.columns.map(\.selection).joined(separator: ", ")
        let sql = "SELECT \(columns) FROM \(quote(table.name.text))"
        guard let bounds else { return sql }
        let cursor = quote(bounds.cursor.name)
        let conditions = [
            bounds.lower.map { "\(cursor) >= \(literal($0))" },
            bounds.upper.map { "\(cursor) < \(literal($0))" },
        ].compactMap { $0 }
        guard !conditions.isEmpty else { return sql }
        let orWithout = bounds.lower == nil ? " OR \(cursor) IS NULL" : ""
        return "\(sql) WHERE (\(conditions.joined(separator: " AND ")))\(orWithout)"
    }

    /// A SELECT that gives a row if the table has one beyond the upper bound; `nil` without such a bound.
    func selectBeyond(quote: (String) -> String) -> String? {
        guard let bounds, let upper = bounds.upper else { return nil }
        return """
            SELECT 1 FROM \(quote(table.name.text)) WHERE \(quote(bounds.cursor.name)) >= \(literal(upper)) LIMIT 1
            """
    }

    /// SQLite compares times as text, byte by byte: a bound without a fraction is less than the same second
    /// with one, as it must be.
    private func literal(_ value: CursorValue) -> String {
        switch value {
        case .integer(let number): return String(number)
        case .time(let microseconds):
            let text = Timestamp(microseconds: microseconds).description.dropLast()
            return "'\(String(text.map { $0 == "T" ? " " : $0 }))'"
        }
    }
}
