internal import Blocking
internal import DuckDB
internal import Extraction
internal import LakeModel
internal import LakeSQL
internal import LakeStore
internal import Metadata
internal import Project
internal import Quality
internal import Synchronization
internal import Transform

/// Carries out steps: decides whether there is anything to do, does it, and says what is to be recorded.
struct LakeSteps: StepExecutor {
    let lake: Lake
    let options: RunOptions
    let observer: any RunObserver
    let fingerprints = SourceFingerprints()
    /// Assets without any rows yet that were not built because it is not their time.
    private let empty = EmptyAssets()

    init(lake: Lake, options: RunOptions, observer: any RunObserver) {
        self.lake = lake
        self.options = options
        self.observer = observer
    }

    func execute(_ lease: StepLease) async -> StepWork {
        let began = ContinuousClock.now
        let asset = lease.step.asset
        do {
            switch lease.step.task {
            case .build: break
            case .reconcile: return try await reconcile(lease, began)
            case .publish: return try await publishGroup(lease, began)
            }
            if lake.graph.partitions.scheme(of: asset).isPartitioned || lease.claim.partitions != nil {
                return try await executePartitions(lease, began)
            }
            switch try await decision(for: asset, lease.claim.settings) {
            case .skip(let reason):
                let outcome = StepOutcome.skipped(reason)
                var work = StepWork(
                    outcome: outcome, end: StepEnd(outcome: outcome, elapsed: .now - began))
                // One that has nothing to work on yet proves nothing of what is published.
                if case .notYet = reason { return work }
                work.changes = [
                    .verified([Verification(asset: asset, run: lease.step.run, verifiedAt: Lake.now())])
                ]
                return work
            case .build(let reasons):
                observer.observe(.stepStarted(asset, reasons, watch: lease.watch), of: lease.step)
                return try await build(lease, began) { try await build(lease) }
            }
        } catch {
            return failed(lease, error, began)
        }
    }

    func delay(after attempt: Int, _ category: FailureCategory) -> Duration? {
        options.retry.delay(after: attempt, category, random: .random(in: 0...1))
    }

    func timeout(of step: StepID) -> Duration? { lake.timeout(of: step.asset) }

    private func failed(
        _ lease: StepLease, _ error: any Error, _ began: ContinuousClock.Instant
    ) -> StepWork {
        var outcome = StepOutcome(error, asset: lease.step.asset)
        var retryAt: Timestamp?
        if case .failed(let failure) = outcome,
            let delay = delay(after: lease.attempt.number, failure.category)
        {
            outcome = .retrying(failure)
            retryAt = Lake.now() + delay
        }
        return StepWork(
            outcome: outcome, retryAt: retryAt,
            end: StepEnd(outcome: outcome, elapsed: .now - began, partitions: lease.watch.partitions))
    }

    /// Shuts out whoever held the asset before, and builds.
    /// - Parameter unchanged: Partitions of the step that are what a build would give.
    func build(
        _ lease: StepLease, _ began: ContinuousClock.Instant, unchanged: [PartitionBuild] = [],
        _ build: () async throws -> BuiltStep
    ) async throws -> StepWork {
        let startedAt = Lake.now()
        try await shutOutOthers(lease)
        let built = try await build()
        let outcome = built.outcome
        var changes = changes(of: built, lease, startedAt: startedAt)
        let partitions =
            unchanged + built.partitionBuilds(of: lease.step.asset, lease.step.run, at: Lake.now())
        if !partitions.isEmpty { changes.append(.partitionsBuilt(partitions)) }
        return StepWork(
            outcome: outcome, changes: changes,
            end: StepEnd(
                outcome: outcome, elapsed: .now - began, partitions: lease.watch.partitions,
                bytesRead: built.bytesRead, remarks: built.remarks + lease.remarks, notes: built.notes))
    }

