import Foundation
import LakeModel
import Project
import Testing

@Suite struct `Loading a lake` {
    @Test func `gives all of what its files say`() throws {
        let loaded = try LakeFiles([
            "lake.yaml": """
            name: little
            description: A small lake.
            store: file:../data
            timezone: Europe/London
            tolerance: 2.5%
            resources: { memory_limit: 4GB, threads: 3, spill_folder: /tmp/spill }
            exclude: [{ source: v4_*, reason: Derived. }, { kind: view, reason: Rebuilt. }]
            environments:
              local: { connections: { v3: { kind: sqlite, path: "db/{database}.db" } } }
            """,
            "sources/v3_billing.yaml": """
            description: Billing.
            owner: finance
            connection: v3
            tags: [core]
            tables:
              invoice:
                mode: incremental
                key: [a, b]
                cursor: updated_at
                overlap: 90s
                tags: [pii, core]
                tolerance: 0.001
                columns: { a: { description: The a. }, b: }
              Kunden $: {}
            """,
        ]).load()
        #expect(loaded.mistakes.isEmpty)
        let lake = try #require(loaded.definition)
        #expect(lake.store == .local(path: (lake.folder as NSString).deletingLastPathComponent + "/data"))
        #expect(lake.timeZone == "Europe/London" && lake.zone.name == "Europe/London")
        #expect(lake.environment == "local" && lake.tolerance == 0.025)
        #expect(lake.resources == ResourceLimits(memoryLimit: "4GB", threads: 3, spillFolder: "/tmp/spill"))
        #expect(lake.exclusions.map(\.subject) == [.source(Glob("v4_*")), .views])

        let source = try #require(lake.sources.first)
        #expect(
            source.database == "v3_billing" && source.owner == "finance" && source.connection.name == "v3")
        guard case .sqlite(let path) = source.connection.kind else { throw Unexpected() }
        #expect(path == "\(lake.folder)/db/{database}.db")
        #expect(source.tables.map(\.name.text) == ["Kunden $", "invoice"])
        let invoice = source.tables[1]
        #expect(invoice.mode == .incremental && invoice.key == ["a", "b"] && invoice.cursor == "updated_at")
        #expect(
            invoice.overlap == .time(.seconds(90)) && invoice.tags == ["core", "pii"]
                && invoice.tolerance == 0.001)
        #expect(invoice.columns.map(\.description) == ["The a.", nil])
        #expect(invoice.place == Place(file: "sources/v3_billing.yaml", line: 6, column: 3))
        #expect(source.tables[0].mode == .full && source.tables[0].overlap == .standard)
    }

    @Test func `gives a model its header, its checks and the place of its SQL`() throws {
        let loaded = try LakeFiles([
            "models/gold/totals.sql": """

            /*---
            description: Totals.
            grain: 1 row per month
            columns:
              month: { type: DATE, checks: [not_null, unique] }
              kind:
                checks:
                  - accepted_values: [a, 1, true]
                  - relationships: { to: silver.dim_customer, column: customer_id, severity: warn }
            checks:
              - unique: [month, kind]
              - unique: { columns: [kind], severity: warn }
              - row_count: { min: 1, max: 10 }
            ---*/  -- a comment
            SELECT 1;

            """
        ]).load()
        #expect(loaded.mistakes.map(\.description) == [])
        let model = try #require(loaded.definition?.models.last)
        #expect(model.key.description == "gold.totals" && model.materialization == .full)
        #expect(model.sql == "-- a comment\nSELECT 1;")
        #expect(model.sqlPlace == Place(file: "models/gold/totals.sql", line: 15, column: 8))
        #expect(
            model.checks.map { "\($0.place.line) \($0.name) \($0.severity)" } == [
                "6 not_null(month) block", "6 unique(month) block", "9 accepted_values(kind) block",
                "10 relationships(kind -> silver.dim_customer.customer_id) warn",
                "12 unique(month, kind) block",
                "13 unique(kind) warn", "14 row_count(min: 1, max: 10) block",
            ])
        #expect(model.checks[2].rule == .acceptedValues(column: "kind", values: ["a", "1", "true"]))
    }

    @Test func `reports many mistakes at once, in the order of places, and keeps what is right`() throws {
        let files = LakeFiles([
            "lake.yaml": """
            name: little
            store: store
            colour: blue
            environments: { local: { connections: { v3: { kind: sqlite, path: x, port: 1 }, v4: { kind: mysql } } } }
            tolerance: lots
            tolerance: 1%
            """,
            "sources/a.yaml": "connection: v3\ntags: [x, x]\ntables:\n  good: {}\n  bad: 5\n  bad: {}\n",
            "sources/b.yaml": "connection: v3\ntables: [\n",
            "sources/c.yaml": "connection: v4\ntables: { t: {} }",
            "models/gold/x.sql": "/*---\na: 1\nb: 2\n---*/ SELECT 1",
            "models/gold/y.sql": "/*---\nchecks: [{ unique: [n] }]\ncolumns: { z: { checks: "
                + "[{ relationships: { to: bronze_b.any, column: c } }, { relationships: { to: gold.x, column: c } }] } }"
                + "\n---*/ SELECT 1",
        ])
        let found = try files.load().mistakes.map { "\($0.place?.description ?? "") \($0.code)" }
        #expect(
            found == [
                "lake.yaml:3:1 project.unknown-key", "lake.yaml:4:70 project.unknown-key",
                "lake.yaml:4:85 project.missing-key", "lake.yaml:5:12 project.wrong-type",
                "lake.yaml:6:1 project.duplicate-key", "models/gold/x.sql:2:1 project.unknown-key",
                "models/gold/x.sql:3:1 project.unknown-key", "models/gold/y.sql:2:21 project.unknown-column",
                "sources/a.yaml:2:11 project.duplicate", "sources/a.yaml:5:8 project.wrong-type",
                "sources/a.yaml:6:3 project.duplicate-key", "sources/b.yaml:3:1 project.syntax",
            ])
        let lake = try #require(try files.load().definition)
        // The environment's v4 is broken, which is told once and takes its source out.
        #expect(lake.sources.map(\.name.text) == ["a", "v3_billing"])
        #expect(lake.sources[0].tables.map(\.name.text) == ["good"])
    }

    @Test func `finds all repeated keys, quoted and nested ones too`() throws {
        let mistakes = try LakeFiles([
            "sources/a.yaml":
                "connection: v3\n\"connection\": v3\ntables:\n  ü: { mode: full, mode: full, mode: full }\n  'ü': {}\n"
        ]).mistakes()
        #expect(
            mistakes == [
                "sources/a.yaml:2:1: the key 'connection' stands twice in one mapping: first on line 1. [project.duplicate-key]",
                "sources/a.yaml:4:20: the key 'mode' stands twice in one mapping: first on line 4. [project.duplicate-key]",
                "sources/a.yaml:4:32: the key 'mode' stands twice in one mapping: first on line 4. [project.duplicate-key]",
                "sources/a.yaml:5:3: the key 'ü' stands twice in one mapping: first on line 4. [project.duplicate-key]",
            ])
    }

    @Test func `refuses an excluded source with the reason and the exclusion's place`() throws {
        var files = LakeFiles(["sources/v4_api.yaml": "connection: v3\ntables: { a: {} }"])
        files.files["lake.yaml"]? +=
            "\nexclude:\n  - { source: v4_*, reason: Reads V3 twice. }\n  - { table: cust*, reason: Old. }"
        let found = try files.mistakes()
        #expect(
            found == [
                "sources/v3_billing.yaml:4:3: the table 'customer' of v3_billing is excluded by lake.yaml:9:5: Old. [project.excluded]",
                "sources/v4_api.yaml:1:1: the source 'v4_api' is excluded by lake.yaml:8:5: Reads V3 twice. [project.excluded]",
            ])
        let lake = try #require(try files.load().definition)
        #expect(lake.sources.map { $0.tables.map(\.name.text) } == [["invoice"]])
    }

    @Test func `says so where there is no lake`() throws {
        var files = LakeFiles()
        files.files["lake.yml"] = files.files.removeValue(forKey: "lake.yaml")
        let loaded = try files.load()
        #expect(loaded.definition == nil)
        #expect(loaded.mistakes.map(\.code) == ["project.no-lake"])
        #expect(loaded.mistakes[0].remedy == "Rename lake.yml to lake.yaml.")
        let nowhere = LakeDefinition.load(folder: "/no/such/folder", environmentVariables: [:])
        #expect(nowhere.mistakes.map(\.problem) == ["there is no lake.yaml in /no/such/folder."])
    }

    @Test func `tells what an empty lake needs`() throws {
        #expect(
            try LakeFiles(["lake.yaml": "# nothing yet\n", "sources/v3_billing.yaml": ""]).mistakes() == [
                "lake.yaml:1:1: lake.yaml needs the key 'name'. [project.missing-key]",
                "lake.yaml:1:1: lake.yaml needs the key 'store'. [project.missing-key]",
                "sources/v3_billing.yaml:1:1: a source needs the key 'connection'. [project.missing-key]",
                "sources/v3_billing.yaml:1:1: a source needs the key 'tables'. [project.missing-key]",
            ])
    }

    @Test(arguments: ["gs://lake", "wasbs://lake@account", "s3://lake"])
    func `refuses stores that this version does not have`(store: String) throws {
        let mistakes = try LakeFiles([
            "lake.yaml": "name: x\nstore: \(store)\n",
            "sources/v3_billing.yaml": "connection: v3\ntables: { a: }",
        ])
        .load().mistakes
        #expect(mistakes.first?.code == "project.unsupported-store")
        #expect(mistakes.first?.place == Place(file: "lake.yaml", line: 2, column: 8))
    }

    @Test func `tells where a file is not UTF-8`() throws {
        let files = LakeFiles()
        let mistakes = try files.load { folder in
            try Data("connection: v3\ntables: { ä".utf8 + [0xFF] + ": {} }".utf8).write(
                to: URL(filePath: "\(folder)/sources/v3_billing.yaml"))
        }.mistakes
        #expect(mistakes.map(\.place) == [Place(file: "sources/v3_billing.yaml", line: 2, column: 12)])
    }

    @Test func `never fails on texts of any shape`() throws {
        let texts = [
            "- a", "a", "!!binary x", "&a [*a]", "a: *b", "&x a: *x", "? [a]\n: b", "{a: {b: {c: [",
            "---\n---\n", "\u{FEFF}name: x",
            "<<: {a: b}", "\"\\x00\": 1", "name: !!int x", "%YAML 9.9\n---\na: b", "a: |\n\tb", "\u{1}",
            "{a: 1, a: 2, {}: 3, {}: 4}",
            String(repeating: "[", count: 500), "&a a: 1\n*a : 2", "[a]: 1\n[a]: 2",
        ]
        for text in texts {
            let files = LakeFiles([
                "lake.yaml": text, "sources/a.yaml": text,
                "models/gold/a.sql": "/*---\n\(text)\n---*/ SELECT 1",
            ])
            #expect(try !files.load().mistakes.isEmpty, "\(text)")
        }
    }

    @Test func `of the example has no mistake`() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../../examples/telecom").standardizedFileURL
        let loaded = LakeDefinition.load(
            folder: folder.path, environmentVariables: ["TARN_ENVIRONMENT": "mysql", "MYSQL_PASSWORD": "x"])
        #expect(loaded.mistakes.map(\.description) == [])
        #expect((loaded.definition?.sources.count ?? 0) >= 20)
    }
}

private struct Unexpected: Error {}
