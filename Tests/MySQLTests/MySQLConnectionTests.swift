import Blocking
import Glibc
import MySQL
import TarnTesting
import Testing

@Suite struct `A MySQL connection` {
    @Test func `introduces the server and sets its session up`() async throws {
        try await onDatabase { connection in
            #expect(connection.connectionID > 0)
            #expect(connection.isMariaDB == connection.serverVersion.contains("MariaDB"))
            let session = try connection.query(
                "SELECT @@character_set_client, @@character_set_results, @@time_zone, @@sql_mode")
            #expect(session.rows[0][..<3] == ["utf8mb4", "utf8mb4", "+00:00"])
            #expect(session.rows[0][3]?.contains("NO_ZERO") == false)
            try connection.ping()
        }
    }

    @Test func `counts the rows that it changed and refuses what does not fit`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n TINYINT)")
            #expect(try connection.execute("INSERT INTO t VALUES (0, 1), (5, 2)") == 2)
            #expect(try connection.query("SELECT id FROM t ORDER BY id").rows == [["0"], ["5"]])
            #expect(throws: MySQLError.self) { try connection.execute("INSERT INTO t VALUES (6, 1000)") }
            #expect(try connection.query("SELECT * FROM t WHERE false").rows.isEmpty)
            #expect(try connection.query("DO 1").columns.isEmpty)
        }
    }

    @Test func `that is read-only writes nothing`() async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            try await BlockingPool.shared.run {
                try MySQLConnection(settings).execute("CREATE TABLE t (n INT)")
                var settings = settings
                settings.isReadOnly = true
                let reader = try MySQLConnection(settings)
                let error = #expect(throws: MySQLError.self) {
                    try reader.execute("INSERT INTO t VALUES (1)")
                }
                #expect(error?.kind == .readOnly)
                #expect(try reader.query("SELECT COUNT(*) FROM t").rows == [["0"]])
            }
        }
    }

    @Test func `sees one state of all tables in a snapshot`() async throws {
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (n INT)")
            let writer = try MySQLConnection(connection.settings)
            try connection.beginConsistentSnapshot()
            try writer.execute("INSERT INTO t VALUES (1)")
            #expect(try connection.query("SELECT COUNT(*) FROM t").rows == [["0"]])
            try connection.rollBack()
            #expect(try connection.query("SELECT COUNT(*) FROM t").rows == [["1"]])
        }
    }

    @Test func `quotes whatever a name or a text holds`() async throws {
        try await onDatabase { connection in
            let text = "it's \"x\" \\ \0 \n \r \u{1A} ` 日本 👍 %_"
            let name = "we`ird \"näme\""
            try connection.execute("CREATE TABLE t (\(MySQLConnection.quoteIdentifier(name)) TEXT)")
            try connection.execute("INSERT INTO t VALUES (\(MySQLConnection.literal(text)))")
            let result = try connection.query("SELECT * FROM t")
            #expect(result.columns == [name] && result.rows == [[text]])
        }
    }

    @Test func `closes twice and then says that it is closed`() async throws {
        try await onDatabase { connection in
            connection.close()
            connection.close()
            let error = #expect(throws: MySQLError.self) { try connection.query("SELECT 1") }
            #expect(error?.kind == .lostConnection)
            try connection.canceller.cancel()
            connection.canceller.disconnect()
        }
    }

    @Test func `works compressed`() async throws {
        try await MariaDBServer.shared().withDatabase { settings in
            var settings = settings
            settings.compress = true
            let compressed = settings
            try await BlockingPool.shared.run {
                let result = try MySQLConnection(compressed).query("SELECT REPEAT('tarn', 100000)")
                #expect(result.rows[0][0]?.utf8.count == 400_000)
            }
        }
    }
}

@Suite struct `A MySQL failure` {
    private static let password = "correct-horse-battery"

