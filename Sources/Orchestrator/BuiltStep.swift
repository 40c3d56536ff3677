internal import Extraction
internal import LakeModel
internal import Metadata

/// What a successful attempt led to.
enum BuiltStep: Sendable {
    /// - Parameter warnings: Checks of the ledger that warn.
    case committed(BronzeManifest, ExtractionLedger, version: String, warnings: [String])
    case published(TableManifest)
    case noNewRows
    /// The source may not be read now, for `reason`; `after` is what was committed until then.
    indirect case paused(after: BuiltStep?, reason: String)
    /// Some partitions, of which `step` tells how it went.
    indirect case partitions([BuiltPartition], of: BuiltStep)

    var outcome: StepOutcome {
        switch self {
        case .committed(let manifest, let ledger, _, _):
            .succeeded(
                rows: ledger.rows,
                bytes: manifest.files.last { $0.run == manifest.run }?.bytes ?? ByteCount(0))
        case .published(let manifest): .succeeded(rows: manifest.rows, bytes: manifest.bytes)
        case .noNewRows: .skipped(.noNewRows)
        case .paused(nil, let reason): .skipped(reason)
        case .paused(let done?, _): done.outcome
        case .partitions(let parts, _):
            .succeeded(
                rows: parts.reduce(0) { $0 + $1.file.rows },
                bytes: ByteCount(parts.reduce(0) { $0 + $1.file.bytes.bytes }))
        }
    }

    var bytesRead: Int64? {
        switch self {
        case .committed(_, let ledger, _, _): ledger.bytes
        case .paused(let done, _): done?.bytesRead
        case .partitions(_, let step): step.bytesRead
        case .published, .noNewRows: nil
        }
    }

    var remarks: [String] {
        switch self {
        case .committed(let manifest, let ledger, _, let warnings):
            ledger.conversions.map { "\($0.column): \($0.values) × \($0.reason.rawValue)" } + warnings
                + [manifest.schemaChanges ?? []].filter { !$0.isEmpty }.map(\.summary)
        case .published(let manifest):
            manifest.checks.filter { !$0.passed }.map { "\($0.check) warns: \($0.failures) rows" }
                + manifest.breakingChange
        case .noNewRows, .paused(nil, _): []
        case .paused(let done?, let reason): done.remarks + [reason]
        case .partitions(_, let step): step.remarks
        }
    }

    /// How the reading went: how consistent it was, and what could not be seen.
    var notes: [String] {
        switch self {
        case .committed(let manifest, _, _, _): manifest.origin.remarks ?? []
        case .paused(let done, _): done?.notes ?? []
        case .partitions(_, let step): step.notes
        case .published, .noNewRows: []
        }
    }

    /// What was published: nothing, a table, or partitions.
    func materializations(of run: RunID, startedAt: Timestamp, finishedAt: Timestamp) -> [Materialization] {
        switch self {
        case .committed(let manifest, _, let version, _):
            [
                Materialization(
                    asset: manifest.asset, run: run, partition: PartitionKey(manifest.ingestionDate),
                    version: version, codeHash: "", rows: manifest.rows, bytes: manifest.bytes,
                    schema: manifest.tableSchema, inputs: [], startedAt: startedAt, finishedAt: finishedAt)
            ]
        case .published(let manifest):
            [
                Materialization(
                    asset: manifest.asset, run: run, version: manifest.version,
                    codeHash: manifest.codeHash, rows: manifest.rows, bytes: manifest.bytes,
                    schema: manifest.schema, inputs: manifest.inputs, startedAt: startedAt,
                    finishedAt: finishedAt)
            ]
        case .partitions(let parts, .published(let manifest)):
            parts.map {
                $0.materialization(
                    of: manifest.asset, run, codeHash: manifest.codeHash, schema: manifest.schema,
                    inputs: manifest.inputs, startedAt: startedAt, finishedAt: finishedAt)
            }
        case .partitions(let parts, .committed(let manifest, _, _, _)):
            parts.map {
                $0.materialization(
                    of: manifest.asset, run, codeHash: "", schema: manifest.tableSchema, inputs: [],
                    startedAt: startedAt, finishedAt: finishedAt)
            }
        case .noNewRows, .partitions: []
        case .paused(let done, _):
            done?.materializations(of: run, startedAt: startedAt, finishedAt: finishedAt) ?? []
        }
    }

