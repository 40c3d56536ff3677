package import LakeModel

/// The rows of one silver or gold table that a run has staged, and what they were computed from.
package struct StagedTable: Hashable, Sendable {
    package let asset: AssetKey
    package let run: RunID
    package let epoch: LeaseEpoch
    package let rows: Int64
    package let version: String
    package let codeHash: String
    package let engine: String
    package let inputs: [TableManifest.Input]
    package let schema: [ColumnSchema]
    package let checks: [CheckResult]
    package let seconds: Double
    package let breaking: TableManifest.Breaking?

    package init(
        asset: AssetKey, run: RunID, epoch: LeaseEpoch, rows: Int64, version: String, codeHash: String,
        engine: String, inputs: [TableManifest.Input], schema: [ColumnSchema], checks: [CheckResult],
        seconds: Double, breaking: TableManifest.Breaking? = nil
    ) {
        precondition(asset.layer != .bronze, "Bronze is committed, not published.")
        self.asset = asset
        self.run = run
        self.epoch = epoch
        self.rows = rows
        self.version = version
        self.codeHash = codeHash
        self.engine = engine
        self.inputs = inputs
        self.schema = schema
        self.checks = checks
        self.seconds = seconds
        self.breaking = breaking
    }

    /// Where its rows are before they are published.
    package var staged: LakePath { LakeLayout.staged(asset, of: run) }
}

