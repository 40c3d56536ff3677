internal import Extraction
internal import LakeModel
internal import Metadata

/// What a worker does with a step.
protocol StepExecutor: Sendable {
    /// Works on a step.
    /// - Returns: What is to be recorded in one transaction, the step's end among it. Its failure is part of
    ///   that, not thrown.
    func execute(_ lease: StepLease) async -> StepWork

    /// How long a step may take; `nil` is for ever.
    func timeout(of step: StepID) -> Duration?

    /// How long to wait before a step is tried again that was stopped in its attempt; `nil` if it is not.
    func delay(after attempt: Int, _ category: FailureCategory) -> Duration?

    /// The end of a step was recorded, or cannot be. Nobody waits for what this does.
    func reported(_ lease: StepLease) async
}

extension StepExecutor {
    func reported(_ lease: StepLease) async {}
}

/// What came of the work on a step.
struct StepWork: Sendable {
    var outcome: StepOutcome
    var retryAt: Timestamp?
    /// Besides the end of the step.
    var changes: [MetadataChange] = []
    var end: StepEnd
}

/// Claims steps and works on them, several at once, as `WorkerCore` decides; renews leases; reports ends.
actor Worker {
    let id: WorkerID
    private let metadata: any MetadataStore
    private let executor: any StepExecutor
    private let observer: any RunObserver
    /// How many units each pool has now.
    private let pools: @Sendable () -> [String: Int]
    /// The only run that is worked on; `nil` for all that are bound to no process.
    private let run: RunID?
    private let meter: WorkMeter
    private var core: WorkerCore
    private var leases: [StepID: StepLease] = [:]
    private var reasons: [StepID: WorkerCore.StopReason] = [:]
    private let bell = Bell()
    private var jobs: [Job] = []
    /// Questions to the metadata that are not answered yet.
    private var questions = 0
    private var isOver = false
    private var isCancelled = false
    /// What went wrong with the metadata, if the worker cannot go on.
    private var failure: (any Error)?

    /// Something that takes time, and is done beside everything else.
    private enum Job: Sendable {
        case claim(Int)
        case renew([StepID])
        case reclaim
        case cancelRun(RunID)
        case work(StepLease)
    }

    init(
        id: WorkerID, metadata: any MetadataStore, executor: any StepExecutor, observer: any RunObserver,
        settings: WorkerCore.Settings, pools: @escaping @Sendable () -> [String: Int] = { [:] },
        run: RunID? = nil, meter: WorkMeter = WorkMeter()
    ) {
        self.id = id
        self.metadata = metadata
        self.executor = executor
        self.observer = observer
        self.pools = pools
        self.run = run
        self.meter = meter
        var settings = settings
        settings.hasOwnRun = run != nil
        core = WorkerCore(settings)
    }

    /// Somebody says that there may be work.
    func wake() {
        core.wake()
        bell.ring()
    }

    /// Takes no more steps; those that run may go on.
    func drain() {
        core.drain()
        bell.ring()
    }

    /// Stops what runs; it is handed back.
    func stopAll() {
        for action in core.stopAll() { perform(action) }
        bell.ring()
    }

    var running: [StepID] { core.steps }

    /// Works until its run is over, or until it has been drained.
    ///
    /// A cancellation of the task cancels the run that it is bound to, or hands back what runs.
    /// - Throws: failures of the metadata, if it works on one run.
    func work() async throws {
        await withDiscardingTaskGroup { group in
            while let jobs = nextJobs() {
                for job in jobs { group.addTask { await self.carryOut(job) } }
                guard jobs.isEmpty else { continue }
                if isCancelled {
                    // Everything that runs is being stopped, and rings when it has.
                    await bell.waitForRing()
                } else {
                    await bell.wait(atMost: core.wakes(after: Lake.now()) - Lake.now())
                }
            }
        }
        if let failure { throw failure }
    }

    /// What is to be done now; `nil` at the end.
    private func nextJobs() -> [Job]? {
        if Task.isCancelled, !isCancelled {
            isCancelled = true
            core.drain()
            if let run { ask(.cancelRun(run)) }
            for step in core.steps { stop(step, run == nil ? .draining : .cancelled) }
        }
        let progress = leases.mapValues(\.progress)
        for action in core.next(at: Lake.now(), progress: { progress[$0] ?? 0 }) { perform(action) }
        defer { jobs = [] }
        if !jobs.isEmpty { return jobs }
        let isDone = failure != nil || core.isDraining || run != nil && isOver
        return isDone && core.isIdle && questions == 0 ? nil : []
    }

    private func perform(_ action: WorkerCore.Action) {
        switch action {
        case .claim(let count): ask(.claim(count))
        case .renew(let steps): ask(.renew(steps))
        case .reclaim: ask(.reclaim)
        case .stop(let step, let reason): stop(step, reason)
        }
    }

    private func ask(_ job: Job) {
        questions += 1
        jobs.append(job)
    }

    private func carryOut(_ job: Job) async {
        switch job {
        case .claim(let count):
            await claim(count)
            questions -= 1
        case .renew(let steps):
            await renew(steps)
            questions -= 1
        case .reclaim:
            await reclaim()
            questions -= 1
        case .cancelRun(let run):
            // What is not cancelled there is lost when the lease of the run is.
            _ = try? await metadata.cancel(run, at: Lake.now())
            questions -= 1
        case .work(let lease): await work(on: lease)
        }
        bell.ring()
    }

    // MARK: Claiming

    private func claim(_ count: Int) async {
        let settings = core.settings
        do {
            if let run, core.isIdle {
                let pulse = try await metadata.pulse(of: run)
                isOver = pulse.state.isFinal
                if isOver { return core.claimed([], at: Lake.now()) }
            }
            let request = ClaimRequest(
                owner: id, run: run, stepsMax: count, pools: pools(), leaseFor: settings.leaseFor,
                now: Lake.now())
            let claims = try await metadata.claim(request)
            meter.count {
                $0.claimRequests += 1
                $0.claimed += Int64(claims.count)
            }
            core.claimed(
                claims.map { ($0.step, $0.epoch, $0.expiresAt, executor.timeout(of: $0.step)) },
                at: Lake.now())
            for claim in claims { begin(claim) }
        } catch {
            core.claimed(nil, at: Lake.now())
            if run != nil { failure = error }
        }
    }

    private func begin(_ claim: Claim) {
        let lease = StepLease(claim) { [weak self] step in await self?.mayCommit(step) ?? false }
        leases[claim.step] = lease
        jobs.append(.work(lease))
        bell.ring()
    }

    private func work(on lease: StepLease) async {
        let work = await withTaskGroup(of: StepWork?.self) { [executor] group in
            group.addTask { await executor.execute(lease) }
            group.addTask {
                await lease.stopped.wait()
                return nil
            }
            var work: StepWork?
            while let ended = await group.next() {
                // Either the work is done, or it is to stop.
                if ended != nil { work = ended }
                group.cancelAll()
            }
            return work
        }
        if let work { await report(work, lease) }
    }

    private func mayCommit(_ step: StepID) async -> Bool {
        if core.mayCommit(step, at: Lake.now()) { return true }
        // A machine that was overloaded is late; the step may be ours all the same.
        await renew([step])
        return core.mayCommit(step, at: Lake.now())
    }

    private func stop(_ step: StepID, _ reason: WorkerCore.StopReason) {
        if reasons[step] == nil { reasons[step] = reason }
        if reason == .leaseLost { leases[step]?.lose() }
        leases[step]?.stopped.ring()
    }

    // MARK: Reporting

    private func report(_ work: StepWork, _ lease: StepLease) async {
        let step = lease.step
        var work = work
        if let reason = reasons[step] {
            work = work.stopped(by: reason) { executor.delay(after: lease.attempt.number, $0) }
        }
        do {
            try await record(work, lease)
            meter.count { $0.ended += 1 }
            observer.observe(.stepFinished(step.asset, work.end), of: step)
        } catch is StepRefusal {
            // Somebody else has it: what we would say of it does not count.
        } catch {
            // The lease runs out, and the step is reclaimed.
            if run != nil { failure = error }
        }
        leases[step] = nil
        reasons[step] = nil
        core.ended(step)
        bell.ring()
        await executor.reported(lease)
    }

    /// A lost answer is asked for again while the lease lasts: the same end twice is one.
    private func record(_ work: StepWork, _ lease: StepLease) async throws {
        let attempt = lease.attempt
        let completion = attempt.finished(work.outcome, at: Lake.now(), retryAt: work.retryAt)
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await metadata.commit(work.changes + [.stepsFinished([completion])])
            } catch let error as any Diagnostic
                where error.isTransient && core.mayCommit(attempt.step, at: Lake.now())
            {
                // It must be recorded although the task may be cancelled.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    // MARK: Renewing

    private func reclaim() async {
        // A machine that was overloaded for a while must not take its own work away.
        await renew(core.renewable(at: Lake.now()))
        guard let process = try? ProcessTable.current(),
            let taken = try? await metadata.reclaim(
                at: Lake.now(), isAlive: ProcessTable.liveness(seenFrom: process)), !taken.isEmpty
        else { return }
        meter.count { $0.reclaimed += Int64(taken.count) }
        wake()
    }

    private func renew(_ steps: [StepID]) async {
        let held = steps.compactMap { step in
            leases[step].map { lease in
                LeaseRenewal(
                    step: step, epoch: lease.attempt.epoch, rowsDone: lease.watch.extraction.rows,
                    bytesDone: lease.watch.extraction.bytes)
            }
        }
        guard
            let answer = try? await metadata.renew(
                held, runs: run.map { [$0] } ?? [], by: id, for: core.settings.leaseFor, at: Lake.now())
        else { return }
        let lost = answer.leases.count { $0 == .lost }
        meter.count {
            $0.lost += Int64(lost)
            $0.renewed += Int64(answer.leases.count - lost)
        }
        for (lease, answer) in zip(held, answer.leases) {
            let actions =
                switch answer {
                case .held(let until): core.renewed(lease.step, until: until, isCancelled: false)
                case .cancelled(let until): core.renewed(lease.step, until: until, isCancelled: true)
                case .lost: core.renewed(lease.step, until: nil, isCancelled: false)
                }
            for action in actions { perform(action) }
        }
    }
}

extension StepWork {
    /// The work of a step that was stopped for `reason`, if the work noticed that.
    /// - Parameter delay: Before another attempt; `nil` if there is none.
    fileprivate func stopped(
        by reason: WorkerCore.StopReason, delay: (FailureCategory) -> Duration?
    ) -> StepWork {
        guard outcome == .cancelled else { return self }
        let failure: StepFailure
        switch reason {
        case .cancelled: return self
        case .leaseLost:
            // Nobody may have taken it yet. Who has it does not care what is said here.
            failure = StepFailure(code: "commit.lease-lost", problem: "The lease ran out.", category: .lost)
        case .stalled:
            failure = StepFailure(
                code: "run.stalled", problem: "Nothing moved for too long, so that it was stopped.",
                remedy: "What is slow but alive needs a longer leases.stall in lake.yaml.",
                category: .transient)
        case .timedOut:
            failure = StepFailure(
                code: "run.timed-out", problem: "It took longer than its timeout.",
                remedy: "Raise 'timeout', or build less at once.", category: .transient)
        case .draining:
            failure = StepFailure(
                code: "run.handed-back", problem: "The worker was told to end.",
                remedy: "Another worker goes on with it.", category: .lost)
        }
        var work = self
        // Whoever is not at fault is not counted as one that failed.
        let isFault = failure.category != .lost
        if let delay = isFault ? delay(failure.category) : .zero {
            work.outcome = .retrying(failure)
            work.retryAt = Lake.now() + delay
        } else {
            work.outcome = .failed(failure)
        }
        work.end.outcome = work.outcome
        return work
    }
}
