import Testing

@testable import Terminal

@Suite struct `Text on a terminal` {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("größe", 5), ("e\u{301}", 1), ("日本語", 6), ("한글", 4), ("👍", 2), ("👨‍👩‍👧", 2),
        ("🇩🇪", 2), ("❤️", 2),
        ("a\u{200B}b", 2), ("ﬀ", 1), ("ＡＢ", 4), ("\u{1B}[31mred\u{1B}[0m", 3), ("→", 1), ("…", 1), ("│", 1),
        ("\u{AD}", 0),
    ])
    func `has the width that terminals give it`(text: String, width: Int) {
        #expect(displayWidth(of: text) == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 1, "…"),
        ("abc", 0, ""), ("\u{1B}[31mabcdef\u{1B}[0m", 4, "\u{1B}[31mabc…\u{1B}[0m"),
    ])
    func `is cut between characters and never too long`(text: String, width: Int, expected: String) {
        #expect(truncated(text, to: width) == expected)
        #expect(displayWidth(of: truncated(text, to: width)) <= width)
    }

    @Test func `cannot send commands to the terminal once it is visible`() {
        #expect(visible("a\nb\t\u{1B}[2J\u{7F}\u{9B}") == "a\\nb\\t\\u001B[2J\\u007F\\u009B")
        #expect(visible("\u{202E}abc") == "\\u202Eabc")
        #expect(visible("Größe 日本") == "Größe 日本")
    }

    @Test(
        arguments: [
            (.zero, "0 ms"), (.milliseconds(83), "83 ms"), (.milliseconds(99), "99 ms"),
            (.milliseconds(100), "0.1 s"),
            (.milliseconds(1_240), "1.2 s"), (.milliseconds(59_960), "1 min 00 s"),
            (.seconds(123), "2 min 03 s"),
            (.seconds(11_105), "3 h 05 min"), (.seconds(187_200), "2 d 4 h"), (.seconds(-3), "-3.0 s"),
        ] as [(Duration, String)])
    func `says how long something took`(duration: Duration, text: String) {
        #expect(durationText(duration) == text)
    }

    @Test func `says counts, sizes, rates and ages`() {
        #expect(countText(27_914_002) == "27,914,002")
        #expect(countText(-1_000) == "-1,000")
        #expect(countText(999) == "999")
        #expect(countText(Int64.min) == "-9,223,372,036,854,775,808")
        #expect(countText(1, "row", "rows") == "1 row")
        #expect(countText(0, "row", "rows") == "0 rows")
        #expect(bytesText(999) == "999 B")
        #expect(bytesText(1_700_000_000) == "1.7 GB")
        #expect(rateText(bytes: 306_000_000, over: .seconds(2)) == "153 MB/s")
        #expect(rateText(bytes: 306, over: .zero) == "")
        #expect(rateText(2_469_134, "rows", over: .seconds(2)) == "1,234,567 rows/s")
        #expect(ageText(.seconds(2)) == "just now")
        #expect(ageText(.seconds(3 * 3_600 + 60)) == "3 h ago")
        #expect(ageText(.seconds(-600)) == "in 10 min")
        #expect(ageText(.seconds(86_400 * 800)) == "2 years ago")
    }

    @Test func `shows progress in halves of a column and never outside of the bar`() {
        #expect(progressBar(0.5, width: 4) == "━━  ")
        #expect(progressBar(0.625, width: 4) == "━━╸ ")
        #expect(progressBar(7, width: 4) == "━━━━")
        #expect(progressBar(-1, width: 4) == "    ")
        #expect(progressBar(.nan, width: 4) == "    ")
    }

    @Test func `is coloured only on a terminal, and not if the user refuses`() throws {
        let pty = try PseudoTerminal()
        func style(_ file: Int32, _ environment: [String: String]) -> Style {
            Style(of: file) { environment[$0] }
        }
        #expect(style(pty.terminal, [:]).isColoured)
        #expect(style(pty.terminal, ["NO_COLOR": ""]).isColoured)
        #expect(!style(pty.terminal, ["NO_COLOR": "1"]).isColoured)
        #expect(!style(pty.terminal, ["TERM": "dumb"]).isColoured)
        #expect(!style(-1, [:]).isColoured)
        #expect(Style(isColoured: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
        #expect(Style.plain.red("x") == "x")
    }
}
