internal import Blocking
package import DuckDB
package import LakeModel
package import LakeStore
package import Project
internal import Synchronization

/// Brings one table of a source into bronze.
///
/// The rows are read in one snapshot of the source, stream through DuckDB into a staged Parquet file, and
/// become visible by one commit. After that, and only then, the watermark moves.
package struct TableExtraction: Sendable {
    package let source: SourceDefinition
    package let table: TableDefinition
    /// Of the lake and of the source.
    package let exclusions: [Exclusion]
    package let store: SealingStore
    package let database: Database
    /// Registered with `database`.
    package let feed: RowFeed
    package let now: @Sendable () -> Timestamp
    /// Whether everything is read again and the watermark is started anew.
    package let isFullRefresh: Bool
    /// Whether columns may have gone from the source.
    package let acceptsSchemaChange: Bool

    package init(
        source: SourceDefinition, table: TableDefinition, exclusions: [Exclusion], store: SealingStore,
        database: Database, feed: RowFeed, now: @escaping @Sendable () -> Timestamp,
        isFullRefresh: Bool = false,
        acceptsSchemaChange: Bool = false
    ) {
        self.source = source
        self.table = table
        self.exclusions = exclusions
        self.store = store
        self.database = database
        self.feed = feed
        self.now = now
        self.isFullRefresh = isFullRefresh
        self.acceptsSchemaChange = acceptsSchemaChange
    }

    package var asset: AssetKey { .bronze(source.name, table.name) }

    /// What an extraction led to.
    package enum Outcome: Sendable {
        case committed(BronzeManifest, ledger: ExtractionLedger)
        /// `fingerprint` is the source's, if nothing can be new until it changes.
        case noNewRows(fingerprint: String?)
    }

    /// - Parameter progress: Rows and bytes read so far, for whoever watches.
    package func run(
        _ run: RunID, epoch: LeaseEpoch, progress: ExtractionProgress
    ) async throws -> Outcome {
        let current = try await ManifestStore(store).currentFiles(of: source.name, table.name)
        let before = current?.newest
        let lower = try await lowerBound()
        // Only these can hold rows that are read again.
        let recent = (current?.files ?? []).filter { file in
            guard let lower, let range = file.file.range else { return true }
            // Equal only where a number cannot be followed by another one.
            return range.upper >= lower
        }.map { store.readableURL(of: $0.path) }
        let staged = LakeLayout.staged(asset, of: run)
        guard let path = try await store.localPath(forWriting: staged) else {
            throw ExtractionMistake.unwritableStore(table, of: source)
        }
        let cancellation = CancelOnce()
        let read = try await BlockingPool.shared.run(onCancel: { cancellation.cancel() }) {
            do {
                return try self.read(
                    into: path, lower: lower, before: before, recent: recent, progress: progress,
                    cancellation: cancellation)
            } catch {
                // Whatever the call that was cut off says of it.
                try cancellation.check()
                throw error
            }
        }
        guard read.hasNews || before == nil || table.mode == .full else {
            try await store.delete(staged)
            return .noNewRows(fingerprint: read.origin.fingerprint)
        }
        let commit = try await BronzeCommit(store, now: now).publish(
            read.extraction(of: self, run: run, epoch: epoch))
        if let range = commit.range { try await WatermarkStore(store).advance(after: range) }
        return .committed(commit.manifest, ledger: read.ledger)
    }

    /// Where an incremental table is read from; `nil` is the beginning.
    private func lowerBound() async throws -> CursorValue? {
        guard table.mode == .incremental, let cursor = table.cursor, !isFullRefresh else { return nil }
        let value = try await WatermarkStore(store).load(source.name, table.name, cursor: cursor).watermark?
            .value
        switch value {
        // Nothing was read yet, so that rows without a cursor value are still to come.
        case nil, .time(.minimumOfCalendar)?, .integer(.min)?: return nil
        case .time(let microseconds)?: return .time(microseconds: microseconds - table.overlap.microseconds)
        case .integer?: return value
        }
    }

    /// Blocks. Reads the rows that are new in one snapshot into the file at `path`.
    private func read(
        into path: String, lower: CursorValue?, before: BronzeManifest?, recent: [String],
        progress: ExtractionProgress,
        cancellation: CancelOnce
    ) throws -> TableRead {
        let session = try SourceConnector(source).connect()
        defer { session.close() }
        // From here on: counting a large table takes as long as reading it.
        let stopSource = session.cancel
        cancellation.arm(stopSource)
        defer { cancellation.disarm() }
        // Taken before the snapshot: a change in between is read twice, never missed.
        let fingerprint = try session.fingerprint()
        let shape = try shape(in: session)
        try requireKept(before?.schema ?? [], in: shape)
        // Before the snapshot, too: a row that is committed between the two, in a second that is over by
        // the time the clock is asked, would be below the bound and not in the snapshot.
        let readAt = try session.now()
        try session.beginSnapshot()
        let rowsAtSource = try session.countRows(of: shape, distinctBy: [])
        try cancellation.check()
        let reading = TableReading(table: shape, bounds: try bounds(lower: lower, now: readAt, in: shape))

        let connection = try database.connect()
        defer { connection.close() }
        let interrupter = connection.interrupter
        cancellation.arm {
            stopSource()
            interrupter.cancel()
        }
        let producer = try session.rows(reading)
        // One that came before the query ran had nothing to stop.
        try cancellation.check()
        try feed.write(producer, of: shape, to: path, on: connection, progress: progress)
        let ledger = producer.ledger
        if table.mode == .full, ledger.rows != rowsAtSource {
            throw ExtractionMistake.lostRows(read: ledger.rows, counted: rowsAtSource, table, of: source)
        }
        // A fingerprint says "nothing to read until it changes", which is not so while rows are left for
        // later.
        let isComplete = try fingerprint != nil && !session.hasRowsBeyond(reading)
        let hasNews =
            try isFullRefresh
            || hasNews(
                inFile: path, (ledger, lower, shape), before: before, overlapping: recent, on: connection)
        let key = table.key.isEmpty ? shape.primaryKey : table.key
        if table.mode == .incremental, ledger.rows > 0 {
            try requireKey(key, inFile: path, on: connection)
        }
        return TableRead(
            hasNews: hasNews, shape: shape, ledger: ledger, key: key,
            isKeyUnique: !key.isEmpty && key == shape.primaryKey,
            range: reading.bounds.map { range(of: $0, ledger) },
            origin: BronzeManifest.Origin(
                system: session.system, fingerprint: isComplete ? fingerprint : nil, rows: rowsAtSource,
                readAt: readAt))
    }

    private func shape(in session: any SourceSession) throws -> SourceTable {
        guard let shape = try session.describe(table.name), !shape.columns.isEmpty else {
            throw ExtractionMistake.missingTable(table, of: source, existing: try session.tableNames())
        }
        if shape.isView, let exclusion = exclusions.first(where: { $0.subject == .views }) {
            throw ExtractionMistake.excludedView(table, of: source, exclusion)
        }
        for column in table.key where shape.column(column) == nil {
            throw ExtractionMistake.missingColumn(column, as: "key", in: shape, table, of: source)
        }
        if table.mode == .incremental, table.key.isEmpty, shape.primaryKey.isEmpty {
            throw ExtractionMistake.missingKey(table, of: source)
        }
        return shape
    }

    /// A column that vanished would silently be NULL, or be missing, in everything that reads the table.
    private func requireKept(_ before: [ColumnSchema], in shape: SourceTable) throws {
        guard !acceptsSchemaChange else { return }
        let gone = before.map(\.name).filter { shape.column($0) == nil }
        guard gone.isEmpty else {
            throw ExtractionMistake.vanishedColumns(gone, in: shape, table, of: source)
        }
    }

    private func bounds(lower: CursorValue?, now: Timestamp, in shape: SourceTable) throws -> TableReading
        .Bounds?
    {
        guard table.mode == .incremental, let name = table.cursor else { return nil }
        guard let cursor = shape.column(name) else {
            throw ExtractionMistake.missingColumn(name, as: "cursor", in: shape, table, of: source)
        }
        switch cursor.type {
        case .localTimestamp, .instant:
            let second = now.microseconds - now.microseconds % 1_000_000
            return TableReading.Bounds(cursor: cursor, lower: lower, upper: .time(microseconds: second))
        case .integer: return TableReading.Bounds(cursor: cursor, lower: lower, upper: nil)
        default: throw ExtractionMistake.unusableCursor(cursor, table, of: source)
        }
    }

    /// The next extraction begins right after the greatest value that was read.
    ///
    /// A source without a row of a cursor value has been read from the beginning up to the bound, or up to
    /// nothing.
    private func range(of bounds: TableReading.Bounds, _ ledger: ExtractionLedger) -> CursorRange {
        let upper: CursorValue =
            switch ledger.cursorMax {
            case .time(let microseconds)?: .time(microseconds: microseconds + 1)
            case .integer(let number)?: .integer(number == .max ? number : number + 1)
            case nil:
                bounds.lower
                    ?? (bounds.upper.map { _ in .time(microseconds: .minimumOfCalendar) } ?? .integer(.min))
            }
        return CursorRange(cursor: bounds.cursor.name, lower: bounds.lower, upper: upper)
    }

    /// Whether a row was read that bronze does not have.
    ///
    /// The overlap is read every time, so rows alone mean nothing.
    private func hasNews(
        inFile path: String, _ reading: (ledger: ExtractionLedger, lower: CursorValue?, shape: SourceTable),
        before: BronzeManifest?, overlapping recent: [String], on connection: Connection
    ) throws -> Bool {
        guard reading.ledger.rows > 0, let cursor = table.cursor, !recent.isEmpty,
            before?.mode == .incremental,
            reading.shape.columns.map(\.name) == before?.schema.map(\.name)
        else { return reading.ledger.rows > 0 }
        let columns = reading.shape.columns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        let files = recent.map(quotedLiteral).joined(separator: ", ")
        let condition =
            switch reading.lower {
            // No row had a cursor value so far, so everything was read again.
            case nil: "true"
            case .time(let microseconds)?: "epoch_us(\(quotedIdentifier(cursor))) >= \(microseconds)"
            case .integer(let number)?: "\(quotedIdentifier(cursor)) >= \(number)"
            }
        let news = try connection.query(
            """
            SELECT 1 FROM (SELECT \(columns) FROM read_parquet(\(quotedLiteral(path)), hive_partitioning = false) \
            EXCEPT ALL SELECT \(columns) FROM read_parquet([\(files)], union_by_name = true, \
            hive_partitioning = false) WHERE \(condition) OR \(quotedIdentifier(cursor)) IS NULL) LIMIT 1
            """)
        return !news.rows.isEmpty
    }

    private func requireKey(_ key: [String], inFile path: String, on connection: Connection) throws {
        let condition = key.map { "\(quotedIdentifier($0)) IS NULL" }.joined(separator: " OR ")
        let count = try connection.query(
            "SELECT count(*) FROM read_parquet(\(quotedLiteral(path)), hive_partitioning = false) WHERE \(condition)"
        )
        let nulls = count.rows.first?.first?.integer ?? 0
        guard nulls == 0 else { throw ExtractionMistake.nullKey(nulls, table, of: source) }
    }
}

