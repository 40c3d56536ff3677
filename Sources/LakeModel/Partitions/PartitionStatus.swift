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
        /// Why, if that was asked for.
        package let reason: String?
        package let keys: [PartitionKey]
        package var count: Int { keys.count }
        package var description: String { "\(selection) \(kind.rawValue)" }
    }

    init(_ set: PartitionSet, kind: (PartitionKey) -> PartitionStatus.Kind) {
        self.init(set, reason: { (kind($0), nil) })
    }

    /// Those of another reason are apart.
    package init(_ set: PartitionSet, reason: (PartitionKey) -> (PartitionStatus.Kind, String?)) {
        guard set.scheme.times != nil else {
            parts = PartitionSummary.ofKeys(Array(set.oldestFirst), reason)
            return
        }
        var parts: [Part] = []
        for part in set.parts {
            // Each key has a history of its own.
            for value in set.scheme.keys == nil ? [nil] : part.keys.map(Optional.some) {
                parts += PartitionSummary.ofTime(set, part.spans, value, reason)
            }
        }
        self.parts = parts
    }

    private static func ofTime(
        _ set: PartitionSet, _ spans: [Range<Timestamp>], _ value: PartitionKey?,
        _ reason: (PartitionKey) -> (PartitionStatus.Kind, String?)
    ) -> [Part] {
        guard let times = set.scheme.times else { return [] }
        var parts: [Part] = []
        var open: (first: TimeSlot, last: TimeSlot, why: (PartitionStatus.Kind, String?))?
        var keys: [PartitionKey] = []
        func close() {
            guard let run = open else { return }
            let range = keys.count == 1 ? run.first.key.text : "\(run.first.key)..\(run.last.key)"
            parts.append(
                Part(
                    selection: range + (value.map { "|\($0)" } ?? ""), kind: run.why.0, reason: run.why.1,
                    keys: keys))
            keys = []
        }
        var walker = TimeWalker(times, spans, newestFirst: false)
        while let slot = walker.next() {
            let key = PartitionScheme.key(slot.key, value)
            let why = reason(key)
            if let run = open, run.why == why, run.last.window.upperBound == slot.window.lowerBound {
                open = (run.first, slot, why)
            } else {
                close()
                open = (slot, slot, why)
            }
            keys.append(key)
        }
        close()
        return parts
    }

    private static func ofKeys(
        _ keys: [PartitionKey], _ reason: (PartitionKey) -> (PartitionStatus.Kind, String?)
    ) -> [Part] {
        let whys = keys.map(reason)
        return PartitionStatus.Kind.allCases.flatMap { wanted -> [Part] in
            let found = zip(keys, whys).filter { $0.1.0 == wanted }
            var order: [String?] = []
            for (_, why) in found where !order.contains(why.1) { order.append(why.1) }
            return order.map { text in
                let keys = found.filter { $0.1.1 == text }.map(\.0)
                return Part(
                    selection: keys.map(\.text).joined(separator: ","), kind: wanted, reason: text,
                    keys: keys)
            }
        }
    }

    package var counts: [PartitionStatus.Kind: Int] {
        parts.reduce(into: [:]) { $0[$1.kind, default: 0] += $1.count }
    }

    package var description: String { parts.map(\.description).joined(separator: ", ") }
}
