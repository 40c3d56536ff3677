internal import Blocking
package import DuckDB
package import LakeModel
package import LakeStore
package import Project

/// Brings one table of a source into bronze.
///
/// The rows are read in one snapshot of the source, stream through DuckDB into a staged Parquet file, and
/// become visible by one commit. After that, and only then, the watermark moves. A table with a `chunk` is
/// read piece by piece: each is a snapshot, a file and a commit of its own, so that what was done stays done.
package struct TableExtraction: Sendable {
    package let source: SourceDefinition
    package let table: TableDefinition
    /// Of the lake and of the source.
    package let exclusions: [Exclusion]
    package let store: SealingStore
    package let database: Database
    /// Registered with `database`.
    package let feed: RowFeed
    /// The connections to the source that all extractions share.
    package let slots: SourceSlots
    package let now: @Sendable () -> Timestamp
    /// The lake's, in which the hours of a pace are.
    package let zone: ZoneRules
    /// Whether everything is read again and the watermark is started anew.
    package let isFullRefresh: Bool
    /// Whether columns may have gone from the source.
    package let acceptsSchemaChange: Bool

    package init(
        source: SourceDefinition, table: TableDefinition, exclusions: [Exclusion], store: SealingStore,
        database: Database, feed: RowFeed, slots: SourceSlots, now: @escaping @Sendable () -> Timestamp,
        zone: ZoneRules = .utc, isFullRefresh: Bool = false, acceptsSchemaChange: Bool = false
    ) {
        self.source = source
        self.table = table
        self.exclusions = exclusions
        self.store = store
        self.database = database
        self.feed = feed
        self.slots = slots
        self.now = now
        self.zone = zone
        self.isFullRefresh = isFullRefresh
        self.acceptsSchemaChange = acceptsSchemaChange
    }

    package var asset: AssetKey { .bronze(source.name, table.name) }

    /// What an extraction led to.
    package enum Outcome: Sendable {
        case committed(BronzeManifest, ledger: ExtractionLedger)
        /// `fingerprint` is the source's, if nothing can be new until it changes.
        case noNewRows(fingerprint: String?)
        /// The source may not be read now. What was committed before stays; the next run goes on from there.
        case paused(ExtractionPause, committed: BronzeManifest?, ledger: ExtractionLedger)
    }

    /// - Parameters:
    ///   - progress: Rows and bytes read so far, for whoever watches.
    ///   - confirmLease: Throws if the step is no longer ours; called right before each manifest is replaced.
    package func run(
        _ run: RunID, epoch: LeaseEpoch, progress: ExtractionProgress,
        confirmLease: () async throws -> Void = {}
    ) async throws -> Outcome {
        guard table.partitions == nil else { throw ExtractionMistake.missingPartitions(table, of: source) }
        var piece = try await firstPiece(of: run)
        let governor = Governor(
            source.pace, progress: progress,
            readersMax: min(table.readersMax ?? .max, source.connectionsMax))
        var ledgers: [ExtractionLedger] = []
        var newest: BronzeManifest?
        var failures = 0
        while true {
            let read: PieceRead
            do {
                if let pause = try await hold(governor, progress) {
                    return .paused(pause, committed: newest, ledger: ExtractionLedger(merging: ledgers))
                }
                read = try await self.read(piece, of: run, progress: progress, governor: governor)
            } catch let lost as SourceUnavailable where lost.isTransient && failures < 4 && piece.isResumed {
                // What was committed stays; this piece is read again by a new connection.
                failures += 1
                progress.beginPiece()
                try await Task.sleep(for: .seconds(1 << failures))
                continue
            }
            failures = 0
            let staged = LakeLayout.staged(asset, of: run)
            if mustCommit(read, piece, newest) {
                let quarantine = try await quarantine(read, piece, run)
                let commit = try await BronzeCommit(store, now: now).publish(
                    read.extraction(of: self, piece, run: run, epoch: epoch, quarantine: quarantine),
                    confirmLease: confirmLease)
                if let range = commit.range { try await WatermarkStore(store).advance(after: range) }
                newest = commit.manifest
                ledgers.append(read.ledger)
            } else {
                try await store.delete(staged)
            }
            progress.endPiece(share: read.share)
            guard !read.isLast else {
                guard let newest else { return .noNewRows(fingerprint: read.origin.fingerprint) }
                return .committed(newest, ledger: ExtractionLedger(merging: ledgers))
            }
            piece = try await piece.next(after: read, committed: newest, store: store, of: self)
        }
    }

    private func mustCommit(_ read: PieceRead, _ piece: Piece, _ newest: BronzeManifest?) -> Bool {
        // Files that are not ready yet leave no table behind, and no snapshot without them.
        if table.files != nil { return read.hasNews }
        return read.hasNews || (piece.before == nil && newest == nil && read.isLast) || table.mode == .full
    }

    /// Brings what is no row to where it stays, before the commit that names it.
    private func quarantine(_ read: PieceRead, _ piece: Piece, _ run: RunID) async throws -> Quarantine? {
        guard read.badRows > 0 else { return nil }
        let path = LakeLayout.quarantine(source.name, table.name, run: run, part: piece.part)
        _ = try await store.rename(
            LakeLayout.stagedBadRows(asset, of: run), to: path, .unconditionally)
        return Quarantine(path: path.text, rows: read.badRows)
    }

    /// What bronze has, and where the reading begins.
    private func firstPiece(of run: RunID) async throws -> Piece {
        let current = try await ManifestStore(store).currentFiles(of: source.name, table.name)
        return Piece(
            before: current?.newest, files: current?.files ?? [], watermark: try await watermark(),
            part: table.mode == .full ? 1 : Piece.nextPart(of: run, among: current?.files ?? []))
    }

    /// How far an incremental table has been read; `nil` is nothing.
    private func watermark() async throws -> CursorValue? {
        guard table.mode == .incremental, let cursor = table.cursor, !isFullRefresh else { return nil }
        let value = try await WatermarkStore(store).load(source.name, table.name, cursor: cursor).watermark?
            .value
        switch value?.leading {
        // Nothing was read yet, so that rows without a cursor value are still to come.
        case nil, .time(.minimumOfCalendar)?, .integer(.min)?: return nil
        default: return value
        }
    }

    private func read(
        _ piece: Piece, of run: RunID, progress: ExtractionProgress, governor: Governor
    ) async throws -> PieceRead {
        guard
            let path = try await store.localPath(forWriting: LakeLayout.staged(asset, of: run))
        else { throw ExtractionMistake.unwritableStore(table, of: source) }
        let quarantine = try await store.localPath(forWriting: LakeLayout.stagedBadRows(asset, of: run))
        try await store.prepare(piece.filesToCompare(table.overlap))
        let wanted = table.readersMax ?? source.connectionsMax
        // One more counts the rows while they are read, and one watches the source, where there is room.
        let needsWatch = source.pace.dependsOnLoad
        let taken = await slots.take(
            upTo: min(max(2, wanted) + (needsWatch ? 1 : 0), source.connectionsMax))
        defer { slots.giveBack(taken) }
        let isWatched = needsWatch && taken > 1
        let connections = taken - (isWatched ? 1 : 0)
        let cancellation = CancelOnce()
        return try await BlockingPool.shared.run(
            onCancel: {
                cancellation.cancel()
                governor.cancel()
            }
        ) {
            do {
                try cancellation.check()
                if let files = FilesTable(source, table), let quarantine {
                    return try FilesReader(
                        extraction: self, files: files, piece: piece, run: run, path: path,
                        quarantinePath: quarantine, readersMax: connections, progress: progress,
                        governor: governor, cancellation: cancellation
                    ).read()
                }
                return try PieceReader(
                    extraction: self, piece: piece, path: path, connectionsMax: connections,
                    readersMax: min(wanted, connections), isWatched: isWatched, progress: progress,
                    governor: governor, cancellation: cancellation
                ).read()
            } catch {
                // Whatever the call that was cut off says of it.
                try cancellation.check()
                throw error
            }
        }
    }
}

