/// What a step takes of something that is scarce while it runs: connections of a source, DuckDB's memory.
///
/// A pool without a limit is never full. A step that needs more than a pool has takes all of it.
package struct PoolUse: Hashable, Sendable, Codable, CustomStringConvertible {
    /// `source/v3_customer`, `duckdb`, or a name of the user's.
    package let pool: String
    package let units: Int

    package init(pool: String, units: Int = 1) {
        precondition(units > 0, "A step that takes nothing of a pool does not name it.")
        self.pool = pool
        self.units = units
    }

    package var description: String { "\(pool)=\(units)" }

    /// From ``description``; `nil` if it is none.
    package init?(_ text: some StringProtocol) {
        guard let sign = text.lastIndex(of: "="), let units = Int(text[text.index(after: sign)...]), units > 0
        else { return nil }
        self.init(pool: String(text[..<sign]), units: units)
    }
}

/// What is free of each pool, and who may take it.
package struct PoolState: Sendable {
    private let limits: [String: Int]
    private var used: [String: Int] = [:]
    /// Pools that a step which comes first waits for: who comes later must not take what it waits for.
    private var awaited: Set<String> = []

    package init(limits: [String: Int], running: some Sequence<[PoolUse]>) {
        self.limits = limits
        for uses in running { add(uses) }
    }

    /// Takes all of `uses` or nothing.
    package mutating func take(_ uses: [PoolUse]) -> Bool {
        let isFree = uses.allSatisfy { use in
            guard let limit = limits[use.pool] else { return true }
            guard !awaited.contains(use.pool) else { return false }
            return used[use.pool, default: 0] + min(use.units, limit) <= max(limit, 0)
        }
        guard isFree else {
            for use in uses where limits[use.pool] != nil { awaited.insert(use.pool) }
            return false
        }
        add(uses)
        return true
    }

    private mutating func add(_ uses: [PoolUse]) {
        for use in uses { used[use.pool, default: 0] += min(use.units, limits[use.pool] ?? use.units) }
    }
}
