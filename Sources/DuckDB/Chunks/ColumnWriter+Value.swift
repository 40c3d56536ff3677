extension ColumnWriter {
    /// Writes a value of any type. Integers widen, and text becomes a member of an ENUM; nothing else
    /// converts.
    /// - Throws: ``DuckDBError`` of kind `.conversion` when the column's type does not take the value.
    package mutating func setValue(_ value: Value, row: Int) throws(DuckDBError) {
        switch (value, type) {
        case (.null, _): setNull(row: row)
        case (.boolean(let isTrue), .boolean): set(isTrue, row: row)
        case (.float(let number), .float): set(number, row: row)
        case (.float(let number), .double): set(Double(number), row: row)
        case (.double(let number), .double): set(number, row: row)
        case (.decimal(let unscaled, _, let scale), .decimal(_, let wanted)) where scale == wanted:
            try setDecimal(unscaled, row: row)
        case (.text(let text), .varchar), (.text(let text), .json), (.enumeration(let text), .varchar):
            try setText(text, row: row)
        case (.text(let word), .enumeration(let words)), (.enumeration(let word), .enumeration(let words)):
            guard let index = words.firstIndex(of: word) else { throw mismatch(value) }
            setInteger(UInt128(index), row: row)
        case (.blob(let bytes), .blob), (.blob(let bytes), .geometry): setArray(bytes, row: row)
        case (.bit(let bits), .bit): setArray(Packing.bytes(bit: bits), row: row)
        case (.bignum(let isNegative, let magnitude), .bignum):
            setArray(Packing.bytes(bignum: magnitude, isNegative: isNegative), row: row)
        case (.uuid(let uuid), .uuid): set(Packing.stored(uuid: uuid), row: row)
        case (.interval(let span), .interval): set(span, row: row)
        case (.list, _), (.array, _), (.structure, _), (.map, _), (.union, _):
            try setNested(value, row: row)
        default:
            if try setTemporal(value, row: row) { return }
            try setNumber(value, row: row)
        }
    }

    private func mismatch(_ value: Value) -> DuckDBError {
        DuckDBError(.conversion, "A value of type \(value.type) does not fit into a column of type \(type).")
    }

    private mutating func setArray(_ bytes: [UInt8], row: Int) {
        bytes.withUnsafeBytes { setBytes($0, row: row) }
    }

    private mutating func setTemporal(_ value: Value, row: Int) throws(DuckDBError) -> Bool {
        switch (value, type) {
        case (.date(let days), .date): set(days, row: row)
        case (.time(let count), .time), (.timeNS(let count), .timeNS), (.timestampS(let count), .timestampS),
            (.timestampMS(let count), .timestampMS), (.timestamp(let count), .timestamp),
            (.timestampNS(let count), .timestampNS), (.timestampTZ(let count), .timestampTZ),
            (.timestampTZNS(let count), .timestampTZNS):
            set(count, row: row)
        case (.timeTZ(let microseconds, let offset), .timeTZ):
            set(Packing.bits(microseconds: microseconds, offsetSeconds: offset), row: row)
        default: return false
        }
        return true
    }

    private mutating func setNumber(_ value: Value, row: Int) throws(DuckDBError) {
        switch type {
        case .tinyint, .smallint, .integer, .bigint, .hugeint, .utinyint, .usmallint, .uinteger, .ubigint,
            .uhugeint:
            break
        default: throw mismatch(value)
        }
        let isWritten =
            switch value {
            case .int8(let number): setInteger(number, row: row)
            case .int16(let number): setInteger(number, row: row)
            case .int32(let number): setInteger(number, row: row)
            case .int64(let number): setInteger(number, row: row)
            case .int128(let number): setInteger(number, row: row)
            case .uint8(let number): setInteger(number, row: row)
            case .uint16(let number): setInteger(number, row: row)
            case .uint32(let number): setInteger(number, row: row)
            case .uint64(let number): setInteger(number, row: row)
            case .uint128(let number): setInteger(number, row: row)
            default: false
            }
        guard isWritten else { throw mismatch(value) }
    }

    /// Writes an integer into a column of any integer layout; false when it does not fit.
    @discardableResult
    private mutating func setInteger<T: BinaryInteger>(_ number: T, row: Int) -> Bool {
        switch layout {
        case .int8: setExact(Int8(exactly: number), row: row)
        case .int16: setExact(Int16(exactly: number), row: row)
        case .int32: setExact(Int32(exactly: number), row: row)
        case .int64: setExact(Int64(exactly: number), row: row)
        case .int128: setExact(Int128(exactly: number), row: row)
        case .uint8: setExact(UInt8(exactly: number), row: row)
        case .uint16: setExact(UInt16(exactly: number), row: row)
        case .uint32: setExact(UInt32(exactly: number), row: row)
        case .uint64: setExact(UInt64(exactly: number), row: row)
        case .uint128: setExact(UInt128(exactly: number), row: row)
        default: false
        }
    }

    private mutating func setExact<T: ColumnElement>(_ number: T?, row: Int) -> Bool {
        guard let number else { return false }
        set(number, row: row)
        return true
    }

    private mutating func setNested(_ value: Value, row: Int) throws(DuckDBError) {
        switch (value, type) {
        case (.list(let values), .list), (.array(let values), .list):
            let start = elementCount
            try withElements(capacity: start + values.count) { (elements) throws(DuckDBError) in
                for (offset, value) in values.enumerated() {
                    try elements.setValue(value, row: start + offset)
                }
            }
            setList(start..<(start + values.count), row: row)
        case (.array(let values), .array(_, let size)) where values.count == size,
            (.list(let values), .array(_, let size)) where values.count == size:
            try withElements(capacity: capacity * values.count) { (elements) throws(DuckDBError) in
                for (offset, value) in values.enumerated() {
                    try elements.setValue(value, row: row * values.count + offset)
                }
            }
        case (.map(let entries), .map):
            let start = elementCount
            try withElements(capacity: start + entries.count) { (elements) throws(DuckDBError) in
                for (offset, entry) in entries.enumerated() {
                    try elements.withField(0) { (keys) throws(DuckDBError) in
                        try keys.setValue(entry.key, row: start + offset)
                    }
                    try elements.withField(1) { (values) throws(DuckDBError) in
                        try values.setValue(entry.value, row: start + offset)
                    }
                }
            }
            setList(start..<(start + entries.count), row: row)
        case (.structure(let values), .structure(let fields)) where values.count == fields.count:
            for (index, field) in values.enumerated() {
                try withField(index) { (column) throws(DuckDBError) in
                    try column.setValue(field.value, row: row)
                }
            }
        case (.union(let tag, let value), .union(let members)):
            try setUnion(tag: tag, value, members, row: row)
        default: throw mismatch(value)
        }
    }

    private mutating func setUnion(
        tag: String, _ value: Value, _ members: [LogicalType.Field], row: Int
    ) throws(DuckDBError) {
        guard let chosen = members.firstIndex(where: { $0.name == tag }) else {
            throw DuckDBError(.conversion, "\(type) has no member '\(tag)'.")
        }
        withUnionChild(0, type: .utinyint) { $0.set(UInt8(chosen), row: row) }
        for (index, member) in members.enumerated() {
            try withUnionChild(index + 1, type: member.type) { (column) throws(DuckDBError) in
                try column.setValue(index == chosen ? value : .null, row: row)
            }
        }
    }
}
