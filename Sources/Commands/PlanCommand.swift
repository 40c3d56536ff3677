internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Terminal

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a run would build, and why. Changes nothing.")

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var partitions: PartitionOptions
    @Flag(name: .long, help: "As for a run that builds what did not change, too.") var force = false
    @Flag(name: .long, help: "Also list what would be skipped.") var all = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        var scope = RunScope(try selection.parse(), settings: RunSettings(isForced: force))
        try partitions.apply(to: &scope)
        let plan = try await RunPlan.make(scope, of: lake, at: Lake.now())
        if output.json { return try Output.json(plan.steps.map(PlannedStepJSON.init)) }
        let steps = plan.steps.map(PlannedStepJSON.init)
        let hasPartitions = steps.contains { $0.partitions != nil }
        var table = TextTable(
            columns: [.init("asset")] + (hasPartitions ? [.init("partitions")] : [])
                + [.init("action"), .init("because")])
        for step in steps where all || step.action == "build" {
            table.append(
                [step.asset] + (hasPartitions ? [shortened(step.partitions)] : [])
                    + [step.action, step.reasons.joined(separator: "; ")])
        }
        if !table.rows.isEmpty { Output.line(table.plain(widthMax: Output.width, style: Output.style)) }
        let waiting = steps.count { $0.action == "wait" }
        Output.line(
            "\(countText(plan.builds)) to build, \(countText(steps.count - plan.builds - waiting)) unchanged"
                + (waiting > 0 ? ", \(countText(waiting)) waiting for others (--all lists them)" : ""))
    }
}

/// Partitions as they fit into a table.
func shortened(_ partitions: String?) -> String {
    guard let partitions, !partitions.isEmpty else { return "-" }
    return partitions.utf8.count > 60 ? "\(partitions.prefix(58))…" : partitions
}

/// One step in `tarn plan --json`.
struct PlannedStepJSON: Encodable {
    let asset: String
    /// Left out of an asset without partitions.
    let partitions: String?
    /// `build`, `skip`, or `wait` for partitions of others.
    let action: String
    let reasons: [String]

    init(_ step: RunPlan.Step) {
        asset = step.asset.description
        partitions = step.partitions
        switch step.decision {
        case .build(let why):
            action = "build"
            reasons = why.map(\.description)
        case .skip(let why):
            if case .waiting = why { action = "wait" } else { action = "skip" }
            reasons = [why.description]
        }
    }
}
