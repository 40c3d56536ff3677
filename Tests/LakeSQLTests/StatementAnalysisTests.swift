import LakeModel
import LakeSQL
import Synchronization
import Testing

/// An analysis cache that remembers for one test and counts what it is asked.
final class MemoryCache: AnalysisCache {
    private let state = Mutex((known: [String: StatementAnalysis](), remembered: 0))

    var remembered: Int { state.withLock { $0.remembered } }

    func analyses(for keys: [String]) async throws -> [String: StatementAnalysis] {
        state.withLock { state in state.known.filter { keys.contains($0.key) } }
    }

    func remember(_ analyses: [String: StatementAnalysis]) async throws {
        state.withLock {
            $0.known.merge(analyses) { $1 }
            $0.remembered += analyses.count
        }
    }
}

@Suite struct `An analysis of a statement` {
    private func analyze(_ sql: String) async throws -> StatementAnalysis {
        let results = try await StatementAnalyzer(cache: MemoryCache()).analyze([sql])
        return try #require(results.first).get()
    }

    private func tables(_ sql: String) async throws -> [String] {
        try await analyze(sql).tables.map { $0.schema.isEmpty ? $0.table : "\($0.schema).\($0.table)" }
    }

    @Test(arguments: [
        ("SELECT 1", []),
        ("FROM silver.a", ["silver.a"]),
        (
            "SELECT * FROM silver.a JOIN bronze_x.b USING (id) LEFT JOIN gold.c ON true",
            ["silver.a", "bronze_x.b", "gold.c"]
        ),
        (
            "SELECT * FROM silver.a, LATERAL (SELECT * FROM silver.b WHERE b.i = a.i)",
            ["silver.a", "silver.b"]
        ),
        ("SELECT * FROM silver.a POSITIONAL JOIN silver.b", ["silver.a", "silver.b"]),
        ("SELECT * FROM silver.a ASOF JOIN silver.b ON a.t >= b.t", ["silver.a", "silver.b"]),
        (
            "FROM silver.a UNION ALL FROM silver.b EXCEPT FROM silver.c INTERSECT FROM silver.d",
            ["silver.a", "silver.b", "silver.c", "silver.d"]
        ),
        (
            "SELECT (SELECT max(x) FROM silver.a) WHERE EXISTS (FROM silver.b) AND 1 IN (SELECT i FROM silver.c)",
            ["silver.a", "silver.b", "silver.c"]
        ),
        (
            "SELECT i FROM silver.a GROUP BY i HAVING count(*) > (SELECT n FROM silver.b) ORDER BY (SELECT o FROM silver.c) LIMIT (SELECT l FROM silver.d)",
            ["silver.a", "silver.b", "silver.c", "silver.d"]
        ),
        ("SELECT list_transform([1], lambda x: x + (SELECT max(y) FROM silver.a))", ["silver.a"]),
        ("PIVOT silver.a ON kind IN ('x', 'y') USING sum(amount)", ["silver.a"]),
        ("FROM silver.a UNPIVOT (v FOR n IN (x, y))", ["silver.a"]),
        ("FROM (VALUES (1), (2)) v(i)", []),
        ("SELECT * FROM (DESCRIBE silver.a)", ["silver.a"]),
        ("SELECT \"a b\".x FROM \"silver\".\"a \"\"b\"\"\"", ["silver.a \"b\""]),
        ("FROM 'file.parquet'", ["file.parquet"]),
        ("FROM silver.a AT (VERSION => 1)", ["silver.a"]),
        ("SELECT * FROM unnamed, silver.a", ["unnamed", "silver.a"]),
        ("FROM silver.a SELECT x WHERE x IN (FROM silver.a SELECT x)", ["silver.a", "silver.a"]),
    ])
    func `finds every table in the order of the text`(sql: String, expected: [String]) async throws {
        #expect(try await tables(sql) == expected)
    }

    @Test(arguments: [
        ("WITH a AS (FROM silver.x) FROM a", ["silver.x"]),
        (
            "WITH a AS (FROM silver.x), b AS (FROM a JOIN silver.y USING (i)) FROM b, a",
            ["silver.x", "silver.y"]
        ),
        ("WITH A AS (SELECT 1) SELECT * FROM a", []),
        ("WITH a AS MATERIALIZED (FROM silver.x) FROM a UNION ALL FROM a", ["silver.x"]),
        (
            "WITH RECURSIVE t AS (SELECT i FROM silver.root UNION ALL SELECT i FROM t JOIN silver.edge USING (i)) FROM t",
            ["silver.root", "silver.edge"]
        ),
        // The name is known only inside of its own subquery.
        ("SELECT * FROM (WITH a AS (FROM silver.x) FROM a), a", ["silver.x", "a"]),
        // A table with a schema is never a common table expression.
        ("WITH a AS (SELECT 1) FROM silver.a", ["silver.a"]),
        ("WITH a AS (SELECT 1) SELECT (WITH b AS (FROM a) SELECT count(*) FROM b)", []),
        ("WITH a AS (WITH b AS (FROM silver.x) FROM b) FROM a, b", ["silver.x", "b"]),
    ])
    func `takes common table expressions for themselves, where they are in scope`(
        sql: String, expected: [String]
    ) async throws {
        #expect(try await tables(sql) == expected)
    }

