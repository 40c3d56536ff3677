internal import Blocking
internal import Extraction
package import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Project
internal import Synchronization
package import Transform

/// What a run would do with each selected asset, and why. Making it changes nothing.
package struct RunPlan: Sendable {
    package let selection: Selection
    /// In building order.
    package let steps: [Step]

    package struct Step: Sendable {
        package let asset: AssetKey
        /// As written after `--partition`; `nil` of an asset without partitions.
        package let partitions: String?
        /// How many partitions; 0 of an asset without partitions, and if none is to be built.
        package let count: Int
        package let decision: BuildDecision
        /// What is published now.
        package let publishedBy: RunID?

        init(_ asset: AssetKey, _ decision: BuildDecision, publishedBy: RunID?, of set: PartitionSet? = nil) {
            self.asset = asset
            self.decision = decision
            self.publishedBy = publishedBy
            partitions = set?.selection
            count = set?.count ?? 0
        }
    }

    package var builds: Int {
        steps.count { if case .build = $0.decision { true } else { false } }
    }

    /// - Throws: ``SelectionMistake``, ``PartitionMistake``; what the store throws.
    package static func make(_ scope: RunScope, of lake: Lake, at now: Timestamp) async throws -> RunPlan {
        let selected = try lake.graph.resolve(scope.selection)
        let order = lake.graph.assets.order.filter(selected.contains)
        let chosen = try await ScopePartitions(scope.partitions, of: order, in: lake, at: now)
        let needed = Set(order).union(order.flatMap { lake.graph.assets.inputs(of: $0) })
        let published = try await lake.manifests.manifests(of: needed.filter { $0.layer != .bronze })
        let existing = needed.filter { $0.layer == .bronze || published[$0] != nil }
        let states = try await lake.states(of: existing.sorted(), visible: published)
        let fingerprints = SourceFingerprints()
        let isForced = scope.settings.isForced
        // Of an asset without partitions the empty set.
        var willBuild: [AssetKey: Set<PartitionKey>] = [:]
        var steps: [Step] = []
        for key in order {
            let publishedBy = states[key]?.run
            if let set = chosen.sets[key] {
                let decided = try await lake.decisions(
                    for: key, set, chosen, states: states, fingerprints: fingerprints, willBuild: willBuild,
                    at: now, isForced: isForced)
                if !decided.building.isEmpty { willBuild[key] = decided.building }
                steps += decided.steps.map { Step(key, $0.decision, publishedBy: publishedBy, of: $0.set) }
                continue
            }
            let decision: BuildDecision
            if let table = lake.graph.tables[key] {
                decision = try await lake.decision(
                    for: table, key, fingerprints: fingerprints, isForced: isForced)
            } else if let model = lake.graph.models[key] {
                let states =
                    model.historyInputs.isEmpty
                    ? states : try await lake.states(of: model.inputs, history: model.historyInputs)
                let versions = model.inputs.map { ($0, willBuild[$0] != nil ? nil : states[$0]?.version) }
                decision = .forModel(
                    current: published[key], code: model.codeHash,
                    engine: ModelBuild.engine,
                    inputs: Dictionary(versions, uniquingKeysWith: { first, _ in first }),
                    isForced: isForced)
            } else {
                continue
            }
            if case .build = decision { willBuild[key] = [] }
            steps.append(Step(key, decision, publishedBy: publishedBy))
        }
        return RunPlan(selection: scope.selection, steps: steps)
    }
}

extension Lake {
    /// What would be done with the partitions of `set`: those of one decision together.
    fileprivate func decisions(
        for asset: AssetKey, _ set: PartitionSet, _ chosen: ScopePartitions,
        states: [AssetKey: AssetState], fingerprints: SourceFingerprints,
        willBuild: [AssetKey: Set<PartitionKey>], at now: Timestamp, isForced: Bool
    ) async throws -> (
        steps: [(set: PartitionSet, decision: BuildDecision)], building: Set<PartitionKey>
    ) {
        guard !set.isEmpty else { return ([(set, .skip(.noPartition))], []) }
        let decide: PartitionDecisions
        if let table = graph.tables[asset] {
            decide = try await PartitionDecisions(
                table, asset, Array(set.oldestFirst), in: self, fingerprints: fingerprints,
                isForced: isForced)
        } else if let model = graph.models[asset] {
            decide = try await PartitionDecisions(
                model, chosen.schemes, inputs: model.inputs.compactMap { states[$0] }, in: self, at: now,
                willBuild: willBuild, isForced: isForced)
        } else {
            return ([], [])
        }
        var grouped: [BuildDecision: [PartitionKey]] = [:]
        var order: [BuildDecision] = []
        var building: Set<PartitionKey> = []
        for key in set.oldestFirst {
            let decision = decide.buildDecision(key)
            if case .build = decision { building.insert(key) }
            if grouped[decision] == nil { order.append(decision) }
            grouped[decision, default: []].append(key)
        }
        return (
            order.map { (PartitionSet(set.scheme, keys: grouped[$0] ?? []), $0) }, building
        )
    }
}

