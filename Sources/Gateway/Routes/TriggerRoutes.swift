internal import HTTPTypes
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Project
internal import Transform

extension Route {
    static let triggers: [Route] = [
        Route(
            method: .get, path: "/api/v1/schedules", name: "listSchedules", group: "schedules",
            summary: "Schedules with their next firings.",
            answers: [
                AnswerForm(
                    status: 200, doc: "The schedules.",
                    schema: .object("", ["schedules": .list(of: .named(ScheduleJSON.self))]))
            ]
        ) { exchange in
            let lake = try exchange.context.lake()
            let past = try await TriggerPast(lake.metadata)
            let now = Lake.now()
            return try .json([
                "schedules": try lake.definition.schedules.map {
                    try ScheduleJSON($0, past, lake.graph, now: now)
                }
            ])
        },
        Route(
            method: .get, path: "/api/v1/schedules/{schedule}", name: "showSchedule", group: "schedules",
            summary: "One schedule.", parameters: [.schedule],
            answers: [AnswerForm(status: 200, doc: "The schedule.", schema: .named(ScheduleJSON.self))],
            problems: [404]
        ) { exchange in
            let (lake, schedule) = try exchange.schedule()
            let past = try await TriggerPast(lake.metadata)
            return try .json(ScheduleJSON(schedule, past, lake.graph, now: Lake.now()))
        },
        Route(
            method: .get, path: "/api/v1/schedules/{schedule}/preview", name: "previewSchedule",
            group: "schedules",
            summary: "Every firing to come, with what clock changes do to it.",
            parameters: [
                .schedule,
                Parameter(name: "days", schema: .integer(in: 1...366), doc: "How many days. Default: 14."),
            ],
            answers: [
                AnswerForm(
                    status: 200, doc: "The firings, at most 10000.",
                    schema: .object("", ["firings": .list(of: .named(FiringJSON.self))]))
            ], problems: [400, 404]
        ) { try await $0.preview() },
        pausing(.schedule, "/api/v1/schedules/{schedule}/pause", "pauseSchedule", isPaused: true),
        pausing(.schedule, "/api/v1/schedules/{schedule}/resume", "resumeSchedule", isPaused: false),
        Route(
            method: .get, path: "/api/v1/sensors", name: "listSensors", group: "schedules",
            summary: "Sensors.",
            answers: [
                AnswerForm(
                    status: 200, doc: "The sensors.",
                    schema: .object("", ["sensors": .list(of: .named(SensorJSON.self))]))
            ]
        ) { exchange in
            let lake = try exchange.context.lake()
            let past = try await TriggerPast(lake.metadata)
            return try .json([
                "sensors": try lake.definition.sensors.map { try SensorJSON($0, past, lake.graph) }
            ])
        },
        pausing(.sensor, "/api/v1/sensors/{sensor}/pause", "pauseSensor", isPaused: true),
        pausing(.sensor, "/api/v1/sensors/{sensor}/resume", "resumeSensor", isPaused: false),
        Route(
            method: .get, path: "/api/v1/freshness", name: "listFreshness", group: "schedules",
            summary: "How old tables may be, and are.",
            answers: [
                AnswerForm(
                    status: 200, doc: "The tables of which that is said.",
                    schema: .object("", ["freshness": .list(of: .named(FreshnessJSON.self))]))
            ]
        ) { exchange in
            let lake = try exchange.context.lake()
            let proofs = try await lake.metadata.lastProofs()
            let now = Lake.now()
            return try .json([
                "freshness": lake.definition.freshness.sorted { $0.key < $1.key }.map {
                    FreshnessJSON($0, $1, proven: proofs[$0], at: now)
                }
            ])
        },
    ]

    private static func pausing(
        _ parameter: Parameter, _ path: String, _ name: String, isPaused: Bool
    ) -> Route {
        Route(
            method: .post, path: path, name: name, group: "schedules",
            summary: isPaused
                ? "Lets the \(parameter.name) start nothing until it is resumed."
                : "Lets the \(parameter.name) go on.",
            role: .operate, parameters: [parameter],
            answers: [
                AnswerForm(status: 200, doc: "What it is now.", schema: .named(PauseJSON.self))
            ], problems: [404]
        ) { try await $0.pause(parameter.name, isPaused) }
    }
}

