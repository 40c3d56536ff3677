import Dispatch
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Terminal

/// One editor of a process is on a terminal at a time, so these run one after the other.
@Suite(.serialized) struct `On a real terminal` {
    /// What an editor read that ran on a thread of its own while `user` typed.
    private func editing(
        _ pty: PseudoTerminal, history: History = History(), _ user: () throws -> Void
    ) throws -> LineEditor.Input {
        let terminal = pty.terminal
        let reading = Reading()
        Thread.detachNewThread {
            let editor = LineEditor(
                input: terminal, output: terminal, history: history,
                completer: { _, _ in .init(start: 0, candidates: ["silver.a", "silver.b"]) })
            reading.end(editor.read(prompt: "tarn> ", continuation: "  ... "))
        }
        do {
            try user()
        } catch {
            // The editor must not wait for a user who has failed.
            pty.type("\u{7}\u{3}")
            _ = try reading.wait()
            throw error
        }
        return try reading.wait()
    }

    @Test func `a statement is edited and submitted, and the terminal is as before`() throws {
        let pty = try PseudoTerminal()
        #expect(!pty.isRaw)
        let before = pty.attributes
        let input = try editing(pty) {
            _ = try pty.read(until: "tarn> ")
            #expect(pty.isRaw)
            pty.type("selekt 'Größe 日本'\u{1}")
            pty.type("\u{1B}[C\u{1B}[C\u{1B}[C\u{1B}[C\u{1B}[3~c")
            pty.type("\u{5}\r")
            _ = try pty.read(until: "  ... ")
            pty.type("from t;\r")
            _ = try pty.read(until: "\u{1B}[?2004l")
        }
        #expect(input == .statement("select 'Größe 日本'\nfrom t;"))
        #expect(pty.attributes.c_lflag == before.c_lflag)
        #expect(pty.attributes.c_iflag == before.c_iflag)
    }

    @Test func `the escape key ends a search without another key`() throws {
        let pty = try PseudoTerminal()
        var history = History()
        try history.add("select 42;")
        let input = try editing(pty, history: history) {
            _ = try pty.read(until: "tarn> ")
            pty.type("\u{12}42")
            _ = try pty.read(until: "(search) '42': select 42;")
            pty.type("\u{1B}")
            _ = try pty.read(until: "tarn> ")
            pty.type(".quit\r")
        }
        #expect(input == .statement(".quit"))
    }

    @Test func `Ctrl-C and Ctrl-D end the reading`() throws {
        for (typed, expected) in [("half\u{3}", LineEditor.Input.interrupted), ("\u{4}", .end)] {
            let pty = try PseudoTerminal()
            let input = try editing(pty) {
                _ = try pty.read(until: "tarn> ")
                pty.type(typed)
            }
            #expect(input == expected)
            #expect(!pty.isRaw)
        }
    }

    @Test func `two Tabs list the completions below the text`() throws {
        let pty = try PseudoTerminal()
        let input = try editing(pty) {
            _ = try pty.read(until: "tarn> ")
            pty.type("\t\t")
            _ = try pty.read(until: "silver.a  silver.b")
            pty.type("a;\r")
        }
        #expect(input == .statement("silver.a;"))
    }

    @Test func `a user who hangs up ends the reading`() throws {
        let pty = try PseudoTerminal()
        let input = try editing(pty) {
            _ = try pty.read(until: "tarn> ")
            pty.hangUp()
        }
        #expect(input == .end)
    }

    @Test func `keys that are typed before the prompt are kept for it`() throws {
        let pty = try PseudoTerminal()
        let editor = LineEditor(input: pty.terminal, output: pty.terminal)
        guard let mode = RawMode(file: pty.terminal, output: pty.terminal) else {
            Issue.record("The terminal is in raw mode already.")
            return
        }
        pty.type("one;\rtwo;\r")
        mode.leave()
        #expect(editor.read(prompt: "> ", continuation: ". ") == .statement("one;"))
        #expect(editor.read(prompt: "> ", continuation: ". ") == .statement("two;"))
    }

    @Test func `a signal that kills the process restores the terminal first`() throws {
        let pty = try PseudoTerminal()
        // A child of this program would have to fork with threads. The handler is run here instead, and what
        // it calls last, the default action, is taken away by blocking the signal.
        let mode = RawMode(file: pty.terminal, output: pty.terminal)
        #expect(pty.isRaw)
        var installed = sigaction()
        sigaction(SIGTERM, nil, &installed)
        let handler = try #require(installed.__sigaction_handler.sa_handler)
        var blocked = sigset_t()
        var before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        handler(SIGTERM)
        #expect(!pty.isRaw)
        var number: Int32 = 0
        #expect(sigwait(&blocked, &number) == 0 && number == SIGTERM)
        sigaction(SIGTERM, &installed, nil)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        mode?.leave()
    }

