import LakeModel
import Testing

@Suite struct `A selection` {
    private func names(_ include: String..., excluding: [String] = []) throws -> [String] {
        let graph = try AssetGraph.little()
        let selected = try Selection(include, excluding: excluding).resolve(in: graph)
        return graph.order.filter(selected.contains).map(\.description)
    }

    @Test func `of nothing is everything`() throws {
        #expect(try names().count == 5)
        #expect(try Selection([]).description == "all assets")
    }

    @Test(arguments: [
        ("silver.fact_invoice", ["silver.fact_invoice"]),
        ("fact_invoice", ["silver.fact_invoice"]),
        ("silver.*", ["silver.dim_customer", "silver.fact_invoice"]),
        ("layer:gold", ["gold.revenue"]),
        ("source:v3", ["bronze_v3.customer", "bronze_v3.invoice"]),
        ("tag:finance", ["silver.fact_invoice", "gold.revenue"]),
        ("1+gold.revenue", ["silver.fact_invoice", "gold.revenue"]),
        ("+dim_customer", ["bronze_v3.customer", "silver.dim_customer"]),
        ("bronze_v3.invoice+", ["bronze_v3.invoice", "silver.fact_invoice", "gold.revenue"]),
        ("bronze_v3.invoice+1", ["bronze_v3.invoice", "silver.fact_invoice"]),
        (
            "1+silver.fact_invoice+1",
            ["bronze_v3.invoice", "silver.dim_customer", "silver.fact_invoice", "gold.revenue"]
        ),
        ("tag:daily,layer:bronze", ["bronze_v3.invoice"]),
        ("bronze_v3.invoice dim_customer", ["bronze_v3.invoice", "silver.dim_customer"]),
    ])
    func `means what its notation says`(text: String, expected: [String]) throws {
        #expect(try names(text) == expected)
    }

    @Test func `leaves out what is excluded, also by pattern and with neighbours`() throws {
        #expect(try names("layer:silver", excluding: ["dim_*"]) == ["silver.fact_invoice"])
        #expect(
            try names(excluding: ["fact_invoice+"]) == [
                "bronze_v3.customer", "bronze_v3.invoice", "silver.dim_customer",
            ])
    }

    @Test func `that matches nothing names the nearest asset`() throws {
        let mistake = try #require(throws: SelectionMistake.self) { try names("silver.fact_invioce") }
        #expect(mistake.kind == .nothingMatches(nearest: "silver.fact_invoice"))
        #expect(mistake.remedy.contains("silver.fact_invoice"))
        let source = try #require(throws: SelectionMistake.self) { try names("source:v4") }
        #expect(source.kind == .nothingMatches(nearest: "v3"))
    }

    @Test(arguments: [
        ("a+b", SelectionMistake.Kind.misplacedPlus), ("+", .empty), ("", .empty), ("a,,b", .empty),
        ("owner:me", .unknownMethod("owner")),
    ])
    func `that cannot be read says why`(text: String, kind: SelectionMistake.Kind) throws {
        if text.isEmpty { return #expect(try Selection([text]).alternatives.isEmpty) }
        let mistake = try #require(throws: SelectionMistake.self) { try Selection([text]) }
        #expect(mistake.kind == kind)
    }

    @Test func `is fine without common assets, because each of its terms means some`() throws {
        #expect(try names("layer:gold,layer:bronze") == [])
    }
}
