/// A text and the place in it where typing goes, counted in characters.
package struct EditedText: Hashable, Sendable {
    package private(set) var characters: [Character]
    package private(set) var cursor: Int

    package init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    package var text: String { String(characters) }

    /// Inserts at the cursor. A combining mark joins the character before it.
    mutating func insert(_ text: String) {
        let before = Array(String(characters[..<cursor]) + text)
        let rest = characters[cursor...]
        cursor = before.count
        characters = before + rest
    }

    mutating func replace(from start: Int, with text: String) {
        characters.removeSubrange(start..<cursor)
        cursor = start
        insert(text)
    }

    /// Deletes between the cursor and `position`, and returns what was there.
    mutating func delete(to position: Int) -> String {
        let range = min(cursor, position)..<max(cursor, position)
        let deleted = String(characters[range])
        characters.removeSubrange(range)
        cursor = range.lowerBound
        return deleted
    }

    mutating func move(to position: Int) { cursor = min(max(position, 0), characters.count) }

    /// The beginning of the line that the cursor is in.
    var lineStart: Int { characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0 }

    var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    /// The beginning of the word at the cursor, or of the one before.
    var wordStart: Int {
        var position = cursor
        while position > 0, !EditedText.isWord(characters[position - 1]) { position -= 1 }
        while position > 0, EditedText.isWord(characters[position - 1]) { position -= 1 }
        return position
    }

    var wordEnd: Int {
        var position = cursor
        while position < characters.count, !EditedText.isWord(characters[position]) { position += 1 }
        while position < characters.count, EditedText.isWord(characters[position]) { position += 1 }
        return position
    }

    /// The place in the line above that is nearest below the cursor's column; `nil` in the first line.
    var positionAbove: Int? {
        guard lineStart > 0 else { return nil }
        let end = lineStart - 1
        let start = characters[..<end].lastIndex(of: "\n").map { $0 + 1 } ?? 0
        return min(start + cursor - lineStart, end)
    }

    var positionBelow: Int? {
        guard lineEnd < characters.count else { return nil }
        let start = lineEnd + 1
        let end = characters[start...].firstIndex(of: "\n") ?? characters.count
        return min(start + cursor - lineStart, end)
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
