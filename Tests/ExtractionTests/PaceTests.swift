import Blocking
import Foundation
import LakeModel
import LakeStore
import MySQL
import Project
import Synchronization
import TarnTesting
import Testing

@testable import Extraction

/// The hours of a pace on the wall of the lake's zone.
@Suite struct `The hours of a pace` {
    private func next(_ hours: (Int, Int), after text: String, in name: String) throws -> String {
        let zone = try TimeZoneFiles().load(name)
        let hours = try #require(Pace.Hours(from: hours.0 * 60, to: hours.1 * 60))
        return hours.next(after: try #require(Timestamp(text)), in: zone).description
    }

    @Test(arguments: [
        (22, 6, 22, true), (22, 6, 23, true), (22, 6, 0, true), (22, 6, 5, true), (22, 6, 6, false),
        (22, 6, 21, false), (8, 17, 8, true), (8, 17, 16, true), (8, 17, 17, false), (0, 24, 23, true),
        (20, 24, 19, false), (20, 24, 23, true),
    ])
    func `have their beginning and not their end, over midnight too`(
        from: Int, to: Int, hour: Int, isWithin: Bool
    ) throws {
        let hours = try #require(Pace.Hours(from: from * 60, to: to * 60))
        for minute in [0, 59] {
            let time = LocalTime(day: Day(daysSinceEpoch: 0), hour: hour, minute: minute, second: 59)
            #expect(hours.contains(time) == isWithin)
        }
    }

    @Test func `begin on the wall, whatever the clocks do in between`() throws {
        #expect(try next((22, 6), after: "2026-11-23T06:00:00Z", in: "UTC").hasPrefix("2026-11-23T22:00:00"))
        // In summer London is an hour ahead; the clocks go back in the night of 25 October.
        let summer = try next((22, 6), after: "2026-10-24T10:00:00Z", in: "Europe/London")
        #expect(summer.hasPrefix("2026-10-24T21:00:00"))
        let winter = try next((22, 6), after: "2026-10-25T10:00:00Z", in: "Europe/London")
        #expect(winter.hasPrefix("2026-10-25T22:00:00"))
        // From 01:00 to 02:00 comes twice then: they begin again when it does.
        let twice = try next((1, 2), after: "2026-10-25T00:59:59Z", in: "Europe/London")
        #expect(twice.hasPrefix("2026-10-25T01:00:00"))
        // On 29 March it does not come at all.
        let never = try next((1, 2), after: "2026-03-29T00:30:00Z", in: "Europe/London")
        #expect(never.hasPrefix("2026-03-30T00:00:00"))
        // The clocks jump into them.
        let jump = try next((1, 5), after: "2026-03-29T00:30:00Z", in: "Europe/London")
        #expect(jump.hasPrefix("2026-03-29T01:00:00"))
    }
}

@Suite struct `A pace` {
    private static let rows = """
        CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
        INSERT INTO t SELECT value, hex(value) FROM
        (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 6000) SELECT value FROM n)
        """

    @Test func `lets so many rows pass, and makes up for no more than a second`() {
        let begin = ContinuousClock.now
        let bucket = TokenBucket(perSecond: 100, now: begin)
        #expect(bucket.take(50, now: begin) == begin + .milliseconds(500))
        #expect(bucket.take(100, now: begin) == begin + .milliseconds(1_500))
        // Ten seconds of silence are worth one.
        let later = begin + .seconds(11)
        #expect(bucket.take(100, now: later) == later)
        #expect(bucket.take(100, now: later) == later + .seconds(1))
    }

