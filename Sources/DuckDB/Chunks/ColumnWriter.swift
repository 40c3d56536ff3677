internal import CDuckDB

/// Writes one column of an ``OutputChunk``, or the elements of a nested one, straight into DuckDB's memory.
///
/// Rows are written in any order, each once; a row that is never written holds whatever was there, and a row
/// that was made NULL stays NULL. Writing a value of another layout than the column's type is a mistake in
/// the program and stops it.
public struct ColumnWriter: ~Copyable {
    package let type: LogicalType
    /// How many rows there is room for.
    public private(set) var capacity: Int
    @usableFromInline let layout: Layout
    @usableFromInline var data: UnsafeMutableRawPointer
    /// Nil until a NULL is written: DuckDB takes that for "every row has a value".
    @usableFromInline var validity: UnsafeMutablePointer<UInt64>?
    @usableFromInline let decimalBound: UInt128
    private let vector: UnsafeMutableRawPointer

    init(_ vector: duckdb_vector, type: LogicalType, capacity: Int) {
        self.type = type
        self.capacity = capacity
        layout = type.layout
        // A structure has no data of its own; its rows live in its fields.
        data = duckdb_vector_get_data(vector) ?? UnsafeMutableRawPointer(vector)
        validity = duckdb_vector_get_validity(vector)
        self.vector = UnsafeMutableRawPointer(vector)
        if case .decimal(let width, _) = type {
            decimalBound = (0..<width).reduce(1) { power, _ in power * 10 }
        } else {
            decimalBound = 0
        }
    }

    private var handle: duckdb_vector { vector.assumingMemoryBound(to: _duckdb_vector.self) }

    // MARK: Numbers

    /// Writes a value whose Swift type has the column's layout.
    @inlinable
    public mutating func set<T: ColumnElement>(_ value: T, row: Int) {
        precondition(T.layout == layout, "The column's type has another layout than the value.")
        precondition(row >= 0 && row < capacity, "The row is beyond the chunk.")
        data.storeBytes(of: value, toByteOffset: row &* MemoryLayout<T>.stride, as: T.self)
    }

    /// Lends all rows at once.
    @inlinable
    public mutating func withValues<T: ColumnElement, R, E: Error>(
        as element: T.Type = T.self, _ body: (inout MutableSpan<T>) throws(E) -> R
    ) throws(E) -> R {
        precondition(T.layout == layout, "The column's type has another layout than the wanted values.")
        var span = UnsafeMutableBufferPointer(start: data.assumingMemoryBound(to: T.self), count: capacity)
            .mutableSpan
        return try body(&span)
    }

    /// Writes a UUID, whose first byte is the most significant of the number. DuckDB keeps it with its
    /// highest bit turned over, so that a HUGEINT's order is its order.
    @inlinable
    public mutating func set(uuid: UInt128, row: Int) {
        set(Int128(bitPattern: uuid ^ (1 << 127)), row: row)
    }

    /// Writes a DECIMAL of any width.
    /// - Throws: ``DuckDBError`` of kind `.outOfRange` when it has more digits than the type.
    package mutating func setDecimal(_ unscaled: Int128, row: Int) throws(DuckDBError) {
        guard unscaled.magnitude < decimalBound else { throw decimalOutOfRange(unscaled, row: row) }
        switch layout {
        case .int16: set(Int16(truncatingIfNeeded: unscaled), row: row)
        case .int32: set(Int32(truncatingIfNeeded: unscaled), row: row)
        case .int64: set(Int64(truncatingIfNeeded: unscaled), row: row)
        default: set(unscaled, row: row)
        }
    }

    private func decimalOutOfRange(_ unscaled: Int128, row: Int) -> DuckDBError {
        DuckDBError(.outOfRange, "Row \(row): the number has more digits than \(type) takes.")
    }

    // MARK: NULL

    /// Makes a row NULL, and with it the fields of a structure or the members of a union.
    @inlinable
    public mutating func setNull(row: Int) {
        precondition(row >= 0 && row < capacity, "The row is beyond the chunk.")
        guard let validity, layout.rawValue < Layout.list.rawValue else { return setNestedNull(row: row) }
        validity[row >> 6] &= ~(1 << UInt64(row & 63))
    }

    @usableFromInline
    mutating func setNestedNull(row: Int) {
        duckdb_vector_ensure_validity_writable(handle)
        validity = duckdb_vector_get_validity(handle)
        validity?[row >> 6] &= ~(1 << UInt64(row & 63))
        // DuckDB's own code reads fields without asking the structure, so they must be NULL too.
        switch type {
        case .structure(let fields):
            for index in fields.indices { withField(index) { $0.setNull(row: row) } }
        case .union(let members):
            withUnionChild(0, type: .utinyint) { $0.setNull(row: row) }
            for (index, member) in members.enumerated() {
                withUnionChild(index + 1, type: member.type) { $0.setNull(row: row) }
            }
        case .array(_, let count):
            withElements(capacity: capacity * count) { elements in
                for index in 0..<count { elements.setNull(row: row * count + index) }
            }
        case .list, .map: setList(0..<0, row: row)
        default: break
        }
    }