extension Exchange {
    fileprivate func schedule() throws -> (Lake, ScheduleDefinition) {
        let lake = try context.lake()
        let name = parameters["schedule"] ?? ""
        guard let schedule = lake.definition.schedules.first(where: { $0.name.text == name }) else {
            throw Self.unknown("schedule", name, among: lake.definition.schedules.map(\.name.text))
        }
        return (lake, schedule)
    }

    private static func unknown(_ noun: String, _ name: String, among known: [String]) -> Refusal {
        let meant = nearestName(to: name, among: known).map { "Did you mean '\($0)'? " } ?? ""
        return Refusal(
            .notFound, code: "gateway.unknown-trigger",
            "This lake has no \(noun) \(JSON.text(name).inWords).",
            remedy: "\(meant)GET /api/v1/\(noun)s has all.")
    }

    fileprivate func preview() async throws -> Answer {
        var query = query
        let days = query.integer("days", in: 1...366) ?? 14
        try query.finish()
        let (lake, schedule) = try schedule()
        let start = Lake.now()
        let count = try schedule.work.assetCount(in: lake.graph)
        let firings = schedule.preview(after: start, before: start + .seconds(days * 86_400))
        return try .json(["firings": firings.prefix(10_000).map { FiringJSON(schedule, count, $0) }])
    }

    fileprivate func pause(_ noun: String, _ isPaused: Bool) async throws -> Answer {
        let lake = try context.lake()
        let text = parameters[noun] ?? ""
        let (kind, known): (TriggerID.Kind, [(name: TriggerName, isPaused: Bool)]) =
            noun == "schedule"
            ? (.schedule, lake.definition.schedules.map { ($0.name, $0.isPaused) })
            : (.sensor, lake.definition.sensors.map { ($0.name, $0.isPaused) })
        guard let trigger = known.first(where: { $0.name.text == text }) else {
            throw Self.unknown(noun, text, among: known.map(\.name.text))
        }
        let past = try await TriggerPast(lake.metadata)
        let wasPaused = past.isPaused(kind, trigger.name, inFiles: trigger.isPaused)
        // What the files do not pause needs no exception to go on.
        let said: Bool? = isPaused ? true : trigger.isPaused ? false : nil
        try await lake.metadata.pause(TriggerID(kind, text), said, at: Lake.now())
        return try .json(PauseJSON(name: text, isPaused: isPaused, isChanged: wasPaused != isPaused))
    }
}

struct PauseJSON: Described {
    let name: String
    let isPaused: Bool
    let isChanged: Bool

    static let schemaName = "Pause"
    static let schema = Schema.object(
        "",
        [
            "name": .text(), "is_paused": .bool(), "is_changed": .bool("Whether it was otherwise before."),
        ])
}

struct ScheduleJSON: Described {
    let schedule: String
    let description: String?
    let cron: [String]
    let timezone: String
    let window: String?
    let runs: String
    let assets: Int?
    let isPaused: Bool
    let priority: Int
    let tags: [String]
    let nextFirings: [String]
    let lastFiring: String?
    let lastRun: String?
    let remark: String?
    let latenessSeconds: Double?
    let place: String

    static let schemaName = "Schedule"
    static let schema = Schema.object(
        "When a part of the lake is built.",
        [
            "schedule": .text("Its name."), "cron": .list(of: .text()), "timezone": .text(),
            "runs": .text("A selection, or work on the whole lake."), "is_paused": .bool(),
            "priority": .integer(), "tags": .list(of: .text()),
            "next_firings": .list(of: .instant(), "The next three; none while it is paused."),
            "place": .text("Where it stands."),
        ],
        optional: [
            "description": .text(), "window": .text(),
            "assets": .integer("How many it builds; missing for work on the whole lake."),
            "last_firing": .instant(), "last_run": .text(),
            "remark": .text("What happened at the last look, or why nothing did."),
            "lateness_seconds": .number("For how long a firing has waited for a scheduler; 0 if none does."),
        ])

