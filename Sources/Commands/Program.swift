internal import ArgumentParser
internal import Blocking
internal import Glibc
internal import LakeModel
internal import Synchronization
internal import Terminal

/// The program: arguments in; text or JSON and an exit code out.
///
/// Exit codes: 0 done; 1 something failed; 2 wrong usage or configuration; 130 stopped by Ctrl-C.
package enum Program {
    package static let version = "0.1.0"

    package static func run() async -> Never {
        let interruption = Interruption.shared
        SignalWatch.watch([SIGINT, SIGTERM, SIGHUP]) { interruption.receive($0) }
        // A reader that goes away (tarn sql … | head) ends the program like any other, without a message.
        signal(SIGPIPE, SIG_DFL)
        let code = await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await execute() }
            group.addTask {
                await interruption.arrival()
                return nil
            }
            // A signal cancels the command, which then ends by itself.
            while let ended = await group.next() {
                group.cancelAll()
                if let code = ended { return code }
            }
            return 0
        }
        exit(code)
    }

    private static func execute() async -> Int32 {
        do {
            var command = try Tarn.parseAsRoot(words(CommandLine.arguments.dropFirst()))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch is CancellationError {
            Output.note("stopped; what was published stays")
            return 130
        } catch let error as any Diagnostic {
            Output.report([error])
            return Failure.code(of: error)
        } catch let errors as Diagnostics {
            Output.report(errors.all)
            return errors.all.map(Failure.code).max() ?? 1
        } catch {
            return usage(error)
        }
    }

    /// `tarn run show` is `tarn runs show`: the parser would take `show` for an asset that is to be run.
    private static func words(_ arguments: ArraySlice<String>) -> [String] {
        arguments.starts(with: ["run", "show"]) ? ["runs"] + arguments.dropFirst() : Array(arguments)
    }

    /// What the argument parser says: help and version end well, mistakes are code 2.
    private static func usage(_ error: any Error) -> Int32 {
        let code = Tarn.exitCode(for: error)
        if code == .success {
            Output.line(Tarn.fullMessage(for: error))
            return 0
        }
        Output.note(Tarn.fullMessage(for: error))
        return code == .validationFailure ? 2 : 1
    }
}

/// Turns Ctrl-C into the cancellation of the command; a second one ends the process at once.
final class Interruption: Sendable {
    static let shared = Interruption()

    private let state = Mutex(State())
    private let arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    private struct State {
        var signals = 0
        /// What a signal stops instead of the command.
        var inner: (@Sendable () -> Void)?
        /// Who is told of signals instead, and ends the command by itself.
        var listener: (@Sendable (Int32) -> Void)?
    }

    /// Returns when the first signal has come, or when the task is cancelled.
    func arrival() async {
        for await _ in arrivals.stream { return }
    }

    /// While `body` runs, a signal calls `stop` and the command goes on.
    func during<T>(_ stop: @escaping @Sendable () -> Void, _ body: () throws -> T) rethrows -> T {
        state.withLock { $0.inner = stop }
        defer { state.withLock { $0.inner = nil } }
        return try body()
    }

    /// While `body` runs, signals are told to `listener`: it is a service, of which SIGHUP is no end. A
    /// second SIGTERM or Ctrl-C ends the process at once.
    func during(
        _ listener: @escaping @Sendable (Int32) -> Void, body: () async throws -> Void
    ) async throws {
        state.withLock { $0.listener = listener }
        defer { state.withLock { $0.listener = nil } }
        try await body()
    }

    func receive(_ signal: Int32) {
        let (count, stop, listener) = state.withLock { state in
            if let inner = state.inner { return (0, Optional(inner), state.listener) }
            if state.listener == nil || signal != SIGHUP { state.signals += 1 }
            return (state.signals, nil, state.listener)
        }
        if let stop { return stop() }
        if count > 1 { _exit(128 + signal) }
        if let listener { listener(signal) } else { arrivals.continuation.yield() }
    }
}

/// Which exit code a failure means.
enum Failure {
    static func code(of error: any Diagnostic) -> Int32 {
        let area = error.code.prefix { $0 != "." }
        let usage = ["sample.invalid-request", "sample.unknown-tables", "backfill.unknown-name"]
        if usage.contains(error.code) { return 2 }
        return area == "project" || area == "selection" || area == "partition" || area == "usage"
            || area == "model" || area == "test" ? 2 : 1
    }
}