    /// Takes a NULL back, before the row is written anew.
    package mutating func unsetNull(row: Int) {
        if let validity { validity[row >> 6] |= 1 << UInt64(row & 63) }
        switch type {
        case .structure(let fields):
            for index in fields.indices { withField(index) { $0.unsetNull(row: row) } }
        case .union(let members):
            withUnionChild(0, type: .utinyint) { $0.unsetNull(row: row) }
            for (index, member) in members.enumerated() {
                withUnionChild(index + 1, type: member.type) { $0.unsetNull(row: row) }
            }
        case .array(_, let count):
            withElements(capacity: capacity * count) { elements in
                for index in 0..<count { elements.unsetNull(row: row * count + index) }
            }
        default: break
        }
    }

    // MARK: Bytes

    /// Writes the bytes of a VARCHAR or JSON, which must be UTF-8.
    /// - Throws: ``DuckDBError`` of kind `.invalidInput` for bytes that are not; the row is left as it was.
    package mutating func setText(_ bytes: UnsafeRawBufferPointer, row: Int) throws(DuckDBError) {
        if bytes.count <= 12 {
            for byte in bytes where byte >= 0x80 { return try setLongText(bytes, row: row) }
            setShort(bytes, row: row)
        } else {
            try setLongText(bytes, row: row)
        }
    }

