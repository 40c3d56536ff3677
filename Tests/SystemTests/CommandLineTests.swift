import Foundation
import Glibc
import Testing

extension SystemTests {
    @Suite struct `The command line` {
        static let commands = [
            "init", "source", "source add", "source test", "source preview", "source list", "validate",
            "assets", "assets show", "plan", "run", "schedule", "schedule list", "schedule preview", "status",
            "sql", "reconcile",
            "housekeep", "demo",
            "demo generate", "schema", "completion",
        ]

        @Test func `tells its version`() async throws {
            try await Lake.inEmptyFolder { lake in
                let version = try await lake.succeeds("--version")
                #expect(version.output.wholeMatch(of: /tarn \d+\.\d+\.\d+\n/) != nil, "\(version.output)")
            }
        }

        @Test(arguments: commands) func `explains each command`(command: String) async throws {
            try await Lake.inEmptyFolder { lake in
                let all = try await lake.succeeds("--help")
                #expect(all.output.contains(command.split(separator: " ")[0]))
                let help = try await lake.tarn(command.split(separator: " ").map(String.init) + ["--help"])
                #expect(help.code == 0)
                #expect(help.output.contains("USAGE: tarn \(command)"))
                #expect(help.output.hasPrefix("OVERVIEW: "))
                // Every option has an explanation on its line or on the next one.
                let lines = help.output.components(separatedBy: "\n")
                for (index, line) in lines.enumerated() where line.hasPrefix("  -") {
                    let text =
                        line.dropFirst(2).split(separator: "  ", maxSplits: 1).count > 1
                        || (index + 1 < lines.count && lines[index + 1].hasPrefix("          "))
                    #expect(text, "'\(line)' is not explained")
                }
            }
        }

        @Test(arguments: [
            ["nonsense"], ["run", "--paralel", "3"], ["run", "--parallel", "0"], ["status", "nonsense"],
            ["demo", "generate", "--scale", "much"], ["completion", "tcsh"],
            ["sql", "SELECT 1", "--file", "x"],
            ["assets", "show"], ["run", "tag:"], ["init"], ["source", "add"], ["source", "preview", "shop"],
            ["source", "test", "nothing"], ["source", "preview", "shop.customer", "--limit", "0"],
            ["source", "add", "sqlite:x.db", "--force", "--update"],
            ["source", "add", "mysql://u@h/d", "--tls", "perhaps"],
            ["schedule", "preview", "--days", "0"], ["schedule", "preview", "--from", "tomorrow"],
            ["schedule", "preview", "nightly"],
        ])
        func `calls wrong usage by code 2, with a word on it`(arguments: [String]) async throws {
            try await Lake.shop { lake in
                let ended = try await lake.tarn(arguments)
                #expect(ended.code == 2, "\(ended.all)")
                #expect(ended.output == "")
                #expect(ended.errors.count > 20)
            }
        }

        @Test func `completes in three shells and describes its files to editors`() async throws {
            try await Lake.inEmptyFolder { lake in
                for shell in ["bash", "zsh", "fish"] {
                    let script = try await lake.succeeds("completion", shell).output
                    #expect(script.contains("reconcile"))
                    if shell == "bash" { _ = try await Program.output(["bash", "-n"], input: script) }
                }
                for kind in ["lake", "source", "model"] {
                    let schema = try await lake.succeeds("schema", kind).json()
                    #expect(schema.keys.isSuperset(of: ["$schema", "properties", "additionalProperties"]))
                }
            }
        }

        @Test func `keeps colours and bars from files`() async throws {
            try await Lake.shop { lake in
                for arguments in [
                    ["run"], ["run"], ["status"], ["assets"], ["plan"], ["reconcile"], ["validate"],
                ] {
                    let ended = try await lake.tarn(arguments)
                    #expect(!ended.all.contains("\u{1b}"), "\(arguments)")
                }
            }
        }
    }

    @Suite struct `A query` {
        @Test func `comes from an argument, a file or standard input`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let sql = "SELECT id, name FROM silver.customer ORDER BY id LIMIT 2;"
                let csv = "id,name\n1,Ada\n2,Bob\n"
                #expect(try await lake.succeeds("sql", "--format", "csv", sql).output == csv)
                try lake.write(sql, to: "query.sql")
                #expect(
                    try await lake.succeeds("sql", "--format", "csv", "--file", "query.sql").output == csv)
                #expect(try await lake.tarn("sql", "--format", "csv", input: sql).output == csv)
                let table = try await lake.succeeds("sql", sql).output
                #expect(table.contains("Ada") && table.contains("name"))
                let rows = try await lake.succeeds("sql", "--format", "json", sql).json().list()
                #expect(try rows.map { try $0.number("id") } == [1, 2])
                let all = try await lake.rows(
                    "SELECT count(DISTINCT ingestion_date) FROM bronze_shop.customer__all")
                #expect(all == ["1"])
            }
        }

        @Test func `that is wrong ends with code 1 and changes nothing`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let before = try lake.bytes(below: "lake")
                let wrong = try await lake.tarn("sql", "SELECT nam FROM silver.customer")
                #expect(wrong.code == 1)
                #expect(wrong.errors.contains("nam"))
                #expect(wrong.output == "")
                for statement in [
                    "DELETE FROM silver.customer", "DROP VIEW silver.customer",
                    "INSERT INTO gold.customers_by_country VALUES (1)",
                ] {
                    _ = try await lake.tarn("sql", statement)
                }
                #expect(try lake.bytes(below: "lake") == before)
                #expect(try await lake.rows("SELECT count(*) FROM silver.customer") == ["3"])
                #expect(try await lake.tarn("sql", "--file", "missing.sql").code == 2)
            }
        }

        @Test func `can be typed at a prompt`() async throws {
            try await Lake.shop { lake in
                try await lake.succeeds("run")
                let terminal = try Terminal()
                let prompt = try lake.start(["sql"], terminal: terminal.path)
                try terminal.expect("tarn> ")
                terminal.type("SELECT name FROM\r")
                try terminal.expect("...")
                terminal.type("silver.customer WHERE id = 3;\r")
                try terminal.expect("Cyd")
                try terminal.expect("tarn> ")
                terminal.type(".tables\r")
                try terminal.expect("bronze_shop.country")
                try terminal.expect("silver.customer")
                try terminal.expect("tarn> ")
                terminal.type("SELECT nothing FROM nowhere;\r")
                try terminal.expect("nowhere")
                try terminal.expect("tarn> ")
                terminal.type("SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b;\r")
                // What is typed before the statement runs is no signal yet.
                try terminal.type("\u{3}", until: "stopped")
                try terminal.expect("tarn> ")
                terminal.type("\u{4}")
                #expect(try await prompt.end().code == 0)
                #expect(try lake.text(".tarn/sql_history").contains("WHERE id = 3"))
            }
        }
    }
}
