internal import ArgumentParser
internal import DuckDB
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct AssetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assets",
        abstract: "List tables of the lake; a single one in detail.",
        subcommands: [ShowAsset.self, ListAssets.self], defaultSubcommand: ListAssets.self)
}

struct ListAssets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tables of the lake.")

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let selected = try lake.graph.resolve(try selection.parse())
        let order = lake.graph.assets.order.filter(selected.contains)
        let states = try await lake.states(of: order)
        let rows = order.map { AssetJSON($0, lake.graph, states[$0]) }
        if output.json { return try Output.json(rows) }
        var table = TextTable(columns: [
            .init("asset"), .init("rows", alignment: .right), .init("size", alignment: .right),
            .init("built"),
            .init("description"),
        ])
        for row in rows {
            table.append([
                row.asset, row.rows.map { countText($0) } ?? "-", row.bytes.map { bytesText($0) } ?? "-",
                states[AssetKey(row.asset) ?? order[0]].map { ageText(Lake.now() - $0.publishedAt) }
                    ?? "never",
                row.description ?? "",
            ])
        }
        Output.line(table.plain(widthMax: Output.width, style: Output.style))
    }
}

struct ShowAsset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Everything that is known of one table.")

    @Argument(help: "The asset, such as silver.fact_invoice.") var asset: String
    @Flag(name: .long, help: "Of a bronze table: every run, with what it changed on the way in.")
    var history = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let selected = try lake.graph.resolve(try Selection([asset]))
        guard let key = selected.first, selected.count == 1 else {
            throw ValidationError("'\(asset)' means \(selected.count) assets; name one.")
        }
        let state = try await lake.state(of: key)
        let current = try await bronze(key, in: lake)
        var manifests: [BronzeManifest]?
        if history, case .bronze(let source, let table) = key {
            manifests = try await lake.manifests.manifests(of: source, table)
        }
        let conversions = current.map { BronzeDetailsJSON.conversions(of: $0.newest) } ?? []
        let details = AssetDetailsJSON(
            asset: AssetJSON(key, lake.graph, state),
            columns: try await columns(of: state, in: lake),
            readers: lake.graph.assets.readers(of: key).sorted().map(\.description),
            checks: (state?.checks ?? []).map {
                .init(
                    check: $0.check, severity: $0.severity.rawValue, failures: $0.failures, sample: $0.sample)
            },
            conversions: conversions.map(ConversionJSON.init),
            partitions: try await partitions(of: key, in: lake),
            bronze: current.map {
                BronzeDetailsJSON($0, manifests: manifests)
            })
        if output.json { return try Output.json(details) }
        Output.line(details.text(ledger: conversions))
    }

    /// The columns with what the files say of them; a view has none.
    private func columns(of state: AssetState?, in lake: Lake) async throws -> [AssetDetailsJSON.Column] {
        guard let state else { return [] }
        // What thousands of footers say together takes too long.
        let files = state.paths.map(lake.queried.readableURL)
        guard !files.isEmpty, files.count <= 200 else {
            return state.schema.map { .init(name: $0.name, type: $0.type) }
        }
        try await lake.queried.prepare(state.paths)
        let statistics = try await lake.querySession().database.withConnection {
            try FileStatistics(of: files, schema: state.schema, on: $0)
        }
        return statistics.columns.map {
            .init(name: $0.name, type: $0.type, nulls: $0.nulls, least: $0.least, greatest: $0.greatest)
        }
    }

    /// `nil` of an asset without partitions.
    private func partitions(of key: AssetKey, in lake: Lake) async throws -> AssetDetailsJSON.Partitions? {
        guard lake.graph.partitions.scheme(of: key).isPartitioned else { return nil }
        let report = try await lake.partitionStatuses(of: key, at: Lake.now())
        let counts = report.statuses.summary.counts
        return AssetDetailsJSON.Partitions(
            scheme: report.scheme.description, count: counts.values.reduce(0, +),
            counts: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }),
            summary: countsText(counts, of: counts.values.reduce(0, +)))
    }

    /// `nil` for another layer, and for what was never extracted.
    private func bronze(_ key: AssetKey, in lake: Lake) async throws -> CurrentBronze? {
        guard case .bronze(let source, let table) = key else { return nil }
        return try await lake.manifests.currentFiles(of: source, table)
    }
}

