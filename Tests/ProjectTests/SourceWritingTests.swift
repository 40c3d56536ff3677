import Foundation
import LakeModel
import Project
import Testing

@Suite struct `Writing a source` {
    private static let connection = NewConnection.sqlite(name: "new", path: "x/{database}.db")
    private static let line = #"new: { kind: sqlite, path: "x/{database}.db" }"#

    @Test(arguments: [
        // Behind the last entry, before what belongs to the outside.
        (
            "name: a\nenvironments:\n  local:\n    connections:\n      a: { kind: sqlite, path: p }\n      # b\ntolerance: 1%\n",
            "name: a\nenvironments:\n  local:\n    connections:\n      a: { kind: sqlite, path: p }\n      # b\n|      LINE\ntolerance: 1%\n"
        ),
        // Several lines, blank lines and remarks; no end of the last line.
        (
            "environments:\n    local:\n        connections:\n            a:\n                kind: sqlite\n\n                # of p\n                path: p",
            "environments:\n    local:\n        connections:\n            a:\n                kind: sqlite\n\n                # of p\n                path: p\n|            LINE\n"
        ),
        // Another environment comes after.
        (
            "environments:\n  local:\n    connections:\n      a: {kind: sqlite,\n        path: p}\n  # the real one\n  live:\n    connections:\n      b: { kind: sqlite, path: p }\n",
            "environments:\n  local:\n    connections:\n      a: {kind: sqlite,\n        path: p}\n|      LINE\n  # the real one\n  live:\n    connections:\n      b: { kind: sqlite, path: p }\n"
        ),
        // The first connection of all.
        (
            "name: a # lake\nstore: s\n",
            "name: a # lake\nstore: s\n|environments:\n  local:\n    connections:\n      LINE\n"
        ),
        // Lines that end as on Windows.
        (
            "environments:\r\n  local:\r\n    connections:\r\n      a: { kind: sqlite, path: p }\r\nname: a\r\n",
            "environments:\r\n  local:\r\n    connections:\r\n      a: { kind: sqlite, path: p }\r\n|      LINE\r\nname: a\r\n"
        ),
    ])
    func `adds a connection and leaves every other byte`(before: String, wanted: String) throws {
        let grown = try #require(Self.connection.added(to: before, environment: "local"))
        let marked = wanted.replacingOccurrences(of: "|", with: "")
        // A remark at the depth of the entries stays before or behind the new line.
        let expected = marked.replacingOccurrences(of: "LINE", with: Self.line)
        let other = before.contains("# b") ? Self.moved(expected) : expected
        #expect(grown == expected || grown == other, "\(grown)")
    }

    /// The remark behind the new line.
    private static func moved(_ text: String) -> String {
        text.replacingOccurrences(of: "      # b\n      \(line)\n", with: "      \(line)\n      # b\n")
    }

    @Test(arguments: [
        "environments: { local: { connections: { a: { kind: sqlite, path: p } } } }",
        "environments:\n  local: { connections: { a: { kind: sqlite, path: p } } }\n",
        "environments:\n  local:\n    connections:\n      new: { kind: sqlite, path: p }\n",
        "environments:\n  live:\n    connections:\n      a: { kind: sqlite, path: p }\n",
        "environments: [\n", "- a\n", "",
    ])
    func `refuses a text that cannot grow safely`(before: String) {
        #expect(Self.connection.added(to: before, environment: "local") == nil)
    }

    @Test func `quotes whatever a table is called`() throws {
        let names = [
            "plain", "two words", "true", "1984", "null", "- dash", "{brace}", "[x]", "@at", "a,b", "it's",
            "&a",
            "!x", "`tick`", "$x", "${HOME}", "1e3", "Größe", "a\u{2028}b", "~", "0x1F", "y",
        ].compactMap(TableName.init)
        let cursor = "up: \"dated\" ${x} \\ #"
        let source = NewSource(
            name: try #require(SourceName("odd")), connection: "v3", database: "it's ${db}: #1",
            system: "test\nname: evil", exclusions: [NewExclusion(table: Glob("t*\"'"), reason: "a: b # c")],
            tables: names.map {
                NewTable(name: $0, mode: .incremental, key: [cursor, "id"], cursor: cursor)
            },
            leftOut: [("a\nb: c", "because: \n- x")])
        var lake = LakeFiles()
        lake.files["sources/odd.yaml"] = source.text
        let loaded = try lake.load()
        #expect(loaded.mistakes.isEmpty, "\(loaded.mistakes)")
        let odd = try #require(loaded.definition?.sources.first { $0.name.text == "odd" })
        #expect(odd.tables.map(\.name) == names.sorted())
        #expect(odd.database == "it's ${db}: #1")
        #expect(odd.tables.allSatisfy { $0.key == [cursor, "id"] && $0.cursors == [cursor] })
        #expect(odd.exclusions.map(\.reason) == ["a: b # c"])
    }

    @Test func `understands addresses`() throws {
        let address = try SourceAddress("mysql://us%40er:p%3Ass@[::1]:3307/shop%2D1")
        #expect(
            address.system == .mysql(.init(host: "::1", port: 3_307, user: "us@er", database: "shop-1")))
        #expect(address.password?.reveal() == "p:ss")
        #expect("\(address)".contains("p:ss") == false)
        let plain = try SourceAddress("postgres://etl@db.internal/shop")
        #expect(
            plain.system
                == .postgres(.init(host: "db.internal", port: 5_432, user: "etl", database: "shop")))
        #expect(plain.password == nil)
        #expect(try SourceAddress("sqlite:a b/c.db").system == .sqlite(path: "a b/c.db"))
        #expect(try SourceAddress("sqlite:///x.db").system == .sqlite(path: "/x.db"))
        // A password may have an @ in it.
        #expect(try SourceAddress("mysql://u:a@b@h/d").password?.reveal() == "a@b")
    }
}
