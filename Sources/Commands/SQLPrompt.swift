internal import DuckDB
internal import Glibc
internal import LakeModel
internal import LakeSQL
internal import Orchestrator
internal import Terminal

/// The interactive prompt: statements end with a semicolon; words with a dot in front are commands.
struct SQLPrompt: Sendable {
    let session: LakeQueries
    let printer: ResultPrinter
    let lake: Lake

    private static let help = """
        .tables [PATTERN]  tables, or those whose name matches (* stands for any characters)
        .schema TABLE      its columns
        .help              this
        .quit              leave (also Ctrl-D)
        Statements end with a semicolon. Tab completes names, Ctrl-R searches the history, Ctrl-C stops a query.
        """

    func run() async throws {
        let historyPath = "\(lake.systemFolder)/sql_history"
        try await session.prepareAll()
        try await session.session.database.withConnection { connection in
            let history: History
            do { history = try History(path: historyPath) } catch {
                Output.note("history is not kept: \(error)")
                history = History()
            }
            let names = session.names
            let editor = LineEditor(
                history: history, isComplete: { $0.hasPrefix(".") || endsStatement($0) },
                completer: { text, cursor in SQLCompletion(names: names).complete(text, cursor) })
            Output.line(
                "Tarn \(Program.version) on DuckDB \(Database.libraryVersion). \(names.count) tables; .help for help."
            )
            while true {
                switch editor.read(prompt: "tarn> ", continuation: "  ... ") {
                case .end: return
                case .interrupted: continue
                case .statement(let text):
                    guard try evaluate(text, on: connection) else { return }
                }
            }
        }
    }

    /// - Returns: Whether the prompt goes on.
    private func evaluate(_ text: String, on connection: Connection) throws -> Bool {
        let trimmed = String(
            text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace || $0 == ";" }.reversed())
        if trimmed.isEmpty { return true }
        if trimmed.hasPrefix(".") { return command(trimmed, on: connection) }
        let began = ContinuousClock.now
        do {
            try Interruption.shared.during({ [interrupter = connection.interrupter] in interrupter.interrupt()
            }) {
                try session.define(for: text, on: connection)
                try session.run(text, printer, on: connection)
            }
            Output.note(Output.errorStyle.dim(durationText(.now - began)))
        } catch let error as DuckDBError where error.isInterrupt {
            Output.note("stopped")
        } catch let error as DuckDBError {
            Output.report([QueryFailure(error)])
        }
        return true
    }

    private func command(_ text: String, on connection: Connection) -> Bool {
        let words = text.split(separator: " ", maxSplits: 1)
        let argument = words.count > 1 ? String(words[1]) : nil
        switch words[0] {
        case ".quit", ".exit", ".q": return false
        case ".tables":
            let pattern = Glob(argument ?? "*")
            let names = session.names.filter { argument != nil || !$0.hasSuffix("__all") }
            for name in names where pattern.matches(name) { Output.line(name) }
        case ".schema":
            guard let argument, let key = AssetKey(argument) else {
                Output.note("Give a table: .schema silver.fact_invoice")
                return true
            }
            do {
                try session.define(for: key.table.text, on: connection)
                try session.run("DESCRIBE \(key.quotedName)", printer, on: connection)
            } catch let error as DuckDBError {
                Output.report([QueryFailure(error)])
            } catch {
                Output.note("\(error)")
            }
        case ".help": Output.line(SQLPrompt.help)
        default: Output.note("There is no command '\(words[0])'. .help lists them.")
        }
        return true
    }
}

/// What Tab offers: tables of the lake and words of SQL.
struct SQLCompletion {
    let names: [String]

    private static let words = [
        "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "JOIN", "LEFT JOIN", "USING",
        "UNION ALL",
        "QUALIFY", "DISTINCT", "COUNT(*)", "DESCRIBE", "SUMMARIZE", "EXPLAIN", "INTERVAL", "BETWEEN", "CASE",
        "WHEN",
        "THEN", "ELSE", "END", "WITH", "EXCLUDE", "CREATE TABLE", ".tables", ".schema", ".help", ".quit",
    ]

    func complete(_ text: String, _ cursor: Int) -> LineEditing.Completion {
        let before = Array(text.prefix(cursor))
        let start = (before.lastIndex { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") } ?? -1) + 1
        let word = String(before[start...])
        guard !word.isEmpty else { return .init(start: cursor, candidates: []) }
        let lowercased = word.lowercased()
        let tables = names.filter { $0.lowercased().hasPrefix(lowercased) }
        let isUpper = word.first?.isUppercase ?? false
        let keywords = SQLCompletion.words.filter { $0.lowercased().hasPrefix(lowercased) }
            .map { isUpper || $0.hasPrefix(".") ? $0 : $0.lowercased() }
        return .init(start: start, candidates: tables + keywords)
    }
}
