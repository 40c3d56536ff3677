internal import Extraction
internal import LakeModel

/// What a successful attempt led to.
enum BuiltStep: Sendable {
    /// - Parameter warnings: Checks of the ledger that warn.
    case committed(BronzeManifest, ExtractionLedger, version: String, warnings: [String])
    case published(TableManifest)
    case noNewRows

    var outcome: StepOutcome {
        switch self {
        case .committed(let manifest, let ledger, _, _):
            .succeeded(
                rows: ledger.rows,
                bytes: manifest.files.last { $0.run == manifest.run }?.bytes ?? ByteCount(0))
        case .published(let manifest): .succeeded(rows: manifest.rows, bytes: manifest.bytes)
        case .noNewRows: .skipped(.noNewRows)
        }
    }

    var bytesRead: Int64? {
        if case .committed(_, let ledger, _, _) = self { ledger.bytes } else { nil }
    }

    var remarks: [String] {
        switch self {
        case .committed(let manifest, let ledger, _, let warnings):
            ledger.conversions.map { "\($0.column): \($0.values) × \($0.reason.rawValue)" } + warnings
                + [manifest.schemaChanges ?? []].filter { !$0.isEmpty }.map(\.summary)
        case .published(let manifest):
            manifest.checks.filter { !$0.passed }.map { "\($0.check) warns: \($0.failures) rows" }
        case .noNewRows: []
        }
    }

    /// How the reading went: how consistent it was, and what could not be seen.
    var notes: [String] {
        if case .committed(let manifest, _, _, _) = self { manifest.origin.remarks ?? [] } else { [] }
    }

    /// `nil` if nothing was published.
    func materialization(startedAt: Timestamp, finishedAt: Timestamp) -> Materialization? {
        switch self {
        case .committed(let manifest, _, let version, _):
            Materialization(
                asset: manifest.asset, run: manifest.run, partition: manifest.ingestionDate, version: version,
                codeHash: "", rows: manifest.rows, bytes: manifest.bytes, schema: manifest.tableSchema,
                inputs: [],
                startedAt: startedAt, finishedAt: finishedAt)
        case .published(let manifest):
            Materialization(
                asset: manifest.asset, run: manifest.run, version: manifest.version,
                codeHash: manifest.codeHash,
                rows: manifest.rows, bytes: manifest.bytes, schema: manifest.schema, inputs: manifest.inputs,
                startedAt: startedAt, finishedAt: finishedAt)
        case .noNewRows: nil
        }
    }

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
        }
    }
}
