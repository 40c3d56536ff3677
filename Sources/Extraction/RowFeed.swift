package import DuckDB
internal import LakeModel
internal import Synchronization

/// The table function by which DuckDB asks for the rows of a source: `tarn_source_rows(number)`.
///
/// Rows are made in DuckDB's own vectors when it asks for them, so no more than one chunk of a table and
/// the row groups that are being compressed are ever in memory.
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

    package func start(_ bound: Feed, columns: [Int]) -> TableScan<Feed> {
        TableScan(bound, threadsMax: bound.readers)
    }

    package func makeLocal(_ bound: Feed, scan: Feed) -> FeedReader? { scan.takeReader() }

    package func produce(
        _ bound: Feed, scan: Feed, local: inout FeedReader?, into chunk: inout OutputChunk
    ) throws {
        guard let reader = local else {
            chunk.count = 0
            return
        }
        try reader.fill(&chunk)
    }

    /// Writes all rows that the readers of `feed` have into a new Parquet file at `path`. Blocks.
    func write(_ feed: Feed, to path: String, on connection: Connection) throws {
        try run(feed, on: connection) { rows in
            """
            COPY (SELECT * FROM \(rows)) TO \(quotedLiteral(path)) (FORMAT parquet, COMPRESSION snappy)
            """
        }
    }

    /// Runs the statement that `sql` makes of the table function with the rows of `feed`. Blocks.
    @discardableResult
    func run(
        _ feed: Feed, on connection: Connection, _ sql: (_ rows: String) -> String
    ) throws -> QueryResult {
        let number = open.withLock { open in
            defer { open.next += 1 }
            open.feeds[open.next] = feed
            return open.next
        }
        defer { open.withLock { _ = $0.feeds.removeValue(forKey: number) } }
        do {
            return try connection.query(sql("\(name)(\(number)::UBIGINT)"))
        } catch {
            throw error.underlying ?? error
        }
    }

    /// The rows of one reading, by one reader or several.
    package final class Feed: Sendable {
        let columns: [ResultColumn]
        let readers: Int
        private let idle: Mutex<[FeedReader]>

        init(_ readers: [FeedReader], of table: SourceTable) {
            columns =
                table.columns.map { ResultColumn(name: $0.name, type: $0.type.logicalType) }
                + table.columns.filter(\.hasSidecar).map {
                    ResultColumn(name: ColumnRule.sidecar(of: $0.name), type: .varchar)
                }
            self.readers = readers.count
            idle = Mutex(readers.reversed())
        }

        func takeReader() -> FeedReader? { idle.withLock { $0.popLast() } }
    }
}

/// Slices that are still to be read.
final class SliceQueue: Sendable {
    private let slices: Mutex<[Slice]>

    init(_ slices: [Slice]) { self.slices = Mutex(slices.reversed()) }

    func next() -> Slice? { slices.withLock { $0.popLast() } }
}

/// One session that reads slice after slice.
///
/// Sendable without the compiler's proof because DuckDB gives each thread of a scan a reader of its own, and
/// the thread that runs the COPY waits for all of them.
package final class FeedReader: @unchecked Sendable {
    private let session: any SourceSession
    private let reading: TableReading
    private let slices: SliceQueue
    /// Whether the rows of each slice are counted before they are read, in the reader's own snapshot.
    private let countsSlices: Bool
    private let progress: ExtractionProgress
    private let governor: Governor
    private var producer: (any RowProducer)?
    private var finished: [ExtractionLedger] = []
    private var seen = (rows: Int64(0), bytes: Int64(0))
    /// Of the slices that it read, as the source counted them.
    private(set) var counted: Int64 = 0

    init(
        _ session: any SourceSession, _ reading: TableReading, _ slices: SliceQueue, countsSlices: Bool,
        progress: ExtractionProgress, governor: Governor
    ) {
        self.session = session
        self.reading = reading
        self.slices = slices
        self.countsSlices = countsSlices
        self.progress = progress
        self.governor = governor
    }

    var ledgers: [ExtractionLedger] { finished }

    func fill(_ chunk: inout OutputChunk) throws {
        while true {
            if producer == nil {
                guard let slice = slices.next() else {
                    chunk.count = 0
                    return
                }
                let part = reading.sliced(slice)
                if countsSlices { counted += try session.count(part) }
                producer = try session.rows(part)
                seen = (0, 0)
            }
            guard let producer else { return }
            try producer.fill(&chunk)
            let counts = producer.counts
            progress.add(rows: counts.rows - seen.rows, bytes: counts.bytes - seen.bytes)
            seen = counts
            guard chunk.count == 0 else {
                try governor.pass(rows: chunk.count)
                return
            }
            finished.append(producer.ledger)
            self.producer = nil
        }
    }
}
