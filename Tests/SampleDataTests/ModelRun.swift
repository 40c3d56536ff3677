import DuckDB
import FoundationEssentials
import SQLite
import SampleData
import Testing
import Yams

/// All models of the example over one folder of databases, in plain DuckDB.
final class ModelRun {
    private let connection: Connection
    private let folder: SampleFolder
    private(set) var warnings: Set<String> = []

    init(_ folder: SampleFolder) throws {
        self.folder = folder
        connection = try Database().connect()
        try connection.execute("CREATE SCHEMA silver; CREATE SCHEMA gold")
        let sources = try ExampleSource.all()
        for database in SampleCatalog.databases { try connection.execute("CREATE SCHEMA bronze_\(database)") }
        for table in SampleCatalog.tables {
            guard let rules = sources.first(where: { $0.database == table.database })?.tables[table.name]
            else { continue }
            try load(table, rules)
        }
    }

    /// What extraction does: declared types become types, zero dates NULL, and the newest row of a key
    /// counts.
    private func load(_ table: SampleTable, _ rules: ExampleSource.Table) throws {
        let file = "\(folder.path)/\(table.database).\(table.name).csv"
        try writeCSV(of: table, to: file)
        let casts = table.columns.map {
            "TRY_CAST(\"\($0.name)\" AS \(Self.bronzeType($0.mySQLType))) AS \"\($0.name)\""
        }
        let names = table.columns.map { "'\($0.name)': 'VARCHAR'" }.joined(separator: ", ")
        var newest = ""
        if let cursor = rules.cursor {
            let key = rules.key.joined(separator: ", ")
            newest = "QUALIFY row_number() OVER (PARTITION BY \(key) ORDER BY \"\(cursor)\" DESC) = 1"
        }
        try connection.execute(
            """
            CREATE TABLE bronze_\(table.database)."\(table.name)" AS SELECT \(casts.joined(separator: ", "))
            FROM read_csv(
                '\(file)', header = false, columns = {\(names)}, nullstr = '\\N', quote = '"', delim = ',')
            \(newest)
            """)
        // The one night that there was.
        try connection.execute(
            """
            CREATE VIEW bronze_\(table.database)."\(table.name)__all" AS
            SELECT *, DATE '2026-07-01' AS ingestion_date FROM bronze_\(table.database)."\(table.name)"
            """)
    }

    private func writeCSV(of table: SampleTable, to file: String) throws {
        let rows = try folder.open(table.database).prepare("SELECT * FROM \"\(table.name)\"")
        var text = ""
        while try rows.step() {
            let cells = (0..<table.columns.count).map { column -> String in
                guard let value = rows.text(column) ?? number(rows, column) else { return "\\N" }
                return "\""
                    + value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
                    + "\""
            }
            text += cells.joined(separator: ",") + "\n"
        }
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    private func number(_ rows: SQLiteStatement, _ column: Int) -> String? {
        switch rows.storageClass(column) {
        case .integer: String(rows.int64(column))
        case .real: String(rows.double(column))
        case .null, .text, .blob: nil
        }
    }

    private static func bronzeType(_ declared: String) -> String {
        switch declared.prefix(while: { $0.isLetter }) {
        case "TINYINT": "SMALLINT"
        case "SMALLINT", "MEDIUMINT", "INT", "BIGINT": "BIGINT"
        case "BIT": "TINYINT"
        case "YEAR": "SMALLINT"
        case "DECIMAL": String(declared.prefix { $0 != ")" }) + ")"
        case "DOUBLE", "DATE": String(declared.prefix(while: { $0.isLetter }))
        case "DATETIME": "TIMESTAMP"
        case "TIMESTAMP": "TIMESTAMPTZ"
        default: "VARCHAR"
        }
    }

    // MARK: Models

    /// Builds every model after those that it reads, and expects its columns and blocking checks.
    func checkAll() throws {
        var waiting: [(name: String, sql: String)] = []
        for layer in ["silver", "gold"] {
            for file in try FileManager.default.contentsOfDirectory(
                atPath: "\(exampleFolder)/models/\(layer)"
            ).sorted() {
                waiting.append(("\(layer).\(file.dropLast(4))", try contents("models/\(layer)/\(file)")))
            }
        }
        let all = waiting
        while !waiting.isEmpty {
            let ready = waiting.filter { model in
                // Relationship checks need the other table as well, so the header counts as reading it.
                !waiting.contains { $0.name != model.name && mentions(model.sql, $0.name) }
            }
            try #require(!ready.isEmpty, "The models wait for each other: \(waiting.map(\.name)).")
            for model in ready { try check(model.name, model.sql) }
            waiting.removeAll { model in ready.contains { $0.name == model.name } }
        }
        #expect(all.count >= 33)
    }

    private func mentions(_ sql: String, _ name: String) -> Bool {
        sql.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }.contains { $0 == name }
    }