/// A part of a table that is read and committed at once, and what bronze has before it.
struct Piece: Sendable {
    /// The newest commit, if there is one.
    let before: BronzeManifest?
    /// The files that are the table now.
    let files: [CurrentBronze.File]
    /// `nil` reads from the beginning.
    let watermark: CursorValue?
    /// Which file of the run it becomes.
    let part: Int
    /// Where the piece before it ended; `nil` for the first of this reading.
    var begins: CursorValue?
    /// Where the first piece began, for the share that is done.
    var firstBegan: CursorValue?
    /// How the table differed from bronze when pieces of this run before it were read.
    var changes: [SchemaChange] = []

    init(before: BronzeManifest?, files: [CurrentBronze.File], watermark: CursorValue?, part: Int) {
        self.before = before
        self.files = files
        self.watermark = watermark
        self.part = part
    }

    /// Whether pieces before it are durable, or an earlier extraction is, so that it pays to try again.
    var isResumed: Bool { begins != nil }

    /// The piece after one that was read.
    func next(
        after read: PieceRead, committed: BronzeManifest?, store: SealingStore, of extraction: TableExtraction
    ) async throws -> Piece {
        var files = files
        if read.hasNews,
            let current = try await ManifestStore(store).currentFiles(
                of: extraction.source.name, extraction.table.name)
        {
            files = current.files
        }
        var next = Piece(
            before: committed ?? before, files: files, watermark: watermark,
            part: read.hasNews ? part + 1 : part)
        next.begins = read.ends
        next.firstBegan = firstBegan ?? read.began
        next.changes = read.changes
        return next
    }

    /// The files that may hold rows which this reading meets again, as far as can be told before it. A
    /// clock may be a day off; of what is missing then, rows count as new.
    func filesToCompare(_ overlap: Overlap) -> [LakePath] {
        guard let before, before.mode == .incremental, let watermark else { return [] }
        let lower: CursorValue
        switch (watermark.leading, overlap) {
        case (.time(let from), .time(let span)):
            lower = .time(microseconds: from - span.microseconds - .dayMicroseconds)
        case (.time(let from), _): lower = .time(microseconds: from - .dayMicroseconds)
        case (.integer(let from), .number(let span)):
            lower = .integer(from.subtractingReportingOverflow(span).partialValue)
        case (let from, _): lower = from
        }
        return files.filter { file in file.file.range.map { $0.upper.leading >= lower } ?? true }.map(\.path)
    }

    /// The number of the next file of `run`.
    static func nextPart(of run: RunID, among files: [CurrentBronze.File]) -> Int {
        1 + files.count { $0.file.run == run }
    }
}

extension Int64 {
    /// 0001-01-01 in microseconds since 1970: before every time stamp of a source.
    static let minimumOfCalendar: Int64 = -62_135_596_800_000_000
}
