internal import ArgumentParser
internal import DuckDB
internal import Extraction
internal import LakeModel
internal import Project
internal import Terminal

struct PreviewSource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show the first rows of a source's table as bronze would hold them.",
        discussion: """
            The rows come by the very path of an extraction, into memory; nothing is written. The source is asked for \
            no more rows than are shown. The table need not be declared.
            """)

    @Argument(help: ArgumentHelp("Source and table: shop.customer.", valueName: "source.table"))
    var table: String
    @Option(name: .long, help: ArgumentHelp("Rows to show.", valueName: "number")) var limit = 20
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard (1...10_000).contains(limit) else {
            throw ValidationError("--limit takes a number from 1 to 10000.")
        }
    }

    func run() async throws {
        let (source, table) = try chosen(in: try SourceFiles(lake))
        let database = try Database(configuration: ["autoinstall_known_extensions": "false"])
        let feed = RowFeed()
        let (limit, isJSON) = (limit, output.json)
        try await database.withConnection { connection in
            try connection.register(feed)
            let preview = try TablePreview(
                of: table, in: source, rowsMax: limit, feed: feed, on: connection)
            let query = "SELECT * FROM \(TablePreview.table) LIMIT \(limit)"
            if isJSON {
                try PreviewSource.printJSON(source, table, preview, query, on: connection)
            } else {
                try PreviewSource.print(source, table, preview, query, on: connection)
            }
        }
    }

    /// A table that is not declared is previewed as it would be without any settings.
    private func chosen(in files: SourceFiles) throws -> (SourceDefinition, TableDefinition) {
        var text = table
        if text.hasPrefix("bronze_") { text.removeFirst("bronze_".count) }
        guard let dot = text.firstIndex(of: ".") else {
            throw ValidationError("Write source and table with a dot between: shop.customer")
        }
        let source = try files.source(String(text[..<dot]))
        let name = String(text[text.index(after: dot)...])
        guard let table = TableName(name) else {
            throw ValidationError("'\(visible(name))' cannot be the name of a table in the lake.")
        }
        let declared = source.tables.first { $0.name == table }
        return (source, declared ?? TableDefinition(name: table, place: source.place))
    }

    private static func print(
        _ source: SourceDefinition, _ definition: TableDefinition, _ preview: TablePreview, _ query: String,
        on connection: Connection
    ) throws {
        let key =
            preview.primaryKey.isEmpty
            ? "no primary key" : "key \(preview.primaryKey.joined(separator: ", "))"
        Output.line(
            Output.style.bold("\(source.name).\(definition.name)") + "  \(preview.system), \(key)\n")
        var types = TextTable(columns: [.init("column"), .init("at the source"), .init("in bronze")])
        for column in preview.columns {
            types.append([column.name, column.declared.isEmpty ? nil : column.declared, column.bronzeType])
        }
        Output.line(types.plain(widthMax: Output.width, style: Output.style))
        let statements = try connection.statements(in: query)
        try ResultPrinter(format: .table, rowsMax: 0, width: Output.width).print(try statements.prepare(0))
        guard !preview.conversions.isEmpty else {
            return Output.line("No value of these rows was changed on the way.")
        }
        Output.line(FidelityLedger.table(preview.conversions))
    }

    private static func printJSON(
        _ source: SourceDefinition, _ definition: TableDefinition, _ preview: TablePreview, _ query: String,
        on connection: Connection
    ) throws {
        let statements = try connection.statements(in: query)
        let statement = try statements.prepare(0)
        let names = statement.columns.map { JSONText.string($0.name) }
        var rows: [String] = []
        try statement.forEachChunk { chunk in
            for row in 0..<chunk.count {
                let members = names.indices.map {
                    "\(names[$0]): \(JSONText.value(chunk.value(row: row, column: $0)))"
                }
                rows.append("    {\(members.joined(separator: ", "))}")
            }
        }
        try Output.json(
            PreviewJSON(
                source: source.name.text, table: definition.name.text, system: preview.system,
                primaryKey: preview.primaryKey,
                columns: preview.columns.map {
                    .init(column: $0.name, declared: $0.declared, bronzeType: $0.bronzeType)
                }, conversions: preview.conversions.map(ConversionJSON.init)),
            member: "rows", is: rows.isEmpty ? "[]" : "[\n\(rows.joined(separator: ",\n"))\n  ]")
    }

    private struct PreviewJSON: Encodable {
        let source: String
        let table: String
        let system: String
        let primaryKey: [String]
        let columns: [Column]
        let conversions: [ConversionJSON]

        struct Column: Encodable {
            let column: String
            let declared: String
            let bronzeType: String
        }
    }
}
