internal import ArgumentParser
internal import LakeModel
internal import Orchestrator
internal import Project
internal import Terminal

/// What all commands have that change one backfill.
struct BackfillOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Its id, or a name for the newest of that name.", valueName: "backfill"))
    var id: String
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func change(
        _ change: (Backfills, BackfillID) async throws -> Backfill, says: (Backfill, Backfill) -> String
    )
        async throws
    {
        let lake = try await lake.open()
        let before = try await backfill(id, in: lake)
        let after = try await change(Backfills(lake), before.id)
        if output.json { return try Output.json(BackfillReport(after, lake, at: Lake.now())) }
        Output.line(says(before, after))
    }
}

struct PauseBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Begin no further chunk; those that run are finished.")
    @OptionGroup var options: BackfillOptions

    func run() async throws {
        try await options.change({ try await $0.pause($1, at: Lake.now()) }) { before, after in
            guard before.state == .running else { return "It is \(before.state.rawValue)." }
            let running = after.chunks.values.count { $0.state == .running }
            return "Backfill \(after.id) is paused; \(countText(running, "chunk", "chunks")) still running. "
                + "Go on with: tarn backfill resume \(after.plan.name)"
        }
    }
}

struct ResumeBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a backfill that is paused.")
    @OptionGroup var options: BackfillOptions

    func run() async throws {
        try await options.change({ try await $0.resume($1, at: Lake.now()) }) { before, after in
            before.state == .paused
                ? "Backfill \(after.id) goes on." : "It is \(before.state.rawValue), not paused."
        }
    }
}

struct CancelBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a backfill and its runs. What was built stays.")
    @OptionGroup var options: BackfillOptions

    func run() async throws {
        try await options.change({ try await $0.cancel($1, at: Lake.now()) }) { before, after in
            guard before.state != .cancelled, after.state == .cancelled else {
                return "It is over: \(before.state.rawValue)."
            }
            let running = before.chunks.values.count { $0.state == .running }
            return "Backfill \(after.id) is cancelled"
                + (running > 0 ? "; \(countText(running, "run is", "runs are")) being stopped." : ".")
        }
    }
}

struct RetryBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Try the chunks again that have failed.")
    @OptionGroup var options: BackfillOptions

    func run() async throws {
        try await options.change({ try await $0.retry($1, at: Lake.now()) }) { before, after in
            let failed = before.chunks.values.count { $0.state == .failed }
            if before.state == .cancelled { return "It is cancelled. Create another one." }
            guard failed > 0 else { return "No chunk of it has failed." }
            return "Backfill \(after.id) tries \(countText(failed, "chunk", "chunks")) again."
        }
    }
}

struct RunBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Work on a backfill here, until it is done.",
        discussion: """
            For lakes without a service. Ctrl-C stops what runs and pauses the backfill; tarn backfill resume, or run again, \
            goes on with what is left. Exit code 1 if a chunk failed.
            """)

    @Argument(help: ArgumentHelp("Its id, or a name for the newest of that name.", valueName: "backfill"))
    var id: String
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Steps of a run that run at once. Default: what lake.yaml says, or 4.", valueName: "number"))
    var parallel: Int?
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        guard (1...64).contains(parallel ?? 1) else {
            throw ValidationError("--parallel takes a number from 1 to 64.")
        }
    }

    func run() async throws {
        let lake = try await lake.open()
        var backfill = try await backfill(id, in: lake)
        if backfill.state == .paused {
            backfill = try await Backfills(lake).resume(backfill.id, at: Lake.now())
        }
        var options = RunOptions(lake.definition.work)
        options.worker.slots = parallel ?? options.worker.slots
        let display = RunDisplay(isSilent: output.json)
        let work = BackfillWork(lake, backfill.id, options: options, observer: display)
        let ended = try await withThrowingTaskGroup(of: Backfill?.self) { group in
            group.addTask { try await work.run() }
            group.addTask {
                await display.redraw()
                return nil
            }
            defer { display.finish() }
            while let ended = try await group.next() {
                guard let backfill = ended else { continue }
                group.cancelAll()
                return backfill
            }
            throw CancellationError()
        }
        let summary = BackfillReport(ended, lake, at: Lake.now())
        if output.json {
            try Output.json(summary)
        } else {
            Output.line(
                "backfill \(ended.id) \(summary.state)\(summary.reason.map { " (\($0))" } ?? ""): "
                    + "\(countText(summary.done)) of \(countText(summary.partitions)) partitions done, "
                    + "\(countText(summary.failed)) failed")
        }
        if ended.state == .failed || ended.state == .paused && ended.reason != nil { throw ExitCode(1) }
    }
}
