internal import LakeModel
internal import LakeSQL
internal import LakeStore

/// What of an input is other than when a table was made from it, found by its files: those that both states
/// share say nothing.
struct InputChange {
    /// A SELECT of one column, `k`: every value of the followed column in rows that came, went or are others.
    /// It may give values of rows that did not change.
    let select: String

    /// `nil` if it cannot be told, because an earlier file is gone or the states have nothing in common.
    init?(
        of input: AssetState, since version: String, files: [LakePath], column: String,
        in store: SealingStore
    ) async throws {
        let (before, after) = (Set(files), Set(input.paths))
        let added = input.paths.filter { !before.contains($0) }
        let removed = files.filter { !after.contains($0) }
        func relation(_ paths: [LakePath]) async throws -> String {
            try await store.prepare(paths)
            return AssetState.parquet(paths.map(store.readableURL))
        }
        let name = quotedIdentifier(column)
        let values = { (relation: String) in "SELECT \(name) AS k FROM \(relation)" }
        switch input.growth {
        case .opaque: return nil
        case .appended(let key):
            guard removed.isEmpty, !added.isEmpty, !key.isEmpty else { return nil }
            var select = values(try await relation(added))
            if !key.contains(where: { $0.lowercased() == column.lowercased() }), !files.isEmpty {
                // A row that comes again may have had another value.
                let columns = key.map(quotedIdentifier).joined(separator: ", ")
                let (old, new) = (try await relation(files), try await relation(added))
                select += """
                     UNION ALL SELECT \(name) AS k FROM \(old) \
                    SEMI JOIN (SELECT \(columns) FROM \(new)) USING (\(columns))
                    """
            }
            self.select = select
        case .replaced(let replaced, let since):
            guard since == version || files.first == input.paths.first,
                replaced.column.lowercased() == column.lowercased(), let base = input.paths.first
            else { return nil }
            let keys = base.folder.folder.appending(replaced.keys)
            select = "SELECT \(quotedIdentifier(replaced.column)) AS k FROM \(try await relation([keys]))"
        case .files:
            for path in removed where try await store.head(path) == nil { return nil }
            guard !files.isEmpty else { return nil }
            switch (removed.isEmpty, added.isEmpty) {
            case (true, true): return nil
            case (true, false): select = values(try await relation(added))
            case (false, true): select = values(try await relation(removed))
            case (false, false):
                let (old, new) = (try await relation(removed), try await relation(added))
                select = """
                    SELECT \(name) AS k FROM ((FROM \(new) EXCEPT ALL FROM \(old)) \
                    UNION ALL (FROM \(old) EXCEPT ALL FROM \(new)))
                    """
            }
        }
    }
}
