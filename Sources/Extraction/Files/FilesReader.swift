internal import DuckDB
internal import LakeModel
internal import LakeStore
internal import Project

/// Reads the new and changed files of a table, or all of them, into a staged file.
///
/// What was read stands in the manifests, so that it becomes known in the very act in which the rows become
/// visible. Used once, by one thread, which blocks.
struct FilesReader {
    let extraction: TableExtraction
    let files: FilesTable
    let piece: Piece
    let run: RunID
    /// Of the staged file, and of the one for what is no row.
    let path: String
    let quarantinePath: String
    let readersMax: Int
    let progress: ExtractionProgress
    let governor: Governor
    let cancellation: CancelOnce

    private var table: TableDefinition { extraction.table }
    private var source: SourceDefinition { extraction.source }

    /// What one commit covers at most, so that a long reading that is cut off need not begin anew.
    private static let pieceBytesMax: Int64 = 4 << 30
    private static let pieceFilesMax = 4_096

    /// A file that is to be read.
    struct Input: Sendable {
        let file: FoundFile
        let sha256: String
        let supersedes: Bool
    }

    func read() throws -> PieceRead {
        let connection = try extraction.database.connect()
        defer { connection.close() }
        let interrupter = connection.interrupter
        cancellation.arm { interrupter.cancel() }
        defer { cancellation.disarm() }
        // Without its calendar DuckDB has no other zone anyway.
        _ = try? connection.query("SET TimeZone = 'UTC'")
        let readAt = Timestamp(microseconds: FileStatus.now() / 1_000)
        let fingerprint = try FilesSession(source: source, folder: files.folder, engine: nil).fingerprint()
        let (ready, isComplete) = try files.listing()
        if ready.isEmpty, isComplete, piece.before == nil {
            throw FilesMistake.noMatch(folder: files.folder, files.files, table, of: source)
        }
        let (inputs, isLast) = try inputs(among: ready, isComplete: isComplete)
        let origin = { (rows: Int64) in
            BronzeManifest.Origin(
                system: "files", fingerprint: isLast ? fingerprint : nil, rows: rows, readAt: readAt)
        }
        guard let inputs else {
            return PieceRead(
                hasNews: false, isLast: true, began: nil, ends: nil, share: 1,
                shape: SourceTable(name: table.name, isView: false, columns: [], primaryKey: []),
                ledger: ExtractionLedger(), key: [], isKeyUnique: false, range: nil, changes: [],
                storedSchema: nil,
                origin: origin(0))
        }
        let content = try FilesContent(
            files: files, inputs: inputs.map(\.file), before: piece.before,
            takesOver: extraction.isFullRefresh ? .evolve : table.schemaPolicy, feed: extraction.feed,
            connection: connection, readersMax: readersMax, progress: progress, governor: governor)
        let written = try content.write(to: path, quarantine: quarantinePath)
        for input in inputs { try files.requireUnchanged(input.file) }
        try requireAllowed(written.ledger.conversions)
        return PieceRead(
            hasNews: true, isLast: isLast, began: nil, ends: nil, share: isLast ? 1 : nil,
            shape: content.shape, ledger: written.ledger, key: [], isKeyUnique: false, range: nil,
            changes: content.changes, storedSchema: nil, origin: origin(written.ledger.rows),
            inputs: inputs.map { input in
                InputFile(
                    path: input.file.path, bytes: ByteCount(input.file.status.bytes),
                    modifiedAt: input.file.status.modified, changedAt: input.file.status.changed,
                    sha256: input.sha256,
                    rows: written.rows[input.file.path] ?? 0, supersedes: input.supersedes)
            }, badRows: written.badRows)
    }

    /// The files that are to be read, `nil` if there is nothing to do; and whether none are left for another
    /// piece.
    private func inputs(
        among ready: [FoundFile], isComplete: Bool
    ) throws -> (inputs: [Input]?, isLast: Bool) {
        guard table.mode == .files else {
            // A table without the files that are being written would have lost their rows.
            guard isComplete else { return (nil, true) }
            let inputs = try ready.map {
                Input(file: $0, sha256: try files.sha256(of: $0, cancellation), supersedes: false)
            }
            return (inputs, true)
        }
        let known = known()
        var inputs: [Input] = []
        var bytes: Int64 = 0
        for file in ready {
            guard bytes < FilesReader.pieceBytesMax, inputs.count < FilesReader.pieceFilesMax else {
                return (inputs, false)
            }
            guard let input = try input(file, known[file.path]) else { continue }
            inputs.append(input)
            bytes += file.status.bytes
        }
        return (inputs.isEmpty ? nil : inputs, true)
    }

    /// The newest version of each file that bronze has, and the run that read it.
    private func known() -> [String: (input: InputFile, run: RunID)] {
        guard piece.before?.mode == .files else { return [:] }
        var known: [String: (input: InputFile, run: RunID)] = [:]
        for file in piece.files {
            for input in file.file.inputs ?? [] { known[input.path] = (input, file.file.run) }
        }
        return known
    }

    /// `nil` if bronze has `file` as it is.
    private func input(_ file: FoundFile, _ known: (input: InputFile, run: RunID)?) throws -> Input? {
        guard let known else {
            return Input(
                file: file, sha256: try files.sha256(of: file, cancellation), supersedes: false)
        }
        if extraction.isFullRefresh {
            guard known.run != run else { return nil }
            return Input(file: file, sha256: try files.sha256(of: file, cancellation), supersedes: true)
        }
        guard !known.input.isLike(file) else { return nil }
        let sha256 = try files.sha256(of: file, cancellation)
        // It was touched, or copied anew.
        guard sha256 != known.input.sha256 else { return nil }
        guard files.files.onChange != .fail else {
            throw FilesMistake.changedFile(file.path, table, of: source)
        }
        return Input(file: file, sha256: sha256, supersedes: files.files.onChange == .replace)
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