    /// Keeps whoever held the asset before from publishing it.
    func shutOutOthers(_ lease: StepLease) async throws {
        if let published = try await publishedEpoch(of: lease.step.asset), published >= lease.attempt.epoch {
            // The history is younger than the lake.
            lease.raise(to: try await lake.metadata.raise(lease.attempt, beyond: published))
        }
        if lease.claim.mustFence {
            try await lake.manifests.fence(
                lease.step.asset, at: lease.attempt.epoch, by: lease.writer, on: lake.store.today())
        }
    }

    private func decision(for asset: AssetKey, _ settings: RunSettings) async throws -> BuildDecision {
        if let table = lake.graph.tables[asset] {
            if settings.isFullRefresh { return .build([.forced]) }
            return try await lake.decision(
                for: table, asset, fingerprints: fingerprints, isForced: settings.isForced)
        }
        guard let model = lake.graph.models[asset] else { throw MissingInput(asset: asset, input: asset) }
        let states = try await lake.states(of: model.inputs, history: model.historyInputs)
        for input in model.inputs where states[input] == nil {
            guard empty.contains(input) else { throw MissingInput(asset: asset, input: input) }
            empty.insert(asset)
            return .skip(.notYet(input))
        }
        return .forModel(
            current: try await lake.manifests.manifest(of: asset)?.manifest, code: model.codeHash,
            engine: ModelBuild.engine, inputs: states.mapValues { $0.version }, isForced: settings.isForced)
    }

    private func publishedEpoch(of asset: AssetKey) async throws -> LeaseEpoch? {
        if case .bronze(let source, let table) = asset {
            return try await lake.manifests.currentFiles(of: source, table)?.newest.epoch
        }
        return try await lake.manifests.manifest(of: asset)?.manifest.epoch
    }

    private func build(_ lease: StepLease) async throws -> BuiltStep {
        try Task.checkCancellation()
        let asset = lease.step.asset
        if let table = lake.graph.tables[asset] { return try await extract(table, lease) }
        guard let model = lake.graph.models[asset] else { throw MissingInput(asset: asset, input: asset) }
        let states = try await lake.states(of: model.inputs, history: model.historyInputs)
        let inputs = try model.inputs.map { input in
            guard let state = states[input] else { throw MissingInput(asset: asset, input: input) }
            return state
        }
        let samples = try await CheckSamples(of: model, lease.writer, in: lake.store)
        let audit = try await audit(of: model, samples)
        let manifest = try await samples.kept {
            try await withEngine(model, lease) { session in
                try await ModelBuild(
                    model, inputs: inputs, session: session, store: lake.store,
                    isWhole: lease.claim.settings.isForced, now: Lake.now
                ).run(
                    lease.writer, epoch: lease.attempt.epoch, watch: lease.watch.watch,
                    confirmLease: lease.confirm, audit: audit(session))
            }
        }
        return .published(manifest)
    }

    /// What runs the checks of a model on staged rows, in the session in which it is built.
    func audit(
        of model: LakeGraph.Model, _ samples: CheckSamples
    ) async throws -> @Sendable (LakeSession) -> ModelBuild.Auditor {
        let asset = model.definition.key
        let auditStates = try await lake.states(of: model.auditInputs)
        for input in model.auditInputs where auditStates[input] == nil {
            throw MissingInput(asset: asset, input: input)
        }
        try await lake.store.prepare(Array(auditStates.values))
        let (checks, sets) = (model.definition.checks, lake.keySets)
        return { session in
            { connection, scope in
                try session.define(Array(auditStates.values), on: connection)
                let audit = Audit(
                    of: asset, table: scope.relation, file: scope.file, whole: scope.whole,
                    changedBy: scope.changedBy, sets: sets, checks: checks)
                let results = try audit.run(on: connection)
                return audit.keepingSamples(of: results, on: connection) { samples.place(of: $0.name) }
            }
        }
    }

