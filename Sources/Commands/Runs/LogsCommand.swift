internal import ArgumentParser
internal import LakeModel
internal import Metadata
internal import Orchestrator
internal import Terminal

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "What happened in a run, in order.",
        discussion: """
            Without an argument: the newest run. Every transition is there: what was claimed by whom, retried, taken over, \
            skipped and why. --json gives one object a line.
            """)

    @Argument(help: ArgumentHelp("A run's id.", valueName: "run")) var runID: String?
    @Option(name: .long, help: ArgumentHelp("Only what is about this asset.", valueName: "asset"))
    var asset: String?
    @Flag(name: [.short, .long], help: "Go on until the run is over.") var follow = false
    @OptionGroup var lake: LakeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try await lake.open()
        let wanted = try asset.map { text in
            guard let key = AssetKey(text) else {
                throw ValidationError("'\(text)' is no asset's name, such as silver.fact_invoice.")
            }
            return key
        }
        let run = try await report(of: runID, in: lake).summary.id
        var last: Int64 = 0
        while true {
            // Before the events: what comes after it is read the next time.
            let pulse = try await lake.metadata.pulse(of: run)
            while true {
                let events = try await lake.metadata.events(of: run, after: last, limit: 1_000)
                for event in events where wanted == nil || event.draft.asset == wanted { try show(event) }
                guard let newest = events.last?.sequence else { break }
                last = newest
            }
            guard follow, !pulse.state.isFinal else { return }
            await lake.metadata.awaitChange(atMost: .seconds(1))
            try Task.checkCancellation()
        }
    }

    private func show(_ event: RunEvent) throws {
        if output.json { return try Output.jsonLine(EventJSON(event)) }
        let time = event.draft.at.description.prefix(23).replacingOccurrence("T", " ")
        let about =
            event.draft.asset.map { asset in
                event.draft.partition.map { "\(asset) of \($0)" } ?? "\(asset)"
            } ?? ""
        let words = event.draft.kind.rawValue.split(separator: "_").joined(separator: " ")
        let parts = [about, event.draft.text].filter { !$0.isEmpty }.joined(separator: ": ")
        Output.line("\(Output.style.dim(time))  \(coloured(words, event.draft.kind))  \(parts)")
    }

    private func coloured(_ words: String, _ kind: RunEvent.Kind) -> String {
        let padded = words + String(repeating: " ", count: max(0, 20 - words.count))
        return switch kind {
        case .stepFailed, .runLost, .stepLost, .checkFailed: Output.style.red(padded)
        case .stepRetried, .stepReclaimed, .stepBlocked, .stepCancelled, .runCancelRequested:
            Output.style.yellow(padded)
        case .stepSucceeded, .checkPassed: Output.style.green(padded)
        default: padded
        }
    }
}

/// One thing that happened, in `--json` answers.
private struct EventJSON: Encodable {
    let run: String
    /// Counts the events of a run from 1.
    let number: Int64
    let at: String
    let kind: String
    let asset: String?
    let partition: String?
    let text: String

    init(_ event: RunEvent) {
        run = event.draft.run.text
        number = event.sequence
        at = event.draft.at.description
        kind = event.draft.kind.rawValue
        asset = event.draft.asset?.description
        partition = event.draft.partition?.text
        text = event.draft.text
    }
}

extension Substring {
    fileprivate func replacingOccurrence(_ old: Character, _ new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}
