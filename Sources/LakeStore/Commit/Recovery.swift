package import LakeModel

/// Removes what interrupted runs left behind, and finishes what they had published.
///
/// After it, of every run that is not alive only committed files are left: no staging, no temporary files, no
/// data file in the newest days of bronze and no version of a table that its manifest does not list; and
/// every `latest.parquet` is the current version. Running it again changes nothing. It never touches what a
/// manifest lists nor what is not named like a file of a run.
package struct Recovery: Sendable {
    private let store: SealingStore
    private let manifests: ManifestStore
    private let partitionsMax: Int

    /// - Parameter partitionsMax: How many of each bronze table's newest days are looked at. Older ones were
    ///   looked at when they were new.
    package init(_ store: SealingStore, partitionsMax: Int = 3) {
        self.store = store
        self.partitionsMax = partitionsMax
        manifests = ManifestStore(store)
    }

    /// - Parameter liveRuns: Runs whose files must stay because they may still commit.
    /// - Returns: what was done. A table whose manifest is damaged is left alone and named in `problems`.
    package func run(liveRuns: Set<RunID>) async throws -> RecoveryReport {
        var report = RecoveryReport()
        report.abandonedWrites = try await store.removeAbandonedWrites()
        try await clearStaging(liveRuns, &report)
        for source in try await store.listFolder(LakeLayout.bronze).folders {
            guard let name = SourceName(String(source.name)) else { continue }
            for folder in try await store.listFolder(source).folders {
                guard let table = TableName(String(folder.name)) else { continue }
                try await noting(&report) { report in try await clearBronze(name, table, liveRuns, &report) }
            }
        }
        for layer in [Layer.silver, .gold] {
            for folder in try await store.listFolder(LakePath.root.appending(layer.rawValue)).folders {
                guard let table = TableName(String(folder.name)) else { continue }
                let asset = layer == .silver ? AssetKey.silver(table) : .gold(table)
                try await noting(&report) { report in try await clearTable(asset, liveRuns, &report) }
            }
        }
        return report
    }

    private func clearStaging(_ liveRuns: Set<RunID>, _ report: inout RecoveryReport) async throws {
        for folder in try await store.listFolder(LakeLayout.staging).folders {
            guard let run = RunID(String(folder.name)), !liveRuns.contains(run) else { continue }
            report.removed += try await store.list(under: folder).map(\.path)
            try await store.deleteFolder(folder)
        }
    }

    private func clearBronze(
        _ source: SourceName, _ table: TableName, _ liveRuns: Set<RunID>, _ report: inout RecoveryReport
    ) async throws {
        for partition in try await manifests.partitions(of: source, table).suffix(partitionsMax) {
            let listing = try await store.listFolder(partition.folder)
            let listed = Set(try await manifests.manifest(of: partition)?.manifest.files.map(\.name) ?? [])
            for object in listing.objects where !listed.contains(String(object.path.name)) {
                guard let run = partition.run(ofData: object.path), !liveRuns.contains(run) else { continue }
                try await store.removeUncommitted(object.path, liveRuns: liveRuns)
                report.removed.append(object.path)
            }
            let present = Set(listing.objects.map { String($0.path.name) })
            for name in listed.subtracting(present).sorted() {
                let path = partition.folder.appending(name)
                // The listing may be older than the manifest.
                guard try await store.head(path) == nil else { continue }
                report.problems.append(ListedFileMissing(asset: partition.asset, path: path))
            }
        }
    }

    private func clearTable(
        _ asset: AssetKey, _ liveRuns: Set<RunID>, _ report: inout RecoveryReport
    ) async throws {
        let versions = try await store.listFolder(LakeLayout.versions(of: asset)).objects
        let current = try await manifests.manifest(of: asset)?.manifest
        var kept = Set(
            (current.map { TablePublish.versions(of: $0) } ?? []).map {
                LakeLayout.version(of: asset, run: $0)
            })
        let listed = (current?.fileNames ?? []) + (current?.retired?.map(\.name) ?? [])
        if let current, let group = current.group,
            let shown = try await manifests.group(group)?.manifest.byAsset[asset]
        {
            kept.formUnion(shown.fileNames.map { LakeLayout.folder(of: asset).appending($0) })
        }
        kept.formUnion(listed.map { LakeLayout.folder(of: asset).appending($0) })
        for version in versions where !kept.contains(version.path) {
            guard version.path.name.hasSuffix(".parquet"),
                // A partition's version has its key after a dot.
                let run = RunID(String(version.path.name.dropLast(8).prefix { $0 != "." })),
                !liveRuns.contains(run)
            else { continue }
            try await store.delete(version.path)
            report.removed.append(version.path)
        }
        try await clearPaths(asset, current, &report)
        do {
            let publish = TablePublish(store, now: { Timestamp(microseconds: 0) })
            if try await publish.refreshLatest(of: asset) {
                report.repaired.append(LakeLayout.latest(of: asset))
            }
        } catch let missing as ObjectNotFound {
            report.problems.append(ListedFileMissing(asset: asset, path: missing.path))
        }
    }

    /// What readers by path would find of partitions that the table has no more.
    private func clearPaths(
        _ asset: AssetKey, _ current: TableManifest?, _ report: inout RecoveryReport
    ) async throws {
        let folder = LakeLayout.folder(of: asset)
        guard try await store.listFolder(folder).folders.contains(where: { $0.name.contains("=") }) else {
            return
        }
        var kept: Set<LakePath> = []
        if let current, let partitioning = current.partitioning {
            kept = Set(
                current.files.compactMap(\.partition).map {
                    LakeLayout.latest(of: asset, partition: $0, partitioning)
                })
        }
        for object in try await store.list(under: folder)
        where object.path.name == "latest.parquet" && object.path.folder.name.contains("=")
            && !kept.contains(object.path)
        {
            try await store.delete(object.path)
            report.removed.append(object.path)
        }
    }

    /// Goes on with the next table if this one's manifest is damaged.
    private func noting(
        _ report: inout RecoveryReport, _ body: (inout RecoveryReport) async throws -> Void
    ) async throws {
        do {
            try await body(&report)
        } catch let damaged as ManifestDamaged {
            report.problems.append(damaged)
        } catch let tooNew as ManifestTooNew {
            report.problems.append(tooNew)
        }
    }
}

/// What a recovery did.
package struct RecoveryReport: Sendable {
    /// Objects that were no part of any table.
    package fileprivate(set) var removed: [LakePath] = []
    /// Copies for readers by path that were not the current version.
    package fileprivate(set) var repaired: [LakePath] = []
    /// Temporary files of writes that never became objects.
    package fileprivate(set) var abandonedWrites = 0
    /// What a person has to look at.
    package fileprivate(set) var problems: [any Diagnostic] = []

    /// Whether there was nothing to do.
    package var isClean: Bool {
        removed.isEmpty && repaired.isEmpty && abandonedWrites == 0 && problems.isEmpty
    }
}

/// A manifest lists a file that is not there.
package struct ListedFileMissing: Diagnostic {
    package let asset: AssetKey
    package let path: LakePath

    package var code: String { "manifest.file-missing" }
    package var problem: String { "The manifest of \(asset) lists \(path), which is not there." }
    package var remedy: String {
        asset.layer == .bronze
            ? "Restore the file from a backup or a snapshot of the storage."
            : "Build the table again: `tarn run \(asset) --force`."
    }
}
