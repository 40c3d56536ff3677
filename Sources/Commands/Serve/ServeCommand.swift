internal import ArgumentParser
internal import LakeModel
internal import Logging
internal import Orchestrator
internal import Project

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

    func run() async throws {
        let log = options.logger()
        let host = LakeHost(try await lake.open())
        let node = try Node(host, kind: .serve, slots: options.slots, log: log)
        log.notice(
            "serving",
            metadata: [
                "lake": "\(host.lake.definition.name)", "node": "\(node.id)", "version": "\(Program.version)",
            ])
        try await options.serve(host, [NodeService(node: node)], log)
        log.notice("ended")
    }
}

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Work on the steps of runs that others begin, until told to end.",
        discussion: "Several nodes need the history in PostgreSQL, and a store that all of them reach.")

    @OptionGroup var options: ServeOptions
    @OptionGroup var lake: LakeOptions

    func run() async throws {
        let log = options.logger()
        let host = LakeHost(try await lake.open())
        let node = try Node(host, kind: .worker, slots: options.slots, log: log)
        log.notice(
            "working",
            metadata: [
                "lake": "\(host.lake.definition.name)", "node": "\(node.id)", "version": "\(Program.version)",
            ])
        try await options.serve(host, [NodeService(node: node)], log)
        log.notice("ended")
    }
}
