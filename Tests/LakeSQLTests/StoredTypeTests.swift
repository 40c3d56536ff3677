import DuckDB
import LakeModel
import TarnTesting
import Testing

@Suite struct `Files of different types` {
    /// Values at the ends of each type.
    private static let values: [(type: String, values: [String])] = [
        ("BOOLEAN", ["true", "false"]),
        ("TINYINT", ["-128", "127"]), ("UTINYINT", ["0", "255"]),
        ("SMALLINT", ["-32768", "32767"]), ("USMALLINT", ["65535"]),
        ("INTEGER", ["-2147483648", "2147483647"]), ("UINTEGER", ["4294967295"]),
        ("BIGINT", ["-9223372036854775808", "9223372036854775807"]), ("UBIGINT", ["18446744073709551615"]),
        ("DECIMAL(4,0)", ["-9999", "9999"]), ("DECIMAL(10,2)", ["-99999999.99", "0.01"]),
        ("DECIMAL(12,4)", ["99999999.9999"]), ("DECIMAL(38,0)", [String(repeating: "9", count: 38)]),
        ("DECIMAL(38,10)", ["\(String(repeating: "9", count: 28)).0123456789"]),
        ("FLOAT", ["0.1", "3.4e38", "16777216"]), ("DOUBLE", ["0.1", "1.7e308", "9007199254740993"]),
        ("DATE", ["'0001-01-01'", "'9999-12-31'"]),
        ("TIMESTAMP", ["'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'"]),
        ("TIMESTAMP WITH TIME ZONE", ["'2024-03-31 01:00:00.000001+00'"]),
        ("VARCHAR", ["'007'", "'ä'"]), ("BLOB", ["'\\xAA'"]),
    ]

    @Test func `are read in the type that they have in common, in either order, with every value`()
        async throws
    {
        let folder = try TemporaryFolder()
        let database = try Database()
        let pairs = try await database.withConnection { connection -> Int in
            var pairs = 0
            try connection.execute("SET TimeZone = 'Europe/Berlin'")
            func path(_ type: String) -> String { quotedLiteral("\(folder.path)/\(type).parquet") }
            for (type, values) in Self.values {
                let rows = values.map { "(CAST(\($0) AS \(type)))" }.joined(separator: ", ")
                try connection.execute("COPY (FROM (VALUES \(rows)) t(v)) TO \(path(type)) (FORMAT parquet)")
            }
            for (one, _) in Self.values {
                for (other, _) in Self.values where one != other {
                    guard let common = StoredType(one).common(with: StoredType(other)) else { continue }
                    #expect(StoredType(other).common(with: StoredType(one)) == common)
                    pairs += 1
                    // Back in its own type, each value is what it was.
                    let lost = try connection.query(
                        """
                        WITH together AS (SELECT CAST(v AS \(common.name)) AS v, file_index AS f FROM \
                        read_parquet([\(path(one)), \(path(other))], union_by_name = true)) \
                        (SELECT CAST(CAST(v AS \(one)) AS VARCHAR) FROM together WHERE f = 0 \
                        EXCEPT ALL SELECT CAST(v AS VARCHAR) FROM read_parquet(\(path(one)))) UNION ALL \
                        (SELECT CAST(CAST(v AS \(other)) AS VARCHAR) FROM together WHERE f = 1 \
                        EXCEPT ALL SELECT CAST(v AS VARCHAR) FROM read_parquet(\(path(other))))
                        """
                    ).rows
                    #expect(lost.isEmpty, "\(one) and \(other) as \(common.name): \(lost)")
                }
            }
            return pairs
        }
        #expect(pairs > 150)
    }
}
