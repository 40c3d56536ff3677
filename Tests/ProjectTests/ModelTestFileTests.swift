import Foundation
import LakeModel
import Project
import Testing

@Suite struct `A file of tests` {
    private func load(_ text: String, name: String = "a.yaml") throws -> LoadedTests {
        var loaded: LoadedTests?
        let files = LakeFiles([
            "tests/\(name)": text, "models/silver/fact.sql": "/*---\n---*/\nSELECT 1 AS x",
        ])
        _ = try files.load { folder in
            let lake = LakeDefinition.load(folder: folder, environmentVariables: [:])
            loaded = LakeDefinition.loadTests(folder: folder, of: lake)
        }
        return try #require(loaded)
    }

    private func mistakes(_ text: String, name: String = "a.yaml") throws -> [String] {
        try load(text, name: name).mistakes.map { String($0.description.prefix { $0 != "\n" }) }
    }

    @Test func `holds rows as YAML, as CSV and as SQL`() throws {
        let loaded = try load(
            #"""
            tests:
              - name: all ways
                model: silver.fact
                given:
                  bronze_v3_billing.invoice:
                    - { inv_id: 1, total: 12.50, note: "007", gone: null, paid: true, at: 2026-01-02 }
                    - { INV_ID: 0x1F, tags: [a, 2], address: { city: Bern } }
                  bronze_v3_billing.customer: |
                    id,name
                    1,"Ann, ""the first"""

                    2,
                  bronze_v3_billing.customer__all: { sql: "SELECT 1 AS id" }
                types:
                  bronze_v3_billing.invoice: { total: "DECIMAL(18,2)" }
                expect:
                  - { x: 1 }
              - { name: it fails, model: silver.fact, expect_error: out of range }
            """#)
        #expect(loaded.mistakes.isEmpty, "\(loaded.mistakes)")
        #expect(loaded.tests.map(\.name) == ["all ways", "it fails"])
        let test = try #require(loaded.tests.first)
        #expect(test.place == Place(file: "tests/a.yaml", line: 2, column: 11))
        guard case .values(let columns, let rows) = test.given[0].rows else {
            Issue.record("no rows")
            return
        }
        #expect(
            columns.map(\.name) == ["inv_id", "total", "note", "gone", "paid", "at", "tags", "address"])
        #expect(
            rows[0].cells.map(\.value) == [
                .number("1"), .number("12.50"), .text("007", isQuoted: true), .null, .boolean(true),
                .text("2026-01-02", isQuoted: false),
            ])
        #expect(rows[1].cell("inv_id")?.value == .number("31"))
        #expect(rows[1].cell("tags")?.value == .list([.text("a", isQuoted: false), .number("2")]))
        guard case .values(_, let lines) = test.given[1].rows else {
            Issue.record("no rows")
            return
        }
        #expect(
            lines.map { $0.cells.map(\.value) } == [
                [.number("1"), .text("Ann, \"the first\"", isQuoted: true)], [.number("2"), .null],
            ])
        #expect(lines[1].cells[0].place == Place(file: "tests/a.yaml", line: 12, column: 9))
        guard case .sql("SELECT 1 AS id", _) = test.given[2].rows else {
            Issue.record("no SQL")
            return
        }
        #expect(test.types[0].columns.map(\.type) == ["DECIMAL(18,2)"])
    }

    @Test(arguments: [
        (
            "tests:\n  - { name: a, model: silver.fact, expct: [] }",
            ["tests/a.yaml:2:36: unknown key 'expct': did you mean 'expect'? [project.unknown-key]"]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact }",
            ["tests/a.yaml:2:5: a test needs the key 'expect' or 'expect_error'. [project.missing-key]"]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact, expect: [], expect_error: x }",
            ["tests/a.yaml:2:48: a test has either 'expect' or 'expect_error'. [project.conflict]"]
        ),
        (
            "tests:\n  - { name: a, model: silver.fct, expect: [] }",
            [
                "tests/a.yaml:2:23: there is no table 'silver.fct' in this lake: did you mean 'silver.fact'? [project.unknown-table]"
            ]
        ),
        (
            "tests:\n  - { name: a, model: bronze_v3_billing.invoice, expect: [] }",
            ["tests/a.yaml:2:23: 'bronze_v3_billing.invoice' is not the name of a model. [project.bad-value]"]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact, expect: [], given: { bronze_v3_billing.invoce: [] } }",
            [
                "tests/a.yaml:2:57: there is no table 'bronze_v3_billing.invoce' in this lake: did you mean 'bronze_v3_billing.invoice'? [project.unknown-table]"
            ]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact, expect: [{ x: 1 }, { y: 2 }] }",
            [
                "tests/a.yaml:2:45: this row does not name the column 'y', which another one does: did you mean 'x'? [project.bad-value]"
            ]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact, expect: [{ x: 1, X: 2 }] }",
            ["tests/a.yaml:2:53: the column 'X' stands twice in one row. [project.duplicate]"]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact, expect: 7 }",
            [
                "tests/a.yaml:2:44: expected a list of rows, CSV text or { sql: … }, found the number 7. [project.wrong-type]"
            ]
        ),
        (
            "tests:\n  - name: a\n    model: silver.fact\n    expect: |\n      x,y\n      1,2\n      1\n",
            ["tests/a.yaml:7:7: this line has 1 fields, the first one 2. [project.bad-value]"]
        ),
        (
            "tests:\n  - name: a\n    model: silver.fact\n    expect: |\n      x,y\n      1,\"2\n",
            ["tests/a.yaml:6:9: the quote is not closed. [project.bad-value]"]
        ),
        (
            "tests:\n  - name: a\n    model: silver.fact\n    expect: |\n      x,X\n",
            ["tests/a.yaml:5:9: the column 'X' is named twice. [project.bad-value]"]
        ),
        (
            "tests:\n  - { name: a, model: silver.fact, expect: [] }\n  - { name: a, model: silver.fact, expect: [] }",
            [
                "tests/a.yaml:3:13: silver.fact has two tests 'a': first at tests/a.yaml:2:13. [project.duplicate]"
            ]
        ),
        ("tests: []", ["tests/a.yaml:1:8: the list is empty. [project.bad-value]"]),
        (
            "- a",
            ["tests/a.yaml:1:1: expected the keys of a file of tests, found a list. [project.wrong-type]"]
        ),
    ])
    func `tells its mistakes with their places`(text: String, expected: [String]) throws {
        #expect(try mistakes(text) == expected)
    }

    @Test func `is told if it is misnamed`() throws {
        #expect(
            try mistakes("tests: []", name: "a.yml")
                == [
                    "tests/a.yml:1:1: the file 'tests/a.yml' is not read: only '*.yaml' is. [project.stray-file]"
                ])
    }

    @Test func `is no part of what a night needs`() throws {
        #expect(try LakeFiles(["tests/a.yaml": "tests: ["]).mistakes() == [])
    }
}

@Suite struct `A public model` {
    @Test func `gives a reason for what it breaks, and a private one needs none`() throws {
        let header = { (keys: String) in "/*---\n\(keys)\n---*/\nSELECT 1 AS customer_id" }
        func mistakes(_ keys: String) throws -> [String] {
            try LakeFiles(["models/silver/dim_customer.sql": header(keys)]).mistakes()
        }
        #expect(try mistakes("access: public\nbreaking: \"Ids are texts now.\"") == [])
        #expect(
            try mistakes("breaking: \"Ids are texts now.\"") == [
                "models/silver/dim_customer.sql:2:1: 'breaking' is of a public model: columns of others may change at any time. [project.conflict]"
            ])
        #expect(
            try mistakes("access: pubic") == [
                "models/silver/dim_customer.sql:2:9: expected one of private, public, found 'pubic': did you mean 'public'? [project.bad-value]"
            ])
    }

    @Test func `has columns without NULL`() throws {
        let loaded = try LakeFiles([
            "models/silver/dim_customer.sql":
                "/*---\ncolumns:\n  customer_id: { nullable: false }\n  name: { nullable: true }\n---*/\nSELECT 1 AS customer_id"
        ]).load()
        let model = try #require(loaded.definition?.models.first)
        #expect(model.checks.map(\.name) == ["not_null(customer_id)"])
        #expect(model.checks.map(\.severity) == [.block])
        #expect(
            try LakeFiles([
                "models/silver/dim_customer.sql":
                    "/*---\ncolumns:\n  customer_id: { nullable: false, checks: [not_null] }\n---*/\nSELECT 1 AS customer_id"
            ]).mistakes().first?.contains("not_null(customer_id) stands twice") == true)
    }
}
