internal import DuckDB
internal import LakeModel
internal import Postgres

/// Writes the values of one column of PostgreSQL into a DuckDB vector.
///
/// A value that its type in bronze cannot hold becomes NULL and is answered with the reason; what becomes of
/// it is its producer's.
struct PostgresSink {
    let column: SourceColumn
    private let type: PostgresType
    private let bronze: BronzeType
    private let decimal: (precision: Int, scale: Int)
    /// Printed values, so that a row needs no allocation.
    private var text: [UInt8] = []
    /// Of a cursor the last value, in microseconds or as the number that it is; nil if it had none.
    private(set) var cursor: Int64?

    init(_ column: SourceColumn, _ arrival: PostgresArrival) {
        self.column = column
        (type, bronze) = (arrival.type, arrival.bronze)
        decimal = if case .decimal(let precision, let scale) = bronze { (precision, scale) } else { (38, 0) }
    }

    /// - Returns: Why the value is not in bronze as it was; nil if it is.
    @inline(__always)
    mutating func write(
        _ field: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch type {
        case .int4:
            guard let value = PostgresBinary.int32(field) else { return refuse(.wrongType, &vector, row) }
            return write(integer: Int64(value), narrow: value, to: &vector, row: row)
        case .int8:
            guard let value = PostgresBinary.int64(field) else { return refuse(.wrongType, &vector, row) }
            return write(integer: value, narrow: value, to: &vector, row: row)
        case .text, .json: return write(utf8: field, to: &vector, row: row)
        case .timestamptz, .timestamp:
            switch PostgresBinary.timestamp(field) {
            case .value(let microseconds):
                cursor = microseconds
                vector.set(microseconds, row: row)
                return nil
            case let other: return refuse(other.reason, &vector, row)
            }
        case .numeric(let form): return write(numeric: field, form, to: &vector, row: row)
        case .float8:
            guard let value = PostgresBinary.double(field) else { return refuse(.wrongType, &vector, row) }
            vector.set(value, row: row)
        case .int2:
            guard let value = PostgresBinary.int16(field) else { return refuse(.wrongType, &vector, row) }
            return write(integer: Int64(value), narrow: value, to: &vector, row: row)
        case .date:
            switch PostgresBinary.date(field) {
            case .value(let days):
                cursor = Int64(days) * .dayMicroseconds
                vector.set(days, row: row)
                return nil
            case let other: return refuse(other.reason, &vector, row)
            }
        case .bool:
            guard let value = PostgresBinary.bool(field) else { return refuse(.wrongType, &vector, row) }
            vector.set(value, row: row)
        case .bytea: vector.setBytes(field, row: row)
        case .float4, .uint32, .time, .timetz, .interval, .uuid, .bits, .jsonb:
            return writeRare(field, to: &vector, row: row)
        }
        return nil
    }

    private mutating func writeRare(
        _ field: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch type {
        case .float4:
            guard let value = PostgresBinary.float(field) else { break }
            vector.set(value, row: row)
            return nil
        case .uint32:
            guard let value = PostgresBinary.uint32(field) else { break }
            cursor = Int64(value)
            vector.set(value, row: row)
            return nil
        case .time:
            guard let value = PostgresBinary.time(field) else { break }
            vector.set(value, row: row)
            return nil
        case .jsonb:
            guard let json = PostgresBinary.jsonb(field) else { break }
            return write(utf8: json, to: &vector, row: row)
        case .uuid:
            let isUUID: Void? = PostgresBinary.withUUIDText(field) { vector.setBytes($0, row: row) }
            if isUUID != nil { return nil }
        default:
            guard spell(field) else { break }
            text.withUnsafeBytes { vector.setBytes($0, row: row) }
            return nil
        }
        return refuse(.wrongType, &vector, row)
    }

    @inline(__always)
    private mutating func write<Value: ColumnElement>(
        integer: Int64, narrow: Value, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        guard bronze != .boolean else {
            guard integer == 0 || integer == 1 else { return refuse(.outOfRange, &vector, row) }
            vector.set(integer == 1, row: row)
            return nil
        }
        cursor = integer
        vector.set(narrow, row: row)
        return nil
    }

    @inline(__always)
    private mutating func write(
        numeric field: UnsafeRawBufferPointer, _ form: PostgresNumericForm?, to vector: inout ColumnWriter,
        row: Int
    ) -> Conversion.Reason? {
        guard case .decimal = bronze else {
            guard PostgresBinary.numeric(field, into: &text) else { return refuse(.wrongType, &vector, row) }
            text.withUnsafeBytes { vector.setBytes($0, row: row) }
            return nil
        }
        switch PostgresBinary.numeric(field, precision: decimal.precision, scale: decimal.scale) {
        case .value(let units):
            // DuckDB holds a decimal in the narrowest integer that its precision fits into.
            switch decimal.precision {
            case ...4: vector.set(Int16(truncatingIfNeeded: units), row: row)
            case ...9: vector.set(Int32(truncatingIfNeeded: units), row: row)
            case ...18: vector.set(Int64(truncatingIfNeeded: units), row: row)
            default: vector.set(units, row: row)
            }
            return nil
        case .nan, .infinity, .negativeInfinity: return refuse(.notFinite, &vector, row)
        case .outOfRange: return refuse(.outOfRange, &vector, row)
        case .malformed: return refuse(.wrongType, &vector, row)
        }
    }

