internal import ArgumentParser
internal import LakeModel
internal import LakeSQL
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct ListSources: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the sources: where they are, and when they were last read.")

    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let states = try await lake.states(of: lake.graph.tables.keys.sorted())
        let rows = lake.definition.sources.map { source in
            let published = source.tables.compactMap {
                states[.bronze(source.name, $0.name)]
            }
            return (
                json: SourceJSON(
                    source: source.name.text, kind: source.connection.kind.name,
                    connection: source.connection.name,
                    address: source.connection.kind.address(of: source.database),
                    tables: source.tables.count, extractedTables: published.count,
                    rows: published.reduce(0) { $0 + $1.storedRows },
                    lastExtraction: published.map(\.publishedAt).max()?.description,
                    description: source.description), last: published.map(\.publishedAt).max()
            )
        }
        if output.json { return try Output.json(rows.map(\.json)) }
        guard !rows.isEmpty else { return Output.line("No source yet. Add one: tarn source add URL") }
        var table = TextTable(columns: [
            .init("source"), .init("kind"), .init("address"), .init("tables", alignment: .right),
            .init("extracted", alignment: .right), .init("rows", alignment: .right), .init("last extraction"),
        ])
        for (row, last) in rows {
            table.append([
                row.source, row.kind, row.address, countText(row.tables), countText(row.extractedTables),
                countText(row.rows), last.map { ageText(Lake.now() - $0) } ?? "never",
            ])
        }
        Output.line(table.plain(widthMax: Output.width, style: Output.style))
    }

    private struct SourceJSON: Encodable {
        let source: String
        let kind: String
        let connection: String
        let address: String
        let tables: Int
        let extractedTables: Int
        let rows: Int64
        let lastExtraction: String?
        let description: String?
    }
}
