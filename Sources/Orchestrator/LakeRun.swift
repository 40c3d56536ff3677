internal import Blocking
internal import DuckDB
package import Extraction
package import LakeModel
internal import LakeSQL
internal import LakeStore
package import Metadata
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
    /// - Throws: ``SelectionMistake``, ``LakeBusy`` and failures of the metadata: nothing was run then.
    ///   `CancellationError` after the run was stopped and recorded as cancelled.
    package func run() async throws -> RunReport {
        let selected = try lake.graph.resolve(selection)
        let began = Lake.now()
        let id = RunID(at: began, random: .random(in: 0...UInt32.max))
        let process = try ProcessTable.current()
        let lock = try RunLock(
            folder: lake.systemFolder, holder: "run \(id), process \(process.pid) on \(process.host)")
        defer { withExtendedLifetime(lock) {} }
        try await Housekeeping(lake).clearAfterDeadRuns(seenFrom: process, now: began)

        let order = lake.graph.assets.order.filter(selected.contains)
        try await lake.metadata.createRun(
            NewRun(
                id: id, selection: selection.description, trigger: .manual, process: process, startedAt: began
            ),
            steps: order.map { StepID(run: id, asset: $0) })
        observer.observe(.runStarted(id, steps: order))
        let steps = LakeSteps(lake: lake, run: id, options: options, observer: observer)
        let states = try await execute(selected, steps)
        // The end must be recorded even if the task was cancelled meanwhile.
        let state = Task.isCancelled ? RunState.cancelled : RunState.concluding(states)
        try await steps.flush()
        try await lake.metadata.finishRun(id, as: state, at: Lake.now())
        // What is staged is removed by the next run: a cancelled task can read and delete nothing any more.
        try Task.checkCancellation()
        try await Staging(lake.store).clear(id)
        guard let report = try await lake.metadata.run(id) else { throw RunForgotten(run: id) }
        observer.observe(.runFinished(report))
        return report
    }

    private func execute(_ selected: Set<AssetKey>, _ steps: LakeSteps) async throws -> [StepState] {
        var schedule = StepSchedule(selected, in: lake.graph.assets, runningMax: options.stepsMax)
        var states: [StepState] = []
        try await withThrowingTaskGroup(of: (AssetKey, StepState).self) { group in
            while true {
                while !Task.isCancelled, let asset = schedule.next() {
                    group.addTask { (asset, try await steps.execute(asset)) }
                }
                guard let (asset, state) = try await group.next() else { break }
                states.append(state)
                let isUsable = state == .succeeded || state == .skipped
                for blocked in schedule.finish(asset, isUsable: isUsable) {
                    states.append(state == .cancelled ? .cancelled : .blocked)
                    if state != .cancelled { try await steps.block(blocked, by: asset) }
                }
            }
        }
        return states
    }
}

/// How a run is carried out.
package struct RunOptions: Sendable {
    /// Whether assets are built although nothing changed.
    package var isForced = false
    /// Whether incremental tables are read from the beginning.
    package var isFullRefresh = false
    /// Whether columns may have gone from the sources.
    package var acceptsSchemaChange = false
    /// How many steps run at once.
    package var stepsMax = 4
    /// How often a step is tried when it fails by something that may pass by itself.
    package var attemptsMax = 3
    /// Before the second attempt; doubled for every further one.
    package var backoff = Duration.seconds(1)

    package init() {}
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
    package let outcome: StepOutcome
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
