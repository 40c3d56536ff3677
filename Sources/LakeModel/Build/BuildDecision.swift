/// Whether an asset must be built now, and why.
package enum BuildDecision: Hashable, Sendable {
    case build([BuildReason])
    /// Nothing that it depends on has changed.
    case skip(SkipReason)

    /// Decides for a silver or gold table.
    ///
    /// - Parameters:
    ///   - current: The manifest that is published, if there is one.
    ///   - code: The digest of the model's code as it is now.
    ///   - engine: The engine that would build it.
    ///   - inputs: The versions of what it reads as they are now; `nil` for an input that will be built
    ///     before it in the same run, so that its version is not known yet.
    package static func forModel(
        current: TableManifest?, code: String, engine: String, inputs: [AssetKey: String?], isForced: Bool
    ) -> BuildDecision {
        guard let current else { return .build([.neverBuilt]) }
        var reasons: [BuildReason] = []
        if current.codeHash != code { reasons.append(.codeChanged) }
        if current.engine != engine { reasons.append(.engineChanged(from: current.engine, to: engine)) }
        let before = Dictionary(
            current.inputs.map { ($0.asset, $0.version) }, uniquingKeysWith: { first, _ in first })
        for (asset, version) in inputs.sorted(by: { $0.key < $1.key }) {
            if let version {
                if before[asset] != version { reasons.append(.inputChanged(asset)) }
            } else {
                reasons.append(.inputMayChange(asset))
            }
        }
        // Inputs that are no longer read show in the code's digest.
        if reasons.isEmpty, isForced { reasons.append(.forced) }
        return reasons.isEmpty ? .skip(.unchanged(since: current.run)) : .build(reasons)
    }

    /// Decides for a bronze table before its source is asked for rows.
    ///
    /// - Parameters:
    ///   - current: The newest manifest, if there is one.
    ///   - key: As declared; empty leaves the key to the source, so that it is not compared.
    ///   - isConfirmed: Whether the source was asked for new rows at this fingerprint and had none.
    ///   - fingerprint: The source's as it is now; `nil` if it cannot tell whether it changed.
    package static func forTable(
        current: BronzeManifest?, isConfirmed: Bool = false, mode: ExtractionMode, key: [String],
        cursor: String?, fingerprint: String?,
        isForced: Bool
    ) -> BuildDecision {
        guard let current else { return .build([.neverBuilt]) }
        var reasons: [BuildReason] = []
        if current.mode != mode || current.cursor != cursor || !key.isEmpty && current.key != key {
            reasons.append(.codeChanged)
        }
        if let fingerprint {
            if current.origin.fingerprint != fingerprint, !isConfirmed { reasons.append(.sourceChanged) }
        } else {
            reasons.append(.sourceMayHaveChanged)
        }
        if reasons.isEmpty, isForced { reasons.append(.forced) }
        return reasons.isEmpty ? .skip(.unchanged(since: current.run)) : .build(reasons)
    }
}

/// Why an asset must be built.
package enum BuildReason: Hashable, Sendable, CustomStringConvertible {
    case neverBuilt
    case codeChanged
    case engineChanged(from: String, to: String)
    case inputChanged(AssetKey)
    case inputMayChange(AssetKey)
    case sourceChanged
    case sourceMayHaveChanged
    /// Of a partition: one of the two, and the manifest does not say which.
    case definitionOrInputChanged
    case forced
    /// Nothing is built: it is compared with its source.
    case comparison
    /// Nothing is built: what was becomes visible together.
    case publication(String)

    package var description: String {
        switch self {
        case .neverBuilt: "it was never built"
        case .codeChanged: "its definition changed"
        case .engineChanged(let old, let new): "the engine changed from \(old) to \(new)"
        case .inputChanged(let asset): "\(asset) changed"
        case .inputMayChange(let asset): "\(asset) is built before it"
        case .sourceChanged: "the source changed"
        case .sourceMayHaveChanged: "the source cannot say whether it changed"
        case .definitionOrInputChanged: "its definition or what it is made from changed"
        case .forced: "--force"
        case .comparison: "it is compared with its source"
        case .publication(let group): "the tables of the group '\(group)' become visible"
        }
    }
}

/// Why an asset was not built.
package enum SkipReason: Hashable, Sendable, CustomStringConvertible {
    /// Everything that it is a function of is as it was for `run`.
    case unchanged(since: RunID)
    /// The source was read from the watermark on and had nothing new.
    case noNewRows
    /// A table that it reads has no rows yet, because its source may not be read at this time.
    case notYet(AssetKey)
    /// Of partitions: some that they are made from are not there.
    case waiting(PartitionWait)
    /// There is no partition of it to be built.
    case noPartition

    package var description: String {
        switch self {
        case .unchanged(let run): "unchanged since run \(run)"
        case .noNewRows: "no new rows at the source"
        case .notYet(let input): "\(input) has not been read yet"
        case .waiting(let wait): wait.description
        case .noPartition: "there is no partition to build"
        }
    }
}
