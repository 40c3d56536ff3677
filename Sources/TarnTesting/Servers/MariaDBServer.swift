internal import Blocking
internal import Glibc
package import MySQL
internal import Synchronization

/// A private MariaDB on the loopback, for tests.
///
/// ``shared()`` is one per test process, and every test takes a database of its own from it. With
/// `TARN_TEST_MYSQL_PORT` in the environment (and optionally `_HOST`, `_USER`, `_PASSWORD`) that server is
/// used instead of starting one.
package final class MariaDBServer: Sendable {
    /// An account that may do everything; no database, local data allowed.
    package let administrator: MySQLSettings
    private let process: GuardedProcess?
    /// How it was started, to start it again.
    private let command: (words: [String], folder: String)?
    /// The one that was killed before; it owns the folder, too.
    private let previous: MariaDBServer?

    private init(
        _ administrator: MySQLSettings, _ process: GuardedProcess?,
        command: (words: [String], folder: String)? = nil, previous: MariaDBServer? = nil
    ) {
        (self.administrator, self.process) = (administrator, process)
        (self.command, self.previous) = (command, previous)
    }

    /// After ``kill()``: starts the server again on its files and its port. Blocks.
    /// - Returns: The server to stop, before this one.
    package func restarted() throws(ServerFailure) -> MariaDBServer {
        guard let command else { throw ServerFailure("this server was not started here") }
        let log = "\(command.folder)/log"
        let process = try GuardedProcess(
            command.words, signal: "KILL", removing: command.folder, log: log)
        try ServerFiles.await(process, log: log) { (try? MySQLConnection(administrator)) != nil }
        return MariaDBServer(administrator, process, command: command, previous: self)
    }

    // Not the shared pool: tests fill that one with bodies that wait for this server.
    private static let threads = BlockingPool(threadsMax: 4)
    private static let started: Result<MariaDBServer, any Error> = Result { () throws in
        let server = try given() ?? start()
        // Static values are never released, so the guard's wait must be asked for. It also acts without this.
        if server.process != nil { atexit { try? MariaDBServer.started.get().stop() } }
        return server
    }

    /// The process's own server, started on first use.
    package static func shared() async throws -> MariaDBServer {
        try await threads.run { try started.get() }
    }

    /// Another server, for a test that kills it or needs options of its own.
    ///
    /// - Parameter environment: variables of its process, "TZ=Asia/Tokyo".
    package static func another(
        options: [String] = [], environment: [String] = []
    ) async throws -> MariaDBServer {
        try await threads.run { try start(options, environment) }
    }

    /// Kills the server as a crash would.
    package func kill() { process?.kill() }

    /// Ends the server and removes its files.
    package func stop() { process?.stop() }

    /// Lends a new, empty database, and drops it afterwards.
    package func withDatabase<T: Sendable>(
        _ body: (_ settings: MySQLSettings) async throws -> T
    ) async throws -> T {
        var settings = administrator
        settings.database = "test_\(ServerFiles.randomWord())"
        let name = settings.database ?? ""
        try await run("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
        do {
            let value = try await body(settings)
            try await run("DROP DATABASE \(name)")
            return value
        } catch {
            // The test's own failure is the one to tell; the server goes with the process anyway.
            _ = try? await run("DROP DATABASE \(name)")
            throw error
        }
    }

    private func run(_ sql: String) async throws {
        let administrator = administrator
        _ = try await Self.threads.run { try MySQLConnection(administrator).execute(sql) }
    }
}

extension MariaDBServer {
    private static func given() -> MariaDBServer? {
        guard let port = ServerFiles.environment("TARN_TEST_MYSQL_PORT").flatMap({ UInt16($0) }) else {
            return nil
        }
        return MariaDBServer(
            MySQLSettings(
                host: ServerFiles.environment("TARN_TEST_MYSQL_HOST") ?? "127.0.0.1", port: port,
                user: ServerFiles.environment("TARN_TEST_MYSQL_USER") ?? "root",
                password: ServerFiles.environment("TARN_TEST_MYSQL_PASSWORD") ?? "", allowsLocalData: true),
            nil)
    }

    private static func start(
        _ options: [String] = [], _ environment: [String] = []
    ) throws(ServerFailure) -> MariaDBServer {
        let program = try ServerFiles.program(["/usr/sbin/mariadbd", "/usr/libexec/mariadbd"])
        let folder = try ServerFiles.makeTemporaryFolder("mariadb")
        let (data, log) = ("\(folder)/data", "\(folder)/log")
        try GuardedProcess.run(["/bin/cp", "-a", "--reflink=auto", try template(program), data])
        let settings = MySQLSettings(
            port: try ServerFiles.unusedPort(), user: "tarn_test", password: ServerFiles.randomWord(),
            allowsLocalData: true)
        try ServerFiles.write(
            """
            CREATE USER IF NOT EXISTS '\(settings.user)'@'%' IDENTIFIED BY '\(settings.password)';
            GRANT ALL PRIVILEGES ON *.* TO '\(settings.user)'@'%' WITH GRANT OPTION;

            """, to: "\(folder)/accounts.sql")
        // `env` becomes the server, so the process that is killed is the server itself.
        let prefix = environment.isEmpty ? [] : ["/usr/bin/env"] + environment
        let words =
            prefix + [
                program, "--no-defaults", "--datadir=\(data)", "--port=\(settings.port)",
                "--bind-address=127.0.0.1", "--socket=\(folder)/socket", "--pid-file=\(folder)/pid",
                "--init-file=\(folder)/accounts.sql",
                // A starting server clears the temporary tables out of a folder that it shares with others.
                "--tmpdir=\(folder)", "--innodb-buffer-pool-size=64M",
                "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync",
                "--innodb-doublewrite=0",
                "--local-infile=1", "--skip-name-resolve", "--performance-schema=0", "--max-connections=100",
                "--skip-log-bin", "--max-allowed-packet=64M", "--character-set-server=utf8mb4",
            ] + options + asRoot
        let process = try GuardedProcess(words, signal: "KILL", removing: folder, log: log)
        try ServerFiles.await(process, log: log) { (try? MySQLConnection(settings)) != nil }
        return MariaDBServer(settings, process, command: (words, folder))
    }

    private static var asRoot: [String] { getuid() == 0 ? ["--user=root"] : [] }

    /// An initialised data folder, made once per user and version of the server.
    private static func template(_ program: String) throws(ServerFailure) -> String {
        let installer = try ServerFiles.program(["/usr/bin/mariadb-install-db"])
        var status = stat()
        guard stat(program, &status) == 0 else { throw ServerFailure("cannot look at \(program)") }
        // The program's size and date change with its version, and asking them costs nothing.
        let name = "mariadb-\(status.st_size)-\(status.st_mtim.tv_sec)"
        return try ServerFiles.cached(name) { (folder) throws(ServerFailure) in
            try GuardedProcess.run(
                [
                    installer, "--no-defaults", "--datadir=\(folder)", "--skip-test-db",
                    "--auth-root-authentication-method=normal", "--innodb-log-file-size=48M",
                ] + asRoot, log: "\(folder).log")
        }
    }
}
