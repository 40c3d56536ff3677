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
    package let scope: RunScope
    package let options: RunOptions
    package let observer: any RunObserver

    package init(_ lake: Lake, _ scope: RunScope, options: RunOptions, observer: any RunObserver) {
        self.lake = lake
        self.scope = scope
        self.options = options
        self.observer = observer
    }

    /// - Returns: The run as it was recorded, whatever its end.
    /// - Throws: ``SelectionMistake``, ``PartitionMistake`` and failures of the metadata: nothing was run
    ///   then. `CancellationError` after the run was stopped and recorded as cancelled.
    package func run() async throws -> RunReport {
        let began = Lake.now()
        let process = try ProcessTable.current()
        let request = try await RunRequest(scope, in: lake, at: began)
        try await Housekeeping(lake).clearAfterDeadRuns(seenFrom: process, now: began)
        let id = try await request.create(boundTo: process, leaseFor: options.worker.leaseFor, at: began)
        return try await BoundRun(lake: lake, options: options, observer: observer).work(
            on: id, steps: request.steps.map(\.asset))
    }
}

/// Works on a run that is bound to this process, to its end.
struct BoundRun: Sendable {
    let lake: Lake
    let options: RunOptions
    let observer: any RunObserver

    func work(on id: RunID, steps: [AssetKey]) async throws -> RunReport {
        let process = try ProcessTable.current()
        observer.observe(.runStarted(id, steps: steps))
        let worker = Worker(
            id: WorkerID(process, random: .random(in: 0...UInt32.max)), metadata: lake.metadata,
            executor: LakeSteps(lake: lake, options: options, observer: observer), observer: observer,
            settings: options.worker, pools: { [lake] in lake.pools }, run: id)
        try await worker.work()
        // What is staged is removed by the next run: a cancelled task can read and delete nothing any more.
        try Task.checkCancellation()
        try await Staging(lake.store).clear(id)
        guard let report = try await lake.metadata.run(id) else { throw RunForgotten(run: id) }
        for step in report.steps where step.state == .blocked {
            guard let input = step.blockedBy else { continue }
            observer.observe(
                .stepFinished(
                    step.step.asset,
                    StepEnd(outcome: .blocked(by: input), elapsed: .zero, partitions: step.partitions)))
        }
        observer.observe(.runFinished(report))
        return report
    }
}

/// How a run is carried out.
package struct RunOptions: Sendable {
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

    /// The same for who watches several runs.
    func observe(_ event: RunProgress, of step: StepID)
}

extension RunObserver {
    package func observe(_ event: RunProgress, of step: StepID) { observe(event) }
}

/// What happens in a run, for who watches it. The metadata keeps its own, durable account.
package enum RunProgress: Sendable {
    /// `steps` names the asset of each, one with several steps several times.
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
    package var task = StepTask.build
    /// Which partitions it was of, as written after `--partition`; `nil` of an asset without partitions.
    package var partitions: String?
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
    /// As written after `--partition`; `nil` of an asset without partitions.
    package let partitions: String?
    package let extraction = ExtractionProgress()
    private let interrupter = Mutex<Interrupter?>(nil)

    init(_ asset: AssetKey, partitions: String? = nil) {
        self.asset = asset
        self.partitions = partitions
    }

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
