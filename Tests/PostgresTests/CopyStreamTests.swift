import Blocking
import Glibc
import Postgres
import TarnTesting
import Testing

@Suite struct `A stream of PostgreSQL rows` {
    private static let endless = "SELECT n, repeat('x', 500) FROM generate_series(1, 100000000) AS n"

    @Test func `lends every field, and NULL`() async throws {
        try await onDatabase { connection throws in
            let stream = try connection.copy(
                "SELECT 7::int4, NULL::text, ''::text, 'ab'::text UNION ALL SELECT 8, 'x', NULL, NULL")
            #expect(stream.columnCount == 4)
            #expect(try stream.next())
            #expect(stream.field(0).flatMap(PostgresBinary.int32) == 7)
            #expect(stream.field(1) == nil && stream.field(2)?.count == 0)
            #expect(stream.field(3).map(text) == "ab")
            #expect(try stream.next())
            #expect(stream.field(0).flatMap(PostgresBinary.int32) == 8)
            #expect(stream.field(1).map(text) == "x" && stream.field(2) == nil && stream.field(3) == nil)
            #expect(try !stream.next() && !stream.next())
            #expect(stream.field(0) == nil)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `may have no rows, no columns and 1,600 columns`() async throws {
        try await onDatabase { connection throws in
            #expect(try !connection.copy("SELECT 1 WHERE false").next())
            let narrow = try connection.copy("SELECT FROM generate_series(1, 3)")
            var rows = 0
            while try narrow.next() { rows += 1 }
            #expect(rows == 3 && narrow.columnCount == 0)
            let columns = (0..<1600).map { "\($0)::int4 AS c\($0)" }.joined(separator: ", ")
            let wide = try connection.copy("SELECT \(columns)")
            #expect(try wide.next())
            #expect(wide.field(1599).flatMap(PostgresBinary.int32) == 1599)
            #expect(try !wide.next())
        }
    }

    @Test func `gives half a gigabyte of rows`() async throws {
        try await onDatabase { connection throws in
            let stream = try connection.copy("SELECT repeat('x', 5000) FROM generate_series(1, 100000)")
            var (rows, bytes) = (0, 0)
            while try stream.next() {
                rows += 1
                bytes += stream.field(0)?.count ?? 0
            }
            #expect(rows == 100_000 && bytes == 500_000_000 && stream.bytes > bytes)
        }
    }

    @Test func `takes a value of 64 MB`() async throws {
        try await onDatabase { connection throws in
            let count = 64 << 20
            try connection.execute("CREATE TABLE t (b bytea, s text)")
            try connection.execute("ALTER TABLE t ALTER b SET STORAGE EXTERNAL")
            try connection.execute(
                "INSERT INTO t SELECT decode(repeat('ab', \(count)), 'hex'), repeat('é', \(count / 2))")
            let stream = try connection.copy("SELECT b, s FROM t")
            #expect(try stream.next())
            #expect(stream.field(0)?.count == count && stream.field(1)?.count == count)
            let field = try #require(stream.field(0))
            #expect(
                stride(from: 0, to: count, by: 4093).allSatisfy { field[$0] == 0xAB } && field.last == 0xAB)
            #expect(try !stream.next())
        }
    }

