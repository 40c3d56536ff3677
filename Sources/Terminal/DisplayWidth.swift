/// How many columns of a terminal `text` takes: East Asian wide characters and emoji two, combining marks
/// none. Colour sequences (`ESC [ … m`) take none.
package func displayWidth(of text: String) -> Int {
    // Most texts are plain ASCII, whose width is its length.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
    return TerminalPieces(text).reduce(0) { $0 + $1.width }
}

/// `text`, cut to at most `width` columns; what was cut shows as `…`. A cut colour is reset.
package func truncated(_ text: String, to width: Int) -> String {
    guard displayWidth(of: text) > width else { return text }
    guard width > 0 else { return "" }
    var kept = ""
    var used = 0
    var isColoured = false
    for piece in TerminalPieces(text) {
        guard used + piece.width <= width - 1 else { break }
        kept += piece.text
        used += piece.width
        if piece.isSequence { isColoured = true }
    }
    return kept + "…" + (isColoured ? "\u{1B}[0m" : "")
}

/// `text` filled with spaces to `width` columns; a longer text is left as it is.
package func padded(_ text: String, to width: Int, alignment: TextTable.Alignment = .left) -> String {
    let spaces = String(repeating: " ", count: max(0, width - displayWidth(of: text)))
    return alignment == .left ? text + spaces : spaces + text
}

/// `text` with its control characters made visible (`\n`, `\u001B`), so that it can neither break a layout
/// nor send commands to the terminal.
package func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where isControl(scalar):
            let hexadecimal = String(scalar.value, radix: 16, uppercase: true)
            result += "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Controls of both sets, and the marks that change the direction of what follows.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}

/// A text as what the terminal shows in one piece: characters, and colour sequences.
struct TerminalPieces: Sequence, IteratorProtocol {
    struct Piece {
        let text: String
        let width: Int
        let isSequence: Bool
    }

    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    mutating func next() -> Piece? {
        guard let character = rest.first else { return nil }
        if character == "\u{1B}", rest.dropFirst().first == "[",
            let end = rest.dropFirst(2).firstIndex(where: { $0.isASCII && $0.isLetter })
        {
            let sequence = rest[...end]
            rest = rest[rest.index(after: end)...]
            return Piece(text: String(sequence), width: 0, isSequence: true)
        }
        rest = rest.dropFirst()
        return Piece(text: String(character), width: displayWidth(of: character), isSequence: false)
    }
}

/// The columns of one character.
func displayWidth(of character: Character) -> Int {
    let scalars = character.unicodeScalars
    if scalars.count > 1 {
        // A flag, a sequence of joined emoji, or a sign that is asked to be shown as an emoji.
        let isEmoji = scalars.contains { [0xFE0F, 0x20E3].contains($0.value) || isRegionalIndicator($0) }
        if isEmoji { return 2 }
    }
    return scalars.lazy.map(displayWidth(of:)).first { $0 > 0 } ?? 0
}

private func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F1E6...0x1F1FF).contains(scalar.value)
}

private func displayWidth(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return isControl(scalar) || scalar.value == 0xAD ? 0 : 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control, .surrogate: return 0
    default: break
    }
    return isWide(scalar) ? 2 : 1
}

/// Wide or fullwidth by Unicode's EastAsianWidth, in blocks; emoji that are shown as such by themselves.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD:
        true
    default: scalar.properties.isEmojiPresentation
    }
}
