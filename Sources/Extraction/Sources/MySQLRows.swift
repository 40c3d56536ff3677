internal import DuckDB
internal import LakeModel
internal import MySQL

/// A result of MySQL on its way into DuckDB: from the library's network buffer into the vectors, without a
/// row object and without an allocation per value.
final class MySQLRows: RowProducer {
    private let stream: RowStream
    private var sinks: [ColumnSink]
    private let cursorIndex: Int?
    private let explain: (MySQLError) -> any Error
    private var rows: Int64 = 0
    private var bytes = 0

    /// - Parameter explain: Makes a diagnostic of an error in mid-stream.
    init(_ stream: RowStream, reading: TableReading, explain: @escaping (MySQLError) -> any Error) {
        self.stream = stream
        self.explain = explain
        cursorIndex = reading.cursorIndexes.first
        sinks = reading.table.columns.enumerated().map { index, column in
            ColumnSink(column, isCursor: index == reading.cursorIndexes.first)
        }
    }

    func fill(_ chunk: inout OutputChunk) throws {
        var row = 0
        do {
            while row < chunk.capacity, try stream.next() {
                for column in sinks.indices {
                    chunk.withColumn(column) { vector in
                        if let field = stream.field(column) {
                            bytes &+= field.count
                            sinks[column].write(text: field, to: &vector, row: row)
                        } else {
                            vector.setNull(row: row)
                        }
                    }
                }
                row += 1
            }
        } catch let error {
            throw explain(error)
        }
        rows += Int64(row)
        chunk.count = row
    }

    var counts: (rows: Int64, bytes: Int64) { (rows, Int64(bytes)) }

    var ledger: ExtractionLedger {
        ExtractionLedger(rows: rows, bytes: Int64(bytes), sinks, cursorIndex: cursorIndex)
    }
}

extension ExtractionLedger {
    /// What the sinks of one producer counted.
    init(rows: Int64, bytes: Int64, _ sinks: [ColumnSink], cursorIndex: Int?) {
        self.init()
        self.rows = rows
        self.bytes = bytes
        cursorMax = cursorIndex.flatMap { sinks[$0].cursor }
        conversions = sinks.flatMap(\.conversions)
    }
}
