internal import ADLS
internal import Foundation
package import LakeModel
package import NIOCore

/// One page of "Path - List" of dfs.
package struct PathPage: Sendable {
    package struct Entry: Hashable, Sendable {
        package var name = ""
        package var isFolder = false
        package var size: Int64 = 0
        package var etag = ""
        package var modifiedAt = Timestamp(microseconds: 0)
    }

    package let entries: [Entry]

    /// Reads `{"paths":[{"name":…,…},…]}`. Numbers and truths come as such or as texts; what else there is,
    /// is passed over.
    ///
    /// By hand, because a hundred thousand names are thirty megabytes of it.
    /// - Throws: ``PathPageUnreadable``.
    package init(_ bytes: ByteBuffer) throws {
        entries = try bytes.withUnsafeReadableBytes { bytes throws(PathPageUnreadable) in
            var scanner = JSONScanner(bytes: bytes)
            return try scanner.page()
        }
    }
}

/// A listing that is none.
package struct PathPageUnreadable: Diagnostic {
    let offset: Int

    package var code: String { "store.list-unreadable" }
    package var problem: String {
        "The list of paths that the account answered breaks off at byte \(offset)."
    }
    package var remedy: String {
        "Check that the endpoint is a storage account's and no proxy's; then run again."
    }
    package var isTransient: Bool { true }
}

private struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    var offset = 0
    /// Files that were written together have the same second.
    private var lastDate: (text: [UInt8], instant: Timestamp)?

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var failure: PathPageUnreadable { PathPageUnreadable(offset: offset) }

    mutating func page() throws(PathPageUnreadable) -> [PathPage.Entry] {
        var entries: [PathPage.Entry] = []
        try object { scanner, key throws(PathPageUnreadable) in
            guard scanner.isKey(key, "paths") else { return try scanner.skip() }
            try scanner.array { scanner throws(PathPageUnreadable) in
                entries.append(try scanner.entry())
            }
        }
        return entries
    }

    private mutating func entry() throws(PathPageUnreadable) -> PathPage.Entry {
        var entry = PathPage.Entry()
        try object { scanner, key throws(PathPageUnreadable) in
            if scanner.isKey(key, "name") {
                entry.name = try scanner.string(scanner.text())
            } else if scanner.isKey(key, "contentLength") {
                guard let size = Int64(try scanner.string(scanner.scalar())) else { throw scanner.failure }
                entry.size = size
            } else if scanner.isKey(key, "etag") {
                entry.etag = RequestConditions.Tags.bare(try scanner.string(scanner.text()))
            } else if scanner.isKey(key, "isDirectory") {
                entry.isFolder = try scanner.string(scanner.scalar()) == "true"
            } else if scanner.isKey(key, "lastModified") {
                entry.modifiedAt = try scanner.date(scanner.text())
            } else {
                try scanner.skip()
            }
        }
        guard !entry.name.isEmpty else { throw failure }
        return entry
    }

    private mutating func date(_ text: Text) throws(PathPageUnreadable) -> Timestamp {
        let raw = bytes[text.range]
        if let lastDate, raw.elementsEqual(lastDate.text) { return lastDate.instant }
        guard let instant = HTTPDate.parse(try string(text)) else { throw failure }
        lastDate = (Array(raw), instant)
        return instant
    }

    // MARK: JSON

    private struct Text {
        let range: Range<Int>
        let isEscaped: Bool
    }

    private func isKey(_ text: Text, _ name: StaticString) -> Bool {
        text.range.count == name.utf8CodeUnitCount && !text.isEscaped
            && name.withUTF8Buffer { bytes[text.range].elementsEqual($0) }
    }

    private func string(_ text: Text) throws(PathPageUnreadable) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[text.range])
        guard text.isEscaped else {
            guard let string = String(validating: raw, as: UTF8.self) else { throw failure }
            return string
        }
        var document = Data("[\"".utf8)
        document.append(contentsOf: raw)
        document.append(contentsOf: Data("\"]".utf8))
        guard let string = try? JSONDecoder().decode([String].self, from: document).first else {
            throw failure
        }
        return string
    }

    private mutating func skipSpace() {
        while offset < bytes.count, bytes[offset] <= 0x20 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) throws(PathPageUnreadable) {
        guard try next() == byte else { throw failure }
        offset += 1
    }

    /// The byte that is next, without taking it.
    private mutating func next() throws(PathPageUnreadable) -> UInt8 {
        skipSpace()
        guard offset < bytes.count else { throw failure }
        return bytes[offset]
    }

    private mutating func text() throws(PathPageUnreadable) -> Text {
        try take(UInt8(ascii: "\""))
        let begin = offset
        var isEscaped = false
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return Text(range: begin..<(offset - 1), isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                offset += 2
            default: offset += 1
            }
        }
        throw failure
    }

    /// A text, a number, or a word.
    private mutating func scalar() throws(PathPageUnreadable) -> Text {
        if try next() == UInt8(ascii: "\"") { return try text() }
        let begin = offset
        while offset < bytes.count, !",]}".utf8.contains(bytes[offset]), bytes[offset] > 0x20 { offset += 1 }
        guard offset > begin else { throw failure }
        return Text(range: begin..<offset, isEscaped: false)
    }

    private mutating func skip() throws(PathPageUnreadable) {
        switch try next() {
        case UInt8(ascii: "{"): try object { scanner, _ throws(PathPageUnreadable) in try scanner.skip() }
        case UInt8(ascii: "["): try array { scanner throws(PathPageUnreadable) in try scanner.skip() }
        default: _ = try scalar()
        }
    }

    private mutating func object(
        _ member: (inout JSONScanner, Text) throws(PathPageUnreadable) -> Void
    ) throws(PathPageUnreadable) {
        try take(UInt8(ascii: "{"))
        if try next() == UInt8(ascii: "}") { return try take(UInt8(ascii: "}")) }
        while true {
            _ = try next()
            let key = try text()
            try take(UInt8(ascii: ":"))
            try member(&self, key)
            if try next() == UInt8(ascii: "}") { return try take(UInt8(ascii: "}")) }
            try take(UInt8(ascii: ","))
        }
    }

    private mutating func array(
        _ element: (inout JSONScanner) throws(PathPageUnreadable) -> Void
    ) throws(PathPageUnreadable) {
        try take(UInt8(ascii: "["))
        if try next() == UInt8(ascii: "]") { return try take(UInt8(ascii: "]")) }
        while true {
            try element(&self)
            if try next() == UInt8(ascii: "]") { return try take(UInt8(ascii: "]")) }
            try take(UInt8(ascii: ","))
        }
    }
}
