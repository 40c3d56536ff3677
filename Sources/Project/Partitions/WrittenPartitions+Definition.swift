internal import LakeModel
internal import Yams

extension WrittenPartitions {
    /// What it is of.
    enum Subject {
        /// A table of a source: it must be said which column decides and where the history begins.
        case table
        /// A model: the column may be called like the period, and its inputs say when it begins.
        case model
    }

    /// What it means, or `nil` after it has been reported what is wrong.
    ///
    /// - Parameter zone: The lake's.
    func definition(of subject: Subject, zone: ZoneRules) -> PartitionsDefinition? {
        guard let (period, keys) = split() else { return nil }
        let before = document.mistakes.all.count
        let columns = self.columns(of: subject, period, keys)
        let times = period.flatMap { self.times($0, of: subject, in: zone) }
        if period == nil { refuseTimeSettings() }
        guard document.mistakes.all.count == before, let columns else { return nil }
        let scheme: PartitionScheme
        switch (times, keys) {
        case (let times?, let keys?): scheme = .product(times, keys)
        case (let times?, nil): scheme = .time(times)
        case (nil, let keys?): scheme = .keys(keys)
        case (nil, nil): return nil
        }
        return PartitionsDefinition(
            scheme: scheme, timeColumn: columns.time, keyColumn: columns.key, place: document.place(of: node))
    }

    /// The dimensions by their kind; `nil` after two of one kind were reported.
    private func split() -> (WrittenPeriod?, KeyPartitions?)? {
        var period: WrittenPeriod?
        var keys: KeyPartitions?
        for dimension in dimensions {
            let isSecond: Bool
            switch dimension.value {
            case .time(let found):
                isSecond = period != nil
                period = period ?? found
            case .keys(let texts):
                isSecond = keys != nil
                keys = keys ?? KeyPartitions(fixed: texts.compactMap(KeyPartitions.key))
            case .dynamicKeys:
                isSecond = keys != nil
                keys = keys ?? .dynamic
            }
            if isSecond {
                document.report(
                    .conflict, dimension.node, "partitions have at most one time and one list of keys.",
                    remedy: "Write, say, 'by: [daily, { keys: [uk, ie] }]'.")
                return nil
            }
        }
        return (period, keys)
    }

    private func columns(
        of subject: Subject, _ period: WrittenPeriod?, _ keys: KeyPartitions?
    ) -> (time: String?, key: String?)? {
        let column = settings?[PartitionsKeys.column]
        let columns = settings?[PartitionsKeys.columns]?.map(\.value)
        let hasColumn = settings?.has(PartitionsKeys.column.name) ?? false
        let hasColumns = settings?.has(PartitionsKeys.columns.name) ?? false
        if hasColumn, hasColumns {
            document.report(
                .conflict, settings?.node(of: PartitionsKeys.columns.name) ?? node,
                "'column' and 'columns' stand side by side.", remedy: "Write one of the two.")
            return nil
        }
        let count = dimensions.count
        let named = columns ?? column.map { [$0] } ?? []
        if hasColumn || hasColumns, named.count != count, !named.isEmpty {
            document.report(
                .conflict,
                settings?.node(of: hasColumn ? PartitionsKeys.column.name : PartitionsKeys.columns.name)
                    ?? node,
                "\(count) dimensions have \(count) columns, and \(named.count) \(named.count == 1 ? "is" : "are") named.",
                remedy: count == 1 ? "Write 'column: <name>'." : "Write 'columns: [<time>, <key>]'.")
            return nil
        }
        if named.isEmpty {
            guard !hasColumn, !hasColumns else { return nil }
            if subject == .model, keys == nil, let period { return (period.column, nil) }
            document.report(
                .missingKey, node, "the partitions do not say which column decides.",
                remedy: count == 1
                    ? "Add 'column: <the column of the time or key>'." : "Add 'columns: [<time>, <key>]'.")
            return nil
        }
        // The time comes first in names, wherever it stands in `by`.
        guard count == 2 else { return keys == nil ? (named[0], nil) : (nil, named[0]) }
        if case .time = dimensions[0].value { return (named[0], named[1]) }
        return (named[1], named[0])
    }

    private func times(
        _ written: WrittenPeriod, of subject: Subject, in zone: ZoneRules
    ) -> TimePartitions? {
        let weekStarts = settings?[PartitionsKeys.weekStarts]
        if written != .weekly, let settings, settings.has(PartitionsKeys.weekStarts.name) {
            document.report(
                .conflict, settings.node(of: PartitionsKeys.weekStarts.name),
                "'week_starts' has no meaning: the partitions are \(written.rawValue).",
                remedy: "Remove it, or write 'by: weekly'.")
        }
        let period = written.period(weekStarts ?? .monday)
        if subject == .table, settings?.has(PartitionsKeys.start.name) != true {
            document.report(
                .missingKey, node, "the partitions do not say where the history begins.",
                remedy: "Add 'start: <YYYY-MM-DD>', the day of the oldest rows.")
        }
        let start = day(PartitionsKeys.start, period)
        let end = day(PartitionsKeys.end, period)
        if let start, let end, end <= start {
            document.report(
                .conflict, settings?.node(of: PartitionsKeys.end.name) ?? node,
                "the partitions end on \(end), before they begin on \(start).",
                remedy: "Make 'end' later than 'start'.")
        }
        return TimePartitions(
            period, zone: timezone(zone) ?? zone, start: start, end: end,
            endOffset: settings?[PartitionsKeys.endOffset] ?? 0)
    }

    /// A day that begins a partition.
    private func day(_ key: Key<Day>, _ period: PartitionPeriod) -> Day? {
        guard let settings, let day = settings[key] else { return nil }
        if let (before, after) = TimePartitions.neighbours(of: day, in: period) {
            document.reportValue(
                settings.value(of: key.name) ?? node, "\(day) does not begin a \(period.unit).",
                remedy: "Write \(before) or \(after).")
        }
        return day
    }

    private func timezone(_ lake: ZoneRules) -> ZoneRules? {
        guard let name = settings?[PartitionsKeys.timezone] else { return nil }
        if name.value == lake.name { return lake }
        do throws(UnknownTimeZone) {
            return try TimeZoneFiles(environmentVariables: document.variables).load(name.value)
        } catch {
            document.report(.unknownTimeZone, name.node, error.problem, remedy: error.remedy)
            return nil
        }
    }

    private func refuseTimeSettings() {
        guard let settings else { return }
        let ofTime = [
            PartitionsKeys.start.name, PartitionsKeys.end.name, PartitionsKeys.endOffset.name,
            PartitionsKeys.timezone.name, PartitionsKeys.weekStarts.name,
        ]
        for name in ofTime where settings.has(name) {
            document.report(
                .conflict, settings.node(of: name),
                "'\(name)' has no meaning: the partitions are of keys alone.",
                remedy: "Remove it, or add a time: 'by: [daily, { keys: … }]'.")
        }
    }
}

extension WrittenPeriod {
    fileprivate func period(_ first: DayOfWeek) -> PartitionPeriod {
        switch self {
        case .hourly: .hourly
        case .daily: .daily
        case .weekly: .weekly(from: first)
        case .monthly: .monthly
        }
    }

    /// What a model's column is called unless it says otherwise.
    fileprivate var column: String { period(.monday).unit }
}
