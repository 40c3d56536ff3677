internal import LakeModel
internal import Yams

/// The schedules and sensors of one file, as far as they are right.
struct TriggerFile {
    private(set) var schedules: [ScheduleDefinition] = []
    private(set) var sensors: [SensorDefinition] = []
    private(set) var backfills: [BackfillDefinition] = []
    /// To be looked for when all tables are known.
    private(set) var selections: [WrittenSelection] = []
    /// Tables that must be there and be of files.
    private(set) var fileTables: [FileTable] = []

    struct FileTable {
        let asset: AssetKey
        let node: Node
        let document: YAMLDocument
    }

    init() {}

    /// - Parameter zone: The lake's.
    init(_ reader: MappingReader, _ document: YAMLDocument, zone: ZoneRules) {
        for entry in reader[TriggerKeys.schedules] ?? [] {
            guard let name = Self.name(entry.key, entry.name, "schedule", document), let keys = entry.value
            else {
                continue
            }
            readSchedule(name, entry.key, keys, zone: zone)
        }
        for entry in reader[TriggerKeys.sensors] ?? [] {
            guard let name = Self.name(entry.key, entry.name, "sensor", document), let keys = entry.value
            else {
                continue
            }
            readSensor(name, entry.key, keys)
        }
        for entry in reader[TriggerKeys.backfills] ?? [] {
            guard let name = Self.name(entry.key, entry.name, "backfill", document), let keys = entry.value
            else { continue }
            guard let (backfill, selection) = BackfillKeys.read(name, entry.key, keys) else { continue }
            backfills.append(backfill)
            selections.append(selection)
        }
    }

    /// Adds those of another file; a name that is taken is a mistake.
    mutating func add(_ other: TriggerFile, _ mistakes: MistakeList) {
        for schedule in other.schedules {
            if let twin = schedules.first(where: { $0.name == schedule.name }) {
                Self.report(twin: twin.place, of: "schedule", schedule.name, schedule.place, mistakes)
            } else {
                schedules.append(schedule)
            }
        }
        for sensor in other.sensors {
            if let twin = sensors.first(where: { $0.name == sensor.name }) {
                Self.report(twin: twin.place, of: "sensor", sensor.name, sensor.place, mistakes)
            } else {
                sensors.append(sensor)
            }
        }
        for backfill in other.backfills {
            if let twin = backfills.first(where: { $0.name == backfill.name })?.place {
                Self.report(
                    twin: twin, of: "backfill", backfill.name, backfill.place ?? twin, mistakes)
            } else {
                backfills.append(backfill)
            }
        }
        selections += other.selections
        fileTables += other.fileTables
    }

    private static func report(
        twin: Place, of noun: String, _ name: TriggerName, _ place: Place, _ mistakes: MistakeList
    ) {
        mistakes.add(
            .duplicate, at: place, "the \(noun) '\(name)' is there twice: first at \(twin).",
            remedy: "Rename one of the two, or remove it.")
    }

    private static func name(_ key: Node, _ text: String, _ noun: String, _ document: YAMLDocument)
        -> TriggerName?
    {
        if let name = TriggerName(text) { return name }
        document.reportValue(
            key, "\(key.inWords) cannot be the name of a \(noun).",
            remedy:
                "Write lower-case letters, digits, '-' and '_', a letter or digit first, at most 64 bytes.")
        return nil
    }

    // MARK: Schedules

    private mutating func readSchedule(
        _ name: TriggerName, _ key: Node, _ reader: MappingReader, zone: ZoneRules
    ) {
        let work = WorkKeys.read(reader)
        if let selection = work?.selection { selections.append(selection) }
        let written = reader[ScheduleKeys.cron] ?? []
        let own = reader.has(ScheduleKeys.timezone.name) ? reader[ScheduleKeys.timezone] : zone
        let window = reader[ScheduleKeys.window]
        let jitter = reader[ScheduleKeys.jitter] ?? .zero
        let catchUp = Self.catchUp(reader)
        let (description, isPaused) = (reader[ScheduleKeys.description], reader[ScheduleKeys.paused] ?? false)
        if let window { Self.check(window, written, jitter: jitter, reader) }
        // What is wrong has been reported.
        guard let work, let own, !written.isEmpty else { return }
        schedules.append(
            ScheduleDefinition(
                name: name, description: description, work: work.work, expressions: written.map(\.value),
                zone: own, window: window, catchUp: catchUp, jitter: jitter, isPaused: isPaused,
                place: reader.document.place(of: key)))
    }

