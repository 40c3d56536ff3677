internal import DuckDB
internal import LakeModel
internal import MySQL

/// Values of SQLite, where a column may hold any kind of value whatever type it declares.
extension ColumnSink {
    /// Writes a value that came as an integer.
    mutating func write(integer: Int64, to vector: inout ColumnWriter, row: Int) -> Conversion.Reason? {
        switch type {
        case .integer, .bits: return write(signed: integer, to: &vector, row: row)
        case .double: vector.set(Double(integer), row: row)
        case .float:
            let narrow = Float(integer)
            vector.set(narrow, row: row)
            return Int64(exactly: narrow) == integer ? nil : .rounded
        case .boolean:
            guard integer == 0 || integer == 1 else { return .outOfRange }
            vector.set(integer == 1, row: row)
        case .decimal, .text, .binary: return write(printed: String(integer), to: &vector, row: row)
        case .date, .localTimestamp, .instant, .timeSpan, .uuid, .exact: return .wrongType
        }
        return nil
    }

    /// Writes a value that came as a double, as SQLite stores what it takes for one.
    mutating func write(double: Double, to vector: inout ColumnWriter, row: Int) -> Conversion.Reason? {
        switch type {
        case .double: vector.set(double, row: row)
        case .float:
            let narrow = Float(double)
            vector.set(narrow, row: row)
            return Double(narrow) == double || double.isNaN ? nil : .rounded
        case .integer, .bits, .boolean:
            guard double.isFinite else { return .notFinite }
            guard let integer = Int64(exactly: double) else {
                return double.rounded() == double ? .outOfRange : .wrongType
            }
            return write(integer: integer, to: &vector, row: row)
        case .decimal(let precision, let scale):
            guard double.isFinite else { return .notFinite }
            guard let (number, isRounded) = ColumnSink.decimal(double, precision: precision, scale: scale)
            else { return .outOfRange }
            write(decimal: number, to: &vector, row: row)
            return isRounded ? .rounded : nil
        case .text, .binary: return write(printed: "\(double)", to: &vector, row: row)
        case .date, .localTimestamp, .instant, .timeSpan, .uuid, .exact: return .wrongType
        }
        return nil
    }

    mutating func write(
        printed text: String, to vector: inout ColumnWriter, row: Int
    ) -> Conversion.Reason? {
        var text = text
        return text.withUTF8 { write(text: UnsafeRawBufferPointer($0), to: &vector, row: row) }
    }

    /// `double` in units of 10^-`scale`, rounded, and whether rounding changed it; `nil` if it has too many
    /// digits.
    ///
    /// SQLite stores '12.30' as a double. The shortest text of it is the decimal that was meant.
    private static func decimal(
        _ double: Double, precision: Int, scale: Int
    ) -> (number: Int128, isRounded: Bool)? {
        var text = "\(double)"
        let exact = text.withUTF8 {
            MySQLText.decimal(UnsafeRawBufferPointer($0), precision: precision, scale: scale)
        }
        if let exact { return (exact, false) }
        let scaled = (double * power(scale)).rounded()
        guard scaled.magnitude < power(precision), scaled.magnitude < 1e38 else { return nil }
        let number = Int128(scaled)
        return (number, Double(number) / power(scale) != double)
    }

    private static func power(_ digits: Int) -> Double { (0..<digits).reduce(1.0) { value, _ in value * 10 } }
}
