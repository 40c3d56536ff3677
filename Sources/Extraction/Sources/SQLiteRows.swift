internal import DuckDB
internal import LakeModel
internal import SQLite

/// A result of SQLite on its way into DuckDB. A column may hold values of any kind, whatever type it
/// declares.
final class SQLiteRows: RowProducer {
    private let statement: SQLiteStatement
    private var sinks: [ColumnSink]
    private let cursorIndex: Int?
    private let explain: (SQLiteError) -> any Error
    private var rows: Int64 = 0
    private var bytes = 0
    private var isAtEnd = false

    /// - Parameter explain: Makes a diagnostic of an error in mid-stream.
    init(_ statement: SQLiteStatement, reading: TableReading, explain: @escaping (SQLiteError) -> any Error) {
        self.statement = statement
        self.explain = explain
        cursorIndex = reading.cursorIndexes.first
        sinks = reading.table.columns.enumerated().map { index, column in
            ColumnSink(column, isCursor: index == reading.cursorIndexes.first)
        }
    }

    func fill(_ chunk: inout OutputChunk) throws {
        var row = 0
        do {
            while row < chunk.capacity, !isAtEnd {
                guard try statement.step() else {
                    // SQLite would begin anew at the next step.
                    isAtEnd = true
                    break
                }
                for column in sinks.indices { chunk.withColumn(column) { write(column, to: &$0, row: row) } }
                row += 1
            }
        } catch let error {
            throw explain(error)
        }
        rows += Int64(row)
        chunk.count = row
    }

    private func write(_ column: Int, to vector: inout ColumnWriter, row: Int) {
        switch statement.storageClass(column) {
        case .null: vector.setNull(row: row)
        case .integer:
            bytes &+= 8
            sinks[column].write(integer: statement.int64(column), to: &vector, row: row)
        case .real:
            bytes &+= 8
            sinks[column].write(double: statement.double(column), to: &vector, row: row)
        case .text, .blob:
            let value = statement.bytes(column)
            bytes &+= value.count
            sinks[column].write(loose: value, to: &vector, row: row)
        }
    }

    var counts: (rows: Int64, bytes: Int64) { (rows, Int64(bytes)) }

    var ledger: ExtractionLedger {
        ExtractionLedger(rows: rows, bytes: Int64(bytes), sinks, cursorIndex: cursorIndex)
    }
}
