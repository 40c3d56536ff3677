internal import Extraction
internal import LakeModel

/// What a successful attempt led to.
enum BuiltStep: Sendable {
    case committed(BronzeManifest, ExtractionLedger, version: String)
    case published(TableManifest)
    case noNewRows

    var outcome: StepOutcome {
        switch self {
        case .committed(let manifest, let ledger, _):
            .succeeded(
                rows: ledger.rows,
                bytes: manifest.files.last { $0.run == manifest.run }?.bytes ?? ByteCount(0))
        case .published(let manifest): .succeeded(rows: manifest.rows, bytes: manifest.bytes)
        case .noNewRows: .skipped(.noNewRows)
        }
    }

    var bytesRead: Int64? {
        if case .committed(_, let ledger, _) = self { ledger.bytes } else { nil }
    }

    var remarks: [String] {
        switch self {
        case .committed(let manifest, _, _):
            manifest.conversions.map { "\($0.column): \($0.values) × \($0.reason.rawValue)" }
        case .published(let manifest):
            manifest.checks.filter { !$0.passed }.map { "\($0.check) warns: \($0.failures) rows" }
        case .noNewRows: []
        }
    }

    /// `nil` if nothing was published.
    func materialization(startedAt: Timestamp, finishedAt: Timestamp) -> Materialization? {
        switch self {
        case .committed(let manifest, _, let version):
            Materialization(
                asset: manifest.asset, run: manifest.run, partition: manifest.ingestionDate, version: version,
                codeHash: "", rows: manifest.rows, bytes: manifest.bytes, schema: manifest.schema, inputs: [],
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
        case .committed(let manifest, _, _):
            manifest.conversions.map {
                RunEvent.Draft(
                    step, at: now, kind: .valuesConverted,
                    text: "\($0.column): \($0.values) values, \($0.reason.rawValue)")
            }
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
