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
        TableScan(bound, threadsMax: bound.threads)
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
            COPY (SELECT * FROM \(rows)) TO \(quotedLiteral(path)) (FORMAT parquet, COMPRESSION snappy, \
            ROW_GROUP_SIZE \(RowFeed.rowGroupRows), ROW_GROUP_SIZE_BYTES \(RowFeed.rowGroupBytes), \
            DICTIONARY_SIZE_LIMIT \(RowFeed.dictionaryMax))
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

    /// The settings of the database that a feed is registered with.
    ///
    /// Rows of several threads need not wait for each other, so that one parses while another compresses;
    /// and a row group ends by its bytes, which DuckDB does not allow where rows keep their order.
    package static func settings(_ base: [String: String]) -> [String: String] {
        base.merging(["preserve_insertion_order": "false"]) { _, ours in ours }
    }

    /// What a thread gathers before it compresses and writes it: this many rows, or bytes where rows are
    /// wide. Groups of a quarter of DuckDB's usual size are read as fast and take a quarter of the memory.
    private static let rowGroupRows = 32_768
    private static let rowGroupBytes = 5 << 20
    /// A column with more different values in a group gets no dictionary: the search for one costs a fifth
    /// of the writing, and those of that size save next to nothing.
    private static let dictionaryMax = 4_096

    /// The rows of one reading, by one reader or several.
    package final class Feed: Sendable {
        let columns: [ResultColumn]
        /// How many threads work on it at once.
        let threads: Int
        private let idle: Mutex<[FeedReader]>

        init(_ readers: [FeedReader], of table: SourceTable) {
            columns =
                table.columns.map { ResultColumn(name: $0.name, type: $0.type.logicalType) }
                + table.columns.filter(\.hasSidecar).map {
                    ResultColumn(name: ColumnRule.sidecar(of: $0.name), type: .varchar)
                }
            // A session alone is used by two threads in turn: one fills while the other compresses.
            let seats = readers.count == 1 ? readers + readers : readers
            threads = seats.count
            idle = Mutex(seats.reversed())
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
/// Sendable without the compiler's proof because its threads take turns, and the thread that runs the COPY
/// waits for all of them.
package final class FeedReader: @unchecked Sendable {
    private let session: any SourceSession
    private let reading: TableReading
    private let slices: SliceQueue
    /// What it counts before it reads.
    private var counting: Counting
    private let progress: ExtractionProgress
    private let governor: Governor
    private let turn = Mutex(())
    private var producer: (any RowProducer)?
    private var finished: [ExtractionLedger] = []
    private var hasFailed = false
    private var seen = (rows: Int64(0), bytes: Int64(0))
    /// What it counted, as the source says it.
    private(set) var counted: Int64 = 0

    enum Counting {
        case nothing
        /// All rows of the reading, once: of one that others are reading meanwhile, in the same snapshot.
        case everything
        /// The rows of each slice, in a snapshot of its own.
        case slices
    }

    init(
        _ session: any SourceSession, _ reading: TableReading, _ slices: SliceQueue, counting: Counting,
        progress: ExtractionProgress, governor: Governor
    ) {
        self.session = session
        self.reading = reading
        self.slices = slices
        self.counting = counting
        self.progress = progress
        self.governor = governor
    }

    var ledgers: [ExtractionLedger] { finished }

    /// Of everything that it read, whether the end was reached or not.
    var ledgerSoFar: ExtractionLedger {
        ExtractionLedger(merging: finished + (producer.map { [$0.ledger] } ?? []))
    }

    func fill(_ chunk: inout OutputChunk) throws {
        try turn.withLock { _ in
            // Another thread would go on behind the row that could not be read.
            guard !hasFailed else {
                chunk.count = 0
                return
            }
            do {
                try fillInTurn(&chunk)
            } catch {
                hasFailed = true
                throw error
            }
        }
    }

    private func fillInTurn(_ chunk: inout OutputChunk) throws {
        if case .everything = counting {
            counting = .nothing
            counted = try session.count(reading)
        }
        while true {
            if producer == nil {
                guard let slice = slices.next() else {
                    chunk.count = 0
                    return
                }
                let part = reading.sliced(slice)
                if case .slices = counting { counted += try session.count(part) }
                producer = try session.rows(part)
                seen = (0, 0)
            }
            guard let producer else { return }
            if let rows = governor.rowsAtOnce { chunk.limit(to: rows) }
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
