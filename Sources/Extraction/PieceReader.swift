internal import DuckDB
internal import Glibc
internal import LakeModel
internal import LakeStore
internal import Project

/// Reads one piece of a table into a staged file, in one snapshot of the source, and proves that it is whole.
///
/// Used once, by one thread, which blocks.
struct PieceReader {
    let extraction: TableExtraction
    let piece: Piece
    /// Of the staged file.
    let path: String
    let readersMax: Int
    let progress: ExtractionProgress
    let governor: Governor
    let cancellation: CancelOnce

    private var table: TableDefinition { extraction.table }
    private var source: SourceDefinition { extraction.source }

    func read() throws -> PieceRead {
        let session = try SourceConnector(source, engine: extraction.database).connect()
        defer { session.close() }
        // From here on: counting a large table takes as long as reading it.
        let stopSource = session.cancel
        cancellation.arm(stopSource)
        defer { cancellation.disarm() }
        // Taken before the snapshot: a change in between is read twice, never missed.
        let fingerprint = try session.fingerprint()
        let (shape, changes) = try TableShape(extraction, before: piece.before).agreed(with: session)
        // Before the snapshot, too: a row that is committed between the two, in a second that is over by
        // the time the clock is asked, would be below the bound and not in the snapshot.
        let clock = try session.clock()
        let range = try CursorPlan(table: table, source: source, shape: shape, piece: piece)
            .range(of: session, clock, cancellation)
        let reading = TableReading(table: shape, bounds: range?.bounds)

        let slices = try slices(of: reading, in: session)
        let snapshot = try session.beginSnapshot(of: shape, readers: min(readersMax, slices.count))
        defer { for sibling in snapshot.readers.dropFirst() { sibling.close() } }
        let connection = try extraction.database.connect()
        defer { connection.close() }
        let interrupter = connection.interrupter
        let stops = snapshot.readers.map(\.cancel)
        cancellation.arm {
            stopSource()
            for stop in stops { stop() }
            interrupter.cancel()
        }
        try cancellation.check()
        let (ledger, counted) = try write(reading, slices, snapshot, on: connection)
        guard ledger.rows == counted else {
            throw ExtractionMistake.lostRows(
                read: ledger.rows, counted: counted, snapshot.consistency, table, of: source)
        }
        let file = StagedFile(path: path, shape: shape, connection: connection)
        var checksums: [ColumnChecksum]?
        if table.hasChecksum {
            checksums = try session.checksums(of: reading)
            if let checksums {
                try file.requireChecksums(checksums, conversions: ledger.conversions, table, of: source)
            }
        }
        try TableShape.requireUnchanged(shape, in: session, extraction)
        try requireAllowed(ledger.conversions)
        // A fingerprint says "nothing to read until it changes", which is not so while rows are left for
        // later.
        let isComplete = try fingerprint != nil && !session.hasRowsBeyond(reading)
        let key = table.key.isEmpty ? shape.primaryKey : table.key
        if table.mode == .incremental, ledger.rows > 0 { try file.requireKey(key, table, of: source) }
        return PieceRead(
            hasNews: try extraction.isFullRefresh && ledger.rows > 0
                || file.hasNews(
                    reading, ledger, before: piece.before, files: piece.files,
                    url: { extraction.store.readableURL(of: $0) }),
            isLast: range?.isLast ?? true, began: range?.began, ends: range?.ends,
            share: range?.share, shape: shape, ledger: ledger, key: key,
            isKeyUnique: !key.isEmpty && key == shape.primaryKey,
            range: range?.covered(ledger), changes: changes,
            origin: BronzeManifest.Origin(
                system: session.system, fingerprint: isComplete ? fingerprint : nil, rows: counted,
                readAt: clock.now, utcOffset: clock.utcOffset, checksums: checksums,
                remarks: snapshot.remarks + (range?.remarks ?? [])))
    }

    /// Small tables are not worth the cutting.
    private static let rowsToCut: Int64 = 500_000

    private func slices(of reading: TableReading, in session: any SourceSession) throws -> [Slice] {
        let isLarge = reading.table.rowsEstimate.map { $0 >= PieceReader.rowsToCut } ?? false
        let isMuch = reading.bounds?.lower == nil || table.chunk != nil
        guard readersMax > 1, isLarge, isMuch else { return [.whole] }
        // More than readers, so that one that got a sparse slice goes on with another.
        return try session.slices(of: reading, into: readersMax * 4)
    }

