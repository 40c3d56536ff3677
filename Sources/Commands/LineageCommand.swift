internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Transform

struct LineageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage",
        abstract: "Which columns a column is made from, or which are made from it.",
        discussion: """
            tarn lineage silver.fact_invoice.net_amount          through every table to bronze
            tarn lineage silver.fact_invoice                     all columns of a table
            tarn lineage bronze_v3_invoice.invoice.inv_dt --downstream

            direct, derived: its values get into the column; unchanged, or computed with.
            filter, join_key, group, order: it decides which rows there are, but none of its values gets there.
            """)

    @Argument(help: "A table or a column, such as silver.fact_invoice.net_amount.") var column: String
    @Flag(name: .long, help: "The columns that are made from it, for who wants to change it.")
    var downstream = false
    @Option(
        name: .long,
        help: ArgumentHelp("How many tables to go through. Default: all.", valueName: "number"))
    var depth: Int?
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        if let depth, depth < 1 { throw ValidationError("--depth \(depth): at least 1.") }
    }

    func run() async throws {
        let lake = try await lake.open()
        let (asset, name) = try LineageSubject(column, in: lake.graph).parts
        let graph = try await LakeLineage(lake).graph(of: downstream ? nil : [asset])
        guard let known = graph.columns(of: asset) else { throw UnknownColumns(asset: asset) }
        let columns = try name.map { [try self.column($0, of: asset, among: known)] } ?? known
        let report = LineageReport(
            asset: asset, columns: columns, graph: graph, isDownstream: downstream, depth: depth ?? .max)
        if output.json { return try Output.json(report.json) }
        Output.line(report.text)
    }

    private func column(_ name: String, of asset: AssetKey, among known: [String]) throws -> String {
        if let found = known.first(where: { $0 == name })
            ?? known.first(where: { $0.lowercased() == name.lowercased() })
        {
            return found
        }
        throw UnknownColumn(name: name, asset: asset, known: known)
    }
}

/// What the argument names: an asset, or a column of one.
private struct LineageSubject {
    let parts: (AssetKey, String?)

    /// A dot may stand between schema, table and column, and inside of a table's or a column's name.
    init(_ text: String, in graph: LakeGraph) throws {
        if let key = AssetKey(text), graph.assets.contains(key) {
            parts = (key, nil)
            return
        }
        let dots = text.indices.filter { text[$0] == "." }
        for dot in dots.reversed() {
            if let key = AssetKey(String(text[..<dot])), graph.assets.contains(key) {
                parts = (key, String(text[text.index(after: dot)...]))
                return
            }
        }
        // `fact_invoice.total`, and whatever is to be explained with the nearest name.
        let isQualified = Layer.allCases.contains { text.hasPrefix("\($0.rawValue)") }
        let end = dots.count > (isQualified ? 1 : 0) ? dots.last : nil
        let table = end.map { String(text[..<$0]) } ?? text
        let selected = try graph.resolve(try Selection([table]))
        guard let key = selected.first, selected.count == 1 else {
            throw ValidationError("'\(table)' means \(selected.count) assets; name one.")
        }
        parts = (key, end.map { String(text[text.index(after: $0)...]) })
    }
}

/// A column that its table does not have.
private struct UnknownColumn: Diagnostic {
    let name: String
    let asset: AssetKey
    let known: [String]

    var code: String { "selection.unknown-column" }
    var problem: String { "\(asset) has no column '\(name)'." }
    var remedy: String {
        (nearestName(to: name, among: known).map { "Did you mean '\($0)'? " } ?? "")
            + "It has: \(known.joined(separator: ", "))"
    }
}

/// A table whose columns nobody knows yet.
private struct UnknownColumns: Diagnostic {
    let asset: AssetKey

    var code: String { "selection.columns-unknown" }
    var problem: String { "The columns of \(asset) are not known before it is built." }
    var remedy: String { "Build it with: tarn run +\(asset)" }
}
