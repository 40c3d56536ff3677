/// A column's type in bronze, as far as it matters which type holds every value of which.
package enum StoredType: Hashable, Sendable {
    case boolean
    case integer(bits: Int, isSigned: Bool)
    case decimal(precision: Int, scale: Int)
    case float
    case double
    case date
    case timestamp
    case text
    /// Any other, which holds only its own values.
    case other(String)

    /// - Parameter name: As a manifest has it: `DECIMAL(10,2)`.
    package init(_ name: String) {
        switch name {
        case "BOOLEAN": self = .boolean
        case "TINYINT": self = .integer(bits: 8, isSigned: true)
        case "SMALLINT": self = .integer(bits: 16, isSigned: true)
        case "INTEGER": self = .integer(bits: 32, isSigned: true)
        case "BIGINT": self = .integer(bits: 64, isSigned: true)
        case "UTINYINT": self = .integer(bits: 8, isSigned: false)
        case "USMALLINT": self = .integer(bits: 16, isSigned: false)
        case "UINTEGER": self = .integer(bits: 32, isSigned: false)
        case "UBIGINT": self = .integer(bits: 64, isSigned: false)
        case "FLOAT": self = .float
        case "DOUBLE": self = .double
        case "DATE": self = .date
        case "TIMESTAMP": self = .timestamp
        case "VARCHAR": self = .text
        default: self = StoredType.decimal(named: name) ?? .other(name)
        }
    }

    private static func decimal(named name: String) -> StoredType? {
        guard name.hasPrefix("DECIMAL("), name.hasSuffix(")") else { return nil }
        let parts = name.dropFirst(8).dropLast().split(separator: ",").map { Int($0.filter { $0 != " " }) }
        guard parts.count == 2, let precision = parts[0], let scale = parts[1],
            (1...38).contains(precision), (0...precision).contains(scale)
        else { return nil }
        return .decimal(precision: precision, scale: scale)
    }

    package var name: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .integer(let bits, let isSigned):
            (isSigned ? "" : "U")
                + (bits == 8 ? "TINYINT" : bits == 16 ? "SMALLINT" : bits == 32 ? "INTEGER" : "BIGINT")
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .text: "VARCHAR"
        case .other(let name): name
        }
    }

    /// Whether every value of `narrow` is exactly a value of this type.
    ///
    /// Text holds only text: `'1'` is not the number that it shows. A day is the moment at which it begins.
    package func holds(_ narrow: StoredType) -> Bool {
        switch (self, narrow) {
        case _ where self == narrow: true
        case (.integer(let bits, let isSigned), .integer(let narrowBits, let isNarrowSigned)):
            // Of one width, neither holds the other.
            bits > narrowBits && (isSigned || !isNarrowSigned)
        case (.decimal(let precision, let scale), .integer): precision - scale >= narrow.integerDigits
        case (.decimal(let precision, let scale), .decimal(_, let narrowScale)):
            scale >= narrowScale && precision - scale >= narrow.integerDigits
        case (.integer(let bits, let isSigned), .decimal(let precision, 0)):
            // `-9…9` times the precision: an unsigned type cannot hold it.
            isSigned && precision < StoredType.integer(bits: bits, isSigned: true).integerDigits
        case (.float, .integer(let bits, _)): bits <= 16
        case (.double, .integer(let bits, _)): bits <= 32
        case (.double, .float): true
        case (.timestamp, .date): true
        default: false
        }
    }

    /// The type in which files of both types can be read together with no value lost; `nil` if there is
    /// none that DuckDB's `union_by_name` reaches without loss.
    package func common(with other: StoredType) -> StoredType? {
        if holds(other) { return self }
        if other.holds(self) { return other }
        switch (self, other) {
        case (.integer(let bits, let isSigned), .integer(let otherBits, _)):
            // One is signed and the other is at least as wide without a sign.
            let unsigned = isSigned ? otherBits : bits
            return unsigned < 64
                ? .integer(bits: unsigned * 2, isSigned: true) : .decimal(precision: 20, scale: 0)
        case (.decimal, .decimal), (.decimal, .integer), (.integer, .decimal):
            let scale = max(self.scale, other.scale)
            let precision = max(integerDigits, other.integerDigits) + scale
            return precision <= 38 ? .decimal(precision: precision, scale: scale) : nil
        case (.boolean, .integer): return other
        case (.integer, .boolean): return self
        case (.text, .other(let name)), (.other(let name), .text):
            // Bytes have no text of their own.
            return name == "BLOB" ? nil : .text
        case (.text, _), (_, .text): return .text
        default: return nil
        }
    }

    /// How many digits before the point its values have at most.
    private var integerDigits: Int {
        switch self {
        case .integer(8, _): 3
        case .integer(16, _): 5
        case .integer(32, _): 10
        case .integer(_, let isSigned): isSigned ? 19 : 20
        case .decimal(let precision, let scale): precision - scale
        default: 0
        }
    }

    private var scale: Int {
        if case .decimal(_, let scale) = self { scale } else { 0 }
    }
}
