internal import CMariaDB

/// One column of a result, as the server describes it.
package struct MySQLColumn: Hashable, Sendable {
    /// The type on the wire. An ENUM or SET column travels as `.string` with the flag ``Flags/enumeration``
    /// or ``Flags/set``; every TEXT travels as `.blob` with a charset that is not binary.
    package enum WireType: Hashable, Sendable {
        case tiny, short, int24, long, longLong
        case decimal, float, double
        case bit, year, date, time, dateTime, timestamp
        case string, varString, blob, json, enumeration, set, geometry
        /// The type of a bare NULL.
        case null
        /// A type that this code does not know; its text is still readable.
        case unknown(UInt32)
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let notNull = Flags(rawValue: 1)
        package static let primaryKey = Flags(rawValue: 2)
        package static let uniqueKey = Flags(rawValue: 4)
        package static let blob = Flags(rawValue: 16)
        package static let unsigned = Flags(rawValue: 32)
        package static let zerofill = Flags(rawValue: 64)
        package static let binary = Flags(rawValue: 128)
        package static let enumeration = Flags(rawValue: 256)
        package static let autoIncrement = Flags(rawValue: 512)
        package static let set = Flags(rawValue: 2048)
    }

    /// The name in the result.
    package let name: String
    /// The column's own name; empty for an expression.
    package let originalName: String
    /// The table's own name; empty for an expression.
    package let originalTable: String
    package let type: WireType
    package let flags: Flags
    /// The display width, in bytes of the connection's character set.
    package let length: UInt64
    /// The digits after the point or of the second's fraction; 31 means "as many as needed" for a float.
    package let decimals: Int
    /// The collation's number: 63 means bytes that are not text.
    package let charsetNumber: UInt32
    /// What MariaDB adds for types without a wire type of their own: "uuid", "inet6", "point", or "json".
    package let extendedType: String?

    /// Whether the values are bytes and not text: BLOB, BINARY, VARBINARY, BIT, geometry.
    package var isBinary: Bool {
        switch type {
        case .bit, .geometry: true
        case .string, .varString, .blob: charsetNumber == Self.binaryCharset
        default: false
        }
    }

    package static let binaryCharset: UInt32 = 63
}

extension MySQLColumn {
    init(_ field: MYSQL_FIELD) {
        var field = field
        name = Self.text(field.name, field.name_length)
        originalName = Self.text(field.org_name, field.org_name_length)
        originalTable = Self.text(field.org_table, field.org_table_length)
        type = WireType(field.type)
        flags = Flags(rawValue: field.flags)
        length = UInt64(field.length)
        decimals = Int(field.decimals)
        charsetNumber = field.charsetnr
        extendedType =
            Self.attribute(MARIADB_FIELD_ATTR_DATA_TYPE_NAME, of: &field)
            ?? Self.attribute(MARIADB_FIELD_ATTR_FORMAT_NAME, of: &field)
    }

    private static func text(_ start: UnsafeMutablePointer<CChar>?, _ count: UInt32) -> String {
        guard let start else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    private static func attribute(
        _ attribute: mariadb_field_attr_t, of field: inout MYSQL_FIELD
    ) -> String? {
        var value = MARIADB_CONST_STRING()
        guard mariadb_field_attr(&value, &field, attribute) == 0, let start = value.str, value.length > 0
        else {
            return nil
        }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: value.length), as: UTF8.self)
    }
}

extension MySQLColumn.WireType {
    init(_ type: enum_field_types) {
        self =
            switch type {
            case MYSQL_TYPE_TINY: .tiny
            case MYSQL_TYPE_SHORT: .short
            case MYSQL_TYPE_INT24: .int24
            case MYSQL_TYPE_LONG: .long
            case MYSQL_TYPE_LONGLONG: .longLong
            case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: .decimal
            case MYSQL_TYPE_FLOAT: .float
            case MYSQL_TYPE_DOUBLE: .double
            case MYSQL_TYPE_BIT: .bit
            case MYSQL_TYPE_YEAR: .year
            case MYSQL_TYPE_DATE, MYSQL_TYPE_NEWDATE: .date
            case MYSQL_TYPE_TIME, MYSQL_TYPE_TIME2: .time
            case MYSQL_TYPE_DATETIME, MYSQL_TYPE_DATETIME2: .dateTime
            case MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_TIMESTAMP2: .timestamp
            case MYSQL_TYPE_STRING: .string
            case MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_VARCHAR: .varString
            case MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_BLOB: .blob
            case MYSQL_TYPE_JSON: .json
            case MYSQL_TYPE_ENUM: .enumeration
            case MYSQL_TYPE_SET: .set
            case MYSQL_TYPE_GEOMETRY: .geometry
            case MYSQL_TYPE_NULL: .null
            default: .unknown(type.rawValue)
            }
    }
}
