extension PostgresConnection {
    /// `text` as a string literal, quotes included, whatever the server's `standard_conforming_strings` is.
    ///
    /// PostgreSQL has no text with a zero byte; a statement that holds one is refused when it is sent.
    package static func literal(_ text: String) -> String {
        let doubled = doubling(text, UInt8(ascii: "'"), UInt8(ascii: "\\"))
        return text.utf8.contains(UInt8(ascii: "\\")) ? "E'\(doubled)'" : "'\(doubled)'"
    }

    /// `name` between double quotes.
    package static func quoteIdentifier(_ name: String) -> String {
        "\"\(doubling(name, UInt8(ascii: "\"")))\""
    }

    /// `schema.table`, each between double quotes.
    package static func quoteName(_ schema: String, _ table: String) -> String {
        "\(quoteIdentifier(schema)).\(quoteIdentifier(table))"
    }

    private static func doubling(_ text: String, _ bytes: UInt8...) -> String {
        var doubled: [UInt8] = []
        doubled.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if bytes.contains(byte) { doubled.append(byte) }
            doubled.append(byte)
        }
        return String(decoding: doubled, as: UTF8.self)
    }
}
