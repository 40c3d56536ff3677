import TarnTesting
import Glibc

/// A process of a test, which ends with its input.
final class Child {
    private let id: pid_t
    private var input: Int32
    private let output: Int32

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else {
            throw SetupFailed(reason: "pipe")
        }
        var outputs: [Int32] = [0, 0]
        guard pipe(&outputs) == 0, fcntl(outputs[0], F_SETFD, FD_CLOEXEC) == 0 else {
            throw SetupFailed(reason: "pipe")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_adddup2(&actions, outputs[1], 1)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, nil, &words, environ)
        close(ends[0])
        close(outputs[1])
        guard code == 0 else { throw SetupFailed(reason: String(cString: strerror(code))) }
        id = child
        input = ends[1]
        output = outputs[0]
    }

    /// The next byte that it writes, once it does; `nil` at the end of its output.
    func readByte() -> UInt8? {
        var byte: UInt8 = 0
        return read(output, &byte, 1) == 1 ? byte : nil
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Its exit status.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status
    }

    deinit {
        closeInput()
        close(output)
    }
}
