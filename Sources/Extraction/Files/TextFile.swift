internal import Glibc
internal import Project

/// A text file as UTF-8, a window of which is in memory.
///
/// A byte order mark decides the encoding and is left out. What is no character of the encoding becomes a
/// byte that is no UTF-8, so that whoever reads the text sees it.
final class TextFile {
    private let file: CompressedFile
    private var encoding: TextEncoding
    private var isBigEndian = false
    private var isBegun = false
    /// Bytes of the file that are not decoded yet.
    private var raw: [UInt8]
    private var rawEnd = 0
    private(set) var isAtEnd = false
    private var window: UnsafeMutableRawBufferPointer
    /// Where the text in the window begins and ends.
    private(set) var start = 0
    private(set) var end = 0

    /// - Throws: ``FileFailure``.
    init(_ path: String, encoding: TextEncoding) throws(FileFailure) {
        file = try CompressedFile(path)
        self.encoding = encoding
        raw = [UInt8](repeating: 0, count: 1 << 18)
        window = .allocate(byteCount: 1 << 20, alignment: 16)
    }

    deinit { window.deallocate() }

    /// The text that is in memory.
    var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: window[start..<end]) }

    /// Drops the first `count` bytes of the text.
    func consume(_ count: Int) { start += count }

    /// Brings more text behind what is in memory, which may move. Does nothing at the end.
    func extend() throws(FileFailure) {
        guard !isAtEnd else { return }
        if !isBegun { try begin() }
        makeRoom()
        if try fillRaw() {
            decode()
        } else if rawEnd > 0 {
            // Half a unit at the end of the file is no character.
            append(0xFF)
            rawEnd = 0
        } else {
            isAtEnd = true
        }
    }

    private func makeRoom() {
        // A byte of latin1 or a unit of UTF-16 becomes three bytes at most.
        let wanted = raw.count * 3
        guard window.count - end < wanted else { return }
        let count = end - start
        if window.count - count >= wanted, start > 0 {
            window.baseAddress?.copyMemory(from: window.baseAddress! + start, byteCount: count)
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(window.count * 2, count + wanted), alignment: 16)
            larger.copyMemory(from: text)
            window.deallocate()
            window = larger
        }
        (start, end) = (0, count)
    }

    /// Whatever the file gives, behind what could not be decoded yet.
    /// - Returns: Whether there was more.
    private func fillRaw() throws(FileFailure) -> Bool {
        let kept = rawEnd
        let count = try raw.withUnsafeMutableBytes { bytes in
            Result { () throws(FileFailure) in try file.read(into: .init(rebasing: bytes[kept...])) }
        }.get()
        rawEnd += count
        return count > 0
    }

    private func begin() throws(FileFailure) {
        isBegun = true
        while rawEnd < 3, try fillRaw() {}
        let head = raw[..<rawEnd]
        var mark = 0
        if head.starts(with: [0xEF, 0xBB, 0xBF]) {
            (encoding, mark) = (.utf8, 3)
        } else if head.starts(with: [0xFF, 0xFE]) {
            (encoding, mark) = (.utf16, 2)
        } else if head.starts(with: [0xFE, 0xFF]) {
            (encoding, isBigEndian, mark) = (.utf16, true, 2)
        }
        raw.replaceSubrange(0..<(rawEnd - mark), with: raw[mark..<rawEnd])
        rawEnd -= mark
        if rawEnd > 0 { decode() }
    }

    private func append(_ byte: UInt8) {
        window[end] = byte
        end += 1
    }

    private func decode() {
        switch encoding {
        case .utf8:
            raw.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: window[end...]).copyMemory(
                    from: .init(rebasing: bytes[..<rawEnd]))
            }
            end += rawEnd
            rawEnd = 0
        case .latin1:
            for byte in raw[..<rawEnd] {
                if byte < 0x80 {
                    append(byte)
                } else {
                    append(0xC0 | byte >> 6)
                    append(0x80 | byte & 0x3F)
                }
            }
            rawEnd = 0
        case .utf16: decodeUTF16()
        }
    }

    private func decodeUTF16() {
        var index = 0
        func unit(_ at: Int) -> UInt16 {
            let (first, second) = (UInt16(raw[at]), UInt16(raw[at + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        while index + 1 < rawEnd {
            let first = unit(index)
            switch first {
            case 0xD800...0xDBFF:
                guard index + 3 < rawEnd else {
                    // The other half comes with the next bytes, if there are any.
                    keepRaw(from: index)
                    return
                }
                let second = unit(index + 2)
                if (0xDC00...0xDFFF).contains(second) {
                    append(scalar: 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF)))
                    index += 4
                } else {
                    append(0xFF)
                    index += 2
                }
            case 0xDC00...0xDFFF:
                append(0xFF)
                index += 2
            default:
                append(scalar: UInt32(first))
                index += 2
            }
        }
        keepRaw(from: index)
    }

    private func append(scalar: UInt32) {
        guard let scalar = Unicode.Scalar(scalar), let bytes = UTF8.encode(scalar) else {
            return append(0xFF)
        }
        for byte in bytes { append(byte) }
    }

    private func keepRaw(from index: Int) {
        raw.replaceSubrange(0..<(rawEnd - index), with: raw[index..<rawEnd])
        rawEnd -= index
    }
}
