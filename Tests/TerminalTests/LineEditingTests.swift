import Testing

@testable import Terminal

@Suite struct `Editing a line` {
    /// Presses what the bytes of `typed` mean, and returns the text with the cursor as `|`, and the last
    /// action.
    private func edit(
        _ typed: String, history: [String] = [],
        _ completer: LineEditing.Completer = { _, cursor in .init(start: cursor, candidates: []) }
    ) throws -> (text: String, action: LineEditing.Action) {
        var kept = History()
        for entry in history { try kept.add(entry) }
        var editing = LineEditing(history: kept)
        var decoder = KeyDecoder()
        var action = LineEditing.Action.redraw
        for key in decoder.decode(typed.utf8) + decoder.flush() {
            action = editing.press(key, completing: completer)
        }
        var characters = editing.edited.characters
        characters.insert("|", at: editing.cursor)
        return (String(characters), action)
    }

    static let up = "\u{1B}[A", down = "\u{1B}[B", right = "\u{1B}[C", left = "\u{1B}[D"

    @Test(arguments: [
        ("abc", "abc|"), ("abc\(left)\(left)X", "aX|bc"), ("abc\u{1}X", "X|abc"),
        ("abc\u{1}\(right)\u{5}X", "abcX|"),
        ("abc\u{1B}[H1\u{1B}[F2", "1abc2|"), ("abc\u{7F}", "ab|"), ("abc\u{1}\u{1B}[3~", "|bc"),
        ("abc\u{1}\u{4}", "|bc"),
        ("select one two\u{17}", "select one |"), ("one two\(left)\(left)\u{B}", "one t|"),
        ("one two\(left)\u{15}", "|o"),
        ("one two\u{15}x\u{19}", "xone two|"), ("one two\u{1B}b\u{1B}bX", "X|one two"),
        ("one two\u{1}\u{1B}fX", "oneX| two"),
        ("one two\u{1B}[1;5D\u{1B}dX", "one X|"), ("日本語\(left)\(left)x", "日x|本語"), ("e\u{301}\u{7F}", "|"),
        ("👨‍👩‍👧a\(left)\u{7F}", "|a"), ("\u{7F}", "|"), ("a\(left)\(left)\(left)b", "b|a"),
        ("one\ntwo\(up)\u{5}X", "oneX|\ntwo"), ("one\nlonger\(up)\(down)X", "one\nlonX|ger"),
        ("\u{1B}[200~a;\r\nb\tc\u{3}\u{1B}[201~d", "a;\nb    cd|"), ("a\u{1B}[99;99Zb", "ab|"),
    ])
    func `does what the keys mean`(typed: String, expected: String) throws {
        #expect(try edit(typed).text == expected)
    }

    @Test func `takes bytes in any portions`() {
        let typed = Array("日👍\u{1B}[D\u{1B}[200~a\u{1B}[2;b\r\nc\u{1B}[201~\u{1B}Ox\u{1B}[1;5Cé".utf8)
        var whole = KeyDecoder()
        let expected = whole.decode(typed)
        for size in 1...typed.count {
            var decoder = KeyDecoder()
            var keys: [Key] = []
            var rest = typed[...]
            while !rest.isEmpty {
                for key in decoder.decode(rest.prefix(size)) {
                    if case .text(let new) = key, case .text(let text)? = keys.last {
                        keys[keys.count - 1] = .text(text + new)
                    } else {
                        keys.append(key)
                    }
                }
                rest = rest.dropFirst(size)
            }
            #expect(keys == expected)
        }
    }

