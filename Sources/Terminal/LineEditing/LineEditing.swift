/// Editing one statement: keys in, a changed text and an action out. No terminal, no files.
package struct LineEditing: Sendable {
    /// What the terminal has to do after a key.
    package enum Action: Hashable, Sendable {
        case redraw
        case bell
        case submit(String)
        /// Ctrl-C: the text is given up.
        case interrupted
        /// Ctrl-D on an empty text.
        case endOfInput
        case clearScreen
        case suspend
        /// Several completions are possible; they are to be shown below.
        case list([String])
    }

    /// What a text could go on with.
    package struct Completion: Hashable, Sendable {
        /// Where the word begins that the candidates replace, in characters from the beginning of the text.
        package let start: Int
        package let candidates: [String]

        package init(start: Int, candidates: [String]) {
            self.start = start
            self.candidates = candidates
        }
    }

    /// From the text and the cursor, in characters, to what could stand there.
    package typealias Completer = (_ text: String, _ cursor: Int) -> Completion

    /// A search backwards through the history.
    package struct Search: Hashable, Sendable {
        package fileprivate(set) var query = ""
        /// What is shown meanwhile is the text; this one comes back when the search is given up.
        fileprivate let before: EditedText
        fileprivate var entry: Int?
    }

    package private(set) var edited = EditedText()
    package private(set) var search: Search?
    private let history: History
    private let isComplete: @Sendable (String) -> Bool
    /// The entry that is shown; `history.entries.count` is the new text.
    private var entry: Int
    /// The new text while an entry of the history is shown.
    private var draft = EditedText()
    private var deleted = ""
    private var justCompleted = false

    /// - Parameter isComplete: Whether Enter submits the text, or begins another line of it.
    package init(history: History, isComplete: @escaping @Sendable (String) -> Bool = endsStatement) {
        self.history = history
        self.isComplete = isComplete
        entry = history.entries.count
    }

    package var text: String { edited.text }
    package var cursor: Int { edited.cursor }

    package mutating func press(_ key: Key, completing completer: Completer) -> Action {
        if search != nil, let action = searching(key) { return action }
        if key == .tab { return complete(completer) }
        justCompleted = false
        switch key {
        case .text(let text), .paste(let text): edited.insert(text)
        case .enter: return submit()
        case .interrupt: return .interrupted
        case .endOfInput:
            if edited.characters.isEmpty { return .endOfInput }
            return press(.delete, completing: completer)
        case .clearScreen: return .clearScreen
        case .suspend: return .suspend
        case .search:
            search = Search(before: edited)
        case .up: return up()
        case .down: return down()
        case .previous: return show(entry - 1)
        case .next: return show(entry + 1)
        case .tab, .cancel, .unknown: return .bell
        case .left, .right, .home, .end, .wordLeft, .wordRight: return move(key)
        case .backspace, .delete, .deleteWordLeft, .deleteWordRight, .deleteToStart, .deleteToEnd:
            return delete(key)
        case .restoreDeleted: edited.insert(deleted)
        }
        return .redraw
    }

    private mutating func submit() -> Action {
        guard isComplete(text) else {
            edited.insert("\n")
            return .redraw
        }
        edited.move(to: edited.characters.count)
        return .submit(text)
    }

    private mutating func move(_ key: Key) -> Action {
        let before = edited.cursor
        switch key {
        case .left: edited.move(to: before - 1)
        case .right: edited.move(to: before + 1)
        case .home: edited.move(to: edited.lineStart)
        case .end: edited.move(to: edited.lineEnd)
        case .wordLeft: edited.move(to: edited.wordStart)
        case .wordRight: edited.move(to: edited.wordEnd)
        default: break
        }
        return .redraw
    }

    private mutating func delete(_ key: Key) -> Action {
        switch key {
        case .backspace:
            guard edited.cursor > 0 else { return .bell }
            _ = edited.delete(to: edited.cursor - 1)
        case .delete:
            guard edited.cursor < edited.characters.count else { return .bell }
            _ = edited.delete(to: edited.cursor + 1)
        case .deleteWordLeft: deleted = edited.delete(to: edited.wordStart)
        case .deleteWordRight: deleted = edited.delete(to: edited.wordEnd)
        case .deleteToStart: deleted = edited.delete(to: edited.lineStart)
        case .deleteToEnd: deleted = edited.delete(to: edited.lineEnd)
        default: break
        }
        return .redraw
    }

    // History

    private mutating func up() -> Action {
        if let above = edited.positionAbove {
            edited.move(to: above)
            return .redraw
        }
        return show(entry - 1)
    }

    private mutating func down() -> Action {
        if let below = edited.positionBelow {
            edited.move(to: below)
            return .redraw
        }
        return show(entry + 1)
    }

    private mutating func show(_ next: Int) -> Action {
        guard next >= 0, next <= history.entries.count, next != entry else { return .bell }
        if entry == history.entries.count { draft = edited }
        entry = next
        edited = next == history.entries.count ? draft : EditedText(history.entries[next])
        return .redraw
    }

    /// The keys of a search; `nil` ends it and lets the key do what it does otherwise.
    private mutating func searching(_ key: Key) -> Action? {
        guard var search else { return nil }
        switch key {
        case .text(let text):
            search.query += text
            return find(&search, below: (search.entry ?? history.entries.count - 1) + 1)
        case .search:
            return find(&search, below: search.entry ?? history.entries.count)
        case .backspace:
            search.query = String(search.query.dropLast())
            search.entry = nil
            return find(&search, below: history.entries.count)
        case .cancel, .interrupt:
            edited = search.before
            self.search = nil
            return .redraw
        default:
            self.search = nil
            return nil
        }
    }

    private mutating func find(_ search: inout Search, below limit: Int) -> Action {
        defer { self.search = search }
        guard !search.query.isEmpty else {
            edited = search.before
            return .redraw
        }
        guard
            let found = history.entries[..<limit].lastIndex(where: { $0.containsIgnoringCase(search.query) })
        else {
            return .bell
        }
        if entry == history.entries.count { draft = search.before }
        search.entry = found
        entry = found
        edited = EditedText(history.entries[found])
        return .redraw
    }

    // Completion

    private mutating func complete(_ completer: Completer) -> Action {
        let completion = completer(text, cursor)
        guard let first = completion.candidates.first, (0...cursor).contains(completion.start) else {
            return .bell
        }
        if completion.candidates.count == 1 {
            edited.replace(from: completion.start, with: first)
            return .redraw
        }
        let common = completion.candidates.dropFirst().reduce(Array(first)) { common, candidate in
            Array(zip(common, candidate).prefix { $0 == $1 }.map(\.0))
        }
        let typed = edited.characters[completion.start..<cursor]
        if common.count > typed.count {
            edited.replace(from: completion.start, with: String(common))
            justCompleted = true
            return .redraw
        }
        // The first Tab that cannot go on says so, the second one lists.
        defer { justCompleted = true }
        return justCompleted ? .list(completion.candidates) : .bell
    }
}

