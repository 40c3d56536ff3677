internal import CDuckDB

extension Value {
    /// Reads a `duckdb_value` and destroys it.
    /// - Throws: ``DuckDBError`` for types that have no ``Value``.
    init(taking pointer: duckdb_value?) throws(DuckDBError) {
        self = try ValueHandle(pointer).lend { (pointer) throws(DuckDBError) in try Value(reading: pointer) }
    }

    private init(reading value: duckdb_value?) throws(DuckDBError) {
        guard let value, !duckdb_is_null_value(value) else {
            self = .null
            return
        }
        // The type belongs to the value and must not be destroyed.
        let type = LogicalType(borrowing: duckdb_get_value_type(value))
        switch type {
        case .boolean: self = .boolean(duckdb_get_bool(value))
        case .tinyint: self = .int8(duckdb_get_int8(value))
        case .smallint: self = .int16(duckdb_get_int16(value))
        case .integer: self = .int32(duckdb_get_int32(value))
        case .bigint: self = .int64(duckdb_get_int64(value))
        case .hugeint: self = .int128(duckdb_get_hugeint(value).number)
        case .utinyint: self = .uint8(duckdb_get_uint8(value))
        case .usmallint: self = .uint16(duckdb_get_uint16(value))
        case .uinteger: self = .uint32(duckdb_get_uint32(value))
        case .ubigint: self = .uint64(duckdb_get_uint64(value))
        case .uhugeint: self = .uint128(duckdb_get_uhugeint(value).number)
        case .float: self = .float(duckdb_get_float(value))
        case .double: self = .double(duckdb_get_double(value))
        case .decimal(let width, let scale):
            self = .decimal(unscaled: duckdb_get_decimal(value).value.number, width: width, scale: scale)
        case .varchar, .json: self = .text(Self.text(value))
        case .enumeration(let words): self = .enumeration(words[Int(duckdb_get_enum_value(value))])
        case .blob: self = .blob(Self.blob(value))
        case .uuid: self = .uuid(duckdb_get_uuid(value).number)
        case .date: self = .date(days: duckdb_get_date(value).days)
        case .time: self = .time(microseconds: duckdb_get_time(value).micros)
        case .timeNS: self = .timeNS(nanoseconds: duckdb_get_time_ns(value).nanos)
        case .timeTZ: self = Packing.timeTZ(duckdb_get_time_tz(value).bits)
        case .timestampS: self = .timestampS(seconds: duckdb_get_timestamp_s(value).seconds)
        case .timestampMS: self = .timestampMS(milliseconds: duckdb_get_timestamp_ms(value).millis)
        case .timestamp: self = .timestamp(microseconds: duckdb_get_timestamp(value).micros)
        case .timestampNS: self = .timestampNS(nanoseconds: duckdb_get_timestamp_ns(value).nanos)
        case .timestampTZ: self = .timestampTZ(microseconds: duckdb_get_timestamp_tz(value).micros)
        case .interval:
            let span = duckdb_get_interval(value)
            self = .interval(Interval(months: span.months, days: span.days, microseconds: span.micros))
        default: self = try Self.nested(value, type)
        }
    }

    private static func nested(_ value: duckdb_value, _ type: LogicalType) throws(DuckDBError) -> Value {
        switch type {
        case .list, .array:
            var elements: [Value] = []
            for index in 0..<duckdb_get_list_size(value) {
                elements.append(try Value(taking: duckdb_get_list_child(value, index)))
            }
            return .list(elements)
        case .structure(let fields):
            var values: [StructureField] = []
            for (index, field) in fields.enumerated() {
                values.append(
                    .init(field.name, try Value(taking: duckdb_get_struct_child(value, idx_t(index)))))
            }
            return .structure(values)
        case .map:
            var entries: [MapEntry] = []
            for index in 0..<duckdb_get_map_size(value) {
                let key = try Value(taking: duckdb_get_map_key(value, index))
                entries.append(.init(key, try Value(taking: duckdb_get_map_value(value, index))))
            }
            return .map(entries)
        default:
            throw DuckDBError(.notImplemented, "An argument of type \(type) cannot be read.")
        }
    }

    private static func text(_ value: duckdb_value) -> String {
        takenString(duckdb_get_varchar(value)) ?? ""
    }

    private static func blob(_ value: duckdb_value) -> [UInt8] {
        let blob = duckdb_get_blob(value)
        defer { duckdb_free(blob.data) }
        return [UInt8](UnsafeRawBufferPointer(start: blob.data, count: Int(blob.size)))
    }
}
