internal import LakeModel
internal import Metadata
internal import Transform

/// Which partitions of each selected asset a run builds.
struct ScopePartitions: Sendable {
    /// Of each selected asset that is partitioned; an empty set if nothing is to be built of it.
    private(set) var sets: [AssetKey: PartitionSet] = [:]
    /// Those whose partitions somebody named, which do not only follow from others.
    private(set) var named: Set<AssetKey> = []
    private let lake: Lake
    private let now: Timestamp
    let schemes: PartitionSchemes

    /// - Parameter order: The selected assets in building order.
    /// - Throws: ``PartitionMistake``.
    init(
        _ partitions: RunScope.Partitions, of order: [AssetKey], isForced: Bool = false, in lake: Lake,
        at now: Timestamp
    ) async throws {
        self.lake = lake
        self.now = now
        schemes = try await PartitionSchemes(of: order, in: lake, asksSources: true)
        let partitioned = order.filter { schemes[$0].isPartitioned }
        switch partitions {
        case .chosen(let choice): try await choose(choice, partitioned)
        case .each(let written):
            for asset in partitioned {
                sets[asset] = try read(written[asset] ?? "", asset)
                named.insert(asset)
            }
        case .written(let text, let builtSince):
            try readOrMap(text, partitioned, order)
            if let builtSince { try await leaveOutBuilt(since: builtSince, isForced: isForced) }
        }
    }

    func scheme(of asset: AssetKey) -> PartitionScheme { schemes[asset] }
    func relation(of asset: AssetKey, to input: AssetKey) -> PartitionRelation? {
        schemes.relation(of: asset, to: input)
    }

    private mutating func choose(
        _ choice: TriggeredWork.PartitionChoice, _ partitioned: [AssetKey]
    ) async throws {
        for asset in partitioned {
            var built: Set<PartitionKey> = []
            if choice == .missing { built = Set(try await lake.partitionBuilds(of: asset).keys) }
            let known = built
            if case .newestComplete = choice, lake.graph.models[asset]?.followsChanges == true {
                // Those are built of which something changed, and they need not be the newest.
                sets[asset] = schemes[asset].all(at: now)
                continue
            }
            sets[asset] = schemes[asset].chosen(by: choice, at: now) { known.contains($0) }
        }
    }

    /// - Parameter takesUnknownKeys: A dynamic key becomes known by being named.
    private func read(
        _ text: String, _ asset: AssetKey, takesUnknownKeys: Bool = true
    ) throws(PartitionMistake) -> PartitionSet {
        guard !text.isEmpty else { return PartitionSet(schemes[asset], keys: []) }
        return try PartitionSelection(
            of: asset, schemes[asset], at: now, takesUnknownKeys: takesUnknownKeys
        ).read(text)
    }

    // MARK: Written

    /// Each asset that understands `text` builds those; others what is made from them, or what they are made
    /// from.
    private mutating func readOrMap(
        _ text: String, _ partitioned: [AssetKey], _ order: [AssetKey]
    ) throws {
        var first: PartitionMistake?
        // What somebody knows is no new key of another.
        for takesUnknownKeys in [false, true] where named.isEmpty {
            for asset in partitioned {
                do throws(PartitionMistake) {
                    sets[asset] = try read(text, asset, takesUnknownKeys: takesUnknownKeys)
                    named.insert(asset)
                } catch {
                    // What nobody understands is a mistake for the first who was asked.
                    first = first ?? error
                }
            }
        }
        guard !named.isEmpty else { throw first ?? NoPartitions(selection: order).mistake }
        for asset in partitioned where sets[asset] == nil { sets[asset] = fed(asset) }
        for asset in partitioned.reversed() where sets[asset] == nil { sets[asset] = feeding(asset) }
        guard let strange = partitioned.first(where: { sets[$0] == nil }) else { return }
        throw PartitionMistake.unrelated(text, strange, schemes[strange])
    }

    /// What is made from the chosen partitions of its inputs; `nil` if it has none of them.
    private func fed(_ asset: AssetKey) -> PartitionSet? {
        var fed: [PartitionSet]?
        for input in lake.graph.assets.inputs(of: asset).sorted() {
            guard let chosen = sets[input], let relation = relation(of: asset, to: input) else { continue }
            fed = (fed ?? []) + chosen.oldestFirst.compactMap { relation.downstream(of: $0, at: now) }
        }
        return fed.map { PartitionSet(schemes[asset], unionOf: $0) }
    }

    /// What the chosen partitions of its readers are made from.
    private func feeding(_ asset: AssetKey) -> PartitionSet? {
        var needed: [PartitionSet]?
        for reader in lake.graph.assets.readers(of: asset).sorted() {
            guard let chosen = sets[reader], let relation = relation(of: reader, to: asset) else { continue }
            needed =
                (needed ?? [])
                + chosen.oldestFirst.compactMap { relation.upstream(of: $0, at: now)?.partitions }
        }
        return needed.map { PartitionSet(schemes[asset], unionOf: $0) }
    }

    /// Only of those that were named: what follows from them may have to be built again and again.
    private mutating func leaveOutBuilt(since: Timestamp, isForced: Bool) async throws {
        for asset in named.sorted() {
            guard let set = sets[asset] else { continue }
            let keys = Array(set.oldestFirst)
            let builds = try await lake.metadata.partitionBuilds(of: asset, among: keys)
            sets[asset] = PartitionSet(
                set.scheme,
                keys: keys.filter { key in
                    builds[key].map { (isForced ? $0.builtAt : $0.verifiedAt) < since } ?? true
                })
        }
    }
}

/// The schemes of assets, with the dynamic keys that are known.
struct PartitionSchemes: Sendable {
    private var schemes: [AssetKey: PartitionScheme] = [:]
    private let partitions: LakePartitions

    /// - Parameters:
    ///   - assets: Each after its inputs.
    ///   - asksSources: Whether sources are asked which keys there are now.
    init(of assets: [AssetKey], in lake: Lake, asksSources: Bool = false) async throws {
        partitions = lake.graph.partitions
        for asset in assets {
            let scheme = partitions.scheme(of: asset)
            guard scheme.isPartitioned else { continue }
            schemes[asset] = scheme
            guard scheme.hasDynamicKeys else { continue }
            let above = lake.graph.assets.inputs(of: asset).compactMap { schemes[$0] }
                .filter(\.hasDynamicKeys).flatMap { $0.keys?.all ?? [] }
            schemes[asset] = scheme.knowing(
                keys: try await lake.dynamicKeys(of: asset, inputs: above, asksSource: asksSources))
        }
    }

    subscript(asset: AssetKey) -> PartitionScheme { schemes[asset] ?? partitions.scheme(of: asset) }

    /// With the dynamic keys of both.
    func relation(of asset: AssetKey, to input: AssetKey) -> PartitionRelation? {
        partitions.relation(of: asset, to: input)?.knowing(
            downstreamKeys: self[asset].keys?.all ?? [], upstreamKeys: self[input].keys?.all ?? [])
    }
}

/// A selection without a partitioned asset, of which partitions were named.
private struct NoPartitions {
    let selection: [AssetKey]

    var mistake: PartitionMistake {
        selection.count == 1
            ? .unpartitioned("\(selection[0]) has no partitions.")
            : .unpartitioned("None of the \(selection.count) selected assets has partitions.")
    }
}
