import LakeModel
import TarnTesting
import Testing
import Transform

@Suite struct `A sum of integers` {
    @Test func `keeps all of its digits in the file`() async throws {
        let bench = try ModelBench()
        let manifest = try await bench.build(
            "SELECT sum(x) AS total FROM (VALUES (9007199254740993), (0)) AS v(x)", run: "r1")
        #expect(manifest.schema.map(\.type) == ["DECIMAL(38,0)"])
        #expect(try await bench.query("FROM silver.m", [bench.state("silver.m")]) == ["9007199254740993"])
    }
}
