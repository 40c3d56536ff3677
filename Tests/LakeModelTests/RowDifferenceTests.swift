import LakeModel
import Testing

@Suite struct `A difference of rows` {
    private func difference(
        _ expected: [RowDifference.Row], _ actual: [RowDifference.Row],
        _ comparisons: [RowDifference.Comparison] = [.exactNumber, .text]
    ) -> RowDifference? {
        RowDifference.between(
            expected: expected, actual: actual, columns: comparisons.indices.map { "c\($0)" },
            comparisons: comparisons)
    }

    @Test func `is none for the same rows in another order and other spellings of numbers`() {
        #expect(difference([], []) == nil)
        #expect(
            difference(
                [["1", "a"], ["2.50", nil], ["1", "a"]], [["2.5", nil], ["1.0", "a"], ["+1", "a"]])
                == nil)
    }

    @Test func `counts equal rows`() throws {
        let found = try #require(difference([["1", "a"], ["1", "a"]], [["1", "a"]]))
        #expect(found.equal == 1)
        #expect(found.missing == [["1", "a"]])
        #expect(found.unexpected == [])
        #expect(found.differing == [])
    }

    @Test func `pairs the rows that have most in common`() throws {
        let comparisons: [RowDifference.Comparison] = [.exactNumber, .text, .text]
        let found = try #require(
            difference(
                [["1", "a", "x"], ["2", "b", "y"], ["3", "c", "z"]],
                [["3", "c", "-"], ["9", "q", "q"], ["2", nil, "y"]], comparisons))
        #expect(found.differing.map(\.expected) == [["2", "b", "y"], ["3", "c", "z"]])
        #expect(found.differing.map(\.columns) == [[1], [2]])
        #expect(found.missing == [["1", "a", "x"]])
        #expect(found.unexpected == [["9", "q", "q"]])
    }

    @Test func `pairs the last two rows even if they have nothing in common`() throws {
        let found = try #require(difference([["1", "a"]], [["2", nil]]))
        #expect(found.differing.map(\.columns) == [[0, 1]])
    }

    @Test func `takes sums of floating-point numbers for equal, and NULL for nothing else`() {
        #expect(difference([["0.3"]], [["0.30000000000000004"]], [.approximateNumber]) == nil)
        #expect(difference([["0.3"]], [["0.3001"]], [.approximateNumber]) != nil)
        #expect(difference([["nan"]], [["nan"]], [.approximateNumber]) == nil)
        #expect(difference([[nil]], [["0"]], [.approximateNumber]) != nil)
        #expect(difference([[""]], [[nil]], [.text]) != nil)
        #expect(difference([["0.3"]], [["0.30000000000000004"]], [.exactNumber]) != nil)
    }

    @Test(arguments: [
        ("+012.50", "12.5"), ("1.5e2", "150"), ("-0.00", "0"), ("0.050", "0.05"), (".5", "0.5"),
        ("1e-3", "0.001"), ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
        ("abc", "abc"), ("", ""), ("1e999999", "1e999999"), ("-7", "-7"), ("1.2.3", "1.2.3"),
    ])
    func `has one spelling of each number`(text: String, spelling: String) {
        #expect(canonicalNumber(text) == spelling)
    }
}

@Suite struct `A contract` {
    private let run = RunID("20261123T011316Z-36e6c4")

    private func published(
        _ columns: [(String, String)], checks: [CheckResult] = [], breaking: TableManifest.Breaking? = nil
    ) throws -> TableManifest {
        TableManifest(
            asset: try #require(AssetKey("silver.t")), run: try #require(run), epoch: .first,
            publishedAt: Timestamp(microseconds: 0), version: "v", codeHash: "c", engine: "e", inputs: [],
            files: [], schema: columns.map { ColumnSchema(name: $0.0, type: $0.1) }, checks: checks,
            seconds: 0, kept: [], breaking: breaking)
    }

    @Test func `lets columns come and become wider, and nothing else`() throws {
        let old = try published([("id", "INTEGER"), ("name", "VARCHAR"), ("total", "DECIMAL(18,2)")])
        func breaks(_ columns: [(String, String)]) -> [String] {
            Contract.breaks(
                of: old, by: columns.map { ColumnSchema(name: $0.0, type: $0.1) }, notNull: [])
        }
        #expect(
            breaks([("ID", "BIGINT"), ("name", "VARCHAR"), ("total", "DECIMAL(20,2)"), ("new", "DATE")])
                == [])
        #expect(
            breaks([("id", "SMALLINT"), ("total", "DOUBLE")])
                == [
                    "column 'id' was narrowed: INTEGER to SMALLINT",
                    "column 'total' was retyped: DECIMAL(18,2) to DOUBLE",
                    "column 'name' is gone (VARCHAR)",
                ])
        #expect(
            breaks([("id", "INTEGER"), ("title", "VARCHAR"), ("total", "DECIMAL(18,2)")])
                == ["column 'name' is gone, perhaps renamed to 'title'"])
    }

    @Test func `keeps NULL out of columns that had none`() throws {
        let old = try published(
            [("id", "BIGINT"), ("at", "DATE"), ("note", "VARCHAR")],
            checks: [
                CheckResult(check: "not_null(id)", severity: .block, failures: 0),
                CheckResult(check: "not_null(at)", severity: .warn, failures: 0),
            ])
        #expect(Contract.breaks(of: old, by: old.schema, notNull: ["ID"]) == [])
        #expect(
            Contract.breaks(of: old, by: old.schema, notNull: []) == ["column 'id' may be NULL now"])
    }

    @Test func `is broken by each reason once`() throws {
        let run = try #require(run)
        let first = try published([("id", "BIGINT")])
        #expect(!Contract.isCovered(by: nil, of: first))
        #expect(Contract.isCovered(by: "merged", of: first))
        // The reason stood there, but nothing broke: it is still to be used.
        #expect(Contract.record(of: [], "merged", after: first, run: run) == nil)
        let record = Contract.record(of: ["column 'x' is gone"], "merged", after: first, run: run)
        let second = try published([("id", "BIGINT")], breaking: record)
        #expect(second.breaking?.reason == "merged")
        #expect(!Contract.isCovered(by: "merged", of: second))
        #expect(Contract.isCovered(by: "merged again", of: second))
        // A later publication without a change keeps what was used.
        #expect(Contract.record(of: [], "merged", after: second, run: run) == record)
        #expect(Contract.record(of: [], nil, after: second, run: run) == nil)
    }
}
