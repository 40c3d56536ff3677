internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Show what starts by itself: schedules, sensors and freshness.",
        subcommands: [ListSchedules.self, PreviewSchedules.self], defaultSubcommand: ListSchedules.self)
}

struct ListSchedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List schedules, sensors and the tables that must be fresh.")

    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let now = Lake.now()
        let definition = lake.definition
        let answer = TriggersJSON(
            schedules: try definition.schedules.map { try ScheduleJSON($0, lake.graph, now: now) },
            sensors: try definition.sensors.map { try SensorJSON($0, lake.graph) },
            freshness: definition.freshness.sorted { $0.key < $1.key }.map { key, policy in
                FreshnessJSON(
                    asset: key.description, policy: policy.description,
                    maxAgeSeconds: policy.ageMax.components.seconds, place: policy.place.description)
            })
        if output.json { return try Output.json(answer) }
        let tables = [
            definition.schedules.isEmpty ? nil : scheduleTable(definition.schedules, answer.schedules),
            definition.sensors.isEmpty ? nil : sensorTable(definition.sensors, answer.sensors),
            answer.freshness.isEmpty ? nil : freshnessTable(answer.freshness),
        ].compactMap(\.self)
        if tables.isEmpty {
            return Output.line("Nothing starts by itself. Add 'schedules:' to lake.yaml (docs/schedules.md).")
        }
        Output.line(
            tables.map { $0.plain(widthMax: Output.width, style: Output.style) }.joined(separator: "\n"))
    }

    private func scheduleTable(_ schedules: [ScheduleDefinition], _ rows: [ScheduleJSON]) -> TextTable {
        var table = TextTable(columns: [
            .init("schedule"), .init("cron"), .init("time zone"), .init("window"), .init("runs"),
            .init("next firing"),
        ])
        for (schedule, row) in zip(schedules, rows) {
            let next =
                schedule.isPaused ? "paused" : row.nextLocalTime.map { String($0.prefix(16)) } ?? "never"
            table.append([
                row.schedule, row.cron.joined(separator: "; "), row.timezone, row.window ?? "-",
                workText(schedule.work, assets: row.assets), next,
            ])
        }
        return table
    }

    private func sensorTable(_ sensors: [SensorDefinition], _ rows: [SensorJSON]) -> TextTable {
        var table = TextTable(columns: [.init("sensor"), .init("watches"), .init("every"), .init("runs")])
        for (sensor, row) in zip(sensors, rows) {
            table.append([
                row.sensor, row.watches, sensor.isPaused ? "paused" : spanText(sensor.interval),
                workText(sensor.work, assets: row.assets),
            ])
        }
        return table
    }

    private func freshnessTable(_ rows: [FreshnessJSON]) -> TextTable {
        var table = TextTable(columns: [.init("table"), .init("must be")])
        for row in rows { table.append([row.asset, row.policy]) }
        return table
    }
}

/// `12 assets` or `housekeeping, reconcile`.
func workText(_ work: TriggeredWork, assets: Int?) -> String {
    assets.map { countText($0, "asset", "assets") } ?? work.action.description
}

/// `tarn schedule list --json`.
struct TriggersJSON: Encodable {
    let schedules: [ScheduleJSON]
    let sensors: [SensorJSON]
    let freshness: [FreshnessJSON]
}

struct ScheduleJSON: Encodable {
    let schedule: String
    let description: String?
    let cron: [String]
    let timezone: String
    let window: String?
    /// A selection, or chores.
    let runs: String
    /// How many; left out of chores.
    let assets: Int?
    let isPaused: Bool
    let priority: Int
    let tags: [String]
    let nextFiring: String?
    let nextLocalTime: String?
    let place: String

    init(_ definition: ScheduleDefinition, _ graph: LakeGraph, now: Timestamp) throws {
        schedule = definition.name.text
        description = definition.description
        cron = definition.expressions.map(\.text)
        timezone = definition.zone.name
        window = definition.window?.description
        runs = definition.work.action.description
        assets = try definition.work.assetCount(in: graph)
        isPaused = definition.isPaused
        priority = definition.work.priority
        tags = definition.work.tags
        let next = definition.isPaused ? nil : definition.nextFiring(after: now)
        nextFiring = next?.description
        nextLocalTime = next.map { definition.zone.localTime(at: $0).description }
        place = definition.place.description
    }
}

struct SensorJSON: Encodable {
    let sensor: String
    let description: String?
    let watches: String
    let intervalSeconds: Int64
    let runs: String
    let assets: Int?
    let isPaused: Bool
    let priority: Int
    let tags: [String]
    let place: String

    init(_ definition: SensorDefinition, _ graph: LakeGraph) throws {
        sensor = definition.name.text
        description = definition.description
        watches = definition.watch.description
        intervalSeconds = definition.interval.components.seconds
        runs = definition.work.action.description
        assets = try definition.work.assetCount(in: graph)
        isPaused = definition.isPaused
        priority = definition.work.priority
        tags = definition.work.tags
        place = definition.place.description
    }
}

struct FreshnessJSON: Encodable {
    let asset: String
    let policy: String
    let maxAgeSeconds: Int64
    let place: String
}

extension TriggeredWork {
    /// How many assets are selected; `nil` of chores.
    func assetCount(in graph: LakeGraph) throws -> Int? {
        guard case .run(let selection) = action else { return nil }
        return try graph.resolve(selection).count
    }
}
