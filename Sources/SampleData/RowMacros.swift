/// What a macro reads besides its arguments: the number of the table's random streams and columns of the row.
///
/// DuckDB's macros see nothing but their parameters. So that an expression can say `chance(3, 20)`, these are
/// put in front of the arguments wherever one of the macros is declared or called.
private let contextOfMacro = [
    "r": ["stream", "n"], "f": ["stream", "n"], "d": ["stream", "n"], "chance": ["stream", "n"],
    "pick": ["stream", "n"], "skewed": ["stream", "n"], "zero": ["stream", "n"], "zero_day": ["stream", "n"],
    "yn": ["stream", "n"], "v": ["stream", "n", "u"], "created": ["day", "sec"],
    "updated": ["stream", "n", "u", "day", "sec"],
]

/// `sql` with their context passed to all macros: `r(1)` becomes `r(stream, n, 1)`.
/// - Parameter stream: what stands for the stream: its number in a query, its parameter's name in a macro.
func passingContext(_ sql: String, stream: String = "stream") -> String {
    var result: [UInt8] = []
    var word: [UInt8] = []
    let bytes = Array(sql.utf8)
    for (index, byte) in bytes.enumerated() {
        result.append(byte)
        if isPartOfName(byte) {
            word.append(byte)
            continue
        }
        if byte == UInt8(ascii: "("), let context = contextOfMacro[String(decoding: word, as: UTF8.self)] {
            result += context.map { $0 == "stream" ? stream : $0 }.joined(separator: ", ").utf8
            if index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: ")") { result += ", ".utf8 }
        }
        word.removeAll(keepingCapacity: true)
    }
    return String(decoding: result, as: UTF8.self)
}

private func isPartOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
}