/// Turns a staged table into the current version of a silver or gold table.
///
/// Verify the file, move it to `_runs/{run}.parquet`, replace the manifest on condition that it is the one
/// that was read. That is the moment. Afterwards `latest.parquet` becomes the same bytes and versions that
/// are kept no longer are deleted; recovery does both if a crash came between.
package struct TablePublish: Sendable {
    let store: SealingStore
    let now: @Sendable () -> Timestamp
    private let keptMax: Int
    /// With which other tables the table becomes visible; `nil` if it does by itself.
    let group: String?
    let manifests: ManifestStore
    static let attemptsMax = 16

    /// - Parameter keptMax: Earlier versions whose files stay, for readers in flight and for rollback.
    package init(
        _ store: SealingStore, keptMax: Int = 3, group: String? = nil,
        now: @escaping @Sendable () -> Timestamp
    ) {
        precondition(keptMax >= 1, "Readers in flight need the version before the current one.")
        self.store = store
        self.keptMax = keptMax
        self.group = group
        self.now = now
        manifests = ManifestStore(store)
    }

    /// Makes the staged table current. Publishing again, after a success or a crash at any instant, leads to
    /// the same state.
    ///
    /// - Parameter confirmLease: Throws if the step is no longer ours; called right before the manifest is
    ///   replaced.
    /// - Throws: `PublishBlocked`, `CommitRefused`, `LeaseLost`, `CommitContended`, and what stores throw.
    package func publish(
        _ table: StagedTable, confirmLease: () async throws -> Void = {}
    ) async throws -> TableManifest {
        let blocking = table.checks.filter(\.blocks)
        guard blocking.isEmpty else { throw PublishBlocked(asset: table.asset, checks: blocking) }
        if let current = try await manifests.manifest(of: table.asset)?.manifest,
            current.run == table.run || current.kept.contains(table.run)
        {
            try await store.delete(table.staged)
            try await refreshLatest(of: table.asset)
            return current
        }
        let data = LakeLayout.version(of: table.asset, run: table.run)
        let isStaged = try await store.head(table.staged) != nil
        let bytes = try await Staging(store).verify(
            isStaged ? table.staged : data, of: table.asset, rows: table.rows, schema: table.schema)
        if isStaged { _ = try await store.rename(table.staged, to: data, .unconditionally) }
        let file = DataFile(
            name: "_runs/\(data.name)", run: table.run, rows: table.rows, bytes: bytes, version: table.version
        )

        for _ in 0..<TablePublish.attemptsMax {
            let current = try await manifests.slot(of: table.asset)
            try await confirm(table, data, current, confirmLease)
            let next = successor(of: current.manifest, with: file, of: table)
            guard case .written = try await manifests.write(next, current.condition) else { continue }
            try await refreshLatest(of: table.asset)
            try await deleteVersions(of: current.manifest, notIn: next)
            return next
        }
        throw CommitContended(asset: table.asset, attempts: TablePublish.attemptsMax)
    }

    private func confirm(
        _ table: StagedTable, _ data: LakePath, _ current: ManifestSlot<TableManifest>,
        _ confirmLease: () async throws -> Void
    ) async throws {
        if let epoch = current.epoch, epoch > table.epoch {
            try await store.delete(data)
            throw lost(table, "somebody holds it with epoch \(epoch)")
        }
        try await confirmLease()
        guard try await store.head(data) != nil else { throw lost(table, "its file was removed") }
    }

    /// What readers see of a table that becomes visible with others; `nil` of any other.
    func visible(of manifest: TableManifest) async throws -> TableManifest? {
        guard let group = manifest.group else { return nil }
        return try await manifests.group(group)?.manifest.byAsset[manifest.asset]
    }

    func lost(_ table: StagedTable, _ reason: String) -> LeaseLost {
        LeaseLost(asset: table.asset, run: table.run, epoch: table.epoch, reason: reason)
    }

    private func successor(of current: TableManifest?, with file: DataFile, of table: StagedTable)
        -> TableManifest
    {
        let earlier = current.map { TablePublish.versions(of: $0) } ?? []
        return TableManifest(
            asset: table.asset, run: table.run, epoch: table.epoch, publishedAt: now(),
            version: table.version,
            codeHash: table.codeHash, engine: table.engine, inputs: table.inputs, files: [file],
            schema: table.schema, checks: table.checks, seconds: table.seconds,
            kept: Array(earlier.prefix(keptMax)), group: group, retired: retired(of: current),
            breaking: table.breaking)
    }

    /// The versions that are one file each, the newest first.
    static func versions(of manifest: TableManifest) -> [RunID] {
        manifest.partitioning == nil && manifest.view == nil
            ? (manifest.files.first.map { [$0.run] } ?? []) + manifest.kept : [manifest.run] + manifest.kept
    }

    /// Files of increments that a new version makes needless, for readers in flight.
    private func retired(of current: TableManifest?) -> [TableManifest.Retired]? {
        guard let current, current.partitioning == nil else { return nil }
        let now = now()
        let increments = current.fileNames.dropFirst().map { TableManifest.Retired(name: $0, at: now) }
        let retired =
            (current.retired ?? []).filter { now - $0.at < TablePublish.retirement } + increments
        return retired.isEmpty ? nil : retired
    }

    /// Makes `latest.parquet` the bytes of the current version; does nothing if it is.
    /// - Returns: whether it was not.
    @discardableResult
    package func refreshLatest(of asset: AssetKey) async throws -> Bool {
        var isChanged = false
        for _ in 0..<TablePublish.attemptsMax {
            guard let newest = try await manifests.manifest(of: asset)?.manifest else { return isChanged }
            let visible = try await visible(of: newest)
            let current = visible ?? newest
            guard let file = current.files.first else { return isChanged }
            if let partitioning = current.partitioning {
                return try await refreshLatest(of: current, partitioning)
            }
            let version = LakeLayout.folder(of: asset).appending(file.name)
            guard let wanted = try await store.head(version) else {
                // Two publications later it may be gone; then there is a newer manifest.
                if try await manifests.manifest(of: asset)?.manifest.run != newest.run { continue }
                throw ObjectNotFound(path: version)
            }
            let latest = LakeLayout.latest(of: asset)
            // A copy that the store made has the version's ETag; where it has another, copying again does no
            // harm.
            if try await store.head(latest)?.etag != wanted.etag {
                try await store.copy(version, to: latest)
                isChanged = true
            }
            // Somebody who published meanwhile may have copied before we did.
            if try await manifests.manifest(of: asset)?.manifest.run == newest.run { return isChanged }
        }
        throw CommitContended(asset: asset, attempts: TablePublish.attemptsMax)
    }

    func deleteVersions(of before: TableManifest?, notIn next: TableManifest) async throws {
        guard let before else { return }
        let versions = TablePublish.versions(of: next)
        let shown = Set(try await visible(of: next)?.fileNames ?? [])
        for run in TablePublish.versions(of: before)
        where !versions.contains(run) && !shown.contains("_runs/\(run).parquet") {
            try await store.delete(LakeLayout.version(of: next.asset, run: run))
        }
        let named = shown.union(next.fileNames + (next.retired ?? []).map(\.name))
        for file in before.retired ?? [] where before.partitioning == nil && !named.contains(file.name) {
            try await store.delete(LakeLayout.folder(of: next.asset).appending(file.name))
        }
    }
}

/// A blocking check failed, so the table is not published.
package struct PublishBlocked: Diagnostic {
    package let asset: AssetKey
    package let checks: [CheckResult]

    package var code: String { "publish.blocked" }
    package var problem: String {
        let list = checks.map { "\($0.check) (\($0.failures) rows)" }.joined(separator: ", ")
        return "\(asset) was not published: \(list) failed."
    }
    package var remedy: String {
        let sample = checks.compactMap(\.sample).first
        return
            "The published version stays in place. Correct the model or the source, or let the check only warn."
            + (sample.map { " Some of these rows are in the lake's \($0)." } ?? "")
    }
}
