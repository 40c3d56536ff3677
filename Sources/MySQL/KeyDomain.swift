/// A value of a key column, in a form that can be halved.
enum KeyValue: Hashable, Sendable {
    /// A number, a moment, an ENUM's number: counted in the domain's unit.
    case number(Int128)
    /// The bytes as the column stores them, and what they say.
    case text(bytes: [UInt8], String)
    /// Also a UUID, in the order of the server's comparison.
    case bytes([UInt8])
}

/// What the values of a key column are, and how the server writes and orders them.
enum KeyDomain: Hashable, Sendable {
    /// Integers and DECIMAL, in units of the last digit.
    case number(scale: Int)
    case double
    /// DATE without a time, else DATETIME and TIMESTAMP with so many digits of the second's fraction.
    case moment(hasTime: Bool, digits: Int)
    case text(characterSet: String, collation: String)
    case bytes
    case uuid
    case enumeration(labels: [String])

    /// Nil for a type whose order or literals are not safe to cut by: FLOAT, YEAR, BIT, TIME, SET, …
    init?(_ column: MySQLColumnDefinition) {
        switch column.dataType {
        case "tinyint", "smallint", "mediumint", "int", "bigint": self = .number(scale: 0)
        case "decimal":
            // The unit must fit 128 bits.
            guard let digits = column.numericPrecision, digits <= 37 else { return nil }
            self = .number(scale: column.numericScale ?? 0)
        case "double": self = .double
        case "date": self = .moment(hasTime: false, digits: 0)
        case "datetime", "timestamp": self = .moment(hasTime: true, digits: column.dateTimePrecision ?? 0)
        case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
            guard let characterSet = column.characterSet, let collation = column.collation else { return nil }
            self = .text(characterSet: characterSet, collation: collation)
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob": self = .bytes
        case "uuid": self = .uuid
        case "enum":
            guard let labels = Self.labels(column.columnType) else { return nil }
            self = .enumeration(labels: labels)
        default: return nil
        }
    }

    /// - Parameters: the two items of ``KeyColumn/selection``.
    func value(_ first: String, _ second: String?) -> KeyValue? {
        switch self {
        case .number(let scale): Self.scaled(first, scale).map { .number($0) }
        case .enumeration: Int128(first).map { .number($0) }
        case .double: Double(first).map { .number(Self.ordered($0)) }
        case .moment(let hasTime, let digits): KeyMoment.code(first, hasTime, digits).map { .number($0) }
        case .text:
            .text(
                bytes: Self.bytes(hex: first), String(decoding: Self.bytes(hex: second ?? ""), as: UTF8.self))
        case .bytes: .bytes(Self.bytes(hex: first))
        case .uuid: KeyUUID.ordered(first).map { .bytes($0) }
        }
    }

    /// The value as SQL that the column's own order applies to.
    func literal(_ value: KeyValue) -> String {
        switch (self, value) {
        case (.number(let scale), .number(let number)): Self.decimal(number, scale)
        case (.double, .number(let number)): "\(Self.double(number))"
        case (.moment(let hasTime, let digits), .number(let code)):
            "'\(KeyMoment.text(code, hasTime, digits))'"
        case (.text(let characterSet, _), .text(let bytes, _)): "_\(characterSet) X'\(Self.hex(bytes))'"
        case (.uuid, .bytes(let bytes)): "'\(KeyUUID.text(bytes))'"
        case (_, .bytes(let bytes)): "X'\(Self.hex(bytes))'"
        case (_, .number(let number)): "\(number)"
        case (_, .text(_, let text)): MySQLConnection.literal(text)
        }
    }

    /// The value for messages.
    func describe(_ value: KeyValue) -> String {
        switch (self, value) {
        case (.text, .text(_, let text)): text
        case (.enumeration(let labels), .number(let number)):
            number >= 1 && number <= labels.count ? labels[Int(number) - 1] : "\(number)"
        default: literal(value).filter { $0 != "'" }
        }
    }

    static func label(_ value: KeyValue, _ labels: [String]) -> String {
        guard case .number(let number) = value, number >= 1, number <= labels.count else { return "''" }
        return MySQLConnection.literal(labels[Int(number) - 1])
    }

    // MARK: Numbers

    private static func scaled(_ text: String, _ scale: Int) -> Int128? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1].prefix(scale) : ""
        return Int128(parts[0] + fraction + String(repeating: "0", count: scale - fraction.count))
    }

    private static func decimal(_ number: Int128, _ scale: Int) -> String {
        guard scale > 0 else { return "\(number)" }
        var digits = "\(number.magnitude)"
        digits = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return "\(number < 0 ? "-" : "")\(digits.dropLast(scale)).\(digits.suffix(scale))"
    }

    /// Doubles in their order, as whole numbers without gaps.
    private static func ordered(_ value: Double) -> Int128 {
        let bits = Int64(bitPattern: value.bitPattern)
        return Int128(bits >= 0 ? bits : Int64.min - bits)
    }

    private static func double(_ number: Int128) -> Double {
        let bits = Int64(clamping: number)
        let value = Double(bitPattern: UInt64(bitPattern: bits >= 0 ? bits : Int64.min - bits))
        return value.isFinite
            ? value : (value < 0 ? -Double.greatestFiniteMagnitude : .greatestFiniteMagnitude)
    }

    // MARK: Text

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = hex.utf8.map { UInt8($0 >= 65 ? ($0 & 0xDF) - 55 : $0 - 48) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The labels of "enum('a','it''s')".
    private static func labels(_ columnType: String) -> [String]? {
        guard let open = columnType.firstIndex(of: "(") else { return nil }
        var labels: [String] = []
        var rest = columnType[columnType.index(after: open)...]
        while rest.first == "'" {
            var label = ""
            rest.removeFirst()
            while let character = rest.popFirst() {
                if character != "'" {
                    label.append(character)
                } else if rest.first == "'" {
                    label.append("'")
                    rest.removeFirst()
                } else {
                    break
                }
            }
            labels.append(label)
            if rest.first == "," { rest.removeFirst() }
        }
        return labels.isEmpty ? nil : labels
    }
}
