internal import CDuckDB

/// One column of a chunk, or the children of a nested one, in DuckDB's own memory. Lent for one closure.
package struct ColumnView: ~Copyable {
    package let type: LogicalType
    /// Rows of a column; elements of all lists together for the children of a list.
    package let count: Int
    @usableFromInline let layout: Layout
    @usableFromInline let data: UnsafeRawPointer?
    @usableFromInline let validity: UnsafePointer<UInt64>?
    private let vector: UnsafeMutableRawPointer?

    init(_ vector: duckdb_vector?, type: LogicalType, count: Int) {
        self.type = type
        self.count = count
        layout = type.layout
        data = UnsafeRawPointer(duckdb_vector_get_data(vector))
        validity = UnsafePointer(duckdb_vector_get_validity(vector))
        self.vector = UnsafeMutableRawPointer(vector)
    }

    @inlinable
    package func isValid(row: Int) -> Bool {
        precondition(row >= 0 && row < count, "The row is not in the chunk.")
        guard let validity else { return true }
        return validity[row >> 6] >> UInt64(row & 63) & 1 == 1
    }

    package func withValidity<R, E: Error>(_ body: (Span<UInt64>?) throws(E) -> R) throws(E) -> R {
        guard let validity else { return try body(nil) }
        return try body(UnsafeBufferPointer(start: validity, count: (count + 63) / 64).span)
    }

    /// Lends all values; where ``isValid(row:)`` is false, the value means nothing.
    @inlinable
    package func withValues<T: ColumnElement, R, E: Error>(
        as element: T.Type = T.self, _ body: (Span<T>) throws(E) -> R
    ) throws(E) -> R {
        precondition(T.layout == layout, "The column's type has another layout than the wanted values.")
        guard let data, count > 0 else { return try body(Span()) }
        if UInt(bitPattern: data) & UInt(MemoryLayout<T>.alignment - 1) != 0 {
            return try withCopies(data, body)
        }
        return try body(UnsafeBufferPointer(start: data.assumingMemoryBound(to: T.self), count: count).span)
    }

    /// DuckDB lends pages of its files as they lie, which can put 16-byte numbers on a multiple of 8.
    @inlinable
    func withCopies<T: ColumnElement, R, E: Error>(
        _ data: UnsafeRawPointer, _ body: (Span<T>) throws(E) -> R
    ) throws(E) -> R {
        let copies = UnsafeMutableBufferPointer<T>.allocate(capacity: count)
        defer { copies.deallocate() }
        for row in 0..<count {
            copies.initializeElement(
                at: row, to: data.loadUnaligned(fromByteOffset: row * MemoryLayout<T>.stride, as: T.self))
        }
        return try body(UnsafeBufferPointer(copies).span)
    }

    /// Lends the bytes of one VARCHAR, BLOB, JSON, BIT, BIGNUM or GEOMETRY, without copying them. Those of
    /// NULL are none.
    @inlinable
    package func withBytes<R, E: Error>(
        row: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        precondition(layout == .bytes, "The column's type has no bytes to lend.")
        guard isValid(row: row), let data else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        // duckdb_string_t: a length, then up to 12 bytes of text, or 4 bytes of it and a pointer to all of
        // it.
        let cell = data + row * 16
        let length = Int(cell.load(as: UInt32.self))
        let start = length <= 12 ? cell + 4 : cell.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
        return try body(UnsafeRawBufferPointer(start: start, count: length))
    }

    /// The text of one row, copied; nil for NULL.
    package func text(row: Int) -> String? {
        guard isValid(row: row) else { return nil }
        return withBytes(row: row) { String(decoding: $0, as: UTF8.self) }
    }

    /// Which elements of ``withElements(_:)`` belong to the list or map of a row.
    @inlinable
    package func elements(row: Int) -> Range<Int> {
        precondition(layout == .list, "The column is neither a list nor a map.")
        guard isValid(row: row), let data else { return 0..<0 }
        let offset = data.load(fromByteOffset: row * 16, as: UInt64.self)
        return Int(offset)..<Int(offset + data.load(fromByteOffset: row * 16 + 8, as: UInt64.self))
    }

    /// Lends the elements of all rows of a LIST, MAP (its elements are structures of key and value) or ARRAY
    /// (row r has those from r × its count on).
    package func withElements<R, E: Error>(_ body: (borrowing ColumnView) throws(E) -> R) throws(E) -> R {
        try body(elements)
    }

    /// Lends one field of a STRUCT, or one member of a UNION.
    package func withField<R, E: Error>(
        _ index: Int, _ body: (borrowing ColumnView) throws(E) -> R
    ) throws(E) -> R {
        try body(field(index))
    }

    private var elements: ColumnView {
        let vector = vector?.assumingMemoryBound(to: _duckdb_vector.self)
        switch type {
        case .array(let element, let size):
            return ColumnView(duckdb_array_vector_get_child(vector), type: element, count: count * size)
        case .list(let element):
            return ColumnView(
                duckdb_list_vector_get_child(vector), type: element,
                count: Int(duckdb_list_vector_get_size(vector)))
        case .map(let key, let value):
            return ColumnView(
                duckdb_list_vector_get_child(vector),
                type: .structure([.init("key", key), .init("value", value)]),
                count: Int(duckdb_list_vector_get_size(vector)))
        default:
            preconditionFailure("The column has no elements: it is no list, map or array.")
        }
    }

    private func field(_ index: Int) -> ColumnView {
        let vector = vector?.assumingMemoryBound(to: _duckdb_vector.self)
        switch type {
        case .structure(let fields):
            return ColumnView(
                duckdb_struct_vector_get_child(vector, idx_t(index)), type: fields[index].type, count: count)
        case .union(let members):
            // Child 0 of a union is the number of the member that holds the value.
            return ColumnView(
                duckdb_struct_vector_get_child(vector, idx_t(index + 1)), type: members[index].type,
                count: count)
        default:
            preconditionFailure("The column has no fields: it is no structure or union.")
        }
    }
}

