internal import DuckDB
internal import LakeModel
internal import MySQL

/// Writes the values of one column into a DuckDB vector and counts what could not be held as it was.
///
/// A value that its type cannot hold becomes NULL and is counted; the source keeps the original.
struct ColumnSink {
    private let name: String
    private let type: BronzeType
    /// Whether the column decides how far an incremental extraction got.
    private let isCursor: Bool
    private(set) var cursorMax: Int64 = .min
    private var zeroDates: Int64 = 0
    private var partialDates: Int64 = 0
    private var outOfRange: Int64 = 0
    private var wrongTypes: Int64 = 0
    private var invalidTexts: Int64 = 0
    private var rounded: Int64 = 0

    init(_ column: SourceColumn, isCursor: Bool) {
        name = column.name
        type = column.type
        self.isCursor = isCursor
    }

    /// How a cursor of this column's type is written; `nil` if no row had a value.
    var cursor: CursorValue? {
        guard cursorMax != .min else { return nil }
        if case .integer = type { return .integer(cursorMax) }
        return .time(microseconds: cursorMax)
    }

    var conversions: [Conversion] {
        [
            (.zeroDate, zeroDates), (.partialDate, partialDates), (.outOfRange, outOfRange),
            (.wrongType, wrongTypes), (.invalidText, invalidTexts),
            (.rounded, rounded),
        ].compactMap { reason, values in
            values == 0 ? nil : Conversion(column: name, reason: reason, values: values)
        }
    }

    /// Writes a value that came as text: the whole of MySQL's protocol, and text in SQLite.
    @inline(__always)
    mutating func write(text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int) {
        switch type {
        case .integer(let bits, let isSigned):
            if isSigned {
                guard let number = MySQLText.int64(text) else {
                    return ColumnSink.misfit(&wrongTypes, &vector, row)
                }
                write(integer: number, bits: bits, to: &vector, row: row)
            } else {
                guard let number = MySQLText.uint64(text) else {
                    return ColumnSink.misfit(&outOfRange, &vector, row)
                }
                write(unsigned: number, bits: bits, to: &vector, row: row)
            }
        case .text: write(utf8: text, to: &vector, row: row)
        case .decimal(let precision, let scale):
            guard let number = MySQLText.decimal(text, precision: precision, scale: scale) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            write(decimal: number, precision: precision, to: &vector, row: row)
        case .localTimestamp, .instant:
            switch MySQLText.dateTime(text) {
            case .value(let microseconds): write(time: microseconds, to: &vector, row: row)
            case let other: misfit(other, &vector, row)
            }
        case .date:
            switch MySQLText.date(text) {
            case .value(let days): vector.set(days, row: row)
            case let other: misfit(other, &vector, row)
            }
        case .timeSpan:
            switch MySQLText.time(text) {
            case .value(let microseconds): vector.set(microseconds, row: row)
            case let other: misfit(other, &vector, row)
            }
        case .double:
            guard let number = MySQLText.double(text) else {
                return ColumnSink.misfit(&wrongTypes, &vector, row)
            }
            vector.set(number, row: row)
        case .float:
            guard let number = MySQLText.float(text) else {
                return ColumnSink.misfit(&wrongTypes, &vector, row)
            }
            vector.set(number, row: row)
        case .binary: vector.setBytes(text, row: row)
        // Rows of these columns come from DuckDB itself.
        case .exact: ColumnSink.misfit(&wrongTypes, &vector, row)
        case .boolean:
            guard let bits = MySQLText.bits(text) else { return ColumnSink.misfit(&outOfRange, &vector, row) }
            vector.set(bits != 0, row: row)
        case .bits:
            guard let bits = MySQLText.bits(text) else { return ColumnSink.misfit(&outOfRange, &vector, row) }
            vector.set(bits, row: row)
        }
    }

    /// Writes a text of SQLite, where the bits of a `BIT` column are digits and not bytes.
    mutating func write(loose text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int) {
        switch type {
        case .boolean, .bits:
            guard let number = MySQLText.int64(text) else {
                return ColumnSink.misfit(&wrongTypes, &vector, row)
            }
            write(integer: number, to: &vector, row: row)
        default: write(text: text, to: &vector, row: row)
        }
    }

    /// Writes a value that came as a number of 64 bits, as SQLite stores integers.
    mutating func write(integer: Int64, to vector: inout ColumnWriter, row: Int) {
        switch type {
        case .integer(let bits, let isSigned):
            if isSigned {
                write(integer: integer, bits: bits, to: &vector, row: row)
            } else if integer < 0 {
                ColumnSink.misfit(&outOfRange, &vector, row)
            } else {
                write(unsigned: UInt64(integer), bits: bits, to: &vector, row: row)
            }
        case .double: vector.set(Double(integer), row: row)
        case .float: vector.set(Float(integer), row: row)
        case .boolean where integer == 0 || integer == 1: vector.set(integer != 0, row: row)
        case .bits: vector.set(UInt64(bitPattern: integer), row: row)
        case .decimal, .text, .binary: write(printed: String(integer), to: &vector, row: row)
        case .boolean, .date, .localTimestamp, .instant, .timeSpan, .exact:
            ColumnSink.misfit(&wrongTypes, &vector, row)
        }
    }

