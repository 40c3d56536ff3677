import Foundation
import Testing

/// What a lake's files say of a bronze table's newest day.
struct BronzeTable: Sendable {
    let source: String
    let table: String
    var columns: [(name: String, type: String)]
    let key: [String]
    let cursor: String?
    /// Whether an older version of a row is hidden by a newer one of the same key.
    let keepsNewest: Bool

    private var integers: [String] {
        let types = /U?(TINY|SMALL|BIG)?INT(EGER)?/
        return columns.filter { $0.type.wholeMatch(of: types) != nil }.map(\.name)
    }
    private var texts: [String] { columns.filter { $0.type == "VARCHAR" }.map(\.name) }
    private var orders: String? {
        cursor.flatMap { cursor in
            columns.contains { $0.name == cursor && $0.type.hasPrefix("TIMESTAMP") } ? cursor : nil
        }
    }

    /// Without the columns, named as `source.table.column`, whose values the source adds up in its own way.
    func without(_ names: Set<String>) -> BronzeTable {
        var table = self
        table.columns.removeAll { names.contains("\(source).\(self.table).\($0.name)") }
        return table
    }

    /// A query of one row: the table's name, its number of rows, and sums over its columns that change if a
    /// row is lost, doubled or an old version of itself.
    func digest(
        from relation: String, quoted: (String) -> String, seconds: (String) -> String, isSource: Bool
    ) -> String {
        let time = orders.map { "sum(\(seconds(quoted($0))))" }
        if keepsNewest && !key.isEmpty && isSource {
            let keys = key.map(quoted).joined(separator: ", ")
            let newest = orders.map { "max(\(seconds(quoted($0))))" } ?? "1"
            return "SELECT '\(source).\(table)', count(*)\(orders == nil ? "" : ", sum(newest)")"
                + " FROM (SELECT \(newest) AS newest FROM \(relation) GROUP BY \(keys)) AS newest"
        }
        var values = ["'\(source).\(table)'", "count(*)"]
        if let time { values.append(time) }
        if !keepsNewest || key.isEmpty {
            values += integers.flatMap { ["count(\(quoted($0)))", "sum(\(quoted($0)))"] }
            values += texts.map { "count(\(quoted($0)))" }
        }
        return "SELECT \(values.joined(separator: ", ")) FROM \(relation)"
    }
}

extension Lake {
    var store: String { "lake" }

    /// The bronze tables that were committed at least once, without those of which only partitions are read.
    func bronzeTables() throws -> [BronzeTable] {
        var newest: [String: String] = [:]
        for file in try files(below: "\(store)/bronze") where file.hasSuffix("/_manifest.json") {
            let parts = file.split(separator: "/")
            newest[parts[0...1].joined(separator: "/")] = file
        }
        return try newest.sorted { $0.key < $1.key }.compactMap { folder, file in
            let manifest = try JSON(Data(try text("\(store)/bronze/\(file)").utf8))
            if try manifest.text("mode") == "partitioned" { return nil }
            let parts = folder.split(separator: "/").map(String.init)
            return BronzeTable(
                source: parts[0], table: parts[1],
                columns: try manifest.list("schema").map { (try $0.text("name"), try $0.text("type")) },
                key: try manifest.list("key").compactMap(\.string),
                cursor: manifest.has("cursor") ? try manifest.get("cursor").string : nil,
                keepsNewest: try manifest.text("mode") == "incremental"
                    && manifest.get("is_key_unique").bool == false)
        }
    }

    /// Expects that the current rows of every bronze table are those of its source.
    func expectBronzeEquals(
        _ databases: SourceDatabases, tables count: Int = 59,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let times = try await databases.timesOfDay()
        let tables = try bronzeTables().map { $0.without(times) }
        #expect(tables.count == count, sourceLocation: sourceLocation)
        var wanted: [String] = []
        for (source, tables) in Dictionary(grouping: tables, by: \.source).sorted(by: { $0.key < $1.key }) {
            let queries = tables.map {
                $0.digest(
                    from: databases.quoted($0.table), quoted: databases.quoted, seconds: databases.seconds,
                    isSource: true)
            }
            wanted += try await databases.rows(queries.joined(separator: ";\n") + ";\n", in: source)
        }
        let queries = tables.map {
            $0.digest(
                from: "bronze_\($0.source).\"\($0.table)\"", quoted: { "\"\($0)\"" },
                seconds: { "CAST(floor(epoch(\($0))) AS BIGINT)" }, isSource: false)
        }
        let ended = try await tarn(
            ["sql", "--format", "csv"], input: queries.joined(separator: ";\n") + ";\n")
        #expect(ended.code == 0, "\(ended.errors)", sourceLocation: sourceLocation)
        // Each result has a header line, which names no table.
        let names = Set(tables.map { "\($0.source).\($0.table)" })
        let found = ended.lines.map { $0.replacingOccurrences(of: ",", with: "|") }
            .filter { names.contains(String($0.prefix { $0 != "|" })) }
        let plain = wanted.map { $0.replacingOccurrences(of: "NULL", with: "") }
        #expect(found.count == names.count, sourceLocation: sourceLocation)
        for (found, wanted) in zip(found.sorted(), plain.sorted()) {
            #expect(found == wanted, sourceLocation: sourceLocation)
        }
    }

