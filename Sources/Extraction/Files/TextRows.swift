internal import DuckDB
internal import LakeModel
internal import Project

/// The records of text files, CSV and JSON, as a query of DuckDB's, with the place of each.
struct TextRows {
    let files: FilesTable
    let inputs: [FoundFile]
    let format: FileFormat
    /// The columns that the files have, without types.
    private(set) var found: [FoundColumn] = []
    private let connection: Connection
    private let feed: RowFeed
    private let readersMax: Int
    private let progress: ExtractionProgress
    private let governor: Governor
    /// `nil` for JSON documents, which DuckDB takes apart.
    private var plan: TextPlan?
    private let casts: TextCasts

    init(
        files: FilesTable, inputs: [FoundFile], format: FileFormat, schema: FileSchema,
        connection: Connection, feed: RowFeed, readersMax: Int, progress: ExtractionProgress,
        governor: Governor
    ) throws {
        self.files = files
        self.inputs = inputs
        self.format = format
        self.connection = connection
        self.feed = feed
        self.readersMax = readersMax
        self.progress = progress
        self.governor = governor
        casts = TextCasts(text: format == .csv ? files.files.text : DelimitedText())
        switch format {
        case .csv:
            let headers = try FileHeaders(files: files, inputs: inputs, schema: schema)
            (found, plan) = (headers.columns, headers.plan)
        case .ndjson:
            plan = .lines(of: inputs, encoding: files.files.text.encoding)
            found = try keys()
        case .json, .parquet, .excel: found = try keys()
        }
    }

    // MARK: Types

    /// Finds out the types of columns over all rows of the files.
    func sniff(_ columns: [FoundColumn]) throws -> [String: LogicalType] {
        guard !columns.isEmpty else { return [:] }
        return format == .csv ? try sniffTexts(columns) : try sniffValues(columns)
    }

    private func sniffTexts(_ columns: [FoundColumn]) throws -> [String: LogicalType] {
        let tests = columns.map { column in
            let text = text(of: column)
            let isThere = "__error IS NULL AND nullif(trim(\(text)), '') IS NOT NULL"
            let misfits = casts.candidates(text).map {
                "count(*) FILTER (\(isThere) AND NOT coalesce(\($0.fits), false))"
            }
            return (["count(*) FILTER (\(isThere))"] + misfits).joined(separator: ", ")
        }
        let row = try query { "SELECT \(tests.joined(separator: ", ")) FROM \($0)" }.0.rows.first ?? []
        var types: [String: LogicalType] = [:]
        var index = 0
        for column in columns {
            let candidates = casts.candidates("").map(\.type)
            let values = row[index].integer ?? 0
            let fitting = candidates.enumerated().first { row[index + 1 + $0.offset].integer == 0 }
            types[column.name] = values == 0 ? .varchar : fitting?.element ?? .varchar
            index += 1 + candidates.count
        }
        return types
    }

    /// Of JSON, whose values have kinds. A number that neither BIGINT nor a double holds exactly is text.
    private func sniffValues(_ columns: [FoundColumn]) throws -> [String: LogicalType] {
        let tests = columns.map { column in
            let text = text(of: column)
            let digits = "length(regexp_replace(\(text), '[^0-9]', '', 'g'))"
            return """
                string_agg(DISTINCT json_type(obj, \(column.pointer)), ','), \
                count(*) FILTER (\(text) IS NOT NULL AND \(casts.cast(text, to: .bigint)) IS NULL), \
                count(*) FILTER (\(digits) > 17)
                """
        }
        let row = try query { "SELECT \(tests.joined(separator: ", ")) FROM \($0)" }.0.rows.first ?? []
        var types: [String: LogicalType] = [:]
        for (index, column) in columns.enumerated() {
            guard case .text(let list) = row[index * 3] else { continue }
            let kinds = Set(list.split(separator: ",")).subtracting(["NULL"])
            types[column.name] =
                switch kinds {
                case []: .varchar
                case ["BOOLEAN"]: .boolean
                case ["VARCHAR"]: .varchar
                case _ where kinds.isSubset(of: ["BIGINT", "UBIGINT", "DOUBLE"]):
                    row[index * 3 + 1].integer == 0
                        ? .bigint : row[index * 3 + 2].integer == 0 ? .double : .varchar
                default: .json
                }
        }
        return types
    }