/// One asset in `tarn assets --json`.
struct AssetJSON: Encodable {
    let asset: String
    let layer: String
    let description: String?
    let tags: [String]
    let inputs: [String]
    /// Stored rows; `null` if it was never built.
    let rows: Int64?
    let bytes: Int64?
    let files: Int?
    let run: String?
    let publishedAt: String?
    let version: String?

    init(_ key: AssetKey, _ graph: LakeGraph, _ state: AssetState?) {
        asset = key.description
        layer = key.layer.rawValue
        description = graph.tables[key]?.definition.description ?? graph.models[key]?.definition.description
        tags = graph.assets.node(key)?.tags.sorted() ?? []
        inputs = graph.assets.inputs(of: key).sorted().map(\.description)
        rows = state?.storedRows
        bytes = state?.bytes.bytes
        files = state?.files
        run = state?.run.text
        publishedAt = state?.publishedAt.description
        version = state?.version
    }
}

/// `tarn assets show --json`.
struct AssetDetailsJSON: Encodable {
    let asset: AssetJSON
    let columns: [Column]
    let readers: [String]
    let checks: [Check]
    let conversions: [ConversionJSON]
    /// `null` of an asset without partitions.
    let partitions: Partitions?
    let bronze: BronzeDetailsJSON?

    struct Partitions: Encodable {
        let scheme: String
        let count: Int
        /// How many are in each status.
        let counts: [String: Int]
        let summary: String

        private enum CodingKeys: String, CodingKey { case scheme, count, counts }
    }

    struct Column: Encodable {
        let name: String
        let type: String
        /// In its files, as their footers say; left out if they do not.
        var nulls: Int64?
        var least: String?
        var greatest: String?
    }

    struct Check: Encodable {
        let check: String
        let severity: String
        let failures: Int64
        /// A file in the store with some of the rows; left out if there is none.
        let sample: String?
    }

    func text(ledger: [Conversion]) -> String {
        var lines = [Output.style.bold(asset.asset)]
        if let description = asset.description { lines.append(description) }
        lines.append("")
        if let rows = asset.rows, let bytes = asset.bytes, let files = asset.files, let run = asset.run {
            lines.append(
                "rows      \(countText(rows)) in \(countText(files, "file", "files")), \(bytesText(bytes))")
            lines.append("built by  \(run) at \(asset.publishedAt ?? "")")
        } else {
            lines.append("never built; build it with: tarn run +\(asset.asset)")
        }
        if let partitions {
            lines.append("divided   \(partitions.scheme): \(partitions.summary)")
        }
        if let bronze { lines += bronze.facts }
        if !asset.inputs.isEmpty { lines.append("reads     \(asset.inputs.joined(separator: ", "))") }
        if !readers.isEmpty { lines.append("read by   \(readers.joined(separator: ", "))") }
        if !asset.tags.isEmpty { lines.append("tags      \(asset.tags.joined(separator: ", "))") }
        if !columns.isEmpty {
            var table = TextTable(columns: [
                .init("column"), .init("type"), .init("null", alignment: .right), .init("least"),
                .init("greatest"),
            ])
            for column in columns {
                table.append([
                    column.name, column.type, column.nulls.map { countText($0) } ?? "-",
                    shortened(column.least ?? "-"), shortened(column.greatest ?? "-"),
                ])
            }
            lines += ["", table.plain(widthMax: Output.width, style: Output.style)]
        }
        if !checks.isEmpty {
            var table = TextTable(columns: [
                .init("check"), .init("severity"), .init("rows that break it", alignment: .right),
            ])
            for check in checks { table.append([check.check, check.severity, countText(check.failures)]) }
            lines += ["", table.plain(style: Output.style)]
            for check in checks {
                if let sample = check.sample { lines.append("rows that break \(check.check): \(sample)") }
            }
        }
        if !ledger.isEmpty { lines += ["", FidelityLedger.table(ledger)] }
        for table in bronze?.tables ?? [] { lines += ["", table] }
        return lines.joined(separator: "\n")
    }
}
