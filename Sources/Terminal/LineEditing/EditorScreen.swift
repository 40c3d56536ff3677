/// What the terminal shows of a text that is edited: rows that never wrap by themselves, and the cursor.
struct EditorScreen: Hashable {
    var rows: [String]
    var cursorRow: Int
    var cursorColumn: Int

    /// - Parameters:
    ///   - prompt: Before the first line; `continuation` before the others.
    ///   - size: Rows are at most one column shorter than the terminal, so that it never wraps one; what
    ///     does not fit in its height is cut around the cursor.
    init(_ edited: EditedText, prompt: String, continuation: String, size: TerminalSize) {
        let columnsMax = max(2, size.columns - 1)
        var rows = [prompt]
        var column = displayWidth(of: prompt)
        var cursor = (row: 0, column: column)
        for (index, character) in edited.characters.enumerated() {
            let isBreak = character == "\n"
            let width = isBreak ? 0 : displayWidth(of: character)
            if !isBreak, column + width > columnsMax {
                rows.append("")
                column = 0
            }
            if index == edited.cursor { cursor = (rows.count - 1, column) }
            if isBreak {
                rows.append(continuation)
                column = displayWidth(of: continuation)
            } else {
                rows[rows.count - 1].append(visible(String(character)))
                column += width
            }
        }
        if edited.cursor == edited.characters.count { cursor = (rows.count - 1, column) }
        let rowsMax = max(1, size.rows)
        let first = max(0, min(cursor.row - rowsMax / 2, rows.count - rowsMax))
        self.rows = Array(rows[first..<min(rows.count, first + rowsMax)])
        cursorRow = cursor.row - first
        cursorColumn = cursor.column
    }

    /// The bytes that replace a screen whose cursor is in `row` by this one.
    func drawing(over row: Int) -> String {
        var text = EditorScreen.up(row) + "\r\u{1B}[J" + rows.joined(separator: "\r\n")
        text += EditorScreen.up(rows.count - 1 - cursorRow) + "\r"
        if cursorColumn > 0 { text += "\u{1B}[\(cursorColumn)C" }
        return text
    }

    /// The bytes that move behind the last row, to a new line.
    var leaving: String {
        let down = rows.count - 1 - cursorRow
        return (down > 0 ? "\u{1B}[\(down)B" : "") + "\r\n"
    }

    private static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A" : "" }
}

/// `candidates` in as many columns as fit, as `ls` lists files.
func listed(_ candidates: [String], width: Int, candidatesMax: Int = 200) -> String {
    let shown = candidates.prefix(candidatesMax).map(visible)
    let cell = (shown.map { displayWidth(of: $0) }.max() ?? 0) + 2
    let columns = max(1, width / max(1, cell))
    let height = (shown.count + columns - 1) / columns
    var text = ""
    for row in 0..<height {
        let line = stride(from: row, to: shown.count, by: height).map { index in
            index + height < shown.count ? padded(shown[index], to: cell) : shown[index]
        }
        text += truncated(line.joined(), to: max(1, width - 1)) + "\r\n"
    }
    if candidates.count > shown.count { text += "… \(countText(candidates.count - shown.count)) more\r\n" }
    return text
}
