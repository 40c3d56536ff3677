internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Terminal

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The last runs, or one run with its steps.",
        discussion:
            "Without an argument: the last runs, and the steps of the newest. With a run's id: that run.")

    @Argument(help: ArgumentHelp("A run's id.", valueName: "run")) var runID: String?
    @Option(name: .long, help: ArgumentHelp("Runs to list.", valueName: "number")) var limit = 10
    @Flag(name: .long, help: "Also list steps that were skipped.") var all = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let runs = try await lake.metadata.runs(RunFilter(limit: limit))
        var wanted = runs.first?.id
        if let runID {
            guard let id = RunID(runID) else { throw ValidationError("'\(runID)' is not a run's id.") }
            wanted = id
        }
        var report: RunReport?
        if let wanted { report = try await lake.metadata.run(wanted) }
        if runID != nil, report == nil {
            throw ValidationError("There is no run '\(runID ?? "")'. See: tarn status")
        }
        if output.json {
            return try Output.json(
                StatusJSON(
                    runs: runs.map {
                        .init(
                            run: $0.id.text, state: $0.state.rawValue, selection: $0.selection,
                            startedAt: ($0.startedAt ?? $0.createdAt).description,
                            finishedAt: $0.finishedAt?.description)
                    },
                    newest: report.map { RunJSON($0) }))
        }
        guard let report else { return Output.line("No run yet. Begin with: tarn run") }
        if runID == nil { Output.line(table(of: runs) + "\n") }
        Output.line(report.headline)
        Output.line(report.table(hasSkipped: all))
    }

    private func table(of runs: [RunSummary]) -> String {
        var table = TextTable(columns: [
            .init("run"), .init("state"), .init("started"), .init("time", alignment: .right),
            .init("built", alignment: .right), .init("unchanged", alignment: .right),
            .init("failed", alignment: .right),
            .init("selection"),
        ])
        for run in runs {
            table.append([
                run.id.text, run.state.rawValue, ageText(Lake.now() - (run.startedAt ?? run.createdAt)),
                durationText(run.elapsed(at: Lake.now())), countText(run.steps[.succeeded] ?? 0),
                countText(run.steps[.skipped] ?? 0),
                countText((run.steps[.failed] ?? 0) + (run.steps[.blocked] ?? 0)), run.selection,
            ])
        }
        return table.plain(widthMax: Output.width, style: Output.style)
    }

    private struct StatusJSON: Encodable {
        let runs: [Summary]
        let newest: RunJSON?

        struct Summary: Encodable {
            let run: String
            let state: String
            let selection: String
            let startedAt: String
            let finishedAt: String?
        }
    }
}
