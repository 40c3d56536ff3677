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
        let forecast = try await PlanForecast.make(of: plan, in: lake)
        let steps = plan.steps.map { PlannedStepJSON($0, forecast.models[$0.asset]) }
        if output.json { return try Output.json(steps) }
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
        show(forecast, order: plan.steps.map(\.asset))
    }

    private func show(_ forecast: PlanForecast, order: [AssetKey]) {
        guard !forecast.models.isEmpty else { return }
        Output.line()
        Output.line(Output.style.bold("columns"))
        var shown: Set<AssetKey> = []
        for asset in order where shown.insert(asset).inserted {
            guard let model = forecast.models[asset] else { continue }
            let changes = model.changes.map(\.sign).joined(separator: ", ")
            Output.line("  \(asset)\(changes.isEmpty ? "" : ": \(changes)")")
            if let failure = model.failure { show(failure, as: "would fail") }
            for broken in model.breaks { show(broken.failure, as: "breaks \(broken.model)") }
        }
    }

    private func show(_ failure: any Diagnostic, as title: String) {
        let place = failure.place.map { " (\($0))" } ?? ""
        Output.line("    \(Output.style.red(title)): \(failure.problem)\(place) [\(failure.code)]")
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
    /// How the columns of a model will differ from those that are published; left out if they do not.
    let columns: [ColumnChangeJSON]?
    /// Why the model would fail.
    let failure: FailureJSON?
    /// Models that would no longer bind.
    let breaks: [BrokenJSON]?

    struct ColumnChangeJSON: Encodable {
        let column: String
        /// `added`, `removed`, `renamed`, `widened`, `narrowed` or `retyped`.
        let change: String
        /// The type, or the name of a renamed column.
        let before: String?
        let now: String?
    }

    struct BrokenJSON: Encodable {
        let asset: String
        let failure: FailureJSON
    }

    init(_ step: RunPlan.Step, _ forecast: PlanForecast.Model? = nil) {
        let changes = forecast?.changes ?? []
        columns =
            changes.isEmpty
            ? nil
            : changes.map {
                ColumnChangeJSON(column: $0.column, change: $0.kind.rawValue, before: $0.before, now: $0.now)
            }
        failure = forecast?.failure?.json
        let broken = forecast?.breaks ?? []
        breaks =
            broken.isEmpty
            ? nil : broken.map { BrokenJSON(asset: $0.model.description, failure: $0.failure.json) }
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
