internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project

struct PauseSchedule: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep a schedule, a sensor or the freshness of a table from starting anything.",
        discussion: "It holds until 'tarn schedule resume', over restarts and whatever the lake's files say.")

    @OptionGroup var trigger: TriggerArgument
    @OptionGroup var lake: LakeOptions

    func run() async throws {
        let lake = try await lake.open()
        let id = try trigger.find(in: lake)
        try await lake.metadata.pause(id, true, at: Lake.now())
        Output.line("\(id.name) starts nothing from now on. Go on with: tarn schedule resume \(id.name)")
    }
}

struct ResumeSchedule: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let go on what was paused, even if the lake's files pause it.",
        discussion: "What was due while it was paused does not start later.")

    @OptionGroup var trigger: TriggerArgument
    @Flag(name: .long, help: "Do what the lake's files say again, from now on.") var asWritten = false
    @OptionGroup var lake: LakeOptions

    func run() async throws {
        let lake = try await lake.open()
        let id = try trigger.find(in: lake)
        let isPausedInFiles = lake.definition.isPaused(id)
        // What the files do not pause needs no exception.
        try await lake.metadata.pause(id, asWritten || !isPausedInFiles ? nil : false, at: Lake.now())
        let goesOn = !(asWritten && isPausedInFiles)
        Output.line(goesOn ? "\(id.name) goes on." : "\(id.name) is paused by the lake's files.")
    }
}

/// Which schedule, sensor or table a command is about.
struct TriggerArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The name of a schedule or a sensor, or a table with a freshness; schedule/x and sensor/x tell them apart.",
            valueName: "name"))
    var name: String

    func find(in lake: Lake) throws -> TriggerID {
        let known = lake.definition.triggers
        let found = known.filter { $0.name == name || $0.description == name }
        if let only = found.first, found.count == 1 { return only }
        throw UnknownTrigger(name: name, isAmbiguous: !found.isEmpty, known: known.map(\.name))
    }
}

extension LakeDefinition {
    /// Everything that starts by itself.
    var triggers: [TriggerID] {
        schedules.map { TriggerID(.schedule, $0.name.text) }
            + sensors.map { TriggerID(.sensor, $0.name.text) }
            + freshness.keys.sorted().map { TriggerID(.freshness, $0.description) }
    }

    /// Whether the files pause it.
    func isPaused(_ trigger: TriggerID) -> Bool {
        switch trigger.kind {
        case .schedule: schedules.first { $0.name.text == trigger.name }?.isPaused ?? false
        case .sensor: sensors.first { $0.name.text == trigger.name }?.isPaused ?? false
        case .freshness: false
        }
    }
}

/// There is no such schedule, sensor or freshness, or there are two.
struct UnknownTrigger: Diagnostic {
    let name: String
    let isAmbiguous: Bool
    let known: [String]

    var code: String { "usage.unknown-schedule" }
    var problem: String {
        if isAmbiguous { return "'\(name)' is the name of a schedule and of a sensor." }
        let meant = nearestName(to: name, among: known).map { " Did you mean '\($0)'?" } ?? ""
        return "There is no schedule, sensor or fresh table '\(name)'.\(meant)"
    }
    var remedy: String {
        isAmbiguous ? "Write schedule/\(name) or sensor/\(name)." : "See them with: tarn schedule list"
    }
}
