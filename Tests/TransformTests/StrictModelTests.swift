import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import TarnTesting
import Testing
import Transform

@Suite struct `A strict model` {
    private func failure(
        _ bench: ModelBench, _ sql: String, header: String = "strict: true", inputs: [AssetState]
    ) async throws -> ModelFailure? {
        do {
            _ = try await bench.build(sql, header: header, run: "r2", inputs: inputs)
            return nil
        } catch let failure as ModelFailure {
            return failure
        }
    }

    private func input(_ bench: ModelBench) async throws -> [AssetState] {
        _ = try await bench.build(
            "SELECT i AS a, i % 3 AS b, CAST(i % 4 AS DECIMAL(18,4)) AS c FROM range(1, 10) AS r(i)",
            name: "in",
            run: "r1")
        return [try await bench.state("silver.in")]
    }

    @Test(arguments: [
        ("SELECT a,\n  a / b AS ratio\nFROM silver.\"in\"", 5, 5),
        ("SELECT a // b AS ratio FROM silver.\"in\"", 4, 10),
        ("SELECT a FROM silver.\"in\" WHERE a % b = 1", 4, 35),
        ("SELECT a / c AS x FROM silver.\"in\"", 4, 10),
        ("SELECT sum(a) /\n  sum(b - b) AS x FROM silver.\"in\"", 4, 15),
        ("WITH w AS (SELECT mod(a, b) AS x FROM silver.\"in\") SELECT x FROM w", 4, 19),
        ("SELECT a / 2 AS half, a / b AS other FROM silver.\"in\"", 4, 25),
        ("SELECT a / 0 AS x FROM silver.\"in\"", 4, 10),
        ("SELECT a / b AS x, count(*) AS n FROM silver.\"in\" GROUP BY a / b", 4, 10),
    ])
    func `says where it divides by zero`(sql: String, line: Int, column: Int) async throws {
        let bench = try ModelBench()
        let inputs = try await input(bench)
        let failure = try #require(try await failure(bench, sql, inputs: inputs))
        #expect(failure.code == "model.division-by-zero")
        #expect(failure.place?.line == line && failure.place?.column == column, "\(failure.place as Any)")
        // What is not strict is built.
        #expect(try await self.failure(bench, sql, header: "owner: me", inputs: inputs) == nil)
    }

    @Test func `that divides by nothing but numbers gives the same rows and columns`() async throws {
        let bench = try ModelBench()
        let inputs = try await input(bench)
        let sql = """
            SELECT a, a / nullif(b, 0), sum(a) OVER (ORDER BY a) / count(*) OVER () AS "mean of it", a // 2, *
            FROM silver."in" WHERE b <> 0 OR a / 4 > 1 ORDER BY a
            """
        let plain = try await bench.build(sql, header: "owner: me", run: "r2", inputs: inputs)
        let rows = try await bench.query("FROM silver.m", [bench.state("silver.m")])
        let strict = try await bench.build(sql, header: "strict: true", run: "r3", inputs: inputs)
        #expect(strict.schema == plain.schema && plain.schema.count == 7)
        #expect(try await bench.query("FROM silver.m", [bench.state("silver.m")]) == rows && rows.count == 8)
        #expect(strict.version != plain.version)
    }

    @Test func `of each materialization is strict`() async throws {
        let bench = try ModelBench()
        let inputs = try await input(bench)
        for header in [
            "strict: true\nmaterialization: incremental\nkey: a\nincremental: { silver.in: a }",
            "strict: true\nmaterialization: scd2\nkey: a\nhistory: { observed: d }",
        ] {
            let failure = try await failure(
                bench, "SELECT a, DATE '2026-01-01' AS d, a / b AS x FROM silver.\"in\"", header: header,
                inputs: inputs)
            #expect(failure?.code == "model.division-by-zero")
            #expect(failure?.place?.column == 37)
        }
    }

    @Test(arguments: [false, true])
    func `and any other names a file that is broken`(isCutOff: Bool) async throws {
        let bench = try ModelBench()
        _ = try await bench.build(
            "SELECT i AS a, 'text ' || i AS b FROM range(20000) AS r(i)", name: "in", run: "r1")
        let state = try await bench.state("silver.in")
        let path = try #require(state.paths.first)
        let file = "\(bench.folder.path)/lake/\(path)"
        var bytes = try Data(contentsOf: URL(filePath: file))
        if isCutOff {
            bytes = bytes.prefix(bytes.count / 2)
        } else {
            for index in 2_000..<2_100 { bytes[index] = UInt8(index % 251) ^ bytes[index] }
        }
        try bytes.write(to: URL(filePath: file))
        let failure = try #require(
            try await failure(
                bench, "SELECT max(a) AS a, max(b) AS b FROM silver.\"in\"", inputs: [state]))
        #expect(failure.code == "model.broken-file" && failure.problem.contains("\(path)"), "\(failure)")
    }
}
