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

/// Carries out the steps of one run: decides, tries, records.
struct LakeSteps: Sendable {
    let lake: Lake
    let run: RunID
    let options: RunOptions
    let observer: any RunObserver
    private let fingerprints = SourceFingerprints()
    private let skipped = SkippedSteps()
    /// Assets without any rows yet that were not built because it is not their time.
    private let empty = EmptyAssets()

    init(lake: Lake, run: RunID, options: RunOptions, observer: any RunObserver) {
        self.lake = lake
        self.run = run
        self.options = options
        self.observer = observer
    }

    /// - Returns: The state in which the step ended. Its failure is recorded, not thrown.
    /// - Throws: failures of the metadata.
    func execute(_ asset: AssetKey) async throws -> StepState {
        let began = ContinuousClock.now
        let step = StepID(run: run, asset: asset)
        do {
            switch try await decision(for: asset) {
            case .skip(let reason):
                if case .notYet = reason { return try await skip(step, reason, began) }
                let outcome = StepOutcome.skipped(reason)
                skipped.add(
                    StepCompletion(step, outcome, at: Lake.now()),
                    Verification(asset: asset, run: run, verifiedAt: Lake.now()))
                observer.observe(.stepFinished(asset, StepEnd(outcome: outcome, elapsed: .now - began)))
                return outcome.state
            case .build(let reasons):
                return try await attempt(step, reasons, began)
            }
        } catch let refused as StepRefusal {
            throw refused
        } catch {
            let outcome = StepOutcome(error, asset: asset)
            var completion = StepCompletion(step, outcome, at: Lake.now())
            if case .failed = outcome {
                // A step fails in an attempt only, also if it could not even be decided what to do.
                completion = try await lake.metadata.startAttempt(of: step, at: Lake.now()).finished(
                    outcome, at: Lake.now())
            }
            try await lake.metadata.finish(steps: [completion])
            observer.observe(.stepFinished(asset, StepEnd(outcome: outcome, elapsed: .now - began)))
            return outcome.state
        }
    }

    /// Records a step that has nothing to work on yet: unlike one whose inputs are as they were, it proves
    /// nothing of what is published.
    private func skip(
        _ step: StepID, _ reason: SkipReason, _ began: ContinuousClock.Instant
    ) async throws -> StepState {
        let outcome = StepOutcome.skipped(reason)
        try await lake.metadata.finish(steps: [StepCompletion(step, outcome, at: Lake.now())])
        observer.observe(.stepFinished(step.asset, StepEnd(outcome: outcome, elapsed: .now - began)))
        return outcome.state
    }

    /// Records a step that cannot start because `asset` failed.
    func block(_ blocked: AssetKey, by asset: AssetKey) async throws {
        let outcome = StepOutcome.blocked(by: asset)
        try await lake.metadata.finish(
            steps: [StepCompletion(StepID(run: run, asset: blocked), outcome, at: Lake.now())])
        observer.observe(.stepFinished(blocked, StepEnd(outcome: outcome, elapsed: .zero)))
    }

    /// Writes what was skipped, all in one transaction: in most nights it is most of the steps.
    func flush() async throws {
        let (completions, verifications) = skipped.take()
        guard !completions.isEmpty else { return }
        try await lake.metadata.commit([.stepsFinished(completions), .verified(verifications)])
    }

    private func decision(for asset: AssetKey) async throws -> BuildDecision {
        if let table = lake.graph.tables[asset] {
            if options.isFullRefresh { return .build([.forced]) }
            return try await lake.decision(
                for: table, asset, fingerprints: fingerprints, isForced: options.isForced)
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
            engine: ModelBuild.engine, inputs: states.mapValues { $0.version }, isForced: options.isForced)
    }

    private func attempt(
        _ step: StepID, _ reasons: [BuildReason], _ began: ContinuousClock.Instant
    ) async throws -> StepState {
        let watch = StepWatch(step.asset)
        observer.observe(.stepStarted(step.asset, reasons, watch: watch))
        var backoff = options.backoff
        while true {
            let attempt = try await lake.metadata.startAttempt(
                of: step, after: try await publishedEpoch(of: step.asset), at: Lake.now())
            let startedAt = Lake.now()
            do {
                let built = try await build(step.asset, attempt, watch)
                try await record(built, attempt, startedAt: startedAt)
                let outcome = built.outcome
                observer.observe(
                    .stepFinished(
                        step.asset,
                        StepEnd(
                            outcome: outcome, elapsed: .now - began, bytesRead: built.bytesRead,
                            remarks: built.remarks, notes: built.notes)))
                return outcome.state
            } catch {
                let outcome = StepOutcome(error, asset: step.asset)
                guard case .failed(let failure) = outcome, failure.category.isTransient,
                    attempt.number < options.attemptsMax, !Task.isCancelled
                else {
                    try await lake.metadata.finish(steps: [attempt.finished(outcome, at: Lake.now())])
                    observer.observe(
                        .stepFinished(step.asset, StepEnd(outcome: outcome, elapsed: .now - began)))
                    return outcome.state
                }
                try await lake.metadata.finish(steps: [attempt.finished(.retrying(failure), at: Lake.now())])
                // A cancellation ends the wait; the next attempt then ends at once.
                try? await Task.sleep(for: backoff)
                backoff *= 2
            }
        }
    }

