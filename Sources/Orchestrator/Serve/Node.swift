internal import Blocking
package import LakeModel
package import Logging
internal import Metadata
internal import Project

/// A process that works on a lake until it is told to end: `tarn serve`, `tarn worker`.
package final class Node: Sendable {
    package let host: LakeHost
    package let id: WorkerID
    package let process: ProcessIdentity
    package let kind: Kind
    package let startedAt = Lake.now()
    /// `nil` of a node that only works.
    package let scheduler: Scheduler?
    private let worker: Worker
    private let steps: HostedSteps
    private let meter = WorkMeter()
    private let log: Logger
    private let ending = Bell()

    package enum Kind: String, Sendable { case serve, worker }

    /// How often a node says that it is there.
    private static let heartbeat = Duration.seconds(30)
    /// How long nobody need call for: what is due by time is found within.
    private static let patience = Duration.seconds(60)

    /// - Throws: ``NoProcessTable`` if this process cannot be told from others.
    package init(_ host: LakeHost, kind: Kind, slots: Int? = nil, log: Logger) throws {
        self.host = host
        self.kind = kind
        self.log = log
        process = try ProcessTable.current()
        id = WorkerID(process, random: .random(in: 0...UInt32.max))
        let lake = host.lake
        var settings = RunOptions(lake.definition.work).worker
        settings.slots = slots ?? settings.slots
        // Whoever has work for it calls; only a wait before another attempt ends without a call.
        settings.pollEvery = .seconds(2)
        steps = HostedSteps(host, observer: LoggedSteps(log))
        worker = Worker(
            id: id, metadata: lake.metadata, executor: steps,
            observer: LoggedSteps(log), settings: settings, pools: { host.lake.pools }, meter: meter)
        scheduler = kind == .serve ? Scheduler(host, id: id, log: log) : nil
        slotsMax = settings.slots
    }

    private let slotsMax: Int

    /// Takes no more steps. What runs has the grace of `lake.yaml` to end, then it is handed back.
    package func drain() { ending.ring() }

    /// The steps on which it works.
    package var running: [StepID] { get async { await worker.running } }

    /// What it has done.
    package var workCounts: WorkCounts { meter.counts }

    /// Works until ``drain()``, and returns when nothing runs any more; a cancelled task drains without
    /// grace.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.sayThatItIsThere() }
            group.addTask { await self.settle() }
            group.addTask { await self.listen() }
            if let scheduler { group.addTask { await scheduler.run() } }
            group.addTask { await self.endInGrace() }
            // It only throws when it works on one run.
            try? await worker.work()
            group.cancelAll()
        }
    }

    private func endInGrace() async {
        await ending.wait()
        guard !Task.isCancelled else { return }
        let grace = host.lake.definition.work.grace
        log.notice("ending: nothing new is begun", metadata: ["grace": "\(spanText(grace))"])
        await scheduler?.end()
        await worker.drain()
        // It is cancelled when nothing runs any more.
        try? await Task.sleep(for: grace)
        guard !Task.isCancelled else { return }
        log.notice("the grace is over: what runs is handed back")
        await worker.stopAll()
    }

    /// What was needed to start is not needed to wait.
    private func settle() async {
        try? await Task.sleep(for: .seconds(2))
        guard !Task.isCancelled, steps.isIdle else { return }
        try? await BlockingPool.shared.run { ProcessMemory.giveBack() }
    }

    private func sayThatItIsThere() async {
        var wasIdle = false
        while !Task.isCancelled {
            let now = Lake.now()
            // Who has done nothing since the last time will not do so at once.
            if wasIdle, steps.isIdle {
                let lake = host.lake
                try? await BlockingPool.shared.run { lake.rest() }
            }
            wasIdle = steps.isIdle
            do {
                try await host.lake.metadata.registerNode(
                    NodeRecord(
                        worker: id, process: process, kind: kind.rawValue, slots: slotsMax,
                        startedAt: startedAt, seenAt: now))
            } catch {
                log.warning("the metadata cannot be reached", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Node.heartbeat)
        }
    }

    private func listen() async {
        while !Task.isCancelled {
            await host.lake.metadata.awaitChange(atMost: Node.patience)
            await worker.wake()
            scheduler?.wake()
        }
    }
}

/// Writes what becomes of steps to the log.
struct LoggedSteps: RunObserver {
    private let log: Logger

    init(_ log: Logger) { self.log = log }

    func observe(_ event: RunProgress) {}

    func observe(_ event: RunProgress, of step: StepID) {
        var metadata: Logger.Metadata = ["asset": "\(step.asset)", "run": "\(step.run)"]
        if let partition = step.partition { metadata["partition"] = "\(partition)" }
        switch event {
        case .stepStarted(_, let reasons, _):
            metadata["why"] = "\(reasons.map(\.description).joined(separator: ", "))"
            log.info("a step begins", metadata: metadata)
        case .stepFinished(_, let end): observe(end, metadata)
        case .runStarted, .runFinished: break
        }
    }

    private func observe(_ end: StepEnd, _ metadata: Logger.Metadata) {
        var metadata = metadata
        metadata["seconds"] = "\(end.elapsed.seconds)"
        switch end.outcome {
        case .succeeded(let rows, _):
            metadata["rows"] = "\(rows)"
            log.info("a step has succeeded", metadata: metadata)
        case .skipped(let reason):
            metadata["why"] = "\(reason)"
            log.debug("a step was skipped", metadata: metadata)
        case .retrying(let failure):
            metadata["code"] = "\(failure.code)"
            metadata["error"] = "\(failure.problem)"
            log.warning("a step is tried again", metadata: metadata)
        case .failed(let failure):
            metadata["code"] = "\(failure.code)"
            metadata["category"] = "\(failure.category.rawValue)"
            metadata["error"] = "\(failure.problem)"
            log.error("a step has failed", metadata: metadata)
        case .cancelled: log.info("a step was cancelled", metadata: metadata)
        default: log.info("a step has ended", metadata: metadata)
        }
    }
}
