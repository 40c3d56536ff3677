internal import LakeModel
internal import Metadata

/// A run in `--json` answers.
struct RunJSON: Encodable {
    let run: String
    let selection: String
    /// `running`, `succeeded`, `failed`, `cancelled` or `lost`.
    let state: String
    let startedAt: String
    let finishedAt: String?
    let steps: [StepJSON]

    struct StepJSON: Encodable {
        let asset: String
        /// `build` or `reconcile`.
        let task: String
        /// Left out of an asset without partitions.
        let partitions: String?
        /// `waiting`, `running`, `succeeded`, `failed`, `skipped`, `blocked`, `cancelled` or `lost`.
        let state: String
        let attempts: Int
        /// Who worked on it when, if that was asked for.
        let tries: [AttemptJSON]?
        let seconds: Double?
        let rows: Int64?
        let bytes: Int64?
        let reason: String?
        let failure: Failure?
    }

    struct Failure: Encodable {
        let code: String
        let category: String
        let problem: String
        let remedy: String

        init(_ failure: StepFailure) {
            code = failure.code
            category = failure.category.rawValue
            problem = failure.problem
            remedy = failure.remedy
        }
    }

    /// One attempt of a step.
    struct AttemptJSON: Encodable {
        let number: Int
        /// Grows with every attempt on the asset; who holds a lower one cannot publish.
        let epoch: Int64
        let worker: String?
        let state: String
        let startedAt: String
        let finishedAt: String?
        let rows: Int64?
        let failure: Failure?

        init(_ attempt: AttemptRecord) {
            number = attempt.number
            epoch = attempt.epoch.number
            worker = attempt.owner?.description
            state = attempt.state.rawValue
            startedAt = attempt.startedAt.description
            finishedAt = attempt.finishedAt?.description
            rows = attempt.rows
            failure = attempt.failure.map(Failure.init)
        }
    }

    /// - Parameter hasAttempts: Whether the attempts of each step are told.
    init(_ report: RunReport, hasAttempts: Bool = false) {
        run = report.summary.id.text
        selection = report.summary.selection
        state = report.summary.state.rawValue
        startedAt = (report.summary.startedAt ?? report.summary.createdAt).description
        finishedAt = report.summary.finishedAt?.description
        steps = report.steps.map { step in
            StepJSON(
                asset: step.step.asset.description, task: step.step.task.rawValue,
                partitions: step.partitions,
                state: step.state.rawValue, attempts: step.attempts.count,
                tries: hasAttempts ? step.attempts.map(AttemptJSON.init) : nil,
                seconds: step.finishedAt.flatMap { end in step.startedAt.map { (end - $0).seconds } },
                rows: step.rows, bytes: step.bytes?.bytes,
                reason: step.skipReason ?? step.blockedBy.map { "\($0) was not built" },
                failure: step.failure.map(Failure.init))
        }
    }
}
