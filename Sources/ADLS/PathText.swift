/// Paths as the kernel and the service see them: bytes between slashes.
///
/// Swift compares characters: to it a slash with a combining mark after it is no slash, and two spellings of
/// one letter are the same name. A path that was taken apart like that would lead out of its folder.
extension StringProtocol where SubSequence == Substring {
    /// What stands between slashes; empty parts do not count.
    package var pathParts: [Substring] {
        self[...].utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    package var lastSlash: String.Index? { self[...].utf8.lastIndex(of: UInt8(ascii: "/")) }

    package func beginsWithBytes(of other: some StringProtocol) -> Bool { utf8.starts(with: other.utf8) }

    package func hasBytes(of other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    package func isBeforeByBytes(_ other: some StringProtocol) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
