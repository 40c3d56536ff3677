internal import ADLS
internal import ArgumentParser
internal import Glibc
internal import LakeModel
internal import Logging
internal import Orchestrator
internal import ServiceLifecycle
internal import StoreServer

struct StoreServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a folder as ADLS Gen2 and Blob storage.",
        discussion: """
            Each folder in it is a filesystem (a container). The account's key is made when the folder is served for \
            the first time, and is in FOLDER/.tarn-store/key.
              export AZURE_STORAGE_CONNECTION_STRING=$(tarn store serve FOLDER --show-connection)
            Ends on SIGTERM or Ctrl-C, when what is being answered is.
            """)

    @Argument(help: ArgumentHelp("The folder that is served.", valueName: "folder"), completion: .directory)
    var folder: String
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The address to listen on. 0.0.0.0 is every one of this machine.", valueName: "address"))
    var host = "127.0.0.1"
    @Option(name: .long, help: ArgumentHelp("The port; 0 takes a free one.", valueName: "number"))
    var port = 10_000
    @Option(name: .long, help: ArgumentHelp("The name of the account.", valueName: "name"))
    var account = "tarn"
    @Option(
        name: .long, help: ArgumentHelp("A file with the account's key in Base64.", valueName: "file"),
        completion: .file())
    var keyFile: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A certificate with its chain (PEM). Then only https is spoken.", valueName: "file"),
        completion: .file())
    var tlsCert: String?
    @Option(
        name: .long, help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"),
        completion: .file())
    var tlsKey: String?
    @Flag(name: .long, help: "Let anybody read and list without a key or a SAS.")
    var anonymous = false
    @Flag(name: .long, help: "Take the account and key that every emulator has. On this machine only.")
    var emulator = false
    @Flag(name: .long, help: "Print the connection string, with the key, and end.")
    var showConnection = false
    @Option(
        name: .long,
        help: ArgumentHelp(
            "How log lines are written: json or text. Default: text on a terminal, json elsewhere.",
            valueName: "form"))
    var log: StructuredLog.Form?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The least important lines: debug (every request), info, notice, warning or error.",
            valueName: "level"))
    var logLevel = LogLevel.info

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port takes a number from 0 to 65535.")
        }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together.")
        }
        guard !emulator || keyFile == nil && account == "tarn" else {
            throw ValidationError("--emulator has an account and a key of its own.")
        }
        // Everybody knows that key.
        guard !emulator || host == "127.0.0.1" || host == "::1" || host == "localhost" else {
            throw ValidationError("--emulator is for this machine only: leave out --host.")
        }
    }

    func run() async throws {
        let settings = try settings()
        if showConnection { return Output.line(connection(settings, port: port)) }
        let (form, level) = (log ?? (isatty(STDERR_FILENO) == 1 ? .text : .json), logLevel.level)
        let logger = Logger(label: "tarn") { _ in StructuredLog(form, level: level) }
        let server = try StoreServer(settings, logger: logger) { port in
            logger.notice(
                "listening",
                metadata: [
                    "account": "\(settings.account)", "endpoint": "\(endpoint(settings, port: port))",
                    "folder": "\(settings.folder)",
                ])
        }
        try await serve(server, logger)
        logger.notice("ended")
    }

    private func settings() throws -> StoreServerSettings {
        let key =
            if emulator {
                ConnectionString.developmentKey
            } else if let keyFile {
                try StoreKeyFile.read(keyFile)
            } else {
                try StoreKeyFile.key(ofFolder: folder)
            }
        var settings = StoreServerSettings(
            folder: folder, account: emulator ? ConnectionString.developmentAccount : account, key: key)
        settings.host = host
        settings.port = port
        settings.allowsAnonymousReading = anonymous
        if let tlsCert, let tlsKey { settings.certificate = .init(chain: tlsCert, key: tlsKey) }
        return settings
    }

    private func endpoint(_ settings: StoreServerSettings, port: Int) -> String {
        let host = settings.host == "0.0.0.0" || settings.host == "::" ? "localhost" : settings.host
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(settings.certificate == nil ? "http" : "https")://\(shown):\(port)/\(settings.account)"
    }

    /// As Azure writes it; every client takes it.
    private func connection(_ settings: StoreServerSettings, port: Int) -> String {
        let endpoint = endpoint(settings, port: port)
        return "DefaultEndpointsProtocol=\(settings.certificate == nil ? "http" : "https");"
            + "AccountName=\(settings.account);AccountKey=\(settings.key.reveal());"
            + "BlobEndpoint=\(endpoint);DfsEndpoint=\(endpoint)"
    }

    /// Serves until SIGTERM or Ctrl-C.
    private func serve(_ server: StoreServer, _ logger: Logger) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: server, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ], logger: logger))
        let (calls, caller) = AsyncStream.makeStream(of: Int32.self)
        try await Interruption.shared.during({ caller.yield($0) }) {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    for await signal in calls where signal != SIGHUP { await group.triggerGracefulShutdown() }
                }
                tasks.addTask { try await group.run() }
                try await tasks.next()
                tasks.cancelAll()
            }
        }
    }
}
