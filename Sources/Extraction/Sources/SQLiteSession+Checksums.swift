internal import LakeModel
internal import MySQL
internal import SQLite

extension SQLiteSession {
    /// A pass of its own over the rows. SQLite itself cannot add up: its sums are doubles or overflow.
    func checksums(of reading: TableReading) throws -> [ColumnChecksum]? {
        let columns = reading.table.columns
        return try wrap(reading.table.name) {
            let statement = try connection.prepare(
                reading.select(quote: SQLiteConnection.quoteIdentifier))
            var sums = columns.map { SQLiteColumnSum($0.type) }
            while try statement.step() {
                for index in columns.indices { sums[index].add(statement, index) }
            }
            return columns.indices.map { index in
                ColumnChecksum(
                    column: columns[index].name, values: sums[index].values, sum: sums[index].text)
            }
        }
    }
}

/// Adds up what ``BronzeType/checksumMeasure(of:)`` measures in one column. A value without a measure is one
/// that the ledger has; such a column is not compared.
private struct SQLiteColumnSum {
    private let type: BronzeType
    private(set) var values: Int64 = 0
    /// `nil` once there are too many digits.
    private var sum: Int128? = 0

    init(_ type: BronzeType) { self.type = type }

    mutating func add(_ statement: SQLiteStatement, _ column: Int) {
        let measure: Int128?
        switch statement.storageClass(column) {
        case .null: return
        case .integer: measure = self.measure(statement.int64(column))
        case .real: measure = self.measure(statement.double(column))
        case .text, .blob: measure = self.measure(statement.bytes(column))
        }
        values += 1
        guard let now = sum, let measure else { return }
        let (next, isOver) = now.addingReportingOverflow(measure)
        sum = isOver ? nil : next
    }

    private func measure(_ number: Int64) -> Int128? {
        switch type {
        case .decimal, .text, .binary: measure(printed: String(number))
        default: Int128(number)
        }
    }

    private func measure(_ number: Double) -> Int128? {
        switch type {
        case .decimal, .text, .binary: measure(printed: "\(number)")
        default: Int128(exactly: number)
        }
    }

    private func measure(printed text: String) -> Int128? {
        var text = text
        return text.withUTF8 { measure(UnsafeRawBufferPointer($0)) }
    }

    private func measure(_ text: UnsafeRawBufferPointer) -> Int128? {
        switch type {
        case .text, .binary: return Int128(text.count)
        case .decimal(_, let scale): return MySQLText.decimal(text, precision: 38, scale: scale)
        case .date: if case .value(let days) = MySQLText.date(text) { return Int128(days) }
        case .localTimestamp, .instant:
            if case .value(let microseconds) = MySQLText.dateTime(text) { return Int128(microseconds) }
        case .timeSpan:
            if case .value(let microseconds) = MySQLText.time(text) { return Int128(microseconds) }
        case .boolean, .integer, .bits: return Int128(String(decoding: text, as: UTF8.self))
        case .float, .double, .uuid, .exact: break
        }
        return nil
    }

    /// As DuckDB prints it; `nil` for a column that is only counted.
    var text: String? {
        guard values > 0, let sum else { return nil }
        switch type {
        case .float, .double: return nil
        case .decimal(_, let scale) where scale > 0:
            let digits = String(sum.magnitude)
            let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
            return (sum < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
        default: return String(sum)
        }
    }
}
