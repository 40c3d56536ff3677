internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct CreateBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a backfill, of partitions or by its name in lake.yaml.",
        discussion: """
            Only partitions that are not built, or out of date, are built. What is not given is as lake.yaml says, or as \
            docs/backfills.md does.
              tarn backfill create apn-usage
              tarn backfill create bronze_apn.apn_usage --partition 2026-01-01..2026-06-30 --chunk 5
            """)

    @Argument(
        help: ArgumentHelp(
            "Assets to select, or the name of a backfill in lake.yaml.", valueName: "selection"))
    var selection: [String]
    @Option(
        name: .long, parsing: .singleValue, help: ArgumentHelp("Assets to leave out.", valueName: "selection")
    )
    var exclude: [String] = []
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Partitions to build: 2026-01-01..2026-06-30, 2026-01, latest:100, all.",
            valueName: "partitions"))
    var partition: String?
    @Option(name: .long, help: ArgumentHelp("Partitions that one run builds together.", valueName: "number"))
    var chunk: Int?
    @Option(name: .long, help: ArgumentHelp("Runs at once.", valueName: "number")) var runsMax: Int?
    @Option(
        name: .long,
        help: ArgumentHelp("When runs begin, in the lake's time zone: 20:00-06:00.", valueName: "hours"))
    var hours: String?
    @Option(name: .long, help: ArgumentHelp("Which come first: newest or oldest.", valueName: "order"))
    var order: String?
    @Option(name: .long, help: ArgumentHelp("Partitions in an hour, at most.", valueName: "number"))
    var rate: Int?
    @Option(
        name: .long,
        help: ArgumentHelp("Pause after so many chunks in a row that have failed.", valueName: "number"))
    var stopAfter: Int?
    @Option(name: .long, help: ArgumentHelp("What it is called.", valueName: "name")) var name: String?
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Among queued runs the higher one goes first.", valueName: "number"))
    var priority: Int?
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("A word to find its runs by; may be repeated.", valueName: "tag"))
    var tag: [String] = []
    @Flag(name: .long, help: "Also build what is built and not out of date.") var rebuild = false
    @Flag(name: .long, help: "Only show what it would build.") var dryRun = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        let bounds: [(String, Int?, ClosedRange<Int>)] = [
            ("--chunk", chunk, 1...1_000), ("--runs-max", runsMax, 1...64), ("--rate", rate, 1...1_000_000),
            ("--stop-after", stopAfter, 1...1_000_000), ("--priority", priority, -100...100),
        ]
        for (option, value, range) in bounds where value.map({ !range.contains($0) }) ?? false {
            throw ValidationError(
                "\(option) takes a number from \(range.lowerBound) to \(range.upperBound).")
        }
        if let hours, Pace.Hours(hours) == nil {
            throw ValidationError("--hours takes hours such as 20:00-06:00, not '\(hours)'.")
        }
        if let order, BackfillPace.Order(rawValue: order) == nil {
            throw ValidationError("--order takes newest or oldest, not '\(order)'.")
        }
        if let name, TriggerName(name) == nil {
            throw ValidationError("--name takes lower-case letters, digits, '-' and '_', not '\(name)'.")
        }
    }

    func run() async throws {
        let lake = try await lake.open()
        let definition = try BackfillChoice(
            selection: selection, excluded: exclude, partitions: partition, chunk: chunk, runsMax: runsMax,
            hours: hours.flatMap { Pace.Hours($0) },
            order: order.flatMap { BackfillPace.Order(rawValue: $0) },
            ratePerHour: rate, failuresInARowMax: stopAfter, name: name.flatMap { TriggerName($0) },
            priority: priority, tags: tag, isRebuild: rebuild
        ).definition(in: lake)
        let now = Lake.now()
        if dryRun {
            let plan = try await Backfills(lake).plan(definition, at: now)
            if output.json { return try Output.json(BackfillPlanJSON(plan)) }
            return Output.line(plan.summary)
        }
        let backfill = try await Backfills(lake).create(definition, at: now)
        if output.json { return try Output.json(BackfillReport(backfill, lake, at: now)) }
        Output.line("Backfill \(backfill.id) '\(backfill.plan.name)': \(backfill.plan.summary)")
        Output.line("tarn serve works on it; without a service: tarn backfill run \(backfill.plan.name)")
    }
}

extension BackfillPlan {
    /// `330 partitions of bronze_apn.apn_usage in 66 chunks, the newest first`.
    var summary: String {
        "\(countText(count, "partition", "partitions")) of \(asset) in \(countText(chunkCount, "chunk", "chunks")), "
            + "the \(pace.order.rawValue) first (\(shortened(partitions)))"
    }
}

/// `tarn backfill create --dry-run --json`.
private struct BackfillPlanJSON: Encodable {
    let name: String
    let asset: String
    let partitions: String
    let count: Int
    let chunks: Int

    init(_ plan: BackfillPlan) {
        name = plan.name.text
        asset = plan.asset.description
        partitions = plan.partitions
        count = plan.count
        chunks = plan.chunkCount
    }
}
