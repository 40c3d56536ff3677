/// What is known of one partition: its last good build, and the last attempt whatever came of it.
package struct PartitionFacts: Hashable, Sendable {
    package let build: Build?
    package let attempt: Attempt?

    package init(build: Build? = nil, attempt: Attempt? = nil) {
        self.build = build
        self.attempt = attempt
    }

    package struct Build: Hashable, Sendable {
        package let run: RunID
        package let at: Timestamp
        package let rows: Int64

        package init(run: RunID, at: Timestamp, rows: Int64) {
            self.run = run
            self.at = at
            self.rows = rows
        }
    }

    package struct Attempt: Hashable, Sendable {
        package let run: RunID
        package let at: Timestamp
        package let state: State

        package enum State: String, Hashable, Sendable { case running, failed, cancelled }

        package init(run: RunID, at: Timestamp, state: State) {
            self.run = run
            self.at = at
            self.state = state
        }
    }
}

package enum PartitionStatus: Hashable, Sendable {
    /// Never built; cancelling an attempt leaves it so.
    case missing
    case built(PartitionFacts.Build)
    /// Never built, and the last attempt failed. What was built once stays built: its rows are there.
    case failed(PartitionFacts.Attempt)
    case running(PartitionFacts.Attempt)
    /// Built before a partition of an input that it is made from.
    case stale(PartitionFacts.Build, because: AssetKey, PartitionKey?)

    package var kind: Kind {
        switch self {
        case .missing: .missing
        case .built: .built
        case .failed: .failed
        case .running: .running
        case .stale: .stale
        }
    }

    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case missing, built, failed, running, stale
    }
}

/// Finds the status of each partition of an asset from what is known of it and of its inputs.
package struct PartitionStatuses: Sendable {
    private let scheme: PartitionScheme
    private let facts: [PartitionKey: PartitionFacts]
    private let inputs: [Input]
    private let now: Timestamp

    /// An input with the builds of its partitions.
    package struct Input: Sendable {
        let asset: AssetKey
        let relation: PartitionRelation
        let builds: [PartitionKey: Timestamp]
        /// When an input without partitions was built.
        let built: Timestamp?
        let isIdentity: Bool
        /// The newest of all.
        let newest: (key: PartitionKey?, at: Timestamp)?

        /// - Parameters:
        ///   - builds: When each of its partitions was built last.
        ///   - built: When it was, if it has none.
        package init(
            _ asset: AssetKey, _ relation: PartitionRelation, builds: [PartitionKey: Timestamp] = [:],
            built: Timestamp? = nil
        ) {
            self.asset = asset
            self.relation = relation
            self.builds = builds
            self.built = built
            isIdentity = relation.isIdentity
            let last = builds.max { ($0.value, $0.key) < ($1.value, $1.key) }
            newest = last.map { ($0.key, $0.value) } ?? built.map { (nil, $0) }
        }
    }

    /// - Parameters:
    ///   - scheme: With its dynamic keys.
    ///   - facts: Of partitions that do not exist any more they do not count.
    package init(
        _ scheme: PartitionScheme, facts: [PartitionKey: PartitionFacts], inputs: [Input] = [],
        at now: Timestamp
    ) {
        self.scheme = scheme
        self.facts = facts
        self.inputs = inputs
        self.now = now
    }

    package func status(of key: PartitionKey) -> PartitionStatus {
        let known = facts[key]
        if let attempt = known?.attempt, attempt.state == .running { return .running(attempt) }
        guard let build = known?.build else {
            if let attempt = known?.attempt, attempt.state == .failed { return .failed(attempt) }
            return .missing
        }
        for input in inputs {
            // Most often nothing is newer at all, and no partition needs to be looked up.
            guard let newest = input.newest, newest.at > build.at else { continue }
            guard input.relation.upstream.isPartitioned else {
                return .stale(build, because: input.asset, nil)
            }
            if input.isIdentity {
                guard let at = input.builds[key], at > build.at else { continue }
                return .stale(build, because: input.asset, key)
            }
            guard let needs = input.relation.upstream(of: key, at: now) else { continue }
            if let newestKey = newest.key, needs.partitions.contains(newestKey) {
                return .stale(build, because: input.asset, newestKey)
            }
            if let newer = newer(than: build.at, among: needs.partitions, of: input) {
                return .stale(build, because: input.asset, newer)
            }
        }
        return .built(build)
    }

    private func newer(
        than built: Timestamp, among needs: PartitionSet, of input: Input
    ) -> PartitionKey? {
        // Whichever is shorter to go through.
        if needs.count <= input.builds.count {
            return needs.newestFirst.first { input.builds[$0].map { $0 > built } ?? false }
        }
        return input.builds.filter { $0.value > built && needs.contains($0.key) }.keys.max()
    }

    /// What the partitions of `set` are, in ranges.
    package func summary(of set: PartitionSet) -> PartitionSummary {
        PartitionSummary(set, kind: { status(of: $0).kind })
    }

    /// The same of all partitions that exist.
    package var summary: PartitionSummary { summary(of: scheme.all(at: now)) }
}

