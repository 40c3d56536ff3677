internal import DuckDB
internal import LakeModel
internal import MySQL

/// A result of MySQL on its way into DuckDB: from the library's network buffer into the vectors, without a
/// row object and without an allocation per value.
final class MySQLRows: RowProducer {
    private let stream: RowStream
    private let sink: RowSink<ColumnSink>
    private let explain: (MySQLError) -> any Error

    /// - Parameter explain: Makes a diagnostic of an error in mid-stream.
    init(_ stream: RowStream, reading: TableReading, explain: @escaping (MySQLError) -> any Error) {
        self.stream = stream
        self.explain = explain
        sink = RowSink(reading) { ColumnSink($1, $2, wire: .mysql) }
    }

    func fill(_ chunk: inout OutputChunk) throws {
        let (sink, columns, capacity) = (self.sink, self.sink.columns, chunk.capacity)
        let isComposite = sink.isComposite
        sink.begin(&chunk)
        var (row, bytes) = (0, 0)
        while row < capacity, bytes < OutputChunk.bytesMax, let fields = try next() {
            for column in 0..<columns.count {
                guard let field = fields[column] else {
                    chunk.setNull(row: row, column: column)
                    continue
                }
                bytes &+= field.count
                let reason = chunk.withColumn(column) {
                    columns[column].write(text: field, to: &$0, row: row)
                }
                if let reason {
                    try sink.note(reason, column: column, row: row, in: &chunk) { index in
                        fields[index].map { SourceValue.bytes($0) } ?? .null
                    }
                }
            }
            if isComposite { sink.endRow() }
            row &+= 1
        }
        sink.end(&chunk, rows: row, bytes: bytes)
    }

    @inline(__always)
    private func next() throws -> MySQLRow? {
        do {
            return try stream.nextRow()
        } catch {
            throw explain(error)
        }
    }

    var counts: (rows: Int64, bytes: Int64) { sink.counts }
    var ledger: ExtractionLedger { sink.ledger }
}
