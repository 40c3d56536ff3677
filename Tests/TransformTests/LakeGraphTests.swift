import LakeModel
import Project
import Testing
import Transform

@Suite struct `A lake's graph` {
    @Test func `knows what every model reads, once, and what only its checks look at`() async throws {
        let graph = try await LakeFiles([
            "models/silver/fact.sql": """
            /*---
            columns:
              customer_id: { checks: [{ relationships: { to: silver.dim_customer, column: id } }] }
            ---*/
            WITH i AS (FROM bronze_app.invoice)
            SELECT customer_id FROM i UNION ALL SELECT customer_id FROM bronze_app.invoice__all
            """,
            "models/gold/mart.sql": "SELECT count(*) AS n FROM silver.fact",
        ]).graph()
        #expect(
            graph.assets.order.map(\.description) == [
                "bronze_app.customer", "bronze_app.invoice", "silver.dim_customer", "silver.fact",
                "gold.mart",
            ])
        let fact = try #require(AssetKey("silver.fact").flatMap { graph.models[$0] })
        #expect(fact.inputs.map(\.description) == ["bronze_app.invoice"])
        #expect(fact.auditInputs.map(\.description) == ["silver.dim_customer"])
    }

    @Test func `reports every mistake of every model at once, with its place`() async throws {
        let mistakes = try await LakeFiles([
            "models/silver/a_unknown.sql":
                "SELECT *\nFROM bronze_app.custmer JOIN bronze_app.invoice USING (id)",
            "models/silver/b_layer.sql": "/*---\nowner: me\n---*/\nSELECT 'ä',\n       * FROM gold.mart",
            "models/silver/c_impure.sql": "SELECT now(), random(), current_date FROM read_csv('x.csv')",
            "models/silver/d_excluded.sql": "FROM bronze_app.secret_codes",
            "models/silver/e_parser.sql": "SELECT 1\nFROM bronze_app.customer\nWHER x",
            "models/silver/f_bare.sql": "FROM customer",
            "models/silver/g_cycle.sql": "FROM silver.h_cycle",
            "models/silver/h_cycle.sql": "FROM silver.g_cycle",
            "models/gold/mart.sql": "FROM 'file.parquet'",
        ]).mistakes()
        let found = mistakes.map { "\($0.place?.description ?? "-") \($0.code)" }
        #expect(
            Set(found) == [
                "models/silver/a_unknown.sql:5:6 model.unknown-table",
                "models/silver/b_layer.sql:5:15 model.layer",
                "models/silver/c_impure.sql:4:8 model.impure", "models/silver/c_impure.sql:4:15 model.impure",
                "models/silver/c_impure.sql:4:25 model.impure",
                "models/silver/c_impure.sql:4:43 model.impure",
                "models/silver/d_excluded.sql:4:6 model.excluded-table",
                "models/silver/e_parser.sql:6:6 model.sql",
                "models/silver/f_bare.sql:4:6 model.unknown-table",
                "models/silver/g_cycle.sql:4:1 project.cycle",
                "models/gold/mart.sql:4:6 model.unknown-table",
            ])
        #expect(
            found
                == mistakes.compactMap { $0.place }.sorted().enumerated().map { index, place in
                    "\(place) \(mistakes[index].code)"
                })
        func remedy(_ file: String) -> String {
            mistakes.first { $0.place?.file.contains(file) == true }?.remedy ?? ""
        }
        #expect(remedy("a_unknown").contains("'bronze_app.customer'"))
        #expect(remedy("f_bare").contains("'bronze_app.customer'"))
        #expect(mistakes.contains { $0.problem.contains("Nobody may read it.") })
        #expect(
            mistakes.contains { $0.problem.contains("silver.g_cycle -> silver.h_cycle -> silver.g_cycle") })
    }

    @Test func `makes no second mistake of a reference to a model that is wrong`() async throws {
        let mistakes = try await LakeFiles([
            "models/silver/wrong.sql": "SELEC 1", "models/gold/mart.sql": "FROM silver.wrong",
        ]).mistakes()
        #expect(mistakes.map(\.code) == ["model.sql"])
    }

    @Test(arguments: [
        ("SELECT a.* FROM bronze_app.customer a -- why\n", true),
        (
            "/*---\ndescription: Another.\nowner: somebody\n---*/\nselect a.*\nfrom bronze_app.customer AS a",
            true
        ),
        (
            "/*---\ncolumns: { id: { description: The id. } }\n---*/\nSELECT a.* FROM bronze_app.customer a",
            false
        ),
        ("SELECT a.* FROM bronze_app.customer a WHERE true", false),
        (
            "/*---\ncolumns: { id: { checks: [not_null] } }\n---*/\nSELECT a.* FROM bronze_app.customer a",
            false
        ),
    ])
    func `gives a model another code hash only if rows or checks may differ`(text: String, isSame: Bool)
        async throws
    {
        func hash(_ text: String) async throws -> String? {
            let graph = try await LakeFiles(["models/silver/dim_customer.sql": text]).graph()
            return AssetKey("silver.dim_customer").flatMap { graph.models[$0]?.codeHash }
        }
        let plain = try await hash("SELECT a.* FROM bronze_app.customer a")
        #expect(try await (hash(text) == plain) == isSame)
    }

    @Test func `gives a model the same code hash for another description and owner`() async throws {
        func hash(_ header: String) async throws -> String? {
            let graph = try await LakeFiles([
                "models/silver/dim_customer.sql": "/*---\n\(header)\n---*/\nSELECT * FROM bronze_app.customer"
            ]).graph()
            return AssetKey("silver.dim_customer").flatMap { graph.models[$0]?.codeHash }
        }
        #expect(
            try await hash("description: One.\nowner: a") == hash("description: Two.\nowner: b\ntags: [x]"))
    }
}
