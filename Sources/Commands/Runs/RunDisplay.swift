internal import Extraction
internal import Glibc
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Synchronization
internal import Terminal

/// Shows a run while it goes on: a line for every step that ends, bars for those that run, a table at the
/// end.
final class RunDisplay: RunObserver {
    private let isSilent: Bool
    private let region = LiveRegion(file: STDOUT_FILENO)
    private let style = Output.style
    private let state = Mutex(State())

    private struct State {
        var running: [(watch: StepWatch, began: ContinuousClock.Instant)] = []
        var total = 0
        var ended = 0
        var skipped = 0
        var nameWidth = 20
        /// How readings went, in sentences, each with the tables that it is said of.
        var notes: [String: [AssetKey]] = [:]
    }

    init(isSilent: Bool) { self.isSilent = isSilent }

    func observe(_ event: RunProgress) {
        guard !isSilent else { return }
        switch event {
        case .runStarted(_, let steps):
            state.withLock {
                $0.total = steps.count
                $0.nameWidth = min(steps.map { displayWidth(of: $0.description) }.max() ?? 20, 44)
            }
        case .stepStarted(_, _, let watch): state.withLock { $0.running.append((watch, .now)) }
        case .stepFinished(let asset, let end): finished(asset, end)
        case .runFinished: break
        }
    }

    /// Redraws the bars until the task is cancelled.
    func redraw() async {
        while !Task.isCancelled {
            region.update(bars(), at: .now)
            // Only the drawing waits, and a cancellation ends it.
            try? await Task.sleep(for: LiveRegion.interval)
        }
    }

    func finish() { region.finish() }

    func summarize(_ report: RunReport) {
        let elapsed = report.summary.elapsed(at: report.summary.finishedAt ?? report.summary.createdAt)
        if report.steps.contains(where: { $0.state != .skipped }) { Output.line("\n" + table(report)) }
        let skipped = report.steps.filter { $0.state == .skipped }
        let reasons = Dictionary(grouping: skipped, by: { SkipSummary($0.skipReason ?? "") })
        for (reason, steps) in reasons.sorted(by: { $0.key.text < $1.key.text }) {
            let assets = Set(steps.map(\.step.asset)).count
            let what =
                assets == steps.count
                ? countText(assets, "asset", "assets") : countText(steps.count, "step", "steps")
            Output.line("\(what) skipped: \(reason.text)")
        }
        for line in notes() { Output.line(style.dim(line)) }
        let verdict =
            switch report.summary.state {
            case .succeeded: style.green("succeeded")
            case .cancelled: style.yellow("cancelled")
            default: style.red(report.summary.state.rawValue)
            }
        Output.line("run \(report.summary.id) \(verdict) in \(durationText(elapsed))")
    }

    private static let notesMax = 10

    /// What was said of readings: one line for each sentence, however many tables it is said of.
    private func notes() -> [String] {
        let notes = state.withLock { $0.notes }.sorted { $0.key < $1.key }
        let lines = notes.prefix(RunDisplay.notesMax).map { note, assets in
            let who = assets.count == 1 ? assets[0].description : "\(countText(assets.count)) tables"
            return "note: \(who): \(note)"
        }
        let rest = notes.count - lines.count
        return lines + (rest > 0 ? ["note: and \(countText(rest)) more; tarn assets show has them"] : [])
    }

    private func finished(_ asset: AssetKey, _ end: StepEnd) {
        let width = state.withLock { state in
            // Steps of one asset run one after the other.
            state.running.removeAll { $0.watch.asset == asset }
            state.ended += 1
            return state.nameWidth
        }
        let what = end.task == .build ? asset.description : "\(asset) (\(end.task.rawValue))"
        let name = padded(what, to: width) + (end.partitions.map { " \(shortened($0))" } ?? "")
        switch end.outcome {
        case .succeeded(let rows, let bytes):
            let rate = rateText(bytes: end.bytesRead ?? bytes.bytes, over: end.elapsed)
            let figures = [
                padded(countText(rows) + " rows", to: 16, alignment: .right),
                padded(rate, to: 12, alignment: .right),
                padded(durationText(end.elapsed), to: 9, alignment: .right),
            ].joined(separator: " ")
            let remarks = end.remarks.isEmpty ? "" : "  " + style.yellow(end.remarks.joined(separator: ", "))
            region.print("\(style.green("✓")) \(name) \(figures)\(remarks)")
            state.withLock { state in for note in end.notes { state.notes[note, default: []].append(asset) } }
        // Most steps of most nights: they are summed up at the end.
        case .skipped: state.withLock { $0.skipped += 1 }
        case .failed(let failure), .retrying(let failure):
            region.print("\(style.red("✗")) \(name) \(failure.problem) \(style.dim("[\(failure.code)]"))")
            region.print("    \(style.cyan("help")): \(failure.remedy)")
        case .blocked(let by): region.print("\(style.yellow("-")) \(name) not built, because \(by) failed")
        case .cancelled, .lost: region.print("\(style.yellow("-")) \(name) \(end.outcome.state.rawValue)")
        }
    }