extension Int64 {
    /// 0001-01-01 in microseconds since 1970: before every time stamp of a source.
    static let minimumOfCalendar: Int64 = -62_135_596_800_000_000
}

/// What one reading of a table brought.
private struct TableRead: Sendable {
    /// Whether bronze lacks one of the rows.
    let hasNews: Bool
    let shape: SourceTable
    let ledger: ExtractionLedger
    let key: [String]
    let isKeyUnique: Bool
    let range: CursorRange?
    let origin: BronzeManifest.Origin

    func extraction(of table: TableExtraction, run: RunID, epoch: LeaseEpoch) -> StagedExtraction {
        StagedExtraction(
            source: table.source.name, table: table.table.name, run: run, epoch: epoch,
            mode: table.table.mode,
            rows: ledger.rows, range: range,
            schema: shape.columns.map { ColumnSchema(name: $0.name, type: $0.type.sqlName) }, key: key,
            isKeyUnique: isKeyUnique, cursor: table.table.cursor, conversions: ledger.conversions,
            origin: origin)
    }
}

/// How far an extraction is; written by one thread, read by others.
package final class ExtractionProgress: Sendable {
    private let counts = Mutex((rows: Int64(0), bytes: Int64(0)))

    package init() {}

    package var rows: Int64 { counts.withLock { $0.rows } }
    package var bytes: Int64 { counts.withLock { $0.bytes } }

    func note(rows: Int64, bytes: Int64) { counts.withLock { $0 = (rows, bytes) } }
}

/// Hands a cancellation to a call that may not have begun yet.
final class CancelOnce: Sendable {
    private let state = Mutex((isCancelled: false, action: (@Sendable () -> Void)?.none))

    func cancel() {
        let action = state.withLock { state in
            state.isCancelled = true
            return state.action
        }
        action?()
    }

    /// `action` is called when the cancellation comes, or at once if it has come.
    func arm(_ action: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            state.action = action
            return state.isCancelled
        }
        if isCancelled { action() }
    }

    /// - Throws: `CancellationError` if the cancellation has come.
    func check() throws {
        if state.withLock({ $0.isCancelled }) { throw CancellationError() }
    }

    func disarm() { state.withLock { $0.action = nil } }
}
