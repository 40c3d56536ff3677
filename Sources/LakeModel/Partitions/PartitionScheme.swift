/// Into which partitions an asset is divided.
package enum PartitionScheme: Hashable, Sendable {
    case none
    case time(TimePartitions)
    case keys(KeyPartitions)
    /// Each partition of time for each key; named `2026-11-22|uk`.
    case product(TimePartitions, KeyPartitions)

    package var times: TimePartitions? {
        switch self {
        case .time(let times), .product(let times, _): times
        case .none, .keys: nil
        }
    }

    package var keys: KeyPartitions? {
        switch self {
        case .keys(let keys), .product(_, let keys): keys
        case .none, .time: nil
        }
    }

    package var isPartitioned: Bool { self != .none }
    /// Whether its keys must be looked up before they are known: see ``knowing(keys:)``.
    package var hasDynamicKeys: Bool { keys?.isDynamic == true }

    /// The same scheme when its dynamic keys are these.
    package func knowing(keys known: [PartitionKey]) -> PartitionScheme {
        switch self {
        case .none, .time: self
        case .keys(let keys): .keys(keys.knowing(known))
        case .product(let times, let keys): .product(times, keys.knowing(known))
        }
    }

    /// The same scheme from another day on.
    package func starting(on day: Day?) -> PartitionScheme {
        switch self {
        case .none, .keys: self
        case .time(let times): .time(times.starting(on: day))
        case .product(let times, let keys): .product(times.starting(on: day), keys)
        }
    }

    /// What `key` names, whether it exists or not; `nil` if it can never exist. Of dynamic keys any may.
    package func partition(_ key: PartitionKey) -> Partition? {
        switch self {
        case .none: return nil
        case .time(let times):
            return times.slot(key).map { Partition(key: key, slot: $0, value: nil) }
        case .keys(let keys):
            return keys.mayHave(key) ? Partition(key: key, slot: nil, value: key) : nil
        case .product(let times, let keys):
            let parts = key.text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let time = PartitionKey(String(parts[0])),
                let value = PartitionKey(String(parts[1])), let slot = times.slot(time), keys.mayHave(value)
            else { return nil }
            return Partition(key: key, slot: slot, value: value)
        }
    }

    /// The instants that a partition covers; `nil` for one of keys alone, or of no such name.
    package func window(of key: PartitionKey) -> Range<Timestamp>? { partition(key)?.slot?.window }

    /// The partition of time that `instant` lies in; `nil` of other schemes.
    package func key(at instant: Timestamp) -> PartitionKey? {
        guard case .time(let times) = self else { return nil }
        return times.slot(at: instant).key
    }

    /// The partition of time to which a time of the wall belongs; `nil` without partitions of time.
    package func key(atWall time: LocalTime) -> PartitionKey? { times?.slot(atWall: time).key }

    /// The neighbour in time; `nil` of other schemes. It need not exist.
    package func next(after key: PartitionKey) -> PartitionKey? {
        moved(key) { times, slot in times.next(after: slot) }
    }

    package func previous(before key: PartitionKey) -> PartitionKey? {
        moved(key) { times, slot in times.previous(before: slot) }
    }

    private func moved(_ key: PartitionKey, _ move: (TimePartitions, TimeSlot) -> TimeSlot) -> PartitionKey? {
        guard let times, let partition = partition(key), let slot = partition.slot else { return nil }
        return PartitionScheme.key(move(times, slot).key, partition.value)
    }

    /// All partitions that exist at `now`, without making them.
    ///
    /// Where it is not known when they begin there are none; see ``TimePartitions/span(at:)``.
    package func all(at now: Timestamp) -> PartitionSet {
        switch self {
        case .none: PartitionSet(self, [])
        case .keys(let keys): PartitionSet(self, [.init(spans: [], keys: keys.all)])
        case .time(let times): PartitionSet(self, [.init(spans: [times.span(at: now)], keys: [])])
        case .product(let times, let keys):
            PartitionSet(self, [.init(spans: [times.span(at: now)], keys: keys.all)])
        }
    }

    /// Whether the partition exists at `now`.
    package func has(_ key: PartitionKey, at now: Timestamp) -> Bool {
        guard let partition = partition(key) else { return false }
        if let value = partition.value, keys?.all.contains(value) != true { return false }
        guard let times, let slot = partition.slot else { return true }
        return slot.window.upperBound <= times.limit(at: now)
            && times.begin.map { $0 <= slot.window.lowerBound } ?? true
    }

    static func key(_ time: PartitionKey?, _ value: PartitionKey?) -> PartitionKey {
        switch (time, value) {
        case (let time?, let value?): PartitionKey(known: "\(time.text)|\(value.text)")
        case (let only?, nil), (nil, let only?): only
        case (nil, nil): preconditionFailure("A partition is of a time or of a key.")
        }
    }
}

