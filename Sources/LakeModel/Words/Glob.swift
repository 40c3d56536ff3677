/// A pattern in which `*` stands for any characters, none included, and `?` for one.
package struct Glob: Hashable, Sendable, CustomStringConvertible {
    package let pattern: String

    package init(_ pattern: String) { self.pattern = pattern }

    /// Whether it has no wildcard, so that it matches only itself.
    package var isLiteral: Bool { !pattern.contains { $0 == "*" || $0 == "?" } }

    /// Whether the whole of `text` matches; capitals count.
    package func matches(_ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var (p, t) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                retry = (p + 1, t)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let again = retry {
                retry = (again.pattern, again.text + 1)
                (p, t) = (again.pattern, again.text + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    package var description: String { pattern }
}
