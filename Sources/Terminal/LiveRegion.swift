internal import Synchronization

/// A few lines at the end of the output that are redrawn in place: a bar for each step that is running.
///
/// On a terminal the lines are replaced at most ten times a second. Elsewhere they are never written; only
/// the lines for good (``print(_:)``) are.
package final class LiveRegion: Sendable {
    private let file: Int32
    private let isLive: Bool
    private let size: @Sendable () -> TerminalSize?
    private let state = Mutex(State())

    private struct State {
        var lines: [String] = []
        /// How many lines of the region the terminal shows.
        var linesShown = 0
        var drawnAt: ContinuousClock.Instant?
    }

    /// The least time between two redraws.
    package static let interval = Duration.milliseconds(100)

    /// - Parameter isLive: Whether lines can be redrawn; by default if `file` is a terminal.
    package convenience init(file: Int32, isLive: Bool? = nil) {
        self.init(file: file, isLive: isLive ?? isTerminal(file)) { terminalSize(of: file) }
    }

    init(file: Int32, isLive: Bool, size: @escaping @Sendable () -> TerminalSize?) {
        self.file = file
        self.isLive = isLive
        self.size = size
    }

    /// The region becomes `lines`. Drawn now, or by a later call if the last drawing was less than
    /// ``interval`` ago.
    package func update(_ lines: [String], at now: ContinuousClock.Instant) {
        guard isLive else { return }
        state.withLock { state in
            state.lines = lines
            if let drawnAt = state.drawnAt, now - drawnAt < LiveRegion.interval { return }
            state.drawnAt = now
            writeAll(redrawing(&state), to: file)
        }
    }

    /// Writes `line` for good, above the region.
    package func print(_ line: String) {
        state.withLock { state in
            guard isLive else { return writeAll(line + "\n", to: file) }
            writeAll(LiveRegion.erasing(&state) + line + "\n" + redrawing(&state), to: file)
        }
    }

    /// Removes the region; what was printed stays.
    package func finish() {
        guard isLive else { return }
        state.withLock { state in
            state.lines = []
            writeAll(LiveRegion.erasing(&state), to: file)
        }
    }

    private static func erasing(_ state: inout State) -> String {
        guard state.linesShown > 0 else { return "" }
        defer { state.linesShown = 0 }
        return "\u{1B}[\(state.linesShown)A\r\u{1B}[J"
    }

    private func redrawing(_ state: inout State) -> String {
        let size = size() ?? TerminalSize(columns: 80, rows: 24)
        let erase = LiveRegion.erasing(&state)
        // A line that wraps, or a region higher than the screen, could not be found again by counting lines.
        let shown = state.lines.prefix(max(1, size.rows - 1))
        state.linesShown = shown.count
        return erase + shown.map { truncated($0, to: size.columns - 1) + "\n" }.joined()
    }
}
