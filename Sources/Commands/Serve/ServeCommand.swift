internal import ArgumentParser
internal import Orchestrator

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the lake: schedules, sensors, freshness, steps, housekeeping.",
        discussion: """
            Ends on SIGTERM or Ctrl-C: nothing new is begun, what runs has the grace of lake.yaml, then it is handed \
            back. SIGHUP reads the lake's files again; if something is wrong with them the lake goes on as it was.
            """)

    @OptionGroup var options: ServeOptions
    @OptionGroup var lake: LakeOptions

    func run() async throws { try await options.work(.serve, on: try await lake.open()) }
}

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Work on the steps of runs that others begin, until told to end.",
        discussion: "Several nodes need the history in PostgreSQL, and a store that all of them reach.")

    @OptionGroup var options: ServeOptions
    @OptionGroup var lake: LakeOptions

    func run() async throws { try await options.work(.worker, on: try await lake.open()) }
}
