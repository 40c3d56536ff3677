import DuckDB
import LakeModel
import LakeSQL
import Project
import TarnTesting
import Testing
import Transform

@Suite struct `An incremental table` {
    /// Two inputs that change from night to night, a third that says something of all rows, and a table that
    /// follows the two.
    private struct Nights {
        let bench: ModelBench
        var number = 0
        var orders: [Int: (customer: Int, total: Int)] = [:]
        var lines: [Int: [Int]] = [:]
        var factor = 1

        init() throws { bench = try ModelBench() }

        static let header = """
            materialization: incremental
            key: [order_id]
            incremental: { silver.orders: id, silver.lines: order_id }
            """
        static let sql = """
            WITH sums AS (SELECT order_id, sum(amount) AS amount, count(*) AS n FROM silver.lines GROUP BY 1)
            SELECT o.id AS order_id, o.customer, o.total * f.factor AS total, coalesce(s.amount, 0) AS lines, s.n,
                rank() OVER (PARTITION BY o.id ORDER BY o.total) AS place
            FROM silver.orders AS o LEFT JOIN sums AS s ON s.order_id = o.id CROSS JOIN silver.factor AS f
            """

        /// Publishes the inputs as they are now, and builds the table, as a night would.
        mutating func build(isWhole: Bool = false) async throws -> TableManifest {
            number += 1
            let night = "r\(number)"
            try await publish(
                "orders", "(id INTEGER, customer INTEGER, total INTEGER)",
                orders.map { "(\($0.key), \($0.value.customer), \($0.value.total))" })
            try await publish(
                "lines", "(order_id BIGINT, amount INTEGER)",
                lines.flatMap { order in order.value.map { "(\(order.key), \($0))" } })
            try await publish("factor", "(factor INTEGER)", ["(\(factor))"])
            let inputs = try await [
                bench.state("silver.orders"), bench.state("silver.lines"), bench.state("silver.factor"),
            ]
            return try await bench.build(
                Nights.sql, header: Nights.header, name: "t", run: night, inputs: inputs, isWhole: isWhole)
        }

        private func publish(_ name: String, _ columns: String, _ rows: [String]) async throws {
            let types = columns.dropFirst().dropLast().split(separator: ",").map {
                $0.split(separator: " ")
            }
            let select = types.enumerated().map {
                "CAST(v.c\($0.offset) AS \($0.element[1])) AS \($0.element[0])"
            }
            let names = types.indices.map { "c\($0)" }.joined(separator: ", ")
            let none = "(" + types.map { _ in "0" }.joined(separator: ", ") + ")"
            let values = rows.isEmpty ? none : rows.sorted().joined(separator: ", ")
            _ = try await bench.build(
                "SELECT \(select.joined(separator: ", ")) FROM (VALUES \(values)) AS v(\(names)) \(rows.isEmpty ? "WHERE false" : "")",
                name: name, run: "i\(number)\(name)")
        }

        func rows() async throws -> [String] {
            try await bench.query("FROM silver.t ORDER BY ALL", [bench.state("silver.t")])
        }

        /// What a build of the whole gives, computed from the inputs directly.
        func expected() async throws -> [String] {
            try await bench.query(
                "FROM (\(Nights.sql)) ORDER BY ALL",
                [bench.state("silver.orders"), bench.state("silver.lines"), bench.state("silver.factor")])
        }
    }

    @Test func `is after every night what a build of the whole would give`() async throws {
        for _ in 0..<3 {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededGenerator(seed: seed)
            var nights = try Nights()
            for order in 1...200 {
                nights.orders[order] = (order % 7, order)
                nights.lines[order] = [order, 1]
            }
            var increments = 0
            for _ in 0..<8 {
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let order = Int.random(in: 1...230, using: &random)
                    switch Int.random(in: 0...5, using: &random) {
                    case 0: nights.orders[order] = nil
                    case 1: nights.lines[order] = nil
                    case 2: nights.lines[order, default: []].append(Int.random(in: 0...9, using: &random))
                    default: nights.orders[order] = (order % 5, Int.random(in: 0...99, using: &random))
                    }
                }
                let manifest = try await nights.build()
                if manifest.files.count == 2 { increments += 1 }
                let (rows, expected) = (try await nights.rows(), try await nights.expected())
                #expect(
                    Set(rows).symmetricDifference(expected).isEmpty && rows.count == expected.count,
                    "seed \(seed)")
                #expect(manifest.rows == expected.count, "seed \(seed)")
            }
            #expect(increments >= 4, "seed \(seed): only \(increments) nights were increments")
        }
    }

    @Test func `writes only the rows of keys that changed`() async throws {
        var nights = try Nights()
        for order in 1...100 { nights.orders[order] = (1, order) }
        let base = try await nights.build()
        #expect(base.files.count == 1 && base.rows == 100)
        nights.orders[7] = (2, 70)
        nights.lines[8] = [5]
        nights.orders[9] = nil
        let second = try await nights.build()
        #expect(second.files.map(\.rows) == [100, 2] && second.rows == 99)
        #expect(second.files[0] == base.files[0])
        // The next increment stands for both nights.
        nights.orders[7] = (3, 71)
        let third = try await nights.build()
        #expect(third.files.map(\.rows) == [100, 2] && third.rows == 99)
        #expect(try await nights.rows() == nights.expected())
        // Beyond a fifth of the base it is one file again.
        for order in 1...40 { nights.orders[order] = (4, order) }
        #expect(try await nights.build().files.map(\.rows) == [100])
        #expect(try await nights.rows() == nights.expected())
    }

    @Test func `is built whole when an input that it does not follow changes, or on request`() async throws {
        var nights = try Nights()
        for order in 1...50 { nights.orders[order] = (1, order) }
        _ = try await nights.build()
        nights.factor = 3
        #expect(try await nights.build().files.count == 1)
        #expect(try await nights.rows() == nights.expected())
        nights.orders[1] = (9, 9)
        #expect(try await nights.build(isWhole: true).files.count == 1)
        nights.orders[1] = (9, 10)
        #expect(try await nights.build().files.count == 2)
    }

    @Test func `is not built if its rows are not of the keys that changed`() async throws {
        let bench = try ModelBench()
        func build(_ run: String, _ values: String) async throws -> TableManifest {
            _ = try await bench.build(
                "SELECT * FROM (VALUES \(values)) AS v(id, x)", name: "in", run: "i\(run)")
            return try await bench.build(
                "SELECT id + 1 AS id, x FROM silver.\"in\"",
                header: "materialization: incremental\nkey: id\nincremental: { silver.in: id }", name: "t",
                run: run, inputs: [bench.state("silver.in")])
        }
        let many = (1...50).map { "(\($0 * 10), 0)" }.joined(separator: ", ")
        _ = try await build("r1", many)
        let failure = await #expect(throws: ModelFailure.self) {
            _ = try await build("r2", many + ", (3, 1)")
        }
        #expect(failure?.code == "model.not-by-key")
    }
}
