package import LakeModel
package import Metadata

/// What a metadata store does with runs, steps and leases, as a plain value: the specification that the
/// stores are compared with, and the database of the simulation.
package struct QueueModel: Hashable, Sendable {
    package struct Run: Hashable, Sendable {
        package let new: NewRun
        package var state = RunState.queued
        package var isCancelRequested = false
        package var expiresAt: Timestamp?
        package var steps: [StepID]
    }

    package struct Step: Hashable, Sendable {
        package var progress: StepProgress
        package let position: Int
        package let inputs: Set<StepKey>
        package let pools: [PoolUse]
        package var missing: Int
        package var readyAt: Timestamp?
        package var owner: WorkerID?
        package var expiresAt: Timestamp?
        package var lost = 0
        /// Whether a later attempt may find one that still works.
        package var outcome: StepOutcome?
    }

    package private(set) var runs: [RunID: Run] = [:]
    package private(set) var steps: [StepID: Step] = [:]
    package private(set) var epochs: [AssetKey: LeaseEpoch] = [:]
    /// Assets of which nobody knows what their last holder still does.
    private var unfenced: Set<AssetKey> = []
    private var keys: [String: RunID] = [:]
    private var offices: [String: (owner: WorkerID, epoch: LeaseEpoch, expiresAt: Timestamp)] = [:]

    package init() {}

    package static func == (left: QueueModel, right: QueueModel) -> Bool {
        left.runs == right.runs && left.steps == right.steps && left.epochs == right.epochs
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(steps) }

    // MARK: Runs

    package mutating func create(_ run: NewRun, steps planned: [PlannedStep], leaseFor: Duration) throws
        -> RunID
    {
        if let key = run.idempotencyKey, let known = keys[key] { return known }
        guard runs[run.id] == nil else { throw RunRefusal(run: run.id, kind: .exists) }
        let known = Set(planned.map(\.step.key))
        for step in planned {
            if let stranger = step.inputs.first(where: { !known.contains($0) }) {
                throw UnknownStep(step: stranger.of(run.id))
            }
        }
        if let key = run.idempotencyKey { keys[key] = run.id }
        runs[run.id] = Run(
            new: run, expiresAt: run.process == nil ? nil : run.createdAt + leaseFor,
            steps: planned.map(\.step))
        for (position, step) in planned.enumerated() {
            let inputs = Set(step.inputs)
            steps[step.step] = Step(
                progress: StepProgress(planned: step.step), position: position, inputs: inputs,
                pools: step.pools, missing: inputs.count, readyAt: inputs.isEmpty ? run.createdAt : nil)
        }
        conclude(run.id)
        return run.id
    }

    private mutating func conclude(_ id: RunID) {
        guard var run = runs[id], !run.state.isFinal else { return }
        let state = RunState.concluding(run.steps.compactMap { steps[$0]?.progress.state })
        if state.isFinal {
            run.state = state
            run.expiresAt = nil
            runs[id] = run
        }
    }

    package mutating func cancel(_ id: RunID, at now: Timestamp) throws -> Bool {
        guard let run = runs[id] else { throw UnknownRun(run: id) }
        guard !run.state.isFinal else { return false }
        guard !run.isCancelRequested else { return true }
        runs[id]?.isCancelRequested = true
        for step in run.steps where steps[step]?.progress.state == .waiting { try end(step, .cancelled) }
        conclude(id)
        return true
    }

    // MARK: Steps

    package mutating func finish(_ completions: [StepCompletion]) throws {
        var copy = self
        for completion in completions { try copy.finish(completion) }
        for run in Set(completions.map(\.step.run)) { copy.conclude(run) }
        self = copy
    }

    private mutating func finish(_ completion: StepCompletion) throws {
        guard runs[completion.step.run] != nil else { throw UnknownRun(run: completion.step.run) }
        guard var step = steps[completion.step] else { throw UnknownStep(step: completion.step) }
        var outcome = completion.outcome
        if case .retrying = outcome, runs[completion.step.run]?.isCancelRequested ?? false {
            outcome = .cancelled
        }
        if step.progress.state == outcome.state, outcome.state != .running, completion.epoch != nil,
            completion.epoch == step.progress.epoch
        {
            return
        }
        try step.progress.finish(outcome, under: completion.epoch)
        step.owner = nil
        step.expiresAt = nil
        step.outcome = outcome
        step.readyAt = step.progress.state.isFinal ? nil : completion.retryAt
        steps[completion.step] = step
        if step.progress.state == .succeeded { unfenced.remove(completion.step.asset) }
        switch step.progress.state {
        case .waiting, .running: break
        case .succeeded, .skipped: unblock(completion.step, at: completion.finishedAt)
        case .failed, .blocked, .cancelled, .lost: try block(completion.step, step.progress.state)
        }
    }

    private func readers(of step: StepID) -> [StepID] {
        (runs[step.run]?.steps ?? []).filter { steps[$0]?.inputs.contains(step.key) ?? false }
    }

    private mutating func unblock(_ step: StepID, at now: Timestamp) {
        for reader in readers(of: step) {
            guard var one = steps[reader], one.progress.state == .waiting, one.missing > 0 else { continue }
            one.missing -= 1
            if one.missing == 0 { one.readyAt = now }
            steps[reader] = one
        }
    }

    private mutating func block(_ step: StepID, _ state: StepState) throws {
        var border = [step]
        while let next = border.popLast() {
            for reader in readers(of: next) where steps[reader]?.progress.state == .waiting {
                try end(reader, state == .cancelled ? .cancelled : .blocked(by: step.asset))
                border.append(reader)
            }
        }
    }

    private mutating func end(_ step: StepID, _ outcome: StepOutcome) throws {
        guard var one = steps[step] else { throw UnknownStep(step: step) }
        try one.progress.finish(outcome, under: nil)
        one.owner = nil
        one.expiresAt = nil
        one.readyAt = nil
        one.outcome = outcome
        steps[step] = one
    }

    // MARK: Leases

    package mutating func claim(_ request: ClaimRequest) throws -> [Claim] {
        let running = steps.values.filter { $0.progress.state == .running }
        var busy = Set(running.map(\.progress.step.asset))
        var pools = PoolState(limits: request.pools, running: running.map(\.pools))
        var claims: [Claim] = []
        for (run, step) in candidates(for: request) where claims.count < request.stepsMax {
            let id = step.progress.step
            guard !busy.contains(id.asset), pools.take(step.pools) else { continue }
            busy.insert(id.asset)
            let epoch = LeaseEpoch((epochs[id.asset]?.number ?? 0) + 1)
            epochs[id.asset] = epoch
            var leased = step
            let number = try leased.progress.start(under: epoch)
            leased.readyAt = nil
            leased.owner = request.owner
            leased.expiresAt = request.now + request.leaseFor
            steps[id] = leased
            if runs[run.new.id]?.state == .queued { runs[run.new.id]?.state = .running }
            claims.append(
                Claim(
                    attempt: Attempt(step: id, number: number, epoch: epoch),
                    expiresAt: request.now + request.leaseFor, mustFence: unfenced.contains(id.asset),
                    lost: step.lost, settings: run.new.settings))
        }
        return claims
    }

    private func candidates(for request: ClaimRequest) -> [(run: Run, step: Step)] {
        let open = runs.values.filter { run in
            !run.state.isFinal && !run.isCancelRequested
                && (request.run == nil ? run.new.process == nil : run.new.id == request.run)
        }.sorted { left, right in
            if left.new.priority != right.new.priority { return left.new.priority > right.new.priority }
            if left.new.createdAt != right.new.createdAt { return left.new.createdAt < right.new.createdAt }
            return left.new.id < right.new.id
        }
        return open.flatMap { run in
            run.steps.compactMap { id in
                guard let step = steps[id], step.progress.state == .waiting,
                    let ready = step.readyAt, ready <= request.now
                else { return nil }
                return (run, step)
            }
        }
    }

    package mutating func raise(_ attempt: Attempt, beyond published: LeaseEpoch) throws -> Attempt {
        guard var step = steps[attempt.step] else { throw UnknownStep(step: attempt.step) }
        guard step.progress.state == .running, step.progress.epoch == attempt.epoch else {
            throw StepRefusal(
                step: attempt.step,
                kind: .fenced(held: attempt.epoch, newest: step.progress.epoch ?? attempt.epoch))
        }
        let known = epochs[attempt.step.asset]?.number ?? 0
        let epoch = LeaseEpoch(max(known, published.number) + 1)
        epochs[attempt.step.asset] = epoch
        step.progress = StepProgress(
            step: attempt.step, state: .running, attempts: step.progress.attempts, epoch: epoch)
        steps[attempt.step] = step
        return Attempt(step: attempt.step, number: attempt.number, epoch: epoch)
    }

    package mutating func renew(
        _ leases: [LeaseRenewal], runs ids: [RunID], by owner: WorkerID, for duration: Duration,
        at now: Timestamp
    ) -> (leases: [LeaseAnswer], runs: Set<RunID>) {
        let until = now + duration
        var answers: [LeaseAnswer] = []
        for lease in leases {
            guard let step = steps[lease.step], step.progress.state == .running,
                step.progress.epoch == lease.epoch, step.owner == owner
            else {
                answers.append(.lost)
                continue
            }
            steps[lease.step]?.expiresAt = until
            let isCancelled = runs[lease.step.run]?.isCancelRequested ?? false
            answers.append(isCancelled ? .cancelled(until: until) : .held(until: until))
        }
        var alive: Set<RunID> = []
        for id in ids where runs[id].map({ !$0.state.isFinal }) ?? false {
            runs[id]?.expiresAt = until
            alive.insert(id)
        }
        return (answers, alive)
    }

    /// - Parameter isAlive: Of the process that a run is bound to, and of a worker.
    package mutating func reclaim(
        at now: Timestamp, isAlive: (ProcessIdentity) -> Bool = { _ in true },
        isWorkerAlive: (WorkerID) -> Bool = { _ in true }
    ) throws -> [Reclaimed] {
        var reclaimed: [Reclaimed] = []
        let dead = runs.values.filter { run in
            guard let process = run.new.process, !run.state.isFinal else { return false }
            return run.expiresAt.map { $0 <= now } ?? false || !isAlive(process)
        }
        for run in dead.sorted(by: { $0.new.id < $1.new.id }) {
            for id in run.steps {
                guard let step = steps[id], !step.progress.state.isFinal else { continue }
                reclaimed.append(Reclaimed(step: id, owner: step.owner, state: .lost))
                if step.progress.state == .running { unfenced.insert(id.asset) }
                try end(id, .lost)
            }
            conclude(run.new.id)
        }
        let late = steps.values.filter { step in
            guard step.progress.state == .running, let owner = step.owner else { return false }
            return step.expiresAt.map { $0 <= now } ?? false || !isWorkerAlive(owner)
        }.map(\.progress.step).sorted()
        for id in late {
            guard let step = steps[id] else { continue }
            unfenced.insert(id.asset)
            let lost = step.lost + 1
            steps[id]?.lost = lost
            let outcome: StepOutcome
            if runs[id.run]?.isCancelRequested ?? false {
                outcome = .cancelled
            } else if lost >= MetadataLimits.lostAttemptsMax {
                outcome = .lost
            } else {
                outcome = .retrying(StepFailure(code: "lost", problem: "", category: .lost))
            }
            try finish(StepCompletion(id, outcome, under: step.progress.epoch, at: now))
            reclaimed.append(Reclaimed(step: id, owner: step.owner, state: outcome.state))
            conclude(id.run)
        }
        return reclaimed
    }

    // MARK: Offices

    package mutating func lead(
        _ office: String, as owner: WorkerID, for duration: Duration, at now: Timestamp
    ) -> LeaseEpoch? {
        guard let held = offices[office] else {
            offices[office] = (owner, .first, now + duration)
            return .first
        }
        guard held.owner == owner || held.expiresAt <= now else { return nil }
        let epoch = LeaseEpoch(held.epoch.number + (held.owner == owner ? 0 : 1))
        offices[office] = (owner, epoch, now + duration)
        return epoch
    }

    package mutating func resign(_ office: String, as owner: WorkerID) {
        if offices[office]?.owner == owner { offices[office]?.expiresAt = Timestamp(microseconds: 0) }
    }
}
