import DuckDB
import LakeModel
import LakeSQL
import Project
import TarnTesting
import Testing
import Transform

@Suite struct `A Type-2 history` {
    /// Builds `silver.h` from observations given as VALUES of (id, name, note, seen).
    private func history(
        _ observations: String, header: String = "compare: [name], deletes: ignore", type: String = "DATE"
    ) async throws -> [String] {
        let bench = try ModelBench()
        let values = observations.isEmpty ? "SELECT 1, 'a', 'x', '2026-01-01' WHERE false" : "VALUES \(observations)"
        _ = try await bench.build(
            "SELECT id, name, note, CAST(seen AS \(type)) AS seen FROM (\(values)) AS v(id, name, note, seen)",
            header: "materialization: scd2\nkey: id\nhistory: { observed: seen, \(header) }", name: "h", run: "r1")
        return try await bench.query(
            "SELECT id, name, note, valid_from, valid_to, is_current FROM silver.h ORDER BY id, valid_from",
            [bench.state("silver.h")])
    }

    private let nights = """
        (1, 'Ann', 'x', '2026-01-01'), (1, 'Ann', 'y', '2026-01-02'), (1, 'Anna', 'y', '2026-01-03'),
        (2, 'Bob', 'x', '2026-01-01'), (2, 'Bob', 'x', '2026-01-03')
        """

    @Test func `begins a version with each change of a compared column`() async throws {
        #expect(
            try await history(nights) == [
                "1|Ann|y|2026-01-01|2026-01-03|false", "1|Anna|y|2026-01-03|NULL|true",
                "2|Bob|x|2026-01-01|NULL|true",
            ])
    }

    @Test func `compares all columns unless some are named`() async throws {
        #expect(
            try await history(nights, header: "deletes: ignore").prefix(3) == [
                "1|Ann|x|2026-01-01|2026-01-02|false", "1|Ann|y|2026-01-02|2026-01-03|false",
                "1|Anna|y|2026-01-03|NULL|true",
            ])
    }

    @Test func `closes what is absent from a later night, and opens it when it returns`() async throws {
        #expect(
            try await history(nights, header: "compare: [name], deletes: close") == [
                "1|Ann|y|2026-01-01|2026-01-03|false", "1|Anna|y|2026-01-03|NULL|true",
                "2|Bob|x|2026-01-01|2026-01-02|false", "2|Bob|x|2026-01-03|NULL|true",
            ])
        #expect(
            try await history(
                nights + ", (3, 'Cyd', 'x', '2026-01-01')", header: "compare: [name], deletes: close"
            ).last == "3|Cyd|x|2026-01-01|2026-01-02|false")
    }

    @Test func `is the same in whichever order observations come, and twice the same is once`() async throws {
        let rows = [
            "(1, 'a', 'x', '2026-01-01')", "(1, 'b', 'x', '2026-01-02')", "(1, 'a', 'x', '2026-01-03')",
            "(1, 'a', 'x', '2026-01-04')", "(2, NULL, 'x', '2026-01-02')", "(2, 'n', 'x', '2026-01-03')",
            "(2, NULL, 'x', '2026-01-04')", "(1, 'b', 'x', '2026-01-02')",
        ]
        let expected = try await history(rows.joined(separator: ","))
        #expect(
            expected == [
                "1|a|x|2026-01-01|2026-01-02|false", "1|b|x|2026-01-02|2026-01-03|false",
                "1|a|x|2026-01-03|NULL|true", "2|NULL|x|2026-01-02|2026-01-03|false",
                "2|n|x|2026-01-03|2026-01-04|false", "2|NULL|x|2026-01-04|NULL|true",
            ])
        for _ in 0..<4 {
            #expect(try await history(rows.shuffled().joined(separator: ",")) == expected)
        }
    }

    @Test func `puts a change that comes late in its place`() async throws {
        let before = "(1, 'a', 'x', '2026-01-01'), (1, 'c', 'x', '2026-01-05')"
        #expect(try await history(before).first == "1|a|x|2026-01-01|2026-01-05|false")
        #expect(
            try await history(before + ", (1, 'b', 'x', '2026-01-03')") == [
                "1|a|x|2026-01-01|2026-01-03|false", "1|b|x|2026-01-03|2026-01-05|false",
                "1|c|x|2026-01-05|NULL|true",
            ])
    }

    @Test func `may be without any observation, and of instants`() async throws {
        #expect(try await history("") == [])
        #expect(
            try await history("(1, 'a', 'x', '2026-01-01 10:00:00.5')", type: "TIMESTAMP") == [
                "1|a|x|2026-01-01 10:00:00.5|NULL|true"
            ])
    }

    @Test func `is not built when a key looks differently at one time`() async throws {
        let failure = await #expect(throws: ModelFailure.self) {
            _ = try await history("(1, 'a', 'x', '2026-01-01'), (1, 'b', 'x', '2026-01-01')")
        }
        #expect(failure?.code == "model.history-tie" && failure?.category == .badData)
    }

    @Test(arguments: [
        ("observed: sean", "model.missing-column", "Did you mean 'seen'?"),
        ("observed: name", "model.column-type", "Name a column that is a DATE"),
        ("observed: seen, compare: [nam]", "model.missing-column", "Did you mean 'name'?"),
    ])
    func `says which column is wrong`(history: String, code: String, remedy: String) async throws {
        let bench = try ModelBench()
        let failure = await #expect(throws: ModelFailure.self) {
            _ = try await bench.build(
                "SELECT 1 AS id, 'a' AS name, DATE '2026-01-01' AS seen",
                header: "materialization: scd2\nkey: id\nhistory: { \(history) }", name: "h", run: "r1")
        }
        #expect(failure?.code == code && failure?.remedy.contains(remedy) == true)
    }
}
