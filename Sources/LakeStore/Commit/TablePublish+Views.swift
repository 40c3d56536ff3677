package import LakeModel

extension TablePublish {
    /// Makes a SELECT the table: readers compute it.
    ///
    /// Versions that the table had as files stay for readers in flight until it is published again.
    ///
    /// - Parameters:
    ///   - table: Of no rows; nothing of it is staged.
    ///   - confirmLease: Throws if the step is no longer ours; called right before the manifest is replaced.
    /// - Throws: `PublishBlocked`, `LeaseLost`, `CommitContended`, and what stores throw.
    package func publish(
        view sql: String, _ table: StagedTable, confirmLease: () async throws -> Void = {}
    ) async throws -> TableManifest {
        let blocking = table.checks.filter(\.blocks)
        guard blocking.isEmpty else { throw PublishBlocked(asset: table.asset, checks: blocking) }
        for _ in 0..<TablePublish.attemptsMax {
            let current = try await manifests.slot(of: table.asset)
            if let epoch = current.epoch, epoch > table.epoch {
                throw lost(table, "somebody holds it with epoch \(epoch)")
            }
            try await confirmLease()
            let before = current.manifest
            let now = now()
            let old = (before?.fileNames ?? []) + (before?.kept ?? []).map { "_runs/\($0).parquet" }
            let retired =
                (before?.retired ?? []).filter { now - $0.at < TablePublish.retirement }
                + old.map { TableManifest.Retired(name: $0, at: now) }
            let next = TableManifest(
                asset: table.asset, run: table.run, epoch: table.epoch, publishedAt: now,
                version: table.version, codeHash: table.codeHash, engine: table.engine,
                inputs: table.inputs, files: [], schema: table.schema, checks: table.checks,
                seconds: table.seconds, kept: [], view: sql, retired: retired.isEmpty ? nil : retired,
                breaking: table.breaking)
            guard case .written = try await manifests.write(next, current.condition) else { continue }
            try await store.delete(LakeLayout.latest(of: table.asset))
            return next
        }
        throw CommitContended(asset: table.asset, attempts: TablePublish.attemptsMax)
    }
}
