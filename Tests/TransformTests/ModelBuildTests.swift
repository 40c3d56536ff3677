import TarnTesting
import DuckDB
import FoundationEssentials
import LakeModel
import LakeSQL
import LakeStore
import Project
import Testing
import Transform

@Suite struct `A build of a model` {
    @Test func `publishes its rows, schema and inputs`() async throws {
        let bench = try ModelBench()
        _ = try await bench.build("SELECT 1 AS x UNION ALL SELECT 2", name: "in", run: "r1")
        let input = try await bench.state("silver.in")
        let manifest = try await bench.build(
            "SELECT x, x * 1.5 AS y FROM silver.\"in\" -- the end", run: "r2", inputs: [input])
        #expect(manifest.rows == 2 && manifest.schema.map(\.type) == ["INTEGER", "DECIMAL(12,1)"])
        #expect(manifest.inputs == [.init(asset: input.key, version: input.version)])
        #expect(manifest.engine == ModelBuild.engine)
        #expect(
            try await bench.query("FROM silver.m ORDER BY x", [bench.state("silver.m")]) == [
                "1|1.5", "2|3.0",
            ])
        #expect(try await bench.store.list(under: .root).filter { $0.path.text.contains("staging") } == [])
    }

    @Test func `has another version exactly if code or inputs are others`() async throws {
        let bench = try ModelBench()
        _ = try await bench.build("SELECT 1 AS x", name: "in", run: "r1")
        let first = try await bench.state("silver.in")
        func version(_ sql: String, _ inputs: [AssetState]) async throws -> String {
            ModelBuild(
                try await ModelBench.model(sql, "owner: me", "m"), inputs: inputs, session: bench.session,
                store: bench.store,
                now: { Timestamp(microseconds: 0) }
            ).version
        }
        let plain = try await version("SELECT x FROM silver.\"in\"", [first])
        #expect(try await version("select x /* why */\nFROM silver.\"in\"", [first]) == plain)
        #expect(try await version("SELECT x + 1 FROM silver.\"in\"", [first]) != plain)
        _ = try await bench.build("SELECT 2 AS x", name: "in", run: "r2")
        #expect(try await version("SELECT x FROM silver.\"in\"", [bench.state("silver.in")]) != plain)
    }

    private func failure(_ sql: String, header: String = "owner: me") async throws -> ModelFailure {
        let bench = try ModelBench()
        let failure = try await #require(throws: ModelFailure.self) {
            try await bench.build(sql, header: header, run: "r1")
        }
        let key = try #require(AssetKey("silver.m"))
        #expect(try await bench.session.state(of: key) == nil)
        return failure
    }

    @Test func `refuses a declared column that the SQL does not give, or gives as another type`() async throws
    {
        let missing = try await failure("SELECT 1 AS idd", header: "columns:\n  id: { type: INTEGER }")
        #expect(missing.code == "model.missing-column" && missing.remedy.contains("'idd'"))
        #expect(missing.place?.description == "models/silver/m.sql:3:3")
        let type = try await failure("SELECT 1 AS id", header: "columns:\n  id: { type: BIGINT }")
        #expect(
            type.code == "model.column-type" && type.problem.contains("BIGINT")
                && type.problem.contains("INTEGER"))
        let bench = try ModelBench()
        let header = "columns:\n  ID: { type: \"decimal(10, 2)\" }"
        #expect(try await bench.build("SELECT 1::DECIMAL(10,2) AS id", header: header, run: "r").rows == 1)
    }

    @Test func `tells where in the file the SQL is wrong`() async throws {
        let binder = try await failure("SELECT 1 AS a,\n       b AS c\nFROM (SELECT 2 AS x)")
        #expect(binder.code == "model.sql" && binder.place?.description == "models/silver/m.sql:5:8")
        let first = try await failure("SELECT nothing")
        #expect(first.place?.description == "models/silver/m.sql:4:8")
    }

    @Test func `tells which value of which place does not fit, and keeps what was published`() async throws {
        let failure = try await failure("SELECT CAST(v AS INTEGER) AS i\nFROM (VALUES ('1'), ('x')) t(v)")
        #expect(failure.code == "model.data" && failure.category == .badData)
        #expect(failure.place?.file == "models/silver/m.sql" && (failure.place?.line ?? 0) >= 4)
        let bench = try ModelBench()
        _ = try await bench.build("SELECT 1 AS x", run: "r1")
        await #expect(throws: ModelFailure.self) {
            try await bench.build("SELECT CAST('x' AS INTEGER) AS x", run: "r2")
        }
        #expect(try await bench.query("FROM silver.m", [bench.state("silver.m")]) == ["1"])
    }

    @Test func `is not published if a blocking check fails, and is if it only warns`() async throws {
        let bench = try ModelBench()
        _ = try await bench.build("SELECT 1 AS x", run: "r1")
        let block = CheckResult(check: "c", severity: .block, failures: 1)
        await #expect(throws: PublishBlocked.self) {
            try await bench.build("SELECT 2 AS x", run: "r2", checks: [block])
        }
        #expect(try await bench.query("FROM silver.m", [bench.state("silver.m")]) == ["1"])
        let warn = CheckResult(check: "c", severity: .warn, failures: 1)
        #expect(try await bench.build("SELECT 3 AS x", run: "r3", checks: [warn]).checks == [warn])
        #expect(try await bench.query("FROM silver.m", [bench.state("silver.m")]) == ["3"])
    }
}
