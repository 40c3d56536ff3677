package import DuckDB
internal import LakeModel

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
    case uuid
    case binary
    /// `BIT(n)`: the bits as a number.
    case bits
    /// A type of DuckDB that a source which is read by DuckDB has itself: UUID, a list, a structure.
    case exact(LogicalType)

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
        case "uuid": self = .uuid
        case "bit": self = declared.arguments.first ?? 1 == 1 ? .boolean : .bits
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point",
            "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
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
        case .uuid: "UUID"
        case .binary: "BLOB"
        case .bits: "UBIGINT"
        case .exact(let type): type.description
        }
    }
}

extension BronzeType {
    /// Whether a source can hold a value of the column that this type cannot.
    var canLose: Bool {
        switch self {
        case .text, .binary, .exact: false
        case .boolean, .integer, .decimal, .float, .double, .date, .localTimestamp, .instant, .timeSpan,
            .uuid, .bits:
            true
        }
    }

    /// What the column counts as a cursor; `nil` if it cannot be one.
    var cursorKind: CursorBounds.Kind? {
        switch self {
        case .instant: .instant
        case .localTimestamp: .localTime
        case .date: .date
        case .integer: .number
        default: nil
        }
    }

    var logicalType: LogicalType {
        switch self {
        case .boolean: .boolean
        case .integer(8, true): .tinyint
        case .integer(8, false): .utinyint
        case .integer(16, true): .smallint
        case .integer(16, false): .usmallint
        case .integer(32, true): .integer
        case .integer(32, false): .uinteger
        case .integer(_, true), .timeSpan: .bigint
        case .integer(_, false), .bits: .ubigint
        case .decimal(let precision, let scale): .decimal(width: precision, scale: scale)
        case .float: .float
        case .double: .double
        case .date: .date
        case .localTimestamp: .timestamp
        case .instant: .timestampTZ
        case .text: .varchar
        case .uuid: .uuid
        case .binary: .blob
        case .exact(let type): type
        }
    }
}
