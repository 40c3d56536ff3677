internal import DuckDB
internal import LakeModel

/// The lines of files that are no rows, in a quarantine file.
struct BadRows {
    let connection: Connection
    let path: String

    private var table: String { "read_parquet(\(quotedPath(path)), hive_partitioning = false)" }
    private let place = "file || coalesce(':' || line, '')"

    /// The first few with their reasons; no values.
    func places() throws -> [String] {
        try connection.query(
            """
            SELECT \(place) || ': ' || error FROM \(table) ORDER BY file, line \
            LIMIT \(Conversion.samplesMax)
            """
        ).texts
    }

    /// How many there are in each column; those that are no rows at all stand under the column of lines.
    func conversions() throws -> [Conversion] {
        let column = "coalesce(\"column\", \(quotedLiteral(InputFile.lineColumn)))"
        let counts = try connection.query("SELECT \(column), count(*) FROM \(table) GROUP BY 1 ORDER BY 1")
        let samples = try connection.query(
            """
            SELECT \(column) AS c, \(place), left(raw, 64) FROM \(table) \
            QUALIFY row_number() OVER (PARTITION BY c ORDER BY file, line) <= \(Conversion.samplesMax) \
            ORDER BY file, line
            """)
        return counts.rows.compactMap { row in
            guard case .text(let column)? = row.first else { return nil }
            return Conversion(
                column: column, reason: .badRow, values: row[1].integer ?? 0,
                samples: samples.rows.filter { $0[0] == .text(column) }.map {
                    Conversion.Sample(key: "\($0[1])", value: "\($0[2])")
                })
        }
    }
}