    @Test func `a live region replaces its lines, keeps what is printed and leaves nothing`() throws {
        let pty = try PseudoTerminal()
        let region = LiveRegion(file: pty.terminal)
        let start = ContinuousClock.now
        region.update(["one", "two"], at: start)
        region.update(["too soon"], at: start + .milliseconds(99))
        region.print("done: a")
        region.update([String(repeating: "x", count: 100)], at: start + .milliseconds(100))
        region.finish()
        region.print("end")
        let shown = try pty.read(until: "end\r\n")
        let long = String(repeating: "x", count: 38) + "…"
        #expect(
            shown.replacing("\r\n", with: "\n")
                == "one\ntwo\n\u{1B}[2A\r\u{1B}[Jdone: a\ntoo soon\n\u{1B}[1A\r\u{1B}[J\(long)\n\u{1B}[1A\r\u{1B}[Jend\n"
        )
    }

    @Test func `its size is known`() throws {
        let pty = try PseudoTerminal()
        #expect(terminalSize(of: pty.terminal) == TerminalSize(columns: 40, rows: 10))
        #expect(terminalSize(of: -1) == nil)
    }
}

/// What a thread reads, for another one that waits for it at most five seconds.
private final class Reading: Sendable {
    private let input = Mutex<LineEditor.Input?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    func end(_ input: LineEditor.Input) {
        self.input.withLock { $0 = input }
        isDone.signal()
    }

    func wait() throws -> LineEditor.Input {
        try #require(isDone.wait(timeout: .now() + 5) == .success)
        return try #require(input.withLock { $0 })
    }
}

@Suite struct `Without a terminal` {
    private func withPipe<T>(_ body: (_ read: Int32, _ write: Int32) throws -> T) throws -> T {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        return try body(ends[0], ends[1])
    }

    @Test func `statements are read line by line until the end, without prompts`() throws {
        try withPipe { read, write in
            writeAll("select 1\n+ 1;\r\n\n.tables\nselect 'no end", to: write)
            close(write)
            let output = open("/dev/null", O_WRONLY)
            defer { close(output) }
            let editor = LineEditor(input: read, output: output)
            let inputs = (0..<5).map { _ in editor.read(prompt: "> ", continuation: ". ") }
            #expect(
                inputs == [
                    .statement("select 1\n+ 1;"), .statement(".tables"), .statement("select 'no end"), .end,
                    .end,
                ])
        }
    }

    @Test func `a live region writes only what stays`() throws {
        try withPipe { read, write in
            let region = LiveRegion(file: write)
            region.update(["bar"], at: .now)
            region.print("silver.a done")
            region.finish()
            close(write)
            var buffer = [UInt8](repeating: 0, count: 100)
            let count = Glibc.read(read, &buffer, buffer.count)
            #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "silver.a done\n")
        }
    }
}

@Suite struct `The history of statements` {
    private func withFile<T>(_ body: (String) throws -> T) throws -> T {
        var template = Array("/tmp/tarn-history-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        try #require(file >= 0)
        close(file)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        unlink(path)
        defer { unlink(path) }
        return try body(path)
    }

    @Test func `is kept in a private file, each statement once, the newest last`() throws {
        try withFile { path in
            var history = try History(path: path)
            #expect(history.entries == [])
            for entry in ["one;", "two\n\\n 'ü';", "one;", "one;", " secret;", ""] { try history.add(entry) }
            #expect(history.entries == ["two\n\\n 'ü';", "one;"])
            #expect(try History(path: path).entries == history.entries)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func `of two shells at once loses nothing`() throws {
        try withFile { path in
            var first = try History(path: path)
            var second = try History(path: path)
            try first.add("a;")
            try second.add("b;")
            try first.add("c;")
            #expect(try History(path: path).entries == ["a;", "b;", "c;"])
        }
    }

    @Test func `is bounded in memory and in its file`() throws {
        try withFile { path in
            var text = ""
            for number in 0..<(History.entriesMax * 2) { text += "select \(number);\n" }
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            writeAll(text, to: file)
            close(file)
            var history = try History(path: path)
            #expect(history.entries.count == History.entriesMax)
            #expect(history.entries.last == "select \(History.entriesMax * 2 - 1);")
            try history.add("new;")
            #expect(history.entries.count == History.entriesMax)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_size < text.utf8.count * 2 / 3)
        }
    }

    @Test func `that cannot be kept says why`() {
        #expect(throws: HistoryUnusable.self) {
            var history = try History(path: "/nowhere/history")
            try history.add("select 1;")
        }
    }
}
