/// Partitions of one asset, as spans of time and keys: a million of them take no more room than one.
package struct PartitionSet: Hashable, Sendable {
    package let scheme: PartitionScheme
    /// Disjoint.
    let parts: [Part]

    /// Every partition in `spans` for each of `keys`.
    struct Part: Hashable, Sendable {
        /// In order, disjoint, of whole partitions; empty if the scheme has no time.
        let spans: [Range<Timestamp>]
        /// Empty if the scheme has no keys.
        let keys: [PartitionKey]

        init(spans: [Range<Timestamp>?], keys: [PartitionKey]) {
            self.spans = Part.merged(spans.compactMap { $0 })
            self.keys = keys
        }

        private static func merged(_ spans: [Range<Timestamp>]) -> [Range<Timestamp>] {
            var merged: [Range<Timestamp>] = []
            for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) where !span.isEmpty {
                if let last = merged.last, span.lowerBound <= last.upperBound {
                    merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
                } else {
                    merged.append(span)
                }
            }
            return merged
        }
    }

    /// Parts may overlap: what is in several of them is in the set once.
    init(_ scheme: PartitionScheme, _ parts: [Part]) {
        self.scheme = scheme
        guard parts.count > 1 else {
            self.parts = parts
            return
        }
        switch scheme {
        case .none: self.parts = []
        case .time: self.parts = [Part(spans: parts.flatMap(\.spans), keys: [])]
        case .keys(let keys):
            let chosen = Set(parts.flatMap(\.keys))
            let known = keys.all.filter(chosen.contains)
            let others = chosen.subtracting(known).sorted()
            self.parts = [Part(spans: [], keys: known + others)]
        case .product:
            // Keys with the same spans are one part again.
            var spans: [PartitionKey: [Range<Timestamp>]] = [:]
            var order: [PartitionKey] = []
            for part in parts {
                for key in part.keys {
                    if spans[key] == nil { order.append(key) }
                    spans[key, default: []] += part.spans
                }
            }
            var grouped: [(spans: [Range<Timestamp>], keys: [PartitionKey])] = []
            for key in order {
                let merged = Part(spans: spans[key] ?? [], keys: []).spans
                if let index = grouped.firstIndex(where: { $0.spans == merged }) {
                    grouped[index].keys.append(key)
                } else {
                    grouped.append((merged, [key]))
                }
            }
            self.parts = grouped.map { Part(spans: $0.spans, keys: $0.keys) }
        }
    }

    /// How many there are, without making them.
    package var count: Int {
        parts.reduce(0) { count, part in
            let times = scheme.times.map { times in part.spans.reduce(0) { $0 + times.count(in: $1) } } ?? 1
            return count + times * (scheme.keys == nil ? 1 : part.keys.count)
        }
    }

    package var isEmpty: Bool {
        parts.allSatisfy { part in
            scheme.times != nil && part.spans.isEmpty || scheme.keys != nil && part.keys.isEmpty
        }
    }

    package func contains(_ key: PartitionKey) -> Bool {
        guard let partition = scheme.partition(key) else { return false }
        return parts.contains { part in
            (partition.slot.map { slot in part.spans.contains { $0.contains(slot.window.lowerBound) } }
                ?? true)
                && (partition.value.map(part.keys.contains) ?? true)
        }
    }

    /// The partitions as they follow each other in time.
    package var oldestFirst: Keys { Keys(set: self, isNewestFirst: false) }
    package var newestFirst: Keys { Keys(set: self, isNewestFirst: true) }

    /// The keys one by one, made when they are asked for.
    package struct Keys: Sequence, Sendable {
        let set: PartitionSet
        let isNewestFirst: Bool

        package func makeIterator() -> Iterator { Iterator(set, newestFirst: isNewestFirst) }
    }

    package struct Iterator: IteratorProtocol {
        private let set: PartitionSet
        private let isNewestFirst: Bool
        private var part = 0
        private var walker: TimeWalker?
        private var time: PartitionKey?
        private var nextKey = 0

        init(_ set: PartitionSet, newestFirst: Bool) {
            self.set = set
            isNewestFirst = newestFirst
        }

        package mutating func next() -> PartitionKey? {
            while part < set.parts.count {
                let current = set.parts[part]
                if let times = set.scheme.times {
                    if walker == nil { walker = TimeWalker(times, current.spans, newestFirst: isNewestFirst) }
                    if time == nil { time = walker?.next()?.key }
                    if let time {
                        guard set.scheme.keys != nil else {
                            self.time = nil
                            return time
                        }
                        if nextKey < current.keys.count {
                            nextKey += 1
                            return PartitionScheme.key(time, current.keys[nextKey - 1])
                        }
                        self.time = nil
                        nextKey = 0
                        continue
                    }
                } else if nextKey < current.keys.count {
                    nextKey += 1
                    return current.keys[nextKey - 1]
                }
                part += 1
                walker = nil
                nextKey = 0
            }
            return nil
        }
    }
}
