internal import DuckDB
internal import LakeModel

extension SourceRelation {
    /// Writes all rows into a new Parquet file at `path`. Blocks.
    func write(_ reading: TableReading, to path: String) throws -> ExtractionLedger {
        do {
            let written = try connection.query(
                "COPY (\(select)) TO \(quotedLiteral(path)) (FORMAT parquet, COMPRESSION snappy)")
            var ledger = ExtractionLedger()
            ledger.rows = written.rows.first?.first?.integer ?? 0
            let bytes = try connection.query(
                "SELECT sum(total_uncompressed_size)::BIGINT FROM parquet_metadata(\(quotedPath(path)))")
            ledger.bytes = bytes.rows.first?.first?.integer ?? 0
            ledger.cursorMax = try cursorMax(reading, in: path)
            return ledger
        } catch {
            throw explain(error)
        }
    }

    /// The greatest cursor in a file that is not of the future.
    private func cursorMax(
        _ reading: TableReading, in path: String
    ) throws(DuckDBError) -> CursorValue? {
        guard let bounds = reading.bounds else { return nil }
        let names = bounds.cursors.map { quotedIdentifier($0.name) }
        var condition = "\(names[0]) IS NOT NULL"
        switch bounds.future?.leading {
        case .time(let microseconds): condition += " AND epoch_us(\(names[0])) < \(microseconds)"
        case .integer(let number): condition += " AND \(names[0]) < \(number)"
        case .tuple, nil: break
        }
        let order = names.map { "\($0) DESC NULLS LAST" }.joined(separator: ", ")
        let found = try connection.query(
            """
            SELECT \(names.joined(separator: ", ")) FROM \
            read_parquet(\(quotedPath(path)), hive_partitioning = false) \
            WHERE \(condition) ORDER BY \(order) LIMIT 1
            """)
        guard let row = found.rows.first else { return nil }
        let values = row.compactMap { CursorValue($0) }
        guard values.count == names.count else { return values.first }
        return values.count == 1 ? values[0] : .tuple(values)
    }
}

extension CursorValue {
    /// `nil` if a value of that kind is no cursor's.
    init?(_ value: Value) {
        switch value {
        case .timestamp(let microseconds), .timestampTZ(let microseconds):
            self = .time(microseconds: microseconds)
        case .date(let days): self = .time(microseconds: Int64(days) * .dayMicroseconds)
        default:
            guard let number = value.integer else { return nil }
            self = .integer(number)
        }
    }
}
