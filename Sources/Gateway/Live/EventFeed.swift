internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Synchronization

/// Gives events to readers as they happen: however many there are, the metadata is asked once.
///
/// While nobody reads, nothing is asked. What all readers get has a number; the newest events are kept, so
/// that who was cut off goes on where he was.
final class EventFeed: Sendable {
    private let state: Mutex<EventFeedState>
    private let calls = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let metadata: @Sendable () -> (any MetadataStore)?
    private let heartbeat: Duration

    /// What a reader is told.
    enum Item: Sendable {
        /// Everything from now on will come.
        case ready
        /// Its number is that of the stream of all runs.
        case event(RunEvent, number: Int64)
        /// The run is over, and all of its events were sent.
        case ended(RunState)
        case heartbeat
    }

    /// Why a reader is told no more.
    enum Ending: Sendable { case closed, behind, left }

    /// - Parameter metadata: That of the lake that is open now; `nil` while none is.
    init(_ options: GatewayOptions, metadata: @escaping @Sendable () -> (any MetadataStore)?) {
        self.metadata = metadata
        heartbeat = options.heartbeat
        state = Mutex(
            EventFeedState(
                name: String(UInt32.random(in: 0...UInt32.max), radix: 36), readersMax: options.streamsMax,
                behindMax: options.eventsBehindMax))
    }

    var readers: Int { state.withLock { $0.readers.count } }

    /// Begins to tell a reader: of one run, or of all.
    /// - Parameter id: Of the last event of all runs that the reader has.
    /// - Returns: `nil` if there are too many readers, or the service is about to end.
    func subscribe(to run: RunID? = nil, after id: String? = nil) -> Subscription? {
        let subscription = state.withLock { $0.subscribe(to: run, after: id, at: .now) }
        guard let subscription else { return nil }
        calls.continuation.yield()
        return Subscription(
            number: subscription.number, items: subscription.items, isComplete: subscription.isComplete,
            feed: self)
    }

    struct Subscription: Sendable {
        fileprivate let number: Int
        let items: AsyncStream<Item>
        /// Whether the reader misses nothing since the event that it named.
        let isComplete: Bool
        fileprivate let feed: EventFeed

        /// Ends it, and says why it has ended.
        @discardableResult
        func end() -> Ending { feed.state.withLock { $0.leave(number) } }
    }

    /// The id of an event of all runs.
    func id(_ number: Int64) -> String { state.withLock { "\($0.name)-\(number)" } }

    /// No more readers; those that there are are told so.
    func close() {
        state.withLock { $0.close() }
        calls.continuation.finish()
    }

    /// Serves readers until the feed is closed or the task cancelled.
    func run() async {
        for await _ in calls.stream {
            var beatAt = ContinuousClock.now + heartbeat
            while readers > 0, !Task.isCancelled {
                guard let metadata = metadata() else {
                    try? await Task.sleep(for: .milliseconds(200))
                    continue
                }
                do {
                    try await look(metadata)
                    await metadata.awaitChange(atMost: .seconds(1))
                } catch {
                    // It is asked again; readers miss nothing by that.
                    try? await Task.sleep(for: .seconds(1))
                }
                if ContinuousClock.now >= beatAt {
                    state.withLock { $0.tellAll(.heartbeat) }
                    beatAt = .now + heartbeat
                }
            }
        }
    }

    private func look(_ metadata: any MetadataStore) async throws {
        let now = Lake.now()
        let question = state.withLock { $0.question(at: now) }
        let runs = try await metadata.activity(since: question.since, of: question.runs)
        for wanted in state.withLock({ $0.answered(runs) }) {
            var last = wanted.after
            while last < wanted.upTo {
                let events = try await metadata.events(of: wanted.run, after: last, limit: 500)
                state.withLock { $0.tell(events) }
                // What was deleted meanwhile does not come any more.
                last = events.last?.sequence ?? wanted.upTo
            }
            state.withLock { $0.told(wanted.run, upTo: last) }
        }
        state.withLock { $0.looked(runs, at: now) }
    }
}