    private func write(
        _ reading: TableReading, _ slices: [Slice], _ snapshot: SourceSnapshot, on connection: Connection
    ) throws -> (ExtractionLedger, counted: Int64) {
        var isPerReader = false
        if case .perReader = snapshot.consistency, snapshot.readers.count > 1 { isPerReader = true }
        var counted: Int64 = 0
        if !isPerReader { counted = try snapshot.readers[0].count(reading) }
        try cancellation.check()
        if let relation = try snapshot.readers[0].relation(reading) {
            let ledger = try relation.write(reading, to: path)
            progress.add(rows: ledger.rows, bytes: ledger.bytes)
            return (ledger, counted)
        }
        let queue = SliceQueue(slices)
        let readers = snapshot.readers.map {
            FeedReader(
                $0, reading, queue, countsSlices: isPerReader, progress: progress, governor: governor)
        }
        try extraction.feed.write(
            RowFeed.Feed(readers, of: reading.table), to: path, on: connection)
        return (
            ExtractionLedger(merging: readers.flatMap(\.ledgers)),
            isPerReader ? readers.reduce(0) { $0 + $1.counted } : counted
        )
    }

    /// - Throws: if a blocking check of the table does not allow what the ledger shows.
    private func requireAllowed(_ conversions: [Conversion]) throws {
        for check in table.checks where check.severity == .block {
            let values = check.values(in: conversions)
            if values > check.valuesMax {
                throw ExtractionMistake.changedValues(values, check, conversions, table, of: source)
            }
        }
    }
}

extension ExtractionCheck {
    /// How many values of `conversions` it counts.
    func values(in conversions: [Conversion]) -> Int64 {
        conversions.filter {
            ($0.column == column || column == nil) && ($0.reason == reason || reason == nil)
        }
        .reduce(0) { $0 + $1.values }
    }

    /// `changed_values(email, invalid_text) <= 0`.
    var name: String {
        let subject = [column, reason?.rawValue].compactMap { $0 }.joined(separator: ", ")
        return "changed_values(\(subject)) <= \(valuesMax)"
    }
}

extension SourceClock {
    /// Seconds by which the wall clock of the source is ahead of UTC.
    var utcOffset: Int { Int(((localNow - now.microseconds + 500_000) / 1_000_000)) }
}

extension SourceSnapshot {
    var remarks: [String] {
        switch consistency {
        case .shared(let how):
            readers.count > 1 ? ["\(readers.count) connections read one state: \(how)."] : []
        case .perReader(let reason):
            readers.count > 1
                ? ["Each of \(readers.count) connections read a state of its own: \(reason)."] : []
        case .none(let reason): ["Rows may have changed while they were read: \(reason)."]
        }
    }
}

/// What one reading of a piece brought.
struct PieceRead: Sendable {
    /// Whether bronze lacks one of the rows.
    let hasNews: Bool
    /// Whether nothing is left to read.
    let isLast: Bool
    let began: CursorValue?
    let ends: CursorValue?
    /// How much of the cursor's range is done, from 0 to 1.
    let share: Double?
    let shape: SourceTable
    let ledger: ExtractionLedger
    let key: [String]
    let isKeyUnique: Bool
    let range: CursorRange?
    let changes: [SchemaChange]
    let origin: BronzeManifest.Origin
    /// The files that were read; `nil` if the source is no folder of files.
    var inputs: [InputFile]?
    /// Lines of them that are no rows, which are in a staged file of their own.
    var badRows: Int64 = 0

    func extraction(
        of extraction: TableExtraction, _ piece: Piece, run: RunID, epoch: LeaseEpoch,
        quarantine: Quarantine?
    ) -> StagedExtraction {
        StagedExtraction(
            source: extraction.source.name, table: extraction.table.name, run: run, epoch: epoch,
            mode: extraction.table.mode, rows: ledger.rows, range: range, schema: shape.bronzeSchema,
            key: key,
            isKeyUnique: isKeyUnique, cursor: extraction.table.cursor, conversions: ledger.conversions,
            origin: origin, schemaChanges: changes, part: piece.part, inputs: inputs, quarantine: quarantine)
    }
}