    /// The keys of all objects, in the order in which they appear.
    private func keys() throws -> [FoundColumn] {
        let rows = try query {
            """
            SELECT e.key, min(r.__file) FROM \($0) AS r, json_each(coalesce(r.obj, '{}')) AS e \
            GROUP BY e.key ORDER BY min({'file': r.__file, 'line': r.__line, 'id': e.id}), e.key
            """
        }.0.rows
        let columns = rows.compactMap { row -> FoundColumn? in
            guard case .text(let key)? = row.first, case .text(let file)? = row.last else { return nil }
            return FoundColumn(name: key, type: nil, file: file)
        }
        var seen: [String: FoundColumn] = [:]
        for column in columns {
            if let other = seen.updateValue(column, forKey: column.name.lowercased()) {
                throw FilesMistake.columnName(
                    "the keys '\(other.name)' and '\(column.name)' differ in capitals only", in: column.file,
                    files.table, of: files.source)
            }
        }
        return columns
    }

    // MARK: Writing

    /// Writes what is a row to `path`; if there is anything else, that to `quarantine`.
    func write(
        _ columns: [FileColumn], _ shape: SourceTable, to path: String, quarantine: String
    ) throws -> FilesContent.Written {
        let values = columns.enumerated().map { index, column in
            Value(
                column: column, value: "v\(index)", text: column.found.map { text(of: $0) },
                cast: column.found.map { cast($0, to: column.type) }
                    ?? "CAST(NULL AS \(column.type))",
                isLost: column.found.flatMap { found in
                    casts.isLost(text(of: found), "v\(index)", column.type)
                })
        }
        let isBad = (["__error IS NOT NULL"] + values.compactMap(\.isLost)).joined(separator: " OR ")
        let selected =
            values.map { "\($0.value) AS \(quotedIdentifier($0.column.name))" }
            + shape.columns.dropFirst(columns.count).map {
                $0.name == InputFile.pathColumn ? "__file AS _file" : "__line AS _line"
            }
        let casted = values.map { "\($0.cast) AS \($0.value)" }.joined(separator: ", ")
        let from = { (rows: String) in
            "(SELECT *\(casted.isEmpty ? "" : ", \(casted)") FROM \(rows))"
        }
        let (result, ledger) = try query(progress) {
            """
            COPY (SELECT \(selected.joined(separator: ", ")) FROM \(from($0)) WHERE NOT (\(isBad))) \
            TO \(quotedLiteral(path)) (FORMAT parquet, COMPRESSION snappy)
            """
        }
        var written = FilesContent.Written()
        written.ledger = ledger
        written.ledger.rows = result.rows.first?.first?.integer ?? 0
        let all = try plan == nil ? count() : ledger.rows
        guard all != written.ledger.rows else { return written }
        written.badRows = try writeBad(values, isBad, from, to: quarantine)
        guard all == written.ledger.rows + written.badRows else {
            throw ExtractionMistake.lostRows(
                read: written.ledger.rows + written.badRows, counted: all, .shared("files"), files.table,
                of: files.source)
        }
        let list = BadRows(connection: connection, path: quarantine)
        guard written.badRows <= files.files.badRowsMax else {
            throw FilesMistake.badRows(
                written.badRows, try list.places(), files.files, files.table, of: files.source)
        }
        written.ledger.conversions = try list.conversions()
        return written
    }

    /// How one column is made, in SQL.
    private struct Value {
        let column: FileColumn
        let value: String
        let text: String?
        let cast: String
        let isLost: String?
    }

    private func writeBad(
        _ values: [Value], _ isBad: String, _ from: (String) -> String, to path: String
    ) throws -> Int64 {
        let lost = values.compactMap { value in value.isLost.map { (value.column, $0) } }
        let column = lost.map { "WHEN \($1) THEN \(quotedLiteral($0.name))" }.joined(separator: " ")
        let error = lost.map { column, isLost in
            "WHEN \(isLost) THEN \(quotedLiteral("'\(column.name)' is no \(column.type)"))"
        }.joined(separator: " ")
        let result = try query(keepsRaw: true) {
            """
            COPY (SELECT __file AS file, __line AS line, \
            CASE WHEN __error IS NOT NULL THEN NULL \(column) END AS "column", \
            CASE WHEN __error IS NOT NULL THEN __error \(error) END AS error, __raw AS raw \
            FROM \(from($0)) WHERE \(isBad)) TO \(quotedLiteral(path)) (FORMAT parquet, COMPRESSION snappy)
            """
        }.0
        return result.rows.first?.first?.integer ?? 0
    }

