internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project
internal import Terminal
internal import Transform

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Show what starts by itself: schedules, sensors and freshness.",
        subcommands: [ListSchedules.self, PreviewSchedules.self, PauseSchedule.self, ResumeSchedule.self],
        defaultSubcommand: ListSchedules.self)
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
        let past = try await TriggerPast(lake)
        let answer = TriggersJSON(
            schedules: try definition.schedules.map {
                try ScheduleJSON($0, lake.graph, past.of(.schedule, $0.name.text), now: now)
            },
            sensors: try definition.sensors.map {
                try SensorJSON($0, lake.graph, past.of(.sensor, $0.name.text))
            },
            freshness: definition.freshness.sorted { $0.key < $1.key }.map { key, policy in
                let past = past.of(.freshness, key.description)
                return FreshnessJSON(
                    asset: key.description, policy: policy.description,
                    maxAgeSeconds: policy.ageMax.components.seconds, isPaused: past.isPaused ?? false,
                    lateSince: past.record?.breachedSince?.description, past: PastJSON(past),
                    place: policy.place.description)
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
            .init("next firing"), .init("last run"),
        ])
        for (schedule, row) in zip(schedules, rows) {
            let next =
                row.isPaused ? "paused" : row.nextLocalTime.map { String($0.prefix(16)) } ?? "never"
            table.append([
                row.schedule, row.cron.joined(separator: "; "), row.timezone, row.window ?? "-",
                workText(schedule.work, assets: row.assets), next, row.past.inWords,
            ])
        }
        return table
    }

    private func sensorTable(_ sensors: [SensorDefinition], _ rows: [SensorJSON]) -> TextTable {
        var table = TextTable(columns: [
            .init("sensor"), .init("watches"), .init("every"), .init("runs"), .init("last run"),
        ])
        for (sensor, row) in zip(sensors, rows) {
            table.append([
                row.sensor, row.watches, row.isPaused ? "paused" : spanText(sensor.interval),
                workText(sensor.work, assets: row.assets), row.past.inWords,
            ])
        }
        return table
    }

    private func freshnessTable(_ rows: [FreshnessJSON]) -> TextTable {
        var table = TextTable(columns: [.init("table"), .init("must be"), .init("is"), .init("last run")])
        for row in rows {
            let state = row.isPaused ? "paused" : row.lateSince.map { "too old since \($0)" } ?? "-"
            table.append([row.asset, row.policy, state, row.past.inWords])
        }
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
    let past: PastJSON
    let place: String

    init(
        _ definition: ScheduleDefinition, _ graph: LakeGraph, _ past: TriggerPast.One, now: Timestamp
    ) throws {
        schedule = definition.name.text
        description = definition.description
        cron = definition.expressions.map(\.text)
        timezone = definition.zone.name
        window = definition.window?.description
        runs = definition.work.action.description
        assets = try definition.work.assetCount(in: graph)
        isPaused = past.isPaused ?? definition.isPaused
        priority = definition.work.priority
        tags = definition.work.tags
        self.past = PastJSON(past)
        let next = isPaused ? nil : definition.nextFiring(after: now)
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
    let past: PastJSON
    let place: String

    init(_ definition: SensorDefinition, _ graph: LakeGraph, _ past: TriggerPast.One) throws {
        sensor = definition.name.text
        description = definition.description
        watches = definition.watch.description
        intervalSeconds = definition.interval.components.seconds
        runs = definition.work.action.description
        assets = try definition.work.assetCount(in: graph)
        isPaused = past.isPaused ?? definition.isPaused
        priority = definition.work.priority
        tags = definition.work.tags
        self.past = PastJSON(past)
        place = definition.place.description
    }
}

struct FreshnessJSON: Encodable {
    let asset: String
    let policy: String
    let maxAgeSeconds: Int64
    let isPaused: Bool
    /// Since when it is older than it may be; left out if it is not.
    let lateSince: String?
    let past: PastJSON
    let place: String
}

extension TriggeredWork {
    /// How many assets are selected; `nil` of chores.
    func assetCount(in graph: LakeGraph) throws -> Int? {
        guard case .run(let selection) = action else { return nil }
        return try graph.resolve(selection).count
    }
}