    private func bars() -> [String] {
        state.withLock { state in
            guard !state.running.isEmpty else { return [] }
            var lines = state.running.map { step in
                let elapsed = ContinuousClock.now - step.began
                let name =
                    padded(step.watch.asset.description, to: state.nameWidth)
                    + (step.watch.partitions.map { " \(shortened($0))" } ?? "")
                return "  \(name) \(durationText(elapsed))  \(RunDisplay.figures(of: step.watch, elapsed))"
            }
            let share = state.total == 0 ? 0 : Double(state.ended) / Double(state.total)
            lines.append("  \(progressBar(share, width: 30)) \(state.ended) of \(state.total) steps")
            return lines
        }
    }

    /// How far a step is: rows and their rate, and of a table in pieces the share and the time that is left.
    private static func figures(of watch: StepWatch, _ elapsed: Duration) -> String {
        let progress = watch.extraction
        let rows = progress.rows
        if let reason = progress.waiting { return "waiting: \(reason)" }
        guard rows > 0 else { return watch.share.map { progressBar($0, width: 20) } ?? "" }
        var figures = [
            "\(countText(rows)) rows", rateText(rows, "rows", over: elapsed),
            rateText(bytes: progress.bytes, over: elapsed),
        ]
        if let share = progress.share, share > 0, share < 1 {
            figures.insert(progressBar(share, width: 20), at: 0)
            if let left = remainingTime(share: share, after: elapsed) {
                figures.append("\(durationText(left)) left")
            }
        }
        return figures.joined(separator: "  ")
    }

    /// What was built, by layer and source.
    private func table(_ report: RunReport) -> String {
        var table = TextTable(columns: [
            .init("layer"), .init("built", alignment: .right), .init("unchanged", alignment: .right),
            .init("failed", alignment: .right), .init("rows", alignment: .right),
            .init("size", alignment: .right),
            .init("time", alignment: .right),
        ])
        for layer in Layer.allCases {
            let steps = report.steps.filter { $0.step.asset.layer == layer && $0.step.task == .build }
            guard !steps.isEmpty else { continue }
            let built = steps.filter { $0.state == .succeeded }
            let begun = steps.compactMap(\.startedAt).min()
            let ended = steps.compactMap { $0.startedAt == nil ? nil : $0.finishedAt }.max()
            let elapsed = begun.flatMap { begun in ended.map { $0 - begun } }
            table.append([
                layer.rawValue, countText(built.count), countText(steps.count { $0.state == .skipped }),
                countText(steps.count { $0.state == .failed || $0.state == .blocked }),
                countText(built.reduce(0) { $0 + ($1.rows ?? 0) }),
                bytesText(built.reduce(0) { $0 + ($1.bytes?.bytes ?? 0) }), elapsed.map(durationText) ?? "-",
            ])
        }
        return table.plain(style: style)
    }
}

/// How long the rest takes if it goes on as it went; `nil` while that would be a guess.
func remainingTime(share: Double, after elapsed: Duration) -> Duration? {
    guard share >= 0.01, elapsed >= .seconds(2) else { return nil }
    return elapsed * ((1 - min(share, 1)) / share)
}

/// A reason for skipping without the run that it names, so that equal reasons are counted together.
private struct SkipSummary: Hashable {
    let text: String

    init(_ reason: String) {
        text = reason.hasPrefix("unchanged since") ? "nothing that they are made from has changed" : reason
    }
}
