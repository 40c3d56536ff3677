internal import Blocking
internal import DuckDB
package import Extraction
package import LakeModel
internal import LakeSQL
internal import LakeStore
package import Metadata
package import Project
internal import Quality
internal import Synchronization
internal import Transform

/// One run: builds the selected assets in order, several at once, and records what happened.
///
/// A failed step blocks what is made from it and nothing else. Cancelling the task stops the statements
/// that are running, at the sources too; what was committed stays.
package struct LakeRun: Sendable {
    package let lake: Lake
    package let selection: Selection
    package let options: RunOptions
    package let observer: any RunObserver

    package init(_ lake: Lake, _ selection: Selection, options: RunOptions, observer: any RunObserver) {
        self.lake = lake
        self.selection = selection
        self.options = options
        self.observer = observer
    }

    /// - Returns: The run as it was recorded, whatever its end.
    /// - Throws: ``SelectionMistake`` and failures of the metadata: nothing was run then. `CancellationError`
    ///   after the run was stopped and recorded as cancelled.
    package func run() async throws -> RunReport {
        let began = Lake.now()
        let process = try ProcessTable.current()
        let plan = try RunRequest(lake, selection)
        try await Housekeeping(lake).clearAfterDeadRuns(seenFrom: process, now: began)
        let id = RunID(at: began, random: .random(in: 0...UInt32.max))
        _ = try await lake.metadata.createRun(
            NewRun(
                id: id, selection: selection.description, trigger: options.trigger, process: process,
                createdAt: began, settings: options.settings, tags: options.tags),
            steps: plan.steps(of: id), leaseFor: options.worker.leaseFor)
        observer.observe(.runStarted(id, steps: plan.order))
        let worker = Worker(
            id: WorkerID(process, random: .random(in: 0...UInt32.max)), metadata: lake.metadata,
            executor: LakeSteps(lake: lake, options: options, observer: observer), observer: observer,
            settings: options.worker, pools: lake.pools, run: id)
        try await worker.work()
        // What is staged is removed by the next run: a cancelled task can read and delete nothing any more.
        try Task.checkCancellation()
        try await Staging(lake.store).clear(id)
        guard let report = try await lake.metadata.run(id) else { throw RunForgotten(run: id) }
        for step in report.steps where step.state == .blocked {
            guard let input = step.blockedBy else { continue }
            observer.observe(
                .stepFinished(step.step.asset, StepEnd(outcome: .blocked(by: input), elapsed: .zero)))
        }
        observer.observe(.runFinished(report))
        return report
    }
}

/// The steps of a run that is to begin.
package struct RunRequest: Sendable {
    /// In building order.
    package let order: [AssetKey]
    private let lake: Lake

    /// - Throws: ``SelectionMistake``.
    package init(_ lake: Lake, _ selection: Selection) throws {
        let selected = try lake.graph.resolve(selection)
        order = lake.graph.assets.order.filter(selected.contains)
        self.lake = lake
    }

    package func steps(of run: RunID) -> [PlannedStep] {
        let selected = Set(order)
        return order.map { asset in
            let inputs = lake.graph.assets.inputs(of: asset).intersection(selected)
            return PlannedStep(
                StepID(run: run, asset: asset), after: inputs.sorted().map { StepKey($0) },
                pools: lake.poolUses(of: asset))
        }
    }
}

/// How a run is carried out.
package struct RunOptions: Sendable {
    package var settings = RunSettings()
    package var trigger = RunTrigger.manual
    package var tags: [String] = []
    /// How many steps run at once, and how long their leases are.
    package var worker = WorkerCore.Settings()
    /// What happens to a step that fails.
    package var retry = RetryPolicy()

    package init() {}

    /// As `lake.yaml` says it.
    package init(_ work: WorkDefinition) {
        retry = work.retry
        worker.slots = work.slots
        worker.leaseFor = work.leaseFor
        worker.stallMax = work.stallMax
    }
}

/// Somebody who watches a run. Called from several tasks.
package protocol RunObserver: Sendable {
    func observe(_ event: RunProgress)
}

/// What happens in a run, for who watches it. The metadata keeps its own, durable account.
package enum RunProgress: Sendable {
    case runStarted(RunID, steps: [AssetKey])
    /// `watch` tells how far the step is until it ends.
    case stepStarted(AssetKey, [BuildReason], watch: StepWatch)
    case stepFinished(AssetKey, StepEnd)
    case runFinished(RunReport)
}

/// How a step ended.
package struct StepEnd: Sendable {
    package internal(set) var outcome: StepOutcome
    package let elapsed: Duration
    /// Bytes that were read from the source, for extractions.
    package var bytesRead: Int64?
    /// What is worth saying although the step succeeded: values that were changed, checks that warn.
    package var remarks: [String] = []
    /// How the reading went, which is nobody's fault: how consistent it was, what could not be seen.
    package var notes: [String] = []
}

/// Tells how far a running step is, at any time and from any thread.
package final class StepWatch: Sendable {
    package let asset: AssetKey
    package let extraction = ExtractionProgress()
    private let interrupter = Mutex<Interrupter?>(nil)

    init(_ asset: AssetKey) { self.asset = asset }

    func watch(_ interrupter: Interrupter) { self.interrupter.withLock { $0 = interrupter } }

    /// Rows that DuckDB's current statement has gone through; 0 while it cannot tell.
    var rowsProcessed: UInt64 { interrupter.withLock { $0 }?.progress()?.rowsProcessed ?? 0 }

    /// From 0 to 1 while DuckDB can estimate it.
    package var share: Double? { interrupter.withLock { $0 }?.progress().map { $0.percentage / 100 } }
}

/// The metadata does not know a run that it has just recorded: somebody deletes from it.
struct RunForgotten: Diagnostic {
    let run: RunID

    var code: String { "run.forgotten" }
    var problem: String { "Run \(run) is done, but its record is gone from the metadata." }
    var remedy: String { "Nothing of the data is lost; see what is published with: tarn assets" }
}
