internal import Extraction
internal import LakeModel
internal import Project
internal import Terminal

/// What `tarn source add` says when it is done.
struct AddReport {
    let plan: AddPlan
    let target: SourceTarget
    /// That were written, or would be.
    let files: [String]
    let isDryRun: Bool

    private var nextCommands: [String] {
        guard plan.text != nil else { return [] }
        return (isDryRun ? [] : target.missingVariable.map { ["export \($0)=…"] } ?? [])
            + (isDryRun
                ? ["tarn source add … (without --dry-run)"]
                : ["tarn source test \(plan.name)", "tarn run 'bronze_\(plan.name).*'"])
    }

    func show() {
        let style = Output.style
        Output.line(
            style.bold(plan.name.text) + "  \(target.connection.kind.name) "
                + "\(target.connection.kind.address(of: target.database)), \(plan.found.system)\n")
        if !plan.chosen.isEmpty { Output.line(table) }
        if !plan.leftOut.isEmpty {
            var table = TextTable(columns: [.init("left out"), .init("because")])
            for entry in plan.leftOut { table.append([visible(entry.name), entry.reason]) }
            Output.line(table.plain(widthMax: Output.width, style: style))
        }
        for name in plan.gone {
            Output.line("\(style.yellow("!")) \(visible(name)) is declared, but gone from the database")
        }
        if plan.text == nil { return Output.line("nothing new: every table of the database is declared") }
        if isDryRun {
            for file in files {
                if file == "lake.yaml", let line = target.new?.line {
                    Output.line("would add to lake.yaml:\n    \(line)")
                } else if plan.isUpdate {
                    Output.line("would append to \(file):\n")
                    let lines = plan.chosen.compactMap(\.newTable).flatMap(\.lines)
                    Output.line(lines.map { "    \($0)\n" }.joined())
                } else if let text = plan.text {
                    Output.line("would write \(file):\n")
                    Output.line(
                        text.split(separator: "\n").map { "    \($0)\n" }.joined())
                }
            }
            return Output.line("nothing was written (--dry-run)")
        }
        Output.line(
            plan.isUpdate
                ? "appended \(countText(plan.chosen.count, "table", "tables")) to \(files.joined(separator: " and "))"
                : "wrote \(files.joined(separator: " and "))")
        if let variable = target.missingVariable {
            Output.line("set the password for every command on this lake: export \(variable)=…")
        }
        Output.line("next: tarn source test \(plan.name) && tarn run 'bronze_\(plan.name).*'")
    }

    private var table: String {
        var table = TextTable(columns: [
            .init("table"), .init("rows", alignment: .right), .init("size", alignment: .right), .init("key"),
            .init("mode"), .init("cursor"), .init("because"),
        ])
        for proposal in plan.chosen {
            let found = proposal.table
            table.append([
                visible(found.name), found.rowsEstimate.map { countText($0) } ?? "-",
                found.bytes.map { bytesText($0) } ?? "-",
                found.primaryKey.isEmpty ? "none" : found.primaryKey.joined(separator: ", "),
                proposal.mode.rawValue, proposal.cursor ?? "-", proposal.reason,
            ])
        }
        return table.plain(widthMax: Output.width, style: Output.style)
    }

    // MARK: JSON

    var json: AddJSON {
        AddJSON(
            source: plan.name.text, system: plan.found.system,
            connection: .init(
                name: target.connection.name, kind: target.connection.kind.name,
                address: target.connection.kind.address(of: target.database), isNew: target.new != nil),
            isDryRun: isDryRun, files: files, text: plan.text, setVariable: target.missingVariable,
            tables: plan.chosen.map { proposal in
                AddJSON.Table(
                    table: proposal.table.name, rowsEstimate: proposal.table.rowsEstimate,
                    bytes: proposal.table.bytes, columns: proposal.table.columns.count,
                    primaryKey: proposal.table.primaryKey, mode: proposal.mode.rawValue,
                    cursor: proposal.cursor, reason: proposal.reason, notes: proposal.notes,
                    cursorCandidates: proposal.table.cursors.map {
                        .init(
                            column: $0.column, kind: $0.kind.rawValue, isIndexed: $0.isIndexed,
                            isNullable: $0.isNullable, isTouchedByUpdates: $0.isTouchedByUpdates)
                    })
            },
            leftOut: plan.leftOut.map { .init(table: $0.name, reason: $0.reason) }, gone: plan.gone,
            next: nextCommands)
    }
}

/// `tarn source add --json`.
struct AddJSON: Encodable {
    let source: String
    let system: String
    let connection: Connection
    let isDryRun: Bool
    let files: [String]
    /// Of the source's file; left out if it stays as it is.
    let text: String?
    /// The environment variable that must have the password from now on.
    let setVariable: String?
    let tables: [Table]
    let leftOut: [LeftOut]
    let gone: [String]
    let next: [String]

    struct Connection: Encodable {
        let name: String
        let kind: String
        let address: String
        let isNew: Bool
    }

    struct Table: Encodable {
        let table: String
        let rowsEstimate: Int64?
        let bytes: Int64?
        let columns: Int
        let primaryKey: [String]
        let mode: String
        let cursor: String?
        let reason: String
        let notes: [String]
        let cursorCandidates: [Candidate]
    }

    struct Candidate: Encodable {
        let column: String
        let kind: String
        let isIndexed: Bool?
        let isNullable: Bool
        let isTouchedByUpdates: Bool
    }

    struct LeftOut: Encodable {
        let table: String
        let reason: String
    }
}
