internal import LakeModel
internal import Synchronization

/// Keeps the reading of one table within the pace that its source allows.
///
/// Rows per second are kept by the threads that read, which ``pass(rows:)`` holds back. How busy the source
/// is, is asked before each piece, where waiting costs the source nothing; see ``LoadWatch`` for what happens
/// inside of one, while a snapshot is open.
final class Governor: Sendable {
    let pace: Pace
    private let bucket: TokenBucket?
    private let progress: ExtractionProgress
    private let readersMax: Int
    private let wait = WakeableWait()
    private let watch = Mutex<LoadWatch?>(nil)
    private let seen = Mutex<[String]>([])

    /// - Parameter readersMax: How many connections may read the table at once.
    init(_ pace: Pace, progress: ExtractionProgress = ExtractionProgress(), readersMax: Int = 1) {
        self.pace = pace
        self.progress = progress
        self.readersMax = readersMax
        bucket = pace.rowsPerSecond.map { TokenBucket(perSecond: $0) }
    }

    /// Rows that a thread may read at once, so that a slow pace is steady, too: all threads together read no
    /// more than those of a second. `nil` is any number.
    var rowsAtOnce: Int? { pace.rowsPerSecond.map { max(1, $0 / readersMax) } }

    /// What the source did not let us see of its load.
    var remarks: [String] { seen.withLock { $0 } }

    /// Called by every thread that reads, after each chunk; blocks it as long as the pace wants.
    /// - Throws: `CancellationError` at once after ``cancel()``.
    func pass(rows: Int) throws {
        if let bucket { try wait.sleep(until: bucket.take(rows)) }
        if let watch = watch.withLock({ $0 }) { try watch.holdBack(wait) }
    }

    /// Wakes whoever waits, for good. Safe from any thread.
    func cancel() { wait.end() }

    // MARK: Load

    /// How often the source is asked how busy it is, at most.
    static let interval = Duration.seconds(3)

    /// Asks `session`, which reads nothing itself.
    /// - Returns: Why reading should wait; `nil` if it need not.
    func objection(of session: any SourceSession, besides readers: [any SourceSession] = []) throws -> String?
    {
        let load = try session.load(besides: readers)
        seen.withLock { seen in seen += load.unseen.filter { !seen.contains($0) } }
        return pace.objection(to: load)
    }

    /// Has `session` watch the source until ``endWatch()``, while `readers` stream.
    func beginWatch(by session: any SourceSession, besides readers: [any SourceSession]) {
        let new = LoadWatch(session, progress) { [self] in try objection(of: $0, besides: readers) }
        watch.withLock { $0 = new }
    }

    func endWatch() { watch.withLock { $0 = nil } }
}

/// Asks a source how busy it is while a piece of it is read, and holds the readers back.
///
/// Not for long: the snapshot is open meanwhile, and what others change must be kept for it. A source that
/// stays busy gets pauses that are as long as the time for which is read between them.
final class LoadWatch: @unchecked Sendable {
    // Sendable without the compiler's proof because the session is used under `state` only.
    private let session: any SourceSession
    private let progress: ExtractionProgress
    private let objection: (any SourceSession) throws -> String?
    private let state = Mutex((nextAsk: ContinuousClock.now + Governor.interval, isBroken: false))

    /// The longest pause at a time, and the shortest time between two such.
    static let patience = Duration.seconds(15)

    init(
        _ session: any SourceSession, _ progress: ExtractionProgress,
        _ objection: @escaping (any SourceSession) throws -> String?
    ) {
        self.session = session
        self.progress = progress
        self.objection = objection
    }

    /// Asks if it is time to, and blocks while the source is busy. The other readers wait for the one that
    /// asks.
    func holdBack(_ wait: WakeableWait) throws {
        try state.withLock { state in
            let began = ContinuousClock.now
            guard began >= state.nextAsk, !state.isBroken else { return }
            defer { progress.wait(for: nil) }
            while let reason = ask(&state.isBroken) {
                guard ContinuousClock.now - began < LoadWatch.patience else {
                    state.nextAsk = .now + LoadWatch.patience
                    return
                }
                progress.wait(for: reason)
                try wait.sleep(until: .now + Governor.interval)
            }
            state.nextAsk = .now + Governor.interval
        }
    }

    /// A connection for watching that is lost is no reason to stop those that read.
    private func ask(_ isBroken: inout Bool) -> String? {
        guard !isBroken else { return nil }
        do {
            return try objection(session)
        } catch {
            isBroken = true
            return nil
        }
    }
}
