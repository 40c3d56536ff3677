/// A backfill and how far it is. Every change of one is decided here; what carries it out only stores it.
///
/// Its partitions are divided into chunks with numbers from 0, in its order. A chunk that was begun and has
/// not succeeded is in ``chunks``; what is below ``next`` and not there is done. So a backfill of a hundred
/// thousand partitions is as small as what is open of it.
package struct Backfill: Hashable, Sendable {
    package let id: BackfillID
    package let plan: BackfillPlan
    package let createdAt: Timestamp
    package private(set) var state: State
    /// Why it is paused, or what did not go well.
    package private(set) var reason: String?
    package private(set) var finishedAt: Timestamp?
    /// The first chunk that was never begun.
    package private(set) var next: Int
    /// Partitions that are built.
    package private(set) var done: Int
    package private(set) var failuresInARow: Int
    /// Before which nothing begins, for the sake of its rate.
    package private(set) var notBefore: Timestamp?
    /// The newest completions, the oldest first.
    package private(set) var recent: [Completion]
    /// By number: those that run, wait for another try, or have failed.
    package private(set) var chunks: [Int: Chunk]

    package enum State: String, CaseIterable, Hashable, Sendable, Codable {
        /// Chunks begin whenever its pace allows it.
        case running
        /// None begins; those that run go on.
        case paused
        case succeeded
        /// All chunks were tried, and some have failed.
        case failed
        case cancelled

        package var isOpen: Bool { self == .running || self == .paused }
    }

    package struct Chunk: Hashable, Sendable {
        package let number: Int
        /// Counts from 1.
        package fileprivate(set) var attempt: Int
        /// How often whoever worked on it was lost.
        package fileprivate(set) var losses: Int
        package fileprivate(set) var state: State
        /// The newest; `nil` before the first.
        package fileprivate(set) var run: RunID?
        package let count: Int
        /// As it is written after `--partition`.
        package let selection: String
        /// Why it failed, or waits.
        package fileprivate(set) var problem: String?
        /// When its state changed. One that waits does so until then.
        package fileprivate(set) var at: Timestamp

        package enum State: String, CaseIterable, Hashable, Sendable { case waiting, running, failed }

        package init(
            number: Int, attempt: Int, losses: Int, state: State, run: RunID?, count: Int, selection: String,
            problem: String?, at: Timestamp
        ) {
            self.number = number
            self.attempt = attempt
            self.losses = losses
            self.state = state
            self.run = run
            self.count = count
            self.selection = selection
            self.problem = problem
            self.at = at
        }
    }

    package struct Completion: Hashable, Sendable, Codable {
        package let began: Timestamp
        package let ended: Timestamp
        package let count: Int

        package init(began: Timestamp, ended: Timestamp, count: Int) {
            self.began = began
            self.ended = ended
            self.count = count
        }
    }

    /// After so many losses a chunk has failed.
    package static let lossesMax = 3
    /// How long a chunk waits that could not be built at its time.
    package static let postponement = Duration.seconds(600)
    private static let recentMax = 20

    package init(_ id: BackfillID, _ plan: BackfillPlan, createdAt: Timestamp) {
        self.init(id, plan, createdAt: createdAt, state: .running)
        if plan.count == 0 { conclude(at: createdAt) }
    }

    /// As it was stored.
    package init(
        _ id: BackfillID, _ plan: BackfillPlan, createdAt: Timestamp, state: State, reason: String? = nil,
        finishedAt: Timestamp? = nil, next: Int = 0, done: Int = 0, failuresInARow: Int = 0,
        notBefore: Timestamp? = nil, recent: [Completion] = [], chunks: [Chunk] = []
    ) {
        self.id = id
        self.plan = plan
        self.createdAt = createdAt
        self.state = state
        self.reason = reason
        self.finishedAt = finishedAt
        self.next = next
        self.done = done
        self.failuresInARow = failuresInARow
        self.notBefore = notBefore
        self.recent = recent
        self.chunks = Dictionary(chunks.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
    }

    // MARK: What is next

    package enum Next: Hashable, Sendable {
        /// Begin the chunk of this number.
        case begin(Int)
        /// Until then, or until a run ends or somebody changes the backfill.
        case wait(until: Timestamp?, Waiting)
        /// Every chunk was built or has failed.
        case conclude
        /// It is not running.
        case nothing
    }

    package enum Waiting: String, Hashable, Sendable { case runs, hours, rate, postponed }

    package func next(at now: Timestamp, in zone: ZoneRules) -> Next {
        guard state == .running else { return .nothing }
        let running = chunks.values.count { $0.state == .running }
        let waiting = chunks.values.filter { $0.state == .waiting }
        let due = waiting.filter { $0.at <= now }.map(\.number).min()
        guard let number = due ?? (next < plan.chunkCount ? next : nil) else {
            if let at = waiting.map(\.at).min() { return .wait(until: at, .postponed) }
            return running > 0 ? .wait(until: nil, .runs) : .conclude
        }
        if running >= plan.pace.runsMax { return .wait(until: nil, .runs) }
        if let hours = plan.pace.hours, !hours.contains(zone.localTime(at: now)) {
            return .wait(until: hours.next(after: now, in: zone), .hours)
        }
        if let notBefore, notBefore > now { return .wait(until: notBefore, .rate) }
        return .begin(number)
    }

    /// The key under which the run of a chunk is created once.
    package func idempotencyKey(ofChunk number: Int) -> String {
        "backfill/\(id)/\(number)/\(chunks[number]?.attempt ?? 1)"
    }

    /// Whether the chunk may begin under `key`: nobody else was quicker, and nobody has stopped it.
    package func mayBegin(_ number: Int, under key: String) -> Bool {
        guard state == .running, key == idempotencyKey(ofChunk: number) else { return false }
        return chunks[number].map { $0.state == .waiting } ?? (number == next)
    }

    // MARK: What happens

    /// A chunk begins.
    package mutating func begin(_ number: Int, _ selection: String, count: Int, run: RunID, at now: Timestamp)
    {
        let before = chunks[number]
        chunks[number] = Chunk(
            number: number, attempt: before?.attempt ?? 1, losses: before?.losses ?? 0, state: .running,
            run: run, count: before?.count ?? count, selection: before?.selection ?? selection, problem: nil,
            at: now)
        if number == next { next += 1 }
        if let rate = plan.pace.ratePerHour {
            notBefore = now + .microseconds(3_600_000_000 * Int64(count) / Int64(rate))
        }
    }

    /// A chunk has nothing left to build: others have built it since.
    package mutating func pass(_ number: Int, count: Int) {
        done += chunks[number]?.count ?? count
        chunks[number] = nil
        if number == next { next += 1 }
        failuresInARow = 0
    }

    package enum Outcome: Hashable, Sendable {
        case built
        case failed(String)
        /// Whoever worked on it is gone.
        case lost
        /// It was not the time for it.
        case postponed(String)
    }

    /// The run of a chunk has ended. Nothing changes if it is not the chunk's run any more.
    package mutating func settle(_ run: RunID, _ outcome: Outcome, at now: Timestamp) {
        guard var chunk = chunks.values.first(where: { $0.run == run && $0.state == .running }) else {
            return
        }
        switch outcome {
        case .built:
            done += chunk.count
            failuresInARow = 0
            recent.append(Completion(began: chunk.at, ended: now, count: chunk.count))
            recent.removeFirst(max(0, recent.count - Backfill.recentMax))
            chunks[chunk.number] = nil
            return
        case .lost where chunk.losses + 1 < Backfill.lossesMax:
            chunk.losses += 1
            chunk.wait(until: now)
        case .postponed(let why):
            chunk.wait(until: now + Backfill.postponement)
            chunk.problem = why
        case .lost:
            chunk.fail("whoever worked on it was lost \(Backfill.lossesMax) times", at: now)
            failuresInARow += 1
        case .failed(let problem):
            chunk.fail(problem, at: now)
            failuresInARow += 1
        }
        chunks[chunk.number] = chunk
        if failuresInARow >= plan.pace.failuresInARowMax, state == .running {
            pause("\(failuresInARow) chunks in a row have failed: \(chunk.problem ?? "")")
        }
    }

    /// All was tried.
    package mutating func conclude(at now: Timestamp) {
        guard state == .running else { return }
        state = chunks.isEmpty ? .succeeded : .failed
        finishedAt = now
    }

    // MARK: What somebody wants

    package mutating func pause(_ why: String? = nil) {
        guard state == .running else { return }
        state = .paused
        reason = why.map { boundedText($0, bytesMax: 2_000) }
    }

    package mutating func resume() {
        guard state == .paused else { return }
        state = .running
        reason = nil
        failuresInARow = 0
    }

    /// - Returns: Runs that are to be cancelled.
    package mutating func cancel(at now: Timestamp) -> [RunID] {
        guard state.isOpen || state == .failed else { return [] }
        state = .cancelled
        finishedAt = now
        let running = chunks.values.filter { $0.state == .running }
        for var chunk in running {
            chunk.fail("it was cancelled with the backfill", at: now)
            chunks[chunk.number] = chunk
        }
        return running.compactMap(\.run).sorted()
    }

    /// Chunks that have failed are tried again.
    /// - Returns: How many.
    package mutating func retry(at now: Timestamp) -> Int {
        let failed = chunks.values.filter { $0.state == .failed }
        guard !failed.isEmpty, state != .cancelled else { return 0 }
        for var chunk in failed {
            chunk.losses = 0
            chunk.wait(until: now)
            chunks[chunk.number] = chunk
        }
        state = .running
        reason = nil
        finishedAt = nil
        failuresInARow = 0
        return failed.count
    }

    /// The process that works on `runs` is told to end: it pauses, and their chunks are not failures.
    package mutating func handBack(_ runs: Set<RunID>, _ why: String, at now: Timestamp) {
        for var chunk in chunks.values where chunk.run.map(runs.contains) ?? false {
            guard chunk.state != .waiting else { continue }
            chunk.wait(until: now)
            chunks[chunk.number] = chunk
        }
        pause(why)
    }
}

extension Backfill.Chunk {
    fileprivate mutating func wait(until time: Timestamp) {
        state = .waiting
        attempt += 1
        problem = nil
        at = time
    }

    fileprivate mutating func fail(_ why: String, at now: Timestamp) {
        state = .failed
        problem = boundedText(why, bytesMax: 1_000)
        at = now
    }
}
