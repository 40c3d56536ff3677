import Blocking
import Glibc
import Postgres
import TarnTesting
import Testing

@Suite struct `A PostgreSQL connection` {
    @Test func `introduces the server and sets its session up`() async throws {
        try await onDatabase { connection throws in
            #expect(connection.serverVersion >= 120_000)
            #expect(
                try connection.query("SELECT pg_backend_pid()").rows == [["\(connection.backendID)"]])
            let settings = [
                "TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "bytea_output",
                "client_encoding", "row_security", "application_name", "statement_timeout", "search_path",
            ]
            let select = settings.map { "current_setting('\($0)')" }.joined(separator: ", ")
            let row = try connection.query("SELECT \(select)").rows[0]
            #expect(row[0] == "UTC" && row[1]?.hasPrefix("ISO") == true)
            #expect(row[2...7] == ["iso_8601", "3", "hex", "UTF8", "off", "tarn"])
            #expect(row[8] == "0" && row[9] == "\"$user\", public")
        }
    }

    @Test func `is read-only unless it is asked to write`() async throws {
        try await PostgreSQLServer.shared().withDatabase { server in
            try await BlockingPool.shared.run {
                try PostgresConnection(server.writable).execute("CREATE TABLE t (n int)")
                var settings = server.writable
                settings.isReadOnly = true
                let reader = try PostgresConnection(settings)
                let error = #expect(throws: PostgresError.self) {
                    try reader.execute("INSERT INTO t VALUES (1)")
                }
                #expect(error?.kind == .readOnly && error?.sqlState == "25006")
                #expect(try reader.query("SELECT count(*) FROM t").rows == [["0"]])
            }
        }
    }

    @Test func `counts the rows that it changed, and keeps NULL apart from an empty text`() async throws {
        try await onDatabase { connection throws in
            try connection.execute("CREATE TABLE t (n int, s text)")
            #expect(try connection.execute("INSERT INTO t VALUES (1, ''), (2, NULL)") == 2)
            let result = try connection.query("SELECT n, s FROM t ORDER BY n")
            #expect(result.columns == ["n", "s"] && result.rows == [["1", ""], ["2", nil]])
            #expect(try connection.query("SELECT n FROM t WHERE false").rows.isEmpty)
            #expect(try connection.execute("") == 0)
        }
    }

    @Test func `runs the rest of its life after a statement that failed`() async throws {
        try await onDatabase { connection throws in
            for _ in 0..<3 {
                #expect(throws: PostgresError.self) { try connection.query("SELECT 1/0") }
                #expect(throws: PostgresError.self) { try connection.copy("SELECT missing") }
                #expect(throws: PostgresError.self) { try connection.execute("SELECT 1; SELEC 2; SELECT 3") }
                #expect(try connection.query("SELECT 1").rows == [["1"]])
            }
        }
    }

    @Test func `quotes whatever a name or a text holds`() async throws {
        try await onDatabase { connection throws in
            let text = "it's \"x\" \\ \\' \n \r \t 日本 👍 %_ $1 $$"
            let name = "we\"ird 'näme' \\"
            for setting in ["on", "off"] {
                try connection.execute("SET standard_conforming_strings = \(setting)")
                let result = try connection.query(
                    "SELECT \(PostgresConnection.literal(text)) AS \(PostgresConnection.quoteIdentifier(name))"
                )
                #expect(result.columns == [name] && result.rows == [[text]])
            }
        }
    }

    @Test func `refuses a statement with a zero byte instead of running the first half`() async throws {
        try await onDatabase { connection throws in
            try connection.execute("CREATE TABLE t (n int)")
            let error = #expect(throws: PostgresError.self) {
                try connection.execute("DELETE FROM t\0 WHERE n = 1")
            }
            #expect(error?.kind == .syntax)
        }
    }

    @Test func `closes twice and then says that it is closed`() async throws {
        try await onDatabase { connection throws in
            connection.close()
            connection.close()
            let error = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
            #expect(error?.kind == .lostConnection && !connection.isInTransaction)
            try connection.canceller.cancel()
            connection.canceller.disconnect()
        }
    }

    @Test func `takes nothing from the environment`() async throws {
        setenv("PGOPTIONS", "-c search_path=elsewhere", 1)
        setenv("PGAPPNAME", "somebody", 1)
        defer {
            unsetenv("PGOPTIONS")
            unsetenv("PGAPPNAME")
        }
        try await onDatabase { connection throws in
            #expect(
                try connection.query("SELECT current_setting('search_path')").rows == [["\"$user\", public"]])
        }
    }

    @Test func `notices a server that falls silent`() async throws {
        try await PostgreSQLServer.shared().withDatabase { server in
            try await BlockingPool.shared.run {
                var settings = server.writable
                settings.readTimeout = .milliseconds(300)
                let connection = try PostgresConnection(settings)
                let clock = ContinuousClock.now
                let error = #expect(throws: PostgresError.self) {
                    try connection.query("SELECT pg_sleep(60)")
                }
                #expect(error?.kind == .lostConnection && error?.isTransient == true)
                #expect(ContinuousClock.now - clock < .seconds(20) && !connection.isOpen)
            }
        }
    }
}

@Suite struct `A PostgreSQL failure` {
    private static let password = "correct-horse-battery"

