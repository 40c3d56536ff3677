internal import DuckDB
internal import LakeModel
internal import SQLite

/// A result of SQLite on its way into DuckDB. A column may hold values of any kind, whatever type it
/// declares.
final class SQLiteRows: RowProducer {
    private let statement: SQLiteStatement
    private let sink: RowSink<ColumnSink>
    private let explain: (SQLiteError) -> any Error
    private var isAtEnd = false

    /// - Parameter explain: Makes a diagnostic of an error in mid-stream.
    init(_ statement: SQLiteStatement, reading: TableReading, explain: @escaping (SQLiteError) -> any Error) {
        self.statement = statement
        self.explain = explain
        sink = RowSink(reading) { ColumnSink($1, $2, wire: .plain) }
    }

    func fill(_ chunk: inout OutputChunk) throws {
        let (sink, columns, capacity) = (self.sink, self.sink.columns, chunk.capacity)
        let isComposite = sink.isComposite
        sink.begin(&chunk)
        var (row, bytes) = (0, 0)
        while row < capacity, bytes < OutputChunk.bytesMax, try step() {
            for column in 0..<columns.count {
                let value = value(of: column)
                let reason = chunk.withColumn(column) { vector -> Conversion.Reason? in
                    switch value {
                    case .null:
                        vector.setNull(row: row)
                        return nil
                    case .integer(let number):
                        bytes &+= 8
                        return columns[column].write(integer: number, to: &vector, row: row)
                    case .double(let number):
                        bytes &+= 8
                        return columns[column].write(double: number, to: &vector, row: row)
                    case .bytes(let text):
                        bytes &+= text.count
                        return columns[column].write(text: text, to: &vector, row: row)
                    case .string(let text):
                        return columns[column].write(printed: text, to: &vector, row: row)
                    }
                }
                if let reason {
                    try sink.note(
                        reason, column: column, row: row, in: &chunk, value: { self.value(of: $0) })
                }
            }
            if isComposite { sink.endRow() }
            row += 1
        }
        sink.end(&chunk, rows: row, bytes: bytes)
    }

    private func step() throws -> Bool {
        // SQLite would begin anew after the end.
        guard !isAtEnd else { return false }
        do {
            isAtEnd = try !statement.step()
        } catch {
            throw explain(error)
        }
        return !isAtEnd
    }

    private func value(of column: Int) -> SourceValue {
        switch statement.storageClass(column) {
        case .null: .null
        case .integer: .integer(statement.int64(column))
        case .real: .double(statement.double(column))
        case .text, .blob: .bytes(statement.bytes(column))
        }
    }

    var counts: (rows: Int64, bytes: Int64) { sink.counts }
    var ledger: ExtractionLedger { sink.ledger }
}
