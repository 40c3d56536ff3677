/// Which partitions of an input one partition of an asset is made from.
package struct PartitionMapping: Hashable, Sendable {
    package let times: Times
    package let keys: Keys

    package init(times: Times = .overlapping, keys: Keys = .same) {
        self.times = times
        self.keys = keys
    }

    /// Equal schemes: the partition of the same name. Others: those whose time overlaps, with the same key.
    package static let standard = PartitionMapping()
    package static let all = PartitionMapping(times: .all, keys: .all)

    /// Whether a partition would be wrong without one of those that it is made from: a month without one of
    /// its days. Windows over the past and the whole of an input are as long as what there is.
    package var isComplete: Bool { times == .overlapping }

    package enum Times: Hashable, Sendable {
        /// Those whose windows share an instant with the partition's own.
        case overlapping
        case all
        /// So many, the newest of which is the last that overlaps.
        case last(Int)
        /// From so many before the first that overlaps to so many after the last; both may be negative.
        case offsets(from: Int, through: Int)
    }

    package enum Keys: Hashable, Sendable {
        case same
        case all
        /// For each key the input's keys; one that is not listed has none.
        case table([PartitionKey: [PartitionKey]])
    }
}

/// A mapping between two assets whose schemes allow it.
package struct PartitionRelation: Sendable {
    package let downstream: PartitionScheme
    package let upstream: PartitionScheme
    package let mapping: PartitionMapping

    /// - Parameters:
    ///   - mapping: `nil` if none was declared.
    ///   - asset, input: For the message.
    /// - Throws: if the schemes cannot be mapped like this.
    package init(
        of asset: AssetKey, _ downstream: PartitionScheme, to input: AssetKey, _ upstream: PartitionScheme,
        _ mapping: PartitionMapping?, at place: Place? = nil
    ) throws(PartitionMistake) {
        self.downstream = downstream
        self.upstream = upstream
        self.mapping = mapping ?? (downstream.isPartitioned ? .standard : .all)
        if let reason = refusal(isDeclared: mapping != nil) {
            throw PartitionMistake(
                .mapping,
                """
                the partitions of \(asset) cannot be mapped to those of its input \(input): \(reason). \
                \(asset) is partitioned \(downstream), \(input) \(upstream).
                """, at: place,
                remedy: """
                    Write 'inputs: { \(input): { map: all } }' if each partition needs all of \(input), or give \
                    both the same 'partitions:'.
                    """)
        }
    }

    private init(
        _ downstream: PartitionScheme, _ upstream: PartitionScheme, _ mapping: PartitionMapping
    ) {
        self.downstream = downstream
        self.upstream = upstream
        self.mapping = mapping
    }

    /// The same when dynamic keys are these.
    package func knowing(
        downstreamKeys: [PartitionKey] = [], upstreamKeys: [PartitionKey] = []
    ) -> PartitionRelation {
        PartitionRelation(
            downstream.knowing(keys: downstreamKeys), upstream.knowing(keys: upstreamKeys), mapping)
    }

    private func refusal(isDeclared: Bool) -> String? {
        guard upstream.isPartitioned, downstream.isPartitioned else {
            return isDeclared && !upstream.isPartitioned && mapping != .all
                ? "the input has no partitions" : nil
        }
        if upstream.times == nil {
            switch mapping.times {
            case .last, .offsets: return "the input has no partitions of time"
            case .all, .overlapping: break
            }
        } else if downstream.times == nil {
            switch mapping.times {
            case .overlapping: return "the asset has no partitions of time"
            case .offsets: return "offsets count from a time, and the asset has none"
            case .all, .last: break
            }
        }
        if case .offsets(let from, let through) = mapping.times, from > through {
            return "the offsets \(from) to \(through) end before they begin"
        }
        return refusalOfKeys()
    }

    private func refusalOfKeys() -> String? {
        guard let above = upstream.keys else {
            if case .table = mapping.keys { return "the input has no partitions of keys" }
            return nil
        }
        guard let below = downstream.keys else {
            // Of two dimensions that only the input has, all are meant; of one, somebody must say so.
            if case .table = mapping.keys { return "the asset has no partitions of keys" }
            return mapping.keys == .same && upstream.times == nil ? "only the input has keys" : nil
        }
        switch mapping.keys {
        case .all: return nil
        case .same:
            guard !below.isDynamic, !above.isDynamic else { return nil }
            let missing = below.all.filter { !above.all.contains($0) }
            return missing.isEmpty
                ? nil : "the input has no key \(missing.map { "'\($0)'" }.joined(separator: ", "))"
        case .table(let table):
            if !below.isDynamic, let wrong = table.keys.sorted().first(where: { !below.all.contains($0) }) {
                return "the asset has no key '\(wrong)', which the mapping names"
            }
            let named = Set(table.values.joined()).sorted()
            if !above.isDynamic, let wrong = named.first(where: { !above.all.contains($0) }) {
                return "the input has no key '\(wrong)', which the mapping names"
            }
            return nil
        }
    }

    /// Whether each partition is made from the one of the same name.
    var isIdentity: Bool { downstream == upstream && mapping == .standard }

    /// What a partition needs of the input.
    package struct Needs: Hashable, Sendable {
        /// What exists of it.
        package let partitions: PartitionSet
        /// Whether time that it needs lies in partitions of the input that are not over yet.
        package let isEarly: Bool
    }

    /// The input's partitions that `key` is made from; `nil` if the input has no partitions or `key` is none.
    ///
    /// - Parameter key: `nil` is an asset without partitions.
    package func upstream(of key: PartitionKey?, at now: Timestamp) -> Needs? {
        guard upstream.isPartitioned else { return nil }
        var own: Partition?
        if let key {
            guard let found = downstream.partition(key) else { return nil }
            own = found
        }
        var spans: [Range<Timestamp>?] = []
        var isEarly = false
        if let times = upstream.times {
            let limit = times.limit(at: now)
            let ever = times.end.map { times.zone.start(of: $0) } ?? .distantFuture
            let wanted = span(of: own?.slot, in: times, limit).cut(at: ever)
            // A partition that is not over itself is made from what there is.
            let isOver = own?.slot.map { $0.window.upperBound <= now } ?? false
            isEarly = wanted.upperBound > limit && (isOver || wanted.lowerBound >= limit)
            spans = [wanted.clamped(to: existing(times, limit))]
        }
        let set = PartitionSet(upstream, [.init(spans: spans, keys: keys(of: own?.value))])
        return Needs(partitions: set, isEarly: isEarly)
    }

    /// The asset's partitions that exist and are made from `key` of the input; `nil` if the asset has no
    /// partitions or `key` is none.
    package func downstream(of key: PartitionKey, at now: Timestamp) -> PartitionSet? {
        guard downstream.isPartitioned, let above = upstream.partition(key) else { return nil }
        var spans: [Range<Timestamp>?] = []
        if let times = downstream.times {
            let limit = times.limit(at: now)
            let begin = times.begin ?? limit
            let fed = above.slot.flatMap { fedSpan(by: $0) } ?? begin..<max(begin, limit)
            spans = [times.whole(fed).clamped(to: existing(times, limit))]
        }
        return PartitionSet(downstream, [.init(spans: spans, keys: keys(fedBy: above.value))])
    }

    // MARK: Time

    private func existing(_ times: TimePartitions, _ limit: Timestamp) -> Range<Timestamp> {
        let begin = times.begin ?? .distantPast
        return begin..<max(begin, limit)
    }

    /// The span of the input's partitions that `slot` needs, whether they exist or not.
    private func span(
        of slot: TimeSlot?, in times: TimePartitions, _ limit: Timestamp
    ) -> Range<Timestamp> {
        // Where nobody knows when they begin, nobody can name all.
        let begin = times.begin ?? limit
        let all = begin..<max(begin, limit)
        switch (mapping.times, slot) {
        case (.all, _): return all
        case (.last(let count), nil):
            guard !all.isEmpty else { return all }
            let last = times.slot(at: limit - .microseconds(1))
            return times.slot(1 - count, after: last).window.lowerBound..<limit
        case (.overlapping, nil), (.offsets, nil): return all
        case (.overlapping, let slot?): return times.whole(slot.window)
        case (.last(let count), let slot?):
            let last = times.slot(at: slot.window.upperBound - .microseconds(1))
            return times.slot(1 - count, after: last).window.lowerBound..<last.window.upperBound
        case (.offsets(let from, let through), let slot?):
            let first = times.slot(at: slot.window.lowerBound)
            let last = times.slot(at: slot.window.upperBound - .microseconds(1))
            let begin = times.slot(from, after: first).window.lowerBound
            return begin..<max(begin, times.slot(through, after: last).window.upperBound)
        }
    }

    /// The instants whose partitions of the asset need the input's `slot`; `nil` is all.
    private func fedSpan(by slot: TimeSlot) -> Range<Timestamp>? {
        guard let times = upstream.times, let below = downstream.times else { return nil }
        switch mapping.times {
        case .all: return nil
        case .overlapping: return slot.window
        case .last(let count):
            // Those whose last instant lies in this partition or one of the next ones.
            let end = times.slot(count - 1, after: slot).window.upperBound
            return ending(from: slot.window.lowerBound, before: end, in: below)
        case .offsets(let from, let through):
            let first = times.slot(-through, after: slot).window.lowerBound
            return first..<max(first, times.slot(-from, after: slot).window.upperBound)
        }
    }

    /// The span of the partitions that end after `begin` and not after `end`.
    private func ending(
        from begin: Timestamp, before end: Timestamp, in times: TimePartitions
    ) -> Range<Timestamp> {
        let first = times.slot(at: begin).window.lowerBound
        let last = times.slot(at: end)
        return first..<max(first, last.window.lowerBound)
    }

    // MARK: Keys

    private func keys(of value: PartitionKey?) -> [PartitionKey] {
        guard let above = upstream.keys else { return [] }
        switch (mapping.keys, value) {
        case (.all, _), (_, nil): return above.all
        case (.same, let value?): return above.all.contains(value) ? [value] : []
        case (.table(let table), let value?):
            let named = Set(table[value] ?? [])
            return above.all.filter(named.contains)
        }
    }

    private func keys(fedBy value: PartitionKey?) -> [PartitionKey] {
        guard let below = downstream.keys else { return [] }
        switch (mapping.keys, value) {
        case (.all, _), (_, nil): return below.all
        case (.same, let value?): return below.all.contains(value) ? [value] : []
        case (.table(let table), let value?):
            return below.all.filter { table[$0]?.contains(value) == true }
        }
    }
}

extension Timestamp {
    /// 0001-01-01 and 10000-01-01, between which all days of the calendar are.
    fileprivate static let distantPast = Timestamp(microseconds: -62_135_596_800_000_000)
    fileprivate static let distantFuture = Timestamp(microseconds: 253_402_300_800_000_000)
}

extension Range<Timestamp> {
    fileprivate func cut(at end: Timestamp) -> Range<Timestamp> {
        Swift.min(lowerBound, end)..<Swift.min(upperBound, end)
    }
}