    package mutating func setText(_ text: String, row: Int) throws(DuckDBError) {
        var text = text
        let failure = text.withUTF8 { (utf8) -> DuckDBError? in
            do throws(DuckDBError) {
                try setText(UnsafeRawBufferPointer(utf8), row: row)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Writes the bytes of a BLOB, or of BIT, BIGNUM and GEOMETRY in DuckDB's packing.
    @inlinable
    public mutating func setBytes(_ bytes: UnsafeRawBufferPointer, row: Int) {
        if bytes.count <= 12 { setShort(bytes, row: row) } else { setLong(bytes, row: row) }
    }

    /// Up to 12 bytes lie in the vector itself; the rest of the cell must be zero, for DuckDB compares whole
    /// cells.
    @inlinable
    mutating func setShort(_ bytes: UnsafeRawBufferPointer, row: Int) {
        precondition(layout == .bytes, "The column's type does not take bytes.")
        precondition(row >= 0 && row < capacity, "The row is beyond the chunk.")
        let (low, high) = words(bytes)
        let cell = data + row &* 16
        cell.storeBytes(of: (UInt64(bytes.count) | low &<< 32).littleEndian, as: UInt64.self)
        cell.storeBytes(
            of: (low &>> 32 | high &<< 32).littleEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// Writes up to 12 bytes of ASCII.
    /// - Returns: False if it is anything else; then nothing was written.
    @inlinable @inline(__always)
    public mutating func setASCII(_ bytes: UnsafeRawBufferPointer, row: Int) -> Bool {
        guard bytes.count <= 12 else { return false }
        precondition(layout == .bytes, "The column's type does not take bytes.")
        precondition(row >= 0 && row < capacity, "The row is beyond the chunk.")
        let (low, high) = words(bytes)
        guard (low | high) & 0x8080_8080_8080_8080 == 0 else { return false }
        let cell = data + row &* 16
        cell.storeBytes(of: (UInt64(bytes.count) | low &<< 32).littleEndian, as: UInt64.self)
        cell.storeBytes(
            of: (low &>> 32 | high &<< 32).littleEndian, toByteOffset: 8, as: UInt64.self)
        return true
    }

    /// Up to 12 bytes as two words, zeros after the last; no byte beyond them is read: shorter ones are two
    /// loads that overlap.
    @inlinable @inline(__always)
    func words(_ bytes: UnsafeRawBufferPointer) -> (low: UInt64, high: UInt64) {
        let count = bytes.count
        guard let start = bytes.baseAddress, count > 0 else { return (0, 0) }
        if count >= 8 {
            let low = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
            guard count > 8 else { return (low, 0) }
            // The last four bytes; those that belong to the first word are shifted out.
            let last = UInt32(littleEndian: (start + (count &- 4)).loadUnaligned(as: UInt32.self))
            return (low, UInt64(last) &>> UInt64(truncatingIfNeeded: 8 &* (12 &- count)))
        }
        if count >= 4 {
            let last = UInt32(littleEndian: (start + (count &- 4)).loadUnaligned(as: UInt32.self))
            return (
                UInt64(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
                    | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* (count &- 4)), 0
            )
        }
        if count >= 2 {
            let last = UInt16(littleEndian: (start + (count &- 2)).loadUnaligned(as: UInt16.self))
            return (
                UInt64(UInt16(littleEndian: start.loadUnaligned(as: UInt16.self)))
                    | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* (count &- 2)), 0
            )
        }
        return (UInt64(start.load(as: UInt8.self)), 0)
    }

    private mutating func setLongText(_ bytes: UnsafeRawBufferPointer, row: Int) throws(DuckDBError) {
        guard isUTF8(bytes) else {
            throw DuckDBError(.invalidInput, "Row \(row): the text is not valid UTF-8.")
        }
        setBytesUnchecked(bytes, row: row)
    }

    @usableFromInline
    mutating func setLong(_ bytes: UnsafeRawBufferPointer, row: Int) { setBytesUnchecked(bytes, row: row) }

    private func setBytesUnchecked(_ bytes: UnsafeRawBufferPointer, row: Int) {
        precondition(layout == .bytes, "The column's type does not take bytes.")
        precondition(row >= 0 && row < capacity, "The row is beyond the chunk.")
        duckdb_unsafe_vector_assign_string_element_len(
            handle, idx_t(row), bytes.baseAddress?.assumingMemoryBound(to: CChar.self), idx_t(bytes.count))
    }

    // MARK: Nested

    /// Says which elements a LIST or MAP holds in `row`; they are written with ``withElements(capacity:_:)``.
    package mutating func setList(_ elements: Range<Int>, row: Int) {
        precondition(layout == .list, "The column is neither a list nor a map.")
        precondition(row >= 0 && row < capacity, "The row is beyond the chunk.")
        data.storeBytes(of: UInt64(elements.lowerBound), toByteOffset: row * 16, as: UInt64.self)
        data.storeBytes(of: UInt64(elements.count), toByteOffset: row * 16 + 8, as: UInt64.self)
    }

    /// How many elements the lists written so far have together: where the next list begins.
    package var elementCount: Int { Int(duckdb_list_vector_get_size(handle)) }

    /// Lends the elements of all lists (or maps: structures of key and value; or arrays) together.
    /// - Parameter capacity: how many there will be in all; what lies there already stays.
    package mutating func withElements<R, E: Error>(
        capacity: Int, _ body: (inout ColumnWriter) throws(E) -> R
    ) throws(E) -> R {
        var elements = elementWriter(capacity: capacity)
        return try body(&elements)
    }

    private func elementWriter(capacity: Int) -> ColumnWriter {
        if case .array(let element, let size) = type {
            return ColumnWriter(
                duckdb_array_vector_get_child(handle), type: element, capacity: self.capacity * size)
        }
        duckdb_list_vector_reserve(handle, idx_t(capacity))
        duckdb_list_vector_set_size(handle, idx_t(capacity))
        let child: duckdb_vector = duckdb_list_vector_get_child(handle)
        switch type {
        case .list(let element): return ColumnWriter(child, type: element, capacity: capacity)
        case .map(let key, let value):
            return ColumnWriter(
                child, type: .structure([.init("key", key), .init("value", value)]), capacity: capacity)
        default: preconditionFailure("The column has no elements: it is no list, map or array.")
        }
    }

    /// Lends one field of a STRUCT.
    package mutating func withField<R, E: Error>(
        _ index: Int, _ body: (inout ColumnWriter) throws(E) -> R
    ) throws(E) -> R {
        guard case .structure(let fields) = type else { preconditionFailure("The column is no structure.") }
        var field = ColumnWriter(
            duckdb_struct_vector_get_child(handle, idx_t(index)), type: fields[index].type, capacity: capacity
        )
        return try body(&field)
    }

    /// Lends the number of the member (``UInt8``), or one member, of a UNION.
    func withUnionChild<R, E: Error>(
        _ child: Int, type: LogicalType, _ body: (inout ColumnWriter) throws(E) -> R
    ) throws(E) -> R {
        var field = ColumnWriter(
            duckdb_struct_vector_get_child(handle, idx_t(child)), type: type, capacity: capacity)
        return try body(&field)
    }
}

/// Whether bytes are UTF-8. Eight ASCII bytes at a time; DuckDB's own check decides about the rest.
func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset + 8 <= bytes.count {
        if bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { break }
        offset += 8
    }
    while offset < bytes.count, bytes[offset] < 0x80 { offset += 1 }
    guard offset < bytes.count, let start = bytes.baseAddress else { return true }
    var failure = duckdb_valid_utf8_check(
        (start + offset).assumingMemoryBound(to: CChar.self), idx_t(bytes.count - offset))
    guard failure != nil else { return true }
    defer { duckdb_destroy_error_data(&failure) }
    return !duckdb_error_data_has_error(failure)
}