extension ColumnView {
    /// One value of any type, copied.
    package func value(row: Int) -> Value {
        guard isValid(row: row) else { return .null }
        switch type {
        case .boolean: return .boolean(load(row, UInt8.self) != 0)
        case .tinyint: return .int8(load(row))
        case .smallint: return .int16(load(row))
        case .integer: return .int32(load(row))
        case .bigint: return .int64(load(row))
        case .hugeint: return .int128(load(row))
        case .utinyint: return .uint8(load(row))
        case .usmallint: return .uint16(load(row))
        case .uinteger: return .uint32(load(row))
        case .ubigint: return .uint64(load(row))
        case .uhugeint: return .uint128(load(row))
        case .float: return .float(load(row))
        case .double: return .double(load(row))
        case .decimal(let width, let scale):
            return .decimal(unscaled: number(row), width: width, scale: scale)
        case .varchar, .json: return .text(withBytes(row: row) { String(decoding: $0, as: UTF8.self) })
        case .blob, .geometry: return .blob(withBytes(row: row) { [UInt8]($0) })
        case .bit: return .bit(withBytes(row: row) { Packing.bit($0) })
        case .bignum: return withBytes(row: row) { Packing.bignum($0) }
        case .uuid: return .uuid(Packing.uuid(load(row)))
        case .date: return .date(days: load(row))
        case .time: return .time(microseconds: load(row))
        case .timeNS: return .timeNS(nanoseconds: load(row))
        case .timeTZ: return Packing.timeTZ(load(row))
        case .timestampS: return .timestampS(seconds: load(row))
        case .timestampMS: return .timestampMS(milliseconds: load(row))
        case .timestamp: return .timestamp(microseconds: load(row))
        case .timestampNS: return .timestampNS(nanoseconds: load(row))
        case .timestampTZ: return .timestampTZ(microseconds: load(row))
        case .timestampTZNS: return .timestampTZNS(nanoseconds: load(row))
        case .interval: return .interval(load(row))
        case .enumeration(let words): return .enumeration(words[Int(number(row))])
        case .list, .array, .structure, .map, .union: return nestedValue(row: row)
        case .null: return .null
        case .any, .variant, .other:
            preconditionFailure("Queries that return \(type) are refused before they run.")
        }
    }

    private func nestedValue(row: Int) -> Value {
        switch type {
        case .list:
            let child = elements
            return .list(elements(row: row).map { child.value(row: $0) })
        case .array(_, let size):
            let child = elements
            return .array((0..<size).map { child.value(row: row * size + $0) })
        case .map:
            let child = elements
            let keys = child.field(0)
            let values = child.field(1)
            return .map(elements(row: row).map { .init(keys.value(row: $0), values.value(row: $0)) })
        case .structure(let fields):
            return .structure(fields.indices.map { .init(fields[$0].name, field($0).value(row: row)) })
        case .union(let members):
            let tags = duckdb_struct_vector_get_child(vector?.assumingMemoryBound(to: _duckdb_vector.self), 0)
            let tag = Int(ColumnView(tags, type: .utinyint, count: count).load(row, UInt8.self))
            return .union(tag: members[tag].name, field(tag).value(row: row))
        default: return .null
        }
    }

    private func load<T: BitwiseCopyable>(_ row: Int, _ type: T.Type = T.self) -> T {
        guard let data else { preconditionFailure("A column of this type has data.") }
        return data.loadUnaligned(fromByteOffset: row * MemoryLayout<T>.stride, as: T.self)
    }

    /// An integer of the layout that the column happens to have.
    private func number(_ row: Int) -> Int128 {
        switch layout {
        case .int16: Int128(load(row, Int16.self))
        case .int32: Int128(load(row, Int32.self))
        case .int64: Int128(load(row, Int64.self))
        case .uint8: Int128(load(row, UInt8.self))
        case .uint16: Int128(load(row, UInt16.self))
        case .uint32: Int128(load(row, UInt32.self))
        default: load(row)
        }
    }
}
