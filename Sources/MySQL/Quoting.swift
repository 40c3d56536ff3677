extension MySQLConnection {
    /// `text` as a string literal, quotes included.
    ///
    /// Right for this session, whose character set is utf8mb4 and whose mode has backslash escapes.
    package static func literal(_ text: String) -> String { "'" + escape(text) + "'" }

    /// `text` as it stands between single quotes.
    package static func escape(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0: escaped += [UInt8(ascii: "\\"), UInt8(ascii: "0")]
            case UInt8(ascii: "\n"): escaped += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): escaped += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x1A: escaped += [UInt8(ascii: "\\"), UInt8(ascii: "Z")]
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "\\"):
                escaped += [UInt8(ascii: "\\"), byte]
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// `name` between backticks.
    package static func quoteIdentifier(_ name: String) -> String {
        var quoted: [UInt8] = [UInt8(ascii: "`")]
        for byte in name.utf8 {
            if byte == UInt8(ascii: "`") { quoted.append(byte) }
            quoted.append(byte)
        }
        quoted.append(UInt8(ascii: "`"))
        return String(decoding: quoted, as: UTF8.self)
    }
}
