/// A type of DuckDB: what a column, a parameter or a field of another type holds.
package indirect enum LogicalType: Sendable, Hashable {
    case boolean
    case tinyint, smallint, integer, bigint, hugeint
    case utinyint, usmallint, uinteger, ubigint, uhugeint
    case float, double
    /// `width` digits in all (1…38), `scale` of them after the point.
    case decimal(width: Int, scale: Int)
    case varchar
    /// Text that is a JSON document; stored as VARCHAR.
    case json
    case blob, bit, uuid
    /// An integer without bounds.
    case bignum
    case date, time, timeNS, timeTZ
    case timestampS, timestampMS, timestamp, timestampNS, timestampTZ, timestampTZNS
    case interval
    case enumeration([String])
    case list(LogicalType)
    case array(LogicalType, count: Int)
    case structure([Field])
    case map(key: LogicalType, value: LogicalType)
    case union([Field])
    /// The type of a bare NULL.
    case null
    /// Only as the parameter of a function: takes every type.
    case any
    case geometry
    case variant
    /// A `duckdb_type` that this page does not know.
    case other(UInt32)

    /// A named part of a structure or a union.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var type: LogicalType

        package init(_ name: String, _ type: LogicalType) {
            self.name = name
            self.type = type
        }
    }
}

extension LogicalType: CustomStringConvertible {
    /// The type in SQL, as DuckDB itself writes it.
    package var description: String {
        switch self {
        case .decimal(let width, let scale): "DECIMAL(\(width),\(scale))"
        case .enumeration(let words): "ENUM(\(words.map { Self.quoted($0, "'") }.joined(separator: ", ")))"
        case .list(let element): "\(element)[]"
        case .array(let element, let count): "\(element)[\(count)]"
        case .structure(let fields): "STRUCT(\(Self.list(fields)))"
        case .map(let key, let value): "MAP(\(key), \(value))"
        case .union(let members): "UNION(\(Self.list(members)))"
        case .other(let number): "UNKNOWN(\(number))"
        default: simpleName ?? "UNKNOWN"
        }
    }

    private var simpleName: String? {
        switch self {
        case .boolean: "BOOLEAN"
        case .tinyint: "TINYINT"
        case .smallint: "SMALLINT"
        case .integer: "INTEGER"
        case .bigint: "BIGINT"
        case .hugeint: "HUGEINT"
        case .utinyint: "UTINYINT"
        case .usmallint: "USMALLINT"
        case .uinteger: "UINTEGER"
        case .ubigint: "UBIGINT"
        case .uhugeint: "UHUGEINT"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .varchar: "VARCHAR"
        case .json: "JSON"
        case .blob: "BLOB"
        case .bit: "BIT"
        case .uuid: "UUID"
        case .bignum: "BIGNUM"
        case .date: "DATE"
        case .time: "TIME"
        case .timeNS: "TIME_NS"
        case .timeTZ: "TIME WITH TIME ZONE"
        case .timestampS: "TIMESTAMP_S"
        case .timestampMS: "TIMESTAMP_MS"
        case .timestamp: "TIMESTAMP"
        case .timestampNS: "TIMESTAMP_NS"
        case .timestampTZ: "TIMESTAMP WITH TIME ZONE"
        case .timestampTZNS: "TIMESTAMPTZ_NS"
        case .interval: "INTERVAL"
        case .null: "\"NULL\""
        case .any: "ANY"
        case .geometry: "GEOMETRY"
        case .variant: "VARIANT"
        default: nil
        }
    }

    private static func list(_ fields: [Field]) -> String {
        fields.map { "\(identifier($0.name)) \($0.type)" }.joined(separator: ", ")
    }

    private static func identifier(_ name: String) -> String {
        let isPlain =
            !name.isEmpty
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
            } && !(0x30...0x39).contains(name.utf8.first ?? 0)
        return isPlain ? name : quoted(name, "\"")
    }

    private static func quoted(_ text: String, _ mark: Character) -> String {
        var result = String(mark)
        for character in text {
            if character == mark { result.append(mark) }
            result.append(character)
        }
        result.append(mark)
        return result
    }
}

/// How DuckDB lays out the values of a type in memory; several types share one layout.
public enum Layout: UInt8, Sendable {
    case bool, int8, int16, int32, int64, int128
    case uint8, uint16, uint32, uint64, uint128
    case float, double, interval
    case bytes
    case list, array, structure
    case none
}

extension LogicalType {
    /// The layout of one value in a vector of this type.
    package var layout: Layout {
        switch self {
        case .boolean: .bool
        case .tinyint: .int8
        case .smallint: .int16
        case .integer, .date: .int32
        case .bigint, .time, .timeNS, .timestampS, .timestampMS, .timestamp, .timestampNS, .timestampTZ,
            .timestampTZNS:
            .int64
        case .hugeint, .uuid: .int128
        case .utinyint: .uint8
        case .usmallint: .uint16
        case .uinteger: .uint32
        case .ubigint, .timeTZ: .uint64
        case .uhugeint: .uint128
        case .float: .float
        case .double: .double
        case .decimal(let width, _):
            width <= 4 ? .int16 : width <= 9 ? .int32 : width <= 18 ? .int64 : .int128
        case .varchar, .json, .blob, .bit, .bignum, .geometry: .bytes
        case .interval: .interval
        case .enumeration(let words): words.count <= 255 ? .uint8 : words.count <= 65535 ? .uint16 : .uint32
        case .list, .map: .list
        case .array: .array
        case .structure, .union: .structure
        case .null, .any, .variant, .other: .none
        }
    }

    /// Whether every value of the type has a ``Value``. VARIANT and types newer than this page have none; a
    /// query that returns one is refused before it runs.
    package var isReadable: Bool {
        switch self {
        case .variant, .any, .other: false
        case .list(let element), .array(let element, _): element.isReadable
        case .map(let key, let value): key.isReadable && value.isReadable
        case .structure(let fields), .union(let fields): fields.allSatisfy(\.type.isReadable)
        default: true
        }
    }
}
