internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project
internal import Terminal

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Build the selected assets: extract, refine, audit, publish.",
        discussion: """
            What did not change is skipped. A failure blocks only what is made from it. Ctrl-C stops cleanly; what was \
            published stays. Exit code 1 if a step failed.
            """)

    @OptionGroup var selection: SelectionOptions
    @Flag(name: .long, help: "Build although nothing changed.") var force = false
    @Flag(name: .long, help: "Read incremental tables from the beginning.") var fullRefresh = false
    @Flag(name: .long, help: "Take over what has changed in a source's columns.") var acceptSchemaChange =
        false
    @Option(
        name: .long,
        help: ArgumentHelp("Steps that run at once. Default: what lake.yaml says, or 4.", valueName: "number")
    )
    var parallel: Int?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Build what an earlier run did not: its failed, blocked, cancelled and lost steps.",
            valueName: "run"))
    var rerun: String?
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("A word to find the run by; may be repeated.", valueName: "tag"))
    var tag: [String] = []
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard (1...64).contains(parallel ?? 1) else {
            throw ValidationError("--parallel takes a number from 1 to 64.")
        }
        guard rerun == nil || selection.selection.isEmpty else {
            throw ValidationError("--rerun takes the steps of a run; a selection cannot be given with it.")
        }
    }

    func run() async throws {
        let lake = try await lake.open()
        var options = RunOptions(lake.definition.work)
        options.settings = RunSettings(
            isForced: force || fullRefresh, isFullRefresh: fullRefresh,
            acceptsSchemaChange: acceptSchemaChange)
        options.worker.slots = parallel ?? options.worker.slots
        let display = RunDisplay(isSilent: output.json)
        options.tags = tag
        var selection = try selection.parse()
        if let rerun {
            let left = try await report(of: rerun, in: lake).steps.filter {
                [.failed, .blocked, .cancelled, .lost].contains($0.state)
            }.map(\.step.asset.description)
            guard !left.isEmpty else {
                return Output.line(
                    "Run \(rerun) has left nothing to build: every step succeeded or was skipped.")
            }
            selection = try Selection(left)
        }
        let (lakeToRun, chosen, selected) = (lake, options, selection)
        let report = try await withThrowingTaskGroup(of: RunReport?.self) { group in
            group.addTask {
                try await LakeRun(lakeToRun, selected, options: chosen, observer: display).run()
            }
            group.addTask {
                await display.redraw()
                return nil
            }
            defer { display.finish() }
            while let ended = try await group.next() {
                guard let report = ended else { continue }
                group.cancelAll()
                return report
            }
            throw CancellationError()
        }
        if output.json { try Output.json(RunJSON(report)) } else { display.summarize(report) }
        switch report.summary.state {
        case .succeeded: return
        case .cancelled: throw ExitCode(130)
        default: throw ExitCode(1)
        }
    }
}

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
        /// `waiting`, `running`, `succeeded`, `failed`, `skipped`, `blocked`, `cancelled` or `lost`.
        let state: String
        let attempts: Int
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
    }

    init(_ report: RunReport) {
        run = report.summary.id.text
        selection = report.summary.selection
        state = report.summary.state.rawValue
        startedAt = (report.summary.startedAt ?? report.summary.createdAt).description
        finishedAt = report.summary.finishedAt?.description
        steps = report.steps.map { step in
            StepJSON(
                asset: step.step.asset.description, state: step.state.rawValue, attempts: step.attempts.count,
                seconds: step.finishedAt.flatMap { end in step.startedAt.map { (end - $0).seconds } },
                rows: step.rows, bytes: step.bytes?.bytes,
                reason: step.skipReason ?? step.blockedBy.map { "\($0) was not built" },
                failure: step.failure.map {
                    Failure(
                        code: $0.code, category: $0.category.rawValue, problem: $0.problem, remedy: $0.remedy)
                })
        }
    }
}
