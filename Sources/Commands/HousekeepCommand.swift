internal import ArgumentParser
internal import LakeModel
internal import LakeStore
internal import Metadata
internal import Orchestrator
internal import Terminal

struct HousekeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "housekeep",
        abstract: "Remove what dead runs left behind and forget old history.",
        discussion:
            "Runs do this by themselves after a run that did not end well. It never touches what a manifest lists."
    )

    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let (report, compaction) = try await Housekeeping(lake).run()
        if output.json {
            try Output.json(
                HousekeepingJSON(
                    removed: report.removed.map(\.text), repaired: report.repaired.map(\.text),
                    abandonedWrites: report.abandonedWrites, problems: report.problems.map(\.json),
                    eventsForgotten: compaction.events, runsForgotten: compaction.runs))
        } else {
            for path in report.removed { Output.line("removed \(path)") }
            for path in report.repaired { Output.line("repaired \(path)") }
            Output.line(
                "\(countText(report.removed.count)) leftovers removed, \(countText(report.repaired.count)) copies repaired, "
                    + "\(countText(report.abandonedWrites)) unfinished writes removed, "
                    + "\(countText(compaction.runs)) old runs forgotten")
            if !report.problems.isEmpty { Output.report(report.problems) }
        }
        if !report.problems.isEmpty { throw ExitCode(1) }
    }

    private struct HousekeepingJSON: Encodable {
        let removed: [String]
        let repaired: [String]
        let abandonedWrites: Int
        let problems: [FailureJSON]
        let eventsForgotten: Int
        let runsForgotten: Int
    }
}
