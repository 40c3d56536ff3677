import TarnTesting

/// A SELECT made by chance from a number, over `silver.a`, `silver.b` and `silver.c`, whose columns are all
/// integers. Its rows depend on nothing but the values of the tables: no ties are broken by chance.
struct RandomQuery {
    static let tables = ["a": ["id", "x", "y"], "b": ["id", "x", "z"], "c": ["id", "y", "w"]]

    let sql: String

    init(seed: UInt64) {
        var maker = Maker(numbers: SeededGenerator(seed: seed))
        var sql = maker.query(depth: 3).sql
        if !maker.expressions.isEmpty {
            sql = "WITH RECURSIVE \(maker.expressions.joined(separator: ", ")) \(sql)"
        }
        self.sql = sql
    }

    private struct Made {
        let sql: String
        let columns: [String]
    }

    private struct Maker {
        var numbers: SeededGenerator
        var expressions: [String] = []
        var count = 0

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &numbers) < percent }
        mutating func pick<T>(_ choices: [T]) -> T {
            choices[Int.random(in: 0..<choices.count, using: &numbers)]
        }

        mutating func name(_ prefix: String) -> String {
            count += 1
            return "\(prefix)\(count)"
        }

        mutating func query(depth: Int, outer: [String] = []) -> Made {
            guard depth > 0, chance(25) else { return select(depth: depth, outer: outer) }
            let left = select(depth: depth - 1, outer: outer)
            let right = select(depth: depth - 1, outer: outer)
            let kind = pick(["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION ALL BY NAME"])
            if kind.hasSuffix("BY NAME") {
                let names = left.columns + right.columns.filter { !left.columns.contains($0) }
                return Made(sql: "(\(left.sql)) \(kind) (\(right.sql))", columns: names)
            }
            let width = min(left.columns.count, right.columns.count)
            func cut(_ side: Made) -> String {
                "SELECT \(side.columns.prefix(width).joined(separator: ", ")) FROM (\(side.sql))"
            }
            return Made(
                sql: "\(cut(left)) \(kind) \(cut(right))", columns: Array(left.columns.prefix(width)))
        }

        /// A table behind FROM with its alias, and its columns with that alias.
        private mutating func table(depth: Int, outer: [String]) -> Made {
            let alias = name("t")
            if depth > 0, chance(45) {
                let inner = query(depth: depth - 1, outer: outer)
                if outer.isEmpty, chance(40) {
                    let expression = name("e")
                    expressions.append("\(expression) AS \(pick(["", "MATERIALIZED "]))(\(inner.sql))")
                    return Made(
                        sql: "\(expression) AS \(alias)", columns: inner.columns.map { "\(alias).\($0)" })
                }
                return Made(
                    sql: "(\(inner.sql)) AS \(alias)", columns: inner.columns.map { "\(alias).\($0)" })
            }
            if outer.isEmpty, depth > 0, chance(8) { return recursion(alias: alias) }
            let name = pick(["a", "b", "c"])
            let columns = RandomQuery.tables[name] ?? []
            if chance(8) {
                return Made(
                    sql:
                        "(UNPIVOT silver.\(name) ON \(columns[1]), \(columns[2]) INTO NAME n VALUE v) AS \(alias)",
                    columns: ["\(alias).id", "\(alias).v"])
            }
            if chance(8) {
                return Made(
                    sql:
                        "(PIVOT silver.\(name) ON \(columns[1]) IN (1, 2) USING max(\(columns[2])) GROUP BY id) AS \(alias)",
                    columns: ["\(alias).id", "\(alias).\"1\"", "\(alias).\"2\""])
            }
            return Made(sql: "silver.\(name) AS \(alias)", columns: columns.map { "\(alias).\($0)" })
        }

        /// It ends because its numbers are bounded and no row comes twice.
        private mutating func recursion(alias: String) -> Made {
            let expression = name("r")
            expressions.append(
                """
                \(expression)(p, q) AS (SELECT id, x FROM silver.a WHERE y = 1 UNION \
                SELECT b.z, (\(expression).q + b.id) % 5 FROM silver.b JOIN \(expression) ON b.x = \(expression).p)
                """)
            return Made(sql: "\(expression) AS \(alias)", columns: ["\(alias).p", "\(alias).q"])
        }

        private mutating func select(depth: Int, outer: [String]) -> Made {
            var from = table(depth: depth, outer: outer)
            var visible = from.columns
            var sources = from.sql
            if chance(55) {
                let isLateral = chance(20) && depth > 0
                let other =
                    isLateral ? lateral(depth: depth, outer: from.columns) : table(depth: depth, outer: outer)
                let kind =
                    isLateral
                    ? "CROSS"
                    : pick([
                        "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN", "CROSS",
                    ])
                if kind == "CROSS" {
                    sources += ", \(isLateral ? "LATERAL " : "")\(other.sql)"
                } else if chance(35), from.columns[0].hasSuffix(".id"), other.columns[0].hasSuffix(".id") {
                    sources += " \(kind) \(other.sql) USING (id)"
                    visible.append("id")
                } else {
                    sources += " \(kind) \(other.sql) ON \(pick(from.columns)) = \(pick(other.columns))"
                }
                if kind != "SEMI JOIN", kind != "ANTI JOIN" { visible += other.columns }
            }
            from = Made(sql: sources, columns: visible)
            let condition = chance(40) ? " WHERE \(predicate(from.columns, depth: depth, outer: outer))" : ""
            let isGrouped = chance(40)
            var items: [String] = []
            var names: [String] = []
            var reusable: [String] = []
            for index in 0..<Int.random(in: 1...4, using: &numbers) {
                let name = "c\(index)"
                let isAggregate = isGrouped && index > 0
                let expression =
                    isAggregate
                    ? aggregate(from.columns)
                    : item(from.columns, depth: depth, outer: outer, names: reusable, isPlain: isGrouped)
                items.append("\(expression) AS \(name)")
                names.append(name)
                if !isGrouped, !expression.contains("SELECT"), !expression.contains("OVER") {
                    reusable.append(name)
                }
            }
            var sql = "FROM \(from.sql)\(condition)"
            if isGrouped {
                sql += " GROUP BY \(pick(["ALL", "1"]))"
                if chance(25) { sql += " HAVING \(aggregate(from.columns)) > 1" }
            } else if chance(12) {
                sql +=
                    " QUALIFY dense_rank() OVER (PARTITION BY \(pick(from.columns)) ORDER BY \(pick(from.columns))) = 1"
            }
            var head = "SELECT "
            if !isGrouped, chance(15) { head += pick(["DISTINCT ", "DISTINCT ON (c0) "]) }
            if head.hasSuffix(") ") || chance(10) { sql += " ORDER BY ALL" + (chance(50) ? " LIMIT 4" : "") }
            return Made(sql: "\(head)\(items.joined(separator: ", ")) \(sql)", columns: names)
        }

        private mutating func lateral(depth: Int, outer: [String]) -> Made {
            let inner = select(depth: 0, outer: outer)
            let alias = name("t")
            return Made(
                sql: "(SELECT * FROM (\(inner.sql)) WHERE \(inner.columns[0]) <= \(pick(outer))) AS \(alias)",
                columns: inner.columns.map { "\(alias).\($0)" })
        }

        private mutating func item(
            _ columns: [String], depth: Int, outer: [String], names: [String], isPlain: Bool
        ) -> String {
            switch Int.random(in: 0..<(isPlain ? 6 : 11), using: &numbers) {
            case 0, 1, 2: return pick(columns)
            case 3: return "(\(pick(columns)) + \(pick(columns + outer))) % 5"
            case 4:
                return
                    "CASE WHEN \(predicate(columns, depth: 0, outer: outer)) THEN \(pick(columns)) ELSE 7 END"
            case 5: return "coalesce(\(pick(columns)), \(pick(columns)))"
            case 6:
                return
                    "CAST(\(pick(["sum", "min", "count"]))(\(pick(columns))) OVER (PARTITION BY \(pick(columns)) ORDER BY \(pick(columns))) % 7 AS INTEGER)"
            case 7 where !names.isEmpty: return "\(pick(names)) + 1"
            case 8:
                let (table, own) = (pick(["a", "b", "c"]), name("s"))
                let inner = RandomQuery.tables[table] ?? []
                return
                    "(SELECT max(\(own).\(pick(inner))) FROM silver.\(table) AS \(own) WHERE \(own).\(pick(inner)) = \(pick(columns)))"
            case 9:
                return
                    "list_sum(list_transform([1, \(pick(columns))], lambda e: e + \(pick(columns))))::INTEGER % 5"
            default: return "\(pick(columns)) * 2 % 5"
            }
        }

        private mutating func aggregate(_ columns: [String]) -> String {
            let call = "\(pick(["sum", "min", "max", "count", "count(DISTINCT "]))"
            let inner = call.hasSuffix(" ") ? "\(call)\(pick(columns)))" : "\(call)(\(pick(columns)))"
            let filter = chance(60) ? " FILTER (\(pick(columns)) > 1)" : ""
            return chance(15) ? "CAST(count(*) AS INTEGER)" : "CAST(\(inner)\(filter) % 7 AS INTEGER)"
        }

        private mutating func predicate(_ columns: [String], depth: Int, outer: [String]) -> String {
            let (table, own) = (pick(["a", "b", "c"]), name("s"))
            let inner = RandomQuery.tables[table] ?? []
            switch depth > 0 ? Int.random(in: 0..<5, using: &numbers) : 0 {
            case 1: return "\(pick(columns)) IN (SELECT \(pick(inner)) FROM silver.\(table))"
            case 2:
                return
                    "EXISTS (FROM silver.\(table) AS \(own) WHERE \(own).\(pick(inner)) = \(pick(columns)))"
            case 3: return "\(pick(columns)) IS NOT NULL"
            default:
                return
                    "\(pick(columns)) \(pick(["=", "<", ">=", "<>"])) \(pick(columns + outer + ["1", "2"]))"
            }
        }
    }
}
