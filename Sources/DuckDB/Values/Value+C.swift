internal import CDuckDB

/// Owns a `duckdb_value`.
struct ValueHandle: ~Copyable {
    private let pointer: duckdb_value?

    init(_ pointer: duckdb_value?) { self.pointer = pointer }

    /// Lends the pointer; the handle outlives the call.
    borrowing func lend<R, E: Error>(_ body: (duckdb_value?) throws(E) -> R) throws(E) -> R {
        try body(pointer)
    }

    deinit {
        var pointer = pointer
        duckdb_destroy_value(&pointer)
    }

    consuming func released() -> duckdb_value? {
        let pointer = pointer
        discard self
        return pointer
    }

    /// A DuckDB value. Nested ones take their types from `type`, or else from their own elements.
    init(_ value: Value, as type: LogicalType? = nil) throws(DuckDBError) {
        let pointer = try Self.make(value, as: type)
        guard let pointer else {
            throw DuckDBError(.conversion, "DuckDB cannot make a value of type \(type ?? value.type).")
        }
        self.init(pointer)
    }

    private static func make(_ value: Value, as type: LogicalType?) throws(DuckDBError) -> duckdb_value? {
        switch value {
        case .null: duckdb_create_null_value()
        case .boolean(let isTrue): duckdb_create_bool(isTrue)
        case .int8(let number): duckdb_create_int8(number)
        case .int16(let number): duckdb_create_int16(number)
        case .int32(let number): duckdb_create_int32(number)
        case .int64(let number): duckdb_create_int64(number)
        case .int128(let number): duckdb_create_hugeint(duckdb_hugeint(number))
        case .uint8(let number): duckdb_create_uint8(number)
        case .uint16(let number): duckdb_create_uint16(number)
        case .uint32(let number): duckdb_create_uint32(number)
        case .uint64(let number): duckdb_create_uint64(number)
        case .uint128(let number): duckdb_create_uhugeint(duckdb_uhugeint(number))
        case .float(let number): duckdb_create_float(number)
        case .double(let number): duckdb_create_double(number)
        case .decimal(let unscaled, let width, let scale):
            duckdb_create_decimal(
                duckdb_decimal(
                    width: UInt8(clamping: width), scale: UInt8(clamping: scale),
                    value: duckdb_hugeint(unscaled)))
        case .text(let text): makeText(text)
        case .blob(let bytes):
            bytes.withUnsafeBufferPointer { duckdb_create_blob($0.baseAddress, idx_t($0.count)) }
        case .bit(let bits): makeBit(bits)
        case .uuid(let uuid): duckdb_create_uuid(duckdb_uhugeint(uuid))
        case .bignum(let isNegative, let magnitude): makeBignum(magnitude, isNegative: isNegative)
        case .date, .time, .timeNS, .timeTZ, .timestampS, .timestampMS, .timestamp, .timestampNS,
            .timestampTZ,
            .timestampTZNS, .interval:
            makeTemporal(value)
        case .enumeration(let word): try makeWord(word, as: type)
        case .list, .array, .structure, .map, .union: try makeNested(value, as: type ?? value.type)
        }
    }

