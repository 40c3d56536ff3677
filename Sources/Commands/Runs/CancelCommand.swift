internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a run, wherever it is worked on.",
        discussion: """
            Steps that wait are cancelled at once; who works on the others stops them, at the sources too, within seconds. \
            What was published stays.
            """)

    @Argument(help: ArgumentHelp("A run's id.", valueName: "run")) var runID: String
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let run = try await report(of: runID, in: lake).summary.id
        let wasOpen = try await lake.metadata.cancel(run, at: Lake.now())
        let pulse = try await lake.metadata.pulse(of: run)
        if output.json {
            return try Output.json(
                CancelJSON(
                    run: run.text, state: pulse.state.rawValue, isCancelled: wasOpen,
                    openSteps: pulse.openSteps))
        }
        guard wasOpen else { return Output.line("Run \(run) is over: \(pulse.state.rawValue).") }
        Output.line(
            pulse.openSteps == 0
                ? "Run \(run) is cancelled."
                : "Run \(run) is being cancelled; \(pulse.openSteps) of its steps are being stopped.")
    }

    private struct CancelJSON: Encodable {
        let run: String
        let state: String
        /// Whether it was not over yet.
        let isCancelled: Bool
        let openSteps: Int
    }
}
