import LakeModel
import Testing

/// A lake of two bronze tables, two silver ones and one gold one:
///
///     silver.one    k = bronze_s.a.x, m from bronze_s.a.y; rows joined by bronze_s.b.id
///     silver.two    n counts the rows of silver.one where k is something
///     gold.last     p = silver.one.m, q from silver.two.n; rows filtered by silver.one.k
private struct Fixture {
    let a = AssetKey("bronze_s.a")!
    let b = AssetKey("bronze_s.b")!
    let one = AssetKey("silver.one")!
    let two = AssetKey("silver.two")!
    let last = AssetKey("gold.last")!
    let graph: LineageGraph

    init() {
        func column(_ name: String, _ uses: [ColumnUse], tables: Set<AssetKey> = []) -> ColumnLineage {
            ColumnLineage(
                name: name, type: "INTEGER", dependencies: Dependencies(uses: Set(uses), tables: tables),
                expression: nil)
        }
        func use(_ asset: AssetKey, _ name: String, _ role: ColumnRole) -> ColumnUse {
            ColumnUse(ColumnKey(asset, name), role)
        }
        graph = LineageGraph(
            models: [
                one: StatementLineage(
                    columns: [
                        column("k", [use(a, "x", .direct)]), column("m", [use(a, "y", .derived)]),
                    ],
                    rows: Dependencies(uses: [use(b, "id", .joinKey)], tables: [a, b]), gaps: []),
                two: StatementLineage(
                    columns: [column("n", [])],
                    rows: Dependencies(uses: [], tables: [one]), gaps: ["something"]),
                last: StatementLineage(
                    columns: [
                        column("p", [use(one, "m", .direct)]), column("q", [use(two, "n", .derived)]),
                    ],
                    rows: Dependencies(uses: [use(one, "k", .filter)], tables: [one, two]), gaps: []),
            ],
            bronze: [a: [ColumnSchema(name: "x", type: "INTEGER")]])
    }
}

private func text(_ reached: [LineageGraph.Reached]) -> [String] {
    reached.map { "\($0.steps) \($0.role.rawValue) \($0.column)" }
}

@Suite struct `The lineage of a lake` {
    private let lake = Fixture()

    @Test func `goes through every table to bronze, and a role stays what it was first`() {
        #expect(
            text(lake.graph.inputs(of: ColumnKey(lake.last, "p"))) == [
                "1 direct silver.one.m", "1 filter silver.one.k", "2 derived bronze_s.a.y",
                "2 filter bronze_s.a.x", "2 join_key bronze_s.b.id",
            ])
        #expect(
            text(lake.graph.inputs(of: ColumnKey(lake.one, "k"))) == [
                "1 direct bronze_s.a.x", "1 join_key bronze_s.b.id",
            ])
    }

    @Test func `knows what decides a number of rows although no column is named`() {
        #expect(
            text(lake.graph.inputs(of: ColumnKey(lake.two, "n"))) == ["2 join_key bronze_s.b.id"])
        #expect(
            text(lake.graph.readers(of: ColumnKey(lake.b, "id"))).filter { $0.contains("silver.two") }
                == ["2 join_key silver.two.n"])
    }

    @Test func `goes as deep as it is told`() {
        #expect(
            text(lake.graph.inputs(of: ColumnKey(lake.last, "p"), depth: 1)) == [
                "1 direct silver.one.m", "1 filter silver.one.k",
            ])
        #expect(
            text(lake.graph.readers(of: ColumnKey(lake.a, "y"), depth: 1)) == ["1 derived silver.one.m"])
    }

    @Test func `is the same from both ends`() {
        let columns = lake.graph.models.flatMap { asset, lineage in
            lineage.columns.map { ColumnKey(asset, $0.name) }
        }
        var up: Set<String> = []
        var down: Set<String> = []
        for column in columns {
            for reached in lake.graph.inputs(of: column) {
                up.insert("\(reached.column) \(reached.role.rawValue) \(column) \(reached.steps)")
            }
        }
        let all = Set(columns + [ColumnKey(lake.a, "x"), ColumnKey(lake.a, "y"), ColumnKey(lake.b, "id")])
        for column in all {
            for reached in lake.graph.readers(of: column) {
                down.insert("\(column) \(reached.role.rawValue) \(reached.column) \(reached.steps)")
            }
        }
        #expect(up == down)
    }

    @Test func `is incomplete if something on the way is`() {
        #expect(lake.graph.gaps(of: lake.last) == ["silver.two: something"])
        #expect(lake.graph.gaps(of: lake.one) == [])
    }

    @Test(arguments: [
        (ColumnRole.direct, ColumnRole.filter, ColumnRole.filter), (.derived, .direct, .derived),
        (.direct, .direct, .direct), (.derived, .order, .order), (.joinKey, .filter, .joinKey),
        (.group, .direct, .group),
    ])
    func `puts roles together`(first: ColumnRole, second: ColumnRole, both: ColumnRole) {
        #expect(first.then(second) == both)
    }
}
