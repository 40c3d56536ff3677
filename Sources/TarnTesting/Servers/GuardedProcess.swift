internal import Glibc
internal import Synchronization

/// A server process that cannot outlive this one.
///
/// A shell stands between: it starts the server, waits for the end of its standard input, then kills the
/// server by its id and removes its folder. The other end of that pipe belongs to this process alone, and the
/// kernel closes it however this process ends.
package final class GuardedProcess: Sendable {
    private let pipe: Mutex<Int32?>
    private let guardID: pid_t
    /// The server's own process id.
    package let processID: Int32

    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - signal: what ends the server at once.
    ///   - folder: removed after the server's end.
    ///   - log: the file that takes the server's output.
    package init(_ command: [String], signal: String, removing folder: String, log: String)
        throws(ServerFailure)
    {
        let script = """
            trap '' INT TERM HUP
            signal=$1 folder=$2 log=$3; shift 3
            "$@" </dev/null >>"$log" 2>&1 &
            server=$!
            echo "$server"
            exec 1>&-
            cat >/dev/null
            kill -s "$signal" "$server" 2>/dev/null
            wait "$server" 2>/dev/null
            rm -rf "$folder"
            """
        var (input, output): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        // Sockets, because they are born close-on-exec: a child started meanwhile by another thread would
        // otherwise hold the end whose closing is the signal.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &input) == 0 else {
            throw ServerFailure("no pipe: errno \(errno)")
        }
        guard socketpair(AF_UNIX, kind, 0, &output) == 0 else {
            throw ServerFailure("no pipe: errno \(errno)")
        }
        defer { for descriptor in [input[0], output[0], output[1]] { close(descriptor) } }
        let arguments = ["/bin/sh", "-c", script, "guard", signal, folder, log] + command
        do {
            guardID = try Self.spawn(arguments, standardInput: input[0], standardOutput: output[1])
        } catch {
            close(input[1])
            throw error
        }
        close(output[1])
        output[1] = -1
        var text = [UInt8](repeating: 0, count: 32)
        let count = read(output[0], &text, text.count)
        guard count > 1, let id = pid_t(String(decoding: text[..<(count - 1)], as: UTF8.self)) else {
            close(input[1])
            throw ServerFailure("\(command[0]) did not start")
        }
        processID = id
        pipe = Mutex(input[1])
    }

    deinit { stop() }

    /// Whether the server's process is there.
    package var isRunning: Bool {
        // A dead process keeps its number until the guard has waited for it, but has no program any more.
        access("/proc/\(processID)/exe", F_OK) == 0
    }

    /// Kills the server as a crash would. Its folder stays until ``stop()``.
    package func kill() { send(SIGKILL) }

    package func send(_ signal: Int32) { _ = Glibc.kill(processID, signal) }

    /// Ends the server, and returns when its folder is gone. Stopping twice is harmless.
    package func stop() {
        let writeEnd = pipe.withLock { pipe in
            defer { pipe = nil }
            return pipe
        }
        guard let writeEnd else { return }
        close(writeEnd)
        var status: Int32 = 0
        while waitpid(guardID, &status, 0) < 0, errno == EINTR {}
    }

    /// Runs a program to its end.
    /// - Throws: when it ends with anything but 0; its output is in `log`.
    package static func run(_ command: [String], log: String = "/dev/null") throws(ServerFailure) {
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(output)
            close(input)
        }
        let id = try spawn(command, standardInput: input, standardOutput: output, standardError: output)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw ServerFailure("\(command[0]) ended with status \(status); see \(log)")
        }
    }

    private static func spawn(
        _ command: [String], standardInput: Int32, standardOutput: Int32, standardError: Int32 = 2
    ) throws(ServerFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        posix_spawn_file_actions_adddup2(&actions, standardOutput, 1)
        posix_spawn_file_actions_adddup2(&actions, standardError, 2)
        // A server that held the end of another test's pipe would keep its reader waiting for ever.
        // Closing what is not open is no error: posix_spawn_file_actions_addclose(3).
        for descriptor in Int32(3)..<1_024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that the terminal's Ctrl-C reaches the tests and the guard does its work.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var id = pid_t()
        let code = posix_spawn(&id, command[0], &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw ServerFailure("cannot start \(command[0]): errno \(code)") }
        return id
    }
}

/// Why a test's server is not there.
package struct ServerFailure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
