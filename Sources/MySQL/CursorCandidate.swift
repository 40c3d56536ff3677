/// A column by which new and changed rows of a table could be found, and how well.
package struct CursorCandidate: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A moment that every update moves: finds new and changed rows.
        case updated
        /// A moment of creation, or of something else: finds new rows only.
        case created
        /// A number that only grows: finds new rows only.
        case counter
    }

    package let column: String
    package let kind: Kind
    /// Whether an index begins with it; without one every run reads the whole table.
    package let isIndexed: Bool
    /// A row whose value is NULL would never be found.
    package let isNullable: Bool
    /// Whether the server itself moves it at every update, so that no program can forget to.
    package let isTouchedByUpdates: Bool
    /// Higher is better; comparable within one table.
    package let score: Int

    /// The candidates of a table, the best first. Says nothing about the data: only the names, types and
    /// indexes are looked at.
    package static func rank(
        _ columns: [MySQLColumnDefinition], indexes: [MySQLIndexDefinition]
    ) -> [CursorCandidate] {
        let leading = Set(indexes.filter { $0.method == "BTREE" }.compactMap { $0.columns.first ?? nil })
        return columns.compactMap { candidate($0, isIndexed: leading.contains($0.name)) }
            .sorted { ($1.score, $0.column) < ($0.score, $1.column) }
    }

    private static func candidate(_ column: MySQLColumnDefinition, isIndexed: Bool) -> CursorCandidate? {
        guard let kind = kind(of: column) else { return nil }
        var score: Int
        switch kind {
        case .updated: score = 100
        case .created: score = 40
        case .counter: score = 50
        }
        if column.isTouchedByUpdates { score += 40 }
        if isIndexed { score += 20 }
        if !column.isNullable { score += 10 }
        // A day holds many runs: each would read the whole last day again.
        if column.dataType == "date" { score -= 30 }
        return CursorCandidate(
            column: column.name, kind: kind, isIndexed: isIndexed, isNullable: column.isNullable,
            isTouchedByUpdates: column.isTouchedByUpdates, score: score)
    }

    private static func kind(of column: MySQLColumnDefinition) -> Kind? {
        if column.isAutoIncrement { return .counter }
        guard ["timestamp", "datetime", "date"].contains(column.dataType) else { return nil }
        if column.isTouchedByUpdates { return .updated }
        let words = words(of: column.name)
        func says(_ stems: [String]) -> Bool {
            words.contains { word in stems.contains { word.hasPrefix($0) } }
        }
        // A plan or a deadline lies in the future, and a birthday anywhere: no cursor at all.
        let elsewhere = ["birth", "dob", "expir", "due", "valid", "scheduled", "planned", "until", "deleted"]
        if says(elsewhere) { return nil }
        if says(["updat", "modif", "chang", "mtime", "touch", "edit"]) { return .updated }
        return .created
    }

    /// "last_update", "lastUpdate" and "LastUpdate" are the same two words.
    private static func words(of name: String) -> [String] {
        var words = [""]
        var wasLower = false
        for character in name {
            if !character.isLetter {
                words.append("")
            } else {
                if character.isUppercase, wasLower { words.append("") }
                words[words.count - 1] += character.lowercased()
            }
            wasLower = character.isLowercase
        }
        return words.filter { !$0.isEmpty }
    }
}
