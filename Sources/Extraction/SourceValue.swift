/// A value as its source sent it, for people.
enum SourceValue {
    case null
    /// Text or bytes; valid as long as the row is.
    case bytes(UnsafeRawBufferPointer)
    case string(String)
    case integer(Int64)
    case double(Double)

    /// Lends the bytes of a text; others as their text.
    func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        guard case .bytes(let bytes) = self else {
            var text = text()
            return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
        return body(bytes)
    }

    /// The value as text, cut after `bytesMax` bytes with an ellipsis; bytes that are no text in hexadecimal.
    func text(bytesMax: Int = .max) -> String {
        switch self {
        case .null: return "NULL"
        case .string(var string):
            return string.withUTF8 { SourceValue.bytes(UnsafeRawBufferPointer($0)).text(bytesMax: bytesMax) }
        case .integer(let number): return String(number)
        case .double(let number): return "\(number)"
        case .bytes(let bytes):
            let isCut = bytes.count > bytesMax
            var part = UnsafeRawBufferPointer(rebasing: bytes.prefix(bytesMax))
            // Not in the middle of a character.
            if isCut, !isValidUTF8(part), isValidUTF8(bytes) {
                part = UnsafeRawBufferPointer(
                    rebasing: part.prefix((part.lastIndex { $0 & 0xC0 != 0x80 }) ?? 0))
            }
            let isText = isValidUTF8(part) && !part.contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A }
            let text = isText ? String(decoding: part, as: UTF8.self) : SourceValue.hexadecimal(part)
            return isCut ? text + "…" : text
        }
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
        "0x"
            + bytes.map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0\(text)" : text
            }.joined()
    }
}
