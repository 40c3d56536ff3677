internal import DuckDB
internal import LakeModel

/// Answers `unique` of keys of several columns, and of other types than integers, in large tables.
///
/// A hash table of all keys takes most of the memory and of the time of an audit. Here every key has a slot
/// by its hash, a bit each. What meets a slot that is taken shares it with another key, or is a copy; only
/// the few rows of such slots are then compared exactly.
struct HashedKeyAudit {
    let table: String
    let sets: KeySets

    /// Smaller tables are compared at once.
    private static let rowsMin: Int64 = 500_000
    /// 32 for each row, so that one row in 64 shares its slot by chance; at most 256 MB.
    private static let slotsMax = 1 << 31

    /// How many rows are copies; `nil` if the table is small.
    func copies(of columns: [String], on connection: Connection) throws -> Int64? {
        let rows = try connection.query("SELECT count(*) FROM \(table)").rows.first?.first?.integer ?? 0
        guard rows >= HashedKeyAudit.rowsMin else { return nil }
        var slots = 1 << 24
        while slots < rows * 32, slots < HashedKeyAudit.slotsMax { slots <<= 1 }
        guard let taken = KeySet(0...Int64(slots - 1), bitsMax: slots),
            let shared = KeySet(0...Int64(slots - 1), bitsMax: slots)
        else { return nil }
        let names = columns.map(quotedIdentifier).joined(separator: ", ")
        let slot = "CAST(hash(\(names)) & \(slots - 1) AS BIGINT)"
        let isWhole = columns.map { "\(quotedIdentifier($0)) IS NOT NULL" }.joined(separator: " AND ")
        let met = try sets.with(taken, .requiringNew) { meets in
            try sets.with(shared, .collecting) { collects in
                try connection.query(
                    """
                    SELECT count(*), count(*) FILTER (WHERE \(collects("slot"))) FROM (
                        SELECT slot FROM (SELECT \(slot) AS slot FROM \(table) WHERE \(isWhole)) WHERE \(meets("slot")))
                    """
                ).rows.first?.first?.integer ?? 0
            }
        }
        guard met > 0 else { return 0 }
        return try sets.with(shared, .requiringKnown) { isOther in
            try connection.query(
                """
                SELECT CAST(coalesce(sum(copies - 1), 0) AS BIGINT) FROM (SELECT count(*) AS copies FROM \(table) \
                WHERE \(isWhole) AND NOT \(isOther(slot)) GROUP BY \(names) HAVING count(*) > 1)
                """
            ).rows.first?.first?.integer ?? 0
        }
    }
}
