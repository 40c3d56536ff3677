import LakeModel
import Metadata
import Orchestrator
import Postgres
import Project
import Synchronization
import TarnTesting
import Testing

@testable import Gateway

@Suite struct `The feed of events` {
    private static func options() -> GatewayOptions { GatewayOptions() }

    /// Events of many runs, told to readers that come and go.
    private func serves(_ metadata: any MetadataStore) async throws {
        let feed = EventFeed(Self.options()) { metadata }
        let asset = try #require(AssetKey("gold.a"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await feed.run() }
            let subscription = try #require(feed.subscribe())
            var items = subscription.items.makeAsyncIterator()
            guard case .ready? = await items.next() else { throw ClientFailed("not ready") }
            group.addTask {
                for number in 0..<20 {
                    let run = RunID(at: Lake.now(), random: UInt32(number))
                    _ = try await metadata.createRun(
                        NewRun(id: run, selection: "*", trigger: .manual, createdAt: Lake.now()),
                        steps: [PlannedStep(StepID(run: run, asset: asset))])
                    if number % 2 == 0 { _ = try await metadata.cancel(run, at: Lake.now()) }
                }
            }
            var seen: [RunID: [Int64]] = [:]
            var (count, last) = (0, Int64(0))
            // Created; of half of them cancel requested, the step cancelled, finished.
            while count < 20 + 30, let item = await items.next() {
                guard case .event(let event, let number) = item else { continue }
                count += 1
                #expect(number == last + 1)
                last = number
                seen[event.draft.run, default: []].append(event.sequence)
            }
            #expect(seen.count == 20)
            for sequences in seen.values { #expect(sequences == Array(1...Int64(sequences.count))) }
            #expect(feed.readers == 1)
            subscription.end()
            #expect(feed.readers == 0)
            feed.close()
            #expect(feed.subscribe() == nil)
            try await group.waitForAll()
        }
    }

    @Test func `tells all events of all runs once and in order, from SQLite`() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteMetadataStore.open(at: "\(folder.path)/m.db", now: Lake.now())
        try await serves(store)
        try store.close()
    }

    @Test func `tells all events of all runs once and in order, from PostgreSQL`() async throws {
        try await PostgreSQLServer.shared().withDatabase { server in
            let settings = PostgresSettings(
                host: server.host, port: server.port, user: server.user, password: server.password,
                database: server.database)
            let store = try await PostgresMetadataStore.open(settings, now: Lake.now())
            try await serves(store)
            store.close()
        }
    }

    @Test func `asks nothing while nobody reads`() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteMetadataStore.open(at: "\(folder.path)/m.db", now: Lake.now())
        let asked = Mutex(0)
        let feed = EventFeed(Self.options()) {
            asked.withLock { $0 += 1 }
            return store
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await feed.run() }
            let subscription = try #require(feed.subscribe())
            var items = subscription.items.makeAsyncIterator()
            _ = await items.next()
            subscription.end()
            try await Task.sleep(for: .milliseconds(1_500))
            let before = asked.withLock { $0 }
            try await Task.sleep(for: .milliseconds(1_500))
            #expect(asked.withLock { $0 } == before)
            feed.close()
            try await group.waitForAll()
        }
        try store.close()
    }

    @Test func `tells who is behind that he is, and keeps no more than its bound for him`() throws {
        var state = EventFeedState(name: "f", readersMax: 3, behindMax: 5)
        let run = try #require(RunID("r"))
        let subscribed = state.subscribe(to: run, after: nil, at: .now)
        let slow = try #require(subscribed)
        _ = state.answered([])
        func events(_ numbers: ClosedRange<Int64>) -> [RunEvent] {
            numbers.map {
                RunEvent(sequence: $0, draft: .init(run: run, at: Timestamp(microseconds: 0), kind: .note))
            }
        }
        state.tell(events(1...1_004))
        #expect(state.readers.count == 1)
        state.tell(events(1_005...1_010))
        #expect(state.readers.isEmpty)
        let (first, second) = (state.leave(slow.number), state.leave(slow.number))
        #expect(first == .behind && second == .left)
    }
}