    /// Writes a value that came as a double, as SQLite stores what it takes for one.
    mutating func write(double: Double, to vector: inout ColumnWriter, row: Int) {
        switch type {
        case .double: vector.set(double, row: row)
        case .float: vector.set(Float(double), row: row)
        case .integer:
            guard let integer = Int64(exactly: double) else {
                return ColumnSink.misfit(&wrongTypes, &vector, row)
            }
            write(integer: integer, to: &vector, row: row)
        case .decimal(let precision, let scale):
            guard let (number, isRounded) = decimal(double, precision: precision, scale: scale) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            if isRounded { rounded += 1 }
            write(decimal: number, precision: precision, to: &vector, row: row)
        case .text, .binary: write(printed: "\(double)", to: &vector, row: row)
        case .boolean, .bits, .date, .localTimestamp, .instant, .timeSpan, .exact:
            ColumnSink.misfit(&wrongTypes, &vector, row)
        }
    }

    @inline(__always)
    private mutating func write(integer: Int64, bits: Int, to vector: inout ColumnWriter, row: Int) {
        if isCursor, integer > cursorMax { cursorMax = integer }
        switch bits {
        case 64: vector.set(integer, row: row)
        case 32:
            guard let narrow = Int32(exactly: integer) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            vector.set(narrow, row: row)
        case 16:
            guard let narrow = Int16(exactly: integer) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            vector.set(narrow, row: row)
        default:
            guard let narrow = Int8(exactly: integer) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            vector.set(narrow, row: row)
        }
    }

    @inline(__always)
    private mutating func write(unsigned: UInt64, bits: Int, to vector: inout ColumnWriter, row: Int) {
        if isCursor, let signed = Int64(exactly: unsigned), signed > cursorMax { cursorMax = signed }
        switch bits {
        case 64: vector.set(unsigned, row: row)
        case 32:
            guard let narrow = UInt32(exactly: unsigned) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            vector.set(narrow, row: row)
        case 16:
            guard let narrow = UInt16(exactly: unsigned) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            vector.set(narrow, row: row)
        default:
            guard let narrow = UInt8(exactly: unsigned) else {
                return ColumnSink.misfit(&outOfRange, &vector, row)
            }
            vector.set(narrow, row: row)
        }
    }

    @inline(__always)
    private mutating func write(time microseconds: Int64, to vector: inout ColumnWriter, row: Int) {
        if isCursor, microseconds > cursorMax { cursorMax = microseconds }
        vector.set(microseconds, row: row)
    }

    /// DuckDB holds a decimal in the narrowest integer that its precision fits into.
    @inline(__always)
    private func write(decimal: Int128, precision: Int, to vector: inout ColumnWriter, row: Int) {
        switch precision {
        case ...4: vector.set(Int16(truncatingIfNeeded: decimal), row: row)
        case ...9: vector.set(Int32(truncatingIfNeeded: decimal), row: row)
        case ...18: vector.set(Int64(truncatingIfNeeded: decimal), row: row)
        default: vector.set(decimal, row: row)
        }
    }

    @inline(__always)
    private mutating func write(utf8 text: UnsafeRawBufferPointer, to vector: inout ColumnWriter, row: Int) {
        guard isValidUTF8(text) else {
            invalidTexts += 1
            var repaired = String(decoding: text, as: UTF8.self)
            return repaired.withUTF8 { vector.setBytes(UnsafeRawBufferPointer($0), row: row) }
        }
        vector.setBytes(text, row: row)
    }

    private mutating func write(printed text: String, to vector: inout ColumnWriter, row: Int) {
        var text = text
        text.withUTF8 { write(text: UnsafeRawBufferPointer($0), to: &vector, row: row) }
    }

    /// `double` in units of 10^-`scale`, rounded, and whether rounding changed it; `nil` if it has too many
    /// digits.
    ///
    /// SQLite stores '12.30' as a double. The shortest text of it is the decimal that was meant.
    private func decimal(_ double: Double, precision: Int, scale: Int) -> (number: Int128, isRounded: Bool)? {
        var text = "\(double)"
        let exact = text.withUTF8 {
            MySQLText.decimal(UnsafeRawBufferPointer($0), precision: precision, scale: scale)
        }
        if let exact { return (exact, false) }
        let scaled = (double * power(scale)).rounded()
        // Also refuses NaN, which is less than nothing.
        guard scaled.magnitude < power(precision), scaled.magnitude < 1e38 else { return nil }
        let number = Int128(scaled)
        return (number, Double(number) / power(scale) != double)
    }

    private func power(_ digits: Int) -> Double { (0..<digits).reduce(1.0) { value, _ in value * 10 } }

    private mutating func misfit<Value>(
        _ temporal: MySQLTemporal<Value>, _ vector: inout ColumnWriter, _ row: Int
    ) {
        switch temporal {
        case .zero: zeroDates += 1
        case .partial: partialDates += 1
        case .outOfRange: outOfRange += 1
        case .malformed: wrongTypes += 1
        case .value: break
        }
        vector.setNull(row: row)
    }

    private static func misfit(_ count: inout Int64, _ vector: inout ColumnWriter, _ row: Int) {
        count += 1
        vector.setNull(row: row)
    }
}
