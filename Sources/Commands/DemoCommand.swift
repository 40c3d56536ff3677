internal import ArgumentParser
internal import FoundationEssentials
internal import LakeModel
internal import MySQL
internal import Orchestrator
internal import Project
internal import SampleData
internal import Synchronization
internal import Terminal

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Sample data for the telecom template.",
        subcommands: [DemoGenerate.self])
}

struct DemoGenerate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make the source databases of the telecom template.",
        discussion: """
            The same seed gives the same databases. At scale 1 there are 5.1 million invoices with 27.9 million items; \
            the default is a hundredth. The target is where the lake's connections point: SQLite files, or a MySQL \
            server (TARN_ENVIRONMENT=mysql), whose user must be allowed to create databases.
            """)

    enum Target: String, ExpressibleByArgument, CaseIterable { case sqlite, mysql }

    @Option(name: .long, help: "1 is the real size.") var scale = 0.01
    @Option(name: .long, help: "Another seed gives other data.") var seed: UInt64 = 42
    @Option(name: .long, help: "sqlite or mysql. Default: what the lake's environment uses.") var target:
        Target?
    @Option(
        name: .long, help: ArgumentHelp("Let the business go on: new rows, changed rows.", valueName: "days"))
    var advanceDays = 0
    @Option(
        name: .long,
        help: ArgumentHelp("Only this table, as database.table; may be repeated.", valueName: "table"))
    var table: [String] = []
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let variables = ProcessInfo.processInfo.environment
        let definition = try LakeDefinition.loadWithoutMistakes(
            folder: try lake.folder, environmentVariables: variables,
            environment: target.map { $0 == .mysql ? "mysql" : "local" })
        let request = SampleDataRequest(
            scale: scale, seed: seed, target: try destination(in: definition), advanceDays: advanceDays,
            tables: table.isEmpty ? nil : Set(table))
        let isSilent = output.json
        let summary = try await generateSampleData(request) { table in
            guard !isSilent, table.duration > .milliseconds(500) else { return }
            Output.line(
                "  \(table.database).\(table.table): \(countText(table.rowsInserted)) rows in \(durationText(table.duration))"
            )
        }
        if output.json {
            return try Output.json(
                GenerationJSON(
                    businessDay: summary.businessDay.description, rowsInserted: summary.rowsInserted,
                    rowsUpdated: summary.rowsUpdated, seconds: summary.duration.seconds,
                    tables: summary.tables.map {
                        .init(
                            table: "\($0.database).\($0.table)", rowsInserted: $0.rowsInserted,
                            rowsUpdated: $0.rowsUpdated)
                    }))
        }
        Output.line(
            "\(countText(summary.tables.count)) tables: \(countText(summary.rowsInserted)) rows inserted, "
                + "\(countText(summary.rowsUpdated)) changed, in \(durationText(summary.duration)); "
                + "the business stands on \(summary.businessDay)")
    }

    /// Where the lake's own connections point.
    private func destination(in definition: LakeDefinition) throws -> SampleDataRequest.Target {
        guard let connection = definition.sources.first?.connection else {
            throw NoSampleTarget(reason: "the lake has no sources")
        }
        switch connection.kind {
        case .sqlite(let path):
            guard path.hasSuffix("/{database}.db") else {
                throw NoSampleTarget(
                    reason:
                        "the connection '\(connection.name)' is not one file '{database}.db' for each database"
                )
            }
            return .sqlite(folder: String(path.dropLast("/{database}.db".count)))
        case .mysql(let address):
            var settings = MySQLSettings(
                host: address.host, port: UInt16(clamping: address.port), user: address.user,
                password: address.password.reveal())
            settings.socket = address.socket
            return .mysql(settings)
        case .postgres, .duckdb, .files:
            throw NoSampleTarget(reason: "sample databases are made in SQLite and MySQL")
        }
    }

    private struct GenerationJSON: Encodable {
        let businessDay: String
        let rowsInserted: Int
        let rowsUpdated: Int
        let seconds: Double
        let tables: [Table]

        struct Table: Encodable {
            let table: String
            let rowsInserted: Int
            let rowsUpdated: Int
        }
    }
}

/// The lake says nowhere to put sample databases.
struct NoSampleTarget: Diagnostic {
    let reason: String

    var code: String { "usage.no-sample-target" }
    var problem: String { "There is no place for sample databases: \(reason)." }
    var remedy: String { "Use a lake of the telecom template: tarn init --template telecom FOLDER" }
}
