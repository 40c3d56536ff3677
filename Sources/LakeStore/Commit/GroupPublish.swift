package import LakeModel

/// Makes tables visible together: until then readers see all of them as they were.
package struct GroupPublish: Sendable {
    private let store: SealingStore
    private let manifests: ManifestStore
    private let now: @Sendable () -> Timestamp

    package init(_ store: SealingStore, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.now = now
        manifests = ManifestStore(store)
    }

    /// Shows the newest version of each of `assets`. Of what was never published nothing is shown.
    ///
    /// - Parameter confirmLease: Throws if the step is no longer ours; called right before the manifest is
    ///   replaced.
    /// - Returns: What is shown; `nil` if it was already.
    /// - Throws: `CommitContended`, and what stores throw.
    package func publish(
        _ group: String, _ assets: [AssetKey], run: RunID, confirmLease: () async throws -> Void = {}
    ) async throws -> GroupManifest? {
        for _ in 0..<TablePublish.attemptsMax {
            let before = try await manifests.group(group)
            var tables: [TableManifest] = []
            for asset in assets.sorted() {
                if let table = try await manifests.manifest(of: asset)?.manifest { tables.append(table) }
            }
            if let before, before.manifest.tables == tables {
                try await refresh(tables)
                return nil
            }
            let next = GroupManifest(group: group, run: run, publishedAt: now(), tables: tables)
            try await confirmLease()
            let condition = before.map { WriteCondition.ifMatches($0.etag) } ?? .ifAbsent
            guard
                case .written = try await store.write(
                    .bytes(StoredJSON.encode(next)), to: LakeLayout.group(group), condition)
            else { continue }
            try await refresh(tables)
            return next
        }
        throw CommitContended(asset: assets[0], attempts: TablePublish.attemptsMax)
    }

    /// Readers by path see the same.
    private func refresh(_ tables: [TableManifest]) async throws {
        for table in tables {
            try await TablePublish(store, group: table.group, now: now).refreshLatest(of: table.asset)
        }
    }
}
