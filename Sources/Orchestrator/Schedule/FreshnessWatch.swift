internal import LakeModel
internal import Metadata
internal import Transform

/// What is known of tables whose age matters, read at once for all of them.
struct FreshnessWatch {
    private let lake: Lake
    private let materializations: [AssetKey: Materialization]
    private let verifications: [AssetKey: Verification]

    init(_ lake: Lake) async throws {
        self.lake = lake
        materializations = try await lake.metadata.latestMaterializations()
        verifications = try await lake.metadata.latestVerifications()
    }

    func facts(of asset: AssetKey, watchedSince: Timestamp, attemptedAt: Timestamp?) async throws
        -> FreshnessFacts
    {
        let open = try await lake.metadata.runs(
            RunFilter(states: [.queued, .running], asset: asset, limit: 1))
        return FreshnessFacts(
            newest: newest(of: asset), watchedSince: watchedSince, expected: expected(of: asset),
            attemptedAt: attemptedAt, isUnderWay: !open.isEmpty)
    }

    /// When it was last built, or found to be what it would be built as.
    func newest(of asset: AssetKey) -> Timestamp? {
        [materializations[asset]?.finishedAt, verifications[asset]?.verifiedAt].compactMap { $0 }.max()
    }

    /// How long its last build took with the slowest chain of all that it is made from.
    private func expected(of asset: AssetKey) -> Duration? {
        var longest: [AssetKey: Duration] = [:]
        let needed = lake.graph.assets.upstream(of: [asset]).union([asset])
        for key in lake.graph.assets.order where needed.contains(key) {
            let before = lake.graph.assets.inputs(of: key).compactMap { longest[$0] }.max() ?? .zero
            let own = materializations[key].map { $0.finishedAt - $0.startedAt } ?? .zero
            longest[key] = before + own
        }
        return materializations[asset] == nil ? nil : longest[asset]
    }
}
