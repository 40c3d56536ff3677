import DuckDB
import LakeModel
import LakeSQL
import Testing

@Suite struct `Lineage of queries made by chance` {
    private static let inputs = RandomQuery.tables.sorted { $0.key < $1.key }.compactMap { name, columns in
        TableName(name).map {
            LineageInput(.silver($0), columns: columns.map { ColumnSchema(name: $0, type: "INTEGER") })
        }
    }

    private static func tables(_ connection: Connection) throws {
        try connection.execute("CREATE SCHEMA silver; SET threads = 1")
        for (index, table) in RandomQuery.tables.sorted(by: { $0.key < $1.key }).enumerated() {
            // Six numbers and NULL, so that joins and filters find something.
            let columns = table.value.enumerated().map { position, name in
                "CASE WHEN h\(position) % 7 < 6 THEN CAST(h\(position) % 7 AS INTEGER) END AS \(name)"
            }
            let hashes = table.value.indices.map { "hash(i, \(index), \($0)) AS h\($0)" }
            try connection.execute(
                """
                CREATE TABLE silver.\(table.key) AS SELECT \(columns.joined(separator: ", ")) \
                FROM (SELECT \(hashes.joined(separator: ", ")) FROM range(14) r(i))
                """)
        }
    }

    /// The values of each column, in a fixed order.
    private static func values(_ sql: String, on connection: Connection) throws -> [[String]] {
        let result = try connection.query(sql)
        return result.columns.indices.map { index in result.rows.map { $0[index].description }.sorted() }
    }

    /// What was compared over all seeds of one call.
    private struct Tally {
        var unrelated = 0
        var values = 0
        var changed = 0
        var refused = 0
    }

    @Test(arguments: 0..<8)
    func `names every column of the inputs that can change a column of the result`(part: UInt64) async throws
    {
        let connection = try Database().connect()
        try `Lineage of queries made by chance`.tables(connection)
        let analyzer = LineageAnalyzer(cache: LineageMemory())
        var tally = Tally()
        for seed in (part * 12)..<(part * 12 + 12) { try await check(seed, on: connection, analyzer, &tally) }
        // Lineage that names everything, or data in which nothing changes anything, would prove nothing.
        #expect(tally.refused < 3)
        #expect(tally.unrelated > 30)
        #expect(tally.changed * 3 > tally.values)
    }

    private func check(
        _ seed: UInt64, on connection: Connection, _ analyzer: LineageAnalyzer, _ tally: inout Tally
    ) async throws {
        let sql = RandomQuery(seed: seed).sql
        let before: [[String]]
        do {
            before = try `Lineage of queries made by chance`.values(sql, on: connection)
        } catch {
            // A rule of DuckDB that the generator does not know; too many of them would test nothing.
            tally.refused += 1
            return
        }
        let lineage = try await analyzer.lineage(
            of: LineageRequest(sql: sql, inputs: `Lineage of queries made by chance`.inputs))
        #expect(lineage.gaps == [], "seed \(seed): \(sql)")
        for input in `Lineage of queries made by chance`.inputs {
            for column in input.columns ?? [] {
                let key = ColumnKey(input.asset, column.name)
                try connection.execute(
                    """
                    BEGIN; UPDATE \(input.asset.quotedName) SET \(column.name) = \
                    CASE WHEN hash(rowid, \(seed)) % 9 < 8 THEN CAST(hash(rowid, \(seed)) % 9 AS INTEGER) END
                    """)
                let after = try `Lineage of queries made by chance`.values(sql, on: connection)
                try connection.execute("ROLLBACK")
                for (index, result) in lineage.columns.enumerated() {
                    let uses = lineage.dependencies(of: result).uses.filter { $0.input == key }
                    if uses.isEmpty {
                        tally.unrelated += 1
                        #expect(
                            before[index] == after[index],
                            "seed \(seed): \(key) changes \(result.name) of \(sql)")
                    } else if uses.contains(where: \.role.isValue) {
                        tally.values += 1
                        if before[index] != after[index] { tally.changed += 1 }
                    }
                }
            }
        }
    }
}
