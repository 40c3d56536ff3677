import Blocking
import MySQL
import TarnTesting
import Testing

@Suite struct `A stream of rows` {
    @Test func `gives half a gigabyte of rows`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE narrow (id INT)")
            try connection.execute("INSERT INTO narrow SELECT seq FROM seq_1_to_100000")
            let stream = try connection.stream("SELECT id, REPEAT('x', 5000) FROM narrow")
            var (rows, bytes) = (0, 0)
            while try stream.next() {
                rows += 1
                bytes += stream.field(1)?.count ?? 0
            }
            #expect(rows == 100_000 && bytes == 500_000_000)
        }
    }

    @Test func `closed early ends quickly and leaves the connection usable`() async throws {
        try await onDatabase { connection in
            let stream = try connection.stream("SELECT a.seq, REPEAT('x', 500) FROM seq_1_to_100000000 AS a")
            for _ in 0..<10 { #expect(try stream.next()) }
            let duration = ContinuousClock().measure { stream.close() }
            // All of it would be fifty gigabytes.
            #expect(duration < .seconds(20))
            #expect(try !stream.next())
            #expect(connection.isOpen)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `that was read to its end closes without touching the server`() async throws {
        try await onDatabase { connection in
            for _ in 0..<50 {
                let stream = try connection.stream("SELECT 1 UNION SELECT 2")
                while try stream.next() {}
                stream.close()
            }
            #expect(try connection.query("SELECT CONNECTION_ID()").rows == [["\(connection.connectionID)"]])
        }
    }

    @Test func `closed early again and again never hits the next statement`() async throws {
        try await onDatabase { connection in
            for _ in 0..<20 {
                let stream = try connection.stream("SELECT seq FROM seq_1_to_3")
                #expect(try stream.next())
                stream.close()
                #expect(try connection.query("SELECT 7").rows == [["7"]])
            }
        }
    }

    @Test func `that is cancelled from another thread throws interrupted, and the connection lives`()
        async throws
    {
        try await onDatabase { connection in
            let stream = try connection.stream("SELECT seq, REPEAT('x', 500) FROM seq_1_to_100000000")
            #expect(try stream.next())
            let thread = CancellingThread(connection.canceller)
            let error = try #require(throws: MySQLError.self) { while try stream.next() {} }
            try thread.join()
            #expect(error.kind == .interrupted && !error.isTransient)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `whose task is cancelled is cut at once`() async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            let connection = try await BlockingPool.shared.run { Lent(try MySQLConnection(settings)) }
            let canceller = connection.value.canceller
            await withTaskGroup { group in
                group.addTask {
                    await #expect(throws: MySQLError.self) {
                        try await BlockingPool.shared.run(onCancel: { canceller.disconnect() }) {
                            // Cancelled before its turn or in the middle: both must end long before this.
                            try connection.value.query("SELECT SLEEP(60)")
                        }
                    }
                }
                while await isIdle(connection.value.connectionID, settings) { await Task.yield() }
                group.cancelAll()
            }
            try await BlockingPool.shared.run { try canceller.cancel() }
            let error = #expect(throws: MySQLError.self) { try connection.value.query("SELECT 1") }
            #expect(error?.kind == .lostConnection)
        }
    }

    @Test func `from a server that dies throws lost connection`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        try await BlockingPool.shared.run {
            let connection = try MySQLConnection(inDatabase(server))
            let stream = try connection.stream("SELECT seq, REPEAT('x', 500) FROM seq_1_to_100000000")
            #expect(try stream.next())
            server.kill()
            let error = try #require(throws: MySQLError.self) { while try stream.next() {} }
            #expect(error.kind == .lostConnection && error.isTransient)
            #expect(!connection.isOpen)
            let later = #expect(throws: MySQLError.self) { try connection.execute("DO 1") }
            #expect(later?.kind == .lostConnection)
        }
    }

    @Test func `dies with its connection by contract when the server cannot be asked to stop`() async throws {
        let server = try await MariaDBServer.another()
        defer { server.stop() }
        try await BlockingPool.shared.run {
            let administrator = try MySQLConnection(server.administrator)
            let connection = try MySQLConnection(inDatabase(server))
            let stream = try connection.stream("SELECT seq, REPEAT('x', 500) FROM seq_1_to_100000000")
            #expect(try stream.next())
            try administrator.execute("SET PASSWORD FOR 'tarn_test'@'%' = PASSWORD('another one')")
            let duration = ContinuousClock().measure { stream.close() }
            #expect(duration < .seconds(20))
            #expect(!connection.isOpen)
        }
    }

    private func inDatabase(_ server: MariaDBServer) -> MySQLSettings {
        var settings = server.administrator
        settings.database = "mysql"
        return settings
    }

    private func isIdle(_ id: UInt64, _ settings: MySQLSettings) async -> Bool {
        let sql =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = \(id) AND info LIKE '%SLEEP(60)%'"
        let running = try? await BlockingPool.shared.run { try MySQLConnection(settings).query(sql).rows }
        return running != [["1"]]
    }
}

/// A connection on its way from one blocking thread to the next.
///
/// Sendable because a test uses it on one thread at a time.
private struct Lent: @unchecked Sendable {
    let value: MySQLConnection
    init(_ value: MySQLConnection) { self.value = value }
}
