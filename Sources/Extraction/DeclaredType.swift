/// A column's type as its source declares it: `decimal(18,4) unsigned`, `TINYINT(1)`, `varchar(40)`.
///
/// MySQL, MariaDB and SQLite schemas that were made from theirs share this notation, so that one mapping to
/// bronze types serves all of them.
package struct DeclaredType: Hashable, Sendable {
    /// In lower case, without arguments: `int`, `double precision`.
    package let name: String
    /// The numbers in parentheses.
    package let arguments: [Int]
    package let isUnsigned: Bool

    package init(_ text: String) {
        let lowercased = text.lowercased()
        let open = lowercased.firstIndex(of: "(")
        let close = lowercased.lastIndex(of: ")")
        var words = lowercased.prefix(upTo: open ?? lowercased.endIndex).split(separator: " ").map(
            String.init)
        if let open, let close, open < close {
            arguments = lowercased[lowercased.index(after: open)..<close].split(separator: ",")
                .compactMap { Int($0.filter { $0 != " " }) }
            words += lowercased[lowercased.index(after: close)...].split(separator: " ").map(String.init)
        } else {
            arguments = []
        }
        // A zerofilled number is unsigned even where the word is missing.
        isUnsigned = words.contains("unsigned") || words.contains("zerofill")
        name = words.filter { $0 != "unsigned" && $0 != "zerofill" && $0 != "signed" }.joined(separator: " ")
    }
}

/// How a column's values are held in bronze and how they get there from the source.
package enum BronzeType: Hashable, Sendable {
    case boolean
    case integer(bits: Int, isSigned: Bool)
    /// At most 38 digits; wider ones are kept as text, never as a double.
    case decimal(precision: Int, scale: Int)
    case float
    case double
    case date
    /// A local time of the source: `DATETIME`.
    case localTimestamp
    /// An instant: `TIMESTAMP`, which is read in UTC.
    case instant
    /// A `TIME`, which in MySQL is a span from -838:59:59 to 838:59:59: microseconds.
    case timeSpan
    case text
    case binary
    /// `BIT(n)`: the bits as a number.
    case bits

    /// The mapping of `docs/extraction.md`. An unknown type is kept as text: every source can print its
    /// values.
    package init(_ declared: DeclaredType) {
        let isSigned = !declared.isUnsigned
        switch declared.name {
        case "bool", "boolean": self = .integer(bits: 8, isSigned: true)
        case "tinyint", "int1": self = .integer(bits: 8, isSigned: isSigned)
        case "smallint", "int2": self = .integer(bits: 16, isSigned: isSigned)
        case "year": self = .integer(bits: 16, isSigned: true)
        case "mediumint", "int3", "int", "int4", "integer": self = .integer(bits: 32, isSigned: isSigned)
        case "bigint", "int8", "serial":
            self = .integer(bits: 64, isSigned: isSigned && declared.name != "serial")
        case "decimal", "numeric", "dec", "fixed":
            let precision = declared.arguments.first ?? 10
            let scale = declared.arguments.dropFirst().first ?? 0
            self =
                (1...38).contains(precision) && (0...precision).contains(scale)
                ? .decimal(precision: precision, scale: scale) : .text
        case "float", "float4": self = .float
        case "double", "double precision", "real", "float8": self = .double
        case "date": self = .date
        case "datetime": self = .localTimestamp
        case "timestamp": self = .instant
        case "time": self = .timeSpan
        case "bit": self = declared.arguments.first ?? 1 == 1 ? .boolean : .bits
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point",
            "linestring",
            "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
            "geomcollection":
            self = .binary
        default: self = .text
        }
    }

    /// The type in bronze, as DuckDB spells it.
    package var sqlName: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .integer(let bits, let isSigned):
            (isSigned ? "" : "U")
                + (bits == 8 ? "TINYINT" : bits == 16 ? "SMALLINT" : bits == 32 ? "INTEGER" : "BIGINT")
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .date: "DATE"
        case .localTimestamp: "TIMESTAMP"
        case .instant: "TIMESTAMP WITH TIME ZONE"
        case .timeSpan: "BIGINT"
        case .text: "VARCHAR"
        case .binary: "BLOB"
        case .bits: "UBIGINT"
        }
    }
}
