internal import Glibc

/// Reads statements from a user who edits them, or line by line where there is no terminal.
///
/// It blocks its thread, so it runs on one that may wait. One editor at a time uses a terminal.
package final class LineEditor {
    package enum Input: Hashable, Sendable {
        /// A statement, as it was submitted.
        case statement(String)
        /// Ctrl-C: the user has given the text up and wants another prompt.
        case interrupted
        /// Ctrl-D, or the end of the input.
        case end
    }

    package private(set) var history: History
    /// Why the last statement was not kept in the history's file, for whoever wants to warn; editing goes on.
    package private(set) var historyFailure: HistoryUnusable?
    private let input: Int32
    private let output: Int32
    private let isComplete: @Sendable (String) -> Bool
    private let completer: LineEditing.Completer
    private var decoder = KeyDecoder()
    /// Keys that came after the submission of a statement: the beginning of the next one.
    private var keys: [Key] = []
    /// Bytes of lines that were not asked for yet, without a terminal.
    private var unread: [UInt8] = []
    private var isAtEnd = false
    private var screenRow = 0

    /// - Parameters:
    ///   - isComplete: Whether Enter submits the text, or begins another line of it.
    ///   - completer: What Tab offers.
    package init(
        input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, history: History = History(),
        isComplete: @escaping @Sendable (String) -> Bool = endsStatement,
        completer: @escaping LineEditing.Completer = { _, cursor in .init(start: cursor, candidates: []) }
    ) {
        self.input = input
        self.output = output
        self.history = history
        self.isComplete = isComplete
        self.completer = completer
    }

    /// The next statement. The terminal is as it was before when this returns.
    /// - Parameter continuation: The prompt before every line but the first.
    package func read(prompt: String, continuation: String) -> Input {
        guard isTerminal(output), let mode = RawMode(file: input, output: output) else { return readLines() }
        let result = edit(prompt: prompt, continuation: continuation, in: mode)
        if case .statement(let statement) = result {
            do { try history.add(statement) } catch { historyFailure = error }
        }
        return result
    }

    private func edit(prompt: String, continuation: String, in mode: consuming RawMode) -> Input {
        var mode: RawMode? = consume mode
        var editing = LineEditing(history: history, isComplete: isComplete)
        screenRow = 0
        var size = terminalSize
        var screen = draw(editing, prompt, continuation, size)
        while true {
            while !keys.isEmpty {
                let action = editing.press(keys.removeFirst(), completing: completer)
                switch action {
                case .submit, .interrupted, .endOfInput:
                    screen = draw(editing, prompt, continuation, size)
                    writeAll((action == .interrupted ? "^C" : "") + screen.leaving, to: output)
                    mode.take()?.leave()
                    return LineEditor.input(of: action)
                case .redraw: break
                case .bell: writeAll("\u{7}", to: output)
                case .clearScreen:
                    writeAll("\u{1B}[H\u{1B}[2J", to: output)
                    screenRow = 0
                case .list(let candidates):
                    writeAll(screen.leaving + listed(candidates, width: size.columns), to: output)
                    screenRow = 0
                case .suspend:
                    writeAll(screen.leaving, to: output)
                    mode.take()?.leave()
                    raise(SIGTSTP)
                    mode = RawMode(file: input, output: output)
                    screenRow = 0
                }
                // Keys that wait are pressed first: a long paste is drawn once.
                if keys.isEmpty { screen = draw(editing, prompt, continuation, size) }
            }
            if isAtEnd {
                writeAll(screen.leaving, to: output)
                mode.take()?.leave()
                return .end
            }
            waitForKeys()
            if terminalSize != size {
                size = terminalSize
                screen = draw(editing, prompt, continuation, size)
            }
        }
    }

    private static func input(of action: LineEditing.Action) -> Input {
        switch action {
        case .submit(let statement): .statement(statement)
        case .interrupted: .interrupted
        default: .end
        }
    }

    private var terminalSize: TerminalSize {
        Terminal.terminalSize(of: output) ?? TerminalSize(columns: 80, rows: 24)
    }

    private func draw(
        _ editing: LineEditing, _ prompt: String, _ continuation: String, _ size: TerminalSize
    ) -> EditorScreen {
        let first = editing.search.map { "(search) '\(visible($0.query))': " } ?? prompt
        let screen = EditorScreen(editing.edited, prompt: first, continuation: continuation, size: size)
        writeAll(screen.drawing(over: screenRow), to: output)
        screenRow = screen.cursorRow
        return screen
    }

    /// Waits until keys come, the input ends, or it is time to see whether the terminal has another size.
    private func waitForKeys() {
        var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        // What follows an escape of the terminal's own comes at once; a finger needs longer.
        let patience: Int32 = decoder.isInsideSequence ? 50 : 500
        let ready = poll(&descriptor, 1, patience)
        if ready < 0, errno == EINTR { return }
        if ready == 0 {
            keys += decoder.flush()
            return
        }
        let bytes = readBytes()
        if bytes.isEmpty { isAtEnd = true } else { keys += decoder.decode(bytes) }
    }

    private func readBytes() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            return Array(buffer.prefix(max(0, count)))
        }
    }

    /// Without a terminal: lines, until they are a statement. What is left at the end of the input is one
    /// too.
    private func readLines() -> Input {
        var statement = ""
        while let line = readLine() {
            statement += statement.isEmpty ? line : "\n" + line
            if isComplete(statement) {
                if statement.isEmpty { continue }
                return .statement(statement)
            }
        }
        return statement.isEmpty ? .end : .statement(statement)
    }

    private func readLine() -> String? {
        var searched = 0
        while true {
            if let end = unread[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                var line = unread[..<end]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                unread.removeFirst(end + 1)
                return text
            }
            searched = unread.count
            let bytes = isAtEnd ? [] : readBytes()
            if bytes.isEmpty {
                isAtEnd = true
                guard !unread.isEmpty else { return nil }
                defer { unread = [] }
                return String(decoding: unread, as: UTF8.self)
            }
            unread += bytes
        }
    }
}
