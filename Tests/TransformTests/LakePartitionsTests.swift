import LakeModel
import Project
import Testing
import Transform

@Suite struct `The partitions of a lake` {
    private let sources = """
        connection: c
        tables:
          customer: { partitions: { by: { keys: [uk, ie] }, column: country } }
          invoice: { partitions: { by: monthly, column: invoice_date, start: 2022-05-01 } }
          plain:
        """

    private func model(_ header: String, _ sql: String) -> String { "/*---\n\(header)\n---*/\n\(sql)" }

    @Test func `are known of every asset, with what each is made from`() async throws {
        let graph = try await LakeFiles([
            "sources/app.yaml": sources,
            "models/silver/dim_customer.sql": "FROM bronze_app.plain",
            "models/silver/fact.sql": model("partitions: daily", "SELECT * FROM bronze_app.invoice"),
            "models/gold/mart.sql": model(
                "partitions: weekly\ninputs:\n  bronze_app.customer: { map: all }\n  silver.fact: { map: last 3 }",
                "SELECT * FROM silver.fact, bronze_app.customer, silver.dim_customer"),
        ]).graph()
        func scheme(_ name: String) throws -> String {
            graph.partitions.scheme(of: try #require(AssetKey(name))).description
        }
        #expect(try scheme("bronze_app.plain") == "not partitioned")
        #expect(try scheme("bronze_app.customer") == "by the keys uk, ie")
        // A model begins with its inputs.
        #expect(try scheme("silver.fact") == "by day (UTC, from 2022-05-01)")
        #expect(try scheme("gold.mart") == "by week (UTC, from 2022-04-25)")
        let (fact, invoice) = (
            try #require(AssetKey("silver.fact")), try #require(AssetKey("bronze_app.invoice"))
        )
        let relation = try #require(graph.partitions.relation(of: fact, to: invoice))
        let now = try #require(Timestamp("2026-11-22T12:00:00Z"))
        let day = try #require(PartitionKey("2026-10-05"))
        let needs = relation.upstream(of: day, at: now)
        #expect(needs?.partitions.oldestFirst.map(\.text) == ["2026-10"])
        let mart = try #require(AssetKey("gold.mart"))
        #expect(graph.partitions.relation(of: mart, to: fact)?.mapping == PartitionMapping(times: .last(3)))
        #expect(graph.partitions.relation(of: mart, to: invoice) == nil)
    }

    @Test func `that cannot be mapped are a mistake with its place`() async throws {
        let mistakes = try await LakeFiles([
            "sources/app.yaml": sources, "models/silver/dim_customer.sql": "FROM bronze_app.plain",
            "models/gold/a.sql": model("partitions: daily", "FROM bronze_app.customer"),
            "models/gold/b.sql": model(
                "description: b\ninputs:\n  bronze_app.plain: { map: last 3 }", "FROM bronze_app.plain"),
            "models/gold/c.sql": model(
                "partitions: daily\ninputs:\n  bronze_app.invoices: { map: all }", "FROM bronze_app.invoice"),
        ]).mistakes()
        #expect(
            mistakes.map { "\($0.place?.description ?? "-") \($0.code)" } == [
                "models/gold/a.sql:2:13 partition.mapping", "models/gold/b.sql:4:3 partition.mapping",
                "models/gold/c.sql:4:3 project.unknown-table",
            ])
        #expect(mistakes.first?.problem.contains("bronze_app.customer by the keys uk, ie") == true)
        #expect(mistakes.last?.problem.contains("did you mean 'bronze_app.invoice'?") == true)
    }

    @Test func `that a backfill names must be somebody's, with its place if not`() async throws {
        func mistakes(_ keys: String) async throws -> [String] {
            try await LakeFiles([
                "lake.yaml": """
                name: little
                store: store
                environments: { local: { connections: { c: { kind: sqlite, path: x.db } } } }
                backfills:
                  history: { \(keys) }
                """, "sources/app.yaml": sources,
            ]).mistakes().map { "\($0.place?.description ?? "-") \($0.code)" }
        }
        #expect(try await mistakes("run: invoice, partitions: 2022-05..2040-01") == [])
        #expect(try await mistakes("run: bronze_app.*, partitions: ie") == [])
        #expect(
            try await mistakes("run: invoice, partitions: 2022-04") == ["lake.yaml:5:40 partition.unknown"])
        #expect(try await mistakes("run: invoice, partitions: fr") == ["lake.yaml:5:40 partition.selection"])
        #expect(try await mistakes("run: plain") == ["lake.yaml:5:3 partition.none"])
        #expect(
            try await mistakes("run: plain, exclude: plain") == ["lake.yaml:5:3 project.empty-selection"])
    }

    @Test func `are part of a model's code`() async throws {
        func hash(_ header: String) async throws -> String {
            let graph = try await LakeFiles([
                "models/gold/mart.sql": model(header, "SELECT DATE '2026-01-01' AS day")
            ]).graph()
            let mart = try #require(AssetKey("gold.mart"))
            return try #require(graph.models[mart]).codeHash
        }
        let whole = try await hash("description: x")
        let daily = try await hash("partitions: daily")
        #expect(whole != daily)
        #expect(try await hash("partitions: daily\ndescription: y") == daily)
        #expect(try await hash("partitions: { by: daily, timezone: Europe/London }") != daily)
        // Those that are there are what they were.
        #expect(try await hash("partitions: { by: daily, start: 2022-05-01, end_offset: 1 }") == daily)
    }
}
