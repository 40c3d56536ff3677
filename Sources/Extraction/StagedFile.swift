internal import DuckDB
internal import LakeModel
internal import LakeStore
internal import Project

/// The Parquet file of a piece, before its commit: what must be true of it is asked of the file itself.
struct StagedFile {
    let path: String
    let shape: SourceTable
    let connection: Connection

    var table: String { "read_parquet(\(quotedPath(path)), hive_partitioning = false)" }

    /// - Throws: if a row has no key.
    func requireKey(_ key: [String], _ definition: TableDefinition, of source: SourceDefinition) throws {
        let condition = key.map { "\(quotedIdentifier($0)) IS NULL" }.joined(separator: " OR ")
        let count = try connection.query("SELECT count(*) FROM \(table) WHERE \(condition)")
        let nulls = count.rows.first?.first?.integer ?? 0
        guard nulls == 0 else { throw ExtractionMistake.nullKey(nulls, definition, of: source) }
    }

    /// Whether a row was read that bronze does not have.
    ///
    /// The overlap, rows without a cursor value and rows of the future are read every time, so rows alone
    /// mean nothing.
    func hasNews(
        _ reading: TableReading, _ ledger: ExtractionLedger, before: BronzeManifest?,
        files: [CurrentBronze.File], url: (LakePath) -> String?
    ) throws -> Bool {
        guard ledger.rows > 0 else { return false }
        guard let bounds = reading.bounds, let before, before.mode == .incremental,
            shape.bronzeSchema == before.schema
        else { return true }
        let cursor = quotedIdentifier(bounds.leading.name)
        let inRange = condition(bounds, on: cursor)
        let anywhere = try connection.query(
            "SELECT 1 FROM \(table) WHERE NOT coalesce(\(inRange), false) LIMIT 1")
        // Only these can hold rows of the range that are read again; rows without a place in it can be
        // anywhere.
        let recent =
            anywhere.rows.isEmpty
            ? files.filter { file in
                guard let lower = bounds.lower, let range = file.file.range else { return true }
                return range.upper.leading >= lower.leading
            } : files
        guard !recent.isEmpty else { return true }
        let columns = shape.bronzeSchema.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        let here = recent.compactMap { url($0.path) }
        guard here.count == recent.count else { return true }
        let list = here.map(quotedPath).joined(separator: ", ")
        let future = bounds.future.map { " OR \(comparison(of: bounds.leading, ">=", $0))" } ?? ""
        let news = try connection.query(
            """
            SELECT 1 FROM (SELECT \(columns) FROM \(table) EXCEPT ALL SELECT \(columns) \
            FROM read_parquet([\(list)], union_by_name = true, hive_partitioning = false) \
            WHERE \(inRange) OR \(cursor) IS NULL\(future)) LIMIT 1
            """)
        return !news.rows.isEmpty
    }

    private func condition(_ bounds: TableReading.Bounds, on cursor: String) -> String {
        let parts = [
            bounds.lower.map { comparison(of: bounds.leading, ">=", $0.leading) },
            bounds.upper.map { comparison(of: bounds.leading, "<", $0.leading) },
        ].compactMap { $0 }
        return parts.isEmpty ? "\(cursor) IS NOT NULL" : "(\(parts.joined(separator: " AND ")))"
    }

    /// Written so that DuckDB can leave out row groups by their statistics, which a function of the column
    /// would hide.
    func comparison(of cursor: SourceColumn, _ comparison: String, _ value: CursorValue) -> String {
        let name = quotedIdentifier(cursor.name)
        switch value {
        case .time(let microseconds):
            let isPlain = StagedFile.plainTimes.contains(microseconds)
            let time = Timestamp(microseconds: microseconds).description
            switch cursor.type {
            case .localTimestamp where isPlain:
                return "\(name) \(comparison) CAST('\(time.prefix { $0 != "Z" })' AS TIMESTAMP)"
            case .instant where isPlain: return "\(name) \(comparison) CAST('\(time)' AS TIMESTAMPTZ)"
            default: return "epoch_us(\(name)) \(comparison) \(microseconds)"
            }
        case .integer(let number): return "\(name) \(comparison) \(number)"
        case .tuple: return "true"
        }
    }

    /// The years 1 to 9999, which every calendar prints alike.
    private static let plainTimes = Int64.minimumOfCalendar..<253_402_300_800_000_000

    /// - Throws: if the file's checksums are not those that the source computed in the same snapshot.
    func requireChecksums(
        _ checksums: [ColumnChecksum], conversions: [Conversion], _ definition: TableDefinition,
        of source: SourceDefinition
    ) throws {
        // A column in which values were changed, which the ledger says, cannot have the same.
        let changed = Set(conversions.map(\.column))
        let wanted = checksums.filter { !changed.contains($0.column) }
        let columns = wanted.compactMap { shape.column($0.column) }
        let found = try self.checksums(of: columns)
        for checksum in wanted {
            guard let found = found[checksum.column] else { continue }
            guard found.values == checksum.values, checksum.sum == nil || found.sum == checksum.sum else {
                throw ExtractionMistake.wrongChecksum(checksum, found, definition, of: source)
            }
        }
    }

    /// Many columns at once, because each statement reads the description of all columns.
    private static let columnsAtOnce = 256

    private func checksums(of columns: [SourceColumn]) throws -> [String: ColumnChecksum] {
        var found: [String: ColumnChecksum] = [:]
        for begin in stride(from: 0, to: columns.count, by: StagedFile.columnsAtOnce) {
            let some = columns[begin..<min(columns.count, begin + StagedFile.columnsAtOnce)]
            let items = some.map { column in
                let name = quotedIdentifier(column.name)
                let sum = column.type.checksumMeasure(of: name).map { "CAST(sum(\($0)) AS VARCHAR)" }
                return "count(\(name)), \(sum ?? "NULL")"
            }
            let result = try connection.query("SELECT \(items.joined(separator: ", ")) FROM \(table)")
            let row = result.rows.first ?? []
            guard row.count == 2 * some.count else { continue }
            for (index, column) in some.enumerated() {
                found[column.name] = ColumnChecksum(
                    column: column.name, values: row[2 * index].integer ?? 0,
                    sum: row[2 * index + 1].isNull ? nil : "\(row[2 * index + 1])")
            }
        }
        return found
    }
}

extension BronzeType {
    /// The measure of one value, as DuckDB computes it exactly; `nil` if the column is only counted.
    ///
    /// The source computes the same: numbers are themselves, days are counted from 1970-01-01, times are
    /// microseconds from there, text and bytes are their length in bytes.
    func checksumMeasure(of column: String) -> String? {
        switch self {
        case .boolean: "CAST(\(column) AS HUGEINT)"
        case .integer, .bits, .timeSpan: "CAST(\(column) AS HUGEINT)"
        case .decimal: column
        case .date: "CAST(\(column) - DATE '1970-01-01' AS HUGEINT)"
        case .localTimestamp, .instant: "CAST(epoch_us(\(column)) AS HUGEINT)"
        case .text: "CAST(strlen(\(column)) AS HUGEINT)"
        case .binary: "CAST(octet_length(\(column)) AS HUGEINT)"
        case .float, .double, .uuid, .exact: nil
        }
    }
}
