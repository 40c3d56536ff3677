import Foundation
import Testing

extension SystemTests {
    /// What `docs/analysts.md` says, done with the clients that it names.
    @Suite struct `Analysts of a lake in ADLS` {
        private static let clients = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "StoreClients").path
        private static let page = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/analysts.md").path

        @Test func `read it by the examples of the manual as they stand`() async throws {
            try await Lake.telecom { lake in
                try await lake.inServedStore { lake in
                    try await lake.succeeds("run")
                    let invoices = try await lake.rows("SELECT count(*) FROM silver.fact_invoice")[0]
                    let bronze = try await lake.rows("SELECT count(*) FROM bronze_v3_invoice.invoice")[0]
                    let gold = try lake.files(below: "lake/gold").filter { $0.hasSuffix("latest.parquet") }
                    let tables = Set(gold.map { String($0.prefix { $0 != "/" }) }).sorted()
                    let wanted = [
                        "DuckDB": [invoices, bronze], "PyArrow": [invoices, bronze], "pandas": [invoices],
                        "polars": [invoices], "Azure's own SDK": [invoices] + tables.map { "gold/\($0)" },
                        "rclone": ["\(gold.count)"],
                    ]
                    let python = try await Self.python(lake)
                    let environment = try await Self.environment(lake)
                    let ended = try await Program(
                        [python, "\(Self.clients)/examples.py", Self.page], in: lake.folder,
                        environment: environment
                    ).end()
                    #expect(ended.code == 0, "\(ended.errors)")
                    var seen: Set<String> = []
                    for line in ended.lines {
                        let example = try JSON(Data(line.utf8))
                        let heading = try example.text("heading")
                        seen.insert(heading)
                        let output = try example.text("output").split(separator: "\n").map(String.init)
                        let errors = try example.text("errors")
                        #expect(output == wanted[heading], "\(heading): \(errors)")
                    }
                    #expect(seen == Set(wanted.keys))

                    let powerBI = try await Program(
                        [python, "\(Self.clients)/powerbi.py", "lake", "gold"], in: lake.folder,
                        environment: environment
                    ).end()
                    #expect(powerBI.code == 0 && powerBI.lines.count == gold.count, "\(powerBI.all)")
                    let months = try await lake.rows("SELECT count(*) FROM gold.revenue_by_month")[0]
                    #expect(powerBI.lines.contains("gold/revenue_by_month/latest.parquet \(months)"))
                }
            }
        }

        private static func python(_ lake: Lake) async throws -> String {
            let setup = try await Program(
                ["\(clients)/setup"], in: lake.folder, environment: ProcessInfo.processInfo.environment
            ).end()
            try #require(setup.code == 0, "\(setup.all)")
            return setup.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private static func environment(_ lake: Lake) async throws -> [String: String] {
            let served = try #require(
                try lake.text("lake.yaml").firstMatch(of: #/endpoint: "([^"]+)"/#)?.1)
            let key = try lake.text(".tarn-store/key").trimmingCharacters(in: .whitespacesAndNewlines)
            let connection =
                "DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=\(key);"
                + "BlobEndpoint=\(served);DfsEndpoint=\(served)"
            return ProcessInfo.processInfo.environment.merging(
                ["AZURE_STORAGE_CONNECTION_STRING": connection, "LAKE": "lake"]) { $1 }
        }
    }
}
