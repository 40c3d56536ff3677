import Blocking
import Glibc
import MySQL
import TarnTesting
import Testing

@Suite struct `A server for tests` {
    @Test func `is gone with its folder when it is stopped`() async throws {
        let server = try await MariaDBServer.another()
        let settings = server.administrator
        try await BlockingPool.shared.run {
            let folder = try MySQLConnection(settings).query("SELECT @@datadir").rows[0][0] ?? ""
            #expect(access(folder, F_OK) == 0)
            server.stop()
            let error = #expect(throws: MySQLError.self) { try MySQLConnection(settings) }
            #expect(error?.kind == .unreachable)
            #expect(access(folder, F_OK) != 0)
        }
    }

    @Test func `ends with the pipe of its guard, which the kernel closes when this process is killed`() throws
    {
        var name = Array("/tmp/tarn-guard-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&name))
        let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let process = try GuardedProcess(
            ["/bin/sleep", "1000"], signal: "KILL", removing: folder, log: "\(folder)/log")
        #expect(process.isRunning)
        // To the guard, `stop` and the death of this process are one event: its standard input ends.
        process.stop()
        #expect(!process.isRunning)
        #expect(access(folder, F_OK) != 0)
    }

    @Test func `gives every test a database of its own and drops it`() async throws {
        let server = try await MariaDBServer.shared()
        let first = try await server.withDatabase { $0.database }
        try await server.withDatabase { settings in
            #expect(settings.database != first)
            try await BlockingPool.shared.run {
                let databases = try MySQLConnection(settings).query("SHOW DATABASES").rows.map { $0[0] }
                #expect(databases.contains(settings.database) && !databases.contains(first))
            }
        }
    }

    @Test func `can be PostgreSQL`() async throws {
        let server = try await PostgreSQLServer.shared()
        try await server.withDatabase { settings in
            #expect(settings.connectionString.hasSuffix("/\(settings.database)"))
            #expect(settings.database != server.administrator.database)
        }
    }
}
