internal import Blocking
internal import Glibc
internal import Synchronization

/// A private PostgreSQL on the loopback, for tests.
///
/// ``shared()`` is one per test process, and every test takes a database of its own from it. With
/// `TARN_TEST_POSTGRES_PORT` in the environment (and optionally `_HOST`, `_USER`, `_PASSWORD`) that server is
/// used instead of starting one.
package final class PostgreSQLServer: Sendable {
    /// Where the server is and who may do everything there.
    package struct Settings: Sendable {
        package var host: String
        package var port: UInt16
        package var user: String
        package var password: String
        package var database: String

        /// For libpq and whatever else reads a URI.
        package var connectionString: String {
            "postgresql://\(user):\(password)@\(host):\(port)/\(database)"
        }
    }

    package let administrator: Settings
    /// The newest is the one that runs; none of a server that was given.
    private let processes: Mutex<[GuardedProcess]>
    private let files: ServerFolder?

    private init(_ administrator: Settings, _ process: GuardedProcess?, _ files: ServerFolder?) {
        self.administrator = administrator
        self.files = files
        processes = Mutex(process.map { [$0] } ?? [])
    }

    private struct ServerFolder: Sendable {
        let folder: String
        var data: String { "\(folder)/data" }
        var log: String { "\(folder)/log" }
    }

    private static let threads = BlockingPool(threadsMax: 4)
    private static let started: Result<PostgreSQLServer, any Error> = Result { () throws in
        let server = try given() ?? start()
        if server.files != nil { atexit { try? PostgreSQLServer.started.get().stop() } }
        return server
    }

    /// The process's own server, started on first use.
    package static func shared() async throws -> PostgreSQLServer {
        try await threads.run { try started.get() }
    }

    /// Another server, for a test that kills it.
    package static func another() async throws -> PostgreSQLServer {
        try await threads.run { try start() }
    }

    /// Kills the server as a crash would.
    package func kill() { processes.withLock { $0.last }?.kill() }

    /// Ends all sessions at once, and starts the server again where it was.
    package func restart() async throws {
        guard let files, let old = processes.withLock({ $0.last }) else { return }
        let settings = administrator
        let new = try await Self.threads.run {
            // "Immediate shutdown": https://www.postgresql.org/docs/current/server-shutdown.html
            old.send(SIGQUIT)
            while old.isRunning { usleep(10_000) }
            return try Self.launch(settings, files)
        }
        processes.withLock { $0.append(new) }
    }

    /// Ends the server and removes its files.
    package func stop() {
        // The first one's guard removes the folder, so it goes last.
        for process in processes.withLock({ $0 }).reversed() { process.stop() }
    }

    /// Lends a new, empty database, and drops it afterwards.
    package func withDatabase<T: Sendable>(
        _ body: (_ settings: Settings) async throws -> T
    ) async throws -> T {
        var settings = administrator
        settings.database = "test_\(ServerFiles.randomWord())"
        try await run("CREATE DATABASE \(settings.database)")
        do {
            let value = try await body(settings)
            try await run("DROP DATABASE \(settings.database) WITH (FORCE)")
            return value
        } catch {
            // The test's own failure is the one to tell; the server goes with the process anyway.
            _ = try? await run("DROP DATABASE \(settings.database) WITH (FORCE)")
            throw error
        }
    }

    private func run(_ sql: String) async throws {
        let target = administrator.connectionString
        try await Self.threads.run {
            try GuardedProcess.run([
                try Self.tool("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, target,
            ])
        }
    }
}

extension PostgreSQLServer {
    private static func given() -> PostgreSQLServer? {
        guard let port = ServerFiles.environment("TARN_TEST_POSTGRES_PORT").flatMap({ UInt16($0) }) else {
            return nil
        }
        return PostgreSQLServer(
            Settings(
                host: ServerFiles.environment("TARN_TEST_POSTGRES_HOST") ?? "127.0.0.1", port: port,
                user: ServerFiles.environment("TARN_TEST_POSTGRES_USER") ?? "postgres",
                password: ServerFiles.environment("TARN_TEST_POSTGRES_PASSWORD") ?? "", database: "postgres"),
            nil, nil)
    }

    private static func start() throws(ServerFailure) -> PostgreSQLServer {
        let folder = try ServerFiles.makeTemporaryFolder("postgresql")
        let (data, log) = ("\(folder)/data", "\(folder)/log")
        let settings = Settings(
            host: "127.0.0.1", port: try ServerFiles.unusedPort(), user: "tarn_test",
            password: ServerFiles.randomWord(), database: "postgres")
        let passwordFile = "\(folder)/password"
        try ServerFiles.write(settings.password + "\n", to: passwordFile)
        if getuid() == 0 { try GuardedProcess.run(["/bin/chown", "-R", account, folder]) }
        try GuardedProcess.run(
            asOrdinaryUser + [
                try tool("initdb"), "-D", data, "-U", settings.user, "--pwfile=\(passwordFile)",
                "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync",
            ], log: log)
        let files = ServerFolder(folder: folder)
        return PostgreSQLServer(settings, try launch(settings, files), files)
    }

    private static func launch(
        _ settings: Settings, _ files: ServerFolder
    ) throws(ServerFailure) -> GuardedProcess {
        let process = try GuardedProcess(
            asOrdinaryUser + [
                try tool("postgres"), "-D", files.data, "-p", "\(settings.port)", "-c",
                "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "synchronous_commit=off",
                "-c", "full_page_writes=off", "-c", "shared_buffers=32MB", "-c", "max_connections=100",
            ], signal: "QUIT", removing: files.folder, log: files.log)
        let isReady = try tool("pg_isready")
        try ServerFiles.await(process, log: files.log) {
            let answer: Void? = try? GuardedProcess.run(
                [isReady, "-q", "-h", settings.host, "-p", "\(settings.port)"])
            return answer != nil
        }
        return process
    }

    /// The server refuses to run as root. `setpriv` becomes the program, so the process id stays the
    /// server's.
    private static var asOrdinaryUser: [String] {
        getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=\(account)", "--regid=\(group)", "--clear-groups"] : []
    }

    private static var account: String { getpwnam("postgres") == nil ? "nobody" : "postgres" }
    private static var group: String { getpwnam("postgres") == nil ? "nogroup" : "postgres" }

    /// A program of the newest PostgreSQL that is installed.
    private static func tool(_ name: String) throws(ServerFailure) -> String {
        let versions = (13...30).reversed().map { "/usr/lib/postgresql/\($0)/bin/\(name)" }
        return try ServerFiles.program(versions + ["/usr/local/pgsql/bin/\(name)", "/usr/bin/\(name)"])
    }
}
