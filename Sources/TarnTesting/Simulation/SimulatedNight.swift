internal import LakeModel
internal import Metadata

/// One night on a virtual clock: several workers, one metadata store, one lake, and a network that loses,
/// doubles and delays.
///
/// The workers are ``WorkerCore``, the metadata is ``QueueModel``, with which the real stores are compared.
/// Everything that happens follows from the seed. After every event the invariants are checked.
package struct SimulatedNight {
    package struct Violation: Error, CustomStringConvertible {
        package let seed: UInt64
        package let at: Int64
        package let what: String

        package var description: String {
            "seed \(seed), \(Double(at) / 1_000_000) s: \(what)"
        }
    }

    package struct Report: Sendable {
        package var events = 0
        package var steps = 0
        package var takeovers = 0
        package var refusedPublications = 0
        package var lostSteps = 0

        package init() {}
    }

    private enum Message {
        case claim(ClaimRequest)
        case renew([LeaseRenewal], at: Timestamp)
        case reclaim(at: Timestamp)
        case finish(StepCompletion)
        case fence(StepID, LeaseEpoch)
        case look(StepID)
        case publish(StepID, LeaseEpoch, writer: RunID, etag: Int, watermark: Int)
    }

    private enum Answer {
        case claims([Claim])
        case renewed([(StepID, LeaseAnswer)])
        case reclaimed(Int)
        case finished(StepID, LeaseEpoch?, isRefused: Bool)
        case fenced(StepID, LeaseEpoch, isOurs: Bool)
        case slot(StepID, SimulatedStore.Slot)
        case published(StepID, LeaseEpoch, isWritten: Bool)
    }

    private enum Event {
        case turn(node: Int, life: Int)
        case arrives(Message, node: Int, life: Int, id: Int)
        case answers(Answer, node: Int, life: Int, id: Int)
        case noAnswer(Message, node: Int, life: Int, id: Int)
        case worked(StepID, LeaseEpoch, node: Int, life: Int)
        case begins(run: Int)
        case fault(NightPlan.Fault)
        case starts(node: Int)
    }

    private struct Work {
        let claim: Claim
        let endsWell: StepOutcome
        let isStalled: Bool
        let began: Int64
        var phase = Phase.beginning
        var isStopped = false
        var completion: StepCompletion?

        enum Phase { case beginning, working, publishing, reporting }

        var writer: RunID { claim.step.run.writer(afterLost: claim.lost) }
    }

    private struct Node {
        var core: WorkerCore
        var id: WorkerID
        var life = 0
        var isUp = true
        var skew: Int64
        var hangsUntil: Int64 = 0
        var isCutOffUntil: Int64 = 0
        var works: [StepID: Work] = [:]
        var waitsFor: Set<Int> = []
        var nextTurn: Int64 = .max
    }

    private var plan: NightPlan
    private let sabotage: NightPlan.Sabotage
    private var events = EventHeap<Event>()
    private var nodes: [Node] = []
    private var metadata = QueueModel()
    private var store = SimulatedStore()
    private var now: Int64 = 0
    private var messages = 0
    private var report = Report()
    /// Under which epoch work on an asset has really begun: nobody before may publish any more.
    private var begun: [AssetKey: LeaseEpoch] = [:]
    private var published: Set<Publication> = []

    private struct Publication: Hashable {
        let asset: AssetKey
        let run: RunID
        let epoch: LeaseEpoch
    }

    private static let settings: WorkerCore.Settings = {
        WorkerCore.Settings(
            slots: 1, leaseFor: .seconds(30), stallMax: .seconds(60), pollEvery: .seconds(10),
            reclaimEvery: .seconds(10))
    }()
    private static let end: Int64 = 7_200 * NightPlan.second

    package init(seed: UInt64, sabotage: NightPlan.Sabotage = .none) {
        plan = NightPlan(seed: seed)
        self.sabotage = sabotage
    }

    /// - Throws: ``Violation`` of an invariant.
    package mutating func run() throws -> Report {
        for index in 0..<plan.nodes {
            nodes.append(
                Node(
                    core: newCore(), id: WorkerID("n\(index)-0"), skew: plan.skews[index]))
            turn(index, at: 0)
        }
        for (index, run) in plan.runs.enumerated() { events.add(.begins(run: index), at: run.at) }
        for (at, fault) in plan.faults { events.add(.fault(fault), at: at) }
        while let (at, event) = events.next() {
            now = at
            report.events += 1
            try handle(event)
            if isOver { break }
            guard now < SimulatedNight.end else { throw violation("a run has not ended: \(openSteps)") }
        }
        guard isOver else { throw violation("nothing happens any more, but \(openSteps)") }
        report.steps = metadata.steps.count
        report.lostSteps = metadata.steps.values.count { $0.progress.state == .lost }
        return report
    }

    private func newCore() -> WorkerCore {
        var settings = SimulatedNight.settings
        settings.slots = plan.slots
        return WorkerCore(settings)
    }

    private var isOver: Bool {
        metadata.runs.count == plan.runs.count && metadata.runs.values.allSatisfy { $0.state.isFinal }
    }

    private var openSteps: String {
        metadata.steps.values.filter { !$0.progress.state.isFinal }.map {
            "\($0.progress.step) is \($0.progress.state)"
        }.sorted().joined(separator: ", ")
    }

    private func violation(_ what: String) -> Violation { Violation(seed: plan.seed, at: now, what: what) }

    private func clock(of node: Int) -> Timestamp {
        NightPlan.start + .microseconds(now + nodes[node].skew)
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .turn(let index, let life):
            guard isHere(index, life, orLater: event) else { return }
            nodes[index].nextTurn = .max
            look(index)
        case .arrives(let message, let index, let life, let id):
            try arrive(message, from: index, life, id)
        case .answers(let answer, let index, let life, let id):
            guard isHere(index, life, orLater: event), nodes[index].waitsFor.remove(id) != nil else { return }
            hear(answer, index)
            look(index)
        case .noAnswer(let message, let index, let life, let id):
            guard isHere(index, life, orLater: event), nodes[index].waitsFor.remove(id) != nil else { return }
            miss(message, index)
            look(index)
        case .worked(let step, let epoch, let index, let life):
            guard isHere(index, life, orLater: event) else { return }
            worked(step, epoch, index)
            look(index)
        case .begins(let number):
            let run = plan.runs[number]
            let id = try metadata.create(run.new, steps: run.steps, leaseFor: .seconds(60))
            // The schedule fires on two nodes.
            let again = try metadata.create(run.new, steps: run.steps, leaseFor: .seconds(60))
            guard id == again, id == run.new.id else { throw violation("one firing made two runs") }
        case .fault(let fault): try suffer(fault)
        case .starts(let index):
            nodes[index].isUp = true
            nodes[index].core = newCore()
            nodes[index].id = WorkerID("n\(index)-\(nodes[index].life)")
            turn(index, at: now)
        }
    }

    /// Whether a node can take part in an event now; one that hangs does so when it wakes up.
    private mutating func isHere(_ index: Int, _ life: Int, orLater event: Event) -> Bool {
        guard nodes[index].isUp, nodes[index].life == life else { return false }
        guard nodes[index].hangsUntil <= now else {
            events.add(event, at: nodes[index].hangsUntil)
            return false
        }
        return true
    }

    private mutating func suffer(_ fault: NightPlan.Fault) throws {
        switch fault {
        case .crash(let index, let duration):
            guard nodes[index].isUp else { return }
            nodes[index].isUp = false
            nodes[index].life += 1
            nodes[index].works = [:]
            nodes[index].waitsFor = []
            nodes[index].nextTurn = .max
            events.add(.starts(node: index), at: now + duration)
        case .hang(let index, let duration):
            nodes[index].hangsUntil = max(nodes[index].hangsUntil, now + duration)
        case .cutOff(let index, let duration):
            nodes[index].isCutOffUntil = max(nodes[index].isCutOffUntil, now + duration)
        case .clockJump(let index, let change): nodes[index].skew += change
        case .cancel(let run):
            guard metadata.runs[plan.runs[run].new.id] != nil else { return }
            _ = try metadata.cancel(plan.runs[run].new.id, at: NightPlan.start + .microseconds(now))
        }
    }

    // MARK: A node

    private mutating func turn(_ index: Int, at time: Int64) {
        guard time < nodes[index].nextTurn else { return }
        nodes[index].nextTurn = time
        events.add(.turn(node: index, life: nodes[index].life), at: time)
    }

    private mutating func look(_ index: Int) {
        let clock = clock(of: index)
        let works = nodes[index].works
        let seconds = UInt64(now / NightPlan.second)
        let actions = nodes[index].core.next(at: clock) { step in
            works[step].map { $0.isStalled ? 1 : seconds &+ 2 } ?? 0
        }
        for action in actions { perform(action, index) }
        let wake = nodes[index].core.wakes(after: clock) - clock
        turn(index, at: now + max(wake.microseconds, 1_000))
    }

    private mutating func perform(_ action: WorkerCore.Action, _ index: Int) {
        let clock = clock(of: index)
        switch action {
        case .claim(let count):
            send(
                .claim(
                    ClaimRequest(
                        owner: nodes[index].id, stepsMax: count, pools: plan.pools,
                        leaseFor: SimulatedNight.settings.leaseFor, now: clock)), index)
        case .renew(let steps):
            let renewals = steps.compactMap { step in
                nodes[index].core.epoch(of: step).map { LeaseRenewal(step: step, epoch: $0) }
            }
            send(.renew(renewals, at: clock), index)
        case .reclaim: send(.reclaim(at: clock), index)
        case .stop(let step, let reason): stop(step, reason, index)
        }
    }

    private mutating func stop(_ step: StepID, _ reason: WorkerCore.StopReason, _ index: Int) {
        guard var work = nodes[index].works[step], !work.isStopped else { return }
        work.isStopped = true
        nodes[index].works[step] = work
        // What is being published or reported is carried through, as in reality.
        guard work.phase == .working || work.phase == .beginning else { return }
        switch reason {
        case .leaseLost: end(step, index)
        case .cancelled: finish(step, .cancelled, index)
        case .stalled, .timedOut, .draining:
            finish(step, .retrying(StepFailure(code: "stalled", problem: "", category: .transient)), index)
        }
    }

    /// Sends a message, which may be lost, doubled or late; and sets the time until which the answer is
    /// awaited.
    private mutating func send(_ message: Message, _ index: Int) {
        messages += 1
        let id = messages
        let life = nodes[index].life
        nodes[index].waitsFor.insert(id)
        if !isLost(index) {
            events.add(.arrives(message, node: index, life: life, id: id), at: now + latency())
            if draws(plan.doubledPerMille) {
                events.add(
                    .arrives(message, node: index, life: life, id: id),
                    at: now + latency() + 2 * NightPlan.second)
            }
        }
        events.add(.noAnswer(message, node: index, life: life, id: id), at: now + 3 * NightPlan.second)
    }

    private mutating func isLost(_ index: Int) -> Bool {
        nodes[index].isCutOffUntil > now || draws(plan.lostPerMille)
    }

    private mutating func draws(_ perMille: Int) -> Bool {
        perMille > 0 && Int.random(in: 0..<1_000, using: &plan.lot) < perMille
    }

    private mutating func latency() -> Int64 {
        draws(plan.latePerMille)
            ? Int64.random(in: 1...90, using: &plan.lot) * NightPlan.second
            : Int64.random(in: 1_000...50_000, using: &plan.lot)
    }

    // MARK: The other side

    /// A message is carried out, whoever sent it and whether or not he still lives.
    private mutating func arrive(_ message: Message, from index: Int, _ life: Int, _ id: Int) throws {
        let answer: Answer
        switch message {
        case .claim(let request):
            let claims = try metadata.claim(request)
            try checkLeases()
            answer = .claims(claims)
        case .renew(let renewals, let at):
            let answers = metadata.renew(
                renewals, runs: [], by: nodes[index].id, for: SimulatedNight.settings.leaseFor, at: at)
            answer = .renewed(zip(renewals, answers.leases).map { ($0.step, $1) })
        case .reclaim(let at):
            guard sabotage != .noReclaim else { return }
            answer = .reclaimed(try metadata.reclaim(at: at).count)
        case .finish(let completion): answer = try finish(completion)
        case .fence(let step, let epoch): answer = try fence(step, epoch)
        case .look(let step): answer = .slot(step, store.slot(step.asset))
        case .publish(let step, let epoch, let writer, let etag, let watermark):
            answer = try publish(step, epoch, writer, etag, watermark)
        }
        guard !isLost(index) else { return }
        events.add(.answers(answer, node: index, life: life, id: id), at: now + latency())
    }

    private func checkLeases() throws {
        var held: Set<AssetKey> = []
        for step in metadata.steps.values where step.progress.state == .running {
            guard held.insert(step.progress.step.asset).inserted else {
                throw violation("two hold \(step.progress.step.asset)")
            }
        }
    }

    private mutating func finish(_ completion: StepCompletion) throws -> Answer {
        var completion = completion
        if sabotage == .noEpochs, let step = metadata.steps[completion.step], step.progress.state == .running
        {
            completion = StepCompletion(
                completion.step, completion.outcome, under: step.progress.epoch, at: completion.finishedAt,
                retryAt: completion.retryAt)
        }
        let before = metadata.steps[completion.step]?.progress.state
        do {
            try metadata.finish([completion])
        } catch is StepRefusal {
            return .finished(completion.step, completion.epoch, isRefused: true)
        }
        let after = metadata.steps[completion.step]?.progress
        if before == .running, after?.state == .succeeded, let epoch = after?.epoch,
            !published.contains(
                Publication(asset: completion.step.asset, run: completion.step.run, epoch: epoch))
        {
            throw violation("\(completion.step) has succeeded without having been published by its holder")
        }
        return .finished(completion.step, completion.epoch, isRefused: false)
    }

    private mutating func fence(_ step: StepID, _ epoch: LeaseEpoch) throws -> Answer {
        let slot = store.slot(step.asset)
        if let known = slot.epoch, known > epoch { return .fenced(step, epoch, isOurs: false) }
        if slot.epoch != epoch {
            _ = store.replace(step.asset, ifMatches: slot.etag) { $0.epoch = epoch }
        }
        return .fenced(step, epoch, isOurs: true)
    }

    private mutating func publish(
        _ step: StepID, _ epoch: LeaseEpoch, _ writer: RunID, _ etag: Int, _ watermark: Int
    ) throws -> Answer {
        let before = store.slot(step.asset)
        let condition = sabotage == .noCondition ? before.etag : etag
        let isWritten = store.replace(step.asset, ifMatches: condition) { slot in
            slot.epoch = epoch
            slot.writer = writer
            slot.writtenUnder = epoch
            slot.watermark = watermark
        }
        guard isWritten else {
            report.refusedPublications += 1
            return .published(step, epoch, isWritten: false)
        }
        if let newest = begun[step.asset], epoch < newest {
            throw violation("\(step) was published under epoch \(epoch), but \(newest) works on it")
        }
        if watermark < before.watermark {
            throw violation(
                "the watermark of \(step.asset) went back from \(before.watermark) to \(watermark)")
        }
        published.insert(Publication(asset: step.asset, run: step.run, epoch: epoch))
        return .published(step, epoch, isWritten: true)
    }

    // MARK: What a node hears

    private mutating func hear(_ answer: Answer, _ index: Int) {
        switch answer {
        case .claims(let claims):
            nodes[index].core.claimed(
                claims.map { ($0.step, $0.epoch, $0.expiresAt, nil) }, at: clock(of: index))
            for claim in claims { begin(claim, index) }
        case .renewed(let answers):
            for (step, answer) in answers {
                let actions =
                    switch answer {
                    case .held(let until):
                        nodes[index].core.renewed(step, until: until, isCancelled: false)
                    case .cancelled(let until):
                        nodes[index].core.renewed(step, until: until, isCancelled: true)
                    case .lost: nodes[index].core.renewed(step, until: nil, isCancelled: false)
                    }
                for action in actions { perform(action, index) }
            }
        case .reclaimed(let count): if count > 0 { nodes[index].core.wake() }
        case .finished(let step, let epoch, _):
            if nodes[index].works[step]?.claim.epoch == epoch { end(step, index) }
        case .fenced(let step, let epoch, let isOurs):
            guard let work = nodes[index].works[step], work.claim.epoch == epoch, work.phase == .beginning
            else {
                return
            }
            if isOurs { startWork(on: step, index) } else { end(step, index) }
        case .slot(let step, let slot): publish(step, slot, index)
        case .published(let step, let epoch, let isWritten):
            guard let work = nodes[index].works[step], work.claim.epoch == epoch, work.phase == .publishing
            else { return }
            if isWritten { finish(step, work.endsWell, index) } else { send(.look(step), index) }
        }
    }

    /// No answer came in time: what is harmless to repeat is repeated.
    private mutating func miss(_ message: Message, _ index: Int) {
        switch message {
        case .claim: nodes[index].core.claimed(nil, at: clock(of: index))
        case .renew, .reclaim: break
        case .finish(let completion):
            guard let work = nodes[index].works[completion.step], work.claim.epoch == completion.epoch else {
                return
            }
            if nodes[index].core.mayCommit(completion.step, at: clock(of: index)) {
                send(message, index)
            } else {
                end(completion.step, index)
            }
        case .fence(let step, let epoch), .publish(let step, let epoch, _, _, _):
            guard let work = nodes[index].works[step], work.claim.epoch == epoch else { return }
            if !nodes[index].core.mayCommit(step, at: clock(of: index)) { return end(step, index) }
            // Whether it was written is seen by looking.
            if work.phase == .publishing { send(.look(step), index) } else { send(message, index) }
        case .look(let step):
            guard nodes[index].works[step]?.phase == .publishing else { return }
            if nodes[index].core.mayCommit(step, at: clock(of: index)) {
                send(message, index)
            } else {
                end(step, index)
            }
        }
    }

    private mutating func begin(_ claim: Claim, _ index: Int) {
        let failure = Int.random(in: 0..<100, using: &plan.lot)
        let outcome: StepOutcome =
            switch failure {
            case 0..<8: .retrying(StepFailure(code: "transient", problem: "", category: .transient))
            case 8..<11: .failed(StepFailure(code: "bad", problem: "", category: .badQuery))
            case 11..<16: .skipped("unchanged")
            default: .succeeded(rows: 1, bytes: ByteCount(1))
            }
        nodes[index].works[claim.step] = Work(
            claim: claim, endsWell: outcome, isStalled: Int.random(in: 0..<50, using: &plan.lot) == 0,
            began: now)
        if claim.mustFence {
            report.takeovers += 1
            if sabotage != .noFence { return send(.fence(claim.step, claim.epoch), index) }
        }
        startWork(on: claim.step, index)
    }

    private mutating func startWork(on step: StepID, _ index: Int) {
        guard var work = nodes[index].works[step], !work.isStopped else { return }
        work.phase = .working
        nodes[index].works[step] = work
        begun[step.asset] = max(begun[step.asset] ?? work.claim.epoch, work.claim.epoch)
        guard !work.isStalled else { return }
        let duration = Int64.random(in: 100...40_000, using: &plan.lot) * 1_000
        events.add(
            .worked(step, work.claim.epoch, node: index, life: nodes[index].life), at: now + duration)
    }

    private mutating func worked(_ step: StepID, _ epoch: LeaseEpoch, _ index: Int) {
        guard var work = nodes[index].works[step], work.claim.epoch == epoch, work.phase == .working,
            !work.isStopped
        else { return }
        guard case .succeeded = work.endsWell else { return finish(step, work.endsWell, index) }
        work.phase = .publishing
        nodes[index].works[step] = work
        send(.look(step), index)
    }

    private mutating func publish(_ step: StepID, _ slot: SimulatedStore.Slot, _ index: Int) {
        guard let work = nodes[index].works[step], work.phase == .publishing else { return }
        if slot.writer == work.writer, slot.writtenUnder == work.claim.epoch {
            // An answer was lost.
            return finish(step, work.endsWell, index)
        }
        if let epoch = slot.epoch, epoch > work.claim.epoch { return end(step, index) }
        guard nodes[index].core.mayCommit(step, at: clock(of: index)) else { return end(step, index) }
        send(
            .publish(
                step, work.claim.epoch, writer: work.writer, etag: slot.etag, watermark: slot.watermark + 1),
            index)
    }

    private mutating func finish(_ step: StepID, _ outcome: StepOutcome, _ index: Int) {
        guard var work = nodes[index].works[step], work.phase != .reporting else { return }
        work.phase = .reporting
        let clock = clock(of: index)
        let completion = StepCompletion(
            step, outcome, under: work.claim.epoch, at: clock, retryAt: clock + .seconds(5))
        work.completion = completion
        nodes[index].works[step] = work
        send(.finish(completion), index)
    }

    private mutating func end(_ step: StepID, _ index: Int) {
        nodes[index].works[step] = nil
        nodes[index].core.ended(step)
    }
}