    private static func catchUp(_ reader: MappingReader) -> ScheduleDefinition.CatchUp {
        let (policy, max) = (reader[ScheduleKeys.catchUp] ?? .latest, reader[ScheduleKeys.catchUpMax])
        if reader.has(ScheduleKeys.catchUpMax.name), policy != .all {
            reader.document.report(
                .conflict, reader.node(of: ScheduleKeys.catchUpMax.name),
                "'catch_up_max' has no meaning without 'catch_up: all'.",
                remedy: "Add 'catch_up: all', or remove it.")
        }
        switch policy {
        case .skip: return .skip
        case .latest: return .latest
        case .all: return .all(max: max ?? 24)
        }
    }

    private static func check(
        _ window: Pace.Hours, _ written: [Located<CronExpression>], jitter: Duration, _ reader: MappingReader
    ) {
        for expression in written where expression.value.within(window) == nil {
            reader.document.report(
                .conflict, expression.node,
                "\(expression.node.inWords) never comes within the window \(window).",
                remedy: "Change one of the two: a schedule fires only within its window.")
        }
        if jitter > window.length {
            reader.document.report(
                .conflict, reader.node(of: ScheduleKeys.jitter.name),
                "a jitter of \(spanText(jitter)) does not fit into the window \(window).",
                remedy: "Make it shorter: starts stay within the window.")
        }
    }

    // MARK: Sensors

    private mutating func readSensor(_ name: TriggerName, _ key: Node, _ reader: MappingReader) {
        let document = reader.document
        let work = WorkKeys.read(reader)
        if let selection = work?.selection { selections.append(selection) }
        if reader.has(SensorKeys.when.name), !reader.has(SensorKeys.materialized.name) {
            document.report(
                .conflict, reader.node(of: SensorKeys.when.name),
                "'when' has no meaning without 'materialized'.",
                remedy: "Remove it.")
        }
        let interval = reader[SensorKeys.interval]
        if let interval, interval <= .zero, let node = reader.value(of: SensorKeys.interval.name) {
            document.reportValue(
                node, "\(node.inWords) is no time from one look to the next.",
                remedy: "Write, say, 'interval: 1m'.")
        }
        let (description, isPaused) = (reader[SensorKeys.description], reader[SensorKeys.paused] ?? false)
        guard let watch = watch(reader), let work else { return }
        var isPage = false
        if case .http = watch { isPage = true }
        sensors.append(
            SensorDefinition(
                name: name, description: description, watch: watch, work: work.work,
                interval: interval ?? .seconds(isPage ? 300 : 60), isPaused: isPaused,
                place: document.place(of: key)))
    }

    private mutating func watch(_ reader: MappingReader) -> SensorDefinition.Watch? {
        let document = reader.document
        if let tables = reader[SensorKeys.files] {
            var keys: Set<AssetKey> = []
            for table in tables {
                if let key = AssetKey(table.value), key.layer == .bronze {
                    keys.insert(key)
                    fileTables.append(FileTable(asset: key, node: table.node, document: document))
                } else {
                    document.reportValue(
                        table.node, "\(table.node.inWords) is not the name of a bronze table.",
                        remedy: "Write bronze_<source>.<table>.")
                }
            }
            return keys.isEmpty ? nil : .files(keys)
        }
        if let texts = reader[SensorKeys.materialized] {
            let written = WrittenSelection(included: texts, document: document)
            let all = reader[SensorKeys.when] == .all
            guard let selection = written.selection() else { return nil }
            selections.append(written)
            return .materialized(selection, all: all)
        }
        guard let page = reader[SensorKeys.http], let url = page[ProbeKeys.url] else { return nil }
        let (status, timeout) = (page[ProbeKeys.status] ?? 200, page[ProbeKeys.timeout] ?? .seconds(10))
        guard let probe = HTTPProbe(url: url.value, expectedStatus: status, timeout: timeout) else {
            document.reportValue(
                url.node, "\(url.node.inWords) is not the address of a page.",
                remedy: "Write http://host/path or https://host/path, without a user or password.")
            return nil
        }
        return .http(probe)
    }
}
