import DuckDB
import FoundationEssentials
import SQLite
import SampleData
import Testing
import Yams

@Suite struct `The example lake` {
    @Test func `names only tables and columns that the generator makes, and all of them`() async throws {
        let folder = try await SampleFolder.generated()
        var named: Set<String> = []
        for source in try ExampleSource.all() {
            let connection = try folder.open(source.database)
            for (table, definition) in source.tables {
                named.insert("\(source.database).\(table)")
                let columns = Set(try connection.columns(of: table).map(\.name))
                #expect(!columns.isEmpty, "\(source.database).\(table)")
                let mentioned = definition.key + [definition.cursor].compactMap(\.self) + definition.columns
                #expect(Set(mentioned).subtracting(columns) == [], "\(source.database).\(table)")
                #expect(definition.isIncremental == (definition.cursor != nil), "\(source.database).\(table)")
            }
        }
        let made = Set(SampleCatalog.tables.map(\.qualifiedName)).subtracting(["v3_customer.tmp_cust_import"])
        #expect(named == made)
    }

    @Test func `has models whose checks hold on two states of dirty data`() async throws {
        let folder = try await SampleFolder.generated(scale: 0.001)
        try ModelRun(folder).checkAll()
        try await folder.generate(scale: 0.001, advanceDays: 3)
        let run = try ModelRun(folder)
        try run.checkAll()
        // Orphans are there, and only a warning finds them.
        #expect(run.warnings.contains("silver.fact_invoice_item.service_id"))
        #expect(run.warnings.contains("silver.dim_service.activated_on"))
        try run.expectOneTotal()
        try run.expectSeason()
    }
}

/// One file of `sources/`, as far as these tests need it.
struct ExampleSource {
    struct Table {
        let isIncremental: Bool
        let key: [String]
        let cursor: String?
        let columns: [String]
    }

    let database: String
    let tables: [String: Table]

    static func all() throws -> [ExampleSource] {
        let files = try FileManager.default.contentsOfDirectory(atPath: exampleFolder + "/sources")
        return try files.sorted().map { file in
            let yaml = try Yams.compose(yaml: contents("sources/" + file))
            let mapping = try #require(yaml?.mapping)
            let database = try #require(mapping["database"]?.string)
            #expect(file == database + ".yaml")
            var tables: [String: Table] = [:]
            for (name, node) in try #require(mapping["tables"]?.mapping) {
                tables[name.string ?? ""] = Table(
                    isIncremental: node["mode"]?.string == "incremental",
                    key: node["key"]?.array().compactMap(\.string) ?? [], cursor: node["cursor"]?.string,
                    columns: node["columns"]?.mapping?.keys.compactMap(\.string) ?? [])
            }
            return ExampleSource(database: database, tables: tables)
        }
    }
}

let exampleFolder =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/examples/telecom"

func contents(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: exampleFolder + "/" + path)), as: UTF8.self)
}
