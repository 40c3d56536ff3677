import Foundation
import Glibc

/// How a program ended.
struct Ended: Sendable {
    /// The exit code; 128 + the signal's number if a signal ended it, as shells say it.
    let code: Int32
    let output: String
    let errors: String
    let seconds: Double
    /// The most memory that it held.
    let peakKilobytes: Int

    /// Everything it said, for messages of failed expectations.
    var all: String { "exit \(code)\n\(output)\n\(errors)" }
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Its output as JSON.
    func json() throws -> JSON { try JSON(Data(output.utf8)) }
}

/// A program that runs, with its output in files, so that no pipe can fill up and no descriptor is inherited.
final class Program: Sendable {
    let id: pid_t
    private let folder: String
    private let began = ContinuousClock.now
    /// What takes longer is killed; the test then sees the signal's code.
    static let limit = Duration.seconds(180)

    /// Starts `arguments[0]` in `directory`.
    /// - Parameter terminal: the path of a terminal that becomes its three descriptors and controls it.
    init(
        _ arguments: [String], in directory: String, environment: [String: String], input: String = "",
        terminal: String? = nil
    ) throws {
        folder = try makeTemporaryFolder("program")
        try Data(input.utf8).write(to: URL(filePath: "\(folder)/in"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let (write, read) = (O_WRONLY | O_CREAT | O_TRUNC, O_RDONLY)
        if let terminal {
            posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "\(folder)/in", read, 0)
            posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/out", write, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/err", write, 0o600)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A session of its own (POSIX_SPAWN_SETSID, which Swift's Glibc does not show), so that a terminal
        // opened above becomes its controlling terminal.
        posix_spawnattr_setflags(&attributes, 0x80)
        // `env` changes the folder and becomes the program, which keeps its id.
        let command = ["/usr/bin/env", "--chdir=\(directory)"] + arguments
        var words = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var id = pid_t()
        let code = posix_spawn(&id, command[0], &actions, &attributes, &words, &variables)
        guard code == 0 else {
            throw SetupFailed("cannot start \(arguments[0]): \(String(cString: strerror(code)))")
        }
        self.id = id
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func send(_ signal: Int32) { kill(id, signal) }

    /// What it has written to standard output so far.
    var outputSoFar: String { Program.text(of: "\(folder)/out") }

    /// What it has written to standard error so far.
    var errorsSoFar: String { Program.text(of: "\(folder)/err") }

    /// Waits for its end on a thread of its own.
    func end() async throws -> Ended {
        let (id, began, folder) = (id, began, folder)
        return try await onOwnThread {
            var status: Int32 = 0
            var peak = 0
            while true {
                // What wait4 says would include the memory of this process, which it was split off from.
                peak = max(peak, Program.peakKilobytes(of: id))
                let ended = waitpid(id, &status, WNOHANG)
                guard ended == 0 || (ended < 0 && errno == EINTR) else { break }
                if ContinuousClock.now - began > Program.limit { kill(id, SIGKILL) }
                usleep(2_000)
            }
            let signal = status & 0x7f
            let elapsed = ContinuousClock.now - began
            return Ended(
                code: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
                output: Program.text(of: "\(folder)/out"),
                errors: Program.text(of: "\(folder)/err"), seconds: elapsed / .seconds(1),
                peakKilobytes: peak)
        }
    }

    private static func peakKilobytes(of id: pid_t) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    private static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Runs a program to its end, and takes anything but 0 for a fault of the test.
    static func output(_ arguments: [String], in directory: String = "/", input: String = "") async throws
        -> String
    {
        let ended = try await Program(
            arguments, in: directory, environment: ["PATH": path, "LC_ALL": "C.UTF-8"], input: input
        ).end()
        guard ended.code == 0 else { throw SetupFailed("\(arguments.prefix(3)) \(ended.all)") }
        return ended.output
    }

    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

/// The test could not be set up; nothing is said about Tarn.
struct SetupFailed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Runs what blocks on a thread of its own, because the tests share few.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}

/// Lets `seconds` pass: only where the moment of a fault is drawn by lot.
func pass(seconds: Double) async throws {
    try await Task.sleep(for: .seconds(seconds))
}

/// Asks `condition` until it says yes.
/// - Throws: ``SetupFailed`` after ten seconds.
func awaiting(_ what: String, _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw SetupFailed("this did not happen: \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// The same of what another program has to be asked for, and for which machines that are busy get longer.
func awaitingAnswer(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw SetupFailed("this did not happen: \(what)") }
        try await Task.sleep(for: .milliseconds(100))
    }
}

/// A new folder that belongs to this user alone.
func makeTemporaryFolder(_ name: String) throws -> String {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(parent)/tarn-system-\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SetupFailed("no temporary folder: errno \(errno)") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
