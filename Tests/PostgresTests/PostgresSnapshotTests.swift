import Blocking
import Glibc
import Postgres
import TarnTesting
import Testing

@Suite struct `A snapshot of PostgreSQL` {
    @Test func `is one state for all connections that import it`() async throws {
        try await onDatabase { writer in
            try writer.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 10) AS n")
            let (first, second) = (
                try PostgresConnection(writer.settings), try PostgresConnection(writer.settings)
            )
            try first.beginSnapshot()
            let name = try first.exportSnapshot()
            try writer.execute("DELETE FROM t WHERE n > 5; INSERT INTO t VALUES (99)")
            try second.beginSnapshot(importing: name)
            for reader in [first, second] {
                #expect(try reader.query("SELECT count(*), max(n) FROM t").rows == [["10", "10"]])
            }
            let error = #expect(throws: PostgresError.self) { try second.execute("DELETE FROM t") }
            #expect(error?.kind == .readOnly)
            try first.rollBack()
            try second.rollBack()
            #expect(try second.query("SELECT count(*) FROM t").rows == [["6"]])
            #expect(throws: PostgresError.self) { try second.beginSnapshot(importing: name) }
        }
    }

    @Test func `is read completely and once in ranges of blocks`() async throws {
        try await onDatabase { c throws in
            try c.execute("CREATE TABLE t AS SELECT n, repeat('x', 200) FROM generate_series(1, 20000) AS n")
            let table = try #require(try c.table("t", in: "public"))
            let segment = try #require(try c.segments(of: table).first)
            #expect(segment.isDivisible && segment.blocks > 100)
            // Rows that come after the number of blocks was asked are the last range's.
            try c.execute("INSERT INTO t SELECT n, repeat('x', 200) FROM generate_series(20001, 30000) AS n")
            var numbers: [Int32] = []
            let bounds = [0, 1, segment.blocks / 2, segment.blocks]
            for (lower, upper) in zip(bounds, bounds.dropFirst()) {
                let condition = PostgresSegment.condition(
                    blocks: lower..<upper, isLast: upper == segment.blocks)
                let sql = "SELECT n FROM \(segment.source) WHERE \(condition)"
                numbers += try values(of: sql, on: c, PostgresBinary.int32).compactMap { $0 ?? nil }
                let plan = try c.query("EXPLAIN \(sql)").rows.compactMap { $0[0] }.joined()
                #expect(plan.contains("Tid Range Scan"), "\(plan)")
            }
            #expect(numbers.count == 30_000 && Set(numbers).count == 30_000)
        }
    }

    @Test func `has the segments of partitions and children, and one where they cannot be read`() async throws
    {
        try await onDatabase { c throws in
            let role = "r_\(c.backendID)"
            try c.execute(
                """
                CREATE TABLE p (n int) PARTITION BY RANGE (n);
                CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
                CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p SELECT generate_series(0, 99);
                CREATE TABLE parent (n int); CREATE TABLE child (m int) INHERITS (parent);
                INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 2), (3, 3);
                CREATE VIEW v AS SELECT * FROM p;
                CREATE ROLE \(role); GRANT SELECT ON p TO \(role)
                """)
            func read(_ name: String) throws -> (parts: Int, rows: Int) {
                let table = try #require(try c.table(name, in: "public"))
                let segments = try c.segments(of: table)
                var rows = 0
                for segment in segments {
                    rows += try values(of: "SELECT n FROM \(segment.source)", on: c, PostgresBinary.int32)
                        .count
                }
                return (segments.count, rows)
            }
            #expect(try read("p") == (2, 100))
            #expect(try read("parent") == (2, 3))
            #expect(try read("v") == (1, 100))
            try c.execute("SET ROLE \(role)")
            #expect(try read("p") == (1, 100))
            try c.execute("RESET ROLE; DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}

@Suite struct `The write horizon of PostgreSQL` {
    @Test func `is the clock when nobody writes, and our own readers do not count`() async throws {
        try await onDatabase { c throws in
            let reader = try PostgresConnection(c.settings)
            try reader.beginSnapshot()
            _ = try reader.query("SELECT 1")
            let horizon = try c.writeHorizon()
            #expect(horizon.oldestTransaction == nil && horizon.oldestWriter == nil && horizon.isComplete)
            #expect(horizon.bound == horizon.now && !horizon.isStandby && horizon.replayLag == nil)
            let now = Int64(time(nil)) * 1_000_000
            #expect(abs(horizon.now - now) < 60_000_000)
        }
    }

    @Test func `is the beginning of the oldest transaction, whether it has written or only may`() async throws
    {
        try await onDatabase { c throws in
            try c.execute("CREATE TABLE t (at timestamptz)")
            let writer = try PostgresConnection(c.settings)
            try writer.execute("SET application_name = 'app'; BEGIN")
            let start = try writer.query("SELECT (extract(epoch FROM now()) * 1000000)::bigint").rows[0][0]
            let began = try #require(start.flatMap { Int64($0) })
            var horizon = try c.writeHorizon()
            #expect(horizon.oldestTransaction == began && horizon.oldestWriter == nil)
            try writer.execute("INSERT INTO t VALUES (now())")
            horizon = try c.writeHorizon()
            #expect(horizon.oldestWriter == began && horizon.bound == began && horizon.now > began)
            try writer.execute("COMMIT")
            #expect(try c.writeHorizon().oldestTransaction == nil)
        }
    }

    @Test func `says what an ordinary account cannot see`() async throws {
        try await PostgreSQLServer.shared().withDatabase { server in
            try await BlockingPool.shared.run {
                let c = try PostgresConnection(server.writable)
                let role = "reader_\(c.backendID)"
                try c.execute("CREATE ROLE \(role) LOGIN PASSWORD 'open sesame'")
                var settings = server.writable
                (settings.user, settings.password) = (role, "open sesame")
                let reader = try PostgresConnection(settings)
                #expect(try reader.writeHorizon().unseenTransactions == 0)
                try c.execute("CREATE TABLE t (n int); BEGIN; INSERT INTO t VALUES (1)")
                let horizon = try reader.writeHorizon()
                #expect(horizon.unseenTransactions == 1 && !horizon.isComplete)
                try c.execute("COMMIT")
                try c.execute("GRANT pg_read_all_stats TO \(role)")
                try c.execute("SET application_name = 'app'; BEGIN")
                let seen = try PostgresConnection(settings).writeHorizon()
                #expect(seen.isComplete && seen.oldestTransaction != nil)
                try c.execute("COMMIT")
                reader.close()
                try c.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }
}
