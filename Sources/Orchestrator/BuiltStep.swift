internal import Extraction
internal import LakeModel

/// What a successful attempt led to.
enum BuiltStep: Sendable {
    /// - Parameter warnings: Checks of the ledger that warn.
    case committed(BronzeManifest, ExtractionLedger, version: String, warnings: [String])
    case published(TableManifest)
    case noNewRows
    /// The source may not be read now, for `reason`; `after` is what was committed until then.
    indirect case paused(after: BuiltStep?, reason: String)

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
        }
    }

    var bytesRead: Int64? {
        switch self {
        case .committed(_, let ledger, _, _): ledger.bytes
        case .paused(let done, _): done?.bytesRead
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
        case .noNewRows, .paused(nil, _): []
        case .paused(let done?, let reason): done.remarks + [reason]
        }
    }

    /// How the reading went: how consistent it was, and what could not be seen.
    var notes: [String] {
        switch self {
        case .committed(let manifest, _, _, _): manifest.origin.remarks ?? []
        case .paused(let done, _): done?.notes ?? []
        case .published, .noNewRows: []
        }
    }

    /// `nil` if nothing was published.
    func materialization(of run: RunID, startedAt: Timestamp, finishedAt: Timestamp) -> Materialization? {
        switch self {
        case .committed(let manifest, _, let version, _):
            Materialization(
                asset: manifest.asset, run: run, partition: PartitionKey(manifest.ingestionDate),
                version: version,
                codeHash: "", rows: manifest.rows, bytes: manifest.bytes, schema: manifest.tableSchema,
                inputs: [],
                startedAt: startedAt, finishedAt: finishedAt)
        case .published(let manifest):
            Materialization(
                asset: manifest.asset, run: run, version: manifest.version,
                codeHash: manifest.codeHash,
                rows: manifest.rows, bytes: manifest.bytes, schema: manifest.schema, inputs: manifest.inputs,
                startedAt: startedAt, finishedAt: finishedAt)
        case .noNewRows: nil
        case .paused(let done, _):
            done?.materialization(of: run, startedAt: startedAt, finishedAt: finishedAt)
        }
    }

    /// Whether the inputs were looked at to their end, so that what is published is known to be of now.
    var isVerified: Bool { if case .paused = self { false } else { true } }

    func events(of step: StepID, at now: Timestamp) -> [RunEvent.Draft] {
        switch self {
        case .committed(let manifest, let ledger, _, let warnings):
            ledger.conversions.map {
                RunEvent.Draft(
                    step, at: now, kind: .valuesConverted,
                    text: "\($0.column): \($0.values) values, \($0.reason.rawValue)")
            } + warnings.map { RunEvent.Draft(step, at: now, kind: .checkFailed, text: $0) }
                + (manifest.schemaChanges ?? []).map {
                    RunEvent.Draft(step, at: now, kind: .schemaChanged, text: $0.inWords)
                }
                + (manifest.origin.remarks ?? []).map { RunEvent.Draft(step, at: now, kind: .note, text: $0) }
        case .published(let manifest):
            manifest.checks.map {
                RunEvent.Draft(
                    step, at: now, kind: $0.passed ? .checkPassed : .checkFailed,
                    text: $0.passed ? $0.check : "\($0.check): \($0.failures) rows (\($0.severity.rawValue))")
            }
        case .noNewRows: []
        case .paused(let done, let reason):
            (done?.events(of: step, at: now) ?? []) + [
                RunEvent.Draft(step, at: now, kind: .note, text: reason)
            ]
        }
    }
}
