import Blocking
import Glibc
import MySQL
import TarnTesting
import Testing

@Suite struct `The clock of a MySQL server` {
    private func clock(_ connection: MySQLConnection) throws -> ServerClock { try connection.serverClock() }

    private func since(_ clock: ServerClock) throws -> String {
        guard case .since(let utc, _) = clock.writers else {
            throw MismatchedClock(description: "\(clock.writers)")
        }
        return utc
    }

    struct MismatchedClock: Error, CustomStringConvertible { let description: String }

    /// "2026-11-23 03:45:36.5" in whole seconds of its day; for comparing moments of one test.
    private func seconds(_ text: String, _ connection: MySQLConnection) throws -> Double {
        try connection.query("SELECT UNIX_TIMESTAMP('\(text)')").rows[0][0].flatMap { Double($0) } ?? 0
    }

    @Test func `is UTC and the server's own zone at one moment`() async throws {
        let server = try await MariaDBServer.another(options: ["--default-time-zone=+05:30"])
        defer { server.stop() }
        let settings = server.administrator
        try await BlockingPool.shared.run {
            let connection = try MySQLConnection(settings)
            let clock = try clock(connection)
            #expect(clock.zone == "+05:30")
            let difference = try seconds(clock.local, connection) - seconds(clock.utc, connection)
            #expect(difference == 19_800 && clock.writers == .none)
        }
    }

    /// A zone whose clocks went back half an hour ago: each local time of this hour has two meanings.
    static let zones = ["UTC0", "JST-9", "NST3:30", "back"]

    @Test(arguments: zones)
    func `sees since when somebody writes, whatever the zone of the server`(zone: String) async throws {
        var variable = zone
        if zone == "back" {
            let now = try await onDatabase {
                try $0.query(
                    "SELECT DAYOFYEAR(UTC_TIMESTAMP()), HOUR(UTC_TIMESTAMP()) * 60 + MINUTE(UTC_TIMESTAMP())"
                ).rows[0]
            }
            let (day, minute) = (now[0].flatMap { Int($0) } ?? 0, now[1].flatMap { Int($0) } ?? 0)
            // Summer time is UTC+1; it ends at this local time, half an hour ago.
            let end = minute - 30 + 60
            variable = "WIN0SUM-1,0/0,\(day - 1)/\(end / 60):\(end % 60)"
        }
        let server = try await MariaDBServer.another(environment: ["TZ=\(variable)"])
        defer { server.stop() }
        let settings = server.administrator
        try await BlockingPool.shared.run {
            let (reader, writer) = (try MySQLConnection(settings), try MySQLConnection(settings))
            try writer.execute("CREATE DATABASE d")
            try writer.execute("CREATE TABLE d.t (k INT PRIMARY KEY) ENGINE=InnoDB")
            let before = try clock(reader)
            #expect(before.writers == .none)
            try writer.execute("START TRANSACTION")
            try writer.execute("INSERT INTO d.t VALUES (1)")
            let during = try clock(reader)
            let age = try seconds(during.utc, reader) - seconds(try since(during), reader)
            if zone == "back" {
                // The earlier meaning: safe, if an hour too careful.
                #expect(age > 3_590 && age < 3_700, "\(during)")
            } else {
                #expect(age >= 0 && age < 10, "\(during)")
            }
            try writer.execute("COMMIT")
            #expect(try clock(reader).writers == .none)
        }
    }