    private func failure(
        _ change: @escaping @Sendable (inout MySQLSettings) -> Void, sql: String? = nil
    ) async throws -> MySQLError {
        try await MariaDBServer.shared().withDatabase { settings in
            var settings = settings
            change(&settings)
            let changed = settings
            return try await BlockingPool.shared.run {
                try #require(throws: MySQLError.self) {
                    let connection = try MySQLConnection(changed)
                    if let sql { _ = try connection.query(sql) }
                }
            }
        }
    }

    @Test func `of a wrong password is access denied, and nothing tells the password`() async throws {
        let error = try await failure { $0.password = Self.password }
        #expect(error.kind == .accessDenied && !error.isTransient)
        #expect(!"\(error) \(String(reflecting: error))".contains(Self.password))
        let settings = MySQLSettings(user: "u", password: Self.password)
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains(Self.password))
    }

    @Test func `of a statement that quotes the password does not repeat it`() async throws {
        let server = try await MariaDBServer.shared()
        let password = server.administrator.password
        let error = try await failure({ _ in }, sql: "SELECT nonsense FROM FROM '\(password)'")
        #expect(error.kind == .syntax)
        #expect(password.isEmpty || !"\(error) \(String(reflecting: error))".contains(password))
        #expect(error.sql.contains("•••"))
    }

    @Test func `of a port where nobody listens is unreachable`() async throws {
        let listener = try Listener()
        listener.close()
        let error = try await failure { $0.port = listener.port }
        #expect(error.kind == .unreachable && error.isTransient)
    }

    @Test func `of a port where somebody listens in silence is unreachable in time`() async throws {
        let listener = try Listener()
        defer { listener.close() }
        let clock = ContinuousClock.now
        let error = try await failure {
            $0.port = listener.port
            $0.connectTimeout = .seconds(1)
        }
        #expect(error.kind == .unreachable)
        #expect(ContinuousClock.now - clock < .seconds(60))
    }

    @Test func `of encryption that the server does not offer is never clear text`() async throws {
        let error = try await failure { $0.tls = .required }
        #expect(error.kind == .tls)
    }

    @Test(arguments: [
        ("SELECT * FROM missing", MySQLError.Kind.unknownTable), ("SELECT missing", .unknownColumn),
        ("SELEC 1", .syntax), ("USE missing", .unknownDatabase),
        ("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213", .deadlock),
        (
            "SET STATEMENT max_statement_time = 0.05 FOR SELECT 1 FROM seq_1_to_1000000000 WHERE seq % 7 = 9",
            .timeout
        ),
    ])
    func `has the kind of its cause`(sql: String, kind: MySQLError.Kind) async throws {
        let error = try await failure({ _ in }, sql: sql)
        #expect(error.kind == kind, "\(error)")
        #expect(error.sql == sql)
    }

    @Test func `of an unknown database and of a lock that is never released have their kinds`() async throws {
        #expect(try await failure { $0.database = "missing" }.kind == .unknownDatabase)
        try await onDatabase { connection in
            try connection.execute("CREATE TABLE t (n INT PRIMARY KEY)")
            try connection.execute("INSERT INTO t VALUES (1)")
            try connection.execute("BEGIN")
            try connection.execute("UPDATE t SET n = 2")
            let other = try MySQLConnection(connection.settings)
            try other.execute("SET innodb_lock_wait_timeout = 1")
            let error = #expect(throws: MySQLError.self) { try other.execute("UPDATE t SET n = 3") }
            #expect(error?.kind == .lockWait && error?.isTransient == true)
        }
    }

    @Test func `of a statement on a connection that somebody killed is lost connection`() async throws {
        try await onDatabase { connection in
            try MySQLConnection(connection.settings).execute("KILL \(connection.connectionID)")
            let error = #expect(throws: MySQLError.self) { try connection.query("SELECT 1") }
            #expect(error?.kind == .lostConnection)
        }
    }

    @Test func `keeps only the beginning of a long statement`() async throws {
        let error = try await failure(
            { _ in }, sql: "SELECT '\(String(repeating: "é", count: 100_000))' FRM t")
        #expect(error.sql.count < 300)
    }
}

/// A port of the loopback on which connections are accepted by the kernel and never answered.
private final class Listener: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) + listen(descriptor, 5)
                    + getsockname(descriptor, address, &length)
            }
        }
        #expect(code == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    func close() { _ = Glibc.close(descriptor) }
}