    @Test func `survives any bytes`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            var decoder = KeyDecoder()
            var editing = LineEditing(history: History())
            let bytes = (0..<200).map { _ in
                [27, 91, 126, 13, 195, 49][Int(random.next() % 12) % 6]
                    &+ UInt8(random.next() % 3 == 0 ? random.next() & 0xFF : 0)
            }
            for key in decoder.decode(bytes) + decoder.flush() {
                _ = editing.press(key) { text, cursor in
                    .init(start: min(1, cursor), candidates: [text, "x"])
                }
                let screen = EditorScreen(
                    editing.edited, prompt: "> ", continuation: ". ", size: .init(columns: 9, rows: 4))
                #expect(
                    screen.rows.count <= 4
                        && screen.rows.allSatisfy { displayWidth(of: $0) <= 8 || $0.contains("\\u") })
            }
        }
    }

    @Test func `submits a statement at its semicolon and goes on in another line before`() throws {
        #expect(try edit("select 1\r").action == .redraw)
        #expect(try edit("select 1\r").text == "select 1\n|")
        #expect(try edit("select 1\r+ 1;\r").action == .submit("select 1\n+ 1;"))
        #expect(try edit("\r").action == .submit(""))
        #expect(try edit("abc\u{3}").action == .interrupted)
        #expect(try edit("\u{4}").action == .endOfInput)
        #expect(try edit("\u{C}").action == .clearScreen)
        #expect(try edit("\u{1B}").action == .bell)
    }

    @Test(arguments: [
        ("select 1;", true), ("select 1", false), ("select ';", false), ("select ';'", false),
        ("select ';';", true),
        ("select 1; -- done", true), ("select 1 -- ;", false), ("select /* ; */ 1", false),
        ("select 1 /* ;", false),
        ("select \"a;\";  \n", true), ("select $$;$$", false), ("select $$;$$;", true),
        ("select 'it''s';", true),
        (".tables", true), ("  ", true), ("; select", false), ("-- only a comment", false),
    ])
    func `knows where a statement ends`(text: String, ends: Bool) {
        #expect(endsStatement(text) == ends)
    }

    @Test func `walks through the history and comes back to the new text`() throws {
        let history = ["one;", "two;"]
        #expect(try edit("x\(Self.up)", history: history).text == "two;|")
        #expect(try edit("x\(Self.up)\(Self.up)", history: history).text == "one;|")
        #expect(try edit("x\(Self.up)\(Self.up)\(Self.up)", history: history).action == .bell)
        #expect(try edit("x\(Self.up)\(Self.up)\(Self.down)\(Self.down)", history: history).text == "x|")
        #expect(try edit("x\u{10}\u{10}\u{E}", history: history).text == "two;|")
        #expect(try edit("\(Self.up)\r", history: history).action == .submit("two;"))
    }

    @Test func `searches the history backwards`() throws {
        let history = ["select Alpha;", "select beta;", "drop alpha;"]
        #expect(try edit("\u{12}alp", history: history).text == "drop alpha;|")
        #expect(try edit("\u{12}alp\u{12}", history: history).text == "select Alpha;|")
        #expect(try edit("\u{12}alp\u{12}\u{12}", history: history).action == .bell)
        #expect(try edit("\u{12}sel\u{12}\r", history: history).action == .submit("select Alpha;"))
        #expect(try edit("new\u{12}bet\u{7}", history: history).text == "new|")
        #expect(try edit("new\u{12}bet\u{3}", history: history).text == "new|")
        #expect(try edit("\u{12}bet\u{1}X", history: history).text == "X|select beta;")
        #expect(try edit("\u{12}betx\u{7F}", history: history).text == "select beta;|")
        #expect(try edit("\u{12}nothing", history: history).action == .bell)
    }

    @Test func `completes what is certain and lists what is not`() throws {
        let tables = ["silver.dim_customer", "silver.dim_partner", "gold.revenue"]
        let completer: LineEditing.Completer = { text, cursor in
            let typed = text.prefix(cursor)
            let start =
                typed.lastIndex(of: " ").map { typed.distance(from: typed.startIndex, to: $0) + 1 } ?? 0
            let word = typed.dropFirst(start)
            return .init(start: start, candidates: tables.filter { $0.hasPrefix(word) })
        }
        #expect(try edit("from go\t", completer).text == "from gold.revenue|")
        #expect(try edit("from s\t", completer).text == "from silver.dim_|")
        #expect(
            try edit("from s\t\t", completer).action == .list(["silver.dim_customer", "silver.dim_partner"]))
        #expect(try edit("from s\tp\t;", completer).text == "from silver.dim_partner;|")
        #expect(try edit("from x\t", completer).action == .bell)
    }
}

@Suite struct `The screen of the editor` {
    private func screen(_ text: String, at cursor: Int? = nil, columns: Int = 11, rows: Int = 5)
        -> EditorScreen
    {
        var edited = EditedText(text)
        if let cursor { edited.move(to: cursor) }
        return EditorScreen(
            edited, prompt: "> ", continuation: ". ", size: .init(columns: columns, rows: rows))
    }

    @Test func `puts the cursor behind wide characters where the terminal does`() {
        #expect(screen("日本x", at: 2).rows == ["> 日本x"])
        #expect(screen("日本x", at: 2).cursorColumn == 6)
    }

    @Test func `wraps before the terminal would, and wide characters as a whole`() {
        #expect(screen("12345678").rows == ["> 12345678"])
        #expect(screen("123456789").rows == ["> 12345678", "9"])
        #expect(screen("1234567日").rows == ["> 1234567", "日"])
        #expect(screen("1234567日", at: 7).cursorRow == 1)
        #expect(screen("123456789", at: 8).cursorColumn == 0)
    }

    @Test func `shows further lines behind the continuation prompt`() {
        let screen = screen("a\nb\n", at: 2)
        #expect(screen.rows == ["> a", ". b", ". "])
        #expect(screen.cursorRow == 1)
        #expect(screen.cursorColumn == 2)
        #expect(screen.drawing(over: 2) == "\u{1B}[2A\r\u{1B}[J> a\r\n. b\r\n. \u{1B}[1A\r\u{1B}[2C")
    }

    @Test func `is never higher than the terminal, and holds the cursor`() {
        let text = (0..<50).map(String.init).joined(separator: "\n")
        for cursor in 0...text.count {
            let screen = screen(text, at: cursor)
            #expect(screen.rows.count == 5)
            #expect((0..<5).contains(screen.cursorRow))
        }
    }
}
