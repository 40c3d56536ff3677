import GRDB
import Glibc
import LakeModel
import Synchronization
import TarnTesting
import Testing

@testable import Metadata

@Suite struct `Metadata in SQLite` {
    @Test(arguments: MetadataConformance.claims)
    func `keeps what every store promises`(claim: MetadataConformance.Claim) async throws {
        try await withStore { try await claim.body($0) }
    }

    @Test func `opens an up-to-date file without a change of it`() async throws {
        try await withStore { store in
            let before = try readBytes(store.path)
            let clock = ContinuousClock()
            var fastest = Duration.seconds(60)
            for _ in 0..<5 {
                fastest = min(
                    fastest,
                    try await clock.measure {
                        try await SQLiteMetadataStore.open(at: store.path, now: noon).close()
                    })
            }
            #expect(try readBytes(store.path) == before)
            recordTime("open and close", fastest)
        }
    }

    @Test func `a write is carried out although its task was cancelled, a read is not`() async throws {
        try await withStore { store in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await store.createRun(.sample())
                await #expect(throws: CancellationError.self) { try await store.runs(RunFilter()) }
            }
            try await task.value
            #expect(try await store.runs(RunFilter()).count == 1)
        }
    }

    @Test func `two connections that open a new file at once both get it, and both write`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/metadata.sqlite"
            let stores = try await withThrowingTaskGroup(of: SQLiteMetadataStore.self) { group in
                for _ in 0..<4 { group.addTask { try await SQLiteMetadataStore.open(at: path, now: noon) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await withThrowingDiscardingTaskGroup { group in
                for (number, store) in stores.enumerated() {
                    group.addTask {
                        for round in 0..<25 {
                            let id = "r\(number)-\(round)"
                            let step = StepID(run: try runID(id), asset: try assetKey("silver.a"))
                            _ = try await store.createRun(.sample(id), steps: [PlannedStep(step)])
                            var claims: [Claim] = []
                            // Another one may have the asset at this moment.
                            while claims.isEmpty {
                                claims = try await store.claim(
                                    ClaimRequest(
                                        owner: WorkerID("w\(number)"), run: step.run, stepsMax: 1,
                                        leaseFor: .seconds(60), now: noon))
                            }
                            try await store.finish(
                                steps: claims.map { $0.attempt.finished(.cancelled, at: noon) })
                        }
                    }
                }
            }
            let runs = try await stores[0].runs(RunFilter(limit: 1_000))
            #expect(runs.count == 100)
            var epochs: Set<LeaseEpoch> = []
            for run in runs {
                let report = try #require(try await stores[1].run(run.id))
                epochs.formUnion(report.steps.flatMap(\.attempts).map(\.epoch))
            }
            #expect(epochs.count == 100)
            for store in stores { try store.close() }
        }
    }

    @Test func `readers never wait for a writer that hangs, writers do, and say so`() async throws {
        try await withStore(busyTimeout: .milliseconds(20)) { store in
            _ = try await store.createRun(.sample("r1"))
            let other = try openByHand(store.path)
            try await other.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN IMMEDIATE; UPDATE run SET state = 'lost'")
            }
            #expect(try await store.run(try runID("r1"))?.summary.state == .succeeded)
            let busy = await #expect(throws: MetadataBusy.self) { try await store.createRun(.sample("r2")) }
            #expect(busy?.isTransient == true)
            // The death of the process: its connection closes without a commit.
            try other.close()
            _ = try await store.createRun(.sample("r2"))
            #expect(try await store.run(try runID("r1"))?.summary.state == .succeeded)
        }
    }

    @Test func `a power cut in the middle of a transaction leaves the state before it`() async throws {
        try await withStore { store in
            _ = try await store.createRun(.sample("r1"))
            let other = try openByHand(store.path)
            try await other.writeWithoutTransaction { db in
                // A cache of one page makes SQLite write changes to the WAL before the commit.
                try db.execute(sql: "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE run SET state = 'lost'")
                for number in 0..<2_000 {
                    try db.execute(
                        sql: "INSERT INTO fact VALUES ('n', ?, hex(randomblob(200)), 0)", arguments: [number])
                }
            }
            let copy = String(store.path.dropLast("metadata.sqlite".count)) + "copy.sqlite"
            let wal = try readBytes(store.path + "-wal")
            #expect(wal.count > 100_000)
            try writeBytes(try readBytes(store.path), to: copy)
            try writeBytes(wal, to: copy + "-wal")
            try other.close()

            let recovered = try await SQLiteMetadataStore.open(at: copy, now: noon)
            #expect(try await recovered.run(try runID("r1"))?.summary.state == .succeeded)
            #expect(try await recovered.facts(FactNamespace("n"), keys: (0..<2_000).map(String.init)) == [:])
            _ = try await recovered.createRun(.sample("r2"))
            try recovered.close()
        }
    }
}

private final class CommitCounter: TransactionObserver, Sendable {
    let count = Atomic(0)

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { count.add(1, ordering: .relaxed) }
    func databaseDidRollback(_ db: Database) {}
}

/// Prints a time for whoever asks for it: `TARN_TIMES=1 swift test`.
func recordTime(_ what: String, _ time: Duration) {
    guard getenv("TARN_TIMES") != nil else { return }
    let line = "\(what): \(time)\n"
    line.withCString { _ = write(2, $0, strlen($0)) }
}

/// A connection that may be left inside a transaction, as a process that hangs or dies would.
private func openByHand(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
}
