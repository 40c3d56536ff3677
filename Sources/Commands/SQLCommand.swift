internal import ArgumentParser
internal import DuckDB
internal import FoundationEssentials
internal import Glibc
internal import LakeModel
internal import Orchestrator
internal import Terminal

struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Query the lake: one statement, a file, or a prompt.",
        discussion: """
            Every table has its name: bronze_<source>.<table>, silver.<table>, gold.<table>; \
            bronze_<source>.<table>__all has every row of every partition, and __bad the lines of input files that \
            are no rows. Without a statement on a terminal there is a prompt with history and completion; otherwise \
            statements are read from standard input.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json }

    @Argument(help: "SQL; several statements are separated by semicolons.") var statement: String?
    @Option(name: .shortAndLong, help: "A file with SQL.", completion: .file(extensions: ["sql"])) var file:
        String?
    @Option(name: .long, help: "table (the default), csv or json.") var format: Format?
    @Option(
        name: .long,
        help: ArgumentHelp("Rows of a result to show as a table; 0 shows all.", valueName: "number"))
    var maxRows = 40
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard statement == nil || file == nil else {
            throw ValidationError("Give a statement or a file, not both.")
        }
    }

    func run() async throws {
        let lake = try await lake.open()
        let printer = ResultPrinter(
            format: output.json ? .json : format ?? .table, rowsMax: maxRows, width: Output.width)
        var text = try text()
        if text == nil, !isTerminal(STDIN_FILENO) { text = try standardInput() }
        let session = try await LakeQueries.open(lake, hasHistory: text?.contains("__all") ?? true)
        if let text {
            try await session.run(text, printer)
        } else {
            try await SQLPrompt(session: session, printer: printer, lake: lake).run()
        }
    }

    private func text() throws -> String? {
        guard let file else { return statement }
        do {
            return String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        } catch {
            throw UnreadableFile(path: file)
        }
    }

    private func standardInput() throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

struct UnreadableFile: Diagnostic {
    let path: String

    var code: String { "usage.unreadable-file" }
    var problem: String { "\(path) cannot be read." }
    var remedy: String { "Check the path and its permissions." }
}