    private func publishedEpoch(of asset: AssetKey) async throws -> LeaseEpoch? {
        if case .bronze(let source, let table) = asset {
            return try await lake.manifests.currentFiles(of: source, table)?.newest.epoch
        }
        return try await lake.manifests.manifest(of: asset)?.manifest.epoch
    }

    private func build(_ asset: AssetKey, _ attempt: Attempt, _ watch: StepWatch) async throws -> BuiltStep {
        try Task.checkCancellation()
        if let table = lake.graph.tables[asset] { return try await extract(table, attempt, watch) }
        guard let model = lake.graph.models[asset] else { throw MissingInput(asset: asset, input: asset) }
        let states = try await lake.states(of: model.inputs, history: model.historyInputs)
        let inputs = try model.inputs.map { input in
            guard let state = states[input] else { throw MissingInput(asset: asset, input: input) }
            return state
        }
        let auditStates = try await lake.states(of: model.auditInputs)
        for input in model.auditInputs where auditStates[input] == nil {
            throw MissingInput(asset: asset, input: input)
        }
        let session = try await BlockingPool.shared.run { try lake.session() }
        let checks = model.definition.checks
        let manifest = try await ModelBuild(
            model, inputs: inputs, session: session, store: lake.store, now: Lake.now
        ).run(run, epoch: attempt.epoch, watch: watch.watch) { connection, file in
            try session.define(Array(auditStates.values), on: connection)
            let table = "read_parquet(\(quotedPath(file)), hive_partitioning = false)"
            return try Audit(of: asset, table: table, file: file, sets: lake.keySets, checks: checks).run(
                on: connection)
        }
        return .published(manifest)
    }

    private func extract(_ table: LakeGraph.Table, _ attempt: Attempt, _ watch: StepWatch) async throws
        -> BuiltStep
    {
        let database = try await BlockingPool.shared.run { try lake.extractionDatabase() }
        let extraction = TableExtraction(
            source: table.source, table: table.definition,
            exclusions: lake.definition.exclusions + table.source.exclusions, store: lake.store,
            database: database, feed: lake.feed, slots: lake.slots(of: table.source), now: Lake.now,
            zone: lake.definition.zone, isFullRefresh: options.isFullRefresh,
            acceptsSchemaChange: options.acceptsSchemaChange)
        switch try await extraction.run(run, epoch: attempt.epoch, progress: watch.extraction) {
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

    private func committed(
        _ manifest: BronzeManifest, _ ledger: ExtractionLedger, _ table: LakeGraph.Table, _ asset: AssetKey
    ) async throws -> BuiltStep {
        guard let state = try await lake.state(of: asset) else {
            throw MissingInput(asset: asset, input: asset)
        }
        return .committed(
            manifest, ledger, version: state.version,
            warnings: table.definition.warnings(on: ledger.conversions))
    }

    private func record(_ built: BuiltStep, _ attempt: Attempt, startedAt: Timestamp) async throws {
        let now = Lake.now()
        var changes: [MetadataChange] = [.stepsFinished([attempt.finished(built.outcome, at: now)])]
        if let materialization = built.materialization(startedAt: startedAt, finishedAt: now) {
            changes.append(.materialized([materialization]))
        } else if built.isVerified {
            changes.append(.verified([Verification(asset: attempt.step.asset, run: run, verifiedAt: now)]))
        }
        let events = built.events(of: attempt.step, at: now)
        if !events.isEmpty { changes.append(.eventsAppended(events)) }
        try await lake.metadata.commit(changes)
    }
}

/// Steps that were skipped and are not recorded yet.
private final class SkippedSteps: Sendable {
    private let all = Mutex<(completions: [StepCompletion], verifications: [Verification])>(([], []))

    func add(_ completion: StepCompletion, _ verification: Verification) {
        all.withLock {
            $0.completions.append(completion)
            $0.verifications.append(verification)
        }
    }

    func take() -> ([StepCompletion], [Verification]) {
        all.withLock { all in
            defer { all = ([], []) }
            return all
        }
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
