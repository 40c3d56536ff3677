internal import DuckDB
internal import Extraction
internal import LakeModel
internal import LakeStore
internal import Transform

extension StepOutcome {
    /// How a step ended that threw `error`.
    init(_ error: any Error, asset: AssetKey) {
        switch error {
        case is CancellationError: self = .cancelled
        case let error as DuckDBError where error.isInterrupt && error.underlying == nil: self = .cancelled
        case let error as DuckDBError:
            if let underlying = error.underlying {
                self.init(underlying, asset: asset)
            } else {
                self = .failed(
                    StepFailure(EngineFailure(error, asset: asset), category: EngineFailure.category(error)))
            }
        case let failure as SourceUnavailable:
            self =
                failure.category == .cancelled
                ? .cancelled : .failed(StepFailure(failure, category: failure.category))
        case let failure as ModelFailure: self = .failed(StepFailure(failure, category: failure.category))
        case let failure as PublishBlocked: self = .failed(StepFailure(failure, category: .badData))
        case let failure as LeaseLost: self = .failed(StepFailure(failure, category: .lost))
        case let failure as any Diagnostic:
            self = .failed(StepFailure(failure, category: failure.isTransient ? .transient : .badConfig))
        default:
            self = .failed(
                StepFailure(
                    code: "run.unexpected", problem: "\(asset): \(error)",
                    remedy: "Nothing was committed. Please report this as a bug.", category: .badConfig))
        }
    }
}

/// DuckDB failed outside of a model's SQL: while it wrote what was extracted, or audited.
struct EngineFailure: Diagnostic {
    let asset: AssetKey
    private let error: DuckDBError

    init(_ error: DuckDBError, asset: AssetKey) {
        self.error = error
        self.asset = asset
    }

    static func category(_ error: DuckDBError) -> FailureCategory {
        switch error.kind {
        case .outOfMemory: .outOfMemory
        // Room does not come back within a few seconds, and every table would wait for it.
        case .io: isDiskFull(error) ? .badConfig : .transient
        default: .badQuery
        }
    }

    private static func isDiskFull(_ error: DuckDBError) -> Bool { error.message.contains("No space left") }
    private var isDiskFull: Bool { EngineFailure.isDiskFull(error) }

    var code: String {
        isDiskFull ? "store.disk-full" : error.kind == .outOfMemory ? "engine.out-of-memory" : "engine.failed"
    }
    var problem: String { "\(asset): \(isDiskFull ? "the disk is full" : error.message)" }
    var remedy: String {
        if isDiskFull { return "Make room; nothing that is published was touched. Then run this again." }
        if error.kind == .outOfMemory { return "Raise resources.memory_limit in lake.yaml." }
        return "Nothing was committed. The statement was: \(error.sql.prefix(300))"
    }
}
