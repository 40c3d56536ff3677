import LakeModel
import Testing

@Suite struct `A graph of assets` {
    @Test func `is in building order: inputs first, then by layer and name`() throws {
        let graph = try AssetGraph.little()
        #expect(
            graph.order.map(\.description) == [
                "bronze_v3.customer", "bronze_v3.invoice", "silver.dim_customer", "silver.fact_invoice",
                "gold.revenue",
            ])
    }

    @Test func `knows both directions, to any depth`() throws {
        let graph = try AssetGraph.little()
        let revenue = try key("gold.revenue")
        let customer = try key("bronze_v3.customer")
        #expect(graph.upstream(of: [revenue]).count == 5)
        #expect(graph.upstream(of: [revenue], depth: 0) == [revenue])
        #expect(
            graph.upstream(of: [revenue], depth: 1) == Set(try keys("gold.revenue", "silver.fact_invoice")))
        #expect(
            graph.downstream(of: [customer])
                == Set(
                    try keys(
                        "bronze_v3.customer", "silver.dim_customer", "silver.fact_invoice", "gold.revenue")))
        #expect(
            graph.downstream(of: [customer], depth: 1)
                == Set(try keys("bronze_v3.customer", "silver.dim_customer")))
    }

    @Test func `leaves out inputs that are no asset`() throws {
        let graph = try AssetGraph([.init(key: key("silver.a"), inputs: [key("bronze_v3.unknown")])])
        #expect(graph.order.map(\.description) == ["silver.a"])
        #expect(graph.upstream(of: [try key("silver.a")]) == [try key("silver.a")])
    }

    @Test func `names the circle, begun at its smallest asset, without what only leads into it`() throws {
        let nodes: [AssetGraph.Node] = try [
            .init(key: key("silver.a"), inputs: [key("silver.c")]),
            .init(key: key("silver.b"), inputs: [key("silver.d")]),
            .init(key: key("silver.c"), inputs: [key("silver.b")]),
            .init(key: key("silver.d"), inputs: [key("silver.c"), key("bronze_v3.x")]),
            .init(key: key("bronze_v3.x")),
        ]
        let cycle = try #require(throws: AssetCycle.self) { try AssetGraph(nodes) }
        #expect(cycle.path.map(\.description) == ["silver.b", "silver.d", "silver.c"])
        #expect(cycle.problem.contains("silver.b -> silver.d -> silver.c -> silver.b"))
    }

    @Test func `refuses an asset that reads itself`() throws {
        let cycle = try #require(throws: AssetCycle.self) {
            try AssetGraph([.init(key: key("silver.a"), inputs: [key("silver.a")])])
        }
        #expect(cycle.path.map(\.description) == ["silver.a"])
    }
}

func key(_ text: String) throws -> AssetKey { try #require(AssetKey(text)) }
func keys(_ texts: String...) throws -> [AssetKey] { try texts.map(key) }

extension AssetGraph {
    /// Two tables of a source, a dimension, a fact that reads both sides, and a mart.
    static func little() throws -> AssetGraph {
        try AssetGraph([
            .init(key: key("gold.revenue"), tags: ["finance"], inputs: [key("silver.fact_invoice")]),
            .init(
                key: key("silver.fact_invoice"), tags: ["finance", "daily"],
                inputs: [key("bronze_v3.invoice"), key("silver.dim_customer")]),
            .init(key: key("silver.dim_customer"), inputs: [key("bronze_v3.customer")]),
            .init(key: key("bronze_v3.invoice"), tags: ["daily"]),
            .init(key: key("bronze_v3.customer")),
        ])
    }
}
