internal import DuckDB

/// Up to 2048 rows, column by column, copied out of a DuckDB chunk so that they can be read row by row.
///
/// One batch is filled again and again; its memory is that of its largest filling.
final class RowBatch {
    final class Column {
        let kind: SampleColumn.Kind
        /// Of `.integer`.
        fileprivate(set) var integers: [Int64] = []
        /// Of `.double`.
        fileprivate(set) var doubles: [Double] = []
        /// Of `.text` and `.bytes`: the values one after the other, and where each ends.
        fileprivate(set) var bytes: [UInt8] = []
        fileprivate(set) var ends: [Int] = []
        fileprivate(set) var isNull: [Bool] = []

        init(kind: SampleColumn.Kind) { self.kind = kind }

        /// Lends the bytes of a `.text` or `.bytes` value.
        func withBytes<R, E: Error>(
            row: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
        ) throws(E) -> R {
            let start = row == 0 ? 0 : ends[row - 1]
            let end = ends[row]
            var outcome: Result<R, E>?
            bytes.withUnsafeBytes { all in
                outcome = Result { () throws(E) -> R in
                    try body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
                }
            }
            guard let outcome else { preconditionFailure("The body of withUnsafeBytes runs once.") }
            return try outcome.get()
        }
    }

    let columns: [Column]
    private(set) var count = 0

    init(_ table: SampleTable) { columns = table.columns.map { Column(kind: $0.kind) } }

    func fill(from chunk: borrowing DataChunk) {
        count = chunk.count
        for (index, column) in columns.enumerated() {
            chunk.withColumn(index) { view in column.fill(from: view) }
        }
    }
}

extension RowBatch.Column {
    fileprivate func fill(from view: borrowing ColumnView) {
        let count = view.count
        isNull.removeAll(keepingCapacity: true)
        for row in 0..<count { isNull.append(!view.isValid(row: row)) }
        switch kind {
        case .integer:
            integers.removeAll(keepingCapacity: true)
            view.withValues(as: Int64.self) { values in
                for row in values.indices { integers.append(values[row]) }
            }
        case .double:
            doubles.removeAll(keepingCapacity: true)
            view.withValues(as: Double.self) { values in
                for row in values.indices { doubles.append(values[row]) }
            }
        case .text, .bytes:
            bytes.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
            for row in 0..<count {
                view.withBytes(row: row) { bytes.append(contentsOf: $0) }
                ends.append(bytes.count)
            }
        }
    }
}
