internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Terminal

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a run would build, and why. Changes nothing.")

    @OptionGroup var selection: SelectionOptions
    @Flag(name: .long, help: "As for a run that builds what did not change, too.") var force = false
    @Flag(name: .long, help: "Also list what would be skipped.") var all = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let plan = try await RunPlan.make(try selection.parse(), of: lake, isForced: force)
        if output.json { return try Output.json(plan.steps.map(PlannedStepJSON.init)) }
        var table = TextTable(columns: [.init("asset"), .init("action"), .init("because")])
        for step in plan.steps.map(PlannedStepJSON.init) where all || step.action == "build" {
            table.append([step.asset, step.action, step.reasons.joined(separator: "; ")])
        }
        if !table.rows.isEmpty { Output.line(table.plain(widthMax: Output.width, style: Output.style)) }
        Output.line(
            "\(countText(plan.builds)) to build, \(countText(plan.steps.count - plan.builds)) unchanged")
    }
}

/// One step in `tarn plan --json`.
struct PlannedStepJSON: Encodable {
    let asset: String
    /// `build` or `skip`.
    let action: String
    let reasons: [String]

    init(_ step: RunPlan.Step) {
        asset = step.asset.description
        switch step.decision {
        case .build(let why):
            action = "build"
            reasons = why.map(\.description)
        case .skip(let why):
            action = "skip"
            reasons = [why.description]
        }
    }
}
