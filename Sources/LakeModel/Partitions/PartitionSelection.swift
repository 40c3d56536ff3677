/// Reads which partitions of an asset are meant, as written after `--partition`.
///
/// A list by commas of `2026-11-22`, `2026-11-01..2026-11-10`, `latest`, `latest:7` and `all`; a month or day
/// for all hours or days in it; keys; and of two dimensions one of each, as `2026-11-01..2026-11-10|uk`.
package struct PartitionSelection {
    private let scheme: PartitionScheme
    private let asset: AssetKey
    private let now: Timestamp
    private let takesUnknownKeys: Bool

    /// - Parameters:
    ///   - scheme: With its dynamic keys.
    ///   - takesUnknownKeys: Whether dynamic keys may be others, as of a text that was right when it was
    ///     written.
    package init(
        of asset: AssetKey, _ scheme: PartitionScheme, at now: Timestamp, takesUnknownKeys: Bool = false
    ) {
        self.scheme = scheme
        self.asset = asset
        self.now = now
        self.takesUnknownKeys = takesUnknownKeys
    }

    /// - Throws: if it cannot be read, or names a partition that does not exist at this time.
    package func read(_ text: String) throws(PartitionMistake) -> PartitionSet {
        guard scheme.isPartitioned else {
            throw PartitionMistake.unpartitioned("\(asset) has no partitions.")
        }
        var parts: [PartitionSet.Part] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            parts.append(try part(String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())))
        }
        return PartitionSet(scheme, parts)
    }

    private func part(_ item: String) throws(PartitionMistake) -> PartitionSet.Part {
        guard !item.isEmpty else { throw unreadable("it names nothing") }
        switch scheme {
        case .none: throw unreadable("there are no partitions")
        case .time(let times):
            return PartitionSet.Part(spans: [try span(item, times)], keys: [])
        case .keys(let keys): return PartitionSet.Part(spans: [], keys: try values(item, keys))
        case .product(let times, let keys):
            let sides = item.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            if sides.count == 1, item == "all" || item.hasPrefix("latest") {
                return PartitionSet.Part(spans: [try span(item, times)], keys: keys.all)
            }
            guard sides.count == 2 else {
                throw unreadable("'\(item)' does not name a time and a key with '|' between them")
            }
            return PartitionSet.Part(
                spans: [try span(sides[0], times)], keys: try values(sides[1], keys))
        }
    }

    private func values(_ text: String, _ keys: KeyPartitions) throws(PartitionMistake) -> [PartitionKey] {
        if text == "all" { return keys.all }
        if let key = PartitionKey(text), keys.all.contains(key) { return [key] }
        if takesUnknownKeys, keys.isDynamic, let key = KeyPartitions.key(text) { return [key] }
        let nearest = nearestName(to: text, among: keys.all.map(\.text))
        throw PartitionMistake(
            .unknown,
            "\(asset) has no partition '\(text)'\(nearest.map { ": did you mean '\($0)'?" } ?? ".")",
            remedy: advice)
    }

    private func span(_ text: String, _ times: TimePartitions) throws(PartitionMistake) -> Range<Timestamp> {
        let limit = times.limit(at: now)
        if text == "all" {
            guard let span = times.span(at: now) else {
                throw PartitionMistake(
                    .noStart, "'all' partitions of \(asset) are not known: it has no start.",
                    remedy: "Add 'start: YYYY-MM-DD' to its 'partitions:', or name a range. \(advice)")
            }
            return span
        }
        if text == "latest" || text.hasPrefix("latest:") { return try latest(text, times, limit) }
        let ends = text.split(separator: "..", omittingEmptySubsequences: false).map(String.init)
        switch ends.count {
        case 1:
            if let key = PartitionKey(text), let slot = times.slot(key) {
                return try existing(slot.window, slot.window, named: text, times, limit)
            }
            return try longer(text, times, limit)
        case 2:
            let first = try slot(ends[0], times, limit)
            let last = try slot(ends[1], times, limit)
            guard first.window.lowerBound <= last.window.lowerBound else {
                throw unreadable("the range '\(text)' ends before it begins")
            }
            return first.window.lowerBound..<last.window.upperBound
        default: throw unreadable("'\(text)' is no range")
        }
    }

    private func latest(
        _ text: String, _ times: TimePartitions, _ limit: Timestamp
    ) throws(PartitionMistake) -> Range<Timestamp> {
        guard let count = text == "latest" ? 1 : Int(text.dropFirst(7)), (1...1_000_000).contains(count)
        else {
            throw unreadable("'\(text)' does not say how many of the latest")
        }
        let begin = times.begin ?? Timestamp(microseconds: .min)
        guard begin < limit else {
            throw PartitionMistake(
                .unknown, "\(asset) has no partition yet: it is partitioned \(scheme).",
                remedy: "Wait until the first \(times.period.unit) is over.")
        }
        let last = times.slot(at: limit - .microseconds(1))
        var first = last
        for _ in 1..<max(count, 1) where first.window.lowerBound > begin {
            first = times.previous(before: first)
        }
        return max(first.window.lowerBound, begin)..<limit
    }

    private func slot(
        _ text: String, _ times: TimePartitions, _ limit: Timestamp
    ) throws(PartitionMistake) -> TimeSlot {
        guard let key = PartitionKey(text), let slot = times.slot(key) else { throw unnamed(text, times) }
        _ = try existing(slot.window, slot.window, named: text, times, limit)
        return slot
    }

    /// The partitions in a longer period: the days of a month that exist.
    private func longer(
        _ text: String, _ times: TimePartitions, _ limit: Timestamp
    ) throws(PartitionMistake) -> Range<Timestamp> {
        for period in times.period.longer {
            guard let key = PartitionKey(text),
                let slot = TimePartitions(period, zone: times.zone).slot(key)
            else { continue }
            let begin = max(times.begin ?? slot.window.lowerBound, slot.window.lowerBound)
            let end = min(limit, slot.window.upperBound)
            return try existing(begin..<max(begin, end), slot.window, named: text, times, limit)
        }
        throw unnamed(text, times)
    }

    private func existing(
        _ span: Range<Timestamp>, _ whole: Range<Timestamp>, named text: String, _ times: TimePartitions,
        _ limit: Timestamp
    ) throws(PartitionMistake) -> Range<Timestamp> {
        if let begin = times.begin, whole.upperBound <= begin || span.lowerBound < begin {
            throw PartitionMistake(
                .unknown, "\(asset) has no partition '\(text)': its first is \(times.slot(at: begin).key).",
                remedy: advice)
        }
        guard span.upperBound <= limit, !span.isEmpty else {
            let latest = times.slot(at: limit - .microseconds(1)).key
            throw PartitionMistake(
                .unknown, "\(asset) has no partition '\(text)' yet: its latest is \(latest).", remedy: advice)
        }
        return span
    }

    private func unnamed(_ text: String, _ times: TimePartitions) -> PartitionMistake {
        if times.period == .hourly, let day = Day(String(text.prefix(10))),
            let hour = Int(text.dropFirst(11)),
            text.utf8.count == 13, (0..<24).contains(hour)
        {
            let pieces = times.pieces(ofWallHour: Int64(day.daysSinceEpoch * 24 + hour))
            let names = pieces.map { times.slot(at: $0.range.lowerBound).key.text }
            return PartitionMistake(
                .unknown,
                pieces.isEmpty
                    ? "\(asset) has no partition '\(text)': the clocks of \(times.zone.name) skipped that hour."
                    : "the clocks of \(times.zone.name) showed \(text) twice, so that '\(text)' is two partitions.",
                remedy: pieces.isEmpty ? advice : "Name one of them: \(names.joined(separator: ", ")).")
        }
        return PartitionMistake(
            .selection, "\(asset) has no partition '\(text)': it is partitioned \(scheme).", remedy: advice)
    }

    private func unreadable(_ why: String) -> PartitionMistake {
        PartitionMistake(
            .selection, "these are no partitions of \(asset): \(why). It is partitioned \(scheme).",
            remedy: advice)
    }

    /// What can be written instead, by example.
    private var advice: String {
        let value = scheme.keys?.all.first?.text
        guard let times = scheme.times else {
            return "Write, say, '\(value ?? "a key")', or 'all', or several with commas."
        }
        let limit = times.limit(at: now)
        let last = times.slot(at: limit - .microseconds(1))
        let suffix = scheme.keys == nil ? "" : "|\(value ?? "all")"
        let from = times.slot(-6, after: last).key
        return """
            Write, say, '\(last.key)\(suffix)', '\(from)..\(last.key)\(suffix)', 'latest:7' or 'all', or several \
            with commas.
            """
    }
}
