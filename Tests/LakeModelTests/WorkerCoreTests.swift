import LakeModel
import Testing

@Suite struct `What a worker does next` {
    private let start = Timestamp(microseconds: 1_790_000_000_000_000)
    private let step = StepID(
        run: RunID(at: Timestamp(microseconds: 0), random: 1), asset: AssetKey("silver.a")!)

    private func core(holding lease: Duration = .seconds(30), timeout: Duration? = nil) -> WorkerCore {
        var core = WorkerCore(WorkerCore.Settings(slots: 2, leaseFor: lease, stallMax: .seconds(60)))
        _ = core.next(at: start) { _ in 0 }
        core.claimed([(step, .first, start + lease, timeout)], at: start)
        return core
    }

    @Test func `asks for as many steps as it has room for, and again when one ends`() {
        var core = WorkerCore(WorkerCore.Settings(slots: 2))
        #expect(core.next(at: start) { _ in 0 } == [.claim(2)])
        // The answer is still to come.
        #expect(core.next(at: start) { _ in 0 } == [])
        core.claimed([(step, .first, start + .seconds(30), nil)], at: start)
        #expect(core.next(at: start) { _ in 0 } == [.claim(1)])
        core.claimed([], at: start)
        #expect(core.next(at: start + .milliseconds(900)) { _ in 0 } == [])
        core.ended(step)
        #expect(core.next(at: start + .milliseconds(900)) { _ in 0 } == [.claim(2)])
        core.claimed([], at: start)
        core.drain()
        #expect(core.next(at: start + .seconds(3)) { _ in 0 } == [])
    }

    @Test func `asks again at once if a step ended while the answer was under way`() {
        var core = core()
        #expect(core.next(at: start) { _ in 0 } == [.claim(1)])
        core.ended(step)
        core.claimed([], at: start)
        #expect(core.next(at: start) { _ in 0 } == [.claim(2)])
        core.claimed([], at: start)
        #expect(core.next(at: start) { _ in 0 } == [])
        // No answer is no reason to hurry.
        #expect(core.next(at: start + .seconds(2)) { _ in 0 } == [.claim(2)])
        core.wake()
        core.claimed(nil, at: start + .seconds(2))
        #expect(core.next(at: start + .seconds(2)) { _ in 0 } == [])
    }

    @Test func `renews a lease while the work moves, and stops what stands still`() {
        var core = core(holding: .seconds(3_600))
        core.claimed([], at: start)
        var renewals = 0
        for seconds in stride(from: 900, through: 3_000, by: 30) {
            let progress = UInt64(min(seconds, 2_000))
            let actions = core.next(at: start + .seconds(seconds)) { _ in progress }
            if actions.contains(.renew([step])) { renewals += 1 }
            let isStopped = actions.contains(.stop(step, .stalled))
            #expect(isStopped == (seconds == 2_100), "\(seconds)")
            if seconds >= 2_100 { #expect(core.renewable(at: start + .seconds(seconds)) == []) }
        }
        #expect(renewals > 0)
    }

    @Test func `may commit until its lease runs out by its own clock`() {
        var core = core()
        #expect(core.mayCommit(step, at: start + .seconds(29)))
        #expect(!core.mayCommit(step, at: start + .seconds(30)))
        #expect(core.renewed(step, until: start + .seconds(60), isCancelled: false) == [])
        #expect(core.mayCommit(step, at: start + .seconds(59)))
        // Late is not lost: that is what the next renewal tells, if there is an answer.
        #expect(!core.next(at: start + .seconds(60)) { _ in 1 }.contains(.stop(step, .leaseLost)))
        #expect(core.next(at: start + .seconds(90)) { _ in 2 }.contains(.stop(step, .leaseLost)))
        #expect(core.renewed(step, until: nil, isCancelled: false) == [])
        #expect(!core.mayCommit(step, at: start))
    }

    @Test func `stops what is cancelled, lost or too slow, once each`() {
        var cancelled = core()
        #expect(
            cancelled.renewed(step, until: start + .seconds(60), isCancelled: true) == [
                .stop(step, .cancelled)
            ])
        #expect(cancelled.renewed(step, until: start + .seconds(90), isCancelled: true) == [])
        #expect(cancelled.mayCommit(step, at: start + .seconds(80)))
        var lost = core()
        #expect(lost.renewed(step, until: nil, isCancelled: false) == [.stop(step, .leaseLost)])
        var slow = core(holding: .seconds(600), timeout: .seconds(20))
        #expect(!slow.next(at: start + .seconds(19)) { _ in 1 }.contains(.stop(step, .timedOut)))
        #expect(slow.next(at: start + .seconds(20)) { _ in 2 }.contains(.stop(step, .timedOut)))
        var drained = core()
        drained.drain()
        #expect(drained.stopAll() == [.stop(step, .draining)])
        #expect(drained.stopAll() == [])
    }

    @Test func `renews its own run also while it holds no step`() {
        var settings = WorkerCore.Settings(leaseFor: .seconds(40))
        settings.hasOwnRun = true
        var core = WorkerCore(settings)
        #expect(core.next(at: start) { _ in 0 } == [.renew([]), .claim(4)])
        core.claimed([], at: start)
        #expect(core.next(at: start + .seconds(9)) { _ in 0 }.contains(.renew([])) == false)
        #expect(core.next(at: start + .seconds(10)) { _ in 0 }.contains(.renew([])))
    }
}

@Suite struct `A retry` {
    @Test(arguments: [
        (FailureCategory.transient, [1.0, 2, 4, nil]), (.authExpired, [1.0, nil]),
        (.outOfMemory, [1.0, nil]),
        (.lost, [0.0, 0, 0, nil]), (.badQuery, [nil]), (.badData, [nil]), (.badConfig, [nil]),
        (.cancelled, [nil]),
    ])
    func `is made by the kind of failure, after a doubled wait`(category: FailureCategory, waits: [Double?]) {
        let policy = RetryPolicy(attemptsMax: 4, backoff: .seconds(1), backoffMax: .seconds(5))
        for (index, wait) in waits.enumerated() {
            #expect(policy.delay(after: index + 1, category, random: 0) == wait.map { .seconds($0) })
        }
        #expect(
            policy.delay(after: 1, .transient, random: 1) == .seconds(1.25)
                && RetryPolicy(attemptsMax: 99).delay(after: 90, .transient, random: 0) == .seconds(900))
    }
}
