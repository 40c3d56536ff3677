extension PartitionSet {
    /// Exactly these; what is no partition of `scheme` is left out.
    package init(_ scheme: PartitionScheme, keys: some Sequence<PartitionKey>) {
        var spans: [PartitionKey?: [Range<Timestamp>]] = [:]
        var order: [PartitionKey?] = []
        for key in keys {
            guard let partition = scheme.partition(key) else { continue }
            if spans[partition.value] == nil { order.append(partition.value) }
            spans[partition.value, default: []] += partition.slot.map { [$0.window] } ?? []
        }
        self.init(
            scheme,
            order.map { value in
                Part(spans: spans[value] ?? [], keys: value.map { [$0] } ?? [])
            })
    }

    /// What is in any of `sets`.
    package init(_ scheme: PartitionScheme, unionOf sets: some Sequence<PartitionSet>) {
        self.init(scheme, sets.flatMap(\.parts))
    }

    /// As it is written after `--partition`: `2026-11-01..2026-11-10,2026-11-12`.
    ///
    /// Keys of a time are written one by one, as their partitions may be others.
    package var selection: String {
        guard let times = scheme.times else {
            return parts.flatMap(\.keys).map(\.text).joined(separator: ",")
        }
        return parts.flatMap { part -> [String] in
            let values: [PartitionKey?] = scheme.keys == nil ? [nil] : part.keys
            return part.spans.flatMap { span in
                let first = times.slot(at: span.lowerBound).key
                let last = times.slot(at: span.upperBound - .microseconds(1)).key
                let range = first == last ? first.text : "\(first)..\(last)"
                return values.map { value in value.map { "\(range)|\($0)" } ?? range }
            }
        }.joined(separator: ",")
    }

    /// From the first to the last of partitions that follow each other, for each key by itself.
    package var ranges: [(first: PartitionKey, last: PartitionKey)] {
        guard let times = scheme.times else { return parts.flatMap(\.keys).map { ($0, $0) } }
        return parts.flatMap { part in
            part.spans.flatMap { span in
                let first = times.slot(at: span.lowerBound).key
                let last = times.slot(at: span.upperBound - .microseconds(1)).key
                let values: [PartitionKey?] = scheme.keys == nil ? [nil] : part.keys
                return values.map { (PartitionScheme.key(first, $0), PartitionScheme.key(last, $0)) }
            }
        }
    }

    /// In groups of at most `size`, as they follow each other.
    package func groups(of size: Int, newestFirst: Bool = false) -> [PartitionGroup] {
        precondition(size > 0, "A group has partitions.")
        var groups: [PartitionGroup] = []
        var open: [PartitionKey] = []
        for key in newestFirst ? self.newestFirst : oldestFirst {
            open.append(key)
            if open.count == size {
                groups.append(PartitionGroup(scheme, open))
                open = []
            }
        }
        if !open.isEmpty { groups.append(PartitionGroup(scheme, open)) }
        return groups
    }

    /// The group of a number, of those that ``groups(of:newestFirst:)`` gives; `nil` beyond the last.
    package func group(_ number: Int, of size: Int, newestFirst: Bool) -> PartitionGroup? {
        var seen = 0
        var keys: [PartitionKey] = []
        let (begin, end) = (number * size, (number + 1) * size)
        for key in newestFirst ? self.newestFirst : oldestFirst {
            if seen >= begin { keys.append(key) }
            seen += 1
            if seen == end { break }
        }
        return keys.isEmpty ? nil : PartitionGroup(scheme, keys)
    }
}

/// A few partitions that are built together.
package struct PartitionGroup: Hashable, Sendable {
    /// At least one.
    package let keys: [PartitionKey]
    /// As it is written after `--partition`.
    package let selection: String

    init(_ scheme: PartitionScheme, _ keys: [PartitionKey]) {
        self.keys = keys
        selection = PartitionSet(scheme, keys: keys).selection
    }
}
