import Blocking
import MySQL
import TarnTesting
import Testing

@Suite struct `A limit on statements` {
    @Test func `ends a statement at the server`() async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            try await BlockingPool.shared.run {
                var settings = settings
                settings.statementTimeout = .milliseconds(300)
                let connection = try MySQLConnection(settings)
                #expect(try connection.query("SELECT @@max_statement_time").rows[0][0] == "0.300000")
                let begin = ContinuousClock.now
                let error = #expect(throws: MySQLError.self) {
                    try connection.query("SELECT SUM(SQRT(seq)) FROM seq_1_to_1000000000")
                }
                #expect(error?.kind == .timeout && begin.duration(to: .now) < .seconds(5))
                #expect(try connection.query("SELECT 1").rows == [["1"]])
            }
        }
    }

    @Test(arguments: [true, false])
    func `is not needed for a SELECT that is cancelled: it is gone from the server`(cuts: Bool) async throws {
        try await onDatabase { connection in
            let other = try MySQLConnection(connection.settings)
            let (id, canceller) = (other.connectionID, other.canceller)
            nonisolated(unsafe) let body = other
            let thread = BackgroundThread {
                _ = try body.query("SELECT SUM(SQRT(seq)) FROM seq_1_to_1000000000")
            }
            func running() throws -> Int {
                let sql = """
                    SELECT COUNT(*) FROM information_schema.processlist WHERE id = \(id) AND command = 'Query'
                    """
                return try connection.query(sql).rows[0][0].flatMap { Int($0) } ?? -1
            }
            while try running() == 0 {}
            if cuts { canceller.disconnect() }
            try canceller.cancel()
            let begin = ContinuousClock.now
            while try running() > 0, begin.duration(to: .now) < .seconds(10) {}
            #expect(begin.duration(to: .now) < .seconds(2))
            #expect(throws: MySQLError.self) { try thread.join() }
        }
    }
}
