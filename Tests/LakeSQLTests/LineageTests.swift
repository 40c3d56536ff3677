import DuckDB
import LakeModel
import LakeSQL
import Synchronization
import Testing

/// Remembers lineage for one test and counts what it is given.
final class LineageMemory: LineageCache {
    private let state = Mutex((known: [String: StatementLineage](), remembered: 0))

    var remembered: Int { state.withLock { $0.remembered } }

    func lineage(_ digest: String) async throws -> StatementLineage? { state.withLock { $0.known[digest] } }

    func remember(_ lineage: StatementLineage, _ digest: String) async throws {
        state.withLock {
            $0.known[digest] = lineage
            $0.remembered += 1
        }
    }
}

/// Three tables of the lake, and the lineage of a SELECT in a short notation.
///
///     q =a.x ~a.y | * ?a.z     q is a.x unchanged and computed from a.y; a.z filters the rows of all columns
///     = direct  ~ derived  ? filter  & join key  # group  ^ order
enum LineageCase {
    static let inputs = [
        table(
            "a",
            [
                "id": "INTEGER", "x": "INTEGER", "y": "INTEGER",
                "s": "STRUCT(b INTEGER, c STRUCT(d INTEGER))",
                "l": "INTEGER[]", "ts": "TIMESTAMP", "name": "VARCHAR",
            ]),
        table("b", ["id": "INTEGER", "x": "INTEGER", "z": "INTEGER", "ts": "TIMESTAMP"]),
        table("c d", ["Id": "INTEGER", "Two Words": "VARCHAR", "j": "JSON"]),
    ].compactMap { $0 }

    static func table(_ name: String, _ columns: KeyValuePairs<String, String>?) -> LineageInput? {
        TableName(name).map {
            LineageInput(.silver($0), columns: columns?.map { ColumnSchema(name: $0.key, type: $0.value) })
        }
    }

    static func lineage(_ sql: String, inputs: [LineageInput] = inputs) async throws -> StatementLineage {
        try await LineageAnalyzer(cache: LineageMemory()).lineage(
            of: LineageRequest(sql: sql, inputs: inputs))
    }

    /// The result's columns as DuckDB names them.
    static func bound(_ sql: String) throws -> [String] {
        let connection = try Database().connect()
        try connection.execute("CREATE SCHEMA silver")
        for input in inputs {
            let columns = (input.columns ?? []).map { "\(quotedIdentifier($0.name)) \($0.type)" }
            try connection.execute(
                "CREATE TABLE \(input.asset.quotedName) (\(columns.joined(separator: ", ")))")
        }
        return try connection.prepare(sql).columns.map { "\($0.name) \($0.type)" }
    }

    static func text(_ lineage: StatementLineage) -> String {
        let columns = lineage.columns.map { "\($0.name) \(text($0.dependencies))" }
        let rows = text(lineage.rows)
        return (columns + (rows.isEmpty ? [] : ["* \(rows)"])).map {
            $0.last == " " ? String($0.dropLast()) : $0
        }.joined(separator: " | ")
    }

    private static func text(_ dependencies: Dependencies) -> String {
        dependencies.sortedUses.map { "\(sign($0.role))\($0.input.asset.table).\($0.input.column)" }
            .joined(separator: " ")
    }

    private static func sign(_ role: ColumnRole) -> String {
        switch role {
        case .direct: "="
        case .derived: "~"
        case .filter: "?"
        case .joinKey: "&"
        case .group: "#"
        case .order: "^"
        }
    }
}