    /// Expects what holds of the store after every run that ended by itself: no staging, no temporary files,
    /// no data that no manifest lists, every listed file there and as it was written, and silver and gold by
    /// path the same as by manifest.
    func expectStoreIsClean(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let all = Set(try files(below: store))
        var allowed: Set<String> = []
        var digests: [(String, String)] = []
        for file in all where file.hasSuffix("_manifest.json") {
            allowed.insert(file)
            let folder = String(file.dropLast("_manifest.json".count))
            let manifest = try JSON(Data(try text("\(store)/\(file)").utf8))
            for listed in try manifest.list("files") {
                let data = try folder + listed.text("name")
                allowed.insert(data)
                if listed.has("replaces") { allowed.insert(folder + (try listed.get("replaces").text("keys"))) }
                let size =
                    try FileManager.default.attributesOfItem(atPath: path("\(store)/\(data)"))[.size] as? Int
                #expect(try size == Int(listed.number("bytes")), "\(data)", sourceLocation: sourceLocation)
                if listed.has("sha256") {
                    digests.append((try listed.text("sha256"), path("\(store)/\(data)")))
                }
            }
            if manifest.has("kept") {
                for run in try manifest.list("kept") {
                    allowed.insert("\(folder)_runs/\(run.string ?? "").parquet")
                }
                for (data, latest) in try latest(of: manifest, in: folder) {
                    #expect(
                        FileManager.default.contentsEqual(
                            atPath: path("\(store)/\(data)"), andPath: path("\(store)/\(latest)")),
                        "\(latest)", sourceLocation: sourceLocation)
                    allowed.insert(latest)
                }
                for retired in manifest.has("retired") ? try manifest.list("retired") : [] {
                    allowed.insert(folder + (try retired.text("name")))
                }
            }
        }
        for file in all.subtracting(allowed).sorted() {
            // The local store's own lock, which keeps its temporary files apart from those of the dead.
            if file == "_tarn/.local/lock" { continue }
            let isRecord = ["_tarn/watermarks/", "_tarn/reconciliation/", "_tarn/groups/"].contains {
                file.hasPrefix($0)
            }
            let isSample = file.hasPrefix("_tarn/checks/") && file.hasSuffix(".parquet")
            #expect(
                isSample || isRecord && file.hasSuffix(".json"), "\(file) belongs to nothing",
                sourceLocation: sourceLocation)
        }
        let staged = try? FileManager.default.contentsOfDirectory(atPath: path("\(store)/_tarn/staging"))
        #expect((staged ?? []) == [], sourceLocation: sourceLocation)
        // Of a lake far away, staging is here.
        let own = try files(below: ".tarn/staging").filter { $0 != "_tarn/.local/lock" }
        #expect(own == [], sourceLocation: sourceLocation)
        if digests.isEmpty { return }
        let list = digests.map { "\($0.0)  \($0.1)\n" }.joined()
        _ = try await Program.output(["sha256sum", "--check", "--quiet", "--strict"], input: list)
    }

    /// The files that are there for readers by path, each with the one whose bytes it has.
    private func latest(of manifest: JSON, in folder: String) throws -> [(data: String, latest: String)] {
        let files = try manifest.list("files")
        guard manifest.has("partitioning") else {
            // A view has none.
            guard let file = files.first else { return [] }
            return [(folder + (try file.text("name")), "\(folder)latest.parquet")]
        }
        let names = try manifest.get("partitioning").list("folders").map { $0.string ?? "" }
        return try files.map { file in
            let values = try file.text("partition").split(separator: "|")
            let parts = zip(names, values).map { "\($0)=\($1)/" }.joined()
            return (folder + (try file.text("name")), "\(folder)\(parts)latest.parquet")
        }
    }

    /// The days of bronze that there are, oldest first.
    func ingestionDates() throws -> [String] {
        Set(
            try files(below: "\(store)/bronze").compactMap { file in
                file.split(separator: "/").first { $0.hasPrefix("ingestion_date=") }.map(String.init)
            }
        ).sorted()
    }

    /// Every row of silver and gold, as one digest for each table.
    func refinedRows() async throws -> [String] {
        let names = try await succeeds("assets", "--json").json().list().map { try $0.text("asset") }
            .filter { $0.hasPrefix("silver.") || $0.hasPrefix("gold.") }
        let queries = names.map { "SELECT '\($0)' AS asset, count(*), sum(hash(t)) FROM \($0) AS t;" }
        let ended = try await tarn(["sql", "--format", "csv"], input: queries.joined(separator: "\n"))
        try #require(ended.code == 0, "\(ended.all)")
        return ended.lines.filter { !$0.hasPrefix("asset,") }.sorted()
    }
}
