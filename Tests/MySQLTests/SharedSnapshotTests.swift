import Blocking
import Glibc
import MySQL
import TarnTesting
import Testing

@Suite struct `A snapshot of several connections` {
    /// Runs `body` with four readers of a new table `t` of one row on a server of its own kind.
    private func onReaders(
        _ server: MariaDBServer, grants: [String]? = nil, engine: String = "InnoDB",
        _ body: @escaping @Sendable (_ writer: MySQLConnection, _ readers: [MySQLConnection]) throws -> Void
    ) async throws {
        try await server.withDatabase { settings in
            try await BlockingPool.shared.run {
                let writer = try MySQLConnection(settings)
                try writer.execute("CREATE TABLE t (k INT PRIMARY KEY) ENGINE=\(engine)")
                try writer.execute("INSERT INTO t VALUES (0)")
                var settings = settings
                settings.isReadOnly = true
                if let grants {
                    let database = settings.database ?? ""
                    (settings.user, settings.password) = ("u\(database.suffix(12))", "p")
                    try writer.execute("CREATE USER \(settings.user) IDENTIFIED BY 'p'")
                    try writer.execute("GRANT SELECT ON \(database).* TO \(settings.user)")
                    for grant in grants {
                        let scope = grant == "LOCK TABLES" ? "\(database).*" : "*.*"
                        try writer.execute("GRANT \(grant) ON \(scope) TO \(settings.user)")
                    }
                }
                let readers = try (0..<4).map { _ in try MySQLConnection(settings) }
                try body(writer, readers)
                SharedSnapshot.close(readers)
                try expectNothingOpen(writer)
                if grants != nil { try writer.execute("DROP USER \(settings.user)") }
            }
        }
    }

    private func expectNothingOpen(_ writer: MySQLConnection) throws {
        let database = writer.settings.database ?? ""
        // A connection that was closed a moment ago may still be listed.
        let deadline = ContinuousClock.now + .seconds(5)
        var open = -1
        repeat {
            // InnoDB renews the list only when nobody has read it for 0.1 s.
            usleep(150_000)
            open =
                try writer.query(
                    """
                    SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist \
                    ON id = trx_mysql_thread_id WHERE db = '\(database)' AND id <> CONNECTION_ID()
                    """
                ).rows[0][0].flatMap { Int($0) } ?? -1
        } while open != 0 && ContinuousClock.now < deadline
        #expect(open == 0, "a transaction is open")
        try writer.execute("SET SESSION lock_wait_timeout = 5")
        // Would wait for a lock that somebody holds.
        try writer.execute("ALTER TABLE t COMMENT 'x'")
    }

    private func counts(_ readers: [MySQLConnection]) throws -> [String?] {
        try readers.map { try $0.query("SELECT COUNT(*) FROM t").rows[0][0] }
    }

    /// A server that keeps a binary log.
    private func logged() async throws -> MariaDBServer {
        try await MariaDBServer.another(options: ["--log-bin=log", "--server-id=1"])
    }

    @Test func `agrees without a lock where the binary log tells that nothing happened`() async throws {
        let server = try await logged()
        defer { server.stop() }
        try await onReaders(server, grants: []) { writer, readers in
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"])
            guard case .binlogPosition(let position) = snapshot.agreement else {
                Issue.record("\(snapshot)")
                return
            }
            #expect(position.hasPrefix("log.00000") && snapshot.isShared)
            try writer.execute("INSERT INTO t VALUES (1)")
            #expect(try counts(readers) == ["1", "1", "1", "1"])
        }
    }

