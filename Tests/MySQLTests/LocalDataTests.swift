import Blocking
import MySQL
import TarnTesting
import Testing

@Suite struct `Local data` {
    struct ProviderFailed: Error, Equatable {}

    private static let sql = "LOAD DATA LOCAL INFILE 'rows' INTO TABLE t (n, text)"

    @Test func `streams from a closure into a table`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (n INT, text VARCHAR(40)) ENGINE=InnoDB")
            var (next, pending) = (0, [UInt8]())
            let outcome = try connection.loadLocalData(Self.sql) { buffer in
                while pending.count < buffer.count, next < 100_000 {
                    pending += "\(next)\tnaïve \\t 👍 \(next)\n".utf8
                    next += 1
                }
                let count = min(pending.count, buffer.count)
                buffer.copyBytes(from: pending[..<count])
                pending.removeFirst(count)
                return count
            }
            #expect(outcome.rows == 100_000 && outcome.warnings == 0)
            let result = try connection.query("SELECT COUNT(*), SUM(n), MAX(text) FROM t WHERE n < 1")
            #expect(result.rows == [["1", "0", "naïve \t 👍 0"]])
            #expect(try connection.query("SELECT SUM(n) FROM t").rows == [["4999950000"]])
        }
    }

    @Test func `tells how many values the server repaired`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (n INT, text VARCHAR(3))")
            let outcome = try connection.loadLocalData(Self.sql, provider: provider("1\ttoo long\n"))
            #expect(outcome.rows == 1 && outcome.warnings > 0)
        }
    }

    @Test func `whose provider fails stores no row, and the connection lives`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (n INT, text VARCHAR(40)) ENGINE=InnoDB")
            var calls = 0
            #expect(throws: ProviderFailed()) {
                try connection.loadLocalData(Self.sql) { buffer in
                    calls += 1
                    guard calls < 3 else { throw ProviderFailed() }
                    buffer.copyBytes(from: "1\tone\n".utf8)
                    return 6
                }
            }
            #expect(try connection.query("SELECT COUNT(*) FROM t").rows == [["0"]])
        }
    }

    @Test func `into a table that is not there throws the server's error`() async throws {
        try await onDatabase { connection in
            let error = try #require(throws: MySQLError.self) {
                try connection.loadLocalData(Self.sql, provider: provider("1\tone\n"))
            }
            #expect(error.kind == .unknownTable)
            #expect(try connection.query("SELECT 1").rows == [["1"]])
        }
    }

    @Test(arguments: [true, false])
    func `is never read from a file of this machine`(allowsLocalData: Bool) async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            try await BlockingPool.shared.run {
                var settings = settings
                settings.allowsLocalData = allowsLocalData
                let connection = try MySQLConnection(settings)
                try connection.execute("CREATE TABLE t (line VARCHAR(200))")
                #expect(throws: MySQLError.self) {
                    try connection.execute("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t")
                }
                let count = try MySQLConnection(settings).query("SELECT COUNT(*) FROM t")
                #expect(count.rows == [["0"]])
            }
        }
    }

    private func provider(_ text: String) -> (UnsafeMutableRawBufferPointer) -> Int {
        var isDone = false
        return { buffer in
            if isDone { return 0 }
            isDone = true
            buffer.copyBytes(from: text.utf8)
            return text.utf8.count
        }
    }
}
