extension PartitionScheme {
    /// The partitions that `choice` means at `now`, of those that exist.
    ///
    /// Keys alone have no newest: all of them are meant.
    /// - Parameter isBuilt: Whether a partition was ever built.
    package func chosen(
        by choice: TriggeredWork.PartitionChoice, at now: Timestamp, isBuilt: (PartitionKey) -> Bool
    ) -> PartitionSet {
        let all = all(at: now)
        switch choice {
        case .missing: return PartitionSet(self, keys: all.oldestFirst.filter { !isBuilt($0) })
        case .newestComplete(let count):
            guard let times else { return all }
            return within(newest(count, of: times, at: now))
        case .current:
            guard let times else { return all }
            return within(times.slot(at: now).window)
                .intersection(limit: times.limit(at: now), begin: times.begin)
        }
    }

    /// The span of the newest that are over, as far as they exist.
    private func newest(_ count: Int, of times: TimePartitions, at now: Timestamp) -> Range<Timestamp>? {
        let end = min(times.limit(at: now), times.slot(at: now).window.lowerBound)
        let begin = times.begin ?? Timestamp(microseconds: .min)
        guard begin < end else { return nil }
        let last = times.slot(at: end - .microseconds(1))
        var first = last
        for _ in 1..<max(count, 1) where first.window.lowerBound > begin {
            first = times.previous(before: first)
        }
        return max(first.window.lowerBound, begin)..<end
    }

    private func within(_ span: Range<Timestamp>?) -> PartitionSet {
        PartitionSet(self, [.init(spans: [span], keys: keys?.all ?? [])])
    }
}

extension PartitionSet {
    /// What of it exists: begins with `begin` and ends by `limit`.
    fileprivate func intersection(limit: Timestamp, begin: Timestamp?) -> PartitionSet {
        PartitionSet(
            scheme,
            parts.map { part in
                Part(
                    spans: part.spans.filter { span in
                        span.upperBound <= limit && begin.map { $0 <= span.lowerBound } ?? true
                    }, keys: part.keys)
            })
    }
}