    @inline(__always)
    private mutating func write(
        utf8 field: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch bronze {
        case .binary: vector.setBytes(field, row: row)
        case .text where isValidUTF8(field): vector.setBytes(field, row: row)
        case .boolean: return write(truth: field, to: &vector, row: row)
        default:
            // A database that never checked its text (SQL_ASCII) may hold anything.
            var repaired = String(decoding: field, as: UTF8.self)
            repaired.withUTF8 { vector.setBytes(UnsafeRawBufferPointer($0), row: row) }
            return .invalidText
        }
        return nil
    }

    /// A column that was declared to be BOOLEAN and comes as text.
    private mutating func write(
        truth field: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch String(decoding: field, as: UTF8.self) {
        case "t", "true", "1": vector.set(true, row: row)
        case "f", "false", "0": vector.set(false, row: row)
        default: return refuse(.wrongType, &vector, row)
        }
        return nil
    }

    /// A row has no value in this column.
    @inline(__always)
    mutating func writeNull(to vector: inout ColumnWriter, row: Int) {
        cursor = nil
        vector.setNull(row: row)
    }

    @inline(__always)
    private mutating func refuse(
        _ reason: Conversion.Reason, _ vector: inout ColumnWriter, _ row: Int
    ) -> Conversion.Reason {
        writeNull(to: &vector, row: row)
        return reason
    }

    /// The value as PostgreSQL would print it, for people and for a column of text beside this one.
    mutating func printed(_ field: UnsafeRawBufferPointer) -> String {
        guard spell(field) else {
            return "\\x" + field.prefix(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: Whether `text` now is the value.
    private mutating func spell(_ field: UnsafeRawBufferPointer) -> Bool {
        switch type {
        case .numeric: return PostgresBinary.numeric(field, into: &text)
        case .interval: return PostgresBinary.interval(field, into: &text)
        case .timetz: return PostgresBinary.zonedTime(field, into: &text)
        case .bits: return PostgresBinary.bits(field, into: &text)
        case .text, .json: text = Array(field)
        case .jsonb: text = PostgresBinary.jsonb(field).map(Array.init) ?? []
        case .bool: text = Array(PostgresBinary.bool(field) == true ? "true".utf8 : "false".utf8)
        case .int2: text = Array("\(PostgresBinary.int16(field) ?? 0)".utf8)
        case .int4: text = Array("\(PostgresBinary.int32(field) ?? 0)".utf8)
        case .int8: text = Array("\(PostgresBinary.int64(field) ?? 0)".utf8)
        case .uint32: text = Array("\(PostgresBinary.uint32(field) ?? 0)".utf8)
        case .float4: text = Array("\(PostgresBinary.float(field) ?? 0)".utf8)
        case .float8: text = Array("\(PostgresBinary.double(field) ?? 0)".utf8)
        case .date, .timestamp, .timestamptz: return printTemporal(field)
        case .uuid: return PostgresBinary.withUUIDText(field) { text = Array($0) } != nil
        case .time, .bytea: return false
        }
        return true
    }

    private mutating func printTemporal(_ field: UnsafeRawBufferPointer) -> Bool {
        let microseconds: PostgresTemporal<Int64> =
            if case .date = type {
                switch PostgresBinary.date(field) {
                case .value(let days): .value(Int64(days) * .dayMicroseconds)
                case .infinity: .infinity
                case .negativeInfinity: .negativeInfinity
                case .outOfRange: .outOfRange
                case .malformed: .malformed
                }
            } else { PostgresBinary.timestamp(field) }
        switch microseconds {
        case .infinity: text = Array("infinity".utf8)
        case .negativeInfinity: text = Array("-infinity".utf8)
        case .value(let value):
            let printed = Timestamp(microseconds: value).description
            text = Array(type == .date ? printed.prefix(10).utf8 : printed[...].utf8)
        case .outOfRange:
            // Beyond what counts from 1970 can say: the server's own count, which begins in 2000.
            text = Array("\(PostgresBinary.int64(field) ?? 0) microseconds after 2000-01-01".utf8)
        case .malformed: return false
        }
        return true
    }
}

extension PostgresTemporal {
    /// Why such a value is not in bronze.
    fileprivate var reason: Conversion.Reason {
        switch self {
        case .infinity, .negativeInfinity: .notFinite
        case .outOfRange: .outOfRange
        case .value, .malformed: .wrongType
        }
    }
}