    /// On a server of its own: on the shared one other tests write.
    private func onQuietServer(
        _ body: @escaping @Sendable (MySQLConnection) throws -> Void
    ) async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        try await server.withDatabase { settings in
            try await BlockingPool.shared.run { try body(MySQLConnection(settings)) }
        }
    }

    @Test func `counts who may write and not who reads`() async throws {
        try await onQuietServer { connection in
            try connection.execute("CREATE TABLE t (k INT PRIMARY KEY) ENGINE=InnoDB")
            try connection.execute("INSERT INTO t VALUES (1)")
            let other = try MySQLConnection(connection.settings)
            func mine(_ clock: ServerClock) -> Bool {
                guard case .since(_, let who) = clock.writers else { return false }
                return who.contains("\(other.connectionID)")
            }
            try other.beginConsistentSnapshot()
            _ = try other.query("SELECT * FROM t")
            #expect(!mine(try clock(connection)))
            try other.execute("ROLLBACK")
            try other.execute("START TRANSACTION")
            _ = try other.query("SELECT * FROM t FOR UPDATE")
            #expect(mine(try clock(connection)), "a lock is the beginning of a change")
            try other.execute("ROLLBACK")
            #expect(!mine(try clock(connection)))
        }
    }

    /// Its NOW() is older than its transaction, which InnoDB does not know before the wait is over.
    @Test func `counts a statement that waits for its turn`() async throws {
        try await onQuietServer { connection in
            try connection.execute("CREATE TABLE t (k INT PRIMARY KEY, at DATETIME(6)) ENGINE=InnoDB")
            let settings = connection.settings
            let (locker, waiter) = (try MySQLConnection(settings), try MySQLConnection(settings))
            try locker.execute("LOCK TABLES t READ")
            let id = waiter.connectionID
            nonisolated(unsafe) let body = waiter
            let thread = BackgroundThread { try body.execute("INSERT INTO t VALUES (1, NOW(6))") }
            try awaitState(of: id, connection)
            let clock = try clock(connection)
            try locker.execute("UNLOCK TABLES")
            try thread.join()
            let at = try connection.query("SELECT at FROM t").rows[0][0] ?? ""
            #expect(try since(clock) <= at, "\(clock) \(at)")
        }
    }

    private func awaitState(of id: UInt64, _ connection: MySQLConnection) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            let sql = "SELECT state FROM information_schema.processlist WHERE id = \(id)"
            if try connection.query(sql).rows.first?[0]?.contains("Waiting") == true { return }
        }
        Issue.record("the statement does not wait")
    }

    @Test func `counts a prepared transaction that has no connection any more`() async throws {
        try await onQuietServer { connection in
            try connection.execute("CREATE TABLE t (k INT PRIMARY KEY) ENGINE=InnoDB")
            let name = "'\(connection.settings.database ?? "")'"
            // A transaction of the server's first second may be one that it found when it started.
            while try connection.query("SHOW STATUS LIKE 'Uptime'").rows[0][1].flatMap({ Int($0) }) ?? 0 < 3 {
                usleep(100_000)
            }
            let other = try MySQLConnection(connection.settings)
            for sql in [
                "XA START \(name)", "INSERT INTO t VALUES (1)", "XA END \(name)", "XA PREPARE \(name)",
            ] {
                try other.execute(sql)
            }
            other.close()
            defer { _ = try? connection.execute("XA ROLLBACK \(name)") }
            let deadline = ContinuousClock.now + .seconds(30)
            var who = ""
            while !who.contains("prepared and without"), ContinuousClock.now < deadline {
                if case .since(_, let found) = try clock(connection).writers { who = found }
            }
            #expect(who.contains("prepared and without a connection"), "\(who)")
        }
    }

    @Test func `says what it may not see, and what would help`() async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            try await BlockingPool.shared.run {
                let administrator = try MySQLConnection(settings)
                var settings = settings
                (settings.user, settings.password) = ("c\(settings.database?.suffix(12) ?? "")", "p")
                try administrator.execute("CREATE USER \(settings.user) IDENTIFIED BY 'p'")
                try administrator.execute("GRANT SELECT ON \(settings.database ?? "").* TO \(settings.user)")
                defer { _ = try? administrator.execute("DROP USER \(settings.user)") }
                let connection = try MySQLConnection(settings)
                guard case .unseen(let reason) = try clock(connection).writers else {
                    Issue.record("an account without PROCESS sees nothing")
                    return
                }
                #expect(reason.contains("GRANT PROCESS ON *.*"))
                let load = try connection.serverLoad()
                #expect(load.threadsRunning >= 1 && load.replicaLagSeconds == nil)
                guard case .unseen(let right) = load.replica else {
                    Issue.record("\(load)")
                    return
                }
                #expect(right.contains("GRANT REPLICA MONITOR"))
            }
        }
    }

    @Test func `of a replica is held back by what is not copied yet`() async throws {
        let primary = try await MariaDBServer.another(options: ["--log-bin=log", "--server-id=1"])
        defer { primary.stop() }
        let replica = try await MariaDBServer.another(options: ["--server-id=2"])
        defer { replica.stop() }
        let (source, copy) = (primary.administrator, replica.administrator)
        try await BlockingPool.shared.run {
            let (writer, reader) = (try MySQLConnection(source), try MySQLConnection(copy))
            #expect(try reader.serverLoad().replica == .notReplica)
            try reader.execute(
                """
                SET GLOBAL gtid_slave_pos = '\(try writer.query("SELECT @@gtid_binlog_pos").rows[0][0] ?? "")'
                """)
            try reader.execute(
                """
                CHANGE MASTER TO master_host = '127.0.0.1', master_port = \(source.port), \
                master_user = '\(source.user)', master_password = '\(source.password)', \
                master_use_gtid = slave_pos
                """)
            guard case .stopped = try reader.serverLoad().replica else {
                Issue.record("it is not started")
                return
            }
            guard case .unseen = try clock(reader).writers else {
                Issue.record("nobody knows what a stopped replica lacks")
                return
            }
            try reader.execute("START SLAVE")
            try writer.execute("CREATE DATABASE d")
            let deadline = ContinuousClock.now + .seconds(20)
            while try reader.tables(in: "d").isEmpty, ContinuousClock.now < deadline {
                if try reader.query("SHOW DATABASES LIKE 'd'").rows.count == 1 { break }
            }
            #expect(try reader.serverLoad().replicaLagSeconds != nil)
            let clock = try clock(reader)
            let age = try seconds(clock.utc, reader) - seconds(try since(clock), reader)
            #expect(age >= 1)
            try reader.execute("STOP SLAVE")
        }
    }
}
