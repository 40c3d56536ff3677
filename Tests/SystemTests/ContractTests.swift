import Foundation
import Testing

extension SystemTests {
    /// What a public model promises, from a seed to the plan.
    @Suite struct `A public model` {
        private static func inLake(_ body: (Lake) async throws -> Void) async throws {
            try await Lake.inEmptyFolder { lake in
                try await lake.succeeds("init", lake.folder)
                try lake.write(
                    """
                    name: little
                    store: lake
                    environments:
                      local:
                        connections:
                          seeds: { kind: files, folder: seeds }

                    """, to: "lake.yaml")
                try lake.write(
                    "connection: seeds\ntables:\n  country: { files: country.csv, mode: full, settle: 0s }\n",
                    to: "sources/seeds.yaml")
                try FileManager.default.createDirectory(
                    atPath: lake.path("seeds"), withIntermediateDirectories: true)
                try lake.write("code,name\nGB,Britain\nDE,Germany\n", to: "seeds/country.csv")
                try lake.write(
                    """
                    /*---
                    access: public
                    columns:
                      code: { type: VARCHAR, nullable: false }
                    ---*/
                    SELECT code, name FROM bronze_seeds.country

                    """, to: "models/silver/country.sql")
                try lake.write(
                    "/*---\n---*/\nSELECT upper(k.name) AS name FROM silver.country AS k\n",
                    to: "models/gold/name.sql")
                try await lake.succeeds("run")
                try await body(lake)
            }
        }

        @Test func `is made anew when its seed changes`() async throws {
            try await Self.inLake { lake in
                try lake.write("code,name\nGB,Britain\nFR,France\n", to: "seeds/country.csv")
                try await lake.succeeds("run")
                let rows = try await lake.succeeds("sql", "--json", "SELECT name FROM gold.name ORDER BY 1")
                    .json()
                #expect(try rows.list().map { try $0.text("name") } == ["BRITAIN", "FRANCE"])
            }
        }

        @Test func `keeps its columns, or says why not, once`() async throws {
            try await Self.inLake { lake in
                let before = try lake.bytes(below: "lake/silver")
                try lake.edit("models/silver/country.sql", "SELECT code, name", "SELECT code")
                let validated = try await lake.tarn("validate", "--json")
                #expect(validated.code == 2)
                let codes = try validated.json().list("mistakes").map { try $0.text("code") }
                #expect(codes == ["model.breaking-change", "model.sql"])

                let planned = try await lake.succeeds("plan", "--json").json().list()
                let step = try #require(try planned.first { try $0.text("asset") == "silver.country" })
                let change = try #require(try step.list("columns").first)
                #expect(try change.text("column") == "name" && change.text("change") == "removed")
                #expect(try step.get("failure").text("code") == "model.breaking-change")
                #expect(try step.list("breaks").map { try $0.text("asset") } == ["gold.name"])

                let refused = try await lake.tarn("run")
                #expect(refused.code == 1)
                #expect(refused.all.contains("model.breaking-change"), "\(refused.all)")
                #expect(refused.all.contains("gold.name"), "\(refused.all)")
                #expect(try lake.bytes(below: "lake/silver") == before)

                try lake.edit(
                    "models/silver/country.sql", "access: public", "access: public\nbreaking: moved")
                let meant = try await lake.succeeds("run", "silver.country")
                #expect(meant.all.contains("breaking change (moved): column 'name' is gone"), "\(meant.all)")
                // The reason is used up.
                try lake.edit("models/silver/country.sql", "SELECT code", "SELECT 1 AS code")
                try lake.edit("models/silver/country.sql", "type: VARCHAR, ", "")
                let again = try await lake.tarn("run", "silver.country")
                #expect(again.code == 1)
                #expect(again.all.contains("give a new one"), "\(again.all)")
                try lake.edit("models/silver/country.sql", "breaking: moved", "breaking: numbers now")
                try await lake.succeeds("run", "silver.country")
            }
        }

        @Test func `may get columns, and a column may hold more`() async throws {
            try await Self.inLake { lake in
                try lake.edit(
                    "models/silver/country.sql", "SELECT code, name",
                    "SELECT code, name, length(name) AS letters")
                try await lake.succeeds("run")
                // What could not be NULL may not become it.
                try lake.edit("models/silver/country.sql", "nullable: false", "nullable: true")
                let ended = try await lake.tarn("run")
                #expect(ended.code == 1)
                #expect(ended.all.contains("column 'code' may be NULL now"), "\(ended.all)")
            }
        }
    }

    @Suite struct `Unit tests of the template's models` {
        @Test func `pass without any data, and report what fails`() async throws {
            try await Lake.telecom(scale: nil) { lake in
                let report = try await lake.succeeds("test", "--json", "--junit", lake.path("report.xml"))
                    .json()
                #expect(try report.number("failed") == 0)
                #expect(try report.number("passed") >= 38)
                let xml = try lake.text("report.xml")
                #expect(xml.contains("<testsuites") && !xml.contains("<failure"))

                try lake.edit("models/silver/fact_invoice.sql", "a.net_amount + a.vat_amount", "a.net_amount")
                let failed = try await lake.tarn("test", "silver.fact_invoice")
                #expect(failed.code == 1)
                #expect(failed.all.contains("differs"), "\(failed.all)")
                #expect(failed.all.contains("=>"), "\(failed.all)")
                #expect(failed.all.contains("tests/invoices.yaml:"), "\(failed.all)")
                let unknown = try await lake.tarn("test", "silver.fact_invioce")
                #expect(unknown.code == 2)
                #expect(unknown.all.contains("silver.fact_invoice"), "\(unknown.all)")
            }
        }
    }
}