    // MARK: SQL

    private func text(of column: FoundColumn) -> String {
        guard format == .csv else { return "json_extract_string(obj, \(column.pointer))" }
        return "c\(found.firstIndex(of: column) ?? 0)"
    }

    private func cast(_ column: FoundColumn, to type: LogicalType) -> String {
        let text = text(of: column)
        guard format != .csv else { return casts.cast(text, to: type) }
        let value = "json_extract(obj, \(column.pointer))"
        switch type {
        case .json: return "CASE WHEN \(text) IS NOT NULL THEN \(value) END"
        case .list, .structure, .map: return "TRY(CAST(\(value) AS \(type)))"
        default: return casts.cast(text, to: type)
        }
    }

    private func count() throws -> Int64 {
        try query { "SELECT count(*) FROM \($0)" }.0.rows.first?.first?.integer ?? 0
    }

    /// Runs what `sql` makes of the records: `c0` and so on, or `obj`, and `__file`, `__line`, `__error`,
    /// `__raw`.
    private func query(
        _ progress: ExtractionProgress = ExtractionProgress(), keepsRaw: Bool = false,
        _ sql: (String) -> String
    ) throws -> (QueryResult, ExtractionLedger) {
        guard var plan else {
            do {
                return (
                    try connection.query(sql(TextRows.objects(try JSONDocuments(files, inputs).select))),
                    ExtractionLedger()
                )
            } catch let error as DuckDBError {
                throw files.explain(error, inputs)
            }
        }
        plan.keepsRaw = keepsRaw
        let queue = SliceQueue(inputs.map { Slice(condition: $0.path) })
        let table = SourceTable(
            name: files.table.name, isView: false, columns: plan.feedColumns, primaryKey: [])
        let readers = (0..<max(1, min(readersMax, inputs.count))).map { _ in
            FeedReader(
                FilesSession(files: files, plan: plan), TableReading(table: table), queue,
                counting: .nothing, progress: progress, governor: governor)
        }
        let isLines = format == .ndjson
        let result = try feed.run(RowFeed.Feed(readers, of: table), on: connection) { rows in
            sql(isLines ? TextRows.objects("SELECT * FROM \(rows)") : rows)
        }
        return (result, ExtractionLedger(merging: readers.flatMap(\.ledgers)))
    }

    /// Texts in `c0` as JSON objects; what is none has an error.
    private static func objects(_ rows: String) -> String {
        """
        (SELECT * EXCLUDE (c0), CASE WHEN __error IS NULL THEN CAST(c0 AS JSON) END AS obj FROM \
        (SELECT * REPLACE (CASE WHEN __error IS NOT NULL THEN __error \
        WHEN NOT json_valid(c0) THEN 'it is not JSON' \
        WHEN json_type(c0) <> 'OBJECT' THEN 'it is no JSON object' END AS __error) FROM (\(rows))))
        """
    }
}

extension FoundColumn {
    /// A JSON pointer to the key, as a literal of SQL.
    fileprivate var pointer: String {
        var pointer = "/"
        for character in name.unicodeScalars {
            switch character {
            case "~": pointer += "~0"
            case "/": pointer += "~1"
            default: pointer.unicodeScalars.append(character)
            }
        }
        return quotedLiteral(pointer)
    }
}

extension TextPlan {
    /// Each line of the files is one value.
    static func lines(of inputs: [FoundFile], encoding: TextEncoding) -> TextPlan {
        TextPlan(
            style: nil, encoding: encoding, columnCount: 1,
            files: Dictionary(
                inputs.map { ($0.path, File(found: $0, fields: [0], width: nil)) },
                uniquingKeysWith: { first, _ in first }))
    }
}
