internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Terminal

struct PartitionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions",
        abstract: "The partitions of a table, and what is known of each.",
        discussion: """
            In ranges that can be selected again: missing, built, failed, running, and stale if something that they are made \
            from was built later.
            """)

    @Argument(help: "The asset, such as silver.fact_invoice.") var asset: String
    @Option(
        name: .long,
        help: ArgumentHelp("Only these: 2026-11, latest:30.", valueName: "partitions"))
    var partition: String?
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Only those that are missing, built, failed, running or stale; may be repeated.",
            valueName: "status"))
    var status: [String] = []
    @Option(name: .long, help: ArgumentHelp("Ranges to list.", valueName: "number")) var limit = 100
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let wanted = try status.map { text in
            guard let kind = PartitionStatus.Kind(rawValue: text) else {
                let kinds = PartitionStatus.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(text)' is no status of a partition: \(kinds).")
            }
            return kind
        }
        let lake = try await lake.open()
        let selected = try lake.graph.resolve(try Selection([asset]))
        guard let key = selected.first, selected.count == 1 else {
            throw ValidationError("'\(asset)' means \(selected.count) assets; name one.")
        }
        let now = Lake.now()
        let report = try await lake.partitionStatuses(of: key, at: now)
        let set = try PartitionSelection(of: key, report.scheme, at: now).read(partition ?? "all")
        let all = report.ranges(of: set)
        let ranges = all.filter { wanted.isEmpty || wanted.contains($0.kind) }
        let counts = all.reduce(into: [:]) { $0[$1.kind, default: 0] += $1.count }
        if output.json {
            return try Output.json(
                PartitionsJSON(
                    asset: key.description, scheme: report.scheme.description, partitions: set.count,
                    counts: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }),
                    ranges: ranges.prefix(limit).map { PartitionsJSON.Range($0) }))
        }
        Output.line("\(Output.style.bold(key.description)), \(report.scheme)")
        Output.line(countsText(counts, of: set.count) + "\n")
        var table = TextTable(columns: [
            .init("partitions"), .init("count", alignment: .right), .init("status"),
            .init("rows", alignment: .right), .init("built"), .init("because"),
        ])
        for range in ranges.prefix(limit) {
            table.append([
                shortened(range.selection), countText(range.count), range.kind.rawValue,
                range.rows.map { countText($0) } ?? "-",
                range.builtAt.map { ageText(now - $0) } ?? "-", range.reason ?? "",
            ])
        }
        if !table.rows.isEmpty { Output.line(table.plain(widthMax: Output.width, style: Output.style)) }
        if ranges.count > limit {
            Output.line("and \(countText(ranges.count - limit)) more ranges (--limit lists them)")
        }
    }
}

/// `12 partitions: 10 built, 2 missing`.
func countsText(_ counts: [PartitionStatus.Kind: Int], of total: Int) -> String {
    let kinds: [PartitionStatus.Kind] = [.built, .stale, .running, .failed, .missing]
    let parts = kinds.compactMap { kind in
        counts[kind].map { "\(countText($0)) \(kind.rawValue)" }
    }
    return countText(total, "partition", "partitions")
        + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
}

/// `tarn partitions --json`.
private struct PartitionsJSON: Encodable {
    let asset: String
    let scheme: String
    let partitions: Int
    /// How many are in each status.
    let counts: [String: Int]
    let ranges: [Range]

    struct Range: Encodable {
        /// As written after `--partition`.
        let partitions: String
        let count: Int
        /// `missing`, `built`, `failed`, `running` or `stale`.
        let status: String
        let rows: Int64?
        /// The newest of them.
        let builtAt: String?
        /// Of one partition, or of all if it is the same.
        let run: String?
        let reason: String?

        init(_ range: PartitionReport.Range) {
            partitions = range.selection
            count = range.count
            status = range.kind.rawValue
            rows = range.rows
            builtAt = range.builtAt?.description
            run = range.run?.text
            reason = range.reason
        }
    }
}
