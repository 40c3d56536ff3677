internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project
internal import Terminal

struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Build many partitions bit by bit: create, watch, pause and end backfills.",
        discussion: """
            tarn serve works on backfills by itself, below everything else; tarn backfill run does it without a service.
            """,
        subcommands: [
            CreateBackfill.self, ListBackfills.self, ShowBackfill.self, RunBackfill.self, PauseBackfill.self,
            ResumeBackfill.self, CancelBackfill.self, RetryBackfill.self,
        ], defaultSubcommand: ListBackfills.self)
}

struct ListBackfills: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The backfills that are kept, the newest first.")

    @Flag(name: .long, help: "Only those that are not over.") var open = false
    @Option(name: .long, help: ArgumentHelp("Backfills to list.", valueName: "number")) var limit = 20
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let now = Lake.now()
        let all = try await lake.metadata.backfills(openOnly: open, limit: limit)
        let rows = all.map { BackfillReport($0, lake, at: now) }
        if output.json { return try Output.json(["backfills": rows]) }
        if rows.isEmpty {
            let names = lake.definition.backfills.map(\.name.text).joined(separator: ", ")
            return Output.line(
                "There is no backfill. Begin with: tarn backfill create"
                    + (names.isEmpty ? "" : " (defined here: \(names))"))
        }
        var table = TextTable(columns: [
            .init("backfill"), .init("name"), .init("state"), .init("done", alignment: .right),
            .init("failed", alignment: .right), .init("partitions", alignment: .right),
            .init("per hour", alignment: .right), .init("ends"),
        ])
        for row in rows {
            table.append([
                row.backfill, row.name, row.state, "\(Int((row.share * 100).rounded(.down)))%",
                countText(row.failed), countText(row.partitions), row.perHour.map(rateText) ?? "-",
                row.endsText(lake, now: now),
            ])
        }
        Output.line(table.plain(widthMax: Output.width, style: Output.style))
    }
}

/// Partitions in an hour.
func rateText(_ perHour: Double) -> String {
    perHour >= 10 ? countText(Int(perHour.rounded())) : "\((perHour * 10).rounded() / 10)"
}

/// The backfill of an id, or the newest of a name.
func backfill(_ text: String, in lake: Lake) async throws -> Backfill {
    if let id = BackfillID(text) {
        guard let backfill = try await lake.metadata.backfill(id) else {
            throw BackfillRefusal(kind: .unknown(id))
        }
        return backfill
    }
    guard let name = TriggerName(text) else {
        throw ValidationError("'\(text)' is not the id or name of a backfill. See: tarn backfill list")
    }
    guard let backfill = try await lake.metadata.backfill(named: name) else {
        throw ValidationError("No backfill '\(name)' was ever created. See: tarn backfill list")
    }
    return backfill
}

extension BackfillReport {
    /// When it ends or has ended, on the lake's clocks.
    func endsText(_ lake: Lake, now: Timestamp) -> String {
        if let finishedAt, let time = Timestamp(finishedAt) { return ageText(now - time) }
        guard let endsAt, let time = Timestamp(endsAt) else { return "-" }
        return String(lake.definition.zone.localTime(at: time).description.prefix(16))
    }
}