    /// What is to be known of each partition that was built.
    func partitionBuilds(of asset: AssetKey, _ run: RunID, at now: Timestamp) -> [PartitionBuild] {
        guard case .partitions(let parts, let step) = self else { return [] }
        var fingerprint: String?
        if case .committed(let manifest, _, _, _) = step { fingerprint = manifest.origin.fingerprint }
        return parts.map { part in
            PartitionBuild(
                asset: asset, partition: part.key, run: run, version: part.file.contentVersion,
                fingerprint: fingerprint, rows: part.file.rows, builtAt: now)
        }
    }

    /// Whether the inputs were looked at to their end, so that what is published is known to be of now.
    var isVerified: Bool { if case .paused = self { false } else { true } }

    func events(of id: StepID, at now: Timestamp) -> [RunEvent.Draft] {
        switch self {
        case .committed(let manifest, let ledger, _, let warnings):
            ledger.conversions.map {
                RunEvent.Draft(
                    id, at: now, kind: .valuesConverted,
                    text: "\($0.column): \($0.values) values, \($0.reason.rawValue)")
            } + warnings.map { RunEvent.Draft(id, at: now, kind: .checkFailed, text: $0) }
                + (manifest.schemaChanges ?? []).map {
                    RunEvent.Draft(id, at: now, kind: .schemaChanged, text: $0.inWords)
                }
                + (manifest.origin.remarks ?? []).map { RunEvent.Draft(id, at: now, kind: .note, text: $0) }
        case .published(let manifest):
            manifest.checks.map {
                RunEvent.Draft(
                    id, at: now, kind: $0.passed ? .checkPassed : .checkFailed,
                    text: $0.passed ? $0.check : "\($0.check): \($0.failures) rows (\($0.severity.rawValue))")
            } + manifest.breakingChange.map { RunEvent.Draft(id, at: now, kind: .schemaChanged, text: $0) }
        case .noNewRows: []
        case .partitions(_, let step): step.events(of: id, at: now)
        case .paused(let done, let reason):
            (done?.events(of: id, at: now) ?? []) + [
                RunEvent.Draft(id, at: now, kind: .note, text: reason)
            ]
        }
    }
}

/// A partition that was built, and the file that it is now.
struct BuiltPartition: Sendable {
    let key: PartitionKey
    let file: DataFile

    /// Those of `keys` that `files` have.
    static func all(_ keys: [PartitionKey], in files: [DataFile]) -> [BuiltPartition] {
        let wanted = Set(keys)
        return files.compactMap { file in
            file.partition.flatMap { wanted.contains($0) ? BuiltPartition(key: $0, file: file) : nil }
        }
    }

    fileprivate func materialization(
        of asset: AssetKey, _ run: RunID, codeHash: String, schema: [ColumnSchema],
        inputs: [TableManifest.Input], startedAt: Timestamp, finishedAt: Timestamp
    ) -> Materialization {
        Materialization(
            asset: asset, run: run, partition: key, version: file.contentVersion, codeHash: codeHash,
            rows: file.rows, bytes: file.bytes, schema: schema, inputs: inputs, startedAt: startedAt,
            finishedAt: finishedAt)
    }
}

extension DataFile {
    /// Two files of one have the same rows.
    var contentVersion: String { version ?? sha256 ?? name }
}

extension TableManifest {
    /// What its own run broke, in words; nothing if it broke nothing.
    fileprivate var breakingChange: [String] {
        guard let breaking, breaking.run == run else { return [] }
        return ["breaking change (\(breaking.reason)): \(breaking.changes.joined(separator: "; "))"]
    }
}
