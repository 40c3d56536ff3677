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
            published stays. Exit code 1 if a step failed. 'tarn run show' tells of a run that was begun.
            """)

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var partitions: PartitionOptions
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
    @Flag(
        name: .long,
        help: "Leave the run to 'tarn serve' and 'tarn worker' instead of building here, and print its id.")
    var detach = false
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Among waiting runs the higher one goes first; from -100 to 100.", valueName: "number"))
    var priority = 0
    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --detach: a second run of the same key is not begun; the first one's id is printed.",
            valueName: "text"))
    var key: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Build silver and gold from the bronze of the end of that day, into the folder of --to. No source is asked.",
            valueName: "day"))
    var asOf: String?
    @Option(
        name: .long, help: ArgumentHelp("With --as-of: the folder for the tables.", valueName: "folder"),
        completion: .directory)
    var to: String?
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard (1...64).contains(parallel ?? 1) else {
            throw ValidationError("--parallel takes a number from 1 to 64.")
        }
        guard (-100...100).contains(priority) else {
            throw ValidationError("--priority takes a number from -100 to 100.")
        }
        guard key == nil || detach else { throw ValidationError("--key has no meaning without --detach.") }
        guard (asOf == nil) == (to == nil) else {
            throw ValidationError("--as-of and --to belong together: a day, and the folder for its tables.")
        }
        guard rerun == nil || selection.selection.isEmpty && partitions.partition == nil else {
            throw ValidationError(
                "--rerun takes the steps of a run; a selection or partitions cannot be given with it.")
        }
    }

    func run() async throws {
        let lake = try await lake.open()
        if let asOf, let to {
            return try await RunAsOf(lake, asOf, to: to, json: output.json).run(selection.parse())
        }
        var options = RunOptions(lake.definition.work)
        options.worker.slots = parallel ?? options.worker.slots
        let display = RunDisplay(isSilent: output.json)
        guard let scope = try await scope(in: lake) else { return }
        guard !detach else {
            let now = Lake.now()
            let id = try await RunRequest(scope, in: lake, at: now).create(at: now)
            return output.json ? try Output.json(["run": id.text]) : Output.line(id.text)
        }
        let (lakeToRun, chosen) = (lake, options)
        let report = try await withThrowingTaskGroup(of: RunReport?.self) { group in
            group.addTask {
                try await LakeRun(lakeToRun, scope, options: chosen, observer: display).run()
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
        await sendLineage(of: lake)
        switch report.summary.state {
        case .succeeded: return
        case .cancelled: throw ExitCode(130)
        default: throw ExitCode(1)
        }
    }

    /// Run events that cannot be sent are kept, and are no failure of the run.
    private func sendLineage(of lake: Lake) async {
        guard let feed = OpenLineageFeed(lake) else { return }
        do {
            try await feed.send(
                as: WorkerID(ProcessTable.current(), random: .random(in: 0...UInt32.max)),
                patience: .seconds(20))
        } catch let mistake as any Diagnostic {
            Output.note("\(mistake.problem) \(mistake.remedy)")
        } catch {
            Output.note("run events could not be sent: \(error)")
        }
    }

    /// What is to be run; `nil` after it was said that there is nothing.
    private func scope(in lake: Lake) async throws -> RunScope? {
        var scope = RunScope(
            try selection.parse(),
            settings: RunSettings(
                isForced: force || fullRefresh, isFullRefresh: fullRefresh,
                acceptsSchemaChange: acceptSchemaChange), priority: priority,
            tags: tag, idempotencyKey: key)
        try partitions.apply(to: &scope)
        guard let rerun else { return scope }
        let left = try await report(of: rerun, in: lake).steps.filter {
            [.failed, .blocked, .cancelled, .lost].contains($0.state)
        }
        guard !left.isEmpty else {
            Output.line("Run \(rerun) has left nothing to build: every step succeeded or was skipped.")
            return nil
        }
        scope.selection = try Selection(Set(left.map(\.step.asset.description)).sorted())
        scope.partitions = .each(
            Dictionary(
                left.compactMap { step in step.partitions.map { (step.step.asset, $0) } },
                uniquingKeysWith: { "\($0),\($1)" }))
        return scope
    }
}

/// Which partitions of partitioned assets a command is about.
struct PartitionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Partitions to build. Default: the newest that is over.",
            discussion: """
                2026-11-22               that one
                2026-11-01..2026-11-10   from the first to the last
                latest  latest:7         the newest, the seven newest
                2026-11                  of days: those of the month
                all                      all that exist
                a,b                      several
                """,
            valueName: "partitions"))
    var partition: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "How many partitions of a table are read or computed together. Default: \(RunScope.defaultPartitionsPerStep).",
            valueName: "number"))
    var chunk: Int?

    func validate() throws {
        guard (1...1_000).contains(chunk ?? 1) else {
            throw ValidationError("--chunk takes a number from 1 to 1000.")
        }
    }

    func apply(to scope: inout RunScope) throws {
        if let partition { scope.partitions = .written(partition) }
        if let chunk { scope.partitionsPerStepMax = chunk }
    }
}
