internal import CDuckDB

/// Owns a `duckdb_logical_type`.
struct LogicalTypeHandle: ~Copyable {
    fileprivate let pointer: duckdb_logical_type?

    init(_ pointer: duckdb_logical_type?) { self.pointer = pointer }

    deinit {
        var pointer = pointer
        duckdb_destroy_logical_type(&pointer)
    }

    var isEmpty: Bool { pointer == nil }

    /// Lends the pointer; the handle outlives the call.
    borrowing func lend<R, E: Error>(_ body: (duckdb_logical_type?) throws(E) -> R) throws(E) -> R {
        try body(pointer)
    }
}

extension LogicalType {
    /// Reads a type that DuckDB describes. The handle is left as it was.
    init(_ handle: borrowing LogicalTypeHandle) {
        self = handle.lend { LogicalType(reading: $0) }
    }

    /// Reads a type that something else owns.
    init(borrowing type: duckdb_logical_type?) { self.init(reading: type) }

    private init(reading type: duckdb_logical_type?) {
        let id = duckdb_get_type_id(type)
        switch id {
        case DUCKDB_TYPE_DECIMAL:
            self = .decimal(width: Int(duckdb_decimal_width(type)), scale: Int(duckdb_decimal_scale(type)))
        case DUCKDB_TYPE_VARCHAR:
            self = takenString(duckdb_logical_type_get_alias(type)) == "JSON" ? .json : .varchar
        case DUCKDB_TYPE_ENUM:
            let count = idx_t(duckdb_enum_dictionary_size(type))
            self = .enumeration((0..<count).map { takenString(duckdb_enum_dictionary_value(type, $0)) ?? "" })
        case DUCKDB_TYPE_LIST:
            self = .list(LogicalType(LogicalTypeHandle(duckdb_list_type_child_type(type))))
        case DUCKDB_TYPE_ARRAY:
            self = .array(
                LogicalType(LogicalTypeHandle(duckdb_array_type_child_type(type))),
                count: Int(duckdb_array_type_array_size(type)))
        case DUCKDB_TYPE_MAP:
            self = .map(
                key: LogicalType(LogicalTypeHandle(duckdb_map_type_key_type(type))),
                value: LogicalType(LogicalTypeHandle(duckdb_map_type_value_type(type))))
        case DUCKDB_TYPE_STRUCT:
            self = .structure(
                (0..<duckdb_struct_type_child_count(type)).map {
                    Field(
                        takenString(duckdb_struct_type_child_name(type, $0)) ?? "",
                        LogicalType(LogicalTypeHandle(duckdb_struct_type_child_type(type, $0))))
                })
        case DUCKDB_TYPE_UNION:
            self = .union(
                (0..<duckdb_union_type_member_count(type)).map {
                    Field(
                        takenString(duckdb_union_type_member_name(type, $0)) ?? "",
                        LogicalType(LogicalTypeHandle(duckdb_union_type_member_type(type, $0))))
                })
        default:
            self = Self.simple.first { $0.id == id.rawValue }?.type ?? .other(UInt32(id.rawValue))
        }
    }

    /// A new handle of this type.
    func makeHandle() -> LogicalTypeHandle { LogicalTypeHandle(makePointer()) }

