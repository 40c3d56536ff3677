/// One value of DuckDB, of any type that has values of its own.
///
/// Equality is exact: `.int32(1)` is not `.int64(1)`, and 1.0 and 1.00 are different decimals. A NaN is equal
/// to no value.
package indirect enum Value: Sendable, Hashable {
    case null
    case boolean(Bool)
    case int8(Int8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case int128(Int128)
    case uint8(UInt8)
    case uint16(UInt16)
    case uint32(UInt32)
    case uint64(UInt64)
    case uint128(UInt128)
    case float(Float)
    case double(Double)
    /// `unscaled` × 10^−`scale`, of type DECIMAL(`width`, `scale`).
    case decimal(unscaled: Int128, width: Int, scale: Int)
    /// VARCHAR and JSON.
    case text(String)
    /// BLOB, and GEOMETRY as DuckDB stores it.
    case blob([UInt8])
    /// The bits from left to right; never empty.
    case bit([Bool])
    case uuid(UInt128)
    /// An integer without bounds: the absolute value's bytes, highest first.
    case bignum(isNegative: Bool, magnitude: [UInt8])
    /// Days since 1970-01-01; `Int32.max` is infinity, `-Int32.max` minus infinity.
    case date(days: Int32)
    /// Since midnight.
    case time(microseconds: Int64)
    /// Since midnight.
    case timeNS(nanoseconds: Int64)
    /// Local time since midnight, and how far that clock is ahead of UTC.
    case timeTZ(microseconds: Int64, offsetSeconds: Int32)
    /// Since 1970-01-01 00:00:00, as the following ones; `Int64.max` is infinity, `-Int64.max` minus
    /// infinity.
    case timestampS(seconds: Int64)
    case timestampMS(milliseconds: Int64)
    case timestamp(microseconds: Int64)
    case timestampNS(nanoseconds: Int64)
    /// An instant: since 1970-01-01 00:00:00 UTC.
    case timestampTZ(microseconds: Int64)
    /// An instant: since 1970-01-01 00:00:00 UTC. DuckDB 2.0 and newer.
    case timestampTZNS(nanoseconds: Int64)
    case interval(Interval)
    case enumeration(String)
    case list([Value])
    case array([Value])
    case structure([StructureField])
    case map([MapEntry])
    case union(tag: String, Value)

    /// A span of time whose three parts do not convert into each other.
    package struct Interval: Sendable, Hashable {
        package var months: Int32
        package var days: Int32
        package var microseconds: Int64

        package init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
            self.months = months
            self.days = days
            self.microseconds = microseconds
        }
    }

    package struct StructureField: Sendable, Hashable {
        package var name: String
        package var value: Value

        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    package struct MapEntry: Sendable, Hashable {
        package var key: Value
        package var value: Value

        package init(_ key: Value, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    package var isNull: Bool { self == .null }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral text: String) { self = .text(text) }
    package init(integerLiteral number: Int64) { self = .int64(number) }
    package init(booleanLiteral isTrue: Bool) { self = .boolean(isTrue) }
    package init(floatLiteral number: Double) { self = .double(number) }
    package init(nilLiteral: ()) { self = .null }
}

extension Value {
    /// The integer that this is, if it is one and fits.
    package var integer: Int64? {
        switch self {
        case .int8(let number): Int64(number)
        case .int16(let number): Int64(number)
        case .int32(let number): Int64(number)
        case .int64(let number): number
        case .int128(let number): Int64(exactly: number)
        case .uint8(let number): Int64(number)
        case .uint16(let number): Int64(number)
        case .uint32(let number): Int64(number)
        case .uint64(let number): Int64(exactly: number)
        case .uint128(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// The text of a VARCHAR, JSON or ENUM.
    package var text: String? {
        switch self {
        case .text(let text), .enumeration(let text): text
        default: nil
        }
    }

    package var boolean: Bool? {
        if case .boolean(let isTrue) = self { isTrue } else { nil }
    }

    /// The type that this value has by itself; a list takes it from its first element that is not NULL.
    package var type: LogicalType {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .int8: .tinyint
        case .int16: .smallint
        case .int32: .integer
        case .int64: .bigint
        case .int128: .hugeint
        case .uint8: .utinyint
        case .uint16: .usmallint
        case .uint32: .uinteger
        case .uint64: .ubigint
        case .uint128: .uhugeint
        case .float: .float
        case .double: .double
        case .decimal(_, let width, let scale): .decimal(width: width, scale: scale)
        case .text: .varchar
        case .blob: .blob
        case .bit: .bit
        case .uuid: .uuid
        case .bignum: .bignum
        case .date: .date
        case .time: .time
        case .timeNS: .timeNS
        case .timeTZ: .timeTZ
        case .timestampS: .timestampS
        case .timestampMS: .timestampMS
        case .timestamp: .timestamp
        case .timestampNS: .timestampNS
        case .timestampTZ: .timestampTZ
        case .timestampTZNS: .timestampTZNS
        case .interval: .interval
        case .enumeration: .varchar
        case .list(let elements): .list(Self.commonType(elements))
        case .array(let elements): .array(Self.commonType(elements), count: elements.count)
        case .structure(let fields): .structure(fields.map { .init($0.name, $0.value.type) })
        case .map(let entries):
            .map(key: Self.commonType(entries.map(\.key)), value: Self.commonType(entries.map(\.value)))
        case .union(let tag, let value): .union([.init(tag, value.type)])
        }
    }

    private static func commonType(_ values: [Value]) -> LogicalType {
        values.first { !$0.isNull }?.type ?? .null
    }
}
