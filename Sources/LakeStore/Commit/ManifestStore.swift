internal import Blocking
package import LakeModel

/// Reads and replaces the manifests of a lake, and finds out which files a bronze table is now.
///
/// A manifest is indented JSON with the properties of `BronzeManifest` or `TableManifest` in snake_case, in
/// alphabetical order: `asset`, `committed_at`, …, `files` (each `bytes`, `name`, `range`, `rows`, `run`,
/// `sha256`), `format`, …. Instants are texts in UTC, sizes are bytes. What is read is checked: the asset
/// is the one of the folder, and no file's name leads out of it.
package struct ManifestStore: Sendable {
    let store: any ObjectStore
    /// Manifests that are read at the same time.
    private static let readsMax = 16

    package init(_ store: any ObjectStore) { self.store = store }

    /// - Returns: `nil` if the partition has no manifest, so that nothing of it is committed.
    /// - Throws: `ManifestDamaged`, `ManifestTooNew`.
    package func manifest(of partition: BronzePartition) async throws -> Versioned<BronzeManifest>? {
        try await slot(of: partition).versioned
    }

    /// The manifest's place: what is there, or only a fence, or nothing.
    /// - Throws: `ManifestDamaged`, `ManifestTooNew`.
    package func slot(of partition: BronzePartition) async throws -> ManifestSlot<BronzeManifest> {
        let path = partition.manifest
        guard let found = try await bytes(of: path) else { return ManifestSlot() }
        if let fence = ManifestFence(found.manifest) {
            return ManifestSlot(manifest: nil, epoch: fence.epoch, etag: found.etag)
        }
        let manifest = try StoredJSON.decode(
            BronzeManifest.self, formatMax: BronzeManifest.currentFormat, found.manifest, at: path)
        guard manifest.asset == partition.asset, manifest.ingestionDate == partition.ingestionDate else {
            throw ManifestDamaged(path: path, reason: "it is of \(manifest.asset), \(manifest.ingestionDate)")
        }
        try check(manifest.files, at: path)
        return ManifestSlot(manifest: manifest, epoch: manifest.epoch, etag: found.etag)
    }

    /// The manifest of a silver or gold table; `nil` if it was never published.
    /// - Throws: `ManifestDamaged`, `ManifestTooNew`.
    package func manifest(of asset: AssetKey) async throws -> Versioned<TableManifest>? {
        try await slot(of: asset).versioned
    }

    /// The manifest's place: what is there, or only a fence, or nothing.
    /// - Throws: `ManifestDamaged`, `ManifestTooNew`.
    package func slot(of asset: AssetKey) async throws -> ManifestSlot<TableManifest> {
        let path = LakeLayout.manifest(of: asset)
        guard let found = try await bytes(of: path) else { return ManifestSlot() }
        return try slot(of: asset, found, at: path)
    }

    /// The manifests of those silver and gold tables that are published.
    /// - Throws: `ManifestDamaged`, `ManifestTooNew`.
    package func manifests(of assets: some Sequence<AssetKey>) async throws -> [AssetKey: TableManifest] {
        let assets = Array(assets)
        let found = try await store.readSmall(
            assets.map(LakeLayout.manifest), bytesMax: StoredJSON.bytesMax)
        let read = mapOnAllProcessors(assets) { asset in
            Result<TableManifest?, any Error> {
                let path = LakeLayout.manifest(of: asset)
                guard let found = found[path] else { return nil }
                return try slot(of: asset, Versioned(manifest: found.bytes, etag: found.etag), at: path)
                    .manifest
            }
        }
        var manifests: [AssetKey: TableManifest] = [:]
        for (asset, manifest) in zip(assets, read) { manifests[asset] = try manifest.get() }
        return manifests
    }

    private func slot(
        of asset: AssetKey, _ found: Versioned<[UInt8]>, at path: LakePath
    ) throws -> ManifestSlot<TableManifest> {
        if let fence = ManifestFence(found.manifest) {
            return ManifestSlot(manifest: nil, epoch: fence.epoch, etag: found.etag)
        }
        let manifest = try StoredJSON.decode(
            TableManifest.self, formatMax: TableManifest.currentFormat, found.manifest, at: path)
        guard manifest.asset == asset else {
            throw ManifestDamaged(path: path, reason: "it is of \(manifest.asset)")
        }
        try check(manifest.files, at: path)
        return ManifestSlot(manifest: manifest, epoch: manifest.epoch, etag: found.etag)
    }

    /// What readers see of a group of tables; `nil` if they never became visible together.
    /// - Throws: `ManifestDamaged`, `ManifestTooNew`.
    package func group(_ name: String) async throws -> Versioned<GroupManifest>? {
        let path = LakeLayout.group(name)
        guard let found = try await bytes(of: path) else { return nil }
        let manifest = try StoredJSON.decode(
            GroupManifest.self, formatMax: GroupManifest.currentFormat, found.manifest, at: path)
        guard manifest.group == name else {
            throw ManifestDamaged(path: path, reason: "it is of the group \(manifest.group)")
        }
        for table in manifest.tables { try check(table.files, at: path) }
        return Versioned(manifest: manifest, etag: found.etag)
    }

    package func write(_ manifest: BronzeManifest, _ condition: WriteCondition) async throws -> WriteOutcome {
        guard case .bronze(let source, let table) = manifest.asset else {
            preconditionFailure("A bronze manifest is of a bronze table.")
        }
        let partition = BronzePartition(source: source, table: table, ingestionDate: manifest.ingestionDate)
        return try await store.write(.bytes(StoredJSON.encode(manifest)), to: partition.manifest, condition)
    }

    package func write(_ manifest: TableManifest, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await store.write(
            .bytes(StoredJSON.encode(manifest)), to: LakeLayout.manifest(of: manifest.asset), condition)
    }

    /// The days of a bronze table that have a folder, oldest first, committed or not. One listing of one
    /// folder.
    package func partitions(of source: SourceName, _ table: TableName) async throws -> [BronzePartition] {
        let folder = LakeLayout.folder(of: .bronze(source, table))
        return try await store.listFolder(folder).folders
            .compactMap { BronzePartition(containing: $0.appending("_")) }
            .sorted { $0.ingestionDate < $1.ingestionDate }
    }

    /// The manifests of all committed days up to `day` (`nil`: of all), oldest first.
    package func manifests(
        of source: SourceName, _ table: TableName, upTo day: Day? = nil
    ) async throws -> [BronzeManifest] {
        try await read(partitions(of: source, table).filter { isUp($0, to: day) })
    }

    /// Which files the table is now, or was at the end of `day`; `nil` if nothing was committed then.
    ///
    /// A table that is read whole is the newest day's snapshot, found with two requests. Any other is the
    /// files of all days of its mode; full snapshots among them, from before or between, do not count.
    package func currentFiles(
        of source: SourceName, _ table: TableName, upTo day: Day? = nil
    ) async throws -> CurrentBronze? {
        var older = try await partitions(of: source, table).filter { isUp($0, to: day) }
        while let partition = older.popLast() {
            guard let newest = try await manifest(of: partition)?.manifest else { continue }
            switch newest.mode {
            case .full: return CurrentBronze(newest: newest, manifests: [newest])
            case .incremental, .files, .partitioned:
                let earlier = try await read(older).filter { $0.mode == newest.mode }
                return CurrentBronze(newest: newest, manifests: earlier + [newest])
            }
        }
        return nil
    }

    private func isUp(_ partition: BronzePartition, to day: Day?) -> Bool {
        day.map { partition.ingestionDate <= $0 } ?? true
    }

    /// The manifests of those partitions that have one, in their order.
    private func read(_ partitions: [BronzePartition]) async throws -> [BronzeManifest] {
        try await withThrowingTaskGroup(of: (Int, BronzeManifest?).self) { group in
            var manifests = [BronzeManifest?](repeating: nil, count: partitions.count)
            for (index, partition) in partitions.enumerated() {
                if index >= ManifestStore.readsMax, let (done, manifest) = try await group.next() {
                    manifests[done] = manifest
                }
                group.addTask { (index, try await self.manifest(of: partition)?.manifest) }
            }
            for try await (index, manifest) in group { manifests[index] = manifest }
            return manifests.compactMap { $0 }
        }
    }

    private func bytes(of path: LakePath) async throws -> Versioned<[UInt8]>? {
        let found = try await store.readSmall([path], bytesMax: StoredJSON.bytesMax)[path]
        return found.map { Versioned(manifest: $0.bytes, etag: $0.etag) }
    }

    private func check(_ files: [DataFile], at path: LakePath) throws {
        for file in files {
            guard LakePath(file.name) != nil, file.rows >= 0, file.bytes >= ByteCount(0) else {
                throw ManifestDamaged(path: path, reason: "it lists a file that cannot be: '\(file.name)'")
            }
        }
    }
}

/// A manifest and the version of the object that it was read from, for replacing exactly that.
package struct Versioned<Manifest: Sendable>: Sendable {
    package let manifest: Manifest
    package let etag: ETag
}