    private func makePointer() -> duckdb_logical_type? {
        switch self {
        case .decimal(let width, let scale):
            return duckdb_create_decimal_type(UInt8(clamping: width), UInt8(clamping: scale))
        case .json:
            let type = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR)
            duckdb_logical_type_set_alias(type, "JSON")
            return type
        case .enumeration(let words):
            return withCStrings(words) { duckdb_create_enum_type($0, idx_t(words.count)) }
        case .list(let element):
            return element.makeHandle().lend { duckdb_create_list_type($0) }
        case .array(let element, let count):
            return element.makeHandle().lend { duckdb_create_array_type($0, idx_t(count)) }
        case .map(let key, let value):
            return key.makeHandle().lend { key in
                value.makeHandle().lend { duckdb_create_map_type(key, $0) }
            }
        case .structure(let fields):
            return Self.withParts(fields) { duckdb_create_struct_type($0, $1, idx_t(fields.count)) }
        case .union(let members):
            return Self.withParts(members) { duckdb_create_union_type($0, $1, idx_t(members.count)) }
        case .other(let id):
            return duckdb_create_logical_type(duckdb_type(rawValue: .init(id)))
        default:
            let id = Self.simple.first { $0.type == self }?.id ?? DUCKDB_TYPE_INVALID.rawValue
            return duckdb_create_logical_type(duckdb_type(rawValue: id))
        }
    }

    /// Lends the handles of several types, as `duckdb_create_data_chunk` wants them.
    static func withHandles<R>(
        _ types: [LogicalType], _ body: (UnsafeMutablePointer<duckdb_logical_type?>?) -> R
    ) -> R {
        var pointers = types.map { $0.makePointer() }
        defer { for index in pointers.indices { duckdb_destroy_logical_type(&pointers[index]) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }

    private static func withParts<R>(
        _ fields: [Field],
        _ body: (UnsafeMutablePointer<duckdb_logical_type?>?, UnsafeMutablePointer<UnsafePointer<CChar>?>?) ->
            R
    ) -> R {
        withHandles(fields.map(\.type)) { types in withCStrings(fields.map(\.name)) { body(types, $0) } }
    }

    /// `DUCKDB_TYPE_TIMESTAMP_TZ_NS` (42) came with 2.0 and has no name in 1.5's header.
    private static let simple: [(id: UInt32, type: LogicalType)] = [
        (DUCKDB_TYPE_BOOLEAN.rawValue, .boolean), (DUCKDB_TYPE_TINYINT.rawValue, .tinyint),
        (DUCKDB_TYPE_SMALLINT.rawValue, .smallint), (DUCKDB_TYPE_INTEGER.rawValue, .integer),
        (DUCKDB_TYPE_BIGINT.rawValue, .bigint), (DUCKDB_TYPE_HUGEINT.rawValue, .hugeint),
        (DUCKDB_TYPE_UTINYINT.rawValue, .utinyint), (DUCKDB_TYPE_USMALLINT.rawValue, .usmallint),
        (DUCKDB_TYPE_UINTEGER.rawValue, .uinteger), (DUCKDB_TYPE_UBIGINT.rawValue, .ubigint),
        (DUCKDB_TYPE_UHUGEINT.rawValue, .uhugeint), (DUCKDB_TYPE_FLOAT.rawValue, .float),
        (DUCKDB_TYPE_DOUBLE.rawValue, .double), (DUCKDB_TYPE_VARCHAR.rawValue, .varchar),
        (DUCKDB_TYPE_BLOB.rawValue, .blob), (DUCKDB_TYPE_BIT.rawValue, .bit),
        (DUCKDB_TYPE_UUID.rawValue, .uuid), (DUCKDB_TYPE_BIGNUM.rawValue, .bignum),
        (DUCKDB_TYPE_DATE.rawValue, .date), (DUCKDB_TYPE_TIME.rawValue, .time),
        (DUCKDB_TYPE_TIME_NS.rawValue, .timeNS), (DUCKDB_TYPE_TIME_TZ.rawValue, .timeTZ),
        (DUCKDB_TYPE_TIMESTAMP_S.rawValue, .timestampS), (DUCKDB_TYPE_TIMESTAMP_MS.rawValue, .timestampMS),
        (DUCKDB_TYPE_TIMESTAMP.rawValue, .timestamp), (DUCKDB_TYPE_TIMESTAMP_NS.rawValue, .timestampNS),
        (DUCKDB_TYPE_TIMESTAMP_TZ.rawValue, .timestampTZ), (42, .timestampTZNS),
        (DUCKDB_TYPE_INTERVAL.rawValue, .interval), (DUCKDB_TYPE_SQLNULL.rawValue, .null),
        (DUCKDB_TYPE_ANY.rawValue, .any), (DUCKDB_TYPE_GEOMETRY.rawValue, .geometry),
        (DUCKDB_TYPE_VARIANT.rawValue, .variant),
    ]
}

/// The text of a C string that the caller owns; it is freed.
func takenString(_ text: UnsafeMutablePointer<CChar>?) -> String? {
    guard let text else { return nil }
    defer { duckdb_free(text) }
    return String(cString: text)
}

/// Lends `texts` as an array of C strings.
func withCStrings<R>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
    let bytes = texts.map { ContiguousArray($0.utf8CString) }
    var starts: [Int] = []
    var joined = ContiguousArray<CChar>()
    for text in bytes {
        starts.append(joined.count)
        joined.append(contentsOf: text)
    }
    return joined.withUnsafeBufferPointer { all in
        var pointers = starts.map { start in all.baseAddress.map { $0 + start } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }
}