    private static func makeText(_ text: String) -> duckdb_value? {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                duckdb_create_varchar_length($0.baseAddress, idx_t($0.count))
            }
        }
    }

    private static func makeBit(_ bits: [Bool]) -> duckdb_value? {
        var bytes = Packing.bytes(bit: bits)
        return bytes.withUnsafeMutableBufferPointer {
            duckdb_create_bit(duckdb_bit(data: $0.baseAddress, size: idx_t($0.count)))
        }
    }

    private static func makeBignum(_ magnitude: [UInt8], isNegative: Bool) -> duckdb_value? {
        var bytes = magnitude.isEmpty ? [0] : magnitude
        return bytes.withUnsafeMutableBufferPointer {
            duckdb_create_bignum(
                duckdb_bignum(data: $0.baseAddress, size: idx_t($0.count), is_negative: isNegative))
        }
    }

    private static func makeTemporal(_ value: Value) -> duckdb_value? {
        switch value {
        case .date(let days): duckdb_create_date(duckdb_date(days: days))
        case .time(let microseconds): duckdb_create_time(duckdb_time(micros: microseconds))
        case .timeNS(let nanoseconds): duckdb_create_time_ns(duckdb_time_ns(nanos: nanoseconds))
        case .timeTZ(let microseconds, let offset):
            duckdb_create_time_tz_value(
                duckdb_time_tz(bits: Packing.bits(microseconds: microseconds, offsetSeconds: offset)))
        case .timestampS(let seconds): duckdb_create_timestamp_s(duckdb_timestamp_s(seconds: seconds))
        case .timestampMS(let milliseconds):
            duckdb_create_timestamp_ms(duckdb_timestamp_ms(millis: milliseconds))
        case .timestamp(let microseconds): duckdb_create_timestamp(duckdb_timestamp(micros: microseconds))
        case .timestampNS(let nanoseconds):
            duckdb_create_timestamp_ns(duckdb_timestamp_ns(nanos: nanoseconds))
        case .timestampTZ(let microseconds):
            duckdb_create_timestamp_tz(duckdb_timestamp(micros: microseconds))
        case .interval(let span):
            duckdb_create_interval(
                duckdb_interval(months: span.months, days: span.days, micros: span.microseconds))
        // Version 1.5 has no call that makes one; DuckDB reads the text back to the same instant.
        default: makeText(value.description)
        }
    }

    private static func makeWord(_ word: String, as type: LogicalType?) throws(DuckDBError) -> duckdb_value? {
        guard case .enumeration(let words) = type else { return makeText(word) }
        guard let index = words.firstIndex(of: word) else {
            throw DuckDBError(.conversion, "'\(word)' is not a member of the ENUM.")
        }
        return LogicalType.enumeration(words).makeHandle().lend {
            duckdb_create_enum_value($0, UInt64(index))
        }
    }

    private static func makeNested(_ value: Value, as type: LogicalType) throws(DuckDBError) -> duckdb_value?
    {
        switch (value, type) {
        case (.list(let elements), .list(let element)), (.array(let elements), .list(let element)):
            let values = try ValueHandles(elements, as: elements.map { _ in element })
            return element.makeHandle().lend { type in
                values.lend { duckdb_create_list_value(type, $0, idx_t(elements.count)) }
            }
        case (.array(let elements), .array(let element, let count)),
            (.list(let elements), .array(let element, let count)):
            guard elements.count == count else {
                throw DuckDBError(.conversion, "\(type) needs \(count) elements, but \(elements.count) came.")
            }
            let values = try ValueHandles(elements, as: elements.map { _ in element })
            return element.makeHandle().lend { type in
                values.lend { duckdb_create_array_value(type, $0, idx_t(elements.count)) }
            }
        case (.structure(let fields), .structure(let types)):
            guard fields.count == types.count else {
                throw DuckDBError(.conversion, "\(type) has \(types.count) fields, but \(fields.count) came.")
            }
            let values = try ValueHandles(fields.map(\.value), as: types.map(\.type))
            return type.makeHandle().lend { type in values.lend { duckdb_create_struct_value(type, $0) } }
        case (.map(let entries), .map(let key, let value)):
            let keys = try ValueHandles(entries.map(\.key), as: entries.map { _ in key })
            let values = try ValueHandles(entries.map(\.value), as: entries.map { _ in value })
            return type.makeHandle().lend { type in
                keys.lend { keys in
                    values.lend { duckdb_create_map_value(type, keys, $0, idx_t(entries.count)) }
                }
            }
        case (.union(let tag, let value), .union(let members)):
            guard let index = members.firstIndex(where: { $0.name == tag }) else {
                throw DuckDBError(.conversion, "\(type) has no member '\(tag)'.")
            }
            let member = try ValueHandle(value, as: members[index].type)
            return type.makeHandle().lend { type in
                member.lend { duckdb_create_union_value(type, idx_t(index), $0) }
            }
        default:
            throw DuckDBError(.conversion, "A value of type \(value.type) is not \(type).")
        }
    }
}

/// Owns several `duckdb_value`s, as the calls that make nested ones want them.
private final class ValueHandles {
    private var pointers: [duckdb_value?] = []

    init(_ values: [Value], as types: [LogicalType]) throws(DuckDBError) {
        pointers.reserveCapacity(values.count)
        for (value, type) in zip(values, types) {
            pointers.append(try ValueHandle(value, as: type).released())
        }
    }

    deinit { for index in pointers.indices { duckdb_destroy_value(&pointers[index]) } }

    func lend<R>(_ body: (UnsafeMutablePointer<duckdb_value?>?) -> R) -> R {
        pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }
}

extension duckdb_hugeint {
    init(_ number: Int128) {
        self.init(lower: UInt64(truncatingIfNeeded: number), upper: Int64(truncatingIfNeeded: number >> 64))
    }

    var number: Int128 { Int128(upper) << 64 | Int128(lower) }
}

extension duckdb_uhugeint {
    init(_ number: UInt128) {
        self.init(lower: UInt64(truncatingIfNeeded: number), upper: UInt64(truncatingIfNeeded: number >> 64))
    }

    var number: UInt128 { UInt128(upper) << 64 | UInt128(lower) }
}

extension LogicalType {
    /// Whether a value needs the type from outside, because its own elements do not tell it.
    var isNested: Bool {
        switch self {
        case .list, .array, .structure, .map, .union, .enumeration: true
        default: false
        }
    }
}
