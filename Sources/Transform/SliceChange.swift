internal import LakeModel
internal import LakeSQL
internal import LakeStore

/// Into which partitions the rows fall that differ between two states of an input, found by its files.
///
/// Where both states have files of their own, rows are compared by digests of all rows of a partition, in
/// one scan of each and without holding them: an even chance of a mistake takes some 2^64 comparisons.
struct SliceChange {
    /// A SELECT of one column, `slot`, without NULL: microseconds on the wall for a column without a zone, of
    /// UTC for one with a zone, or the key as text. It may give partitions of which nothing changed.
    let select: String

    /// What decides on the partition of a row.
    struct Column {
        let name: String
        /// As DuckDB spells it.
        let type: String
        /// Whether the partitions are of time.
        let isTime: Bool
        let isHourly: Bool

        var isInstant: Bool { type == "TIMESTAMP WITH TIME ZONE" }

        /// What tells partitions apart, with as few values as that needs.
        func slot(of value: String) -> String {
            guard isTime else { return "CAST(\(value) AS VARCHAR)" }
            // Hours of some zones begin at a quarter.
            if isInstant { return "epoch_us(time_bucket(INTERVAL 15 MINUTE, \(value)))" }
            return "epoch_us(date_trunc('\(isHourly ? "hour" : "day")', CAST(\(value) AS TIMESTAMP)))"
        }
    }

    /// `nil` if it cannot be told, because an earlier file is gone or the states have nothing in common.
    init?(
        of input: AssetState, since earlier: TableManifest.FollowedState, _ column: Column,
        in store: SealingStore
    ) async throws {
        let files = earlier.files.compactMap { LakePath($0) }
        guard files.count == earlier.files.count, !files.isEmpty else { return nil }
        let before = Earlier(earlier, files, in: store)
        let present = Set(input.paths)
        for path in files + before.keysPath where !present.contains(path) {
            guard try await store.head(path) != nil else { return nil }
        }
        // What it differs from is read, and its own objects by the names of the SELECTs.
        try await store.prepare([input])
        try await store.prepare(files + before.keysPath)
        let removed = files.filter { !present.contains($0) }
        func rows(_ paths: [LakePath]) -> String {
            "SELECT * FROM \(AssetState.parquet(paths.map(store.readableURL)))"
        }
        switch input.growth {
        case .opaque: return nil
        case .appended:
            guard
                let change = try await InputChange(
                    of: input, since: earlier.version, files: files, column: column.name, in: store)
            else { return nil }
            select = """
                SELECT DISTINCT \(column.slot(of: "k")) AS slot FROM (\(change.select)) WHERE k IS NOT NULL
                """
        case .replaced(let replaced, _):
            guard files.first == input.paths.first, let base = input.paths.first,
                let increment = input.paths.dropFirst().first
            else {
                select = SliceChange.difference(input.select, before.select, column)
                return
            }
            let keys = AssetState.parquet([store.readableURL(of: base.folder.folder.appending(replaced.keys))]
            )
            let name = quotedIdentifier(replaced.column)
            select = SliceChange.difference(
                rows([increment]), "SELECT * FROM (\(before.select)) SEMI JOIN \(keys) USING (\(name))",
                column)
        case .files:
            let added = input.paths.filter { !files.contains($0) }
            guard before.keysPath.isEmpty else {
                select = SliceChange.difference(input.select, before.select, column)
                return
            }
            select = SliceChange.difference(
                added.isEmpty ? nil : rows(added), removed.isEmpty ? nil : rows(removed), column)
        }
    }

    /// The partitions of which the rows of two SELECTs differ.
    private static func difference(_ after: String?, _ before: String?, _ column: Column) -> String {
        let name = quotedIdentifier(column.name)
        func digests(_ select: String) -> String {
            """
            SELECT \(column.slot(of: name)) AS slot, count(*) AS n, bit_xor(hash(r)) AS x, sum(hash(r)) AS s \
            FROM (\(select)) AS r WHERE \(name) IS NOT NULL GROUP BY slot
            """
        }
        switch (after, before) {
        case (let after?, let before?):
            return """
                SELECT coalesce(a.slot, b.slot) AS slot FROM (\(digests(after))) AS a \
                FULL JOIN (\(digests(before))) AS b ON a.slot = b.slot \
                WHERE (a.n, a.x, a.s) IS DISTINCT FROM (b.n, b.x, b.s)
                """
        case (let only?, nil), (nil, let only?):
            return "SELECT DISTINCT \(column.slot(of: name)) AS slot FROM (\(only)) WHERE \(name) IS NOT NULL"
        case (nil, nil):
            return "SELECT NULL AS slot WHERE false"
        }
    }

    /// The rows of the earlier state.
    private struct Earlier {
        let select: String
        let keysPath: [LakePath]

        init(_ state: TableManifest.FollowedState, _ files: [LakePath], in store: SealingStore) {
            let urls = files.map(store.readableURL)
            guard let keys = state.keys.flatMap({ LakePath($0) }), let column = state.keyColumn else {
                select = "SELECT * FROM \(AssetState.parquet(urls))"
                keysPath = []
                return
            }
            keysPath = [keys]
            let replaced = AssetState.parquet([store.readableURL(of: keys)])
            select = """
                SELECT * FROM (SELECT * FROM \(AssetState.parquet(Array(urls.prefix(1))))) ANTI JOIN \(replaced) \
                USING (\(quotedIdentifier(column))) UNION ALL BY NAME \
                SELECT * FROM \(AssetState.parquet(Array(urls.dropFirst())))
                """
        }
    }
}

extension AssetState {
    /// Its files, so that a later state can be compared with it.
    var followed: TableManifest.FollowedState {
        var keys: (path: LakePath, column: String)?
        if case .replaced(let replaced, _) = growth, let base = paths.first {
            keys = (base.folder.folder.appending(replaced.keys), replaced.column)
        }
        return TableManifest.FollowedState(
            asset: key, version: version, files: paths.map(\.text), keys: keys?.path.text,
            keyColumn: keys?.column)
    }
}