    @Test func `of a load objects in words`() {
        let pace = Pace(replicaLagMax: .seconds(10), threadsRunningMax: 5)
        #expect(
            pace.objection(to: SourceLoad(replicaLag: .seconds(45))) == "replica is 45 s behind (max 10 s)")
        #expect(
            pace.objection(to: SourceLoad(threadsRunning: 6)) == "6 statements run at the source (max 5)")
        #expect(
            pace.objection(to: SourceLoad(threadsRunning: 5, replicaLag: .seconds(10), unseen: ["x"])) == nil)
    }

    @Test func `of rows per second is kept steadily`() async throws {
        let lake = try LittleLake(sqlite: Self.rows)
        lake.slowDown(Pace(rowsPerSecond: 2_000))
        let (progress, began) = (ExtractionProgress(), ContinuousClock.now)
        let most = Mutex(0.0)
        let isOver = Atomic(false)
        let watch = Disturbance {
            while !isOver.load(ordering: .acquiring) {
                let rows = Double(progress.rows)
                let ahead = rows - 2_000 * (ContinuousClock.now - began).seconds
                most.withLock { $0 = max($0, ahead) }
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
        try await lake.extract(.full(), progress: progress)
        let elapsed = ContinuousClock.now - began
        isOver.store(true, ordering: .releasing)
        try await watch.end()
        #expect(elapsed >= .milliseconds(2_900), "\(elapsed)")
        // Never more than a chunk of a second ahead.
        #expect(most.withLock { $0 } <= 2_100)
        #expect(try await lake.query("SELECT count(*), sum(id) FROM bronze_s.t") == ["6000|18003000"])
    }

    @Test func `holds for all connections of a table together`() async throws {
        try await withMariaDB(
            [
                "CREATE TABLE t (k INT PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_20000",
                "ANALYZE TABLE t",
            ] + `A table of MariaDB that several connections read`.swollen
        ) { lake, settings in
            lake.slowDown(Pace(rowsPerSecond: 8_000))
            let began = ContinuousClock.now
            let (manifest, ledger) = try await lake.commit(.read(by: 4))
            #expect(ContinuousClock.now - began >= .milliseconds(2_400))
            #expect(ledger.rows == 20_000)
            #expect(manifest.origin.remarks?.contains { $0.hasPrefix("4 connections") } == true)
            try await expectNothingOfOurs(settings)
        }
    }

    @Test func `does not hold up a cancellation`() async throws {
        let lake = try LittleLake(sqlite: Self.rows)
        lake.slowDown(Pace(rowsPerSecond: 1))
        let progress = ExtractionProgress()
        let task = Task { try await lake.extract(.full(), progress: progress) }
        let disturbance = Disturbance {
            try Disturbance.await("it reads") { progress.rows > 0 }
            task.cancel()
            Thread.sleep(forTimeInterval: 0.2)
            let rows = progress.rows
            Thread.sleep(forTimeInterval: 3)
            #expect(progress.rows == rows)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        try await disturbance.end()
    }

    @Test func `wakes all who wait when there is nothing left to wait for`() async throws {
        let wait = WakeableWait()
        let asleep = Atomic(0)
        let woken = Atomic(0)
        let sleepers = (0..<4).map { _ in
            Disturbance {
                asleep.add(1, ordering: .acquiringAndReleasing)
                #expect(throws: CancellationError.self) { try wait.sleep(until: .now + .seconds(1_000)) }
                woken.add(1, ordering: .acquiringAndReleasing)
            }
        }
        try await Disturbance {
            try Disturbance.await("all sleep") { asleep.load(ordering: .acquiring) == 4 }
            Thread.sleep(forTimeInterval: 0.1)
            #expect(woken.load(ordering: .acquiring) == 0)
            wait.end()
        }.end()
        for sleeper in sleepers { try await sleeper.end() }
        // Nobody falls asleep any more, and a time that is over is none to wait for.
        #expect(throws: CancellationError.self) { try wait.sleep(until: .now + .seconds(1_000)) }
        try WakeableWait().sleep(until: .now - .seconds(1))
    }

    // MARK: Hours

    @Test func `outside of its hours does not even ask the source`() async throws {
        // Nobody listens there.
        var nowhere = MySQLSettings(host: "127.0.0.1", port: 1, user: "u", password: "p")
        nowhere.database = "d"
        let lake = try LittleLake(mysql: nowhere)
        lake.slowDown(Pace(hours: Pace.Hours(from: 22 * 60, to: 6 * 60)))
        lake.setClock(try #require(Timestamp("2026-11-23T06:00:00Z")))
        guard case .paused(let pause, nil, _) = try await lake.extract(.full()) else {
            Issue.record("it was read")
            return
        }
        #expect(pause.inWords == "outside of its hours (22:00–06:00); goes on at 2026-11-23 22:00")
        #expect(try await lake.files() == [])
        lake.setClock(try #require(Timestamp("2026-11-23T22:00:00Z")))
        await #expect(throws: SourceUnavailable.self) { try await lake.extract(.full()) }
    }

    @Test func `whose hours end in mid-table keeps what was committed, and goes on there`() async throws {
        let table = try TableDefinition.incremental(chunk: .time(.seconds(86_400)))
        let lake = try LittleLake(
            sqlite: """
                CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);
                INSERT INTO t SELECT value, datetime('2024-01-01', '+' || value || ' hours') FROM
                (WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n LIMIT 96) SELECT value FROM n)
                """)
        let open = try #require(Timestamp("2026-11-23T05:00:00Z"))
        lake.slowDown(Pace(rowsPerSecond: 40, hours: Pace.Hours(from: 22 * 60, to: 6 * 60)))
        lake.setClock(open)
        let progress = ExtractionProgress()
        let task = Task { try await lake.extract(table, progress: progress) }
        let disturbance = Disturbance {
            try Disturbance.await("the second day is read") { progress.rows > 24 }
            lake.setClock(open + .seconds(3_600))
        }
        guard case .paused(let pause, let manifest?, let ledger) = try await task.value else {
            Issue.record("it was not paused")
            return
        }
        try await disturbance.end()
        // The piece that was being read is finished.
        #expect(manifest.files.count == 2 && ledger.rows == 48)
        #expect(pause.goesOnAt.description == "2026-11-23 22:00:00")
        #expect(try await lake.query("SELECT count(*) FROM bronze_s.t") == ["48"])
        #expect(try await lake.files().filter { $0.contains("staging") && !$0.hasSuffix("/") } == [])

        lake.slowDown(Pace())
        let (whole, rest) = try await lake.commit(table)
        #expect(whole.files.count == 4 && rest.rows == 48)
        #expect(try await lake.query("SELECT count(*), sum(id) FROM bronze_s.t") == ["96|4560"])
        try await lake.expectNothingNew(table)
    }

    // MARK: Load

    /// Begins statements of others at a server, which run until they are killed. Blocks until they run.
    private static func occupy(_ settings: MySQLSettings, _ count: Int) throws {
        for _ in 0..<count {
            // It fails when it is killed.
            Thread.detachNewThread { _ = try? MySQLConnection(settings).execute("DO SLEEP(100)") }
        }
        try Disturbance.await("all are busy") { try sleepers(settings).count == count }
    }

    private static func sleepers(_ settings: MySQLSettings) throws -> [String] {
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        return try connection.query(
            "SELECT id FROM information_schema.processlist WHERE info = 'DO SLEEP(100)'"
        ).rows.compactMap { $0[0] }
    }

    private static func release(_ settings: MySQLSettings) throws {
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        for id in try sleepers(settings) { try connection.execute("KILL \(id)") }
    }

    @Test func `waits for a busy source before it begins, with nothing open there`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        try await server.withDatabase { settings in
            try await change(
                settings, ["CREATE TABLE t (k INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)"])
            let lake = try LittleLake(mysql: settings)
            lake.slowDown(Pace(threadsRunningMax: 2), connections: 1)
            let progress = ExtractionProgress()
            let disturbance = Disturbance {
                try Self.occupy(settings, 4)
                let task = Task { try await lake.commit(.full(), progress: progress).1.rows }
                try Disturbance.await("it waits") { progress.waiting != nil }
                #expect(progress.waiting == "4 statements run at the source (max 2)")
                // Whoever asked is gone again.
                try Disturbance.await("nobody is there") { try Self.others(settings) == 4 }
                #expect(progress.rows == 0)
                try Self.release(settings)
                try Disturbance.await("it reads") { progress.rows == 2 && progress.waiting == nil }
                withExtendedLifetime(task) {}
            }
            try await disturbance.end()
            try await expectNothingOfOurs(settings)
        }
    }

    private static func others(_ settings: MySQLSettings) throws -> Int {
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        return try connection.query(
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        ).rows.count
    }

    @Test func `steps back in the middle of a table, for a while`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        try await server.withDatabase { settings in
            try await change(
                settings,
                ["CREATE TABLE t (k INT PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_12000"])
            let lake = try LittleLake(mysql: settings)
            lake.slowDown(Pace(rowsPerSecond: 1_500, threadsRunningMax: 2), connections: 2)
            let progress = ExtractionProgress()
            let task = Task { try await lake.commit(.full(), progress: progress).1.rows }
            let disturbance = Disturbance {
                try Disturbance.await("it reads") { progress.rows > 0 }
                try Self.occupy(settings, 3)
                try Disturbance.await("it waits") { progress.waiting != nil }
                #expect(progress.waiting == "3 statements run at the source (max 2)")
                // What is on its way into DuckDB when it stops is no more than a chunk of each thread.
                Thread.sleep(forTimeInterval: 0.2)
                let rows = progress.rows
                Thread.sleep(forTimeInterval: 1.5)
                #expect(progress.rows == rows)
                try Self.release(settings)
            }
            #expect(try await task.value == 12_000)
            try await disturbance.end()
            try await expectNothingOfOurs(settings)
        }
    }

    @Test func `that cannot see a replica's lag says so`() async throws {
        try await withMariaDB(["CREATE TABLE t (k INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"]) {
            _, settings in
            try await withReader(of: settings) { reader in
                let lake = try LittleLake(mysql: reader)
                lake.slowDown(Pace(replicaLagMax: .seconds(10)))
                let remarks = try await lake.commit(.full()).0.origin.remarks ?? []
                #expect(remarks.contains { $0.contains("GRANT REPLICA MONITOR") }, "\(remarks)")
            }
        }
    }
}
