internal import DuckDB
internal import LakeModel
internal import LakeStore
internal import Project

/// Reads partitions of a table into a staged file each, all in one snapshot of the source, and proves that
/// each is whole.
///
/// Used once, by one thread, which blocks.
struct PartitionsReader {
    let extraction: TableExtraction
    let definition: PartitionsDefinition
    let piece: Piece
    let partitions: [(key: PartitionKey, path: String)]
    let isWatched: Bool
    let progress: ExtractionProgress
    let governor: Governor
    let cancellation: CancelOnce

    private var table: TableDefinition { extraction.table }
    private var source: SourceDefinition { extraction.source }

    /// What was read.
    struct Read: Sendable {
        let staged: [StagedExtraction.Partition]
        let ledger: ExtractionLedger
        let shape: SourceTable
        let key: [String]
        let isKeyUnique: Bool
        let changes: [SchemaChange]
        let storedSchema: StoredSchema?
        let origin: BronzeManifest.Origin
    }

    func read() throws -> Read {
        let session = try SourceConnector(source, engine: extraction.database).connect()
        defer { session.close() }
        cancellation.arm(session.cancel)
        defer { cancellation.disarm() }
        // Taken before the snapshot: a change in between is read twice, never missed. It is kept with each
        // of the partitions that are read; of others it says nothing.
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

    private func requireUnchanged(_ shape: SourceTable) throws {
        do {
            let session = try SourceConnector(source, engine: extraction.database).connect()
            defer { session.close() }
            try TableShape.requireUnchanged(shape, in: session, extraction)
        } catch is SourceUnavailable {
            // What went wrong before says more.
        }
    }

    private func read(
        _ agreed: TableShape.Agreed, in session: any SourceSession, since fingerprint: String?
    ) throws -> Read {
        let shape = agreed.table
        let conditions = try partitions.map {
            try PartitionCondition($0.key, of: definition, in: shape, table, source)
        }
        let clock = try session.clock()
        let key = table.key.isEmpty ? shape.primaryKey : table.key
        let snapshot = try ReadingSnapshot(of: shape, in: session, readers: 1, wantsCounter: false)
        defer { snapshot.close() }
        let connection = try extraction.database.connect()
        defer { connection.close() }
        let interrupter = connection.interrupter
        let watcher = isWatched ? try? SourceConnector(source, engine: extraction.database).connect() : nil
        defer { watcher?.close() }
        if let watcher { governor.beginWatch(by: watcher, besides: snapshot.sessions) }
        defer { governor.endWatch() }
        let stops = [session.cancel] + (watcher.map { [$0.cancel] } ?? [])
        cancellation.arm {
            for stop in stops { stop() }
            interrupter.cancel()
        }
        var staged: [StagedExtraction.Partition] = []
        var ledgers: [ExtractionLedger] = []
        for (partition, condition) in zip(partitions, conditions) {
            try cancellation.check()
            var reading = TableReading(table: shape, key: key)
            reading.partition = condition.sql(for: session)
            let ledger = try read(
                reading, condition, to: partition.path, in: session, snapshot, on: connection)
            staged.append(
                StagedExtraction.Partition(
                    key: partition.key, rows: ledger.rows, conversions: ledger.conversions))
            ledgers.append(ledger)
        }
        let remarks = try rowsWithoutPartition(conditions, shape, session)
        try TableShape.requireUnchanged(shape, in: session, extraction)
        let ledger = ExtractionLedger(merging: ledgers)
        return Read(
            staged: staged, ledger: ledger, shape: shape, key: key,
            isKeyUnique: !key.isEmpty && key == shape.primaryKey, changes: agreed.changes,
            storedSchema: agreed.stored,
            origin: BronzeManifest.Origin(
                system: session.system, fingerprint: fingerprint, rows: ledger.rows, readAt: clock.now,
                utcOffset: clock.utcOffset,
                remarks: snapshot.remarks + agreed.remarks + remarks + governor.remarks))
    }

    private func read(
        _ reading: TableReading, _ condition: PartitionCondition, to path: String,
        in session: any SourceSession, _ snapshot: ReadingSnapshot, on connection: Connection
    ) throws -> ExtractionLedger {
        let reader = PieceReader(
            extraction: extraction, piece: piece, path: path, connectionsMax: 1, readersMax: 1,
            isWatched: false, progress: progress, governor: governor, cancellation: cancellation)
        let (ledger, counted) = try reader.write(
            reading, [.whole], snapshot, countedBefore: session.count(reading), on: connection)
        guard ledger.rows == counted else {
            throw ExtractionMistake.lostRows(
                read: ledger.rows, counted: counted, snapshot.consistency, table, of: source)
        }
        let file = StagedFile(path: path, shape: reading.table, connection: connection)
        try condition.require(of: file, ledger, table, of: source)
        if table.hasChecksum, let checksums = try session.checksums(of: reading) {
            try file.requireChecksums(checksums, conversions: ledger.conversions, table, of: source)
        }
        try reader.requireAllowed(ledger.conversions)
        return ledger
    }

    /// Rows without a value of the column are in no partition, which somebody should know.
    private func rowsWithoutPartition(
        _ conditions: [PartitionCondition], _ shape: SourceTable, _ session: any SourceSession
    ) throws -> [String] {
        guard let nulls = conditions.first?.nulls(for: session) else { return [] }
        var reading = TableReading(table: shape)
        reading.partition = nulls
        let count = try session.count(reading)
        let columns = definition.columns.joined(separator: ", ")
        return count == 0
            ? [] : ["\(count) rows of the source have NULL in \(columns) and are in no partition."]
    }
}
