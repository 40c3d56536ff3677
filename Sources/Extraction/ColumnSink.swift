internal import DuckDB
internal import LakeModel
internal import MySQL

/// Writes the values of one column into a DuckDB vector.
///
/// A value that cannot be held as it is comes back with the reason: ``RowSink`` knows what becomes of it.
/// Nothing here counts, allocates or throws, because it runs once per value.
struct ColumnSink: ValueSink {
    /// How a value is read and held, flat: a `switch` over this is one jump.
    private enum Form: UInt8 {
        case int8, int16, int32, int64, uint8, uint16, uint32, uint64
        case decimal16, decimal32, decimal64, decimal128, float, double
        case date, dateTime, span, text, bytes
        /// A boolean that comes as a digit, and one that comes as bits.
        case flag, flagBits
        case uuid
        case none
        case bits
    }

    private let form: Form
    private let precision: Int
    private let scale: Int
    /// 10 to the power of the precision, of a decimal of at most 18 digits.
    private let decimalBound: UInt64
    var track: CursorTrack
    let type: BronzeType

    /// - Parameters:
    ///   - track: Whether and how the column decides how far an incremental extraction got.
    ///   - wire: How the source sends values.
    init(_ column: SourceColumn, _ track: CursorTrack, wire: Wire) {
        type = column.type
        self.track = track
        var (precision, scale) = (0, 0)
        if case .decimal(let digits, let places) = column.type { (precision, scale) = (digits, places) }
        (self.precision, self.scale) = (precision, scale)
        decimalBound = precision <= 18 ? (0..<precision).reduce(1) { power, _ in power * 10 } : 0
        form =
            switch column.type {
            case .integer(8, true): .int8
            case .integer(16, true): .int16
            case .integer(32, true): .int32
            case .integer(_, true): .int64
            case .integer(8, false): .uint8
            case .integer(16, false): .uint16
            case .integer(32, false): .uint32
            case .integer(_, false): .uint64
            case .decimal(...4, _): .decimal16
            case .decimal(...9, _): .decimal32
            case .decimal(...18, _): .decimal64
            case .decimal: .decimal128
            case .float: .float
            case .double: .double
            case .date: .date
            case .localTimestamp, .instant: .dateTime
            case .timeSpan: .span
            case .text: .text
            case .uuid: .uuid
            case .binary: .bytes
            // Rows of these columns come from DuckDB itself.
            case .exact: .none
            case .boolean:
                wire == .mysql && DeclaredType(column.declared).name == "bit" ? .flagBits : .flag
            case .bits: wire == .mysql ? .bits : .uint64
            }
    }

    enum Wire {
        /// The text protocol, where a BIT is bytes.
        case mysql
        case plain
    }

    /// Writes a value that came as text.
    /// - Returns: Why it could not be held as it is; `nil` if it was. Unless the reason says that the value
    ///   is kept, the row is left unwritten.
    @inline(__always)
    mutating func write(
        text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch form {
        case .int64:
            guard let number = MySQLText.int64(text) else { return ColumnSink.misfit(integer: text) }
            vector.set(number, row: row)
            return track.isCursor ? track.follow(number) : nil
        case .int32:
            guard let number = MySQLText.int64(text), let narrow = Int32(exactly: number) else {
                return ColumnSink.misfit(integer: text)
            }
            vector.set(narrow, row: row)
            return track.isCursor ? track.follow(number) : nil
        case .text:
            if vector.setASCII(text, row: row) { return nil }
            guard isValidUTF8(text) else { return .invalidText }
            vector.setBytes(text, row: row)
            return nil
        case .decimal64:
            guard let number = MySQLText.shortDecimal(text, scale: scale, bound: decimalBound) else {
                return write(decimal: text, to: &vector, row: row)
            }
            vector.set(number, row: row)
            return nil
        case .dateTime:
            guard let microseconds = MySQLText.plainDateTime(text) else {
                return write(dateTime: text, to: &vector, row: row)
            }
            vector.set(microseconds, row: row)
            return track.isCursor ? track.follow(microseconds) : nil
        case .date:
            guard let days = MySQLText.plainDate(text) else { return misfit(MySQLText.date(text)) }
            vector.set(days, row: row)
            return track.isCursor ? track.follow(Int64(days) &* .dayMicroseconds) : nil
        case .int8:
            guard let number = MySQLText.int64(text), let narrow = Int8(exactly: number) else {
                return ColumnSink.misfit(integer: text)
            }
            vector.set(narrow, row: row)
            return track.isCursor ? track.follow(number) : nil
        case .bytes:
            vector.setBytes(text, row: row)
            return nil
        case .int16, .uint8, .uint16, .uint32, .uint64, .decimal16, .decimal32, .decimal128, .float, .double,
            .span, .flag, .flagBits, .uuid, .none, .bits:
            return write(rare: text, to: &vector, row: row)
        }
    }

