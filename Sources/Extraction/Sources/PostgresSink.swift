internal import DuckDB
internal import LakeModel
internal import Postgres

/// Writes the values of one column of PostgreSQL into a DuckDB vector.
///
/// A value that its type in bronze cannot hold is not written but answered with the reason: ``RowSink``
/// knows what becomes of it.
struct PostgresSink: ValueSink {
    var track: CursorTrack
    private let type: PostgresType
    private let bronze: BronzeType
    private let decimal: (precision: Int, scale: Int)
    /// Printed values, so that a row needs no allocation.
    private var text: [UInt8] = []

    init(_ arrival: PostgresArrival, _ track: CursorTrack) {
        self.track = track
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
            guard let value = PostgresBinary.int32(field) else { return .wrongType }
            return write(integer: Int64(value), narrow: value, to: &vector, row: row)
        case .int8:
            guard let value = PostgresBinary.int64(field) else { return .wrongType }
            return write(integer: value, narrow: value, to: &vector, row: row)
        case .text, .json: return write(utf8: field, to: &vector, row: row)
        case .timestamptz, .timestamp:
            switch PostgresBinary.timestamp(field) {
            case .value(let microseconds):
                vector.set(microseconds, row: row)
                return track.isCursor ? track.follow(microseconds) : nil
            case let other: return other.reason
            }
        case .numeric(let form): return write(numeric: field, form, to: &vector, row: row)
        case .float8:
            guard let value = PostgresBinary.double(field) else { return .wrongType }
            vector.set(value, row: row)
        case .int2:
            guard let value = PostgresBinary.int16(field) else { return .wrongType }
            return write(integer: Int64(value), narrow: value, to: &vector, row: row)
        case .date:
            switch PostgresBinary.date(field) {
            case .value(let days):
                vector.set(days, row: row)
                return track.isCursor ? track.follow(Int64(days) * .dayMicroseconds) : nil
            case let other: return other.reason
            }
        case .bool:
            guard let value = PostgresBinary.bool(field) else { return .wrongType }
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
            vector.set(value, row: row)
            return track.isCursor ? track.follow(Int64(value)) : nil
        case .time:
            guard let value = PostgresBinary.time(field) else { break }
            vector.set(value, row: row)
            return nil
        case .jsonb:
            guard let json = PostgresBinary.jsonb(field) else { break }
            return write(utf8: json, to: &vector, row: row)
        case .uuid:
            guard let uuid = PostgresBinary.uuid(field) else { break }
            vector.set(uuid: uuid, row: row)
            return nil
        default:
            guard spell(field) else { break }
            text.withUnsafeBytes { vector.setBytes($0, row: row) }
            return nil
        }
        return .wrongType
    }

    @inline(__always)
    private mutating func write<Value: ColumnElement>(
        integer: Int64, narrow: Value, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        guard bronze != .boolean else {
            guard integer == 0 || integer == 1 else { return .outOfRange }
            vector.set(integer == 1, row: row)
            return nil
        }
        vector.set(narrow, row: row)
        return track.isCursor ? track.follow(integer) : nil
    }

    @inline(__always)
    private mutating func write(
        numeric field: UnsafeRawBufferPointer, _ form: PostgresNumericForm?, to vector: inout ColumnWriter,
        row: Int
    ) -> Conversion.Reason? {
        guard case .decimal = bronze else {
            guard PostgresBinary.numeric(field, into: &text) else { return .wrongType }
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
        case .nan, .infinity, .negativeInfinity: return .notFinite
        case .outOfRange: return .outOfRange
        case .malformed: return .wrongType
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
        default: return .wrongType
        }
        return nil
    }

    /// The value as PostgreSQL would print it, for people and for a column of text beside this one.
    mutating func printed(_ field: UnsafeRawBufferPointer) -> SourceValue {
        switch type {
        case .text, .json: .bytes(field)
        default: spell(field) ? .string(String(decoding: text, as: UTF8.self)) : .bytes(field)
        }
    }

    /// - Returns: Whether `text` now is the value.
    private mutating func spell(_ field: UnsafeRawBufferPointer) -> Bool {
        switch type {
        case .numeric: return PostgresBinary.numeric(field, into: &text)
        case .interval: return PostgresBinary.interval(field, into: &text)
        case .timetz: return PostgresBinary.zonedTime(field, into: &text)
        case .bits: return PostgresBinary.bits(field, into: &text)
        case .jsonb: text = PostgresBinary.jsonb(field).map(Array.init) ?? []
        case .bool: text = Array(PostgresBinary.bool(field) == true ? "true".utf8 : "false".utf8)
        case .int2: text = Array("\(PostgresBinary.int16(field) ?? 0)".utf8)
        case .int4: text = Array("\(PostgresBinary.int32(field) ?? 0)".utf8)
        case .int8: text = Array("\(PostgresBinary.int64(field) ?? 0)".utf8)
        case .uint32: text = Array("\(PostgresBinary.uint32(field) ?? 0)".utf8)
        case .float4: text = Array("\(PostgresBinary.float(field) ?? 0)".utf8)
        case .float8: text = Array("\(PostgresBinary.double(field) ?? 0)".utf8)
        case .date, .timestamp, .timestamptz: return printTemporal(field)
        case .uuid: return PostgresBinary.uuid(field, into: &text)
        case .time, .bytea, .text, .json: return false
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