    @Test(arguments: [true, false])
    func `tries again when something was committed in between, logged or not`(isLogged: Bool) async throws {
        let server = try await logged()
        defer { server.stop() }
        try await onReaders(server, grants: []) { writer, readers in
            if !isLogged { try writer.execute("SET SESSION sql_log_bin = 0") }
            var opened = 0
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"]) { index in
                opened += 1
                // In the first two attempts only.
                if opened <= 8, index == 1 { try writer.execute("INSERT INTO t VALUES (\(opened))") }
            }
            #expect(snapshot.isShared && opened == 12, "\(snapshot)")
            #expect(Set(try counts(readers)) == ["3"])
        }
    }

    @Test func `locks for a moment when the server is never quiet`() async throws {
        let server = try await logged()
        defer { server.stop() }
        try await onReaders(server) { writer, readers in
            try writer.execute("SET SESSION lock_wait_timeout = 1")
            var (opened, refused) = (0, 0)
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"]) { index in
                opened += 1
                if index == 1 {
                    do throws(MySQLError) {
                        try writer.execute("INSERT INTO t VALUES (\(opened))")
                    } catch {
                        refused += 1
                    }
                }
            }
            guard case .tableLock(let held) = snapshot.agreement else {
                Issue.record("\(snapshot)")
                return
            }
            #expect(refused == 1 && held < .seconds(5) && snapshot.reasons.count == 1)
            #expect(Set(try counts(readers)) == ["6"])
            // The lock is gone although the snapshots are open.
            try writer.execute("INSERT INTO t VALUES (99)")
        }
    }

    @Test func `takes the global lock when only that is granted, and says how long it held it`() async throws
    {
        // Not the shared server, where other tests write.
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        try await onReaders(server, grants: ["RELOAD"]) { writer, readers in
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"])
            guard case .globalLock(let held) = snapshot.agreement else {
                Issue.record("\(snapshot)")
                return
            }
            #expect(
                held < .seconds(2)
                    && "\(snapshot)".contains("4 connections read one state (server locked for "))
        }
    }

    @Test func `with the right to lock holds the tables only`() async throws {
        try await onReaders(MariaDBServer.shared(), grants: ["LOCK TABLES"]) { _, readers in
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"])
            guard case .tableLock(let held) = snapshot.agreement else {
                Issue.record("\(snapshot)")
                return
            }
            #expect(held < .seconds(1))
        }
    }

    @Test func `without any right says that each connection reads its own state`() async throws {
        try await onReaders(MariaDBServer.shared(), grants: []) { _, readers in
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"])
            #expect(snapshot.agreement == .none && snapshot.reasons.count == 2)
            let text = "\(snapshot)"
            #expect(
                text.hasPrefix("each of 4 connections reads its own state: the server keeps no binary log"))
            #expect(text.contains("GRANT LOCK TABLES"))
            #expect(try counts(readers) == ["1", "1", "1", "1"])
        }
    }

    @Test func `does not wait long for a lock behind somebody who writes`() async throws {
        try await onReaders(MariaDBServer.shared(), grants: ["LOCK TABLES"]) { writer, readers in
            try writer.execute("START TRANSACTION")
            try writer.execute("INSERT INTO t VALUES (1)")
            var effort = SharedSnapshot.Effort()
            effort.lockWait = .seconds(1)
            let begin = ContinuousClock.now
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"], effort: effort)
            #expect(begin.duration(to: .now) < .seconds(4))
            #expect(snapshot.reasons.last?.contains("somebody writes for longer") == true, "\(snapshot)")
            try writer.execute("ROLLBACK")
        }
    }

    @Test func `notices that the lock was lost`() async throws {
        try await onReaders(MariaDBServer.shared(), grants: ["LOCK TABLES"]) { writer, readers in
            var wasKilled = false
            let snapshot = try SharedSnapshot.open(on: readers, tables: ["t"]) { index in
                guard !wasKilled, index == 2 else { return }
                wasKilled = true
                let known = Set(readers.map(\.connectionID)).union([writer.connectionID])
                let user = readers[0].settings.user
                for row in try writer.query(
                    "SELECT id FROM information_schema.processlist WHERE user = '\(user)'"
                ).rows {
                    guard let id = row[0].flatMap({ UInt64($0) }), !known.contains(id) else { continue }
                    try writer.execute("KILL \(id)")
                    try writer.execute("INSERT INTO t VALUES (7)")
                }
            }
            #expect(wasKilled && snapshot.agreement == .none)
            #expect(snapshot.reasons.last?.contains("the lock was lost") == true, "\(snapshot)")
            #expect(Set(try counts(readers)) == ["2"])
        }
    }

    @Test func `leaves nothing open when it fails half way`() async throws {
        struct Stop: Error {}
        try await onReaders(MariaDBServer.shared()) { writer, readers in
            #expect(throws: Stop.self) {
                try SharedSnapshot.open(on: readers, tables: ["t"]) { if $0 == 2 { throw Stop() } }
            }
            try expectNothingOpen(writer)
            try writer.execute("KILL \(readers[3].connectionID)")
            #expect(throws: MySQLError.self) { try SharedSnapshot.open(on: readers, tables: ["t"]) }
            try expectNothingOpen(writer)
        }
    }

    @Test func `says that an engine without versions is not protected`() async throws {
        try await onReaders(MariaDBServer.shared(), engine: "MyISAM") { _, readers in
            let snapshot = try SharedSnapshot.open(on: [readers[0]], tables: ["t"])
            #expect(snapshot.agreement == .oneReader && snapshot.unversioned == ["t (MyISAM)"])
            #expect("\(snapshot)".contains("an engine without snapshots"))
        }
    }
}
