internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Terminal

/// `tarn run --as-of`: tables of a day in the past.
struct RunAsOf {
    private let work: AsOf
    private let day: Day
    private let isJSON: Bool
    private let folder: String

    init(_ lake: Lake, _ day: String, to folder: String, json: Bool) throws {
        guard let parsed = Day(day) else {
            throw ValidationError("--as-of takes a day, such as 2026-10-31; '\(day)' is none.")
        }
        self.day = parsed
        self.folder = folder
        isJSON = json
        work = try AsOf(lake, day: parsed, to: folder)
    }

    func run(_ selection: Selection) async throws {
        var tables: [TableJSON] = []
        try await work.run(selection) { table in
            tables.append(TableJSON(table))
            guard !isJSON else { return }
            let warnings = table.warnings.map { "\($0.check) warns: \(countText($0.failures)) rows" }
            Output.line(
                "\(Output.style.green("✓")) \(table.asset)  \(countText(table.rows)) rows  "
                    + ([durationText(.seconds(table.seconds))] + warnings).joined(separator: "  "))
        }
        if isJSON {
            try Output.json(ReportJSON(day: day.description, folder: folder, tables: tables))
        } else {
            Output.line("\n\(countText(tables.count)) tables as of \(day) are in \(folder)")
        }
    }

    private struct ReportJSON: Encodable {
        let day: String
        let folder: String
        let tables: [TableJSON]
    }

    private struct TableJSON: Encodable {
        let asset: String
        let rows: Int64
        let seconds: Double
        /// Checks that warn, with the rows that break them.
        let warnings: [String: Int64]

        init(_ table: AsOf.Table) {
            asset = table.asset.description
            rows = table.rows
            seconds = table.seconds
            warnings = Dictionary(table.warnings.map { ($0.check, $0.failures) }) { first, _ in first }
        }
    }
}
