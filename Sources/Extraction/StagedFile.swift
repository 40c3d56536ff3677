internal import DuckDB
internal import LakeModel
internal import LakeStore
internal import Project

/// The Parquet file of a piece, before its commit: what must be true of it is asked of the file itself.
struct StagedFile {
    let path: String
    let shape: SourceTable
    let connection: Connection

    private var table: String { "read_parquet(\(quotedLiteral(path)), hive_partitioning = false)" }

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
        files: [CurrentBronze.File], url: (LakePath) -> String
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
        let list = recent.map { quotedLiteral(url($0.path)) }.joined(separator: ", ")
        let future = bounds.future.map { " OR \(literal($0, of: cursor, comparedBy: ">="))" } ?? ""
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
            bounds.lower.map { literal($0.leading, of: cursor, comparedBy: ">=") },
            bounds.upper.map { literal($0.leading, of: cursor, comparedBy: "<") },
        ].compactMap { $0 }
        return parts.isEmpty ? "\(cursor) IS NOT NULL" : "(\(parts.joined(separator: " AND ")))"
    }

    private func literal(_ value: CursorValue, of cursor: String, comparedBy comparison: String) -> String {
        switch value {
        case .time(let microseconds): "epoch_us(\(cursor)) \(comparison) \(microseconds)"
        case .integer(let number): "\(cursor) \(comparison) \(number)"
        case .tuple: "true"
        }
    }

    /// - Throws: if the file's checksums are not those that the source computed in the same snapshot.
    func requireChecksums(
        _ checksums: [ColumnChecksum], conversions: [Conversion], _ definition: TableDefinition,
        of source: SourceDefinition
    ) throws {
        // A column in which values were changed, which the ledger says, cannot have the same.
        let changed = Set(conversions.map(\.column))
        for checksum in checksums where !changed.contains(checksum.column) {
            guard let column = shape.column(checksum.column) else { continue }
            let found = try self.checksum(of: column)
            guard found.values == checksum.values, checksum.sum == nil || found.sum == checksum.sum else {
                throw ExtractionMistake.wrongChecksum(checksum, found, definition, of: source)
            }
        }
    }

    private func checksum(of column: SourceColumn) throws -> ColumnChecksum {
        let name = quotedIdentifier(column.name)
        let sum = column.type.checksumMeasure(of: name).map { "CAST(sum(\($0)) AS VARCHAR)" } ?? "NULL"
        let result = try connection.query("SELECT count(\(name)), \(sum) FROM \(table)")
        let row = result.rows.first ?? []
        return ColumnChecksum(
            column: column.name, values: row.first?.integer ?? 0,
            sum: row.count > 1 && !row[1].isNull ? "\(row[1])" : nil)
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
        case .float, .double, .exact: nil
        }
    }
}
