internal import Blocking
internal import DuckDB
internal import Glibc
package import LakeModel
internal import LakeStore
package import Project

/// Reads one piece of a table into a staged file, in one snapshot of the source, and proves that it is whole.
///
/// Used once, by one thread, which blocks.
struct PieceReader {
    let extraction: TableExtraction
    let piece: Piece
    /// Of the staged file.
    let path: String
    /// How many connections it may open, of which ``readersMax`` may read.
    let connectionsMax: Int
    let readersMax: Int
    /// Whether one connection more asks how busy the source is meanwhile.
    let isWatched: Bool
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
        let agreed = try TableShape(extraction, before: piece.before).agreed(with: session)
        do {
            return try read(agreed, in: session, since: fingerprint)
        } catch let error as any Diagnostic where !error.isTransient {
            // Perhaps the source refused it, or sent other values, because the columns changed meanwhile.
            try cancellation.check()
            try requireUnchanged(agreed.table)
            throw error
        }
    }

    /// Asks a connection that is in no transaction, which sees the columns as they are now.
    /// - Throws: if they are others than those that were to be read.
    private func requireUnchanged(_ table: SourceTable) throws {
        do {
            let session = try SourceConnector(source, engine: extraction.database).connect()
            defer { session.close() }
            try TableShape.requireUnchanged(table, in: session, extraction)
        } catch is SourceUnavailable {
            // What went wrong before says more.
        }
    }

    private func read(
        _ agreed: TableShape.Agreed, in session: any SourceSession, since fingerprint: String?
    ) throws -> PieceRead {
        let shape = agreed.table
        let stopSource = session.cancel
        // Before the snapshot, too: a row that is committed between the two, in a second that is over by
        // the time the clock is asked, would be below the bound and not in the snapshot.
        let clock = try session.clock()
        let range = try CursorPlan(table: table, source: source, shape: shape, piece: piece)
            .range(of: session, clock, cancellation)
        let key = table.key.isEmpty ? shape.primaryKey : table.key
        let reading = TableReading(table: shape, bounds: range?.bounds, key: key)

        let slices = try slices(of: reading, in: session)
        let snapshot = try ReadingSnapshot(
            of: shape, in: session, readers: min(readersMax, slices.count),
            wantsCounter: isLarge(reading) && connectionsMax > min(readersMax, slices.count))
        defer { snapshot.close() }
        func outcome(
            _ ledger: ExtractionLedger, hasNews: Bool, checksums: [ColumnChecksum]? = nil
        ) throws -> PieceRead {
            // A fingerprint says "nothing to read until it changes", which is not so while rows are left
            // for later.
            let isComplete = try fingerprint != nil && !session.hasRowsBeyond(reading)
            return PieceRead(
                hasNews: hasNews, isLast: range?.isLast ?? true, began: range?.began, ends: range?.ends,
                share: range?.share, shape: shape, ledger: ledger, key: key,
                isKeyUnique: !key.isEmpty && key == shape.primaryKey,
                range: range?.covered(ledger), changes: piece.changes + agreed.changes,
                storedSchema: agreed.stored,
                origin: BronzeManifest.Origin(
                    system: session.system, fingerprint: isComplete ? fingerprint : nil, rows: ledger.rows,
                    readAt: clock.now, utcOffset: clock.utcOffset, checksums: checksums,
                    remarks: snapshot.remarks + agreed.remarks + (range?.remarks ?? []) + governor.remarks))
        }
        let countedBefore = snapshot.isAlone ? try session.count(reading) : nil
        // Nothing is there, and bronze has the table: the usual end of a look for new rows.
        if countedBefore == 0, table.mode == .incremental, piece.before != nil, agreed.changes.isEmpty {
            return try outcome(ExtractionLedger(), hasNews: false)
        }
        let connection = try extraction.database.connect()
        defer { connection.close() }
        let interrupter = connection.interrupter
        // A server that has no more room lets us read all the same.
        let watcher = isWatched ? try? SourceConnector(source, engine: extraction.database).connect() : nil
        defer { watcher?.close() }
        if let watcher { governor.beginWatch(by: watcher, besides: snapshot.sessions) }
        defer { governor.endWatch() }
        let stops = snapshot.sessions.map(\.cancel) + (watcher.map { [$0.cancel] } ?? [])
        cancellation.arm {
            stopSource()
            for stop in stops { stop() }
            interrupter.cancel()
        }
        try cancellation.check()
        let (ledger, counted) = try write(
            reading, slices, snapshot, countedBefore: countedBefore, on: connection)
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
        let hasNews =
            try extraction.isFullRefresh && ledger.rows > 0 || !agreed.changes.isEmpty
            || file.hasNews(
                reading, ledger, before: piece.before, files: piece.files,
                url: { path in
                    let url = extraction.store.readableURL(of: path)
                    return access(url, R_OK) == 0 ? url : nil
                })
        if hasNews, table.mode == .incremental { try file.requireKey(key, table, of: source) }
        return try outcome(ledger, hasNews: hasNews, checksums: checksums)
    }

    /// Small tables are not worth the cutting.
    private static let rowsToCut: Int64 = 500_000

    private func slices(of reading: TableReading, in session: any SourceSession) throws -> [Slice] {
        guard readersMax > 1, isLarge(reading) else { return [.whole] }
        // More than readers, so that one that got a sparse slice goes on with another.
        return try session.slices(of: reading, into: readersMax * 4)
    }

    private func isLarge(_ reading: TableReading) -> Bool {
        let isLarge = reading.table.rowsEstimate.map { $0 >= PieceReader.rowsToCut } ?? false
        return isLarge && (reading.bounds?.lower == nil || table.chunk != nil)
    }

    func write(
        _ reading: TableReading, _ slices: [Slice], _ snapshot: ReadingSnapshot, countedBefore: Int64?,
        on connection: Connection
    ) throws -> (ExtractionLedger, counted: Int64) {
        if let relation = try snapshot.readers[0].relation(reading) {
            let counted = try countedBefore ?? snapshot.readers[0].count(reading)
            try cancellation.check()
            let ledger = try relation.write(reading, to: path)
            progress.add(rows: ledger.rows, bytes: ledger.bytes)
            return (ledger, counted)
        }
        // Counting takes a good part of the time of reading. One session counts while others read, if there
        // are others.
        let counting = snapshot.counter.map { counter in SideThread { try counter.session.count(reading) } }
        let queue = SliceQueue(slices)
        let readers = snapshot.readers.enumerated().map { index, session in
            FeedReader(
                session, reading, queue,
                counting: snapshot.isPerReader
                    ? .slices
                    : index == 0 && countedBefore == nil && counting == nil ? .everything : .nothing,
                progress: progress, governor: governor)
        }
        let written = Result {
            try cancellation.check()
            try extraction.feed.write(
                RowFeed.Feed(readers, of: reading.table), to: path, on: connection)
        }
        if case .failure = written { snapshot.counter?.session.cancel() }
        let other = Result { try counting?.join() ?? 0 }
        do {
            try written.get()
        } catch let lost as LostValue {
            throw ExtractionMistake.lostValue(lost, table, of: source)
        }
        let counted = try (countedBefore ?? 0) + other.get()
        return (
            ExtractionLedger(merging: readers.flatMap(\.ledgers)),
            readers.reduce(counted) { $0 + $1.counted }
        )
    }

    /// - Throws: if a blocking check of the table does not allow what the ledger shows.
    func requireAllowed(_ conversions: [Conversion]) throws {
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
    package func values(in conversions: [Conversion]) -> Int64 {
        conversions.filter {
            ($0.column == column || column == nil) && ($0.reason == reason || reason == nil)
        }
        .reduce(0) { $0 + $1.values }
    }

    /// `changed_values(email, invalid_text) <= 0`.
    package var name: String {
        let subject = [column, reason?.rawValue].compactMap { $0 }.joined(separator: ", ")
        return "changed_values(\(subject)) <= \(valuesMax)"
    }
}

extension SourceClock {
    /// Seconds by which the wall clock of the source is ahead of UTC.
    var utcOffset: Int { Int(((localNow - now.microseconds + 500_000) / 1_000_000)) }
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
    /// Of this run, those that pieces before found included.
    let changes: [SchemaChange]
    let storedSchema: StoredSchema?
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
            origin: origin, schemaChanges: changes, storedSchema: storedSchema, part: piece.part,
            inputs: inputs, quarantine: quarantine)
    }
}
