internal import DuckDB
internal import LakeModel
internal import Postgres

/// Rows of PostgreSQL on their way into DuckDB: from a message of the COPY protocol into the vectors, without
/// a row object and without an allocation per value.
final class PostgresRows: RowProducer {
    private let stream: CopyStream
    private let reading: TableReading
    private let explain: (PostgresError) -> any Error
    private let refuse: (SourceColumn, Conversion.Reason, Conversion.Sample) -> any Error
    private var sinks: [PostgresSink]
    /// For each column the number of the column of text beside it.
    private let sidecars: [Int?]
    private let hasSidecars: Bool
    private var sidecarTexts: [Int: String] = [:]
    private let keys: [Int]
    private let cursors: [Int]
    private var losses: [Loss: (values: Int64, samples: [Conversion.Sample])] = [:]
    /// Of a cursor of one column.
    private var greatest: Int64?
    /// Of a composite cursor, the leading column first.
    private var greatestTuple: [Int64] = []
    private let future: Int64
    private var rows: Int64 = 0
    private var bytes = 0

    private struct Loss: Hashable {
        let column: Int
        let reason: Conversion.Reason
    }

    /// - Parameters:
    ///   - arrivals: Of the columns of `reading`, in their order.
    ///   - explain: Makes a diagnostic of an error in mid-stream.
    ///   - refuse: Makes one of a value that may not be changed.
    init(
        _ stream: CopyStream, reading: TableReading, arrivals: [PostgresArrival],
        explain: @escaping (PostgresError) -> any Error,
        refuse: @escaping (SourceColumn, Conversion.Reason, Conversion.Sample) -> any Error
    ) {
        self.stream = stream
        self.reading = reading
        self.explain = explain
        self.refuse = refuse
        let columns = reading.table.columns
        sinks = zip(columns, arrivals).map { PostgresSink($0, $1) }
        var next = columns.count
        sidecars = columns.map { column in
            guard column.hasSidecar else { return nil }
            defer { next += 1 }
            return next
        }
        hasSidecars = next > columns.count
        keys = reading.table.primaryKey.compactMap { key in columns.firstIndex { $0.name == key } }
        cursors = reading.cursorIndexes
        future =
            switch reading.bounds?.future {
            case .time(let value)?, .integer(let value)?: value
            case .tuple?, nil: .max
            }
    }

    func fill(_ chunk: inout OutputChunk) throws {
        var row = 0
        do {
            while row < chunk.capacity, try stream.next() {
                for column in sinks.indices {
                    var reason: Conversion.Reason?
                    chunk.withColumn(column) { vector in
                        if let field = stream.field(column) {
                            bytes &+= field.count
                            reason = sinks[column].write(field, to: &vector, row: row)
                        } else {
                            sinks[column].writeNull(to: &vector, row: row)
                        }
                    }
                    if let reason { try lose(column, reason) }
                }
                if !cursors.isEmpty { try followCursor() }
                if hasSidecars { writeSidecars(to: &chunk, row: row) }
                row += 1
            }
        } catch let error as PostgresError {
            throw explain(error)
        }
        rows += Int64(row)
        chunk.count = row
    }

    var counts: (rows: Int64, bytes: Int64) { (rows, Int64(bytes)) }

    var ledger: ExtractionLedger {
        var ledger = ExtractionLedger()
        (ledger.rows, ledger.bytes) = (rows, Int64(bytes))
        ledger.cursorMax = greatestCursor
        ledger.conversions = losses.map { loss, counted in
            Conversion(
                column: sinks[loss.column].column.name, reason: loss.reason, values: counted.values,
                samples: counted.samples)
        }.sorted()
        return ledger
    }

    // MARK: Cursor

    private func followCursor() throws {
        // Without a leading value a row has no place in any range.
        guard let leading = sinks[cursors[0]].cursor else { return }
        guard leading < future else {
            try lose(cursors[0], .futureCursor)
            return
        }
        guard cursors.count > 1 else {
            greatest = max(greatest ?? leading, leading)
            return
        }
        // Most rows do not come in the order of the cursor.
        if let before = greatestTuple.first, leading < before { return }
        let values = cursors.map { sinks[$0].cursor ?? .min }
        if greatestTuple.isEmpty || greatestTuple.lexicographicallyPrecedes(values) { greatestTuple = values }
    }

    private var greatestCursor: CursorValue? {
        let counted = greatest.map { [$0] } ?? greatestTuple
        guard !counted.isEmpty else { return nil }
        let values = zip(cursors, counted).map { index, value in
            sinks[index].column.type.cursorKind == .number
                ? CursorValue.integer(value) : .time(microseconds: value)
        }
        return values.count == 1 ? values[0] : .tuple(values)
    }

    // MARK: Losses

    /// Counts a value that is not in bronze as it was, or refuses it.
    private func lose(_ column: Int, _ reason: Conversion.Reason) throws {
        guard let field = stream.field(column) else { return }
        let rule = sinks[column].column.rule
        let loss = Loss(column: column, reason: reason)
        var counted = losses[loss] ?? (0, [])
        let isRefused =
            switch reason {
            case .futureCursor: false
            case .invalidText: rule.invalidText == .reject
            default: rule.losses == .fail
            }
        counted.values += 1
        if isRefused || counted.samples.count < Conversion.samplesMax {
            let sample = Conversion.Sample(
                key: keys.map { self.printed($0, field: stream.field($0)) }.joined(separator: ", "),
                value: sinks[column].printed(field).cut(toBytes: 64))
            if isRefused { throw refuse(sinks[column].column, reason, sample) }
            counted.samples.append(sample)
        }
        losses[loss] = counted
        if let sidecar = sidecars[column], reason != .futureCursor {
            sidecarTexts[sidecar] = sinks[column].printed(field)
        }
    }

    private func printed(_ column: Int, field: UnsafeRawBufferPointer?) -> String {
        field.map { sinks[column].printed($0) } ?? "NULL"
    }

    /// Every row has a value or NULL in the columns of text beside others.
    private func writeSidecars(to chunk: inout OutputChunk, row: Int) {
        for case let sidecar? in sidecars {
            chunk.withColumn(sidecar) { vector in
                guard var text = sidecarTexts.removeValue(forKey: sidecar) else {
                    vector.setNull(row: row)
                    return
                }
                text.withUTF8 { vector.setBytes(UnsafeRawBufferPointer($0), row: row) }
            }
        }
    }
}

extension String {
    /// The beginning, of at most so many bytes, without half a character at the end.
    fileprivate func cut(toBytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: count)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
