internal import ArgumentParser
internal import FoundationEssentials
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check every file of the lake, and all SQL against what is in it.",
        discussion: """
            All mistakes are shown at once, each with its place. Columns are checked as far as tables exist already: a \
            lake that never ran has no types to check against.
            """)

    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        var failures: [any Diagnostic] = []
        var counts = (sources: 0, tables: 0, models: 0)
        let (folder, variables) = (try lake.folder, ProcessInfo.processInfo.environment)
        do {
            let lake = try await lake.open()
            counts = (lake.definition.sources.count, lake.graph.tables.count, lake.graph.models.count)
            failures = try await Binding(lake).mistakes()
            failures += LakeTests.mistakes(folder: folder, variables: variables, graph: lake.graph)
        } catch let errors as Diagnostics {
            failures = errors.all + LakeTests.mistakes(folder: folder, variables: variables, graph: nil)
        }
        if output.json {
            try Output.json(ValidationJSON(isValid: failures.isEmpty, mistakes: failures.map(\.json)))
        } else if failures.isEmpty {
            Output.line(
                "\(Output.style.green("valid")): \(countText(counts.sources, "source", "sources")) with "
                    + "\(countText(counts.tables, "table", "tables")), "
                    + "\(countText(counts.models, "model", "models"))"
            )
        } else {
            Output.report(failures)
        }
        if !failures.isEmpty { throw ExitCode(2) }
    }

    private struct ValidationJSON: Encodable {
        let isValid: Bool
        let mistakes: [FailureJSON]
    }
}
