/// The name of a source, such as `v3_customer`: a lower-case SQL identifier, at most 63 bytes.
///
/// It becomes the schema `bronze_v3_customer` and a folder of the lake, so it needs no quotes and no escapes.
package struct SourceName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// `nil` unless `text` is `[a-z][a-z0-9_]*` of at most 56 bytes (`bronze_` fits before it in 63).
    package init?(_ text: String) {
        guard text.utf8.count <= 56, isPlainIdentifier(text) else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: SourceName, right: SourceName) -> Bool { left.text < right.text }
}

/// The name of a table: of a model, or a legacy name exactly as the source spells it.
///
/// Legacy names are kept, so capitals, spaces, `$`, `-` and letters of any script are fine. A name is also
/// a folder and part of a file's name in the lake; what would break those is refused.
package struct TableName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// `nil` if `text` is empty, longer than 128 bytes, begins with `_` or `.` (readers take that for
    /// hidden), begins or ends with a space, or holds a control character or one of `/ \ = ? * " < > | : #
    /// %`.
    package init?(_ text: String) {
        let refused: Set<Character> = ["/", "\\", "=", "?", "*", "\"", "<", ">", "|", ":", "#", "%"]
        guard let first = text.first, let last = text.last, text.utf8.count <= 128, first != "_",
            first != ".",
            first != " ", last != " ", last != ".",
            text.allSatisfy({
                !refused.contains($0) && $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            })
        else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: TableName, right: TableName) -> Bool { left.text < right.text }
}

/// Whether `text` is `[a-z][a-z0-9_]*`, which needs no quotes in SQL and no escapes in a path.
package func isPlainIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
        return false
    }
    return text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// `text` as a quoted SQL identifier: `order` becomes `"order"`.
package func quotedIdentifier(_ text: String) -> String {
    "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

/// `text` as an SQL string literal.
package func quotedLiteral(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}

/// The path of one file as a literal of DuckDB's SQL. Its functions that read files take `[`, `*` and `?` for
/// patterns, and would read another file, or several.
package func quotedPath(_ path: String) -> String { quotedLiteral(globEscaped(path)) }

/// The pattern that only `path` matches.
package func globEscaped(_ path: String) -> String {
    path.contains { "[*?".contains($0) }
        ? path.map { "[*?".contains($0) ? "[\($0)]" : String($0) }.joined() : path
}
