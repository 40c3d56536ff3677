internal import DuckDB
internal import LakeModel

/// The columns of one reading on their way into chunks, and the ledger of what happened to their values.
///
/// Values that fit go through ``columns`` and leave no trace here. The others come to
/// ``note(_:column:row:in:value:)``, which counts them, keeps the first few as samples, and does what the
/// column's rule says.
final class RowSink<Column: ValueSink> {
    /// One per column of the table.
    let columns: UnsafeMutableBufferPointer<Column>
    private let table: SourceTable
    /// Where the text column of a column lies, if it has one.
    private let sidecars: [Int: Int]
    private let keyIndexes: [Int]
    private let cursorIndexes: [Int]
    private var tupleMax: [Int64] = []
    private var lines: [LedgerLine: (values: Int64, samples: [Conversion.Sample])] = [:]
    private(set) var rows: Int64 = 0
    private(set) var bytes: Int64 = 0

    /// - Parameter makeColumn: Makes the sink of the column at an index.
    init(_ reading: TableReading, _ makeColumn: (Int, SourceColumn, CursorTrack) -> Column) {
        table = reading.table
        let table = reading.table
        let cursors = reading.cursorIndexes
        cursorIndexes = cursors
        keyIndexes = reading.key.compactMap { name in table.columns.firstIndex { $0.name == name } }
        let withSidecar = table.columns.indices.filter { table.columns[$0].hasSidecar }
        sidecars = Dictionary(
            uniqueKeysWithValues: withSidecar.enumerated().map { ($1, table.columns.count + $0) })
        columns = .allocate(capacity: table.columns.count)
        for (index, column) in table.columns.enumerated() {
            columns.initializeElement(
                at: index,
                to: makeColumn(
                    index, column,
                    CursorTrack(
                        isCursor: cursors.contains(index),
                        future: index == cursors.first ? reading.bounds?.future : nil)))
        }
    }

    deinit {
        columns.deinitialize()
        columns.deallocate()
    }

    // MARK: Chunks

    /// Prepares a chunk: text columns beside others are NULL unless a value says otherwise.
    func begin(_ chunk: inout OutputChunk) {
        precondition(
            chunk.columnCount == columns.count + sidecars.count, "The chunk is of another table.")
        for sidecar in sidecars.values {
            for row in 0..<chunk.capacity { chunk.setNull(row: row, column: sidecar) }
        }
    }

    /// Whether rows have to be followed by ``endRow()``.
    var isComposite: Bool { cursorIndexes.count > 1 }

    /// Notes how far a cursor of several columns got. A row that lacks one of its values has no place in
    /// the order.
    func endRow() {
        let now = cursorIndexes.map { columns[$0].track.current }
        for index in cursorIndexes { columns[index].track.current = .min }
        guard !now.contains(.min) else { return }
        if tupleMax.isEmpty || tupleMax.lexicographicallyPrecedes(now) { tupleMax = now }
    }

    func end(_ chunk: inout OutputChunk, rows: Int, bytes: Int) {
        chunk.count = rows
        self.rows += Int64(rows)
        self.bytes += Int64(bytes)
    }

    var counts: (rows: Int64, bytes: Int64) { (rows, bytes) }

    // MARK: The ledger

    /// Deals with a value that could not be held as it was.
    ///
    /// - Parameter value: What the source sent for a column of the row.
    /// - Throws: ``LostValue`` if the column's rule wants it.
    @inline(never)
    func note(
        _ reason: Conversion.Reason, column: Int, row: Int, in chunk: inout OutputChunk,
        value: (Int) -> SourceValue
    ) throws {
        let definition = table.columns[column]
        let original = value(column)
        switch reason {
        case .futureCursor: break
        case .invalidText:
            guard definition.rule.invalidText != .reject else {
                throw lost(reason, definition, original, value)
            }
            original.withBytes { bytes in
                var repaired = String(decoding: bytes, as: UTF8.self)
                repaired.withUTF8 { text in
                    chunk.withColumn(column) { $0.setBytes(UnsafeRawBufferPointer(text), row: row) }
                }
            }
        default:
            guard definition.rule.losses != .fail else { throw lost(reason, definition, original, value) }
            // A rounded value is kept.
            if reason != .rounded { chunk.setNull(row: row, column: column) }
            guard let sidecar = sidecars[column] else { break }
            var text = original.text()
            text.withUTF8 { text in
                chunk.withColumn(sidecar) {
                    $0.unsetNull(row: row)
                    $0.setBytes(UnsafeRawBufferPointer(text), row: row)
                }
            }
        }
        let line = LedgerLine(column: column, reason: reason)
        lines[line, default: (0, [])].values += 1
        guard lines[line, default: (0, [])].samples.count < Conversion.samplesMax else { return }
        lines[line]?.samples.append(
            Conversion.Sample(key: key(value), value: original.text(bytesMax: Conversion.Sample.bytesMax)))
    }

    private func key(_ value: (Int) -> SourceValue) -> String {
        keyIndexes.map { value($0).text(bytesMax: Conversion.Sample.bytesMax) }.joined(separator: ", ")
    }

    private func lost(
        _ reason: Conversion.Reason, _ column: SourceColumn, _ original: SourceValue,
        _ value: (Int) -> SourceValue
    ) -> LostValue {
        LostValue(
            column: column.name, type: column.type, reason: reason,
            sample: Conversion.Sample(
                key: key(value), value: original.text(bytesMax: Conversion.Sample.bytesMax)))
    }

    var ledger: ExtractionLedger {
        var ledger = ExtractionLedger()
        (ledger.rows, ledger.bytes) = (rows, bytes)
        ledger.cursorMax = cursorMax
        ledger.conversions = lines.map { line, found in
            Conversion(
                column: table.columns[line.column].name, reason: line.reason, values: found.values,
                samples: found.samples)
        }.sorted()
        return ledger
    }

    private var cursorMax: CursorValue? {
        guard isComposite else {
            return cursorIndexes.first.flatMap { cursor($0, columns[$0].track.greatest) }
        }
        let values = zip(cursorIndexes, tupleMax).compactMap { cursor($0, $1) }
        return values.isEmpty ? nil : .tuple(values)
    }

    private func cursor(_ index: Int, _ value: Int64) -> CursorValue? {
        guard value != .min else { return nil }
        if case .integer = table.columns[index].type { return .integer(value) }
        return .time(microseconds: value)
    }
}

/// What a ledger counts separately.
private struct LedgerLine: Hashable {
    let column: Int
    let reason: Conversion.Reason
}

extension Conversion.Sample {
    /// A longer key or value is cut.
    fileprivate static let bytesMax = 64
}

extension OutputChunk {
    /// A chunk ends early after so many bytes: 2,048 rows with a blob each would not fit into memory.
    static let bytesMax = 4 << 20
}

/// A value that its column may not lose.
struct LostValue: Error {
    let column: String
    let type: BronzeType
    let reason: Conversion.Reason
    let sample: Conversion.Sample
}
