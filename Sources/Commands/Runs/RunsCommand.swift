internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Terminal

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "The runs that are kept, the newest first.",
        discussion: "With several conditions: the runs that meet all of them.",
        subcommands: [ShowRun.self])

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Only runs that are queued, running, succeeded, failed, cancelled or lost; may be repeated.",
            valueName: "state"))
    var state: [String] = []
    @Option(name: .long, help: ArgumentHelp("Only runs with a step of this asset.", valueName: "asset"))
    var asset: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only runs that were begun by: manual, schedule, backfill, watchdog, api.", valueName: "trigger"))
    var trigger: String?
    @Option(name: .long, help: ArgumentHelp("Only runs with this tag.", valueName: "tag")) var tag: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Only runs before this one, for the next page.", valueName: "run"))
    var before: String?
    @Option(name: .long, help: ArgumentHelp("Runs to list.", valueName: "number")) var limit = 20
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        var filter = RunFilter(limit: limit)
        for text in state {
            guard let known = RunState(rawValue: text) else {
                throw ValidationError("'\(text)' is no state of a run: \(names(of: RunState.self)).")
            }
            filter.states.insert(known)
        }
        if let asset {
            guard let key = AssetKey(asset) else {
                throw ValidationError("'\(asset)' is no asset's name, such as silver.fact_invoice.")
            }
            filter.asset = key
        }
        if let trigger {
            guard let known = RunTrigger(rawValue: trigger) else {
                throw ValidationError("'\(trigger)' begins no run: \(names(of: RunTrigger.self)).")
            }
            filter.trigger = known
        }
        filter.tag = tag
        let lake = try await lake.open()
        if let before { filter.before = try await report(of: before, in: lake).summary.createdAt }
        let runs = try await lake.metadata.runs(filter)
        if output.json { return try Output.json(["runs": runs.map(RunSummaryJSON.init)]) }
        guard !runs.isEmpty else { return Output.line("No run meets these conditions.") }
        var table = TextTable(columns: [
            .init("run"), .init("state"), .init("by"), .init("created"), .init("time", alignment: .right),
            .init("built", alignment: .right), .init("unchanged", alignment: .right),
            .init("failed", alignment: .right), .init("open", alignment: .right), .init("selection"),
        ])
        let now = Lake.now()
        for run in runs {
            let count = { (states: StepState...) in
                countText(states.reduce(0) { $0 + (run.steps[$1] ?? 0) })
            }
            table.append([
                run.id.text, run.state.rawValue, run.trigger.rawValue, ageText(now - run.createdAt),
                run.startedAt == nil ? "-" : durationText(run.elapsed(at: now)), count(.succeeded),
                count(.skipped), count(.failed, .blocked, .lost), count(.waiting, .running), run.selection,
            ])
        }
        Output.line(table.plain(widthMax: Output.width, style: Output.style))
    }

    private func names<T: CaseIterable & RawRepresentable>(of type: T.Type) -> String
    where T.RawValue == String { T.allCases.map(\.rawValue).joined(separator: ", ") }
}

/// A run in a list, in `--json` answers.
struct RunSummaryJSON: Encodable {
    let run: String
    /// `queued`, `running`, `succeeded`, `failed`, `cancelled` or `lost`.
    let state: String
    /// `manual`, `schedule`, `backfill`, `watchdog` or `api`.
    let trigger: String
    let selection: String
    let tags: [String]
    let priority: Int
    let createdAt: String
    let startedAt: String?
    let finishedAt: String?
    /// How many steps are in each state.
    let steps: [String: Int]

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
        steps = Dictionary(uniqueKeysWithValues: summary.steps.map { ($0.key.rawValue, $0.value) })
    }
}

/// The run that `text` names; without one, the newest.
func report(of text: String?, in lake: Lake) async throws -> RunReport {
    guard let text else {
        guard let newest = try await lake.metadata.runs(RunFilter(limit: 1)).first,
            let report = try await lake.metadata.run(newest.id)
        else { throw ValidationError("There is no run yet. Begin with: tarn run") }
        return report
    }
    guard let id = RunID(text) else { throw ValidationError("'\(text)' is not a run's id.") }
    guard let report = try await lake.metadata.run(id) else { throw UnknownRun(run: id) }
    return report
}