    private func check(_ name: String, _ sql: String) throws {
        let start = try #require(sql.firstRange(of: "/*---"))
        let end = try #require(sql.firstRange(of: "---*/"))
        let header = try #require(try Yams.compose(yaml: String(sql[start.upperBound..<end.lowerBound])))
        try connection.execute("CREATE TABLE \(name) AS \(rows(of: sql, header))")
        let built = try connection.query("DESCRIBE \(name)").rows.map { ($0[0].text ?? "", $0[1].text ?? "") }
        let columns = try #require(header["columns"]?.mapping)
        #expect(columns.keys.map { $0.string ?? "" } == built.map(\.0), "\(name)")
        #expect(columns.values.map { $0["type"]?.string ?? "" } == built.map(\.1), "\(name)")
        for field in ["description", "grain", "owner"] { #expect(header[field]?.string != nil, "\(name)") }
        #expect(header["materialization"]?.string != nil || header["partitions"] != nil, "\(name)")
        for (column, definition) in columns {
            for check in definition["checks"]?.array() ?? [] {
                try expectNone(of: check, table: name, column: column.string ?? "")
            }
        }
        for check in header["checks"]?.array() ?? [] { try expectNone(of: check, table: name, column: nil) }
    }

    /// The table that a model's SELECT becomes. Of a history each key has one version, as there was one
    /// night.
    private func rows(of sql: String, _ header: Node) -> String {
        guard let observed = header["history"]?["observed"]?.string else { return sql }
        return """
            SELECT * EXCLUDE (\(observed)), \(observed) AS valid_from,
                nullif(\(observed), \(observed)) AS valid_to, true AS is_current
            FROM (\(sql))
            """
    }

    private func expectNone(of check: Node, table: String, column: String?) throws {
        let column = column ?? ""
        if check["not_null"]?["severity"]?.string == "warn" {
            if try count("\(table) WHERE \(column) IS NULL") > 0 { warnings.insert("\(table).\(column)") }
        } else if check.string == "not_null" {
            #expect(try count("\(table) WHERE \(column) IS NULL") == 0, "\(table).\(column) is not null")
        } else if check.string == "unique" {
            try expectUnique([column], table)
        } else if let columns = check["unique"] {
            try expectUnique(columns.array().compactMap(\.string), table)
        } else if let values = check["accepted_values"] {
            let list = values.array().compactMap(\.string).map { "'\($0)'" }.joined(separator: ", ")
            #expect(
                try count("\(table) WHERE \(column) NOT IN (\(list))") == 0, "\(table).\(column) in \(list)")
        } else if let bounds = check["row_count"] {
            let rows = try count(table)
            #expect(
                rows >= bounds["min"]?.int ?? 0 && rows <= bounds["max"]?.int ?? .max,
                "\(table) has \(rows) rows")
        } else {
            let rule = try #require(check["relationships"], "\(table).\(column)")
            let (to, key) = (try #require(rule["to"]?.string), try #require(rule["column"]?.string))
            let orphans = try count(
                "\(table) WHERE \(column) IS NOT NULL AND \(column) NOT IN (SELECT \(key) FROM \(to))")
            if rule["severity"]?.string != "warn" { #expect(orphans == 0, "\(table).\(column)") }
            if orphans > 0 { warnings.insert("\(table).\(column)") }
        }
    }

    private func expectUnique(_ columns: [String], _ table: String) throws {
        let list = columns.joined(separator: ", ")
        #expect(
            try count("(SELECT 1 FROM \(table) GROUP BY \(list) HAVING count(*) > 1)") == 0,
            "\(table): \(list)")
    }

    private func count(_ from: String) throws -> Int {
        Int(try connection.query("SELECT count(*) FROM \(from)").rows[0][0].integer ?? -1)
    }

    // MARK: Sense

    /// Invoices, their items and their services tell one total.
    func expectOneTotal() throws {
        let totals = try ["fact_invoice", "fact_invoice_item", "fact_invoice_service"].map {
            try connection.query("SELECT sum(net_amount) FROM silver.\($0)").rows[0][0]
        }
        #expect(totals[0] == totals[1])
        #expect(totals[0] == totals[2])
    }

    /// December is better than August, and the last winter better than the first.
    func expectSeason() throws {
        let sql = """
            SELECT sum(net_revenue) FILTER (month(month) = 12) > sum(net_revenue) FILTER (month(month) = 8),
                sum(net_revenue) FILTER (month >= '2025-10-01' AND month < '2026-04-01')
                > sum(net_revenue) FILTER (month >= '2023-10-01' AND month < '2024-04-01')
            FROM gold.revenue_by_month
            """
        #expect(try connection.query(sql).rows[0].map(\.boolean) == [true, true])
    }
}
