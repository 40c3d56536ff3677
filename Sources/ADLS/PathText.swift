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

    package func beginsWithBytes(of other: some StringProtocol) -> Bool {
        withBytes(of: other) { own, other in
            own.count >= other.count && own.prefix(other.count).elementsEqual(other)
        }
    }

    package func hasBytes(of other: some StringProtocol) -> Bool {
        withBytes(of: other) { own, other in own.count == other.count && own.elementsEqual(other) }
    }

    package func isBeforeByBytes(_ other: some StringProtocol) -> Bool {
        withBytes(of: other) { own, other in own.lexicographicallyPrecedes(other) }
    }

    /// Where the bytes are, because a list of a hundred thousand names compares them some millions of times.
    private func withBytes<Other: StringProtocol>(
        of other: Other, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        let fast = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { body(own, $0) }
        }
        if let known = fast ?? nil { return known }
        return Array(utf8).withUnsafeBufferPointer { own in
            Array(other.utf8).withUnsafeBufferPointer { body(own, $0) }
        }
    }
}