extension LakeGraph {
    /// The assets that `selection` means. A term that names something excluded is refused with its reason.
    package func resolve(_ selection: Selection) throws -> Set<AssetKey> {
        do {
            return try selection.resolve(in: assets)
        } catch {
            for exclusion in definition.exclusions + definition.sources.flatMap(\.exclusions) {
                if exclusion.covers(term: error.term) {
                    throw ExcludedSelection(term: error.term, exclusion: exclusion)
                }
            }
            throw error
        }
    }
}

extension Exclusion {
    /// Whether a term of a selection, such as `source:v4_warehouse` or `bronze_v4_api.customer`, names what
    /// is excluded here.
    func covers(term: String) -> Bool {
        let name = term.split(separator: ":").last.map(String.init) ?? term
        let bare = String(name.filter { $0 != "+" })
        switch subject {
        case .views: return false
        case .source(let pattern):
            let schema = bare.split(separator: ".").first.map(String.init) ?? bare
            return pattern.matches(bare) || pattern.matches(schema)
                || schema.hasPrefix("bronze_") && pattern.matches(String(schema.dropFirst(7)))
        case .table(let pattern):
            let table = bare.split(separator: ".").last.map(String.init) ?? bare
            return pattern.matches(table)
        }
    }
}

/// A selection that names what is deliberately not in the lake.
struct ExcludedSelection: Diagnostic {
    let term: String
    let exclusion: Exclusion

    var code: String { "selection.excluded" }
    var problem: String { "'\(term)' is excluded from this lake: \(exclusion.reason)" }
    var remedy: String { "Select something else, or take the exclusion out (\(exclusion.place))." }
}

/// The fingerprint of each source, taken once; and for which fingerprints tables were found to have nothing
/// new.
package final class SourceFingerprints: Sendable {
    private let known = Mutex<[SourceName: String?]>([:])
    private let confirmations = Mutex<[AssetKey: String]?>(nil)

    package init() {}

    /// `nil` if the source cannot tell whether it changed, or cannot be asked; the extraction will say why.
    func fingerprint(of source: SourceDefinition) async -> String? {
        if let known = known.withLock({ $0[source.name] }) { return known }
        let fingerprint = try? await BlockingPool.shared.run { try SourceConnector(source).fingerprint() }
        known.withLock { $0[source.name] = .some(fingerprint) }
        return fingerprint
    }
}

extension SourceFingerprints {
    /// Whether a run has read the table from its watermark on, at this fingerprint, and found nothing that
    /// the manifest of `run` does not have.
    func isConfirmed(
        _ asset: AssetKey, at fingerprint: String, since run: RunID, in lake: Lake
    ) async throws -> Bool {
        if let known = confirmations.withLock({ $0 }) { return known[asset] == "\(run) \(fingerprint)" }
        let known = try await lake.confirmations()
        confirmations.withLock { $0 = known }
        return known[asset] == "\(run) \(fingerprint)"
    }
}

extension Lake {
    private static let confirmed = FactNamespace("source-unchanged-1")

    func newestManifest(of table: LakeGraph.Table) async throws -> BronzeManifest? {
        try await manifests.currentFiles(of: table.source.name, table.definition.name)?.newest
    }

    func confirmations() async throws -> [AssetKey: String] {
        let facts = try await metadata.facts(Lake.confirmed, keys: graph.tables.keys.map(\.description))
        return Dictionary(
            uniqueKeysWithValues: facts.compactMap { key, value in AssetKey(key).map { ($0, value) } })
    }

    /// Remembers that the source has nothing new for `asset` until its fingerprint changes.
    func confirm(_ asset: AssetKey, at fingerprint: String, since run: RunID) async throws {
        try await metadata.storeFacts(
            Lake.confirmed, [asset.description: "\(run) \(fingerprint)"], at: Lake.now())
    }

    func decision(
        for table: LakeGraph.Table, _ key: AssetKey, fingerprints: SourceFingerprints, isForced: Bool
    ) async throws -> BuildDecision {
        let current = try await newestManifest(of: table)
        // A source that was never read need not be asked.
        let fingerprint = current == nil ? nil : await fingerprints.fingerprint(of: table.source)
        let isConfirmed =
            if let current, let fingerprint {
                try await fingerprints.isConfirmed(key, at: fingerprint, since: current.run, in: self)
            } else {
                false
            }
        return .forTable(
            current: current, isConfirmed: isConfirmed, mode: table.definition.mode,
            key: table.definition.key,
            cursor: table.definition.cursor,
            fingerprint: fingerprint, isForced: isForced)
    }
}
