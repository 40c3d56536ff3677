internal import ArgumentParser
internal import FoundationEssentials
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the unit tests of models: tests/*.yaml.",
        discussion: """
            Each test gives rows to the inputs of a model and compares what its SELECT makes of them. No source is \
            asked, no table is read, and nothing is written. Exit code 1 if a test fails.
            """)

    @Argument(
        help: ArgumentHelp(
            "Models whose tests to run, as tarn run selects them, or the name of a test; none runs all.",
            valueName: "selection"))
    var selection: [String] = []
    @Option(
        name: .long, parsing: .singleValue, help: ArgumentHelp("Models to leave out.", valueName: "selection")
    )
    var exclude: [String] = []
    @Flag(name: .long, help: "Also list tests that pass.") var all = false
    @Option(
        name: .long, help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"),
        completion: .file())
    var junit: String?
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await LakeTests.load(
            folder: try lake.folder, variables: ProcessInfo.processInfo.environment)
        let began = ContinuousClock.now
        let results = try await lake.run(try lake.selected(selection, excluding: exclude))
        let elapsed = ContinuousClock.now - began
        if let junit {
            do {
                try Data(JUnitReport(results, elapsed: elapsed).text.utf8)
                    .write(to: URL(filePath: junit), options: .atomic)
            } catch {
                throw ReportUnwritable(file: junit)
            }
        }
        let failed = results.count { !$0.passed }
        if output.json {
            try Output.json(
                TestsJSON(
                    passed: results.count - failed, failed: failed, seconds: elapsed.seconds,
                    tests: results.map(TestJSON.init)))
        } else {
            show(results)
            let count = countText(results.count, "test", "tests")
            Output.line(
                results.isEmpty
                    ? "no tests: write them in tests/*.yaml (docs/models.md)"
                    : failed == 0
                        ? "\(Output.style.green("passed")): \(count) in \(durationText(elapsed))"
                        : "\(Output.style.red("failed")): \(countText(failed)) of \(count) in \(durationText(elapsed))"
            )
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private func show(_ results: [ModelTestResult]) {
        for result in results {
            let title = "\(result.test.model): \(result.test.name)"
            if result.passed {
                if all { Output.line("\(Output.style.green("ok"))    \(title)") }
                continue
            }
            Output.line("\(Output.style.red("FAIL"))  \(title)")
            Output.line("  \(Output.style.blue("-->")) \(result.test.place)")
            for line in result.explanation(widthMax: Output.width.map { $0 - 2 }) { Output.line("  \(line)") }
            Output.line()
        }
    }
}

extension ModelTestResult {
    /// Why it failed, in lines; none if it passed.
    func explanation(widthMax: Int? = nil) -> [String] {
        switch outcome {
        case .passed: return []
        case .differs(let difference): return difference.lines(widthMax: widthMax)
        case .failed(let failure):
            return ["\(failure.problem) [\(failure.code)]"]
                + (failure.place.map { ["at \($0)"] } ?? []) + ["help: \(failure.remedy)"]
        }
    }
}

extension RowDifference {
    /// At most so many rows of each kind are shown.
    private static let rowsMax = 20

    func lines(widthMax: Int? = nil) -> [String] {
        var table = TextTable(columns: [.init("")] + columns.map { .init($0) })
        for pair in differing.prefix(RowDifference.rowsMax) {
            let cells = columns.indices.map { index in
                let expected = pair.expected[index] ?? "NULL"
                return pair.columns.contains(index)
                    ? "\(expected) => \(pair.actual[index] ?? "NULL")" : expected
            }
            table.append(["differs"] + cells)
        }
        for row in missing.prefix(RowDifference.rowsMax) {
            table.append(["missing"] + row.map { $0 ?? "NULL" })
        }
        for row in unexpected.prefix(RowDifference.rowsMax) {
            table.append(["unexpected"] + row.map { $0 ?? "NULL" })
        }
        var counts: [String] = []
        if !differing.isEmpty {
            counts.append("\(countText(differing.count, "row differs", "rows differ")) (expected => given)")
        }
        if !missing.isEmpty { counts.append("\(countText(missing.count)) missing") }
        if !unexpected.isEmpty { counts.append("\(countText(unexpected.count)) unexpected") }
        counts.append("\(countText(equal)) equal")
        return table.plain(widthMax: widthMax).split(separator: "\n").map(String.init)
            + [counts.joined(separator: ", ")]
    }
}

private struct TestsJSON: Encodable {
    let passed: Int
    let failed: Int
    let seconds: Double
    let tests: [TestJSON]
}

/// One test in `tarn test --json`.
private struct TestJSON: Encodable {
    let model: String
    let name: String
    let file: String
    let line: Int
    let passed: Bool
    let seconds: Double
    let failure: FailureJSON?
    let difference: DifferenceJSON?

    struct DifferenceJSON: Encodable {
        let columns: [String]
        let equal: Int
        let missing: [[String?]]
        let unexpected: [[String?]]
        let differing: [PairJSON]
    }

    struct PairJSON: Encodable {
        let expected: [String?]
        let actual: [String?]
        let columns: [String]
    }

    init(_ result: ModelTestResult) {
        model = result.test.model.description
        name = result.test.name
        file = result.test.place.file
        line = result.test.place.line
        passed = result.passed
        seconds = result.elapsed.seconds
        if case .failed(let diagnostic) = result.outcome { failure = diagnostic.json } else { failure = nil }
        guard case .differs(let rows) = result.outcome else {
            difference = nil
            return
        }
        difference = DifferenceJSON(
            columns: rows.columns, equal: rows.equal, missing: rows.missing, unexpected: rows.unexpected,
            differing: rows.differing.map { pair in
                PairJSON(
                    expected: pair.expected, actual: pair.actual,
                    columns: pair.columns.map { rows.columns[$0] })
            })
    }
}

/// The report could not be written where it was wanted.
private struct ReportUnwritable: Diagnostic {
    let file: String

    var code: String { "usage.report-unwritable" }
    var problem: String { "The report cannot be written to \(file)." }
    var remedy: String { "Its folder must be there and writable; give another file: tarn test --junit FILE" }
}
