internal import LakeModel

/// A model's file in its two parts: the YAML of the header comment `/*--- … ---*/`, and the SQL after it.
struct ModelText {
    let header: String
    /// Lines of the file before the first line of ``header``.
    let linesBeforeHeader: Int
    /// Without white space at either end.
    let sql: String
    let sqlLine: Int
    let sqlColumn: Int
    /// Whether there is nothing in it but comments and semicolons.
    let isSQLEmpty: Bool

    enum Failure: Error {
        case noHeader
        case openHeader(line: Int)
    }

    init(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        let start = bytes.firstIndex { !isWhite($0) } ?? bytes.count
        guard starts(bytes, at: start, with: "/*---") else { throw .noHeader }
        let yamlStart = start + 5
        guard let yamlEnd = (yamlStart..<bytes.count).first(where: { starts(bytes, at: $0, with: "---*/") })
        else {
            throw .openHeader(line: 1 + lineFeeds(bytes[..<start]))
        }
        // The rest of the opening line stays, so that the YAML's lines are those of the file.
        header = String(decoding: bytes[yamlStart..<yamlEnd], as: UTF8.self)
        linesBeforeHeader = lineFeeds(bytes[..<start])

        let afterHeader = yamlEnd + 5
        let sqlStart = bytes[afterHeader...].firstIndex { !isWhite($0) } ?? bytes.count
        let sqlEnd = (bytes[sqlStart...].lastIndex { !isWhite($0) }).map { $0 + 1 } ?? sqlStart
        sql = String(decoding: bytes[sqlStart..<sqlEnd], as: UTF8.self)
        sqlLine = 1 + lineFeeds(bytes[..<sqlStart])
        let lineStart = bytes[..<sqlStart].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        sqlColumn = 1 + String(decoding: bytes[lineStart..<sqlStart], as: UTF8.self).unicodeScalars.count
        isSQLEmpty = Self.isEmpty(bytes[sqlStart..<sqlEnd])
    }

    private static func isEmpty(_ sql: ArraySlice<UInt8>) -> Bool {
        var rest = sql
        while let first = rest.first {
            if isWhite(first) || first == UInt8(ascii: ";") {
                rest = rest.dropFirst()
            } else if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            } else if rest.starts(with: "/*".utf8) {
                rest = afterBlockComment(rest)
            } else {
                return false
            }
        }
        return true
    }

    /// Block comments nest.
    private static func afterBlockComment(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = text.dropFirst(2)
        var depth = 1
        while depth > 0, !rest.isEmpty {
            if rest.starts(with: "*/".utf8) {
                depth -= 1
                rest = rest.dropFirst(2)
            } else if rest.starts(with: "/*".utf8) {
                depth += 1
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
            }
        }
        return rest
    }
}

private func isWhite(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

private func lineFeeds(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
}

private func starts(_ bytes: [UInt8], at position: Int, with text: StaticString) -> Bool {
    guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
    for offset in 0..<text.utf8CodeUnitCount where bytes[position + offset] != text.utf8Start[offset] {
        return false
    }
    return true
}
