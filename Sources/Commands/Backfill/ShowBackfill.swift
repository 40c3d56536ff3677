internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal

struct ShowBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "How far a backfill is, and what of it has failed.")

    @Argument(help: ArgumentHelp("Its id, or a name for the newest of that name.", valueName: "backfill"))
    var id: String
    @Option(name: .long, help: ArgumentHelp("Open and failed chunks to list.", valueName: "number"))
    var limit = 20
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let backfill = try await backfill(id, in: lake)
        let now = Lake.now()
        let summary = BackfillReport(backfill, lake, at: now)
        let chunks = backfill.chunks.values.sorted { $0.number < $1.number }
        if output.json {
            return try Output.json(BackfillDetails(backfill, lake, chunksMax: limit, at: now))
        }
        Output.line(text(backfill, summary, lake, now: now))
        guard !chunks.isEmpty else { return }
        var table = TextTable(columns: [
            .init("chunk", alignment: .right), .init("partitions"), .init("state"),
            .init("try", alignment: .right), .init("run"), .init("problem"),
        ])
        for chunk in chunks.prefix(limit) {
            table.append([
                countText(chunk.number + 1), shortened(chunk.selection), chunk.state.rawValue,
                countText(chunk.attempt), chunk.run?.text ?? "-", chunk.problem ?? "",
            ])
        }
        Output.line("\n" + table.plain(widthMax: Output.width, style: Output.style))
        let rest = chunks.count - min(chunks.count, limit)
        if rest > 0 { Output.line("and \(countText(rest)) more (--limit lists them)") }
    }

    private func text(
        _ backfill: Backfill, _ summary: BackfillReport, _ lake: Lake, now: Timestamp
    ) -> String {
        let style = Output.style
        var lines = [
            "\(style.bold("backfill \(summary.backfill)")) '\(summary.name)': \(summary.state)"
                + (summary.reason.map { " (\($0))" } ?? ""),
            "builds    \(summary.selection): \(backfill.plan.summary)",
            "progress  \(progressBar(summary.share, width: 30)) \(countText(summary.done)) of "
                + "\(countText(summary.partitions)) done, \(countText(summary.running)) running, "
                + "\(countText(summary.failed)) failed, \(countText(summary.left - summary.running)) to come",
        ]
        var pace = ["\(countText(summary.chunk)) together", "\(countText(summary.runsMax)) at once"]
        if let hours = summary.hours { pace.append("between \(hours)") }
        if let rate = summary.ratePerHour { pace.append("at most \(countText(rate)) an hour") }
        lines.append("pace      \(pace.joined(separator: ", ")), priority \(summary.priority)")
        if let perHour = summary.perHour {
            lines.append(
                "rate      \(rateText(perHour)) partitions an hour; "
                    + (summary.finishedAt == nil ? "ends \(summary.endsText(lake, now: now))" : "over"))
        }
        switch summary.waiting {
        case "hours", "rate", "postponed":
            let until = summary.waitsUntil.flatMap { Timestamp($0) }.map {
                lake.definition.zone.localTime(at: $0).description.prefix(16)
            }
            lines.append("waits     until \(until ?? "later"), for its \(summary.waiting ?? "")")
        default: break
        }
        return lines.joined(separator: "\n")
    }
}
