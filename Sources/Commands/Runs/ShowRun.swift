internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Terminal

struct ShowRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One run: its steps, and every attempt with who worked on it.",
        discussion: "Its log is printed by: tarn logs <run>")

    @Argument(help: ArgumentHelp("A run's id. Default: the newest.", valueName: "run")) var runID: String?
    @Flag(name: .long, help: "Also list steps that were skipped.") var all = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let report = try await report(of: runID, in: lake)
        if output.json { return try Output.json(RunJSON(report, hasAttempts: true)) }
        Output.line(report.headline)
        Output.line(facts(of: report.summary))
        Output.line(report.table(hasSkipped: all))
        let attempts = attempts(of: report)
        if !attempts.rows.isEmpty {
            Output.line("\n" + attempts.plain(widthMax: Output.width, style: Output.style))
        }
    }

    private func facts(of run: RunSummary) -> String {
        var facts = ["begun by \(run.trigger.rawValue)", "created \(run.createdAt)"]
        if let startedAt = run.startedAt { facts.append("started \(startedAt)") }
        if let finishedAt = run.finishedAt { facts.append("finished \(finishedAt)") }
        if run.priority != 0 { facts.append("priority \(run.priority)") }
        if !run.tags.isEmpty { facts.append("tags " + run.tags.joined(separator: ", ")) }
        if run.isCancelRequested { facts.append("it was asked to stop") }
        return facts.joined(separator: "; ")
    }

    private func attempts(of report: RunReport) -> TextTable {
        var table = TextTable(columns: [
            .init("attempt on"), .init("number", alignment: .right), .init("epoch", alignment: .right),
            .init("worker"), .init("state"), .init("time", alignment: .right), .init("failure"),
        ])
        for step in report.steps where all || step.state != .skipped {
            for attempt in step.attempts {
                table.append([
                    step.step.description, countText(attempt.number), countText(attempt.epoch.number),
                    attempt.owner?.description ?? "-", attempt.state.rawValue,
                    attempt.finishedAt.map { durationText($0 - attempt.startedAt) } ?? "-",
                    attempt.failure?.problem ?? "",
                ])
            }
        }
        return table
    }
}

extension RunReport {
    var headline: String {
        Output.style.bold("run \(summary.id)") + " (\(summary.selection)): \(summary.state.rawValue)"
    }

    /// The steps, as people read them.
    func table(hasSkipped: Bool) -> String {
        var table = TextTable(columns: [
            .init("asset"), .init("state"), .init("attempts", alignment: .right),
            .init("rows", alignment: .right),
            .init("time", alignment: .right), .init("remark"),
        ])
        for step in steps where hasSkipped || step.state != .skipped {
            table.append([
                step.partitions.map { "\(step.step.asset) \(shortened($0))" } ?? step.step.description,
                step.state.rawValue, countText(step.attempts.count),
                step.rows.map { countText($0) } ?? "-",
                step.finishedAt.flatMap { end in step.startedAt.map { durationText(end - $0) } } ?? "-",
                step.failure?.problem ?? step.skipReason ?? step.blockedBy.map { "\($0) was not built" }
                    ?? "",
            ])
        }
        if table.rows.isEmpty { return "Every step was skipped, because nothing changed (--all lists them)." }
        return table.plain(widthMax: Output.width, style: Output.style)
    }
}
