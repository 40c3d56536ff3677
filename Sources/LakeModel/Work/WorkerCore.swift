/// What a worker does next: pure, so that it is the same on a real clock and in a simulation.
///
/// It is told what happened (`claimed`, `renewed`, `ended`) and how far each piece of work is, and answers
/// with what is to be done. A lease is renewed while the work moves: rows, bytes, or the engine's own
/// progress. Work that has not moved for `stallMax` is stopped and its lease left to expire, even if its
/// thread still lives.
package struct WorkerCore: Sendable {
    package struct Settings: Hashable, Sendable {
        /// How many steps at once.
        package var slots: Int
        package var leaseFor: Duration
        /// How long work may stand still.
        package var stallMax: Duration
        /// How often there is a look for work while nothing is heard of any.
        package var pollEvery: Duration
        /// How often there is a look for workers that do not answer.
        package var reclaimEvery: Duration
        /// Whether a run is bound to this worker, which must be renewed also while no step is held.
        package var hasOwnRun = false

        package init(
            slots: Int = 4, leaseFor: Duration = .seconds(30), stallMax: Duration = .seconds(900),
            pollEvery: Duration = .seconds(1), reclaimEvery: Duration = .seconds(5)
        ) {
            self.slots = slots
            self.leaseFor = leaseFor
            self.stallMax = stallMax
            self.pollEvery = pollEvery
            self.reclaimEvery = reclaimEvery
        }

        /// Three renewals may be lost before a lease is.
        package var renewEvery: Duration { leaseFor / 4 }
    }

    /// Something to be done now.
    package enum Action: Hashable, Sendable {
        /// Ask for steps, at most so many.
        case claim(Int)
        case renew([StepID])
        /// Take steps from workers that do not answer.
        case reclaim
        /// Stop the work, and report its end as usual.
        case stop(StepID, StopReason)
    }

    package enum StopReason: Hashable, Sendable {
        /// Somebody wants the run to end.
        case cancelled
        /// It does not move any more.
        case stalled
        /// Somebody else has the step, or may soon have it.
        case leaseLost
        case timedOut
        /// The process is told to end, and the grace is over.
        case draining
    }

    private struct Held: Sendable {
        let epoch: LeaseEpoch
        var expiresAt: Timestamp
        var progress: UInt64
        var movedAt: Timestamp
        let endsAt: Timestamp?
        var isStopping = false
    }

    package let settings: Settings
    private var held: [StepID: Held] = [:]
    private var renewAt: Timestamp?
    private var claimAt: Timestamp?
    private var reclaimAt: Timestamp?
    private var isClaiming = false
    /// Whether something happened since the last `.claim`, which its answer may not know.
    private var hasNews = false
    package private(set) var isDraining = false

    package init(_ settings: Settings) { self.settings = settings }

    package var steps: [StepID] { held.keys.sorted() }
    package var isIdle: Bool { held.isEmpty }

    package func epoch(of step: StepID) -> LeaseEpoch? { held[step]?.epoch }

    /// Whether what `step` made may still be published: its lease is ours and has not run out by our own
    /// clock.
    package func mayCommit(_ step: StepID, at now: Timestamp) -> Bool {
        held[step].map { now < $0.expiresAt } ?? false
    }

    /// What is to be done at `now`.
    /// - Parameter progress: A number that changes when the work on a step moves.
    package mutating func next(at now: Timestamp, progress: (StepID) -> UInt64) -> [Action] {
        var actions: [Action] = []
        for step in steps { actions += look(at: step, now, progress(step)) }
        if renewAt.map({ now >= $0 }) ?? settings.hasOwnRun {
            let moving = renewable(at: now)
            if !moving.isEmpty || settings.hasOwnRun { actions.append(.renew(moving)) }
            renewAt = now + settings.renewEvery
        }
        if reclaimAt.map({ now >= $0 }) ?? false { actions.append(.reclaim) }
        if reclaimAt.map({ now >= $0 }) ?? true { reclaimAt = now + settings.reclaimEvery }
        if !isDraining, !isClaiming, held.count < settings.slots, claimAt.map({ now >= $0 }) ?? true {
            isClaiming = true
            hasNews = false
            actions.append(.claim(settings.slots - held.count))
        }
        return actions
    }

    /// The steps whose leases may be prolonged: those on which the work moves.
    package func renewable(at now: Timestamp) -> [StepID] {
        steps.filter { held[$0].map { now - $0.movedAt <= settings.stallMax } ?? false }
    }

    private mutating func look(at step: StepID, _ now: Timestamp, _ progress: UInt64) -> [Action] {
        guard var one = held[step] else { return [] }
        if progress != one.progress {
            one.progress = progress
            one.movedAt = now
        }
        var actions: [Action] = []
        if !one.isStopping {
            let reason: StopReason? =
                // It may be late without anybody having taken it; whether it is, the next renewal tells.
                if now >= one.expiresAt + settings.leaseFor {
                    .leaseLost
                } else if let end = one.endsAt, now >= end {
                    .timedOut
                } else if now - one.movedAt > settings.stallMax {
                    .stalled
                } else {
                    nil
                }
            if let reason {
                one.isStopping = true
                actions.append(.stop(step, reason))
            }
        }
        held[step] = one
        return actions
    }

    /// When to ask ``next(at:progress:)`` again unless something happens before.
    package func wakes(after now: Timestamp) -> Timestamp {
        var wake = now + settings.pollEvery
        if let renewAt { wake = min(wake, renewAt) }
        if let reclaimAt { wake = min(wake, reclaimAt) }
        for one in held.values where !one.isStopping {
            wake = min(wake, one.expiresAt + settings.leaseFor)
            if let end = one.endsAt { wake = min(wake, end) }
        }
        return max(wake, now)
    }

    /// There may be work: something ended, or somebody called.
    package mutating func wake() {
        claimAt = nil
        hasNews = true
    }

    /// The answer to `.claim`: `nil` if there was none.
    package mutating func claimed(
        _ claims: [(step: StepID, epoch: LeaseEpoch, expiresAt: Timestamp, timeout: Duration?)]?,
        at now: Timestamp
    ) {
        isClaiming = false
        for claim in claims ?? [] {
            held[claim.step] = Held(
                epoch: claim.epoch, expiresAt: claim.expiresAt, progress: 0, movedAt: now,
                endsAt: claim.timeout.map { now + $0 })
        }
        if renewAt == nil, !held.isEmpty { renewAt = now + settings.renewEvery }
        // Who got nothing asks again later, or when it is called; or at once, if that was so meanwhile.
        guard let claims else {
            claimAt = now + settings.pollEvery
            return
        }
        claimAt = claims.isEmpty && !hasNews ? now + settings.pollEvery : nil
    }

    /// The answer to `.renew`. No answer changes nothing: the lease goes on running out.
    package mutating func renewed(
        _ step: StepID, until: Timestamp?, isCancelled: Bool
    ) -> [Action] {
        guard var one = held[step] else { return [] }
        var reason: StopReason?
        if let until { one.expiresAt = max(one.expiresAt, until) } else { reason = .leaseLost }
        if isCancelled { reason = .cancelled }
        var actions: [Action] = []
        if let reason, !one.isStopping {
            one.isStopping = true
            actions.append(.stop(step, reason))
        }
        if until == nil { one.expiresAt = Timestamp(microseconds: .min) }
        held[step] = one
        return actions
    }

    /// The epoch that the step has now.
    package mutating func raised(_ step: StepID, to epoch: LeaseEpoch) {
        guard let one = held[step] else { return }
        held[step] = Held(
            epoch: epoch, expiresAt: one.expiresAt, progress: one.progress, movedAt: one.movedAt,
            endsAt: one.endsAt, isStopping: one.isStopping)
    }

    /// The work on a step is over, and its end was reported or cannot be.
    package mutating func ended(_ step: StepID) {
        held[step] = nil
        if held.isEmpty, !settings.hasOwnRun { renewAt = nil }
        wake()
    }

    /// Takes no new steps from now on.
    package mutating func drain() { isDraining = true }

    /// The grace is over: everything is stopped.
    package mutating func stopAll() -> [Action] {
        steps.compactMap { step in
            guard var one = held[step], !one.isStopping else { return nil }
            one.isStopping = true
            held[step] = one
            return .stop(step, .draining)
        }
    }
}
