/// The body of Put Block List: which blocks make the blob, in their order.
package struct BlockList: Hashable, Sendable {
    /// Where a block is looked for.
    package enum Place: String, Hashable, Sendable {
        case committed = "Committed"
        case uncommitted = "Uncommitted"
        /// Among the uncommitted ones, then among the committed ones.
        case latest = "Latest"
    }

    package struct Entry: Hashable, Sendable {
        package let id: BlockID
        package let place: Place

        package init(id: BlockID, place: Place) {
            self.id = id
            self.place = place
        }
    }

    package static let entriesMax = 50_000

    package let entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package var xml: String {
        let lines = entries.map { "<\($0.place.rawValue)>\($0.id.text)</\($0.place.rawValue)>" }
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(lines.joined())</BlockList>"
    }

    /// Reads the few elements that there may be. Nothing is expanded or fetched: a document type, an entity,
    /// a comment or an attribute of a block is refused.
    /// - Throws: ``StorageFailure``.
    package init(xml bytes: [UInt8]) throws(StorageFailure) {
        guard var text = String(validating: bytes, as: UTF8.self)?[...] else { throw Self.malformed }
        if text.first == "\u{FEFF}" { text.removeFirst() }
        func skipSpace() { text = text.drop { $0.isWhitespace } }
        func take(_ mark: String) -> Bool {
            guard text.hasPrefix(mark) else { return false }
            text.removeFirst(mark.count)
            return true
        }
        func takeThrough(_ mark: String) -> Substring? {
            guard let found = text.firstRange(of: mark) else { return nil }
            defer { text = text[found.upperBound...] }
            return text[..<found.lowerBound]
        }
        skipSpace()
        if take("<?xml") {
            guard takeThrough("?>") != nil else { throw Self.malformed }
            skipSpace()
        }
        guard take("<BlockList") else { throw Self.malformed }
        var entries: [Entry] = []
        if let attributes = takeThrough(">"), !attributes.hasSuffix("/") {
            skipSpace()
            while !take("</BlockList") {
                guard take("<"), let name = takeThrough(">"), let place = Place(rawValue: String(name)),
                    let value = takeThrough("</\(name)>")
                else { throw Self.malformed }
                let trimmed = value.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
                guard let id = BlockID(trimmed) else {
                    throw StorageFailure(.invalidBlockID, "A block's id is no Base64 of 1 to 64 bytes.")
                }
                entries.append(Entry(id: id, place: place))
                guard entries.count <= Self.entriesMax else {
                    throw StorageFailure(.blockListTooLong, "A blob has at most \(Self.entriesMax) blocks.")
                }
                skipSpace()
            }
        }
        self.entries = entries
    }

    private static var malformed: StorageFailure {
        StorageFailure(.invalidXMLDocument, "The body is no list of blocks.")
    }
}
