/// Where an object is, below the lake's root: `silver/fact_invoice/latest.parquet`.
///
/// Parts are separated by `/`; none is empty, `.` or `..`, so that a path never leaves the lake. The root
/// itself is the path without parts.
package struct LakePath: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package static let root = LakePath(unchecked: "")

    /// `nil` if a part is empty, `.` or `..`, holds a control character or a backslash, or begins with a mark
    /// that combines with what is before it.
    package init?(_ text: String) {
        if let isPath = Self.isPathOfASCII(text) {
            guard isPath else { return nil }
            self.text = text
            return
        }
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            // A mark that combines with a slash makes one character of both, which is no separator any more.
            guard !part.isEmpty, part != ".", part != "..", !part.utf8.contains(UInt8(ascii: "/")),
                "/\(part)".first == "/",
                part.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "\\" && $0.value != 0x7F })
            else { return nil }
        }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// The same rules for text whose bytes are its characters, as nearly all names are: listings check a
    /// hundred thousand. `nil` if it has others.
    private static func isPathOfASCII(_ text: String) -> Bool? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
            var length = 0
            var dots = 0
            for byte in bytes {
                if byte == UInt8(ascii: "/") {
                    guard length > 0, length != dots || dots > 2 else { return false }
                    (length, dots) = (0, 0)
                    continue
                }
                guard byte >= 0x20, byte != 0x7F, byte != UInt8(ascii: "\\") else { return false }
                length += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
            return length > 0 && (length != dots || dots > 2)
        }
    }

    /// The path of `part` inside this folder. `part` may hold several parts separated by `/`.
    package func appending(_ part: String) -> LakePath {
        guard let path = LakePath(text.isEmpty ? part : "\(text)/\(part)") else {
            preconditionFailure("'\(part)' is no part of a path: names are checked before they become paths.")
        }
        return path
    }

    package var parts: [Substring] { text.split(separator: "/") }
    package var name: Substring { parts.last ?? "" }
    package var folder: LakePath { LakePath(unchecked: parts.dropLast().joined(separator: "/")) }

    /// Whether it is `folder` or somewhere below it.
    package func isInside(_ folder: LakePath) -> Bool {
        folder.text.isEmpty || text == folder.text || text.hasPrefix(folder.text + "/")
    }

    /// Whether readers by path skip it: one of its parts begins with `_` or `.`.
    package var isHidden: Bool { parts.contains { $0.hasPrefix("_") || $0.hasPrefix(".") } }

    package var description: String { text.isEmpty ? "/" : text }
    package static func < (left: LakePath, right: LakePath) -> Bool { left.text < right.text }
}
