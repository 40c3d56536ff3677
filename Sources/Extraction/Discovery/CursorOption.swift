internal import LakeModel

/// A column by which new and changed rows of a table could be found, and how well.
package struct CursorOption: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// A moment that every update moves: finds new and changed rows.
        case updated
        /// A moment of something else, mostly of creation: finds new rows only.
        case created
        /// A number that only grows: finds new rows only.
        case counter
    }

    package let column: String
    package let kind: Kind
    /// Whether an index begins with it; `nil` if that is not known. Without one every run reads the whole
    /// table at the source.
    package let isIndexed: Bool?
    package let isNullable: Bool
    /// Whether the server itself moves it at every update, so that no program can forget to.
    package let isTouchedByUpdates: Bool

    /// Why it would do, and what is not so good about it: `ON UPDATE CURRENT_TIMESTAMP, indexed, NOT NULL`.
    package var inWords: String {
        var words: [String] = []
        if isTouchedByUpdates {
            words.append("moved by the server at every update")
        } else {
            switch kind {
            case .updated: words.append("named like a moment of change")
            case .created: words.append("a moment")
            case .counter: words.append("a number that grows")
            }
        }
        if let isIndexed { words.append(isIndexed ? "indexed" : "without an index") }
        words.append(isNullable ? "may be NULL" : "NOT NULL")
        return words.joined(separator: ", ")
    }

    private var score: Int {
        var score =
            switch kind {
            case .updated: 100
            case .created: 40
            case .counter: 50
            }
        if isTouchedByUpdates { score += 40 }
        if isIndexed == true { score += 20 }
        if !isNullable { score += 10 }
        return score
    }

    /// The columns that could be the cursor, the best first. Says nothing about the data: only names, types
    /// and indexes are looked at.
    static func ranked(_ columns: [CursorTrait]) -> [CursorOption] {
        let options = columns.enumerated().compactMap { index, trait in
            kind(of: trait).map { kind in
                (
                    index: index,
                    option: CursorOption(
                        column: trait.column, kind: kind, isIndexed: trait.isIndexed,
                        isNullable: trait.isNullable, isTouchedByUpdates: trait.isTouchedByUpdates),
                    // A day holds many runs: each would read the whole last day again.
                    penalty: trait.kind == .date ? 15 : 0
                )
            }
        }
        return options.sorted {
            ($1.option.score - $1.penalty, $0.index) < ($0.option.score - $0.penalty, $1.index)
        }.map(\.option)
    }

    private static func kind(of trait: CursorTrait) -> Kind? {
        switch trait.kind {
        case nil: return nil
        case .number: return trait.isGrowing ? .counter : nil
        case .instant, .localTime, .date:
            if trait.isTouchedByUpdates { return .updated }
            let words = words(of: trait.column)
            func says(_ stems: [String]) -> Bool {
                words.contains { word in stems.contains { word.hasPrefix($0) } }
            }
            // A plan or a deadline lies in the future, and a birthday anywhere: no cursor at all.
            if says([
                "birth", "born", "dob", "expir", "due", "valid", "sched", "plan", "until", "delet", "end",
                "from",
            ]) {
                return nil
            }
            return says(["updat", "modif", "chang", "mtime", "touch", "edit", "upd", "mod", "chg"])
                ? .updated : .created
        }
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

/// What a source's catalogue says of a column that could be a cursor.
struct CursorTrait {
    let column: String
    /// `nil` for a type that can be none.
    let kind: CursorBounds.Kind?
    let isNullable: Bool
    /// `nil` if it is not known.
    let isIndexed: Bool?
    /// Whether a new row has a greater number than all before: an identity, a sequence, AUTO_INCREMENT.
    var isGrowing = false
    /// Whether the server writes the present moment into it at every update of a row.
    var isTouchedByUpdates = false
}