/// How many partitions are in which status, and which, in ranges:
/// `2026-01-01..2026-03-31 built, 2026-04-01 failed`.
package struct PartitionSummary: Hashable, Sendable, CustomStringConvertible {
    package let parts: [Part]

    package struct Part: Hashable, Sendable, CustomStringConvertible {
        /// As it is written after `--partition`.
        package let selection: String
        package let kind: PartitionStatus.Kind
        package let count: Int
        package var description: String { "\(selection) \(kind.rawValue)" }
    }

    init(_ set: PartitionSet, kind: (PartitionKey) -> PartitionStatus.Kind) {
        guard set.scheme.times != nil else {
            parts = PartitionSummary.ofKeys(Array(set.oldestFirst), kind)
            return
        }
        var parts: [Part] = []
        for part in set.parts {
            // Each key has a history of its own.
            for value in set.scheme.keys == nil ? [nil] : part.keys.map(Optional.some) {
                parts += PartitionSummary.ofTime(set, part.spans, value, kind)
            }
        }
        self.parts = parts
    }

    private static func ofTime(
        _ set: PartitionSet, _ spans: [Range<Timestamp>], _ value: PartitionKey?,
        _ kind: (PartitionKey) -> PartitionStatus.Kind
    ) -> [Part] {
        guard let times = set.scheme.times else { return [] }
        var parts: [Part] = []
        var open: (first: PartitionKey, last: TimeSlot, kind: PartitionStatus.Kind, count: Int)?
        func close() {
            guard let run = open else { return }
            let range = run.count == 1 ? run.first.text : "\(run.first)..\(run.last.key)"
            parts.append(
                Part(
                    selection: range + (value.map { "|\($0)" } ?? ""), kind: run.kind, count: run.count))
        }
        var walker = TimeWalker(times, spans, newestFirst: false)
        while let slot = walker.next() {
            let found = kind(PartitionScheme.key(slot.key, value))
            if let run = open, run.kind == found, run.last.window.upperBound == slot.window.lowerBound {
                open = (run.first, slot, found, run.count + 1)
            } else {
                close()
                open = (slot.key, slot, found, 1)
            }
        }
        close()
        return parts
    }

    private static func ofKeys(
        _ keys: [PartitionKey], _ kind: (PartitionKey) -> PartitionStatus.Kind
    ) -> [Part] {
        let kinds = keys.map(kind)
        return PartitionStatus.Kind.allCases.compactMap { wanted in
            let found = zip(keys, kinds).filter { $0.1 == wanted }.map(\.0.text)
            guard !found.isEmpty else { return nil }
            return Part(selection: found.joined(separator: ","), kind: wanted, count: found.count)
        }
    }

    package var counts: [PartitionStatus.Kind: Int] {
        parts.reduce(into: [:]) { $0[$1.kind, default: 0] += $1.count }
    }

    package var description: String { parts.map(\.description).joined(separator: ", ") }
}
