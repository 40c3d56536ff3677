internal import Blocking
internal import DuckDB
internal import Extraction
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Quality
internal import Project
internal import Transform

/// Steps of partitioned assets.
extension LakeSteps {
    /// Builds those of the step's partitions that must be built, all together.
    func executePartitions(
        _ lease: StepLease, _ began: ContinuousClock.Instant
    ) async throws -> StepWork {
        let asset = lease.step.asset
        let keys = try await partitions(of: lease)
        let decisions = try await decisions(for: asset, keys, lease.claim.settings)
        var reasons: [BuildReason] = []
        var (wanted, unchanged): ([PartitionKey], [PartitionKey]) = ([], [])
        var wait: (key: PartitionKey, for: PartitionWait)?
        for key in keys {
            switch decisions(key) {
            case .build(let why):
                wanted.append(key)
                reasons += why.filter { !reasons.contains($0) }
            case .unchanged: unchanged.append(key)
            case .wait(let what): wait = wait ?? (key, what)
            }
        }
        if let wait, lease.claim.partitions?.areNamed != false {
            throw MissingPartitions(asset: asset, partition: wait.key, wait: wait.for)
        }
        guard !wanted.isEmpty else {
            if wait != nil { await noteEmpty(asset) }
            return skipped(lease, decisions, unchanged, wait?.for, began)
        }
        observer.observe(.stepStarted(asset, reasons, watch: lease.watch), of: lease.step)
        return try await build(lease, began, unchanged: verified(unchanged, decisions)) {
            try await build(wanted, decisions, lease)
        }
    }

    private func partitions(of lease: StepLease) async throws -> [PartitionKey] {
        let asset = lease.step.asset
        let scheme = lake.graph.partitions.scheme(of: asset)
        guard let written = lease.claim.partitionSelection else {
            throw StepWithoutPartitions(asset: asset, scheme: scheme)
        }
        return Array(
            try PartitionSelection(of: asset, scheme, at: Lake.now(), takesUnknownKeys: true).read(written)
                .oldestFirst)
    }

    private func decisions(
        for asset: AssetKey, _ keys: [PartitionKey], _ settings: RunSettings
    ) async throws -> PartitionDecisions {
        if let table = lake.graph.tables[asset] {
            return try await PartitionDecisions(
                table, asset, keys, in: lake, fingerprints: fingerprints,
                isForced: settings.isForced || settings.isFullRefresh)
        }
        guard let model = lake.graph.models[asset] else { throw MissingInput(asset: asset, input: asset) }
        let states = try await lake.states(of: model.inputs, history: model.historyInputs)
        let schemes = try await PartitionSchemes(of: [asset] + model.inputs, in: lake)
        for input in model.inputs where states[input] == nil && !schemes[input].isPartitioned {
            throw MissingInput(asset: asset, input: input)
        }
        return try await PartitionDecisions(
            model, schemes, inputs: model.inputs.compactMap { states[$0] }, in: lake, at: Lake.now(),
            isForced: settings.isForced)
    }

    private func skipped(
        _ lease: StepLease, _ decisions: PartitionDecisions, _ unchanged: [PartitionKey],
        _ wait: PartitionWait?, _ began: ContinuousClock.Instant
    ) -> StepWork {
        let runs = unchanged.compactMap { decisions.files[$0]?.run.ofWriter }
        let reason: SkipReason =
            wait.map { .waiting($0) } ?? .unchanged(since: runs.max() ?? lease.step.run)
        let outcome = StepOutcome.skipped(reason)
        var work = StepWork(
            outcome: outcome,
            end: StepEnd(outcome: outcome, elapsed: .now - began, partitions: lease.watch.partitions))
        guard wait == nil else { return work }
        work.changes = [
            .verified([
                Verification(asset: lease.step.asset, run: lease.step.run, verifiedAt: Lake.now())
            ]),
            .partitionsBuilt(verified(unchanged, decisions)),
        ]
        return work
    }

    /// They are what a build would give, now.
    private func verified(
        _ keys: [PartitionKey], _ decisions: PartitionDecisions
    ) -> [PartitionBuild] {
        let now = Lake.now()
        return keys.compactMap { key in
            guard let file = decisions.files[key] else { return nil }
            return PartitionBuild(
                asset: decisions.asset, partition: key, run: file.run.ofWriter, version: file.contentVersion,
                fingerprint: decisions.fingerprint, rows: file.rows, builtAt: file.run.time ?? now,
                verifiedAt: now)
        }
    }

    // MARK: Building

    private func build(
        _ keys: [PartitionKey], _ decisions: PartitionDecisions, _ lease: StepLease
    ) async throws -> BuiltStep {
        try Task.checkCancellation()
        if let table = lake.graph.tables[lease.step.asset] {
            return try await extract(keys, table, lease)
        }
        guard let model = lake.graph.models[lease.step.asset] else {
            throw MissingInput(asset: lease.step.asset, input: lease.step.asset)
        }
        for input in model.inputs where !decisions.inputs.contains(where: { $0.key == input }) {
            throw MissingInput(asset: lease.step.asset, input: input)
        }
        let (inputs, relations, followed) = (decisions.inputs, decisions.relations, decisions.followed)
        let samples = try await CheckSamples(of: model, lease.writer, in: lake.store)
        let audit = try await audit(of: model, samples)
        let manifest = try await samples.kept {
            try await withEngine(model, lease) { session in
                try await ModelBuild(
                    model, inputs: inputs, session: session, store: lake.store, now: Lake.now
                ).run(
                    keys, relations: relations, followed: followed, lease.writer, epoch: lease.attempt.epoch,
                    watch: lease.watch.watch, confirmLease: lease.confirm, audit: audit(session))
            }
        }
        return .partitions(BuiltPartition.all(keys, in: manifest.files), of: .published(manifest))
    }

    private func extract(
        _ keys: [PartitionKey], _ table: LakeGraph.Table, _ lease: StepLease
    ) async throws -> BuiltStep {
        let extraction = try await extraction(of: table, lease)
        switch try await extraction.run(
            keys, lease.writer, epoch: lease.attempt.epoch, progress: lease.watch.extraction,
            confirmLease: lease.confirm)
        {
        case .committed(let manifest, let ledger):
            let step = try await committed(manifest, ledger, table, extraction.asset)
            return .partitions(BuiltPartition.all(keys, in: manifest.files), of: step)
        case .paused(let pause, _, _):
            if try await lake.state(of: extraction.asset) == nil { await noteEmpty(extraction.asset) }
            return .paused(after: nil, reason: pause.inWords)
        case .noNewRows: return .noNewRows
        }
    }
}

/// A partition that somebody named cannot be made yet.
struct MissingPartitions: Diagnostic {
    let asset: AssetKey
    let partition: PartitionKey
    let wait: PartitionWait

    var code: String { "run.missing-partitions" }
    var problem: String { "\(asset) of \(partition) is not built: \(wait)." }
    var remedy: String {
        wait.first == nil
            ? "Build it when they are over."
            : "Build them first, or with it: tarn run +\(asset) --partition \(partition)"
    }
}

/// A step of a run that was planned when the asset had no partitions.
struct StepWithoutPartitions: Diagnostic {
    let asset: AssetKey
    let scheme: PartitionScheme

    var code: String { "run.without-partitions" }
    var problem: String { "This step names no partitions, and \(asset) is now partitioned \(scheme)." }
    var remedy: String { "Begin a new run: tarn run \(asset)" }
}
