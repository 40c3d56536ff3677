internal import DuckDB
internal import LakeModel
internal import Postgres

/// Rows of PostgreSQL on their way into DuckDB: from a message of the COPY protocol into the vectors, without
/// a row object and without an allocation per value.
final class PostgresRows: RowProducer {
    private let stream: CopyStream
    private let sink: RowSink<PostgresSink>
    private let explain: (PostgresError) -> any Error

    /// - Parameters:
    ///   - arrivals: Of the columns of `reading`, in their order.
    ///   - explain: Makes a diagnostic of an error in mid-stream.
    init(
        _ stream: CopyStream, reading: TableReading, arrivals: [PostgresArrival],
        explain: @escaping (PostgresError) -> any Error
    ) {
        self.stream = stream
        self.explain = explain
        sink = RowSink(reading) { index, _, track in PostgresSink(arrivals[index], track) }
    }

    func fill(_ chunk: inout OutputChunk) throws {
        let (sink, columns, capacity) = (self.sink, self.sink.columns, chunk.capacity)
        let isComposite = sink.isComposite
        sink.begin(&chunk)
        var (row, bytes) = (0, 0)
        while row < capacity, bytes < OutputChunk.bytesMax, try next() {
            for column in 0..<columns.count {
                guard let field = stream.field(column) else {
                    chunk.setNull(row: row, column: column)
                    continue
                }
                bytes &+= field.count
                let reason = chunk.withColumn(column) {
                    columns[column].write(field, to: &$0, row: row)
                }
                if let reason {
                    try sink.note(reason, column: column, row: row, in: &chunk) { index in
                        stream.field(index).map { columns[index].printed($0) } ?? .null
                    }
                }
            }
            if isComposite { sink.endRow() }
            row &+= 1
        }
        sink.end(&chunk, rows: row, bytes: bytes)
    }

    @inline(__always)
    private func next() throws -> Bool {
        do {
            return try stream.next()
        } catch {
            throw explain(error)
        }
    }

    var counts: (rows: Int64, bytes: Int64) { sink.counts }
    var ledger: ExtractionLedger { sink.ledger }
}