@Suite struct `The lineage of a column` {
    @Test(arguments: [
        // Names, aliases, expressions.
        ("SELECT x, y AS q FROM silver.a", "x =a.x | q =a.y"),
        ("SELECT x + y AS s, 1 AS one FROM silver.a", "s ~a.x ~a.y | one"),
        ("SELECT a.x, silver.a.y, t.z FROM silver.a, silver.b t", "x =a.x | y =a.y | z =b.z"),
        ("SELECT X, A.Y FROM silver.A", "x =a.x | y =a.y"),
        (#"SELECT "two words" AS w, t."Id" FROM silver."c d" AS t"#, #"w =c d.Two Words | Id =c d.Id"#),
        ("FROM silver.b", "id =b.id | x =b.x | z =b.z | ts =b.ts"),
        ("FROM silver.b SELECT z WHERE x > 1", "z =b.z | * ?b.x"),
        ("SELECT x + 1 AS k, k * 2 AS m, m + y AS n FROM silver.a", "k ~a.x | m ~a.x | n ~a.x ~a.y"),
        ("SELECT x AS k, y FROM silver.a WHERE k > 1", "k =a.x | y =a.y | * ?a.x"),
        // A column of the table is meant before an alias of the same name, except by ORDER BY.
        ("SELECT x AS y, y + 1 AS k FROM silver.a WHERE y = 2", "y =a.x | k ~a.y | * ?a.y"),
        ("SELECT x AS y FROM silver.a ORDER BY y", "y =a.x | * ^a.x"),
        ("SELECT x FROM silver.a ORDER BY y + 1", "x =a.x | * ^a.y"),
        ("SELECT x, y FROM silver.a ORDER BY 2 DESC", "x =a.x | y =a.y | * ^a.y"),
        ("SELECT x, y FROM silver.a ORDER BY ALL", "x =a.x | y =a.y | * ^a.x ^a.y"),
        (
            "SELECT CASE WHEN x > 1 THEN y ELSE id END AS c, CAST(x AS VARCHAR) AS v, coalesce(x, y) AS d FROM silver.a",
            "c ~a.id ~a.x ~a.y | v ~a.x | d ~a.x ~a.y"
        ),
        (
            "SELECT x IN (1, y) AS i, x BETWEEN id AND y AS b, NOT (x = 1) AS n FROM silver.a",
            "i ~a.x ~a.y | b ~a.id ~a.x ~a.y | n ~a.x"
        ),
        ("SELECT current_date AS today, x FROM silver.a", "today | x =a.x"),
        // Structures, JSON, lists, lambdas.
        (
            "SELECT s.b, a.s.c.d, (s).b AS e, s['b'] AS f, silver.a.s.b AS g FROM silver.a",
            "b ~a.s | d ~a.s | e ~a.s | f ~a.s | g ~a.s"
        ),
        ("SELECT s.* FROM silver.a", "b ~a.s | c ~a.s"),
        ("SELECT a FROM silver.a", "a ~a.id ~a.l ~a.name ~a.s ~a.ts ~a.x ~a.y"),
        (#"SELECT j->'k' AS k, j->>'$.m' AS m FROM silver."c d""#, "k ~c d.j | m ~c d.j"),
        (
            "SELECT list_transform(l, lambda e: e + x) AS t, [e * y FOR e IN l IF e > 1] AS u FROM silver.a",
            "t ~a.l ~a.x | u ~a.l ~a.y"
        ),
        ("SELECT list_reduce(l, (x, y) -> x + y) AS r FROM silver.a", "r ~a.l"),
        (
            "SELECT list_filter(l, x -> list_contains(list_transform(l, y -> y + x), id)) AS r FROM silver.a",
            "r ~a.id ~a.l"
        ),
        ("SELECT id, unnest(l) AS e FROM silver.a", "id =a.id | e ~a.l | * ?a.l"),
        ("SELECT unnest(s), x FROM silver.a", "b ~a.s | c ~a.s | x =a.x | * ?a.s"),
        ("SELECT unnest(s, recursive := true), x FROM silver.a", "b ~a.s | d ~a.s | x =a.x | * ?a.s"),
        ("SELECT id, e FROM silver.a, unnest(l) AS u(e)", "id =a.id | e ~a.l | * ?a.l"),
        ("SELECT id, u.unnest FROM silver.a, unnest(l) AS u", "id =a.id | unnest ~a.l | * ?a.l"),
        // Stars.
        ("SELECT * EXCLUDE (ts, x) FROM silver.b", "id =b.id | z =b.z"),
        ("SELECT * REPLACE (x + z AS x) FROM silver.b", "id =b.id | x ~b.x ~b.z | z =b.z | ts =b.ts"),
        ("SELECT * RENAME (z AS w) FROM silver.b", "id =b.id | x =b.x | w =b.z | ts =b.ts"),
        (
            "SELECT b.*, a.x AS ax FROM silver.a, silver.b",
            "id =b.id | x =b.x | z =b.z | ts =b.ts | ax =a.x"
        ),
        (
            "SELECT * EXCLUDE (a.ts, b.id, s, l, name) FROM silver.a, silver.b",
            "id =a.id | x =a.x | y =a.y | x =b.x | z =b.z | ts =b.ts"
        ),
        ("SELECT COLUMNS('^[xz]$') FROM silver.b", "x =b.x | z =b.z"),
        ("SELECT COLUMNS(['z', 'x']) FROM silver.b", "x =b.x | z =b.z"),
        ("SELECT COLUMNS(c -> c LIKE 'i%') FROM silver.b", "id =b.id"),
        ("SELECT COLUMNS(* EXCLUDE (ts)) + id AS q FROM silver.b", "q ~b.id | q ~b.id ~b.x | q ~b.id ~b.z"),
        (#"SELECT COLUMNS('(x|z)') AS 'c_\1' FROM silver.b"#, "c_x =b.x | c_z =b.z"),
        ("SELECT max(COLUMNS(['x', 'z'])) FROM silver.b", "x ~b.x | z ~b.z"),
        ("SELECT coalesce(*COLUMNS('x|z')) AS c FROM silver.b", "c ~b.x ~b.z"),
        ("SELECT * LIKE 't%' FROM silver.b", "ts =b.ts"),
        ("SELECT #2 AS second FROM silver.b", "second =b.x"),
        ("SELECT q, r FROM silver.b AS t(p, q, r)", "q =b.x | r =b.z"),
        // Grouping.
        ("SELECT x, sum(y) AS s FROM silver.a GROUP BY x", "x =a.x | s ~a.y | * #a.x"),
        ("SELECT x AS k, count(*) AS n FROM silver.a GROUP BY k", "k =a.x | n | * #a.x"),
        (
            "SELECT x AS y, count(*) AS n, max(y) AS m FROM silver.a GROUP BY 1",
            "y =a.x | n | m ~a.y | * #a.x"
        ),
        (
            "SELECT x, y % 2 AS odd, sum(id) AS s FROM silver.a GROUP BY ALL",
            "x =a.x | odd ~a.y | s ~a.id | * #a.x #a.y"
        ),
        (
            "SELECT x, y, count(*) AS n FROM silver.a GROUP BY ROLLUP (x, y)",
            "x =a.x | y =a.y | n | * #a.x #a.y"
        ),
        (
            "SELECT x, sum(y) FILTER (id > 3) AS s FROM silver.a GROUP BY x HAVING max(ts) IS NOT NULL",
            "x =a.x | s ~a.y ?a.id | * ?a.ts #a.x"
        ),
        ("SELECT string_agg(name, ',' ORDER BY ts) AS n FROM silver.a", "n ~a.name ^a.ts"),
        ("SELECT DISTINCT x, y FROM silver.a", "x =a.x | y =a.y | * #a.x #a.y"),
        ("SELECT DISTINCT ON (x) x, y FROM silver.a ORDER BY ts", "x =a.x | y =a.y | * #a.x ^a.ts"),
        ("SELECT x FROM silver.a LIMIT (SELECT max(z) FROM silver.b)", "x =a.x | * ?b.z"),
        // Windows.
        ("SELECT sum(x) OVER (PARTITION BY y ORDER BY ts) AS s FROM silver.a", "s ~a.x #a.y ^a.ts"),
        (
            "SELECT sum(x) FILTER (id > 1) OVER w AS s FROM silver.a WINDOW w AS (PARTITION BY y)",
            "s ~a.x ?a.id #a.y"
        ),
        ("SELECT lag(x, 1, y) OVER (ORDER BY ts) AS p FROM silver.a", "p ~a.x ~a.y ^a.ts"),
        (
            "SELECT x FROM silver.a QUALIFY row_number() OVER (PARTITION BY y ORDER BY ts DESC) = 1",
            "x =a.x | * #a.y ^a.ts"
        ),
        (
            "SELECT x, row_number() OVER (PARTITION BY y ORDER BY ts) AS n FROM silver.a QUALIFY n = 1",
            "x =a.x | n #a.y ^a.ts | * #a.y ^a.ts"
        ),
        // Joins.
        (
            "SELECT a.y, b.z FROM silver.a JOIN silver.b ON a.id = b.id AND b.x > 1",
            "y =a.y | z =b.z | * &a.id &b.id &b.x"
        ),
        (
            "SELECT id, y, z FROM silver.a LEFT JOIN silver.b USING (id)",
            "id =a.id | y =a.y | z =b.z | * &a.id &b.id"
        ),
        (
            "SELECT id, a.id AS l, b.id AS r FROM silver.a RIGHT JOIN silver.b USING (id)",
            "id =b.id | l =a.id | r =b.id | * &a.id &b.id"
        ),
        ("SELECT id FROM silver.a FULL JOIN silver.b USING (id)", "id ~a.id ~b.id | * &a.id &b.id"),
        (
            "SELECT * EXCLUDE (s, l, name, y) FROM silver.a JOIN silver.b USING (id, ts)",
            "id =a.id | x =a.x | ts =a.ts | x =b.x | z =b.z | * &a.id &a.ts &b.id &b.ts"
        ),
        (
            "SELECT * EXCLUDE (s, l, name, y) FROM silver.a NATURAL JOIN silver.b",
            "id =a.id | x =a.x | ts =a.ts | z =b.z | * &a.id &a.ts &a.x &b.id &b.ts &b.x"
        ),
        (
            "SELECT id, one.z, two.x AS q FROM silver.a JOIN silver.b one USING (id) RIGHT JOIN silver.b two USING (id)",
            "id =b.id | z =b.z | q =b.x | * &a.id &b.id"
        ),
        (
            "SELECT * EXCLUDE (s, l, name, ts) FROM silver.a SEMI JOIN silver.b ON a.x = b.z",
            "id =a.id | x =a.x | y =a.y | * &a.x &b.z"
        ),
        (
            "SELECT y FROM silver.a ANTI JOIN (SELECT id FROM silver.b WHERE z > 1) USING (id)",
            "y =a.y | * ?b.z &a.id &b.id"
        ),
        (
            "SELECT y, z FROM silver.a ASOF JOIN silver.b ON a.id = b.id AND a.ts >= b.ts",
            "y =a.y | z =b.z | * &a.id &a.ts &b.id &b.ts"
        ),
        ("SELECT y, z FROM silver.a POSITIONAL JOIN silver.b", "y =a.y | z =b.z"),
        (
            "SELECT y, m FROM silver.a, LATERAL (SELECT max(z) AS m FROM silver.b WHERE b.id = a.id AND x > y)",
            "y =a.y | m ~b.z | * ?a.id ?a.y ?b.id ?b.x"
        ),
        ("SELECT y, t FROM silver.a, LATERAL (SELECT y + 1 AS t)", "y =a.y | t ~a.y"),
        ("SELECT p.x, q.y FROM silver.a p JOIN silver.a q ON p.id = q.x", "x =a.x | y =a.y | * &a.id &a.x"),
        // Subqueries.
        ("SELECT k FROM (SELECT x AS k, y FROM silver.a WHERE id > 1) WHERE y = 2", "k =a.x | * ?a.id ?a.y"),
        ("SELECT t.* FROM (SELECT x + 1, y FROM silver.a) t(p)", "p ~a.x | y =a.y"),
        (
            #"SELECT "(x + 1)" AS p FROM (SELECT x + 1, count(*) FROM silver.a GROUP BY ALL)"#,
            "p ~a.x | * #a.x"
        ),
        ("SELECT * FROM (SELECT a.id, b.id FROM silver.a, silver.b)", "id =a.id | id_1 =b.id"),
        (
            "SELECT (SELECT max(z) FROM silver.b WHERE b.id = a.id) AS m, x FROM silver.a",
            "m ~b.z ?a.id ?b.id | x =a.x"
        ),
        ("SELECT x FROM silver.a WHERE EXISTS (FROM silver.b WHERE b.id = a.id)", "x =a.x | * ?a.id ?b.id"),
        (
            "SELECT x FROM silver.a WHERE y IN (SELECT z FROM silver.b WHERE x > 3)",
            "x =a.x | * ?a.y ?b.x ?b.z"
        ),
        ("SELECT x, y > ALL (SELECT z FROM silver.b) AS g FROM silver.a", "x =a.x | g ~a.y ~b.z"),
        ("SELECT x AS k, (SELECT k + max(z) FROM silver.b) AS m FROM silver.a", "k =a.x | m ~a.x ~b.z"),
        ("SELECT (SELECT (SELECT a.x + b.z) FROM silver.b LIMIT 1) AS n FROM silver.a", "n ~a.x ~b.z"),
        (
            "SELECT ARRAY(SELECT z FROM silver.b WHERE id = a.id ORDER BY ts) AS l FROM silver.a",
            "l ~b.z ?a.id ?b.id ^b.ts"
        ),
        // Common table expressions.
        ("WITH c AS (SELECT x AS k FROM silver.a WHERE y > 1) SELECT k + 1 AS m FROM c", "m ~a.x | * ?a.y"),
        (
            "WITH c AS MATERIALIZED (SELECT x FROM silver.a), d AS (SELECT x AS w FROM c) SELECT w FROM d JOIN c ON w = x",
            "w =a.x | * &a.x"
        ),
        ("WITH c(p, q) AS (SELECT x, y FROM silver.a) SELECT q FROM c", "q =a.y"),
        (
            "WITH c AS (SELECT x FROM silver.a) SELECT * FROM (WITH c AS (SELECT z FROM silver.b) FROM c), c",
            "z =b.z | x =a.x"
        ),
        (
            "WITH c AS (WITH d AS (SELECT x FROM silver.a) SELECT x AS e FROM d) SELECT (SELECT max(e) FROM c) AS m",
            "m ~a.x"
        ),
        (
            "WITH RECURSIVE t(n, p) AS (SELECT id, x FROM silver.a WHERE y = 1 UNION ALL SELECT b.id, b.z + t.n FROM silver.b JOIN t ON b.x = t.p) SELECT n, p FROM t",
            "n =a.id =b.id | p =a.x ~a.id ~b.id ~b.z | * ?a.y &a.id &a.x &b.id &b.x &b.z"
        ),
        ("WITH c AS (SELECT x, x + 1 AS x FROM silver.a) SELECT x, x_1 FROM c", "x =a.x | x_1 ~a.x"),
        // Set operations.
        (
            "SELECT x, y FROM silver.a UNION ALL SELECT z, id + 1 FROM silver.b WHERE x = 1",
            "x =a.x =b.z | y =a.y ~b.id | * ?b.x"
        ),
        ("SELECT x FROM silver.a UNION SELECT z FROM silver.b", "x =a.x =b.z | * #a.x #b.z"),
        (
            "SELECT x, id FROM silver.a UNION ALL BY NAME SELECT z, id FROM silver.b",
            "x =a.x | id =a.id =b.id | z =b.z"
        ),
        ("SELECT x FROM silver.a EXCEPT SELECT z FROM silver.b", "x =a.x | * ?a.x ?b.z #a.x"),
        ("SELECT x FROM silver.a INTERSECT ALL SELECT z FROM silver.b", "x =a.x | * ?a.x ?b.z"),
        (
            "SELECT x AS k FROM silver.a UNION ALL SELECT z FROM silver.b ORDER BY k LIMIT 3",
            "k =a.x =b.z | * ^a.x ^b.z"
        ),
        (
            "FROM (SELECT x FROM silver.a UNION ALL SELECT z FROM silver.b UNION ALL SELECT id FROM silver.b) WHERE x > 1",
            "x =a.x =b.id =b.z | * ?a.x ?b.id ?b.z"
        ),
        (
            "SELECT x + 1, y, y FROM silver.a UNION ALL SELECT z, id, x FROM silver.b ORDER BY \"(x + 1)\"",
            "(x + 1) =b.z ~a.x | y =a.y =b.id | y =a.y =b.x | * ^a.x ^b.z"
        ),
        // Rows out of nothing, table functions, PIVOT.
        ("SELECT v.n, x FROM (VALUES (1, 'a'), (2, 'b')) v(n, t), silver.a", "n | x =a.x"),
        ("SELECT r.range, x FROM range(3) r, silver.a", "range | x =a.x"),
        ("SELECT g, id FROM silver.a, generate_series(1, x) AS t(g)", "g ~a.x | id =a.id | * ?a.x"),
        (
            #"SELECT e.key, e.value, t."Id" FROM silver."c d" t, json_each(t.j) e"#,
            "key ~c d.j | value ~c d.j | Id =c d.Id | * ?c d.j"
        ),
        (
            "FROM (SELECT id, x, y FROM silver.a) PIVOT (sum(y) FOR x IN (1, 2) GROUP BY id)",
            "id =a.id | 1 ~a.y ?a.x | 2 ~a.y ?a.x | * #a.id"
        ),
        (
            "PIVOT (SELECT id, x, y FROM silver.a) ON x IN (1, 2) USING sum(y) AS s, max(y) AS m",
            "id =a.id | 1_s ~a.y ?a.x | 1_m ~a.y ?a.x | 2_s ~a.y ?a.x | 2_m ~a.y ?a.x | * #a.id"
        ),
        (
            "UNPIVOT (SELECT id, x, y FROM silver.a) ON x, y INTO NAME n VALUE v",
            "id =a.id | n | v =a.x =a.y | * ?a.x ?a.y"
        ),
        (
            "UNPIVOT (SELECT id, x, z FROM silver.b) ON COLUMNS(* EXCLUDE (id)) INTO NAME n VALUE v",
            "id =b.id | n | v =b.x =b.z | * ?b.x ?b.z"
        ),
        ("SELECT column_name FROM (DESCRIBE silver.b)", "column_name"),
    ])
    func `is found, and its names are the binder's`(sql: String, expected: String) async throws {
        let lineage = try await LineageCase.lineage(sql)
        #expect(lineage.gaps == [])
        #expect(LineageCase.text(lineage) == expected)
        #expect(lineage.columns.map { "\($0.name) \($0.type)" } == (try LineageCase.bound(sql)))
    }
}

@Suite struct `Lineage that is not all` {
    private func gaps(_ sql: String, unknown: Bool = true) async throws -> [String] {
        let inputs = [LineageCase.table("a", nil), LineageCase.inputs[1]].compactMap { $0 }
        return try await LineageCase.lineage(sql, inputs: unknown ? inputs : LineageCase.inputs).gaps
    }

    @Test(arguments: [
        ("SELECT nonsense FROM silver.a", "'nonsense' is not known"),
        ("SELECT x FROM silver.missing", "'silver.missing' is not known"),
        ("SELECT x FROM", "syntax error"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("SELECT x + name FROM silver.a", "binder refuses"),
        ("SELECT max(x), y FROM silver.a", "binder refuses"),
        ("", "0 statements"),
    ])
    func `says why`(sql: String, reason: String) async throws {
        let gaps = try await gaps(sql, unknown: false)
        #expect(gaps.contains { $0.contains(reason) }, "\(gaps)")
    }

    @Test func `names what can be told of a table that was never built`() async throws {
        let inputs = [LineageCase.table("a", nil), LineageCase.inputs[1]].compactMap { $0 }
        let lineage = try await LineageCase.lineage(
            "WITH c AS (SELECT a.k + 1 AS m, z FROM silver.a JOIN silver.b ON a.id = b.id WHERE w = 2) SELECT m, z FROM c",
            inputs: inputs)
        #expect(LineageCase.text(lineage) == "m ~a.k | z =b.z | * ?a.w &a.id &b.id")
        #expect(lineage.gaps == ["the columns of silver.a are not known before it is built"])
    }

    @Test(arguments: [
        "SELECT * FROM silver.a", "SELECT * FROM silver.a JOIN silver.b USING (id)",
        "SELECT COLUMNS('x') FROM silver.a", "FROM silver.a UNION ALL FROM silver.b",
        "FROM (FROM silver.a)", "SELECT b.z FROM silver.a NATURAL JOIN silver.b",
    ])
    func `is never taken for all where a star is of an unknown table`(sql: String) async throws {
        #expect(try await !gaps(sql).isEmpty)
    }

    @Test func `survives hostile names`() async throws {
        let name = #"a"; DROP TABLE x; -- ' \ é 日本"#
        let input = LineageInput(
            .silver(try #require(TableName("it's"))), columns: [ColumnSchema(name: name, type: "INTEGER")])
        let lineage = try await LineageCase.lineage(
            "SELECT max(\(quotedIdentifier(name))) AS m FROM silver.\"it's\"", inputs: [input])
        #expect(lineage.gaps == [])
        #expect(lineage.columns.first?.dependencies.uses.map(\.input.column) == [name])
    }
}

@Suite struct `An analyzer of lineage` {
    @Test func `asks DuckDB once for one text and the same columns`() async throws {
        let memory = LineageMemory()
        let analyzer = LineageAnalyzer(cache: memory)
        let request = LineageRequest(sql: "SELECT x AS k FROM silver.b", inputs: LineageCase.inputs)
        let first = try await analyzer.lineage(of: request)
        let second = try await LineageAnalyzer(cache: memory).lineage(of: request)
        #expect(first == second)
        #expect(memory.remembered == 1)
        let changed = [LineageCase.inputs[0], LineageCase.table("b", ["x": "VARCHAR"])].compactMap { $0 }
        let other = try await analyzer.lineage(of: LineageRequest(sql: request.sql, inputs: changed))
        #expect(memory.remembered == 2)
        #expect(other.columns.map(\.type) == ["VARCHAR"])
        _ = try await analyzer.lineage(
            of: LineageRequest(sql: "SELECT z FROM silver.b", inputs: request.inputs))
        #expect(memory.remembered == 3)
    }

    @Test func `tells the SQL of what is computed, through what only hands it on`() async throws {
        let lineage = try await LineageCase.lineage(
            "WITH c AS (SELECT x * 2 AS k, y FROM silver.a) SELECT k, y, max(k) OVER () AS m FROM c")
        #expect(lineage.columns.map(\.expression) == ["(x * 2)", nil, "max(k) OVER ()"])
    }
}