extension String {
    fileprivate func containsIgnoringCase(_ part: String) -> Bool {
        let text = lowercased().utf8
        let wanted = Array(part.lowercased().utf8)
        var rest = text[...]
        while rest.count >= wanted.count {
            if rest.starts(with: wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}

/// Whether `text` is ready to be run: it ends in a `;` that is not inside of quotes or a comment, is a
/// command of the shell (`.tables`), or is empty.
package func endsStatement(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    let first = scalars.first { $0 != " " && $0 != "\n" }
    if first == nil || first == "." { return true }
    var index = 0
    var lastOutside: Unicode.Scalar?
    /// Moves behind the next `end`; `false` if there is none.
    func skip(to end: [Unicode.Scalar]) -> Bool {
        while index < scalars.count {
            if scalars[index...].starts(with: end) {
                index += end.count
                return true
            }
            index += 1
        }
        return false
    }
    while index < scalars.count {
        let scalar = scalars[index]
        let next = index + 1 < scalars.count ? scalars[index + 1] : nil
        index += 1
        switch (scalar, next) {
        case ("'", _), ("\"", _):
            // A doubled quote ends one text and begins another, which comes to the same.
            guard skip(to: [scalar]) else { return false }
            lastOutside = scalar
        case ("-", "-"): _ = skip(to: ["\n"])
        case ("/", "*"):
            index += 1
            guard skip(to: ["*", "/"]) else { return false }
        case ("$", "$"):
            index += 1
            guard skip(to: ["$", "$"]) else { return false }
            lastOutside = scalar
        default:
            if !scalar.properties.isWhitespace { lastOutside = scalar }
        }
    }
    return lastOutside == ";"
}