/// What the name of a partition says.
package struct Partition: Hashable, Sendable {
    package let key: PartitionKey
    /// `nil` if the asset has no partitions of time.
    package let slot: TimeSlot?
    /// `nil` if it has no keys.
    package let value: PartitionKey?
}

/// Partitions that each hold the rows with one value.
package struct KeyPartitions: Hashable, Sendable {
    /// In the order in which they were declared or became known.
    package let all: [PartitionKey]
    /// Whether the list is not declared, but grows as keys are added.
    package let isDynamic: Bool

    package init(fixed keys: [PartitionKey]) {
        all = keys
        isDynamic = false
    }

    private init(dynamic keys: [PartitionKey]) {
        all = keys
        isDynamic = true
    }

    /// Keys that are found out elsewhere.
    package static let dynamic = KeyPartitions(dynamic: [])

    func knowing(_ keys: [PartitionKey]) -> KeyPartitions {
        isDynamic ? KeyPartitions(dynamic: keys) : self
    }

    /// The key of this text; `nil` if a partition cannot be called that: selections give `all`, `latest`, `|`
    /// and `..` a meaning.
    package static func key(_ text: String) -> PartitionKey? {
        guard let key = PartitionKey(text), !text.contains("|"), text != "all", text != "latest",
            !text.hasPrefix("latest:")
        else { return nil }
        return key
    }

    func mayHave(_ key: PartitionKey) -> Bool {
        isDynamic ? KeyPartitions.key(key.text) != nil : all.contains(key)
    }
}

extension PartitionScheme {
    /// The scheme without where it begins and ends, and without its keys: what decides on which partition a
    /// row is in.
    package var rule: String {
        let time = times.map { times in
            TimePartitions(times.period, zone: times.zone).description
        }
        return [time, keys == nil ? nil : "by keys"].compactMap { $0 }.joined(separator: " and ")
    }
}

extension PartitionScheme: CustomStringConvertible {
    /// `by day (Europe/London, from 2022-05-01) and by the keys uk, ie`.
    package var description: String {
        switch self {
        case .none: "not partitioned"
        case .time(let times): times.description
        case .keys(let keys): keys.description
        case .product(let times, let keys): "\(times) and \(keys)"
        }
    }
}

extension TimePartitions: CustomStringConvertible {
    package var description: String {
        var details = [zone.name]
        if case .weekly(let first) = period, first != .monday {
            details.append("weeks from \(first.rawValue)")
        }
        if let start { details.append("from \(start)") }
        if let end { details.append("before \(end)") }
        return "by \(period.unit) (\(details.joined(separator: ", ")))"
    }
}

extension KeyPartitions: CustomStringConvertible {
    package var description: String {
        let names = all.prefix(12).map(\.text).joined(separator: ", ") + (all.count > 12 ? ", …" : "")
        if isDynamic { return all.isEmpty ? "by keys that are found out" : "by keys, now \(names)" }
        return "by the keys \(names)"
    }
}