    private func failure(
        _ change: @escaping @Sendable (inout PostgresSettings) -> Void = { _ in }, sql: String? = nil
    ) async throws -> PostgresError {
        try await PostgreSQLServer.shared().withDatabase { server in
            var settings = server.writable
            change(&settings)
            let changed = settings
            return try await BlockingPool.shared.run {
                try #require(throws: PostgresError.self) {
                    let connection = try PostgresConnection(changed)
                    if let sql { _ = try connection.query(sql) }
                }
            }
        }
    }

    @Test func `of a wrong password is access denied, and nothing tells the password`() async throws {
        let error = try await failure { $0.password = Self.password }
        #expect(error.kind == .accessDenied && error.sqlState == "28P01" && !error.isTransient)
        #expect(error.isConnecting && error.severity == "FATAL")
        #expect(error.message.hasPrefix("password authentication failed"), "\(error)")
        #expect(!error.message.contains("LOCATION"))
        #expect(!"\(error) \(String(reflecting: error))".contains(Self.password))
        let missing = try await failure { $0.password = "" }
        #expect(missing.kind == .accessDenied, "\(missing)")
        let settings = PostgresSettings(user: "u", password: Self.password, database: "d")
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains(Self.password))
    }

    @Test func `of a statement that quotes the password does not repeat it`() async throws {
        let password = try await PostgreSQLServer.shared().administrator.password
        let error = try await failure(sql: "SELECT nonsense FROM FROM '\(password)'")
        #expect(error.kind == .syntax && error.sql.contains("•••"))
        #expect(password.isEmpty || !"\(error) \(String(reflecting: error))".contains(password))
    }

    @Test func `of a port where nobody listens is unreachable`() async throws {
        let listener = Listener()
        listener.close()
        let error = try await failure { $0.port = listener.port }
        #expect(error.kind == .unreachable && error.isTransient && error.isConnecting, "\(error)")
    }

    @Test func `of a port where somebody listens in silence is unreachable in time`() async throws {
        let listener = Listener()
        defer { listener.close() }
        let settings = PostgresSettings(
            port: listener.port, user: "u", password: "p", database: "d", connectTimeout: .seconds(1))
        let (error, duration) = try await BlockingPool.shared.run {
            let clock = ContinuousClock.now
            let error = try #require(throws: PostgresError.self) { try PostgresConnection(settings) }
            return (error, ContinuousClock.now - clock)
        }
        #expect(error.kind == .unreachable && duration < .seconds(30), "\(error) after \(duration)")
    }

    @Test func `of an unknown host or socket is unreachable`() async throws {
        let host = try await failure { $0.host = "no-such-host.invalid" }
        #expect(host.kind == .unreachable, "\(host)")
        let socket = try await failure { $0.socketFolder = "/nonexistent" }
        #expect(socket.kind == .unreachable, "\(socket)")
    }

    @Test func `of encryption that the server does not offer is never clear text`() async throws {
        for tls in [PostgresSettings.TLS.required, .verified(authority: nil)] {
            let error = try await failure { $0.tls = tls }
            #expect(error.kind == .tls && !error.isTransient, "\(error)")
        }
    }

    @Test(arguments: [
        ("SELECT * FROM missing", PostgresError.Kind.unknownTable, "42P01"),
        ("SELECT missing", .unknownColumn, "42703"), ("SELEC 1", .syntax, "42601"),
        ("SELECT * FROM missing.t", .unknownTable, "42P01"), ("SELECT 1/0", .other, "22012"),
        ("SET statement_timeout = 50; SELECT pg_sleep(30)", .timeout, "57014"),
        ("SET ROLE pg_monitor; SELECT * FROM pg_authid", .accessDenied, "42501"),
        ("DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END$$", .deadlock, "40P01"),
        ("DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END$$", .serialization, "40001"),
        ("DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END$$", .outOfResources, "53100"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", .lostConnection, "57P01"),
    ])
    func `has the kind of its cause`(sql: String, kind: PostgresError.Kind, state: String) async throws {
        let error = try await failure(sql: sql)
        #expect(error.kind == kind && error.sqlState == state, "\(error)")
        #expect(error.sql == sql && !error.isConnecting)
    }

    @Test func `of an unknown database and of a lock that is never released have their kinds`() async throws {
        let error = try await failure { $0.database = "missing" }
        #expect(error.kind == .unknownDatabase && error.sqlState == "3D000")
        try await onDatabase { connection throws in
            try connection.execute("CREATE TABLE t (n int)")
            try connection.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
            var settings = connection.settings
            settings.lockTimeout = .milliseconds(200)
            let other = try PostgresConnection(settings)
            let error = #expect(throws: PostgresError.self) { try other.copy("SELECT n FROM t") }
            #expect(error?.kind == .lockWait && error?.isTransient == true)
        }
    }

    @Test func `of a table whose policy hides rows is access denied, not fewer rows`() async throws {
        try await onDatabase { connection throws in
            let role = "r_\(connection.backendID)"
            try connection.execute(
                """
                CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2);
                ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (n = 1);
                CREATE ROLE \(role); GRANT SELECT ON t TO \(role); SET ROLE \(role)
                """)
            let error = #expect(throws: PostgresError.self) { try connection.copy("SELECT n FROM t") }
            #expect(error?.kind == .accessDenied)
            try connection.execute("RESET ROLE; DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test func `keeps only the beginning of a long statement`() async throws {
        let error = try await failure(sql: "SELECT '\(String(repeating: "é", count: 100_000))' FRM t")
        #expect(error.sql.count < 300)
    }
}

/// A port of the loopback on which connections are accepted by the kernel and never answered.
private final class Listener: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() {
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