    @Test func `finds functions, also those that read and those without parentheses`() async throws {
        let analysis = try await analyze(
            "SELECT Random(), now(), t.current_date, CURRENT_TIMESTAMP, max(x) FROM read_csv('a.csv') t, range(3)"
        )
        #expect(analysis.functions.filter { $0.isTableFunction }.map(\.name) == ["read_csv", "range"])
        #expect(
            analysis.functions.filter { !$0.isTableFunction }.map(\.name) == [
                "random", "now", "current_timestamp", "max",
            ])
        #expect(try await analyze("SELECT current_date").functions.map(\.name) == ["current_date"])
        #expect(
            try await analyze("FROM silver.a USING SAMPLE 10 ROWS").functions.map(\.name) == ["tablesample"])
        #expect(try await analyze("FROM silver.a TABLESAMPLE 10%").functions.map(\.name) == ["tablesample"])
    }

    @Test func `tells the byte at which each table stands`() async throws {
        let sql = "SELECT 'äöü' AS x -- 日本\nFROM silver.a\n JOIN silver.b USING (i)"
        let analysis = try await analyze(sql)
        for table in analysis.tables {
            let rest = String(decoding: Array(sql.utf8)[table.position...], as: UTF8.self)
            #expect(rest.hasPrefix("\(table.schema).\(table.table)"))
        }
    }

    @Test(arguments: [
        "select   A.x,\n count(*) as N from silver.a as A where a.x = 'Q' group by all",
        "SELECT A.x, count(*) AS N -- comment\nFROM silver.a AS A /* another */ WHERE a.x = 'Q' GROUP BY ALL",
        "SELECT A.x,COUNT(*) AS N FROM silver.a A WHERE (a.x = 'Q') GROUP BY ALL;",
    ])
    func `has one digest for one statement, however it is laid out`(sql: String) async throws {
        let plain = "SELECT A.x, count(*) AS N FROM silver.a AS A WHERE a.x = 'Q' GROUP BY ALL"
        #expect(try await analyze(sql).digest == analyze(plain).digest)
    }

    @Test(arguments: [
        "SELECT A.x, count(*) AS N FROM silver.a AS A WHERE a.x = 'q' GROUP BY ALL",
        "SELECT A.x, count(*) AS M FROM silver.a AS A WHERE a.x = 'Q' GROUP BY ALL",
        "SELECT A.x, count(*) AS N FROM silver.a AS A WHERE a.x <> 'Q' GROUP BY ALL",
        "SELECT A.x, count(*) AS N FROM silver.b AS A WHERE a.x = 'Q' GROUP BY ALL",
        "SELECT count(*) AS N, A.x FROM silver.a AS A WHERE a.x = 'Q' GROUP BY ALL",
    ])
    func `has another digest for another statement`(sql: String) async throws {
        let plain = "SELECT A.x, count(*) AS N FROM silver.a AS A WHERE a.x = 'Q' GROUP BY ALL"
        #expect(try await analyze(sql).digest != analyze(plain).digest)
    }

    @Test func `keeps apart numbers that differ in the last digit only`() async throws {
        let numbers = [
            "0.1", "0.10000000000000001", "9223372036854775807", "9223372036854775808", "1e0", "1", "1.0",
            "170141183460469231731687303715884105727", "170141183460469231731687303715884105726",
        ]
        var digests: Set<String> = []
        for number in numbers { digests.insert(try await analyze("SELECT \(number)").digest) }
        #expect(digests.count == numbers.count)
    }
}

@Suite struct `An analyzer of statements` {
    @Test func `answers each statement by itself, mistakes with their place`() async throws {
        let results = try await StatementAnalyzer(cache: MemoryCache()).analyze([
            "SELECT 1", "SELECT\nFROM x y z", "SELECT 1; SELECT 2", "DELETE FROM silver.a", "", "SELECT 'a",
        ])
        func mistake(_ index: Int) throws -> StatementMistake {
            try #require(throws: StatementMistake.self) { try results[index].get() }
        }
        #expect(throws: Never.self) { try results[0].get() }
        #expect(try mistake(1).position != nil)
        #expect(try mistake(2).message == "there are 2 statements where one SELECT is wanted")
        #expect(try mistake(3).message.contains("SELECT"))
        #expect(try mistake(4).message.contains("0 statements"))
        #expect(try !mistake(5).message.isEmpty)
    }

    @Test func `asks DuckDB once for one text, and never for mistakes that it remembers`() async throws {
        let cache = MemoryCache()
        let analyzer = StatementAnalyzer(cache: cache)
        let first = try await analyzer.analyze(["SELECT 1", "SELEC", "SELECT 2"])
        #expect(cache.remembered == 2)
        let second = try await analyzer.analyze(["SELECT 2", "SELECT 1", "SELECT 3"])
        #expect(cache.remembered == 3)
        #expect(try first[0].get() == second[1].get())
        #expect(try first[2].get() == second[0].get())
    }
}
