internal import LakeModel
internal import Yams

/// What starts work by itself, or by its name: keys of `lake.yaml` and of `schedules/<name>.yaml`.
enum TriggerKeys {
    static let schedules = Key(
        "schedules", .entries(of: ScheduleKeys.value, noun: "schedules"),
        "What is built when, by names of your choice.")
    static let sensors = Key(
        "sensors", .entries(of: SensorKeys.value, noun: "sensors"),
        "What is built when something has happened, by names of your choice.")

    static let backfills = Key(
        "backfills", .entries(of: BackfillKeys.value, noun: "backfills"),
        "What 'tarn backfill create <name>' builds bit by bit, by names of your choice.")

    static let shape = MappingShape("a file of schedules", [schedules, sensors, backfills])
}

/// The keys of a schedule.
enum ScheduleKeys {
    enum CatchUp: String, CaseIterable, Sendable { case skip, latest, all }

    static let description = Key("description", .text, "What it is for.")
    static let cron = Key(
        "cron", .list(of: .cron, orOne: true, atLeast: 1), isRequired: true,
        "When: minute, hour, day of month, month, day of week; or @daily and the like; or a list of them.")
    static let timezone = Key("timezone", .timeZone, "Where its clocks are. Default: the lake's.")
    static let window = Key(
        "window", .hours,
        "It fires only within these hours, and what has not started by their end is skipped: 02:00-03:00.")
    static let catchUp = Key(
        "catch_up", .choice as ValueShape<CatchUp>,
        "What becomes of firings that nothing was running for: skip, latest (the newest one runs) or all. Default: latest."
    )
    static let catchUpMax = Key(
        "catch_up_max", .integer(1...1_000), "With 'catch_up: all': so many at most. Default: 24.")
    static let jitter = Key(
        "jitter", .duration,
        "Its starts are spread over so much time, each firing's by the same. Default: 0s.")
    static let paused = Key("paused", .bool, "Whether it starts nothing for now. Default: false.")

    static let shape = MappingShape(
        "a schedule",
        [description, cron, timezone, window, catchUp, catchUpMax, jitter, paused] + WorkKeys.all)
    static let value = WorkKeys.shape(shape, oneOf: [[WorkKeys.run.name, WorkKeys.chores.name]])
}

/// The keys of a sensor.
enum SensorKeys {
    enum When: String, CaseIterable, Sendable { case any, all }

    static let description = Key("description", .text, "What it is for.")
    static let files = Key(
        "files", .list(of: .text, orOne: true, atLeast: 1),
        "Bronze tables of files: it fires when there are new or changed files to be read.")
    static let materialized = Key(
        "materialized", .list(of: .text, orOne: true, atLeast: 1),
        "Assets, as in 'run': it fires when they have other rows than at its last run.")
    static let when = Key(
        "when", .choice as ValueShape<When>,
        "With 'materialized': whether any of them is enough, or all must have changed. Default: any.")
    static let http = Key(
        "http", .mapping(ProbeKeys.shape), "A page: it fires when what is in it, or its ETag, changes.")
    static let interval = Key(
        "interval", .duration,
        "From one look to the next, and from one run to the next at least. Default: 1m, of a page 5m.")
    static let paused = Key("paused", .bool, "Whether it starts nothing for now. Default: false.")

    static let shape = MappingShape(
        "a sensor", [description, files, materialized, when, http, interval, paused] + WorkKeys.all)
    static let value = WorkKeys.shape(
        shape,
        oneOf: [[files.name, materialized.name, http.name], [WorkKeys.run.name, WorkKeys.chores.name]])
}

/// The keys of a page that is watched.
enum ProbeKeys {
    static let url = Key(
        "url", .located(.text), isRequired: true,
        "Its address, with http:// or https:// and without a password.")
    static let status = Key(
        "status", .integer(100...599),
        "What it answers when all is well; anything else is no answer. Default: 200.")
    static let timeout = Key("timeout", .duration, "How long an answer may take. Default: 10s.")

    static let shape = MappingShape("a page", [url, status, timeout])
}

/// The keys of `freshness`, of sources, tables and models.
enum FreshnessKeys {
    static let maxAge = Key(
        "max_age", .duration, isRequired: true, "How old the table may be: 26h.")
    static let by = Key(
        "by", .timeOfDay, "At what time of day it must hold, such as \"07:30\". Default: always.")
    static let timezone = Key("timezone", .timeZone, "Where the clock of 'by' is. Default: the lake's.")
    static let days = Key(
        "days", .weekdays, "On which days 'by' is meant, such as MON-FRI. Default: every day.")

    static let shape = MappingShape("a freshness", [maxAge, by, timezone, days])

    /// A key of a source, a table or a model.
    static func key(_ doc: String) -> Key<MappingReader> { Key("freshness", .mapping(shape), doc) }

    /// - Parameter zone: The lake's.
    static func read(_ reader: MappingReader, zone: ZoneRules) -> FreshnessPolicy? {
        let document = reader.document
        let (age, time) = (reader[maxAge], reader[by])
        let own = reader.has(timezone.name) ? reader[timezone] : zone
        let days = reader.has(days.name) ? reader[days] : .all
        for key in [timezone.name, Self.days.name] where reader.has(key) && !reader.has(by.name) {
            document.report(
                .conflict, reader.node(of: key), "'\(key)' has no meaning without 'by'.",
                remedy: "Add 'by: \"07:30\"', or remove '\(key)'.")
        }
        guard let age, let own, let days, time != nil || !reader.has(by.name) else { return nil }
        if age <= .zero, let node = reader.value(of: maxAge.name) {
            document.reportValue(
                node, "no table is younger than \(node.inWords).", remedy: "Write, say, 'max_age: 26h'.")
            return nil
        }
        return FreshnessPolicy(
            ageMax: age,
            deadline: time.map { .init(minuteOfDay: $0.minutes, zone: own, weekdays: days) },
            place: document.place(of: reader.node))
    }
}
