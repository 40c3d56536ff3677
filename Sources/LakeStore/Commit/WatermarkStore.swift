package import LakeModel

/// Loads and saves watermarks: `_tarn/watermarks/{source}/{table}.json`, the properties of `Watermark` in
/// snake_case.
///
/// The file is for people and for speed; the manifests are the truth. A lost, damaged or contradicting file
/// is replaced by what the manifests prove.
package struct WatermarkStore: Sendable {
    private let store: any ObjectStore
    private let manifests: ManifestStore

    package init(_ store: any ObjectStore) {
        self.store = store
        manifests = ManifestStore(store)
    }

    /// How far the table has been read by `cursor`; a missing watermark means that nothing was ever read.
    ///
    /// - Throws: `WatermarkUnprovable` if incremental rows are in bronze and no manifest says how far they
    ///   reach: starting again from the beginning would store them twice.
    package func load(_ source: SourceName, _ table: TableName, cursor: String) async throws
        -> LoadedWatermark
    {
        let asset = AssetKey.bronze(source, table)
        let stored = try await stored(source, table)
        if case .sane(let watermark) = stored, watermark.asset == asset, watermark.cursor == cursor,
            try await isProved(watermark, source, table)
        {
            return LoadedWatermark(watermark: watermark, origin: .stored)
        }
        let all = try await manifests.manifests(of: source, table).filter {
            $0.mode == .incremental && !$0.files.isEmpty
        }
        guard let proved = Watermark(of: asset, cursor: cursor, provedBy: all) else {
            guard let newest = all.last else { return LoadedWatermark(watermark: nil, origin: .nothingRead) }
            throw WatermarkUnprovable(
                asset: asset, cursor: cursor,
                cursorOfRows: newest.files.lazy.compactMap { $0.range?.cursor }.first)
        }
        guard case .sane(let watermark) = stored else {
            let isMissing = if case .missing = stored { true } else { false }
            return LoadedWatermark(watermark: proved, origin: .rebuilt(isMissing ? .missing : .damaged))
        }
        if watermark.cursor != cursor || watermark.asset != asset {
            return LoadedWatermark(watermark: proved, origin: .rebuilt(.contradicting))
        }
        if watermark.value == proved.value { return LoadedWatermark(watermark: watermark, origin: .stored) }
        return LoadedWatermark(
            watermark: proved, origin: .rebuilt(watermark.value > proved.value ? .ahead : .behind))
    }

    /// Moves the stored watermark to the end of `commit`, never backwards, and returns it.
    ///
    /// Called after the commit: a crash between leaves a watermark that is behind, which
    /// ``load(_:_:cursor:)`` sees.
    @discardableResult
    package func advance(after commit: CommittedRange) async throws -> Watermark {
        guard case .bronze(let source, let table) = commit.manifest.asset else {
            preconditionFailure("Only bronze tables have watermarks.")
        }
        let asset = commit.manifest.asset
        // Whether or not the file is right, the manifests prove at least this commit.
        guard
            var watermark = try await load(source, table, cursor: commit.range.cursor).watermark
                ?? Watermark(of: asset, cursor: commit.range.cursor, provedBy: [commit.manifest])
        else { preconditionFailure("A committed range is in its manifest.") }
        watermark.advance(after: commit)
        let path = LakeLayout.watermark(source, table)
        _ = try await store.write(.bytes(StoredJSON.encode(watermark)), to: path, .unconditionally)
        return watermark
    }

    private enum Stored {
        case missing, damaged
        case sane(Watermark)
    }

    private func stored(_ source: SourceName, _ table: TableName) async throws -> Stored {
        let path = LakeLayout.watermark(source, table)
        do {
            let bytes = try await store.readAll(path, bytesMax: StoredJSON.bytesMax)
            return .sane(try StoredJSON.decode(Watermark.self, bytes, at: path))
        } catch is ObjectNotFound {
            return .missing
        } catch is ManifestDamaged {
            return .damaged
        } catch is ObjectTooLarge {
            return .damaged
        }
    }

    /// Whether the newest incremental day ends exactly where `watermark` says, which is so almost always and
    /// costs two requests to see.
    private func isProved(_ watermark: Watermark, _ source: SourceName, _ table: TableName) async throws
        -> Bool
    {
        for partition in try await manifests.partitions(of: source, table).reversed() {
            guard let manifest = try await manifests.manifest(of: partition)?.manifest else { continue }
            guard manifest.mode == .incremental else { return false }
            let proved = Watermark(of: watermark.asset, cursor: watermark.cursor, provedBy: [manifest])
            return proved?.value == watermark.value
        }
        return false
    }
}

/// A watermark and where it comes from.
package struct LoadedWatermark: Hashable, Sendable {
    /// `nil`: read from the beginning.
    package let watermark: Watermark?
    package let origin: Origin

    package enum Origin: Hashable, Sendable {
        case stored
        case nothingRead
        /// From the manifests; worth a line in the log.
        case rebuilt(Repair)
    }

    /// What was wrong with the stored one.
    package enum Repair: String, Hashable, Sendable {
        case missing, damaged, contradicting, ahead, behind
    }
}

/// Nobody knows how far an incremental table has been read.
package struct WatermarkUnprovable: Diagnostic {
    package let asset: AssetKey
    package let cursor: String
    /// By what the rows in bronze were read, if that is known.
    package let cursorOfRows: String?

    package var code: String { "watermark.unprovable" }
    package var problem: String {
        let rows = cursorOfRows.map { "were read by '\($0)'" } ?? "carry no range"
        return "\(asset) has rows in bronze that \(rows), so nobody knows how far '\(cursor)' has been read."
    }
    package var remedy: String {
        let back =
            cursorOfRows.map { "Declare the cursor '\($0)' again" } ?? "Restore the manifests of the table"
        return "\(back), or declare the table `mode: full` so that the next run reads it whole."
    }
}
