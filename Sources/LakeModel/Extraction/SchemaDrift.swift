/// Finds how the columns of a table differ from those that bronze has.
package enum SchemaDrift {
    /// In the order of the columns now, then what is gone.
    ///
    /// Names are the same whatever their case, as they are to DuckDB. A rename is a guess: one column went
    /// and one of the same type came between the same two neighbours.
    package static func changes(from before: [ColumnSchema], to now: [ColumnSchema]) -> [SchemaChange] {
        let old = Dictionary(before.map { ($0.name.lowercased(), $0) }) { first, _ in first }
        let known = Set(now.map { $0.name.lowercased() })
        let renamed = renames(from: before, to: now)
        var changes = now.compactMap { column -> SchemaChange? in
            if let earlier = old[column.name.lowercased()] {
                guard let kind = kind(from: earlier.type, to: column.type) else { return nil }
                return SchemaChange(kind, column: column.name, before: earlier.type, now: column.type)
            }
            if let earlier = renamed[column.name] {
                return SchemaChange(.renamed, column: column.name, before: earlier, now: column.name)
            }
            return SchemaChange(.added, column: column.name, now: column.type)
        }
        let taken = Set(renamed.values)
        changes += before.filter { !known.contains($0.name.lowercased()) && !taken.contains($0.name) }.map {
            SchemaChange(.removed, column: $0.name, before: $0.type)
        }
        return changes
    }

    private static func kind(from before: String, to now: String) -> SchemaChange.Kind? {
        guard before != now else { return nil }
        let (before, now) = (StoredType(before), StoredType(now))
        if before == now { return nil }
        return now.holds(before) ? .widened : before.holds(now) ? .narrowed : .retyped
    }

    /// The earlier name of each column that seems to have been renamed.
    private static func renames(from before: [ColumnSchema], to now: [ColumnSchema]) -> [String: String] {
        let gone = gaps(in: before, besides: now)
        let new = gaps(in: now, besides: before)
        var renames: [String: String] = [:]
        for (place, columns) in new {
            guard columns.count == 1, let earlier = gone[place], earlier.count == 1,
                earlier[0].type == columns[0].type
            else { continue }
            renames[columns[0].name] = earlier[0].name
        }
        return renames
    }

    /// Between which columns that both have a column stands.
    private struct Gap: Hashable {
        let previous: String?
        let next: String?
    }

    private static func gaps(
        in columns: [ColumnSchema], besides others: [ColumnSchema]
    ) -> [Gap: [ColumnSchema]] {
        let shared = Set(others.map { $0.name.lowercased() })
        var gaps: [Gap: [ColumnSchema]] = [:]
        var previous: String?
        var open: [ColumnSchema] = []
        for column in columns {
            let name = column.name.lowercased()
            guard shared.contains(name) else {
                open.append(column)
                continue
            }
            if !open.isEmpty { gaps[Gap(previous: previous, next: name)] = open }
            (previous, open) = (name, [])
        }
        if !open.isEmpty { gaps[Gap(previous: previous, next: nil)] = open }
        return gaps
    }
}
