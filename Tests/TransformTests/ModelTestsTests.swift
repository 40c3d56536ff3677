import FoundationEssentials
import LakeModel
import LakeSQL
import Project
import TarnTesting
import Testing
import Transform

@Suite struct `A unit test of a model` {
    /// Results as `ok`, `code place`, or the rows that differ.
    private func run(
        _ sql: String, _ tests: String, published: [String: [(String, String)]] = [:],
        files: [String: String] = [:]
    ) async throws -> [String] {
        try await results(sql, tests, published: published, files: files).map { result in
            switch result.outcome {
            case .passed: return "ok"
            case .failed(let failure):
                return "\(failure.code) \(failure.place?.description ?? "-"): \(failure.problem)"
            case .differs(let rows):
                func text(_ rows: [RowDifference.Row]) -> String {
                    rows.map { $0.map { $0 ?? "NULL" }.joined(separator: "/") }.joined(separator: " ")
                }
                return "differing \(text(rows.differing.flatMap { [$0.expected, $0.actual] })) "
                    + "missing \(text(rows.missing)) unexpected \(text(rows.unexpected))"
            }
        }
    }

    private func results(
        _ sql: String, _ tests: String, published: [String: [(String, String)]] = [:],
        files: [String: String] = [:]
    ) async throws -> [ModelTestResult] {
        var lake = LakeFiles(["models/silver/m.sql": sql, "tests/m.yaml": tests])
        lake.files.merge(files) { $1 }
        let folder = try lake.write()
        let loaded = LakeDefinition.load(folder: folder.path, environmentVariables: [:])
        let read = LakeDefinition.loadTests(folder: folder.path, of: loaded)
        let graph = try await LakeGraph.analyze(loaded, with: StatementAnalyzer(cache: NoCache()))
        let mistakes = read.mistakes + graph.mistakes(in: read.tests)
        guard mistakes.isEmpty else { throw Diagnostics(mistakes) }
        var schemas: [AssetKey: [ColumnSchema]] = [:]
        for (name, columns) in published {
            schemas[try #require(AssetKey(name))] = columns.map { ColumnSchema(name: $0.0, type: $0.1) }
        }
        return try await ModelTests(graph, published: schemas).run(read.tests)
    }

    private func test(_ given: String, _ expect: String) -> String {
        "tests:\n  - name: t\n    model: silver.m\n    given: \(given)\n    expect: \(expect)\n"
    }

    @Test func `compares named columns, whatever the order of rows`() async throws {
        let sql = "SELECT id, amount * 2 AS double, name FROM bronze_app.invoice"
        let given = "{ bronze_app.invoice: [{ id: 1, amount: 1.50 }, { id: 2, amount: 2, name: B }] }"
        #expect(
            try await run(sql, test(given, "[{ double: 4, id: 2 }, { ID: 1, double: 3.0 }]")) == ["ok"])
        #expect(
            try await run(sql, test(given, "[{ id: 1, name: null }, { id: 2, name: B }]")) == ["ok"])
        #expect(
            try await run(sql, test(given, "[{ id: 1, name: A }, { id: 3, name: C }, { id: 4, name: D }]"))
                == [
                    "differing 1/A 1/NULL missing 3/C 4/D unexpected 2/B"
                ])
        #expect(try await run(sql, test("{}", "[]")) == ["ok"])
    }

    @Test func `knows what the SQL needs and nobody has named`() async throws {
        let sql = """
            WITH q AS (SELECT * FROM bronze_app.customer)
            SELECT i.id, upper(q.name) AS name, year(i.day) AS year, i.day - INTERVAL 1 DAY AS before, k.extra
            FROM bronze_app.invoice AS i
            LEFT JOIN q ON q.id = i.customer_id AND q.deleted IS NULL
            LEFT JOIN silver.dim_customer AS k ON k.id = i.id
            QUALIFY row_number() OVER (PARTITION BY i.id ORDER BY i.version DESC) = 1
            """
        let tests =
            test(
                "{ bronze_app.invoice: [{ id: 7 }] }",
                "[{ id: 7, name: null, year: null, before: null, extra: null }]")
                + """
                  - name: with more
                    model: silver.m
                    given:
                      bronze_app.invoice: [{ id: 1, customer_id: 5, day: 2026-03-01 }]
                      bronze_app.customer: [{ id: 5, name: ann }]
                    expect: [{ id: 1, name: ANN, year: 2026, before: 2026-02-28 }]
                """
        #expect(try await run(sql, tests) == ["ok", "ok"])
    }

    @Test func `compares in the types that the model declares, where given rows are too few to tell`() async throws {
        let sql = "SELECT id, s.name AS status FROM bronze_app.invoice LEFT JOIN bronze_app.customer AS s USING (id)"
        let given = "{ bronze_app.invoice: [{ id: 1 }] }"
        let declared = ["models/silver/m.sql": "/*---\ncolumns: { status: { type: VARCHAR } }\n---*/\n\(sql)\n"]
        #expect(
            try await run(sql, test(given, "[{ id: 1, status: Paid }]"), files: declared)
                == ["differing 1/Paid 1/NULL missing  unexpected "])
        #expect(try await run(sql, test(given, "[{ id: 1, status: null }]"), files: declared) == ["ok"])
    }

    @Test func `takes types from what is published, declared or written, in this order upwards`() async throws
    {
        let sql =
            "SELECT typeof(a) AS a, typeof(b) AS b, typeof(c) AS c, typeof(d) AS d FROM bronze_app.customer"
        let declared = [
            "sources/app.yaml":
                "connection: c\ntables:\n  customer: { columns: { b: { type: VARCHAR } } }\n  invoice:\n"
        ]
        let tests = """
            tests:
              - name: t
                model: silver.m
                given: { bronze_app.customer: [{ a: 1, b: 2, c: "3", d: 4 }] }
                types: { bronze_app.customer: { c: "DECIMAL(9,3)" } }
                expect: [{ a: INTEGER, b: VARCHAR, c: "DECIMAL(9,3)", d: BIGINT }]
            """
        #expect(try await run(sql, tests, files: declared).first?.contains("BIGINT") == true)
        #expect(
            try await run(
                sql, tests,
                published: [
                    "bronze_app.customer": [
                        ("a", "INTEGER"), ("b", "DOUBLE"), ("c", "VARCHAR"), ("d", "BIGINT"),
                    ]
                ], files: declared) == ["ok"])
        // A model's columns are those that its own SQL gives.
        #expect(
            try await run(
                "SELECT typeof(day) AS day, typeof(n) AS n FROM silver.other",
                test("{ silver.other: [{ day: 2026-01-01, n: 1 }] }", "[{ day: TIMESTAMP, n: SMALLINT }]"),
                files: [
                    "models/silver/other.sql":
                        "SELECT CAST(at_ts AS TIMESTAMP) AS day, CAST(n AS SMALLINT) AS n FROM bronze_app.invoice"
                ]) == ["ok"])
    }

    @Test(arguments: [
        ("1", "BIGINT"), ("9223372036854775808", "HUGEINT"), ("1.50", "DECIMAL(18,2)"), ("1e3", "DOUBLE"),
        ("true", "BOOLEAN"), ("2026-01-02", "DATE"), ("2026-01-02 10:00", "TIMESTAMP"),
        ("2026-01-02T10:00:00.5Z", "TIMESTAMP WITH TIME ZONE"), ("2026-02-30", "VARCHAR"),
        ("'2026-01-02'", "VARCHAR"), ("abc", "VARCHAR"), ("[1, 2]", "BIGINT[]"),
        ("{ x: 1.5 }", "STRUCT(x DECIMAL(18,1))"), ("null", "\\\"NULL\\\""),
    ])
    func `takes a value for what it looks like`(value: String, type: String) async throws {
        #expect(
            try await run(
                "SELECT typeof(v) AS t FROM bronze_app.invoice",
                test("{ bronze_app.invoice: [{ v: \(value) }] }", "[{ t: \"\(type)\" }]")) == ["ok"])
    }

    @Test func `compares values of each type as themselves`() async throws {
        let sql = """
            SELECT DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 10:00:00' AS t, true AS b, 0.1::DOUBLE + 0.2 AS f,
                [1, 2] AS l, {'a': 1} AS s, 12.5000::DECIMAL(18,4) AS n, '' AS e, NULL AS z
            """
        let row =
            "{ d: '2026-01-02', t: 2026-01-02 10:00, b: TRUE, f: 0.3, l: [1, 2], s: { a: 1 }, n: 12.5, e: '', z: null }"
        #expect(try await run(sql, test("{}", "[\(row)]")) == ["ok"])
        // What a type would round is not the same.
        #expect(try await run(sql, test("{}", "[{ n: 12.50004 }]")) != ["ok"])
        #expect(try await run(sql, test("{}", "[{ e: null }]")) != ["ok"])
    }

    @Test func `reads CSV, SQL and every partition`() async throws {
        let tests = """
            tests:
              - name: t
                model: silver.m
                given:
                  bronze_app.customer__all: |
                    id,name,ingestion_date
                    1,"",2026-01-01
                    1,,2026-01-02
                  bronze_app.invoice: { sql: "SELECT 1 AS id, 5 AS total" }
                expect: |
                  id,day,name,total
                  1,2026-01-01,"",5
                  1,2026-01-02,,5
              - name: by SQL
                model: silver.m
                expect: { sql: "SELECT 1 AS id, 2 AS total WHERE false" }
            """
        let sql = """
            SELECT id, ingestion_date AS day, name, total
            FROM bronze_app.customer__all JOIN bronze_app.invoice USING (id)
            """
        #expect(try await run(sql, tests) == ["ok", "ok"])
    }

    @Test func `can expect a failure`() async throws {
        let sql = "SELECT CAST(v AS TINYINT) AS v FROM bronze_app.invoice"
        func tests(_ value: String, _ error: String) -> String {
            "tests:\n  - name: t\n    model: silver.m\n    given: { bronze_app.invoice: [{ v: \(value) }] }\n    expect_error: \(error)\n"
        }
        #expect(try await run(sql, tests("1000", "Out Of Range")) == ["ok"])
        #expect(
            try await run(sql, tests("10", "out of range")) == [
                "test.no-error tests/m.yaml:5:19: silver.m gave 1 row, where it was expected to fail with 'out of range'."
            ])
        let other = try await run(sql, tests("abc", "out of range"))
        #expect(other.first?.hasPrefix("test.other-error tests/m.yaml:5:19") == true, "\(other)")
        let failed = try await run(sql, test("{ bronze_app.invoice: [{ v: 1000 }] }", "[]"))
        #expect(failed.first?.hasPrefix("model.data models/silver/m.sql:4:") == true, "\(failed)")
    }

    @Test func `tells its mistakes with their places and the nearest name`() async throws {
        let sql = "SELECT id, day FROM bronze_app.invoice"
        let published = ["bronze_app.invoice": [("id", "INTEGER"), ("day", "DATE")]]
        func mistake(_ given: String, _ expect: String, types: String = "{}") async throws -> String? {
            try await run(
                sql, test(given, expect) + "    types: \(types)\n", published: published
            ).first
        }
        #expect(
            try await mistake("{ bronze_app.invoice: [{ idd: 1 }] }", "[]")
                == "test.unknown-column tests/m.yaml:4:37: bronze_app.invoice has no column 'idd': did you mean 'id'?"
        )
        #expect(
            try await mistake(
                "{ bronze_app.invoice: [{ idd: 1, id: 2 }] }", "[{ id: 2 }]",
                types: "{ bronze_app.invoice: { idd: BIGINT } }") == "ok")
        #expect(
            try await mistake("{ bronze_app.invoice: [{ id: 1 }] }", "[{ di: 1 }]")
                == "test.unknown-column tests/m.yaml:5:16: The SQL of silver.m does not give a column 'di': did you mean 'id'?"
        )
        #expect(
            try await mistake("{ bronze_app.invoice: [{ id: 1, day: soon }] }", "[{ id: 1, day: null }]")
                == "test.bad-value tests/m.yaml:4:49: The value of 'day' is no DATE.")
        #expect(
            try await mistake("{ bronze_app.invoice: [] }", "[{ day: soon }]")
                == "test.bad-value tests/m.yaml:5:21: The value of 'day' is no DATE.")
        #expect(
            try await mistake("{ bronze_app.invoice: [] }", "[{ id: one }]")
                == "test.bad-value tests/m.yaml:5:20: The value of 'id' is no INTEGER.")
        let type = try await mistake("{}", "[]", types: "{ bronze_app.invoice: { id: NUMBR } }")
        #expect(
            type?.hasPrefix("test.bad-type tests/m.yaml:6:36: 'id' cannot be of the type NUMBR") == true,
            "\(type ?? "")")
        let sqlMistake = try await mistake("{ bronze_app.invoice: { sql: SELECT nothing } }", "[]")
        #expect(sqlMistake?.hasPrefix("test.sql tests/m.yaml:4:") == true, "\(sqlMistake ?? "")")
        let unread = try await #require(throws: Diagnostics.self) {
            try await run(sql, test("{ bronze_app.customer: [] }", "[]"))
        }
        #expect(
            unread.all.map { "\($0.place?.description ?? "") \($0.problem)" }
                == ["tests/m.yaml:4:14 The SQL of silver.m does not read bronze_app.customer."])
        // A wrong column of the model itself is told at its place in the SQL.
        let wrong = try await run(
            "SELECT idd FROM bronze_app.invoice", test("{}", "[]"), published: published)
        #expect(wrong.first?.hasPrefix("model.sql models/silver/m.sql:4:8") == true, "\(wrong)")
    }

    @Test func `survives hostile values`() async throws {
        let sql = "SELECT \"a'b\" AS v, \"c\"\"d\" AS w FROM bronze_app.invoice"
        let tests = """
            tests:
              - name: "'; DROP TABLE x; --"
                model: silver.m
                given:
                  bronze_app.invoice:
                    - { "a'b": "'); DROP SCHEMA silver; --", 'c"d': "\\\\ ' \\" \\n ü 🚀" }
                expect:
                  - { v: "'); DROP SCHEMA silver; --", w: "\\\\ ' \\" \\n ü 🚀" }
            """
        #expect(try await run(sql, tests) == ["ok"])
    }

    @Test func `shares what was found out of a model with the next test of it`() async throws {
        var tests = "tests:\n"
        for number in 0..<300 {
            tests += """
                  - name: number \(number)
                    model: silver.m
                    given:
                      bronze_app.invoice: [{ id: \(number), customer_id: 1, total: 2.50, day: 2026-01-02 }]
                      bronze_app.customer: [{ id: 1, name: Ann }]
                    expect: [{ id: \(number), name: Ann, total: 2.5, day: 2026-01-02 }]

                """
        }
        let sql = """
            SELECT i.id, c.name, sum(i.total) AS total, max(i.day) AS day FROM bronze_app.invoice AS i
            LEFT JOIN bronze_app.customer AS c ON c.id = i.customer_id AND c.deleted_at IS NULL GROUP BY ALL
            """
        let all = try await results(sql, tests)
        #expect(all.count == 300)
        #expect(all.allSatisfy { $0.passed })
    }
}
