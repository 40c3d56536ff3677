internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Terminal

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Count the rows of sources and bronze, and compare.",
        discussion: """
            COUNT(*) at the source, never an estimate, beside the current rows in bronze. Exit code 1 if a table is \
            beyond its tolerance or cannot be compared. Results are kept as JSON in the lake under \
            _tarn/reconciliation/.
            """)

    @OptionGroup var selection: SelectionOptions
    @Flag(name: .long, help: "Only list tables that differ.") var differing = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let records = try await Reconciler(lake).run(try selection.parse())
        let failed = records.filter { $0.verdict != .passed }
        if output.json {
            try Output.json(records.map(ReconciliationJSON.init))
        } else {
            var table = TextTable(columns: [
                .init("table"), .init("source", alignment: .right), .init("bronze", alignment: .right),
                .init("drift", alignment: .right), .init("tolerance", alignment: .right), .init("verdict"),
            ])
            for record in records where !differing || record.drift != 0 {
                table.append([
                    record.asset.description, record.source.map { countText($0) } ?? "-",
                    record.lake.map { countText($0) } ?? "-", record.drift.map(percentText) ?? "-",
                    percentText(record.tolerance),
                    record.verdict == .passed ? "passed" : "\(record.verdict.rawValue): \(record.detail)",
                ])
            }
            if !table.rows.isEmpty { Output.line(table.plain(widthMax: Output.width, style: Output.style)) }
            let exact = records.count { $0.drift == 0 }
            Output.line(
                "\(countText(records.count, "table", "tables")) compared, \(countText(exact)) at 0.00% drift, "
                    + "\(countText(failed.count)) beyond tolerance")
        }
        if !failed.isEmpty { throw ExitCode(1) }
    }
}

/// One comparison in `tarn reconcile --json`.
struct ReconciliationJSON: Encodable {
    let asset: String
    let comparedAt: String
    let sourceRows: Int64?
    let bronzeRows: Int64?
    /// A share: 0.01 is one percent.
    let drift: Double?
    let tolerance: Double
    /// `passed`, `failed` or `unknown`.
    let verdict: String
    let detail: String

    init(_ record: ReconciliationRecord) {
        asset = record.asset.description
        comparedAt = record.comparedAt.description
        sourceRows = record.source
        bronzeRows = record.lake
        drift = record.drift
        tolerance = record.tolerance
        verdict = record.verdict.rawValue
        detail = record.detail
    }
}

/// `0.25%`; two digits after the point.
func percentText(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)%"
}
