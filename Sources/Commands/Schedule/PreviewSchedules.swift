internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal

struct PreviewSchedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Every firing to come, with local time and UTC, and what clock changes do to it.")

    @Argument(help: ArgumentHelp("Schedules; none means all.", valueName: "schedule")) var names: [String] =
        []
    @Option(name: .long, help: ArgumentHelp("How many days.", valueName: "number")) var days = 14
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The first day, as 2026-10-20, in the lake's time zone. Default: from now on.", valueName: "day"))
    var from: String?
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard (1...3_660).contains(days) else { throw ValidationError("--days is 1 to 3660.") }
        if let from, Day(from) == nil { throw ValidationError("'\(from)' is not a day such as 2026-10-20.") }
    }

    func run() async throws {
        let lake = try await lake.open()
        let schedules = try chosen(of: lake.definition)
        let zone = lake.definition.zone
        let firstDay = from.flatMap { Day($0) }
        let start = firstDay.map { zone.start(of: $0) - .microseconds(1) } ?? Lake.now()
        let end = firstDay.map { zone.start(of: $0 + days) } ?? start + .seconds(days * 86_400)
        let counts = try schedules.map { try $0.work.assetCount(in: lake.graph) }
        let firings = zip(schedules, counts).flatMap { schedule, count in
            schedule.preview(after: start, before: end).map { (schedule, count, $0) }
        }.sorted { ($0.2.firing.nominal, $0.0.name) < ($1.2.firing.nominal, $1.0.name) }
        if output.json { return try Output.json(firings.map(FiringJSON.init)) }
        var table = TextTable(columns: [
            .init("schedule"), .init("local time"), .init("time zone"), .init("starts (UTC)"), .init("until"),
            .init("runs"), .init("remark"),
        ])
        for (schedule, count, preview) in firings { table.append(row(schedule, count, preview)) }
        if !table.rows.isEmpty { Output.line(table.plain(widthMax: Output.width, style: Output.style)) }
        for line in clockChanges(of: schedules, from: start, to: end) { Output.line(line) }
        let active = firings.count { !$0.0.isPaused }
        Output.line(
            "\(countText(active, "firing", "firings")) of \(countText(schedules.count, "schedule", "schedules")) "
                + "in \(countText(days, "day", "days"))")
    }

    private func chosen(of definition: LakeDefinition) throws -> [ScheduleDefinition] {
        let known = definition.schedules
        return try names.isEmpty
            ? known
            : names.map { name in
                guard let schedule = known.first(where: { $0.name.text == name }) else {
                    throw UnknownSchedule(name: name, known: known.map(\.name.text))
                }
                return schedule
            }
    }

    private func row(_ schedule: ScheduleDefinition, _ count: Int?, _ preview: FiringPreview) -> [String?] {
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][preview.local.day.weekday]
        let until = preview.firing.endsAt.map {
            String(schedule.zone.localTime(at: $0).description.dropFirst(11).prefix(5))
        }
        var remarks = schedule.isPaused ? ["paused"] : []
        if preview.dayLength != .seconds(86_400) {
            remarks.append("a day of \(spanText(preview.dayLength))")
        }
        if let change = preview.clockChange { remarks.append(change.description) }
        return [
            schedule.name.text, "\(weekday) \(preview.local.description.dropLast(3))", schedule.zone.name,
            String(preview.firing.startsAt.description.prefix(19)).replacing("T", with: " "), until,
            workText(schedule.work, assets: count), remarks.joined(separator: "; "),
        ]
    }

    /// Days that are longer or shorter than others, of all zones that are previewed.
    private func clockChanges(
        of schedules: [ScheduleDefinition], from start: Timestamp, to end: Timestamp
    ) -> [String] {
        var zones: [String: ZoneRules] = [:]
        for schedule in schedules { zones[schedule.zone.name] = schedule.zone }
        return zones.values.sorted { $0.name < $1.name }.flatMap { zone in
            zone.transitions(in: start..<end).map { change in
                let shift = change.offsetAfter - change.offsetBefore
                let before = LocalTimeText(change.instant, offset: change.offsetBefore)
                let after = LocalTimeText(change.instant, offset: change.offsetAfter)
                return
                    "\(before.day): clocks in \(zone.name) go \(shift > 0 ? "forward" : "back") from \(before.time) "
                    + "to \(after.time)"
            }
        }
    }

    /// What the wall's clock would show with a fixed offset.
    private struct LocalTimeText {
        let day: String
        let time: String

        init(_ instant: Timestamp, offset: Int) {
            let text = ZoneRules.utc.localTime(at: instant + .seconds(offset)).description
            (day, time) = (String(text.prefix(10)), String(text.dropFirst(11).prefix(5)))
        }
    }
}

/// One firing in `tarn schedule preview --json`.
struct FiringJSON: Encodable {
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

/// The lake has no such schedule.
struct UnknownSchedule: Diagnostic {
    let name: String
    let known: [String]

    var code: String { "usage.unknown-schedule" }
    var problem: String { "This lake has no schedule '\(name)'." }
    var remedy: String {
        let meant = nearestName(to: name, among: known).map { "Did you mean '\($0)'? " } ?? ""
        return meant
            + (known.isEmpty ? "Add 'schedules:' to lake.yaml." : "All schedules: tarn schedule list")
    }
}
