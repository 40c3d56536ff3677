internal import ArgumentParser
internal import Blocking
internal import Extraction
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal

struct TestSource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Connect to sources and check that they can be extracted as declared.",
        discussion: """
            Checks the connection, encryption, clock, the account's rights, and of each table that it can be read and has \
            its key and cursor. No rows are read. Exit code 1 if something is broken.
            """)

    @Argument(help: ArgumentHelp("Sources; none tests all.", valueName: "source")) var names: [String] = []
    @Flag(name: .long, help: "Only show what is broken or could be better.") var problems = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    private static let atOnce = 8

    func run() async throws {
        let files = try SourceFiles(lake)
        let sources = names.isEmpty ? files.definition.sources : try names.map(files.source)
        let exclusions = files.definition.exclusions
        var results: [SourceJSON] = []
        // Side by side, because a server that does not answer takes its time; shown in their order.
        try await withThrowingTaskGroup(of: (Int, [SourceFinding]).self) { group in
            var waiting = sources.enumerated().makeIterator()
            var found: [Int: [SourceFinding]] = [:]
            func startNext() {
                guard let (index, source) = waiting.next() else { return }
                group.addTask {
                    let findings = try await BlockingPool.shared.run {
                        SourceCheckup(source, exclusions: exclusions, now: Lake.now).run()
                    }
                    return (index, findings)
                }
            }
            for _ in 0..<TestSource.atOnce { startNext() }
            for try await (index, findings) in group {
                startNext()
                found[index] = findings
                while let findings = found[results.count] {
                    let source = sources[results.count]
                    if !output.json { show(source, findings) }
                    results.append(SourceJSON(source, findings))
                }
            }
        }
        // Sources that are not there because their files are wrong cannot be tested.
        let mistakes = names.isEmpty ? files.mistakes : []
        if output.json {
            try Output.json(TestJSON(sources: results, mistakes: mistakes.map(\.json)))
        } else {
            let broken = results.count { $0.isBroken }
            if sources.isEmpty { Output.line("No source yet. Add one: tarn source add URL") }
            if sources.count > 1 {
                Output.line(
                    "\(countText(sources.count, "source", "sources")) tested, \(countText(broken)) with something broken"
                )
            }
            Output.report(mistakes)
        }
        if results.contains(where: \.isBroken) || !mistakes.isEmpty { throw ExitCode(1) }
    }

    private func show(_ source: SourceDefinition, _ findings: [SourceFinding]) {
        let style = Output.style
        Output.line(
            style.bold(source.name.text)
                + "  \(source.connection.kind.name) \(source.connection.kind.address(of: source.database))")
        let width = min(32, findings.map { displayWidth(of: $0.subject) }.max() ?? 0)
        for finding in findings where !problems || finding.verdict != .fine {
            let mark =
                switch finding.verdict {
                case .fine: style.green("✓")
                case .remark: style.yellow("!")
                case .broken: style.red("✗")
                }
            let code = finding.code.map { " " + style.dim("[\($0)]") } ?? ""
            Output.line("  \(mark) \(padded(visible(finding.subject), to: width))  \(finding.finding)\(code)")
            if let remedy = finding.remedy { Output.line("      \(style.cyan("help")): \(remedy)") }
        }
        Output.line()
    }

    private struct TestJSON: Encodable {
        let sources: [SourceJSON]
        let mistakes: [FailureJSON]
    }

    private struct SourceJSON: Encodable {
        let source: String
        let kind: String
        let address: String
        let isBroken: Bool
        let findings: [Finding]

        struct Finding: Encodable {
            let subject: String
            /// `fine`, `remark` or `broken`.
            let verdict: String
            let finding: String
            let remedy: String?
            let code: String?
        }

        init(_ source: SourceDefinition, _ found: [SourceFinding]) {
            self.source = source.name.text
            kind = source.connection.kind.name
            address = source.connection.kind.address(of: source.database)
            isBroken = found.contains { $0.verdict == .broken }
            findings = found.map {
                Finding(
                    subject: $0.subject, verdict: $0.verdict.rawValue, finding: $0.finding, remedy: $0.remedy,
                    code: $0.code)
            }
        }
    }
}