    @Test func `closed early ends quickly and leaves the connection usable`() async throws {
        try await onDatabase { connection throws in
            let stream = try connection.copy(Self.endless)
            for _ in 0..<10 { #expect(try stream.next()) }
            let duration = ContinuousClock().measure { stream.close() }
            #expect(duration < .seconds(20))
            #expect(try !stream.next())
            #expect(connection.isOpen)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `closed early again and again never hits the next statement`() async throws {
        try await onDatabase { connection throws in
            for _ in 0..<50 {
                let stream = try connection.copy("SELECT n FROM generate_series(1, 3) AS n")
                #expect(try stream.next())
                stream.close()
                #expect(try connection.query("SELECT 7").rows == [["7"]])
            }
        }
    }

    @Test func `closed early fails its transaction, which then rolls back`() async throws {
        try await onDatabase { connection throws in
            try connection.beginSnapshot()
            let stream = try connection.copy(Self.endless)
            #expect(try stream.next())
            stream.close()
            #expect(connection.isInTransaction)
            let error = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
            #expect(error?.sqlState == "25P02")
            try connection.rollBack()
            #expect(!connection.isInTransaction)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `outlives its connection without harm`() async throws {
        try await onDatabase { connection throws in
            let (read, left) = (try connection.copy(Self.endless), connection)
            #expect(try read.next())
            left.close()
            let error = #expect(throws: PostgresError.self) { try read.next() }
            #expect(error?.kind == .lostConnection)
            read.close()
            let other = try PostgresConnection(left.settings)
            let unread = try other.copy(Self.endless)
            other.close()
            unread.close()
            #expect(try !unread.next())
        }
    }

    @Test func `fails in its middle with the server's error, and the connection lives`() async throws {
        try await onDatabase { connection throws in
            let stream = try connection.copy("SELECT 10 / (5000 - n) FROM generate_series(1, 10000) AS n")
            var rows = 0
            let error = try #require(throws: PostgresError.self) { while try stream.next() { rows += 1 } }
            #expect(error.sqlState == "22012" && rows == 4999)
            #expect(try !stream.next())
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `that is cancelled from another thread throws interrupted, and the connection lives`()
        async throws
    {
        try await onDatabase { connection throws in
            let stream = try connection.copy(Self.endless)
            #expect(try stream.next())
            let thread = CancellingThread(connection.canceller)
            let error = try #require(throws: PostgresError.self) { while try stream.next() {} }
            try thread.join()
            #expect(error.kind == .interrupted && !error.isTransient)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test func `whose task is cancelled is cut at once, and the server stops too`() async throws {
        try await PostgreSQLServer.shared().withDatabase { server in
            let settings = server.writable
            let connection = try await BlockingPool.shared.run { Lent(try PostgresConnection(settings)) }
            let canceller = connection.value.canceller
            try await BlockingPool.shared.run {
                _ = try connection.value.query("SET client_connection_check_interval = 500")
            }
            await withTaskGroup { group in
                group.addTask {
                    await #expect(throws: PostgresError.self) {
                        try await BlockingPool.shared.run(onCancel: { canceller.disconnect() }) {
                            // Cancelled before its turn or in the middle: both must end long before this.
                            try connection.value.query("SELECT pg_sleep(600)")
                        }
                    }
                }
                while await !isRunning(connection.value.backendID, settings) { await Task.yield() }
                group.cancelAll()
            }
            let error = #expect(throws: PostgresError.self) { try connection.value.query("SELECT 1") }
            #expect(error?.kind == .lostConnection)
            // Nobody tells the server: it looks by itself, every half second here.
            let deadline = ContinuousClock.now + .seconds(40)
            while await isRunning(connection.value.backendID, settings) {
                try #require(ContinuousClock.now < deadline, "the server goes on without its client")
            }
        }
    }

    @Test func `whose backend is terminated in its middle throws lost connection`() async throws {
        try await onDatabase { connection throws in
            let stream = try connection.copy(Self.endless)
            #expect(try stream.next())
            try PostgresConnection(connection.settings)
                .execute("SELECT pg_terminate_backend(\(connection.backendID))")
            let error = try #require(throws: PostgresError.self) { while try stream.next() {} }
            #expect(error.kind == .lostConnection && error.isTransient, "\(error)")
            #expect(!connection.isOpen)
            let later = #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
            #expect(later?.kind == .lostConnection)
        }
    }

    @Test func `from a server that dies throws lost connection`() async throws {
        let server = try await PostgreSQLServer.another()
        defer { server.stop() }
        try await BlockingPool.shared.run {
            let connection = try PostgresConnection(server.administrator.writable)
            let stream = try connection.copy(Self.endless)
            #expect(try stream.next())
            server.kill()
            kill(connection.backendID, SIGKILL)
            let error = try #require(throws: PostgresError.self) { while try stream.next() {} }
            #expect(error.kind == .lostConnection && error.isTransient)
            #expect(!connection.isOpen)
        }
    }

    @Test func `dies with its connection when the server cannot be asked to stop`() async throws {
        let server = try await PostgreSQLServer.another()
        defer { server.stop() }
        try await BlockingPool.shared.run {
            let connection = try PostgresConnection(server.administrator.writable)
            let stream = try connection.copy(Self.endless)
            #expect(try stream.next())
            // The postmaster takes cancel requests; the session is another process.
            server.kill()
            while (try? PostgresConnection(connection.settings)) != nil {}
            let duration = ContinuousClock().measure { stream.close() }
            #expect(duration < .seconds(20))
            #expect(!connection.isOpen)
        }
    }

    private func isRunning(_ id: Int32, _ settings: PostgresSettings) async -> Bool {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(id) AND query LIKE '%pg_sleep(600)%'"
        let running = try? await BlockingPool.shared.run { try PostgresConnection(settings).query(sql).rows }
        return running == [["1"]]
    }
}

/// A connection on its way from one blocking thread to the next.
///
/// Sendable because a test uses it on one thread at a time.
private struct Lent: @unchecked Sendable {
    let value: PostgresConnection
    init(_ value: PostgresConnection) { self.value = value }
}
