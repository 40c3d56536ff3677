import Foundation
import Testing

@Suite struct `The repository` {
    @Test func `has targets that import only lower rows`() throws {
        try expectNone(Repository.sources().flatMap(Layers.mistakes))
    }

    @Test func `has a row for every target`() throws {
        let targets = Set(try Repository.files(below: "Sources").map { String($0.split(separator: "/")[1]) })
        #expect(targets.subtracting(Layers.all) == [])
        #expect(Set(Layers.all).subtracting(targets) == [])
    }

    @Test func `makes no banned call`() throws {
        try expectNone(Repository.sources().flatMap(BannedCalls.mistakes))
    }

    @Test func `has no line of more than 110 columns, or 130 with text`() throws {
        try expectNone(Repository.sources().flatMap(LongLines.mistakes))
    }

    @Test func `has a page for every target`() throws {
        for target in Layers.all where !target.hasPrefix("C") || target == "Commands" {
            if target == "tarn" { continue }
            #expect(Repository.exists("Sources/\(target)/\(target).docc/\(target).md"), "\(target)")
        }
    }

    @Test func `documents every error code`() throws {
        let page = try Repository.text("docs/errors.md")
        let codes = try Repository.sources().reduce(into: Set<String>()) {
            $0.formUnion(Documentation.codes(in: $1))
        }
        #expect(codes.count > 50)
        expectNone(codes.filter { !page.contains("`\($0)`") }.sorted())
    }

    @Test func `documents every command and option`() throws {
        let page = try Repository.text("docs/cli.md")
        for source in try Repository.sources() where source.target == "Commands" {
            for command in Documentation.commands(in: source) {
                let isNamed = [
                    "tarn ", "tarn assets ", "tarn backfill ", "tarn demo ", "tarn run ", "tarn schedule ",
                    "tarn source ", "tarn store ",
                ].contains { page.contains($0 + command) }
                #expect(isNamed, "\(command)")
            }
            for option in Documentation.options(in: source) { #expect(page.contains(option), "\(option)") }
        }
    }

    @Test func `compiles every file of the telecom template into the program`() throws {
        let list = try Repository.text("Sources/CTemplates/telecom.c")
        let files = try Repository.files(below: "examples/telecom")
        #expect(files.count > 40)
        for file in files {
            let name = String(file.dropFirst("examples/telecom/".count))
            #expect(list.contains("\"\(name)\""), "\(name) is missing; run scripts/list-templates")
        }
    }

    @Test func `has no dead link`() throws {
        var pages =
            try Repository.files(below: "docs", ending: ".md")
            + Repository.files(below: "examples", ending: ".md")
        for page in ["README.md", "CHANGELOG.md"] {
            #expect(Repository.exists(page))
            if Repository.exists(page) { pages.append(page) }
        }
        for page in pages {
            let text = try Repository.text(page)
            expectNone(
                Documentation.deadLinks(
                    of: page, text: text, exists: Repository.exists, read: Repository.text))
        }
    }
}

@Suite struct `A tidy check finds` {
    private func source(_ text: String, in target: String = "LakeStore") -> SourceText {
        SourceText(path: "Sources/\(target)/Sample.swift", text: text)
    }

    @Test func `an import of a higher row, of its own row, and of a test helper`() {
        #expect(Layers.mistakes(in: source("import LakeModel\ninternal import Blocking\nimport Glibc")) == [])
        for name in ["Orchestrator", "Metadata", "LakeStore", "TarnTesting"] {
            #expect(Layers.mistakes(in: source("package import \(name)")).count == 1, "\(name)")
        }
        #expect(Layers.mistakes(in: source("@testable import Commands")).count == 1)
        #expect(Layers.mistakes(in: source("import struct Project.Place")).count == 1)
        #expect(Layers.mistakes(in: source("import Blocking", in: "Terminal")).count == 1)
        #expect(Layers.mistakes(in: source("import Blocking", in: "LakeModel")).count == 1)
        #expect(Layers.mistakes(in: source("", in: "Stray")).count == 1)
        #expect(Layers.mistakes(in: source("// import Orchestrator\nlet s = \"import Orchestrator\"")) == [])
    }

    @Test(arguments: BannedCalls.all.map(\.call)) func `a banned call`(call: String) {
        #expect(!BannedCalls.mistakes(in: source("    let x = \(call)1")).isEmpty)
    }

    @Test func `no banned call in comments, strings and other words`() {
        let harmless = """
            // not: Task { await poll() }
            let text = "print(1), try! and fatalError()"
            blueprint(1)
            Output.print(1)
            func print(_ line: String) {}
            let sql = \"\"\"
                DispatchQueue is no table
                \"\"\"
            """
        #expect(BannedCalls.mistakes(in: source(harmless)) == [])
        #expect(BannedCalls.mistakes(in: source("// TODO: later")).count == 1)
    }

    @Test func `a line that is too long`() {
        let line = String(repeating: "é", count: 110)
        #expect(LongLines.mistakes(in: source(line)) == [])
        #expect(LongLines.mistakes(in: source("short\n\(line)x")).count == 1)
        #expect(LongLines.mistakes(in: source("\"\(line)x\"")) == [])
        #expect(LongLines.mistakes(in: source("\"\(line)\(line)\"")).count == 1)
    }

    @Test func `the codes, commands and options of a file`() {
        let text = """
            var code: String { "run.stalled" }
                (code, category) = ("source.unreachable", .transient)
            code: "extraction.unknown-table",
            case missingKey = "project.missing-key"
            static let configuration = CommandConfiguration(commandName: "reconcile", abstract: "…")
            @Option(name: .long, help: ArgumentHelp("Rows (all of them).", valueName: "number"))
            var maxRows = 40
            let file = "lake.yaml"
            """
        #expect(
            Documentation.codes(in: source(text)) == [
                "run.stalled", "source.unreachable", "extraction.unknown-table", "project.missing-key",
            ])
        #expect(Documentation.commands(in: source(text)) == ["reconcile"])
        #expect(Documentation.options(in: source(text)) == ["--max-rows"])
    }

    @Test func `a dead link and a missing heading`() {
        let files = ["docs/a.md": "# One more thing\n", "README.md": ""]
        func dead(_ text: String) -> [String] {
            Documentation.deadLinks(
                of: "docs/b.md", text: text, exists: { files[$0] != nil || $0 == "docs/b.md" },
                read: { files[$0] ?? text })
        }
        #expect(dead("[a](a.md) [r](../README.md) [h](a.md#one-more-thing) [w](https://example.com)") == [])
        #expect(dead("# Own\n[o](#own)") == [])
        #expect(dead("[x](c.md)").count == 1)
        #expect(dead("[x](a.md#two)").count == 1)
        #expect(dead("`[x](c.md)`\n```\n[x](c.md)\n```") == [])
    }
}

/// Lists every mistake, one to a line, when there is any.
private func expectNone(_ mistakes: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    if mistakes.isEmpty { return }
    let list = mistakes.joined(separator: "\n")
    Issue.record("\(mistakes.count) mistakes:\n\(list)", sourceLocation: sourceLocation)
}
