package import DuckDB
internal import LakeModel
internal import Synchronization

/// The table function by which DuckDB asks for the rows of a source: `tarn_source_rows(number)`.
///
/// Rows are made in DuckDB's own vectors when it asks for them, so no more than one chunk of a table and
/// the row group that is being compressed are ever in memory.
package final class RowFeed: TableFunction {
    private let open = Mutex<(next: UInt64, feeds: [UInt64: Feed])>((1, [:]))

    package init() {}

    package let name = "tarn_source_rows"
    package let parameters: [LogicalType] = [.ubigint]

    package func bind(_ arguments: BindArguments) throws -> TableBinding<Feed> {
        guard case .uint64(let number)? = arguments.positional.first,
            let feed = open.withLock({ $0.feeds[number] })
        else { throw DuckDBError(.invalidInput, "\(name) is for Tarn's own use.") }
        return TableBinding(columns: feed.columns, bound: feed)
    }

    package func start(_ bound: Feed, columns: [Int]) -> TableScan<Feed> { TableScan(bound) }

    package func makeLocal(_ bound: Feed, scan: Feed) {}

    package func produce(_ bound: Feed, scan: Feed, local: inout Void, into chunk: inout OutputChunk) throws {
        try bound.producer.fill(&chunk)
        let counts = bound.producer.counts
        bound.progress.note(rows: counts.rows, bytes: counts.bytes)
    }

    /// Writes all rows of `producer` into a new Parquet file at `path`. Blocks.
    func write(
        _ producer: any RowProducer, of table: SourceTable, to path: String, on connection: Connection,
        progress: ExtractionProgress
    ) throws {
        let feed = Feed(
            producer: producer,
            columns: table.columns.map { ResultColumn(name: $0.name, type: $0.type.logicalType) },
            progress: progress)
        let number = open.withLock { open in
            defer { open.next += 1 }
            open.feeds[open.next] = feed
            return open.next
        }
        defer { open.withLock { _ = $0.feeds.removeValue(forKey: number) } }
        do {
            try connection.execute(
                """
                COPY (SELECT * FROM \(name)(\(number)::UBIGINT)) TO \(quotedLiteral(path)) \
                (FORMAT parquet, COMPRESSION snappy)
                """)
        } catch {
            throw error.underlying ?? error
        }
    }

    /// The rows of one extraction.
    ///
    /// Sendable without the compiler's proof because of its producer, which is used by one thread at a
    /// time: a scan has one thread, there is one scan of a feed, and the thread that runs the COPY waits
    /// for its end.
    package final class Feed: @unchecked Sendable {
        let producer: any RowProducer
        let columns: [ResultColumn]
        let progress: ExtractionProgress

        init(producer: any RowProducer, columns: [ResultColumn], progress: ExtractionProgress) {
            self.producer = producer
            self.columns = columns
            self.progress = progress
        }
    }
}

extension BronzeType {
    var logicalType: LogicalType {
        switch self {
        case .boolean: .boolean
        case .integer(8, true): .tinyint
        case .integer(8, false): .utinyint
        case .integer(16, true): .smallint
        case .integer(16, false): .usmallint
        case .integer(32, true): .integer
        case .integer(32, false): .uinteger
        case .integer(_, true), .timeSpan: .bigint
        case .integer(_, false), .bits: .ubigint
        case .decimal(let precision, let scale): .decimal(width: precision, scale: scale)
        case .float: .float
        case .double: .double
        case .date: .date
        case .localTimestamp: .timestamp
        case .instant: .timestampTZ
        case .text: .varchar
        case .binary: .blob
        }
    }
}
