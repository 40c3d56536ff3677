internal import DuckDB
internal import LakeModel
internal import LakeSQL
internal import Project

/// A database in memory in which the inputs of a model hold only rows of changed keys.
struct Scratch: Sendable {
    /// Its name, which nobody else uses.
    let name: String
    let model: ModelDefinition
    /// The first column of the key.
    let column: String
    let inputs: [AssetState]
    /// For each input that is followed and has changed, a SELECT of the changed values as `k`.
    let changes: [AssetKey: String]
    /// Expressions for the file that stays, and for the increment before this one with its keys.
    let base: String
    let before: String?
    let keysBefore: String?

    struct Written: Sendable {
        let rows: Int64
        let keys: Int64
        /// Rows of the base that no longer count.
        let replaced: Int64
    }

    /// What the statement fails with if it gives a row of a key that did not change.
    static let stray = "tarn: a row of a key that did not change"

    /// A SELECT of the whole table with the increment in its place.
    func whole(rows: String, keys: String) -> String {
        """
        SELECT * FROM \(base) ANTI JOIN \(file(keys)) USING (\(quotedIdentifier(column))) \
        UNION ALL BY NAME SELECT * FROM \(file(rows))
        """
    }

    /// Writes the rows of all keys that have changed since the base was written, and these keys. Blocks.
    ///
    /// - Returns: `nil` if the table would get other columns.
    func write(
        rows: String, keys: String, on connection: Connection, schema: [ColumnSchema]
    ) throws -> Written? {
        let catalog = quotedIdentifier(name)
        try connection.execute("ATTACH ':memory:' AS \(catalog)")
        defer {
            try? connection.execute("USE memory")
            try? connection.execute("DETACH \(catalog)")
        }
        try connection.execute("USE \(catalog)")
        try define(inputs.flatMap { $0.reads } + inputs, on: connection)
        let select = try TableSelect(model, on: connection)
        guard let type = select.columns.first(where: { $0.name.lowercased() == column.lowercased() })?.type
        else { return nil }
        let values = changes.values.sorted().map { "SELECT TRY_CAST(k AS \(type)) AS k FROM (\($0))" }
        try connection.execute(
            """
            CREATE TABLE __tarn_changed AS SELECT DISTINCT k FROM (\(values.joined(separator: " UNION ALL ")))
            """)
        // Rows without a key are for the whole to judge.
        let without = try connection.query("SELECT count(*) FROM __tarn_changed WHERE k IS NULL")
        guard without.rows.first?.first?.integer == 0 else { return nil }
        try restrict(to: type, on: connection)
        let changed = "(SELECT k FROM \(catalog).main.__tarn_changed)"
        let key = quotedIdentifier(column)
        let stays = before.map {
            " UNION ALL BY NAME (SELECT * FROM \($0) WHERE \(key) NOT IN \(changed))"
        }
        // The model's SQL begins on the second line, where mistakes in it are looked for.
        let new = """
            SELECT * FROM (\(select.rows)) WHERE CASE WHEN \(key) IS NULL OR \(key) IN \(changed) THEN true \
            ELSE CAST(error(\(quotedLiteral(Scratch.stray))) AS BOOLEAN) END
            """
        let count = try connection.query(
            select.copy(from: "(SELECT \(select.storedColumns) FROM (\(new))\(stays ?? ""))", to: rows))
        guard try ModelBuild.schema(of: "FROM \(file(rows))", on: connection) == schema else { return nil }
        let allKeys =
            "SELECT k AS \(key) FROM \(catalog).main.__tarn_changed"
            + (keysBefore.map { " UNION SELECT \(key) FROM \($0)" } ?? "")
        let keyCount = try connection.query(
            "COPY (\(allKeys)) TO \(quotedLiteral(keys)) (FORMAT parquet, COMPRESSION snappy)")
        let replaced = try connection.query(
            "SELECT count(*) FROM \(base) SEMI JOIN \(file(keys)) USING (\(key))")
        return Written(
            rows: count.rows.first?.first?.integer ?? 0, keys: keyCount.rows.first?.first?.integer ?? 0,
            replaced: replaced.rows.first?.first?.integer ?? 0)
    }

    private func define(_ states: [AssetState], on connection: Connection) throws {
        for state in states {
            try connection.execute(
                """
                CREATE SCHEMA IF NOT EXISTS \(quotedIdentifier(state.key.schema)); \
                CREATE OR REPLACE VIEW \(state.key.quotedName) AS \(state.select)
                """)
            for (suffix, select) in [("__all", state.selectAll), ("__bad", state.selectBad)] {
                guard let select else { continue }
                let name = quotedIdentifier("\(state.key.table)\(suffix)")
                try connection.execute(
                    "CREATE OR REPLACE VIEW \(quotedIdentifier(state.key.schema)).\(name) AS \(select)")
            }
        }
    }

    /// Takes all rows of other keys out of the followed inputs.
    private func restrict(to type: String, on connection: Connection) throws {
        guard case .incremental(let rules) = model.materialization else { return }
        let range = try connection.query(
            "SELECT CAST(min(k) AS VARCHAR), CAST(max(k) AS VARCHAR) FROM __tarn_changed"
        )
        .rows.first
        for followed in rules.inputs {
            guard let input = inputs.first(where: { $0.key == followed.asset }),
                let own = input.schema.first(where: { $0.name.lowercased() == followed.column.lowercased() })
            else { continue }
            let name = quotedIdentifier(own.name)
            var conditions: [String] = []
            // Constants reach the statistics of the files, through whatever joins are in between.
            if Scratch.integers.contains(own.type), Scratch.integers.contains(type),
                let least = range?.first?.text, let greatest = range?.last?.text
            {
                conditions.append("\(name) BETWEEN \(least) AND \(greatest)")
            }
            conditions.append(
                own.type == type || Scratch.integers.contains(own.type) && Scratch.integers.contains(type)
                    ? "\(name) IN (SELECT TRY_CAST(k AS \(own.type)) FROM \(quotedIdentifier(self.name)).main.__tarn_changed)"
                    : "TRY_CAST(\(name) AS \(type)) IN (SELECT k FROM \(quotedIdentifier(self.name)).main.__tarn_changed)"
            )
            try connection.execute(
                """
                CREATE OR REPLACE VIEW \(input.key.quotedName) AS SELECT * FROM (\(input.select)) \
                WHERE \(conditions.joined(separator: " AND "))
                """)
        }
    }

    private func file(_ path: String) -> String { AssetState.parquet([path]) }

    private static let integers: Set<String> = [
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    ]
}