    /// Remembers that a table has no rows yet because it is not their time.
    func noteEmpty(_ asset: AssetKey) async {
        // What cannot be found out is found out by whoever reads it.
        if (try? await lake.state(of: asset)) == .some(.none) { empty.insert(asset) }
    }

    func extraction(of table: LakeGraph.Table, _ lease: StepLease) async throws -> TableExtraction {
        let database = try await BlockingPool.shared.run { try lake.extractionDatabase() }
        return TableExtraction(
            source: table.source, table: table.definition,
            exclusions: lake.definition.exclusions + table.source.exclusions, store: lake.store,
            database: database, feed: lake.feed, slots: lake.slots(of: table.source), now: Lake.now,
            zone: lake.definition.zone, isFullRefresh: lease.claim.settings.isFullRefresh,
            acceptsSchemaChange: lease.claim.settings.acceptsSchemaChange)
    }

    private func extract(_ table: LakeGraph.Table, _ lease: StepLease) async throws -> BuiltStep {
        let extraction = try await extraction(of: table, lease)
        switch try await extraction.run(
            lease.writer, epoch: lease.attempt.epoch, progress: lease.watch.extraction,
            confirmLease: lease.confirm)
        {
        case .noNewRows(let fingerprint):
            if let fingerprint, let newest = try await lake.newestManifest(of: table)?.run {
                try await lake.confirm(extraction.asset, at: fingerprint, since: newest)
            }
            return .noNewRows
        case .committed(let manifest, let ledger):
            return try await committed(manifest, ledger, table, extraction.asset)
        case .paused(let pause, nil, _):
            if try await lake.state(of: extraction.asset) == nil { empty.insert(extraction.asset) }
            return .paused(after: nil, reason: pause.inWords)
        case .paused(let pause, let manifest?, let ledger):
            return .paused(
                after: try await committed(manifest, ledger, table, extraction.asset), reason: pause.inWords)
        }
    }

    func committed(
        _ manifest: BronzeManifest, _ ledger: ExtractionLedger, _ table: LakeGraph.Table, _ asset: AssetKey
    ) async throws -> BuiltStep {
        guard let state = try await lake.state(of: asset) else {
            throw MissingInput(asset: asset, input: asset)
        }
        return .committed(
            manifest, ledger, version: state.version,
            warnings: table.definition.warnings(on: ledger.conversions))
    }

    private func changes(
        of built: BuiltStep, _ lease: StepLease, startedAt: Timestamp
    ) -> [MetadataChange] {
        let now = Lake.now()
        let step = lease.step
        var changes: [MetadataChange] = []
        let materializations = built.materializations(of: step.run, startedAt: startedAt, finishedAt: now)
        if !materializations.isEmpty {
            changes.append(.materialized(materializations))
        } else if built.isVerified {
            changes.append(.verified([Verification(asset: step.asset, run: step.run, verifiedAt: now)]))
        }
        let events = built.events(of: step, at: now)
        if !events.isEmpty { changes.append(.eventsAppended(events)) }
        return changes
    }
}

private final class EmptyAssets: Sendable {
    private let assets = Mutex<Set<AssetKey>>([])

    func insert(_ asset: AssetKey) { assets.withLock { _ = $0.insert(asset) } }
    func contains(_ asset: AssetKey) -> Bool { assets.withLock { $0.contains(asset) } }
}

extension TableDefinition {
    /// What its checks that only warn say of a ledger.
    fileprivate func warnings(on conversions: [Conversion]) -> [String] {
        checks.filter { $0.severity == .warn }.compactMap { check in
            let values = check.values(in: conversions)
            return values > check.valuesMax ? "\(check.name) warns: \(values) values" : nil
        }
    }
}

/// A table that an asset reads has never been published.
struct MissingInput: Diagnostic {
    let asset: AssetKey
    let input: AssetKey

    var code: String { "run.missing-input" }
    var problem: String { "\(asset) reads \(input), which was never built." }
    var remedy: String { "Build it too: tarn run +\(asset)" }
}