    init(
        _ definition: ScheduleDefinition, _ past: TriggerPast, _ graph: LakeGraph, now: Timestamp
    ) throws {
        let record = past.record(.schedule, definition.name)
        schedule = definition.name.text
        description = definition.description
        cron = definition.expressions.map(\.text)
        timezone = definition.zone.name
        window = definition.window?.description
        runs = definition.work.action.description
        assets = try definition.work.assetCount(in: graph)
        isPaused = past.isPaused(definition)
        priority = definition.work.priority
        tags = definition.work.tags
        var firings: [Timestamp] = []
        if !isPaused {
            while firings.count < 3, let next = definition.nextFiring(after: firings.last ?? now) {
                firings.append(next)
            }
        }
        nextFirings = firings.map(\.description)
        lastFiring = record?.lastFiredAt?.description
        lastRun = record?.lastRun?.text
        remark = record?.remark
        latenessSeconds = past.lateness(of: definition, at: now)?.seconds
        place = definition.place.description
    }
}

struct SensorJSON: Described {
    let sensor: String
    let description: String?
    let watches: String
    let intervalSeconds: Int64
    let runs: String
    let assets: Int?
    let isPaused: Bool
    let priority: Int
    let tags: [String]
    let lastFiring: String?
    let lastRun: String?
    let place: String

    static let schemaName = "Sensor"
    static let schema = Schema.object(
        "What starts a part of the lake besides the clock.",
        [
            "sensor": .text("Its name."), "watches": .text(), "interval_seconds": .integer(),
            "runs": .text(), "is_paused": .bool(), "priority": .integer(), "tags": .list(of: .text()),
            "place": .text(),
        ],
        optional: [
            "description": .text(), "assets": .integer(), "last_firing": .instant(), "last_run": .text(),
        ])

    init(_ definition: SensorDefinition, _ past: TriggerPast, _ graph: LakeGraph) throws {
        let record = past.record(.sensor, definition.name)
        sensor = definition.name.text
        description = definition.description
        watches = definition.watch.description
        intervalSeconds = definition.interval.components.seconds
        runs = definition.work.action.description
        assets = try definition.work.assetCount(in: graph)
        isPaused = past.isPaused(.sensor, definition.name, inFiles: definition.isPaused)
        priority = definition.work.priority
        tags = definition.work.tags
        lastFiring = record?.lastFiredAt?.description
        lastRun = record?.lastRun?.text
        place = definition.place.description
    }
}

struct FiringJSON: Described {
    let schedule: String
    let nominal: String
    let startsAt: String
    let startsBefore: String?
    let localTime: String
    let timezone: String
    let utcOffsetSeconds: Int
    let dayHours: Double
    let clockChange: String?
    let runs: String
    let assets: Int?
    let isPaused: Bool
    let key: String

    static let schemaName = "Firing"
    static let schema = Schema.object(
        "One time at which a schedule starts something.",
        [
            "schedule": .text(), "nominal": .instant("When the schedule says."),
            "starts_at": .instant("The same with jitter."), "local_time": .text(), "timezone": .text(),
            "utc_offset_seconds": .integer(), "day_hours": .number("How long its day is."), "runs": .text(),
            "is_paused": .bool(), "key": .text("The idempotency key of its run."),
        ],
        optional: [
            "starts_before": .instant("The end of its window."), "clock_change": .text(),
            "assets": .integer(),
        ])

    init(_ schedule: ScheduleDefinition, _ count: Int?, _ preview: FiringPreview) {
        self.schedule = schedule.name.text
        nominal = preview.firing.nominal.description
        startsAt = preview.firing.startsAt.description
        startsBefore = preview.firing.endsAt?.description
        localTime = preview.local.description
        timezone = schedule.zone.name
        utcOffsetSeconds = preview.offset
        dayHours = preview.dayLength.seconds / 3_600
        clockChange = preview.clockChange?.description
        runs = schedule.work.action.description
        assets = count
        isPaused = schedule.isPaused
        key = preview.firing.key
    }
}

extension TriggeredWork {
    /// How many assets are selected; `nil` of work on the whole lake.
    func assetCount(in graph: LakeGraph) throws -> Int? {
        guard case .run(let selection) = action else { return nil }
        return try graph.resolve(selection).count
    }
}
