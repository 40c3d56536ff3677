internal import DuckDB
internal import Blocking
internal import Extraction
package import LakeModel
internal import LakeSQL
internal import LakeStore
package import Metadata
internal import Project
internal import Transform

/// The partitions of an asset: which there are, and what is known of them.
package struct PartitionReport: Sendable {
    package let asset: AssetKey
    /// With its dynamic keys.
    package let scheme: PartitionScheme
    package let statuses: PartitionStatuses
    package let builds: [PartitionKey: PartitionBuild]
    /// Of each partition the newest step that failed, if there was one.
    package let failures: [PartitionKey: PartitionAttempt]

    /// Partitions that follow each other and are in the same status for the same reason.
    package struct Range: Hashable, Sendable {
        /// As written after `--partition`.
        package let selection: String
        package let kind: PartitionStatus.Kind
        package let count: Int
        package let reason: String?
        /// Of all of them together; `nil` if none is built.
        package let rows: Int64?
        /// The newest build.
        package let builtAt: Timestamp?
        /// The run that built or tried all of them; `nil` if there were several.
        package let run: RunID?
    }

    package func ranges(of set: PartitionSet) -> [Range] {
        PartitionSummary(set, reason: reason).parts.map { part in
            var (rows, builtAt): (Int64?, Timestamp?) = (nil, nil)
            var runs: Set<RunID> = []
            for key in part.keys {
                if let build = builds[key], part.kind == .built || part.kind == .stale {
                    rows = (rows ?? 0) + build.rows
                    builtAt = builtAt.map { max($0, build.builtAt) } ?? build.builtAt
                    if runs.count < 2 { runs.insert(build.run) }
                } else if let failure = failures[key], part.kind == .failed {
                    if runs.count < 2 { runs.insert(failure.step.run) }
                }
            }
            return Range(
                selection: part.selection, kind: part.kind, count: part.count, reason: part.reason,
                rows: rows, builtAt: builtAt, run: runs.count == 1 ? runs.first : nil)
        }
    }

    /// Why a partition is in its status.
    private func reason(_ key: PartitionKey) -> (PartitionStatus.Kind, String?) {
        switch statuses.status(of: key) {
        case .stale(_, let input, _): (.stale, "\(input) was built later")
        case .failed:
            (.failed, failures[key].flatMap(\.failure).map { "\($0.problem) [\($0.code)]" })
        case .running(let attempt): (.running, "run \(attempt.run)")
        case let other: (other.kind, nil)
        }
    }
}

extension Lake {
    /// What is known of each partition of `asset` that was ever built.
    ///
    /// The history tells it. If it was lost, the manifest does, which knows no time but that of the runs.
    package func partitionBuilds(of asset: AssetKey) async throws -> [PartitionKey: PartitionBuild] {
        let known = try await metadata.partitionBuilds(of: asset)
        guard known.isEmpty else { return known }
        return Dictionary(
            try await publishedPartitions(of: asset).map { file, key, published in
                (
                    key,
                    PartitionBuild(
                        asset: asset, partition: key, run: file.run.ofWriter, version: file.contentVersion,
                        rows: file.rows, builtAt: file.run.time ?? published)
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private func publishedPartitions(
        of asset: AssetKey
    ) async throws -> [(DataFile, PartitionKey, Timestamp)] {
        if case .bronze(let source, let table) = asset {
            guard let current = try await manifests.currentFiles(of: source, table) else { return [] }
            return current.files.compactMap { file in
                file.file.partition.map { (file.file, $0, current.newest.committedAt) }
            }
        }
        guard let manifest = try await manifests.manifest(of: asset)?.manifest else { return [] }
        return manifest.files.compactMap { file in file.partition.map { (file, $0, manifest.publishedAt) } }
    }

    /// Which partitions `asset` has, and the status of each.
    package func partitionStatuses(of asset: AssetKey, at now: Timestamp) async throws -> PartitionReport {
        let read = graph.models[asset]?.inputs ?? []
        let schemes = try await PartitionSchemes(of: read + [asset], in: self)
        let builds = try await partitionBuilds(of: asset)
        let attempts = try await attempts(of: asset, schemes[asset], at: now)
        var facts: [PartitionKey: PartitionFacts] = [:]
        facts.reserveCapacity(builds.count)
        for (key, build) in builds {
            facts[key] = PartitionFacts(
                build: .init(run: build.run, at: build.verifiedAt, rows: build.rows),
                attempt: attempts[key].map(\.fact))
        }
        for (key, attempt) in attempts where builds[key] == nil {
            facts[key] = PartitionFacts(attempt: attempt.fact)
        }
        var inputs: [PartitionStatuses.Input] = []
        let whole =
            read.contains { !schemes[$0].isPartitioned } ? try await metadata.latestMaterializations() : [:]
        for input in read {
            guard let relation = schemes.relation(of: asset, to: input) else { continue }
            if schemes[input].isPartitioned {
                let builds = try await partitionBuilds(of: input).mapValues(\.builtAt)
                inputs.append(.init(input, relation, builds: builds))
            } else {
                inputs.append(.init(input, relation, built: whole[input]?.finishedAt))
            }
        }
        return PartitionReport(
            asset: asset, scheme: schemes[asset],
            statuses: PartitionStatuses(schemes[asset], facts: facts, inputs: inputs, at: now),
            builds: builds, failures: attempts.filter { $0.value.failure != nil })
    }

    /// The newest attempt of each partition; one that runs is the newest.
    private func attempts(
        of asset: AssetKey, _ scheme: PartitionScheme, at now: Timestamp
    ) async throws -> [PartitionKey: PartitionAttempt] {
        var newest: [PartitionKey: PartitionAttempt] = [:]
        let steps = try await metadata.partitionAttempts(of: asset, limit: MetadataLimits.rowsPerQueryMax)
        let reading = PartitionSelection(of: asset, scheme, at: now, takesUnknownKeys: true)
        for attempt in steps {
            // Those of a table that was divided otherwise say nothing of this one.
            guard let keys = try? reading.read(attempt.partitions.selection) else { continue }
            for key in keys.oldestFirst {
                if let known = newest[key], known.state == .running || known.at >= attempt.at { continue }
                newest[key] = attempt
            }
        }
        return newest
    }

    /// The dynamic keys of an asset that are known: those that were built, those of its inputs, and those
    /// that are in its source now.
    func dynamicKeys(
        of asset: AssetKey, inputs: [PartitionKey], asksSource: Bool
    ) async throws -> [PartitionKey] {
        var keys = Set(inputs)
        for partition in try await partitionBuilds(of: asset).keys {
            if let value = graph.partitions.scheme(of: asset).partition(partition)?.value {
                keys.insert(value)
            }
        }
        guard asksSource, let table = graph.tables[asset] else { return keys.sorted() }
        do {
            keys.formUnion(
                try await BlockingPool.shared.run {
                    try SourceConnector(table.source).partitionKeys(of: table.definition)
                })
        } catch is SourceUnavailable where !keys.isEmpty {
            // The steps of the keys that are known will say that it cannot be read now.
        }
        return keys.sorted()
    }
}

extension PartitionAttempt {
    fileprivate var fact: PartitionFacts.Attempt {
        let state: PartitionFacts.Attempt.State =
            switch self.state {
            case .running: .running
            case .cancelled, .lost: .cancelled
            default: .failed
            }
        return PartitionFacts.Attempt(run: step.run, at: at, state: state)
    }
}
