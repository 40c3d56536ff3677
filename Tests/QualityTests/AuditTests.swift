import DuckDB
import LakeModel
import Quality
import Testing

@Suite struct `An audit` {
    /// Audits the rows of a SELECT with one check and counts the rows that its own query for people finds.
    private func audit(
        _ rows: String, _ rule: Check.Rule, severity: Check.Severity = .block
    ) throws -> (result: CheckResult, failingRows: Int?) {
        let connection = try Database().connect()
        defer { connection.close() }
        try connection.execute(
            "CREATE SCHEMA silver; CREATE TABLE silver.other AS SELECT * FROM (VALUES (1), (2)) v(id)")
        try connection.execute("CREATE TABLE staged AS \(rows)")
        let check = Check(rule, severity: severity, place: Place(file: "models/silver/t.sql"))
        let audit = Audit(of: try #require(AssetKey("silver.t")), table: "staged", checks: [check])
        let results = try audit.run(on: connection)
        #expect(results.count == 1)
        let rows = try audit.failingRows(of: check).map { try connection.query($0).rows.count }
        return (try #require(results.first), rows)
    }

    @Test func `counts NULLs`() throws {
        let (result, rows) = try audit(
            "SELECT * FROM (VALUES (1), (NULL), (NULL)) v(a)", .notNull(column: "a"))
        #expect(result == CheckResult(check: "not_null(a)", severity: .block, failures: 2))
        #expect(result.blocks && rows == 2)
    }

    @Test func `counts superfluous copies, and NULL is no copy`() throws {
        let (result, rows) = try audit(
            "SELECT * FROM (VALUES (1), (1), (1), (2), (NULL), (NULL)) v(a)", .unique(columns: ["a"]),
            severity: .warn)
        #expect(result.failures == 2 && rows == 3)
        #expect(!result.passed && !result.blocks)
    }

    @Test func `takes several columns as one key, in which one NULL exempts the row`() throws {
        let (result, rows) = try audit(
            "SELECT * FROM (VALUES (1, 'x'), (1, 'y'), (1, 'x'), (1, NULL), (1, NULL)) v(a, \"b c\")",
            .unique(columns: ["a", "b c"]))
        #expect(result.failures == 1 && rows == 2)
    }

    @Test func `compares accepted values as text, quotes included, and lets NULL pass`() throws {
        let (result, rows) = try audit(
            "SELECT * FROM (VALUES ('a'), ('it''s'), ('A'), (NULL)) v(a)",
            .acceptedValues(column: "a", values: ["a", "it's"]))
        #expect(result.failures == 1 && rows == 1)
        #expect(try audit("SELECT 1 AS a", .acceptedValues(column: "a", values: ["1", "2"])).result.passed)
    }

    @Test func `finds values that the other table does not have`() throws {
        let (result, rows) = try audit(
            "SELECT * FROM (VALUES (1), (3), (3), (NULL)) v(a)",
            .relationships(column: "a", other: #require(AssetKey("silver.other")), otherColumn: "id"))
        #expect(result.failures == 2 && rows == 2)
    }

    @Test func `judges a reference to the table itself by the new rows`() throws {
        let rule = Check.Rule.relationships(
            column: "parent", other: try #require(AssetKey("silver.t")), otherColumn: "id")
        let (result, rows) = try audit("SELECT * FROM (VALUES (1, NULL), (2, 1), (3, 9)) v(id, parent)", rule)
        #expect(result.failures == 1 && rows == 1)
    }

    @Test(
        arguments: [
            (3, 5, 0), (4, nil, 1), (nil, 2, 1), (10, nil, 7), (nil, 0, 3), (nil, 3, 0),
        ] as [(Int64?, Int64?, Int64)])
    func `says how many rows are missing or too many`(min: Int64?, max: Int64?, failures: Int64) throws {
        let (result, rows) = try audit("SELECT * FROM range(3)", .rowCount(min: min, max: max))
        #expect(result.failures == failures && rows == nil)
    }

    @Test func `of an empty table passes everything but a minimum`() throws {
        let empty = "SELECT 1 AS a WHERE false"
        #expect(try audit(empty, .notNull(column: "a")).result.passed)
        #expect(try audit(empty, .unique(columns: ["a"])).result.passed)
        #expect(try audit(empty, .rowCount(min: 1, max: nil)).result.failures == 1)
    }

    @Test func `answers many checks in their order, exactly, on many rows`() throws {
        let connection = try Database().connect()
        defer { connection.close() }
        // One row in a hundred has no a; b repeats each value twice.
        try connection.execute(
            "CREATE TABLE staged AS SELECT CASE WHEN i % 100 <> 0 THEN i END AS a, i // 2 AS b FROM range(100000) r(i)"
        )
        let place = Place(file: "m.sql")
        let checks = [
            Check(.unique(columns: ["b"]), place: place), Check(.notNull(column: "a"), place: place),
            Check(.rowCount(min: 1, max: 99_999), place: place), Check(.notNull(column: "b"), place: place),
        ]
        let results = try Audit(of: try #require(AssetKey("silver.t")), table: "staged", checks: checks).run(
            on: connection)
        #expect(results.map(\.failures) == [50_000, 1_000, 1, 0])
        #expect(results.map(\.check) == checks.map(\.name))
    }

    @Test(arguments: [
        // Whole numbers, text and NULL; every copy counts, once for each row beyond the first.
        "SELECT i // 2 AS a, 'n' || (i % 2) AS b FROM range(600000) r(i)",
        "SELECT i AS a, 'x' AS b FROM (SELECT unnest(range(600000)) AS i UNION ALL SELECT unnest([7, 7, 599999]))",
        "SELECT 1 AS a, 'same' AS b FROM range(500000)",
        "SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i // 7 END AS a, 'n' || (i % 5) AS b FROM range(700000) r(i)",
        "SELECT NULL::INTEGER AS a, 'n' AS b FROM range(500000)",
        "SELECT CASE i % 2 WHEN 0 THEN 0.0 ELSE -0.0 END AS a, 'n' || (i // 2) AS b FROM range(500000) r(i)",
        "SELECT DATE '2026-01-01' + CAST(i % 900 AS INTEGER) AS a, hash(i // 900) % 600 AS b FROM range(540000) r(i)",
    ])
    func `finds copies of long keys in large tables as exactly as a comparison of all`(rows: String) throws {
        let connection = try Database().connect()
        defer { connection.close() }
        let sets = KeySets()
        try sets.register(on: connection)
        try connection.execute("CREATE TABLE staged AS \(rows)")
        let checks = [["a", "b"], ["b"], ["b", "a"]].map {
            Check(.unique(columns: $0), place: Place(file: "m.sql"))
        }
        let key = try #require(AssetKey("silver.t"))
        let hashed = try Audit(of: key, table: "staged", sets: sets, checks: checks).run(on: connection)
        let compared = try Audit(of: key, table: "staged", checks: checks).run(on: connection)
        #expect(hashed == compared)
    }

    @Test func `that cannot be carried out throws and never passes`() throws {
        #expect(throws: DuckDBError.self) { try audit("SELECT 1 AS a", .notNull(column: "missing")) }
        #expect(throws: DuckDBError.self) {
            try audit(
                "SELECT 1 AS a",
                .relationships(column: "a", other: #require(AssetKey("silver.gone")), otherColumn: "id"))
        }
    }
}
