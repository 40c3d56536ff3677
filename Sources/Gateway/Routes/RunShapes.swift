internal import LakeModel
internal import Metadata

/// A run in a list.
struct RunJSON: Described {
    let run: String
    let state: String
    let trigger: String
    let selection: String
    let tags: [String]
    let priority: Int
    let createdAt: String
    let startedAt: String?
    let finishedAt: String?
    let isCancelRequested: Bool
    let isForced: Bool
    let isFullRefresh: Bool
    /// How many steps are in each state.
    let steps: [String: Int]

    static let schemaName = "Run"
    static let members: [String: Schema] = [
        "run": .text("Its id."), "state": .choice(of: RunState.self), "trigger": .choice(of: RunTrigger.self),
        "selection": .text("As it was written."), "tags": .list(of: .text()),
        "priority": .integer("Runs of a higher one come first."), "created_at": .instant(),
        "is_cancel_requested": .bool(), "is_forced": .bool("Whether it builds what did not change."),
        "is_full_refresh": .bool("Whether incremental tables are read from the beginning."),
        "steps": .map(to: .integer(), "How many steps are in each state."),
    ]
    static let schema = Schema.object(
        "A run.", members, optional: ["started_at": .instant(), "finished_at": .instant()])

    init(_ summary: RunSummary) {
        run = summary.id.text
        state = summary.state.rawValue
        trigger = summary.trigger.rawValue
        selection = summary.selection
        tags = summary.tags
        priority = summary.priority
        createdAt = summary.createdAt.description
        startedAt = summary.startedAt?.description
        finishedAt = summary.finishedAt?.description
        isCancelRequested = summary.isCancelRequested
        isForced = summary.settings.isForced
        isFullRefresh = summary.settings.isFullRefresh
        steps = Dictionary(uniqueKeysWithValues: summary.steps.map { ($0.key.rawValue, $0.value) })
    }
}

/// A run with its steps.
struct RunDetailsJSON: Described {
    let run: RunJSON
    let steps: [StepJSON]

    static let schemaName = "RunDetails"
    static let schema = Schema.object(
        "A run with its steps, in the order of the plan.",
        ["run": .named(RunJSON.self), "steps": .list(of: .named(StepJSON.self))])

    init(_ report: RunReport) {
        run = RunJSON(report.summary)
        steps = report.steps.map(StepJSON.init)
    }
}

struct StepJSON: Described {
    let asset: String
    let task: String
    let partition: String?
    let partitions: String?
    let state: String
    let startedAt: String?
    let finishedAt: String?
    let rows: Int64?
    let bytes: Int64?
    /// Why it was skipped, or not tried.
    let reason: String?
    let failure: FailureJSON?
    let attempts: [AttemptJSON]
    let lease: Lease?
    let readyAt: String?

    struct Lease: Encodable, Sendable {
        let worker: String
        let expiresAt: String
        let rowsDone: Int64
        let bytesDone: Int64
    }

    static let schemaName = "Step"
    static let schema = Schema.object(
        "One asset in a run.",
        [
            "asset": .text(), "task": .choice(of: StepTask.self), "state": .choice(of: StepState.self),
            "attempts": .list(of: .named(AttemptJSON.self)),
        ],
        optional: [
            "partition": .text("The first of its partitions."),
            "partitions": .text("All of them, as after --partition."), "started_at": .instant(),
            "finished_at": .instant(), "rows": .integer(),
            "bytes": .integer(), "reason": .text("Why it was skipped, or not tried."),
            "failure": .named(FailureJSON.self),
            "lease": .object(
                "Who works on it, and how far that is.",
                [
                    "worker": .text(), "expires_at": .instant(), "rows_done": .integer(),
                    "bytes_done": .integer(),
                ]),
            "ready_at": .instant("Before which it is not tried."),
        ])

    init(_ step: StepRecord) {
        asset = step.step.asset.description
        task = step.step.task.rawValue
        partition = step.step.partition?.text
        partitions = step.partitions
        state = step.state.rawValue
        startedAt = step.startedAt?.description
        finishedAt = step.finishedAt?.description
        rows = step.rows
        bytes = step.bytes?.bytes
        reason = step.skipReason ?? step.blockedBy.map { "\($0) was not built" }
        failure = step.failure.map(FailureJSON.init)
        attempts = step.attempts.map(AttemptJSON.init)
        lease = step.lease.map {
            Lease(
                worker: $0.owner.text, expiresAt: $0.expiresAt.description, rowsDone: $0.rowsDone,
                bytesDone: $0.bytesDone)
        }
        readyAt = step.readyAt?.description
    }
}

struct AttemptJSON: Described {
    let number: Int
    let epoch: Int64
    let worker: String?
    let state: String
    let startedAt: String
    let finishedAt: String?
    let rows: Int64?
    let bytes: Int64?
    let failure: FailureJSON?

    static let schemaName = "Attempt"
    static let schema = Schema.object(
        "One attempt of a step.",
        [
            "number": .integer("Counts from 1."), "epoch": .integer(), "state": .choice(of: StepState.self),
            "started_at": .instant(),
        ],
        optional: [
            "worker": .text(), "finished_at": .instant(), "rows": .integer(), "bytes": .integer(),
            "failure": .named(FailureJSON.self),
        ])

    init(_ attempt: AttemptRecord) {
        number = attempt.number
        epoch = attempt.epoch.number
        worker = attempt.owner?.text
        state = attempt.state.rawValue
        startedAt = attempt.startedAt.description
        finishedAt = attempt.finishedAt?.description
        rows = attempt.rows
        bytes = attempt.bytes?.bytes
        failure = attempt.failure.map(FailureJSON.init)
    }
}

struct FailureJSON: Described {
    let code: String
    let category: String
    let problem: String
    let remedy: String

    static let schemaName = "Failure"
    static let schema = Schema.object(
        "Why a step failed.",
        [
            "code": .text(), "category": .choice(of: FailureCategory.self), "problem": .text(),
            "remedy": .text(),
        ])

    init(_ failure: StepFailure) {
        code = failure.code
        category = failure.category.rawValue
        problem = failure.problem
        remedy = failure.remedy
    }
}
