internal import LakeModel

/// What a reading is in SQL; the same for every source but for the quotes around names.
extension TableReading {
    /// The SELECT of its rows.
    func select(quote: (String) -> String) -> String {
        let columns = table.columns.map(\.selection).joined(separator: ", ")
        return "SELECT \(columns) FROM \(quote(table.name.text))\(whereClause(quote: quote))"
            + limitClause
    }

    /// ` LIMIT …`, or nothing if every row is meant.
    var limitClause: String { rowsMax.map { " LIMIT \($0)" } ?? "" }

    /// ` WHERE …`, or nothing if it means every row.
    func whereClause(quote: (String) -> String) -> String {
        let conditions = [condition(quote: quote), partition, slice.condition].compactMap { $0 }
        guard !conditions.isEmpty else { return "" }
        return " WHERE " + conditions.map { "(\($0))" }.joined(separator: " AND ")
    }

    /// What the bounds mean; `nil` if that is every row.
    func condition(quote: (String) -> String) -> String? {
        guard let bounds else { return nil }
        let leading = quote(bounds.leading.name)
        let range = [
            bounds.lower.map { atLeast($0, bounds.cursors[...], quote: quote) },
            bounds.upper.map { "\(leading) < \(literal($0, of: bounds.leading))" },
        ].compactMap { $0 }
        guard !range.isEmpty else { return bounds.readsNulls ? nil : "\(leading) IS NOT NULL" }
        var condition = range.joined(separator: " AND ")
        if let future = bounds.future, bounds.upper != nil {
            condition = "(\(condition)) OR \(leading) >= \(literal(future, of: bounds.leading))"
        }
        return bounds.readsNulls ? "(\(condition)) OR \(leading) IS NULL" : condition
    }

    /// A SELECT that gives a row if the table has one beyond the upper bound that is not read as one of the
    /// future; `nil` without such a bound.
    func selectBeyond(quote: (String) -> String) -> String? {
        guard let bounds, let upper = bounds.upper else { return nil }
        let leading = quote(bounds.leading.name)
        let before = bounds.future.map { " AND \(leading) < \(literal($0, of: bounds.leading))" } ?? ""
        return """
            SELECT 1 FROM \(quote(table.name.text)) WHERE \(leading) >= \(literal(upper, of: bounds.leading))\
            \(before) LIMIT 1
            """
    }

    /// `a > x OR (a = x AND b >= y)`, which databases find in an index where they do not find `(a, b) >=
    /// (x, y)`.
    private func atLeast(
        _ value: CursorValue, _ cursors: ArraySlice<SourceColumn>, quote: (String) -> String
    ) -> String {
        guard let column = cursors.first else { return "1 = 1" }
        let name = quote(column.name)
        guard case .tuple(let values) = value, let first = values.first else {
            return "\(name) >= \(literal(value, of: column))"
        }
        let rest = Array(values.dropFirst())
        guard !rest.isEmpty, cursors.count > 1 else { return "\(name) >= \(literal(first, of: column))" }
        let literal = literal(first, of: column)
        return "\(name) > \(literal) OR (\(name) = \(literal) AND "
            + "(\(atLeast(.tuple(rest), cursors.dropFirst(), quote: quote))))"
    }

    /// SQLite compares times as text, byte by byte: a bound without a fraction is less than the same second
    /// with one, as it must be.
    private func literal(_ value: CursorValue, of column: SourceColumn) -> String {
        switch value {
        case .integer(let number): return String(number)
        case .time(let microseconds):
            let text = Timestamp(microseconds: microseconds).description.dropLast()
            if column.type == .date { return "'\(text.prefix(10))'" }
            return "'\(String(text.map { $0 == "T" ? " " : $0 }))'"
        case .tuple(let values): return values.first.map { literal($0, of: column) } ?? "NULL"
        }
    }
}