    /// The forms that are not worth their room in the loop.
    @inline(never)
    private mutating func write(
        rare text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch form {
        case .int8, .int16, .int32, .int64:
            guard let number = MySQLText.int64(text) else { return ColumnSink.misfit(integer: text) }
            return write(signed: number, to: &vector, row: row)
        case .uint8, .uint16, .uint32, .uint64:
            guard let number = MySQLText.uint64(text) else { return ColumnSink.misfit(integer: text) }
            return write(unsigned: number, to: &vector, row: row)
        case .decimal16, .decimal32, .decimal64, .decimal128:
            return write(decimal: text, to: &vector, row: row)
        case .double:
            guard let number = MySQLText.double(text) else { return ColumnSink.misfit(number: text) }
            vector.set(number, row: row)
        case .float:
            guard let number = MySQLText.float(text) else { return ColumnSink.misfit(number: text) }
            vector.set(number, row: row)
        case .span:
            guard case .value(let microseconds) = MySQLText.time(text) else {
                return misfit(MySQLText.time(text))
            }
            vector.set(microseconds, row: row)
        case .flag:
            guard let number = MySQLText.int64(text) else { return ColumnSink.misfit(integer: text) }
            guard number == 0 || number == 1 else { return .outOfRange }
            vector.set(number == 1, row: row)
        case .flagBits:
            guard let bits = MySQLText.bits(text), bits <= 1 else { return .outOfRange }
            vector.set(bits == 1, row: row)
        case .uuid:
            guard let uuid = MySQLText.uuid(text) else { return .wrongType }
            vector.set(uuid: uuid, row: row)
        case .bits:
            guard let bits = MySQLText.bits(text) else { return .outOfRange }
            vector.set(bits, row: row)
        case .none: return .wrongType
        case .date, .dateTime, .text, .bytes: return write(text: text, to: &vector, row: row)
        }
        return nil
    }

    // MARK: Numbers that have been read

    /// Writes an integer into a column of integers.
    @inline(__always)
    mutating func write(signed number: Int64, to vector: inout ColumnWriter, row: Int) -> Conversion.Reason? {
        switch form {
        case .int64: vector.set(number, row: row)
        case .int32:
            guard let narrow = Int32(exactly: number) else { return .outOfRange }
            vector.set(narrow, row: row)
        case .int16:
            guard let narrow = Int16(exactly: number) else { return .outOfRange }
            vector.set(narrow, row: row)
        case .int8:
            guard let narrow = Int8(exactly: number) else { return .outOfRange }
            vector.set(narrow, row: row)
        default:
            guard number >= 0 else { return .outOfRange }
            return write(unsigned: UInt64(number), to: &vector, row: row)
        }
        return track.isCursor ? track.follow(number) : nil
    }

    @inline(__always)
    private mutating func write(
        unsigned number: UInt64, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        switch form {
        case .uint32:
            guard let narrow = UInt32(exactly: number) else { return .outOfRange }
            vector.set(narrow, row: row)
        case .uint16:
            guard let narrow = UInt16(exactly: number) else { return .outOfRange }
            vector.set(narrow, row: row)
        case .uint8:
            guard let narrow = UInt8(exactly: number) else { return .outOfRange }
            vector.set(narrow, row: row)
        default: vector.set(number, row: row)
        }
        // A watermark is signed; what is greater is read again every time.
        guard track.isCursor, let signed = Int64(exactly: number) else { return nil }
        return track.follow(signed)
    }

    @inline(never)
    private mutating func write(
        dateTime text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        guard case .value(let microseconds) = MySQLText.dateTime(text) else {
            return misfit(MySQLText.dateTime(text))
        }
        vector.set(microseconds, row: row)
        return track.isCursor ? track.follow(microseconds) : nil
    }

    @inline(never)
    private func write(
        decimal text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        guard let number = MySQLText.decimal(text, precision: precision, scale: scale) else {
            return ColumnSink.misfit(number: text)
        }
        write(decimal: number, to: &vector, row: row)
        return nil
    }

    /// DuckDB holds a decimal in the narrowest integer that its precision fits into.
    func write(decimal: Int128, to vector: inout ColumnWriter, row: Int) {
        switch form {
        case .decimal16: vector.set(Int16(truncatingIfNeeded: decimal), row: row)
        case .decimal32: vector.set(Int32(truncatingIfNeeded: decimal), row: row)
        case .decimal64: vector.set(Int64(truncatingIfNeeded: decimal), row: row)
        default: vector.set(decimal, row: row)
        }
    }

    // MARK: Reasons

    private func misfit<Value>(_ temporal: MySQLTemporal<Value>) -> Conversion.Reason? {
        switch temporal {
        case .zero: .zeroDate
        case .partial: .partialDate
        case .outOfRange: .outOfRange
        case .malformed, .value: .wrongType
        }
    }

    /// Why a text is no integer of the column.
    @inline(never)
    private static func misfit(integer text: UnsafeRawBufferPointer) -> Conversion.Reason? {
        var digits = text[...]
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return isNotFinite(text) ? .notFinite : .wrongType
        }
        return .outOfRange
    }

    /// Why a text is no number of the column.
    @inline(never)
    private static func misfit(number text: UnsafeRawBufferPointer) -> Conversion.Reason? {
        if isNotFinite(text) { return .notFinite }
        let isNumber = Double(String(decoding: text, as: UTF8.self)) != nil
        return isNumber ? .outOfRange : .wrongType
    }

    /// `nan`, `inf`, `Infinity`, with or without a sign, in any case.
    private static func isNotFinite(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count <= 9 else { return false }
        let word = String(decoding: text, as: UTF8.self).lowercased()
        return ["nan", "inf", "infinity"].contains(
            word.hasPrefix("-") || word.hasPrefix("+") ? String(word.dropFirst()) : word)
    }
}
