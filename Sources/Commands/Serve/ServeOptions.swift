internal import ArgumentParser
internal import FoundationEssentials
internal import Gateway
internal import Glibc
internal import LakeModel
internal import Logging
internal import Orchestrator
internal import Project
internal import ServiceLifecycle
internal import Synchronization

/// What `tarn serve` and `tarn worker` have in common.
struct ServeOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Steps that this node works on at once. Default: what lake.yaml says, or 4.", valueName: "number")
    )
    var slots: Int?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where HTTP is served: 127.0.0.1:8080; port 0 takes a free one. Default of serve: as in lake.yaml.",
            valueName: "address"))
    var listen: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "How log lines are written: json or text. Default: text on a terminal, json elsewhere.",
            valueName: "form"))
    var log: StructuredLog.Form?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The least important lines: debug, info, notice, warning or error.", valueName: "level")
    )
    var logLevel = LogLevel.info

    func validate() throws {
        guard (1...64).contains(slots ?? 1) else {
            throw ValidationError("--slots takes a number from 1 to 64.")
        }
        if let listen, ListenAddress(listen) == nil {
            throw ValidationError("--listen takes an address such as 127.0.0.1:8080, not '\(listen)'.")
        }
    }

    func logger() -> Logger {
        let form = log ?? (isatty(STDERR_FILENO) == 1 ? .text : .json)
        let level = logLevel.level
        return Logger(label: "tarn") { _ in StructuredLog(form, level: level) }
    }

    /// Opens the lake and works on it until SIGTERM or Ctrl-C.
    func work(_ kind: Node.Kind, on lake: Lake) async throws {
        let log = logger()
        let host = LakeHost(lake)
        let node = try Node(host, kind: kind, slots: slots, log: log)
        let face = NodeFace(
            node, version: Program.version, variables: ProcessInfo.processInfo.environment)
        log.notice(
            "\(kind == .serve ? "serving" : "working")",
            metadata: [
                "lake": "\(lake.definition.name)", "node": "\(node.id)", "version": "\(Program.version)",
            ])
        // What is last ends first: while the node drains, whoever asks over HTTP is told so.
        var services: [any Service] = []
        var serve = lake.definition.serve
        if let address = listen.flatMap({ ListenAddress($0) }) { serve.listen = address }
        if kind == .serve || listen != nil {
            services.append(
                try Gateway(GatewayOptions(serve), host: face, logger: log) { address in
                    log.notice("listening", metadata: ["address": "\(address)"])
                })
        }
        services.append(NodeService(node: node, face: face))
        try await self.serve(host, services, log)
        log.notice("ended")
    }

    /// Runs services until SIGTERM or Ctrl-C; SIGHUP reads the lake's files again.
    private func serve(_ host: LakeHost, _ services: [any Service], _ log: Logger) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    // One that ends by itself ends the process in good order.
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: log))
        let (calls, caller) = AsyncStream.makeStream(of: Int32.self)
        try await Interruption.shared.during({ caller.yield($0) }) {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    for await signal in calls {
                        if signal == SIGHUP {
                            await reload(host, log)
                        } else {
                            await group.triggerGracefulShutdown()
                        }
                    }
                }
                tasks.addTask { try await group.run() }
                // The group of services ends first, or the process is killed.
                try await tasks.next()
                tasks.cancelAll()
            }
        }
    }

    private func reload(_ host: LakeHost, _ log: Logger) async {
        do {
            try await host.reload(variables: ProcessInfo.processInfo.environment)
            log.notice("the lake's files were read again")
        } catch {
            for mistake in host.mistakes {
                log.error(
                    "the lake's files cannot be used: the lake goes on as it was",
                    metadata: [
                        "code": "\(mistake.code)", "place": "\(mistake.place.map(\.description) ?? "")",
                        "error": "\(mistake.problem)", "help": "\(mistake.remedy)",
                    ])
            }
        }
    }
}

extension StructuredLog.Form: ExpressibleByArgument {}

/// The least important lines that are written.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug, info, notice, warning, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
