/// What a user means by a key, whatever bytes the terminal sends for it.
package enum Key: Hashable, Sendable {
    case text(String)
    /// Text that was pasted: its line ends do not submit.
    case paste(String)
    case enter, tab, backspace, delete, cancel
    case left, right, up, down, home, end, wordLeft, wordRight
    case deleteWordLeft, deleteWordRight, deleteToStart, deleteToEnd, restoreDeleted
    case previous, next, search, clearScreen
    case interrupt, endOfInput, suspend
    /// A sequence that means nothing here.
    case unknown
}

/// Bytes from a terminal in, keys out. Characters and sequences may be cut anywhere between two calls.
package struct KeyDecoder: Sendable {
    private var pending: [UInt8] = []
    private var pasted: [UInt8]?

    private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)
    private static let sequenceBytesMax = 32

    package init() {}

    /// Whether an escape came last, so that its end may follow or it was the key itself.
    package var isInsideSequence: Bool { pasted == nil && pending.first == 0x1B }

    package mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending.append(contentsOf: bytes)
        var keys: [Key] = []
        var start = 0
        while start < pending.count {
            if pasted != nil {
                guard let consumed = consumePaste(from: start, into: &keys) else { break }
                start += consumed
                continue
            }
            guard let (key, length) = KeyDecoder.first(of: pending[start...]) else { break }
            start += length
            if key == .paste("") {
                pasted = []
            } else if case .text(let new) = key, case .text(let text)? = keys.last {
                keys[keys.count - 1] = .text(text + new)
            } else {
                keys.append(key)
            }
        }
        pending.removeFirst(start)
        return keys
    }

    /// Nothing has followed for a while: an escape was the key itself.
    package mutating func flush() -> [Key] {
        guard isInsideSequence else { return [] }
        let rest = pending.dropFirst()
        pending = []
        return [.cancel] + decode(rest)
    }

    /// Moves bytes into the paste; `nil` if the rest may be the beginning of its end.
    private mutating func consumePaste(from start: Int, into keys: inout [Key]) -> Int? {
        let rest = pending[start...]
        if rest.starts(with: KeyDecoder.pasteEnd) {
            keys.append(.paste(KeyDecoder.cleaned(pasted ?? [])))
            pasted = nil
            return KeyDecoder.pasteEnd.count
        }
        if rest.first == 0x1B, KeyDecoder.pasteEnd.starts(with: rest) { return nil }
        let count = rest.dropFirst().firstIndex(of: 0x1B).map { $0 - start } ?? rest.count
        pasted?.append(contentsOf: rest.prefix(count))
        return count
    }

    /// Line ends as `\n`, tabs as spaces, no other controls.
    private static func cleaned(_ bytes: [UInt8]) -> String {
        var text = ""
        var afterReturn = false
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\r": text += "\n"
            case "\n": text += afterReturn ? "" : "\n"
            case "\t": text += "    "
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: break
            default: text.unicodeScalars.append(scalar)
            }
            afterReturn = scalar == "\r"
        }
        return text
    }

    /// The first key and its bytes; `nil` if more bytes must come.
    private static func first(of bytes: ArraySlice<UInt8>) -> (Key, Int)? {
        guard let byte = bytes.first else { return nil }
        switch byte {
        case 0x1B: return sequence(bytes)
        case 0x00..<0x20, 0x7F: return (control(byte), 1)
        case 0x20..<0x7F: return (.text(String(UnicodeScalar(byte))), 1)
        default: return character(bytes, lead: byte)
        }
    }

    private static func character(_ bytes: ArraySlice<UInt8>, lead: UInt8) -> (Key, Int)? {
        let length =
            switch lead {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        let continuation = bytes.dropFirst().prefix(length - 1).prefix { $0 & 0xC0 == 0x80 }.count
        if continuation < length - 1, bytes.count == continuation + 1 { return nil }
        let taken = bytes.prefix(continuation + 1)
        return (.text(String(decoding: taken, as: UTF8.self)), taken.count)
    }

    private static func control(_ byte: UInt8) -> Key {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x03: .interrupt
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x07: .cancel
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x0B: .deleteToEnd
        case 0x0C: .clearScreen
        case 0x0E: .next
        case 0x10: .previous
        case 0x12: .search
        case 0x15: .deleteToStart
        case 0x17: .deleteWordLeft
        case 0x19: .restoreDeleted
        case 0x1A: .suspend
        default: .unknown
        }
    }

    /// `ESC [ parameters final`, `ESC O final`, or a key pressed together with Alt.
    private static func sequence(_ bytes: ArraySlice<UInt8>) -> (Key, Int)? {
        let rest = bytes.dropFirst()
        guard let second = rest.first else { return nil }
        switch second {
        case UInt8(ascii: "["):
            let parameters = rest.dropFirst().prefix { (0x20...0x3F).contains($0) }
            guard let final = rest.dropFirst(1 + parameters.count).first else {
                return parameters.count > sequenceBytesMax ? (.unknown, bytes.count) : nil
            }
            let text = String(decoding: parameters, as: UTF8.self)
            return (named(text, final), 3 + parameters.count)
        case UInt8(ascii: "O"):
            guard let final = rest.dropFirst().first else { return nil }
            return (named("", final), 3)
        case UInt8(ascii: "b"): return (.wordLeft, 2)
        case UInt8(ascii: "f"): return (.wordRight, 2)
        case UInt8(ascii: "d"): return (.deleteWordRight, 2)
        case 0x08, 0x7F: return (.deleteWordLeft, 2)
        case 0x1B: return (.cancel, 1)
        default: return (.unknown, 2)
        }
    }

    private static func named(_ parameters: String, _ final: UInt8) -> Key {
        // A second parameter from 3 on means Alt, Control or both.
        let isModified = parameters.contains(";") && !parameters.hasSuffix(";2")
        switch final {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return isModified ? .wordRight : .right
        case UInt8(ascii: "D"): return isModified ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "~"):
            switch parameters.prefix(while: { $0 != ";" }) {
            case "1", "7": return .home
            case "4", "8": return .end
            case "3": return isModified ? .deleteWordRight : .delete
            case "200": return .paste("")
            default: return .unknown
            }
        default: return .unknown
        }
    }
}
