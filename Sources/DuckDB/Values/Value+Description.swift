extension Value: CustomStringConvertible {
    /// The value as DuckDB's own cast to VARCHAR writes it; an instant in the time zone UTC, NULL as "NULL".
    /// Text is not known to be JSON here: inside a list it is quoted, which DuckDB spares JSON.
    package var description: String {
        switch self {
        case .null: "NULL"
        case .boolean(let isTrue): isTrue ? "true" : "false"
        case .int8(let number): "\(number)"
        case .int16(let number): "\(number)"
        case .int32(let number): "\(number)"
        case .int64(let number): "\(number)"
        case .int128(let number): "\(number)"
        case .uint8(let number): "\(number)"
        case .uint16(let number): "\(number)"
        case .uint32(let number): "\(number)"
        case .uint64(let number): "\(number)"
        case .uint128(let number): "\(number)"
        case .float(let number): NumberText.float(isNegative: number.sign == .minus, "\(number.magnitude)")
        case .double(let number): NumberText.float(isNegative: number.sign == .minus, "\(number.magnitude)")
        case .decimal(let unscaled, let width, let scale):
            NumberText.decimal(unscaled, width: width, scale: scale)
        case .text(let text), .enumeration(let text): text
        case .blob(let bytes): Self.escaped(bytes)
        case .bit(let bits): String(decoding: bits.map { $0 ? 0x31 : 0x30 } as [UInt8], as: UTF8.self)
        case .uuid(let uuid): Self.hyphenated(uuid)
        case .bignum(let isNegative, let magnitude): NumberText.bignum(magnitude, isNegative: isNegative)
        case .date, .time, .timeNS, .timeTZ, .timestampS, .timestampMS, .timestamp, .timestampNS,
            .timestampTZ,
            .timestampTZNS:
            TimeText.text(self)
        case .interval(let span): TimeText.interval(span)
        case .list(let elements), .array(let elements):
            "[" + elements.map(\.nestedDescription).joined(separator: ", ") + "]"
        case .structure(let fields): Self.structure(fields)
        case .map(let entries):
            "{"
                + entries.map { "\($0.key.nestedDescription)=\($0.value.nestedDescription)" }
                .joined(separator: ", ") + "}"
        case .union(_, let value): value.description
        }
    }

    /// How a list, structure or map shows the value.
    private var nestedDescription: String {
        switch self {
        case .null, .list, .array, .structure, .map, .union: description
        default: Self.needsQuotes(description) ? Self.quoted(description) : description
        }
    }

    /// A structure whose fields have no names is a tuple.
    private static func structure(_ fields: [StructureField]) -> String {
        if fields.allSatisfy(\.name.isEmpty), !fields.isEmpty {
            return "(" + fields.map(\.value.nestedDescription).joined(separator: ", ") + ")"
        }
        return "{"
            + fields.map { "\(quoted($0.name)): \($0.value.nestedDescription)" }.joined(separator: ", ") + "}"
    }

    private static func needsQuotes(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        if isSpace(first) || isSpace(last) || text.utf8.count == 4 && text.lowercased() == "null" {
            return true
        }
        return text.utf8.contains { special.contains($0) }
    }

    /// A backslash alone asks for quotes since DuckDB 2.0.
    private static let special = Set((Database.libraryVersion.hasPrefix("v1.") ? "" : "\\").utf8)
        .union("\"'(),:=[]{}".utf8)

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" || scalar == "\\" { result.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "'"
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            if (32...126).contains(byte) && byte != 0x5C && byte != 0x27 && byte != 0x22 {
                text.append(byte)
            } else {
                text += [0x5C, 0x78, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    private static func hyphenated(_ uuid: UInt128) -> String {
        var text = ""
        for digit in 0..<32 {
            if [8, 12, 16, 20].contains(digit) { text.append("-") }
            text += String(UInt8(truncatingIfNeeded: uuid >> UInt128(124 - digit * 4)) & 15, radix: 16)
        }
        return text
    }
}

/// Numbers in DuckDB's spelling.
enum NumberText {
    /// Lays Swift's shortest digits out as DuckDB does: plainly from 10⁻⁴ up to 10¹⁶, otherwise with an
    /// exponent of at least two digits.
    static func float(isNegative: Bool, _ shortest: String) -> String {
        let sign = isNegative ? "-" : ""
        guard shortest.utf8.first.map({ (0x30...0x39).contains($0) }) == true else { return sign + shortest }
        let halves = shortest.split(separator: "e")
        let parts = halves[0].split(separator: ".")
        var exponent = (halves.count > 1 ? Int(halves[1]) ?? 0 : 0) + parts[0].count
        var digits = Array((parts[0] + (parts.count > 1 ? parts[1] : "")).utf8)
        while digits.count > 1, digits.first == 0x30 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        if digits == [0x30] { return sign + "0.0" }
        let text = String(decoding: digits, as: UTF8.self)
        // The value is 0.digits × 10^exponent.
        switch exponent {
        case -3...0: return sign + "0." + String(repeating: "0", count: -exponent) + text
        case 1...16:
            let whole = text.prefix(exponent) + String(repeating: "0", count: max(0, exponent - text.count))
            let rest = text.dropFirst(exponent)
            return sign + whole + "." + (rest.isEmpty ? "0" : rest)
        default:
            let power = exponent - 1
            let mantissa = text.count == 1 ? text : text.prefix(1) + "." + text.dropFirst()
            let padding = abs(power) < 10 ? "0" : ""
            return sign + mantissa + "e" + (power < 0 ? "-" : "+") + padding + "\(abs(power))"
        }
    }

    static func decimal(_ unscaled: Int128, width: Int, scale: Int) -> String {
        let digits = String(unscaled.magnitude)
        let sign = unscaled < 0 ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale - digits.count)) + digits
        let whole = padded.dropLast(scale)
        // A decimal that has no digit before its point is written without the zero too.
        return sign + (whole.isEmpty && width > scale ? "0" : whole) + "." + padded.suffix(scale)
    }

    static func bignum(_ magnitude: [UInt8], isNegative: Bool) -> String {
        var words = magnitude.map(UInt64.init)
        var groups: [UInt64] = []
        // Division by 10¹⁶, byte by byte, highest first: the rest times 256 still fits into 64 bits.
        let base: UInt64 = 10_000_000_000_000_000
        while words.contains(where: { $0 != 0 }) {
            var rest: UInt64 = 0
            for index in words.indices {
                let dividend = rest << 8 | words[index]
                words[index] = dividend / base
                rest = dividend % base
            }
            groups.append(rest)
        }
        guard let highest = groups.popLast() else { return "0" }
        let tail = groups.reversed().map { group in
            String(repeating: "0", count: 16 - String(group).count) + String(group)
        }
        return (isNegative ? "-" : "") + String(highest) + tail.joined()
    }
}
